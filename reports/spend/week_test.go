package spend_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/reports"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func total(w *reports.Week) (sum decimal.Decimal) {
	for day := range w {
		for hour := range w[day] {
			sum = sum.Add(w[day][hour])
		}
	}
	return sum
}

// Each row is an hour of the bill that cost 0.1 dollars.
func TestWhereAnHourOfTheBillLiesInTheWeek(t *testing.T) {
	t.Parallel()
	const mon, wed, sat, sun = 0, 2, 5, 6
	type cells map[[2]int]string
	for _, row := range []struct {
		name, zone, hour string
		want             cells
	}{
		{"midnight in UTC is nine in Seoul", "Asia/Seoul", "2026-07-01T00:00:00Z", cells{{wed, 9}: "0.1"}},
		{"Sunday's evening in UTC is Monday's night in Seoul", "Asia/Seoul", "2026-07-05T15:00:00Z", cells{{mon, 0}: "0.1"}},
		{"Monday's night in UTC is Sunday's evening in New York", "America/New_York", "2026-07-06T03:00:00Z", cells{{sun, 23}: "0.1"}},
		{"half an hour of it lies in the next", "Asia/Kolkata", "2026-07-01T00:00:00Z", cells{{wed, 5}: "0.05", {wed, 6}: "0.05"}},
		{"three quarters of it do, over the end of the week", "Asia/Kathmandu", "2026-07-05T18:00:00Z", cells{{sun, 23}: "0.025", {mon, 0}: "0.075"}},
		{"behind UTC by half an hour", "Pacific/Marquesas", "2026-07-01T00:00:00Z", cells{{1, 14}: "0.05", {1, 15}: "0.05"}},
		{"the last hour before clocks go back in Berlin", "Europe/Berlin", "2026-10-25T00:00:00Z", cells{{sun, 2}: "0.1"}},
		{"the same hour on the clocks again", "Europe/Berlin", "2026-10-25T01:00:00Z", cells{{sun, 2}: "0.1"}},
		{"the hour after it", "Europe/Berlin", "2026-10-25T02:00:00Z", cells{{sun, 3}: "0.1"}},
		{"the last hour before clocks jump", "Europe/Berlin", "2026-03-29T00:00:00Z", cells{{sun, 1}: "0.1"}},
		{"the hour after the gap", "Europe/Berlin", "2026-03-29T01:00:00Z", cells{{sun, 3}: "0.1"}},
		{"New York's fall", "America/New_York", "2026-11-01T06:00:00Z", cells{{sun, 1}: "0.1"}},
		{"half an hour is put back on Lord Howe: before", "Australia/Lord_Howe", "2026-04-04T13:00:00Z", cells{{sun, 0}: "0.1"}},
		{"half an hour is put back on Lord Howe: after", "Australia/Lord_Howe", "2026-04-04T16:00:00Z", cells{{sun, 2}: "0.05", {sun, 3}: "0.05"}},
		{"no clock changes in Seoul that night", "Asia/Seoul", "2026-10-24T17:00:00Z", cells{{sun, 2}: "0.1"}},
		{"a Saturday", "UTC", "2026-07-04T23:00:00Z", cells{{sat, 23}: "0.1"}},
	} {
		hour := at(t, row.hour)
		from := time.Date(hour.Year(), (hour.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
		in := input(t, (&bill{}).ran("i-1", hour, hour.Add(time.Hour), nil))
		in.Period, in.Before, in.Zone = billing.Period{From: from, To: from.AddDate(0, 3, 0)}, billing.Period{}, zone(t, row.zone)
		var want reports.Week
		for cell, amount := range row.want {
			want[cell[0]][cell[1]] = dec(amount)
		}
		if diff := cmp.Diff(want, of(t, in).Cost); diff != "" {
			t.Errorf("%s (-want +got)\n%s", row.name, diff)
		}
	}
}

// The engine is asked for each stretch of the clocks once, and for nothing twice.
func TestStretchesOfTheClocks(t *testing.T) {
	t.Parallel()
	october := at(t, "2026-10-01T00:00:00Z")
	for name, want := range map[string][]string{
		"Asia/Seoul":          {"2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		"Europe/Berlin":       {"2026-10-01T00:00:00Z", "2026-10-25T01:00:00Z", "2027-01-01T00:00:00Z"},
		"America/New_York":    {"2026-10-01T00:00:00Z", "2026-11-01T06:00:00Z", "2027-01-01T00:00:00Z"},
		"Australia/Lord_Howe": {"2026-10-01T00:00:00Z", "2026-10-03T16:00:00Z", "2027-01-01T00:00:00Z"}, // at 15:30
	} {
		b := &bill{}
		in := input(t, b)
		in.Period, in.Before, in.Zone = billing.Period{From: october, To: october.AddDate(0, 3, 0)}, billing.Period{}, zone(t, name)
		of(t, in)
		got := []string{b.asked[0].From.Format(time.RFC3339)}
		for i, p := range b.asked {
			if i > 0 && !p.From.Equal(b.asked[i-1].To) {
				t.Errorf("%s: a stretch begins at %s", name, p.From)
			}
			got = append(got, p.To.Format(time.RFC3339))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// Wherever it is told, a week holds all that compute cost, and off-hours what lies outside.
func TestTheWeekHoldsAllThatComputeCost(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Asia/Seoul", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"} {
		for _, month := range []time.Month{time.January, time.April, time.July, time.October} {
			from := time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC)
			p := billing.Period{From: from, To: from.AddDate(0, 3, 0)}
			in := input(t, (&bill{}).ran("i-1", p.From, p.To, nil).ran("i-2", p.From.Add(77*time.Hour), p.To.Add(-time.Hour), func(r *run) {
				r.Account, r.Effective = prod, dec("0.0371")
			}))
			in.Period, in.Before, in.Zone = p, billing.Period{}, zone(t, name)
			s := of(t, in)
			hours := decimal.NewFromInt(int64(p.To.Sub(p.From) / time.Hour))
			want := hours.Mul(dec("0.1")).Add(hours.Sub(dec("78")).Mul(dec("0.0371")))
			all := s.OffHours[0].All.Add(s.OffHours[1].All).Decimal()
			if got := total(&s.Cost); !got.Equal(want) || !all.Equal(want) || len(s.OffHours) != 2 {
				t.Errorf("%s from %s: the week holds %s, the accounts %s, want %s", name, from.Format(time.DateOnly), got, all, want)
			}
		}
	}
}

func TestOffHours(t *testing.T) {
	t.Parallel()
	week := func(b *bill) *bill {
		return b.ran("i-1", at(t, "2026-07-06T00:00:00+09:00"), at(t, "2026-07-13T00:00:00+09:00"), nil)
	}
	for _, row := range []struct{ working, off string }{
		{"mon-fri 08:30-19:30", "11.3"}, // 168 hours less 55, at 0.1 dollars
		{"mon-fri 08:30-19:30 sat 10:00-12:15", "11.075"},
		{"daily 00:00-24:00", "0"},
		{"mon-fri 22:00-06:00", "12.8"}, // the night that begins on Friday ends on Saturday
		{"mon-fri 09:00-12:00+13:00-18:00", "12.8"},
		{"sun 23:00 - mon 02:00", "16.5"}, // over the end of the week
	} {
		in := input(t, week(&bill{}))
		in.Working = workingHours(t, row.working)
		s := of(t, in)
		want := []reports.OffHours{{Account: dev, Amount: usd(row.off), All: usd("16.8")}}
		if diff := cmp.Diff(want, s.OffHours); diff != "" || s.Working != row.working {
			t.Errorf("%s: %s (-want +got)\n%s", row.working, s.Working, diff)
		}
	}
	in := input(t, week(&bill{}).ran("i-2", july, july.Add(time.Hour), func(r *run) { r.Account, r.Effective = prod, dec("40") }))
	in.Factor = dec("2")
	in.Working = workingHours(t, "mon-sun 10:00-11:00")
	want := []reports.OffHours{{Account: prod, Amount: usd("80"), All: usd("80")}, {Account: dev, Amount: usd("32.2"), All: usd("33.6")}}
	if diff := cmp.Diff(want, of(t, in).OffHours); diff != "" {
		t.Errorf("the largest first, at the payer's prices (-want +got)\n%s", diff)
	}
	in = input(t, (&bill{}).ran("i-1", at(t, "2026-07-05T18:00:00Z"), at(t, "2026-07-12T18:00:00Z"), nil))
	in.Zone, in.Working = zone(t, "Asia/Kolkata"), workingHours(t, "mon-fri 09:00-18:00")
	if diff := cmp.Diff([]reports.OffHours{{Account: dev, Amount: usd("12.3"), All: usd("16.8")}}, of(t, in).OffHours); diff != "" {
		t.Errorf("hours that lie in two of the clocks' (-want +got)\n%s", diff)
	}
	if s := of(t, input(t, &bill{})); len(s.OffHours) > 0 || !total(&s.Cost).IsZero() {
		t.Errorf("nothing ran: %+v", s.OffHours)
	}
}
