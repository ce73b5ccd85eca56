package spend_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/reports"
)

// costOf is what a SKU cost in the first month of a quarter.
func costOf(month time.Time, sku, quantity, effective string) billing.Cost {
	return billing.Cost{
		Month: month, Account: dev, Service: "Amazon Elastic Compute Cloud", SKU: sku, Unit: "Hrs", Region: seoul, Rows: 1, Quantity: dec(quantity), Effective: dec(effective),
	}
}

// two quarters of a bill; charges come to the same as the SKUs, and others beside.
func twoQuarters(costs []billing.Cost, others ...billing.Charge) *bill {
	b := (&bill{costs: costs}).closed(before).closed(quarter)
	for _, c := range costs {
		b.charges = append(b.charges, billing.Charge{Month: c.Month, Account: c.Account, Category: "Usage", Service: c.Service, Effective: c.Effective, Billed: c.Effective})
	}
	b.charges = append(b.charges, others...)
	return b
}

func TestTheBridge(t *testing.T) {
	t.Parallel()
	was := func(sku, quantity, effective string) billing.Cost {
		return costOf(before.From, sku, quantity, effective)
	}
	is := func(sku, quantity, effective string) billing.Cost { return costOf(july, sku, quantity, effective) }
	for _, row := range []struct {
		name                       string
		costs                      []billing.Cost
		others                     []billing.Charge
		avoided, avoidedBefore     string
		from, to                   string
		growth, price, unexplained string
	}{
		{"nothing changed", []billing.Cost{was("A", "100", "10"), is("A", "100", "10")}, nil, "0", "0", "10", "10", "0", "0", "0"},
		{"twice as much at the same price", []billing.Cost{was("A", "100", "10"), is("A", "200", "20")}, nil, "0", "0", "10", "20", "10", "0", "0"},
		{"the price fell", []billing.Cost{was("A", "100", "10"), is("A", "100", "8")}, nil, "0", "0", "10", "8", "0", "-2", "0"},
		{"both", []billing.Cost{was("A", "100", "10"), is("A", "200", "16")}, nil, "0", "0", "10", "16", "10", "-4", "0"},
		{"less was used since it was switched off: no decline", []billing.Cost{was("A", "100", "10"), is("A", "60", "6")}, nil, "4", "0", "10", "6", "0", "0", "0"},
		{"more was avoided than before, and more would have been used", []billing.Cost{was("A", "60", "6"), is("A", "60", "6")}, nil, "5", "4", "6", "6", "1", "0", "0"},
		{"a SKU is new", []billing.Cost{was("A", "100", "10"), is("A", "100", "10"), is("B", "5", "3")}, nil, "0", "0", "10", "13", "0", "0", "3"},
		{"a SKU is gone", []billing.Cost{was("A", "100", "10"), was("B", "5", "3"), is("A", "100", "10")}, nil, "0", "0", "13", "10", "0", "0", "-3"},
		{"no SKU", []billing.Cost{was("", "1", "2"), is("", "1", "3")}, nil, "0", "0", "2", "3", "0", "0", "1"},
		{"no quantity", []billing.Cost{was("A", "0", "2"), is("A", "10", "3")}, nil, "0", "0", "2", "3", "0", "0", "1"},
		{"no quantity any more", []billing.Cost{was("A", "10", "2"), is("A", "0", "3")}, nil, "0", "0", "2", "3", "0", "0", "1"},
		{
			"a commitment that is not used, a correction; tax is none of it",
			[]billing.Cost{was("A", "100", "10"), is("A", "100", "10")},
			[]billing.Charge{
				charge(0, "Usage", "", "4", "0", func(c *billing.Charge) { c.Discount = "Unused" }), charge(1, "Usage", "", "-1", "-1", func(c *billing.Charge) { c.Class = "Correction" }),
				charge(1, "Tax", "", "9", "9", nil), charge(-1, "Tax", "", "7", "7", nil),
			},
			"0", "0", "10", "13", "0", "0", "3",
		},
	} {
		in := input(t, twoQuarters(row.costs, row.others...))
		avoided, avoidedBefore := usd(row.avoided), usd(row.avoidedBefore)
		in.Avoided, in.AvoidedBefore = &avoided, &avoidedBefore
		want := &reports.Bridge{
			From: usd(row.from), To: usd(row.to), Avoided: avoided.Sub(avoidedBefore), Growth: usd(row.growth), Price: usd(row.price), Unexplained: usd(row.unexplained),
		}
		if diff := cmp.Diff(want, of(t, in).Bill.Bridge); diff != "" {
			t.Errorf("%s (-want +got)\n%s", row.name, diff)
		}
	}
}

