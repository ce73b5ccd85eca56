package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/internal/billing/coverage"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/plan"
)

const webGroup fleet.ARN = "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:1:autoScalingGroupName/web"

// told is what a bill told of the group web, up to some days ago.
func told(payer fleet.AccountID, daysAgo, units, hours int, doubt string) coverage.Facts {
	to := noon.Truncate(24*time.Hour).AddDate(0, 0, -daysAgo)
	return coverage.Facts{
		Payer: payer, From: to.AddDate(0, 0, -7), To: to, Written: noon.AddDate(0, 0, -daysAgo).UTC(), Source: "DuckDB",
		Groups: []coverage.Group{{ARN: webGroup, Units: units, Covered: units, Hours: hours, Doubt: doubt}},
	}
}

// TestWhatCommitmentsPayForStaysOnDemand: by what was published last, and nothing begins where that is not known.
func TestWhatCommitmentsPayForStaysOnDemand(t *testing.T) {
	t.Parallel()
	const payer, other fleet.AccountID = "999999999999", "888888888888"
	for _, row := range []struct {
		says   string
		facts  []coverage.Facts
		broken bool // another payer's facts cannot be read
		base   int  // least on demand
		doubt  string
	}{
		{"four are paid for", []coverage.Facts{told(payer, 1, 4, 168, "")}, false, 4, ""},
		{"nothing is", []coverage.Facts{told(payer, 1, 0, 168, "")}, false, 0, ""},
		{"of two payers the one in whose bill it ran counts", []coverage.Facts{told(other, 1, 0, 0, "the bill shows no hour of it"), told(payer, 1, 4, 168, "")}, false, 4, ""},
		{"no bill was told", nil, false, 0, "no bill was told"},
		{"the bill is old: what it said counts all the same", []coverage.Facts{told(payer, 20, 4, 168, "")}, false, 4, "more than 14 days ago"},
		{"the bill is in doubt", []coverage.Facts{told(payer, 1, 4, 100, "the bill does not name its group")}, false, 4, "does not name its group"},
		{"the group is new", []coverage.Facts{{Payer: payer, From: noon.AddDate(0, 0, -7).UTC(), To: noon.UTC(), Written: noon.UTC(), Source: "DuckDB"}}, false, 0, "was asked about it"},
		{"what was published cannot be read", nil, true, 0, "facts/committed/777777777777.json"},
	} {
		w, s, _, mail := spotWorker(t, "act")
		push(t, w.Policies, office+"spot: {mode: act}\n")
		for i := range row.facts {
			if err := (hub.Commitments{Store: w.Store}).Publish(t.Context(), &row.facts[i]); err != nil {
				t.Fatal(err)
			}
		}
		if row.broken {
			if _, err := w.Store.Create(t.Context(), coverage.Key("777777777777"), []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
		r, err := w.Look(t.Context(), hub.Wake{Scope: dev})
		if err != nil || len(r.Advices) != 1 {
			t.Fatalf("%s: %v", row.says, err)
		}
		a := &r.Advices[0]
		held := row.doubt != ""
		if a.Doubted != held || (len(s.acted) == 0) != held || !strings.Contains(a.Committed.Doubt, row.doubt) || a.Mix.Chosen.OnDemand < row.base || row.base == 0 && a.Committed.Units != 0 {
			t.Errorf("%s: acted %d, %+v, %+v, %s", row.says, len(s.acted), a.Committed, a.Mix.Chosen, a.Why)
		}
		if held && (len(mail.said) != 1 || !strings.Contains(mail.said[0].What, "wait until it is known") || mail.said[0].Remedy == "" || len(a.Noted) != 1) {
			t.Errorf("%s: told %+v, noted %+v", row.says, mail.said, a.Noted)
		}
	}
}

// TestAPersonMovesInDoubt: who types the command has been told, and a preview says so.
func TestAPersonMovesInDoubt(t *testing.T) {
	t.Parallel()
	w, s, _, _ := spotWorker(t, "act")
	push(t, w.Policies, office+"spot: {mode: advise}\n")
	r, err := w.Preview(t.Context(), dev, &hub.Order{})
	if err != nil || len(r.Outcome.Plan.Actions) != 1 || len(r.Advices[0].Noted) != 1 || !strings.Contains(strings.Join(r.Sources, "\n"), "commitments: not known, no bill was told") {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := w.CarryOut(t.Context(), dev, &hub.Order{}); err != nil || len(s.acted) != 1 {
		t.Fatalf("%+v, %v", s.acted, err)
	}
	w.Facts = []coverage.Facts{told("999999999999", 1, 9, 168, "")}
	r, err = w.Preview(t.Context(), dev, nil)
	if err != nil || r.Advices[0].Committed.Units != 9 || !strings.Contains(strings.Join(r.Sources, "\n"), "commitments: the bill of 999999999999") {
		t.Errorf("%+v, %v", r.Advices[0].Committed, err)
	}
}

// TestADoubtLowersNoBase: a group on Spot keeps what it has on demand where it is not known any more why it was.
func TestADoubtLowersNoBase(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says string
		days int
		acts int
	}{{"known to be paid for no longer: one returns to Spot", 1, 1}, {"not known", 20, 0}} {
		w, s, _, _ := spotWorker(t, "act")
		push(t, w.Policies, office+"spot: {mode: act}\n")
		publish := func(f coverage.Facts) {
			t.Helper()
			if err := (hub.Commitments{Store: w.Store}).Publish(t.Context(), &f); err != nil {
				t.Fatal(err)
			}
		}
		publish(told("999999999999", 1, 6, 168, ""))
		if _, err := w.Look(t.Context(), hub.Wake{Scope: dev}); err != nil || len(s.acted) != 1 {
			t.Fatalf("%s: %v, %v", row.says, s.acted, err)
		}
		to := s.acted[0].Change.(plan.Move).To
		l := *s.seen.Resources[0].Launch
		l.Mix, l.Rebalance = to.Mix, true
		for i := range 9 {
			m := fleet.Member{ID: fmt.Sprintf("i-%d", i), Type: "m5.large", Zone: l.Zones[i%3], InService: true}
			if i >= 6 {
				m.Lifecycle = fleet.SpotOneTime
			}
			l.Members = append(l.Members, m)
		}
		s.seen.Resources[0].Launch = &l
		publish(told("999999999999", row.days, 0, 168, ""))
		later := noon.Add(26 * time.Hour)
		w.Now, s.seen.Taken = func() time.Time { return later }, later
		for range 2 { // the first look sees that it has come
			if _, err := w.Look(t.Context(), hub.Wake{Scope: dev}); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.acted) < 1+row.acts || row.acts == 0 && len(s.acted) != 1 {
			t.Errorf("%s: %d acts", row.says, len(s.acted))
		}
		if row.acts > 0 {
			if m := s.acted[1].Change.(plan.Move); m.To.Mix.Base >= m.From.Mix.Base {
				t.Errorf("%s: %+v to %+v", row.says, m.From.Mix, m.To.Mix)
			}
		}
	}
}

func TestPublishingAgain(t *testing.T) {
	t.Parallel()
	w, _, _, _ := spotWorker(t, "act")
	c := hub.Commitments{Store: w.Store}
	first, second := told("999999999999", 9, 1, 168, ""), told("999999999999", 1, 2, 168, "")
	for range 2 {
		for _, f := range []*coverage.Facts{&first, &second} {
			if err := c.Publish(t.Context(), f); err != nil {
				t.Fatal(err)
			}
		}
	}
	facts, unread, err := c.Published(t.Context())
	if err != nil || len(unread) != 0 || len(facts) != 1 || facts[0].Groups[0].Units != 2 {
		t.Errorf("%+v, %v, %v", facts, unread, err)
	}
}
