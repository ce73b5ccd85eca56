package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/landing"
	"offpeak/internal/cloud/athena"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/live/report"
	"offpeak/internal/objects"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/occasion"
)

const (
	payer = fleet.AccountID("111122223333")
	key   = "111122223333/offpeak-cur/metadata/BILLING_PERIOD=2026-07/offpeak-cur-Manifest.json"
)

var now = time.Date(2026, 10, 16, 1, 2, 0, 0, time.UTC)

// said notes what a listener asks of others, in order, and answers with faults by what is asked.
type said struct {
	asked  []string
	faults map[string]error
	alerts []hub.Alert
}

func (s *said) ask(format string, values ...any) error {
	text := fmt.Sprintf(format, values...)
	s.asked = append(s.asked, text)
	return s.faults[strings.Fields(text)[0]]
}

func (s *said) Due(_ context.Context, at time.Time) error {
	return s.ask("due %s", at.Format(time.RFC3339))
}

func (s *said) Say(_ context.Context, alerts []hub.Alert) error {
	if err := s.faults["say"]; err != nil {
		return err
	}
	s.alerts = append(s.alerts, alerts...)
	return nil
}

func listening(s *said) (*report.Listener, *objects.Memory) {
	store, clock := objects.NewMemory(), func() time.Time { return now }
	return &report.Listener{
		Reports: s, Exports: "exports", Post: delivery.Post{Shelf: delivery.Shelf{Store: store}, Now: clock}, Now: clock,
		Watch: &hub.Watch{Alerts: s, Said: hub.Said{Store: objects.NewMemory()}},
		Publish: func(_ context.Context, m landing.Manifest, place string) error {
			return s.ask("publish %s of %s: %s", m.Table, m.Payer, place)
		},
	}, store
}

func TestWhatFollowsFromAnOccasion(t *testing.T) {
	t.Parallel()
	written := func(bucket, key string) occasion.Occasion {
		return occasion.Occasion{Written: []occasion.Object{{Bucket: bucket, Key: key}}}
	}
	publish := "publish cur of 111122223333: s3://exports/" + key
	for _, test := range []struct {
		name   string
		o      occasion.Occasion
		faults map[string]error
		asked  []string
		fails  string
	}{
		{"the clock: what is due by the tick's day", occasion.Occasion{Tick: now.Add(-time.Hour)}, nil, []string{"due 2026-10-16T00:02:00Z"}, ""},
		{"the clock, and a report fails", occasion.Occasion{Tick: now}, map[string]error{"due": errors.New("no bill")}, []string{"due 2026-10-16T01:02:00Z"}, "no bill"},
		{"a manifest", written("exports", key), nil, []string{publish}, ""},
		{"a file of the delivery, before its manifest", written("exports", strings.Replace(key, "metadata", "data", 1)), nil, nil, ""},
		{"a manifest in a stranger's bucket", written("elsewhere", key), nil, nil, ""},
		{"a month that goes on", written("exports", strings.Replace(key, "2026-07", "2026-10", 1)), nil, nil, ""},
		{"a delivery that the next one overtakes", written("exports", key), map[string]error{"publish": fmt.Errorf("copy: %w", athena.ErrDeliveredAnew)}, []string{publish}, ""},
		{"a delivery that cannot be copied", written("exports", key), map[string]error{"publish": errors.New("denied")}, []string{publish}, "denied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &said{faults: test.faults}
			l, _ := listening(s)
			_, err := l.Answer(t.Context(), test.o)
			if diff := cmp.Diff(test.asked, s.asked); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("%v, want %q", err, test.fails)
			}
		})
	}
}

// TestAMailThatComesBack is marked, and people are told of it once, however often AWS tells; what could not be told is told the next time.
func TestAMailThatComesBack(t *testing.T) {
	t.Parallel()
	s := &said{faults: map[string]error{"say": errors.New("no topic")}}
	l, store := listening(s)
	id := delivery.ID{Payer: payer, Quarter: "2026Q3", State: reports.Final}
	post := l.Post
	post.Mailer = taken{}
	if _, err := post.Send(t.Context(), id, []delivery.Recipient{{Address: "Kim@example.co.kr"}}, func(delivery.Recipient) ([]byte, error) { return []byte("x"), nil }); err != nil {
		t.Fatal(err)
	}
	o := occasion.Occasion{Back: []occasion.Back{{Report: id, Address: "kim@example.co.kr", Says: "it came back (Permanent, General)"}}}
	if _, err := l.Answer(t.Context(), o); err == nil {
		t.Error("nobody was told, and nobody says so")
	}
	s.faults = nil
	for range 2 {
		done, err := l.Answer(t.Context(), o)
		if err != nil || len(done) != 1 {
			t.Errorf("%q, %v", done, err)
		}
	}
	if len(s.alerts) != 1 || s.alerts[0].What != "the report 2026Q3 (final) of payer 111122223333 did not reach kim@example.co.kr" || s.alerts[0].Why != o.Back[0].Says {
		t.Errorf("%+v", s.alerts)
	}
	receipts := 0
	for key, err := range store.List(t.Context(), "reports/") {
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := store.Read(t.Context(), key)
		var r delivery.Receipt
		if err != nil || json.Unmarshal(data, &r) != nil || r.Mark != delivery.Bounced || r.Says != o.Back[0].Says {
			t.Errorf("%s: %+v, %v", key, r, err)
		}
		receipts++
	}
	if receipts != 1 {
		t.Errorf("%d receipts", receipts)
	}
}

type taken struct{}

func (taken) Send(context.Context, string, []byte) (string, error) { return "0100", nil }