func TestWithoutALastQuarterThereIsNoBridge(t *testing.T) {
	t.Parallel()
	b := (&bill{}).closed(quarter)
	if s := of(t, input(t, b)); s.Bill.Bridge != nil || !cmp.Equal(gaps(s), []string{"no-hours", "no-last-bill", "no-tool-cost"}) {
		t.Errorf("no bill: got %+v, %v", s.Bill.Bridge, gaps(s))
	}
	in := input(t, b)
	in.Before = billing.Period{}
	if s := of(t, in); s.Bill.Bridge != nil || !cmp.Equal(gaps(s), []string{"no-hours", "no-last-bill", "no-tool-cost"}) {
		t.Errorf("no quarter: got %+v, %v", s.Bill.Bridge, gaps(s))
	}
	in = input(t, twoQuarters(nil))
	in.AvoidedBefore = nil
	if s := of(t, in); s.Bill.Bridge != nil || !cmp.Equal(gaps(s), []string{"no-hours", "no-last-avoided", "no-tool-cost"}) {
		t.Errorf("what was avoided is not known: got %+v, %v", s.Bill.Bridge, gaps(s))
	}
	in = input(t, twoQuarters(nil))
	in.Measured = billing.Period{From: quarter.From, To: quarter.To.AddDate(0, 0, -20)}
	if s := of(t, in); s.Bill.Bridge != nil || !slices.Contains(gaps(s), "part-of-quarter") {
		t.Errorf("a part of the quarter is billed: got %+v, %v", s.Bill.Bridge, gaps(s))
	}
}

// TestAQuarterThatLacksAMonthHasNoBridge: what is left of it is no quarter, and is not said to end where it does not.
func TestAQuarterThatLacksAMonthHasNoBridge(t *testing.T) {
	t.Parallel()
	august, september := july.AddDate(0, 1, 0), july.AddDate(0, 2, 0)
	for _, row := range []struct {
		name     string
		lacks    []time.Time
		measured billing.Period
		want     []string
	}{
		{"the first month", []time.Time{july}, billing.Period{From: august, To: quarter.To}, []string{"lacking"}},
		{"a month in the middle", []time.Time{august}, billing.Period{From: july, To: august}, []string{"lacking"}},
		{"a month in the middle of which CUR 2.0 is there", []time.Time{august}, quarter, []string{"lacking"}},
		{"usage alone of a month in the middle", nil, billing.Period{From: july, To: august}, []string{"lacking"}},
		{"usage alone of the first month", nil, billing.Period{From: august, To: quarter.To}, []string{"lacking"}},
		{"the last month: the bill ends before it", []time.Time{september}, billing.Period{From: july, To: september}, []string{september.AddDate(0, 0, -1).Format(time.DateOnly)}},
	} {
		b := twoQuarters(nil)
		b.months = slices.DeleteFunc(b.months, func(m time.Time) bool { return slices.ContainsFunc(row.lacks, m.Equal) })
		in := input(t, b)
		in.Measured = row.measured
		s := of(t, in)
		at := slices.IndexFunc(s.Gaps, func(g reports.Gap) bool { return g.Code == reports.GapPart })
		if s.Bill.Bridge != nil || at < 0 || !slices.Equal(s.Gaps[at].Args, row.want) {
			t.Errorf("%s: %+v, %v", row.name, s.Bill.Bridge, s.Gaps)
		}
	}
}

// holds checks the identity of a bridge.
func holds(t *testing.T, b *reports.Bridge) {
	t.Helper()
	if got := b.From.Add(b.Growth).Add(b.Price).Sub(b.Avoided).Add(b.Unexplained); !got.Equal(b.To) {
		t.Errorf("%+v: it leads to %s", b, got)
	}
}

// Whatever the bills are, the parts add up; how a SKU's rows are split over accounts and months changes nothing; and without prices that changed there is no
// price in it.
func TestBridgesAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(30, 1))
	amount := func() decimal.Decimal { return decimal.New(r.Int64N(2_000_000)-100_000, -int32(r.IntN(7))) }
	for range 300 {
		var whole, split []billing.Cost
		for _, quarter := range []time.Time{before.From, july} {
			for sku := range 6 {
				if r.IntN(4) == 0 {
					continue
				}
				c := costOf(quarter, []string{"", "A", "B", "C", "D", "E"}[sku], amount().String(), amount().String())
				whole = append(whole, c)
				part, rest := c, c
				part.Quantity, part.Effective = amount(), amount()
				rest.Quantity, rest.Effective = c.Quantity.Sub(part.Quantity), c.Effective.Sub(part.Effective)
				rest.Account, rest.Month = prod, quarter.AddDate(0, r.IntN(3), 0)
				split = append(split, part, rest)
			}
		}
		avoided, avoidedBefore := amount().Abs(), amount().Abs()
		bridge := func(costs []billing.Cost) *reports.Bridge {
			in := input(t, twoQuarters(costs))
			a, b := usd(avoided.String()), usd(avoidedBefore.String())
			in.Avoided, in.AvoidedBefore, in.Factor = &a, &b, dec("1.07")
			got := of(t, in).Bill.Bridge
			holds(t, got)
			return got
		}
		if diff := cmp.Diff(bridge(whole), bridge(split)); diff != "" {
			t.Fatalf("split otherwise (-whole +split)\n%s", diff)
		}
	}
}
