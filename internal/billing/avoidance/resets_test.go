package avoidance_test

import (
	"math"
	"testing"
	"time"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/plan"
)

// A group of five is held off every night from 19:00 to 08:00. In the second night after its enrolment somebody sets it to two, and leaves
// it; the opening makes it five again, which nobody asked for. In the fifth week somebody sets it to three by day.
func resizedAtNight(resets ...avoidance.Reset) avoidance.Resource {
	const days = 56
	r := machine("group", nil, nil)
	r.Ran, r.Stopped = []avoidance.Running{{Span: avoidance.Span{From: monday, To: enrolled}, Units: 5}}, nil
	for d := range days {
		size := 5
		if d >= 28 {
			size = 3
		}
		today := enrolled.AddDate(0, 0, d)
		closing, tomorrow := today.Add(19*time.Hour), today.Add(32*time.Hour)
		r.Ran = append(r.Ran, avoidance.Running{Span: avoidance.Span{From: today.Add(8 * time.Hour), To: closing}, Units: size})
		r.Stopped = append(r.Stopped, avoidance.Stop{Span: avoidance.Span{From: closing, To: tomorrow}, Cause: plan.BySchedule})
	}
	r.Resets = resets
	r.Observed.To = enrolled.AddDate(0, 0, days)
	return r
}

// TestWhatAnOpeningMadeLargerIsNotPeoplesSize looks at weeks in which the size is settled: the days about a change are told from both sides.
func TestWhatAnOpeningMadeLargerIsNotPeoplesSize(t *testing.T) {
	t.Parallel()
	second := enrolled.AddDate(0, 0, 2).Add(8 * time.Hour)
	day := func(n int) avoidance.Span {
		return avoidance.Span{From: enrolled.AddDate(0, 0, n), To: enrolled.AddDate(0, 0, n+1)}
	}
	reset := avoidance.Reset{At: second, Asked: 2, Set: 5}
	for _, row := range []struct {
		name   string
		resets []avoidance.Reset
		day    int
		want   string // 13 hours at people's size, less 11 at which more ran than they asked for
	}{
		{"nothing was reset: five by night", nil, 14, "65.00"},
		{"two by night, and three too many by day", []avoidance.Reset{reset}, 14, "-7.00"},
		{"people set three by day, which everybody sees", []avoidance.Reset{reset}, 42, "39.00"},
		{"the last one counts", []avoidance.Reset{{At: second.AddDate(0, 0, 1), Asked: 4, Set: 5}, reset}, 14, "41.00"},
		{"they asked for more than was set", []avoidance.Reset{{At: second, Asked: 10, Set: 5}}, 14, "185.00"},
	} {
		if got := measure(t, []avoidance.Resource{resizedAtNight(row.resets...)}, day(row.day)).Headline().Avoided.String(); got != row.want {
			t.Errorf("%s: avoided %s on day %d, want %s", row.name, got, row.day, row.want)
		}
	}
}

func TestAMemberThatIsReplacedIsNoChangeOfSize(t *testing.T) {
	t.Parallel()
	r := resizedAtNight(avoidance.Reset{At: enrolled.AddDate(0, 0, 2).Add(8 * time.Hour), Asked: 2, Set: 5})
	noon := enrolled.AddDate(0, 0, 9).Add(12 * time.Hour)
	for i, ran := range r.Ran {
		if ran.From.Before(noon) && noon.Before(ran.To) {
			r.Ran[i].To = noon
			r.Ran = append(r.Ran, avoidance.Running{Span: avoidance.Span{From: noon, To: noon.Add(10 * time.Minute)}, Units: 4},
				avoidance.Running{Span: avoidance.Span{From: noon.Add(10 * time.Minute), To: ran.To}, Units: 5})
		}
	}
	later := avoidance.Span{From: enrolled.AddDate(0, 0, 14), To: enrolled.AddDate(0, 0, 15)}
	if got := measure(t, []avoidance.Resource{r}, later).Headline().Avoided.String(); got != "-7.00" {
		t.Errorf("avoided %s, want -7.00", got)
	}
}

func TestAResetToNothingOrToTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []avoidance.Reset{{At: enrolled, Asked: 0, Set: 5}, {At: enrolled, Asked: 5, Set: 0}, {At: enrolled, Asked: -1, Set: 1}, {At: enrolled, Asked: math.MaxInt, Set: 5}, {At: enrolled, Asked: 5, Set: 1<<20 + 1}} {
		if _, err := avoidance.Freeze(avoidance.Book{}, []avoidance.Resource{resizedAtNight(bad)}); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
