package savings_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/billing/savings"
	"offpeak/internal/ledger"
)

// twoMonths are June and July of an instance that was enrolled in June, always ran before, and is off in a night of each month.
func twoMonths() (*bill, book, billing.Period) {
	b, entries := &bill{products: products()}, book{}
	may := june.AddDate(0, -1, 0)
	b.billed(may, week.To)
	i := instance("i-1")
	earlyEvening, earlyMorning := evening.AddDate(0, -1, 0), morning.AddDate(0, -1, 0)
	b.ran("i-1", "", "M5", "1", may, earlyEvening)
	b.ran("i-1", "", "M5", "1", earlyMorning, evening)
	b.ran("i-1", "", "M5", "1", morning, week.To)
	entries.add(i, ledger.Enrolled, june, "", 0)
	entries.night(i, earlyEvening, earlyMorning)
	for at := range entries[1:] {
		entries[1+at].Act += "-in-june"
	}
	entries.night(i, evening, morning)
	return b, entries, billing.Period{From: june, To: week.To}
}

// TestAFirstMonthThatWasNotDelivered claims nothing, and takes nothing from what follows: that rests on the baseline that was frozen before.
func TestAFirstMonthThatWasNotDelivered(t *testing.T) {
	t.Parallel()
	b, entries, period := twoMonths()
	of := func(in *savings.Input) { in.Period = period }
	whole := compute(t, b, entries, of)
	if got := whole.Headline.Hours.Avoided; got.Cmp(avoidance.HoursOf(2*overnite)) != 0 {
		t.Fatalf("avoided %s h, want two nights", got)
	}
	b.noMonths = []time.Time{june}
	lacks := compute(t, b, entries, of, func(in *savings.Input) { in.Book = whole.Book })
	if got := lacks.Headline.Hours.Avoided; got.Cmp(avoidance.HoursOf(overnite)) != 0 || !lacks.Measured.From.Equal(july) || !lacks.Measured.To.Equal(week.To) || !lacks.Provisional {
		t.Errorf("avoided %s h of %s to %s, provisional %t; want the night of July", got, lacks.Measured.From, lacks.Measured.To, lacks.Provisional)
	}
	if got := codes(lacks); got != "no-usage-data" || !strings.Contains(lacks.Gaps[0].Says, "2026-06: nothing is claimed for it") || lacks.Gaps[0].Args[0] != "first" {
		t.Errorf("%+v", lacks.Gaps)
	}
	// Without a frozen baseline nothing is proven: a month that is not there is none in which nothing ran.
	if s := compute(t, b, entries, of); s.Headline.Resources != 0 || s.Resources[0].Origin != avoidance.Unproven {
		t.Errorf("%+v", s.Headline)
	}
	// FOCUS tells the same where there is no CUR 2.0 at all.
	b.noCUR = true
	if s := compute(t, b, entries, of, func(in *savings.Input) { in.Book = whole.Book }); s.Headline.Hours.Avoided.Cmp(avoidance.HoursOf(overnite)) != 0 || s.Gaps[0].Args[0] != "bill-first" {
		t.Errorf("%+v, %v", s.Headline, s.Gaps)
	}
	b.noCUR = false
	// Where nothing follows there is no figure, and the error says what to do.
	b.noMonths = []time.Time{june, july}
	_, err := savings.Compute(t.Context(), savings.Input{Engine: b, Entries: entries.all(), Period: period})
	if !errors.Is(err, savings.ErrNoBill) || !strings.Contains(err.Error(), "have AWS deliver") {
		t.Errorf("%v", err)
	}
}

// TestAMiddleMonthIsNotCalledUnbilled: what follows it was billed, and is not claimed all the same.
func TestAMiddleMonthIsNotCalledUnbilled(t *testing.T) {
	t.Parallel()
	b, entries, period := twoMonths()
	b.noMonths = []time.Time{july}
	s := compute(t, b, entries, func(in *savings.Input) { in.Period = period })
	if got := s.Headline.Hours.Avoided; got.Cmp(avoidance.HoursOf(overnite)) != 0 || codes(s) != "no-usage-data" || !s.Measured.To.Equal(july) || !s.Provisional {
		t.Errorf("avoided %s h until %s: %v", got, s.Measured.To, s.Gaps)
	}
}
