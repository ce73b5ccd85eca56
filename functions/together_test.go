package functions_test

import (
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"offpeak/functions/invoke"
)

// TestRegionsInOneGo: an hourly look at an account's four regions waits for AWS once and not four times. Each call is answered after a while, as over
// the wire; of some tries the fastest counts, as others use the processor too.
func TestRegionsInOneGo(t *testing.T) {
	t.Parallel()
	const wire = 60 * time.Millisecond
	s, _ := spread(t, 900, 1, 3)
	c := newClerk(t, s.server)
	var far atomic.Bool
	c.instead = func(string, url.Values) string {
		if far.Load() {
			time.Sleep(wire)
		}
		return ""
	}
	env := slices.Clone(s.env)
	env[len(env)-1] = "AWS_ENDPOINT_URL=" + c.URL
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), env...)
	look := func(beside string) time.Duration {
		body := `{"scope":{"account":"` + string(s.spoke.Account) + `","region":"ap-northeast-2"},"beside":[` + beside + `],"reason":"reconcile"}`
		a := schedule.Call(t, events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}}, 10*time.Minute)
		if f := failures(t, a); len(f) != 0 {
			t.Fatalf("%v\n%s", f, schedule.Logs())
		}
		return a.Took
	}
	const others = `"eu-west-1","us-east-1","ap-northeast-1"`
	for range 4 { // enrols, stops, verifies
		look(others)
	}
	far.Store(true)
	one, four := time.Hour, time.Hour
	for range 4 {
		one, four = min(one, look("")), min(four, look(others))
	}
	if four > one*5/2 {
		t.Errorf("four regions took %s, one %s", four, one)
	}
	for _, region := range []string{"ap-northeast-2", "eu-west-1", "us-east-1", "ap-northeast-1"} {
		if _, _, err := s.store.Read(t.Context(), "state/"+string(s.spoke.Account)+"/"+region+".json"); err != nil {
			t.Errorf("%s was not looked after: %v", region, err)
		}
	}
	t.Logf("one region %s, four %s, %.1f times as long, at %s a call", one, four, float64(four)/float64(one), wire)
}
