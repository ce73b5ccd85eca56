package scheduler_test

import (
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/scheduler"
)

// FuzzReadTag reads any text as a schedule tag: it is a schedule that can be asked, or an error, and never a panic or a hang.
func FuzzReadTag(f *testing.F) {
	for _, seed := range []string{
		"office", "running", "", "ignore", "mon-fri 09:00-19:00 Asia/Seoul", "fri 18:00 - mon 08:00", "off=(M-F,19);on=(M-F,7);tz=Asia/Seoul",
		"offu3du28M-Fu2c18u29", "mon-fri 9-18", "월-금 09:00~18:00", "day 29 in feb fri 09:00-10:00", "2026-12-24..2026-12-26 09:00-18:00 UTC",
	} {
		f.Add(seed)
	}
	rules := manyEnvironments()
	f.Fuzz(func(t *testing.T, text string) {
		s, err := rules.ReadTag("", text)
		if err != nil {
			return
		}
		for _, when := range []string{"2024-02-29 00:00", "2026-11-20 19:35"} {
			r := s.Read(at(when))
			if r.Next.At.IsZero() {
				continue
			}
			if !r.Next.At.After(at(when)) || r.Last.At.After(at(when)) {
				t.Errorf("%q at %s: last edge %s, next edge %s", text, when, r.Last.At, r.Next.At)
			}
			if got := s.State(r.Next.At); got != r.Next.Want {
				t.Errorf("%q: at its edge %s it wants %s, not %s", text, r.Next.At, got, r.Next.Want)
			}
		}
	})
}

// FuzzPlan plans one machine with any tags: no panic, and nothing protected is touched.
func FuzzPlan(f *testing.F) {
	f.Add("office", "running until 2026-11-23 02:00", "shop", "1", "dev", int64(0))
	f.Add("mon-fri 09:00-19:00", "", "", "", "prod", int64(3600))
	f.Add("off=(M-F,19)", "stopped until 2026-12-01", "g", "99", "운영", int64(-86400*9))
	rules := manyEnvironments()
	f.Fuzz(func(t *testing.T, schedule, override, group, order, environment string, since int64) {
		taken := at("2026-11-20 19:35")
		r := due(tagged("offpeak:schedule", schedule, "offpeak:override", override, "offpeak:group", group, "offpeak:order", order, "Environment", environment)).Resources[0]
		r.Since = taken.Add(time.Duration(since%1e6) * time.Second)
		snapshot := &fleet.Snapshot{Taken: taken, Resources: []fleet.Resource{r}}
		for _, memory := range []*fleet.Memory{nil, {}} {
			made, _ := scheduler.New(rules).Plan(snapshot, memory, scheduler.Options{Forecast: 48 * time.Hour})
			for _, a := range made.Actions {
				if a.Subject.Environment == "prod" {
					t.Errorf("%+v", a)
				}
			}
		}
	})
}
