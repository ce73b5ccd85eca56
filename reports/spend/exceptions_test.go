package spend_test

import (
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports/spend"
)

func rate(t testing.TB, text string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lasting is an exception until 1 November, at nine in Seoul.
func lasting(t testing.TB, arn fleet.ARN, change func(*spend.Exception)) spend.Exception {
	t.Helper()
	e := spend.Exception{
		ARN: arn, Want: fleet.Running, Key: "offpeak:override", Text: "running until 2026-11-01 09:00", Until: at(t, "2026-11-01T09:00:00+09:00"),
		Hours: workingHours(t, "mon-fri 08:00-20:00"),
	}
	if change != nil {
		change(&e)
	}
	return e
}

// The worker is excepted from its schedule, and costs 0.1 dollars an hour: 46.82 a month outside the schedule's hours, 73 in all.
func TestExceptionsThatEnd(t *testing.T) {
	t.Parallel()
	always := func(b *bill) { b.ran(worker, july, quarter.To, nil) }
	stopped := func(e *spend.Exception) { e.Want, e.Text = fleet.Stopped, "stopped until 2026-11-01 09:00" }
	for _, row := range []struct {
		name   string
		runs   func(*bill)
		change func(*spend.Exception)
		inv    func(*spend.Resource)
		want   string // due, amount, tag, command
	}{
		{
			"it is kept running", always, nil, nil,
			"2026-11-01 46.82 offpeak:override=running until 2026-12-01T09:00:00+09:00 offpeak override " + string(workerARN) + " --clear",
		},
		{
			"it is kept stopped, and ran before", func(b *bill) { b.ran(worker, july, july.AddDate(0, 1, 0), nil) }, stopped, nil,
			"2026-11-01 24.60 offpeak:override=stopped until 2026-12-01T09:00:00+09:00 offpeak override " + string(workerARN) + " stopped --until 2026-12-01T09:00:00+09:00",
		},
		{
			"it is kept stopped, and the bill never shows it", func(*bill) {}, stopped, nil,
			"2026-11-01 - offpeak:override=stopped until 2026-12-01T09:00:00+09:00 offpeak override " + string(workerARN) + " stopped --until 2026-12-01T09:00:00+09:00",
		},
		{
			"its schedule has no hours that are known", always, func(e *spend.Exception) { e.Hours.Windows = nil }, nil,
			"2026-11-01 - offpeak:override=running until 2026-12-01T09:00:00+09:00 offpeak override " + string(workerARN) + " --clear",
		},
		{
			"it is new", func(b *bill) { b.ran(worker, quarter.To.AddDate(0, 0, -20), quarter.To, nil) }, nil, func(r *spend.Resource) { r.Created = quarter.To.AddDate(0, 0, -20) },
			"2026-11-01 - offpeak:override=running until 2026-12-01T09:00:00+09:00 offpeak override " + string(workerARN) + " --clear",
		},
		{
			"commitments cover it: nothing is gained", func(b *bill) { b.ran(worker, july, quarter.To, func(r *run) { r.Line = billing.PlanUsage }) }, nil, nil,
			"2026-11-01 0.00 offpeak:override=running until 2026-12-01T09:00:00+09:00 offpeak override " + string(workerARN) + " --clear",
		},
		{
			"it kept its hours until now: what it will cost is on no bill", func(b *bill) { b.office(worker, 9, 17, nil, nil) }, nil, nil,
			"2026-11-01 - offpeak:override=running until 2026-12-01T09:00:00+09:00 offpeak override " + string(workerARN) + " --clear",
		},
		{
			"it ends after other proposals are due", always, func(e *spend.Exception) { e.Until = e.Until.AddDate(0, 1, 0) }, nil,
			"2026-12-01 46.82 offpeak:override=running until 2027-01-01T09:00:00+09:00 offpeak override " + string(workerARN) + " --clear",
		},
		{"it is protected", always, nil, func(r *spend.Resource) { r.Tags = fleet.NewTags(fleet.Tag{Key: "env", Value: "prod"}) }, ""},
	} {
		b := (&bill{}).closed(quarter)
		row.runs(b)
		in := input(t, b)
		in.Taken, in.Resources = true, []spend.Resource{resource(func(r *spend.Resource) {
			r.OptedIn = true
			if row.inv != nil {
				row.inv(r)
			}
		})}
		in.Exceptions = []spend.Exception{lasting(t, workerARN, row.change)}
		got := ""
		for _, a := range of(t, in).Actions {
			if a.Code != "exception-expires" || a.Owner != "kim" && a.Owner != "pay" || a.Resources != 1 {
				t.Errorf("%s: %+v", row.name, a)
			}
			got += a.Due + " " + shownUSD(a.Month) + " " + a.Tag + " " + a.Command
		}
		if got != row.want {
			t.Errorf("%s: got\n%s, want\n%s", row.name, got, row.want)
		}
	}
}

// An exception that was extended is another one: what became of the first is to be told.
func TestAnExtendedExceptionIsAnother(t *testing.T) {
	t.Parallel()
	id := func(until time.Time) string {
		in := input(t, (&bill{}).closed(quarter))
		in.Taken, in.Resources = true, []spend.Resource{resource(nil)}
		in.Exceptions = []spend.Exception{lasting(t, workerARN, func(e *spend.Exception) { e.Until = until })}
		return of(t, in).Actions[0].ID
	}
	first := at(t, "2026-11-01T09:00:00+09:00")
	if id(first) != id(first.UTC()) || id(first) == id(first.Add(time.Hour)) {
		t.Error("the id of an exception is of its resource and its end")
	}
}

// A freeze of the policy's calendar is one line for each owner, and what it costs is on no bill.
func TestHoldsThatEnd(t *testing.T) {
	t.Parallel()
	b := (&bill{}).closed(quarter)
	in := input(t, b)
	in.Usual, in.Taken = nil, true
	in.Resources = append(instances(b, "kim", "i-00000001", "i-00000002"), instances(b, "lee", "i-00000003")...)
	for _, row := range []struct {
		until   string
		command string
	}{
		{"2026-10-05T00:00:00+09:00", `offpeak calendar add -- freeze 2026-10-05 'it'\''s $(frozen)'`},
		{"2026-10-05T18:00:00+09:00", ""}, // a part of a day cannot be added
	} {
		in.Holds = []spend.Hold{{Calendar: "freeze", Name: "it's $(frozen)", Until: at(t, row.until), Held: []fleet.ARN{arnOf("i-00000003"), arnOf("i-00000002"), arnOf("i-00000001")}}}
		s := of(t, in)
		if len(s.Actions) != 2 {
			t.Fatalf("got %+v", s.Actions)
		}
		for _, a := range s.Actions {
			want := map[string]int{"kim": 2, "lee": 1}[a.Owner]
			if a.Resources != want || len(a.About) != want || a.Due != "2026-10-05" || a.Month != nil || a.Command != row.command || a.Detail != "freeze until "+row.until[:10]+" "+row.until[11:16] {
				t.Errorf("%+v", a)
			}
		}
		if s.Actions[0].ID == s.Actions[1].ID {
			t.Error("two owners have one id")
		}
	}
}
