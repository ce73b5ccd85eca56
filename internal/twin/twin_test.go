package twin_test

import (
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/simulation"
	"offpeak/internal/twin"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
)

func rules(t testing.TB) *scheduler.Rules {
	t.Helper()
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	compiled := func(name, text string) *scheduler.Compiled {
		h, err := hours.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return scheduler.Compile(scheduler.Schedule{Name: name, Zone: seoul, Pattern: hours.Windows(h.Windows...)})
	}
	return &scheduler.Rules{
		Policy: "test", Zone: seoul, Keys: fleet.KeysWithPrefix("offpeak:"),
		Schedules: map[string]*scheduler.Compiled{
			"office": compiled("office", "mon-fri 08:30-19:30"), "weekdays-late": compiled("weekdays-late", "mon-fri 10:00-23:00"),
		},
		Environments: []fleet.Environment{
			{Name: "dev", Accounts: []fleet.AccountID{simulation.SampleDev}},
			{Name: "stg", Accounts: []fleet.AccountID{simulation.SampleStage}},
			{Name: "prod", Accounts: []fleet.AccountID{simulation.SampleProd}, Protected: true},
		},
	}
}

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func live(t testing.TB, n int, seed uint64, faults twin.Faults, from, to string) *twin.Lives {
	t.Helper()
	l, err := twin.Live(t.Context(), twin.Config{
		Specs: simulation.Sample(n, seed), Rules: rules(t), Begin: day(from).AddDate(0, 0, -28), From: day(from), To: day(to),
		Seed: seed, Faults: faults, Store: objects.NewMemory(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTheSamePeopleLiveInBothWorlds(t *testing.T) {
	t.Parallel()
	l := live(t, 60, 7, twin.NoFaults, "2026-07-06", "2026-07-20")
	if l.With.Deeds() != l.Without.Deeds() {
		t.Error("people set out to do other things where offpeak was")
	}
	for _, arn := range l.With.Resources() {
		if got := l.Avoided(arn, l.Begin, l.From); !got.IsZero() {
			t.Errorf("%s: %s h differ before offpeak came", arn, got)
		}
	}
	if len(l.Managed) < 20 || len(l.Openings) < len(l.Managed)*5 {
		t.Errorf("%d managed, %d openings", len(l.Managed), len(l.Openings))
	}
	for _, o := range l.Openings {
		if late, never := o.Late(); never || late > twin.Deadline(o.Kind) {
			t.Errorf("%s was due %s and ready %s", o.Resource, o.Due, o.Ready)
		}
	}
}

func entries(t *testing.T, l *twin.Lives) []ledger.Entry {
	t.Helper()
	read, err := l.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestTwiceTheSame(t *testing.T) {
	t.Parallel()
	a, b := live(t, 30, 3, twin.HeavyFaults, "2026-07-06", "2026-07-13"), live(t, 30, 3, twin.HeavyFaults, "2026-07-06", "2026-07-13")
	if a.With.History() != b.With.History() || a.Tally != b.Tally || len(entries(t, a)) != len(entries(t, b)) {
		t.Errorf("two lives of one seed differ: %+v and %+v", a.Tally, b.Tally)
	}
}

func TestTheHeatOfAWeekIsEveryHourThatRan(t *testing.T) {
	t.Parallel()
	l := live(t, 20, 5, twin.NoFaults, "2026-07-06", "2026-07-20")
	var sum int64
	for _, d := range twin.WeekOf(l.With, l.Managed, l.From, l.To, time.UTC) {
		for _, seconds := range d {
			sum += seconds
		}
	}
	if want := twin.Hours(l.With, l.Managed, l.From, l.To); avoidance.HoursOf(time.Duration(sum)*time.Second).Cmp(want) != 0 {
		t.Errorf("the cells add up to %ds, it ran for %s h", sum, want)
	}
}

func TestFaultsHaveNames(t *testing.T) {
	t.Parallel()
	for _, f := range []twin.Faults{twin.NoFaults, twin.LightFaults, twin.HeavyFaults} {
		if got, err := twin.ParseFaults(string(f)); err != nil || got != f {
			t.Errorf("%s: %s, %v", f, got, err)
		}
	}
	if _, err := twin.ParseFaults("some"); err == nil {
		t.Error("some faults were accepted")
	}
}

// TestTheHeatOfAWeekOnEveryClock compares the week with one that is counted quarter of an hour by quarter of an hour.
func TestTheHeatOfAWeekOnEveryClock(t *testing.T) {
	t.Parallel()
	l := live(t, 20, 6, twin.NoFaults, "2026-10-19", "2026-11-09") // Berlin and New York change their clocks
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		var want twin.Week
		from, to := l.From.Add(7*time.Minute), l.To.Add(-11*time.Second)
		for _, arn := range l.Managed {
			for _, i := range l.With.Ran(arn) {
				begin, end := i.From, i.To
				if begin.Before(from) {
					begin = from
				}
				if end.After(to) {
					end = to
				}
				for begin.Before(end) {
					next := begin.Truncate(15 * time.Minute).Add(15 * time.Minute)
					if next.After(end) {
						next = end
					}
					local := begin.In(zone)
					want[(int(local.Weekday())+6)%7][local.Hour()] += int64(next.Sub(begin)/time.Second) * int64(i.Units)
					begin = next
				}
			}
		}
		if got := twin.WeekOf(l.With, l.Managed, from, to, zone); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
