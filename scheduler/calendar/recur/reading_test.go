package recur_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/scheduler/calendar/recur"
	"offpeak/scheduler/wall"

	"github.com/google/go-cmp/cmp"
	"github.com/teambition/rrule-go"
)

// rrule-go is an independent reading of the RFC. It is not what offpeak runs: it counts up from the first occurrence, never ends on some
// rules (HOURLY with an unreachable BYHOUR), searches to the year 9999 on others (30 February) and panics on some (BYDAY=53MO with BYMONTH).
// Once, 20,000 rules were compared.
func TestAgreesWithAnotherReading(t *testing.T) {
	t.Parallel()
	source := rand.New(rand.NewPCG(20261224, 1))
	compared := 0
	for range 300 {
		text, start := randomRule(source)
		rule, err := recur.Parse(text, start, false, until)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		endless, _, _ := strings.Cut(strings.ReplaceAll(text, ";UNTIL", ";COUNT"), ";COUNT")
		if seldom, err := recur.Parse(endless, start, false, until); err != nil || len(seldom.Between(start.Date(), start.Date()+20_000)) < 5 {
			continue // rrule-go would search until 9999
		}
		from := start.Date() + wall.Date(source.IntN(3000)) - 500
		to := from + wall.Date(source.IntN(1500))
		want, both := otherReading(t, text, start, from, to)
		if !both {
			continue
		}
		var got []string
		for _, m := range rule.Between(from, to) {
			got = append(got, m.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s from %s, in [%s, %s) (-rrule-go +offpeak):\n%s", text, start, from, to, diff)
		}
		compared++
	}
	if compared < 200 {
		t.Errorf("only %d rules compared", compared)
	}
}

// otherReading returns what rrule-go says, with the start, which the RFC makes the first occurrence even if the rule does not match it;
// a COUNT then cannot be compared.
func otherReading(t *testing.T, text string, start wall.Minute, from, to wall.Date) (list []string, both bool) {
	t.Helper()
	option, err := rrule.StrToROptionInLocation(text, time.UTC)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	begin, end := time.Unix(int64(from)*86400, 0).UTC(), time.Unix(int64(to)*86400, 0).UTC()
	option.Dtstart = time.Unix(int64(start)*60, 0).UTC()
	other, err := rrule.NewRRule(*option)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if first := other.After(option.Dtstart, true); !first.Equal(option.Dtstart) {
		if option.Count > 0 {
			return nil, false
		}
		if from <= start.Date() && start.Date() < to && (option.Until.IsZero() || !option.Until.Before(option.Dtstart)) {
			list = append(list, start.String())
		}
	}
	for _, at := range other.Between(begin, end, true) {
		if at.Before(end) {
			list = append(list, at.Format("2006-01-02 15:04"))
		}
	}
	return list, true
}

// ruleWriter writes rules at random.
type ruleWriter struct {
	*rand.Rand
	parts   []string
	limited bool // something is there for BYSETPOS to choose from
}

func (w *ruleWriter) pick(from ...string) string { return from[w.IntN(len(from))] }

// may writes a part of the rule once in so many times.
func (w *ruleWriter) may(chance int, key string, value func() string) {
	if w.IntN(chance) == 0 {
		w.parts = append(w.parts, key+"="+value())
		w.limited = w.limited || strings.HasPrefix(key, "BY")
	}
}

// some returns a list of up to so many values.
func (w *ruleWriter) some(most int, one func() string) func() string {
	return func() string {
		var texts []string
		for range 1 + w.IntN(most) {
			if text := one(); !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, ",")
	}
}

func (w *ruleWriter) number(least, most int) func() string {
	return func() string { return fmt.Sprint(least + w.IntN(most-least+1)) }
}

// signed returns numbers that count from the back one time in three.
func (w *ruleWriter) signed(most int) func() string {
	return func() string { return w.pick("", "", "-") + w.number(1, most)() }
}

func (w *ruleWriter) weekday() string { return w.pick("MO", "TU", "WE", "TH", "FR", "SA", "SU") }

// weekdays returns a list of weekdays, all with or all without a number: rrule-go ANDs the two kinds, which the RFC wants ORed.
func (w *ruleWriter) weekdays(most int) func() string {
	if w.IntN(2) == 0 {
		return w.some(4, w.weekday)
	}
	return w.some(4, func() string { return w.signed(most)() + w.weekday() })
}

func randomRule(source *rand.Rand) (string, wall.Minute) {
	start := wall.NewDate(2000+source.IntN(40), time.January, 1+source.IntN(366)).At(source.IntN(wall.MinutesPerDay))
	w := &ruleWriter{Rand: source}
	frequency := w.pick("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
	w.parts = []string{"FREQ=" + frequency}
	w.may(3, "INTERVAL", w.number(1, 5))
	w.may(4, "BYMONTH", w.some(4, w.number(1, 12)))
	switch months := w.limited; frequency {
	case "DAILY":
		w.may(3, "BYMONTHDAY", w.some(10, w.signed(31)))
		w.may(3, "BYDAY", w.some(4, w.weekday))
		w.limited = false // of one occurrence a day there is no second
	case "WEEKLY":
		w.may(2, "BYDAY", w.some(4, w.weekday))
		w.may(3, "WKST", w.weekday)
		w.limited = false // rrule-go's first week begins at the start, and so its positions
	case "MONTHLY":
		w.may(3, "BYMONTHDAY", w.some(5, w.signed(31)))
		w.may(3, "BYDAY", w.weekdays(5))
	case "YEARLY":
		most := 53
		if months {
			most = 5
		}
		w.may(4, "BYMONTHDAY", w.some(5, w.signed(31)))
		switch w.IntN(5) {
		case 0:
			w.may(1, "BYYEARDAY", w.some(5, w.signed(366)))
		case 1:
			// What spills over New Year has a test of its own.
			w.may(1, "BYWEEKNO", w.some(5, w.number(2, 51)))
			w.may(1, "BYDAY", w.some(3, w.weekday))
		case 2:
			w.may(1, "BYDAY", w.weekdays(most))
		}
	}
	if w.limited {
		w.may(4, "BYSETPOS", w.some(3, w.signed(3)))
	}
	switch w.IntN(4) {
	case 0:
		w.may(1, "COUNT", w.number(1, 30))
	case 1:
		last := start.Date() + wall.Date(w.IntN(2000))
		w.may(1, "UNTIL", func() string { return strings.ReplaceAll(last.String(), "-", "") + "T120000Z" })
	}
	return strings.Join(w.parts, ";"), start
}
