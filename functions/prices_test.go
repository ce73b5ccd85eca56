package functions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/functions/invoke"
	"offpeak/internal/ledger"
)

// keys are those of the store's objects beneath a prefix, with the versions that the store tells.
func (s *stage) keys(t *testing.T, prefix string) (keys []string) {
	t.Helper()
	for key, err := range s.store.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		_, version, err := s.store.Read(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key+" "+string(version))
	}
	return keys
}

// wake is a message that says to look at the spoke, as SQS hands it to a function.
func (s *stage) wake() events.SQSEvent {
	body := fmt.Sprintf(`{"scope":{"account":%q,"region":%q}}`, s.spoke.Account, s.spoke.Region)
	return events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}}
}

// TestTheLedgerKnowsWhatThingsCost: the hub asks the price list once, keeps the answer, and a sweep that finds nothing asks and writes nothing.
func TestTheLedgerKnowsWhatThingsCost(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000071")
	front, asked := s.server.Priced(t, "0.1180000000")
	s.env = append(s.env, "AWS_ENDPOINT_URL="+front.URL) // the last one counts
	s.push(t, "observe: 0s\n")
	id := s.launch(t, "stopped")
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	wake := s.wake()
	for range 3 { // enrolled, stopped, seen to be so
		if f := failures(t, schedule.Call(t, wake, patience)); len(f) != 0 {
			t.Fatalf("%v\n%s", f, schedule.Logs())
		}
	}
	if state := s.state(t, id); state != ec2types.InstanceStateNameStopped || asked() != 1 {
		t.Errorf("it is %s, and %d questions were asked\n%s", state, asked(), schedule.Logs())
	}
	if kept := s.keys(t, "prices/"); len(kept) != 1 || !strings.HasPrefix(kept[0], "prices/ap-northeast-2/20") {
		t.Errorf("kept %v", kept)
	}
	for e, err := range (ledger.Book{Store: s.store}).Read(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), s.spoke) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Before != nil && e.Before.Price.Rate.String() != "0.118" {
			t.Errorf("%s: %v", e.State, e.Before.Price)
		}
	}
	before := s.keys(t, "")
	another := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...) // knows nothing of what was asked
	for range 2 {
		if f := failures(t, another.Call(t, wake, patience)); len(f) != 0 {
			t.Fatalf("%v\n%s", f, another.Logs())
		}
	}
	if after := s.keys(t, ""); !slices.Equal(before, after) || asked() != 1 {
		t.Errorf("idle sweeps asked %d questions and wrote:\n%v\n%v", asked()-1, before, after)
	}
	if strings.Contains(another.Logs(), "_aws") || strings.Contains(another.Logs(), "msg") {
		t.Errorf("idle sweeps said\n%s", another.Logs())
	}
}

// TestWithoutAPriceListAllIsDone: AWS's stand-in has none and says so with an error of its own.
func TestWithoutAPriceListAllIsDone(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000072")
	s.push(t, "observe: 0s\n")
	id := s.launch(t, "stopped")
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	for range 3 {
		if f := failures(t, schedule.Call(t, s.wake(), patience)); len(f) != 0 {
			t.Fatalf("%v\n%s", f, schedule.Logs())
		}
	}
	if state := s.state(t, id); state != ec2types.InstanceStateNameStopped {
		t.Errorf("it is %s\n%s", state, schedule.Logs())
	}
	if n := strings.Count(schedule.Logs(), `"msg":"no prices"`); n != 1 {
		t.Errorf("said %d times\n%s", n, schedule.Logs())
	}
	if kept := s.keys(t, "prices/"); len(kept) != 0 {
		t.Errorf("kept %v", kept)
	}
	if !schedule.Logged(`"Stops":1`, 1) {
		t.Errorf("no metric of the stop\n%s", schedule.Logs())
	}
}
