package spend_test

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
	"offpeak/reports/spend"
)

// organisation lives without anybody who switches it off but its people, and is billed until the end of the quarter.
type organisation struct {
	specs map[fleet.ARN]simulation.Spec
	total invoice.Totals // of the quarter
	input spend.Input
}

func simulated(t *testing.T, resources int, seed uint64, begin time.Time) *organisation {
	t.Helper()
	w := simulation.New(seed, begin, simulation.Faults{})
	w.Market().SetOnDemand(invoice.SampleCatalogue().Compute)
	specs := simulation.Sample(resources, seed)
	o := &organisation{specs: map[fleet.ARN]simulation.Spec{}}
	for i := range specs {
		o.specs[specs[i].ARN] = specs[i]
		if err := w.Add(specs[i]); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(quarter.To)
	payers := invoice.SamplePayers(specs, seed)[:1]
	dir := t.TempDir()
	written, err := invoice.Write(t.Context(), w, payers, invoice.SampleCatalogue(), billing.Period{From: begin, To: quarter.To}, dir)
	if err != nil {
		t.Fatal(err)
	}
	if o.total, err = invoice.Total(t.Context(), w, payers, invoice.SampleCatalogue(), quarter); err != nil {
		t.Fatal(err)
	}
	opened, err := export.Open(written.Payers[0].Dir)
	if err != nil {
		t.Fatal(err)
	}
	o.input = input(t, (&bill{}).closed(quarter))
	o.input.Engine, o.input.Tags.Owner = recount.Open(opened, payers[0].ID, 2), []string{"팀"}
	o.input.Usual["stg"] = o.input.Usual["dev"]
	o.input.Environments = append(o.input.Environments, fleet.Environment{Name: "shared", Tags: map[string][]string{"env": {"shared"}}, Protected: true})
	return o
}

// near fails where two amounts are further apart than doubles of so many rows make them.
func near(t *testing.T, what string, got, want decimal.Decimal) {
	t.Helper()
	if got.Sub(want).Abs().GreaterThan(decimal.New(1, -6)) || want.IsZero() {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

// What the parts say of a bill is what the bill was made of.
func TestASimulatedBillAddsUp(t *testing.T) {
	t.Parallel()
	o := simulated(t, 14, 4, before.From)
	s := of(t, o.input)
	near(t, "effective cost", s.Bill.Effective.Decimal(), o.total.Usage().Decimal())
	services, months, accounts := decimal.Zero, decimal.Zero, decimal.Zero
	for _, a := range s.Bill.Services {
		services = services.Add(a.Amount.Decimal())
	}
	for _, m := range s.Bill.Months {
		months = months.Add(m.Effective.Decimal())
	}
	for _, a := range s.OffHours {
		accounts = accounts.Add(a.All.Decimal())
		if a.Amount.Decimal().IsNegative() || a.Amount.Cmp(a.All) > 0 {
			t.Errorf("off hours of %s: %s of %s", a.Account, a.Amount, a.All)
		}
	}
	if !services.Equal(s.Bill.Effective.Decimal()) || !months.Equal(services) || len(s.Bill.Services) < 3 || len(s.Bill.Months) != 3 {
		t.Errorf("services come to %s, months to %s, all to %s", services, months, s.Bill.Effective)
	}
	compute := o.total.Compute().Sub(o.total.Unused).Decimal()
	near(t, "what compute cost, over the week", total(&s.Cost), compute)
	if !accounts.Equal(total(&s.Cost)) {
		t.Errorf("accounts come to %s, the week to %s", accounts, total(&s.Cost))
	}
	for _, w := range s.Waste {
		if w.Code == "unused-commitment" {
			near(t, w.Code, w.Amount.Decimal(), o.total.Unused.Decimal())
		}
	}
	if s.Invoice != "held" || s.Complete != "held" {
		t.Errorf("a bill that is whole: %s, %s", s.Invoice, s.Complete)
	}
	holds(t, s.Bill.Bridge)
	t.Logf("from %s: growth %s, price %s, unexplained %s; to %s", s.Bill.Bridge.From.Display(), s.Bill.Bridge.Growth.Display(), s.Bill.Bridge.Price.Display(),
		s.Bill.Bridge.Unexplained.Display(), s.Bill.Bridge.To.Display())
	if rest := s.Bill.Bridge.Unexplained.Decimal().Abs(); rest.GreaterThan(s.Bill.Bridge.To.Decimal().Mul(dec("0.02"))) {
		t.Errorf("%s of the bridge is not explained", rest)
	}
}

// People are proposed what is theirs to decide: nothing protected, nothing that is not there, and no more than it costs.
func TestProposalsOfASimulatedBill(t *testing.T) {
	t.Parallel()
	o := simulated(t, 24, 9, july)
	keys := fleet.KeysWithPrefix(fleet.DefaultPrefix)
	for _, taken := range []bool{false, true} {
		in := o.input
		for arn, spec := range o.specs {
			if opted := keys.OptsIn(spec.Tags); taken {
				in.Resources = append(in.Resources, spend.Resource{Resource: spec.Resource, OptedIn: opted})
			} else if opted {
				in.OptedIn = append(in.OptedIn, arn)
			}
		}
		in.Taken = taken
		s := of(t, in)
		codes := map[string]int{}
		for _, a := range s.Actions {
			codes[a.Code]++
			if a.Code == "untagged" || a.ARN == "" {
				continue
			}
			spec, known := o.specs[a.ARN]
			env, _ := spec.Tags.Get("env")
			if !known || env != "dev" && env != "stg" || a.Owner == "" || !strings.Contains(a.Command, spec.ID) {
				t.Errorf("taken %t: %+v", taken, a)
			}
			if opted := keys.OptsIn(spec.Tags); opted != (a.Code == "tighter-schedule") {
				t.Errorf("taken %t: opted in %t: %+v", taken, opted, a)
			}
		}
		for _, v := range s.Verdicts {
			if v.Hours.GreaterThan(decimal.NewFromInt(168)) || v.Hours.IsNegative() || v.BreakEven != nil && v.BreakEven.GreaterThan(decimal.NewFromInt(168)) {
				t.Errorf("taken %t: %+v", taken, v)
			}
		}
		if codes["idle-schedule"] == 0 || codes["tighter-schedule"] == 0 || len(s.Verdicts) < 10 {
			t.Errorf("taken %t: %v, %d verdicts", taken, codes, len(s.Verdicts))
		}
		t.Logf("taken %t: %v, %d verdicts", taken, codes, len(s.Verdicts))
	}
}

// A part of a quarter is measured until the bill ends.
func TestAQuarterThatIsNotOver(t *testing.T) {
	t.Parallel()
	b := (&bill{}).closed(billing.Period{From: july, To: july.AddDate(0, 2, 0)}).ran(worker, july, july.AddDate(0, 2, 0), nil)
	b.standing = idle(address, "PublicIPv4:IdleAddress", 24, "0.12")
	in := input(t, b)
	in.Measured = billing.Period{From: july, To: july.AddDate(0, 2, 0)}
	s := of(t, in)
	// 62 days from a Wednesday on have 44 working days of 12 hours: 960 of 1488 hours lie outside.
	if len(s.Actions) != 2 || s.Actions[0].Month.Display() != "47.10" || s.Verdicts != nil {
		t.Errorf("got %+v, %+v", s.Actions, s.Verdicts)
	}
	if w := s.Waste[1]; w.Code != "idle-address" || !w.Amount.Equal(usd("7.44")) {
		t.Errorf("62 days of an address: %+v", w)
	}
	for _, p := range b.asked {
		if p.To.After(in.Measured.To) {
			t.Errorf("asked until %s", p.To.Format(time.RFC3339))
		}
	}
}
