package spend_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/reports"
	"offpeak/reports/spend"
)

// charge is a charge of a month by its number from July on.
func charge(month int, category, invoice, effective, billed string, change func(*billing.Charge)) billing.Charge {
	c := billing.Charge{
		Month: july.AddDate(0, month, 0), Payer: payer, Account: dev, Currency: "USD", Invoice: invoice, Category: category, Service: "Amazon Elastic Compute Cloud",
		Rows: 1, Effective: dec(effective), Billed: dec(billed),
	}
	if change != nil {
		change(&c)
	}
	return c
}

func service(name string) func(*billing.Charge) {
	return func(c *billing.Charge) { c.Service = name }
}

func TestTheBill(t *testing.T) {
	t.Parallel()
	b := (&bill{charges: []billing.Charge{
		charge(0, "Usage", "INV7", "70", "100", nil), charge(0, "Tax", "INV7", "7", "10", service("Tax")), charge(0, "Purchase", "INV7-P", "0", "12", nil),
		charge(1, "Usage", "INV8", "40", "41", func(c *billing.Charge) { c.Service, c.Account = "Amazon Simple Storage Service", prod }),
		charge(1, "Usage", "INV8", "-3", "-3", func(c *billing.Charge) { c.Class = "Correction" }), charge(1, "Credit", "INV8", "-5", "-5", service("AWS credits")),
		charge(1, "Adjustment", "INV8", "-1", "-1", nil), // a refund
		charge(2, "Usage", "", "90", "90", service("Amazon Simple Storage Service")), charge(2, "Purchase", "INV9-P", "2", "2", service("AWS Marketplace")),
	}}).closed(quarter)
	s := of(t, input(t, b))
	want := reports.Bill{
		Billed: usd("246"), Effective: usd("199"), Tax: usd("10"), Credits: usd("-6"),
		Months: []reports.BillMonth{
			{Month: "2026-07", Billed: usd("122"), Effective: usd("70"), Invoices: []string{"INV7", "INV7-P"}, NoInvoice: usd("0")},
			{Month: "2026-08", Billed: usd("32"), Effective: usd("37"), Invoices: []string{"INV8"}, NoInvoice: usd("0")},
			{Month: "2026-09", Billed: usd("92"), Effective: usd("92"), Invoices: []string{"INV9-P"}, NoInvoice: usd("90")},
		},
		Services: []reports.Amount{
			{Name: "Amazon Simple Storage Service", Amount: usd("130")}, {Name: "Amazon Elastic Compute Cloud", Amount: usd("67")}, {Name: "AWS Marketplace", Amount: usd("2")},
		},
	}
	if diff := cmp.Diff(want, s.Bill); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]fleet.AccountID{dev, prod}, s.Accounts); diff != "" {
		t.Errorf("accounts (-want +got)\n%s", diff)
	}
	in := input(t, b)
	in.Factor = dec("1.05")
	if got := of(t, in).Bill; !got.Billed.Equal(usd("258.3")) || !got.Services[0].Amount.Equal(usd("136.5")) || !got.Months[2].NoInvoice.Equal(usd("94.5")) {
		t.Errorf("with a price factor: %+v", got)
	}
}

func TestInvoicesAndCompleteness(t *testing.T) {
	t.Parallel()
	usage := func(month int, invoice string) billing.Charge { return charge(month, "Usage", invoice, "1", "1", nil) }
	closed := []billing.Charge{usage(0, "A"), usage(1, "B"), usage(2, "C")}
	whole := func(b *bill) { b.closed(quarter) }
	for _, row := range []struct {
		name              string
		charges           []billing.Charge
		days              func(*bill)
		invoice, complete reports.CheckState
	}{
		{"all closed", closed, whole, reports.Held, reports.Held},
		{"the last month is open", []billing.Charge{usage(0, "A"), usage(1, "B"), usage(2, "")}, whole, reports.NotDone, reports.Held},
		{"an upfront fee has its invoice while the month is open", []billing.Charge{usage(0, "A"), usage(1, "B"), usage(2, ""), charge(2, "Purchase", "P", "0", "9", nil)}, whole, reports.NotDone, reports.Held},
		{"a closed month has an amount without an invoice", append(closed[:2:2], usage(2, "C"), charge(2, "Tax", "", "1", "1", nil)), whole, reports.Failed, reports.Held},
		{"what costs nothing needs none", append(closed[:2:2], usage(2, "C"), charge(2, "Usage", "", "1", "0", nil)), whole, reports.Held, reports.Held},
		{"a failure is worse than an open month", []billing.Charge{usage(0, "A"), charge(0, "Tax", "", "1", "1", nil), usage(1, "B"), usage(2, "")}, whole, reports.Failed, reports.Held},
		{"September is not there yet", closed[:2], func(b *bill) { b.closed(billing.Period{From: july, To: july.AddDate(0, 2, 0)}) }, reports.NotDone, reports.NotDone},
		{"August is not there", []billing.Charge{usage(0, "A"), usage(2, "C")}, func(b *bill) {
			b.closed(billing.Period{From: july, To: july.AddDate(0, 1, 0)})
			b.closed(billing.Period{From: july.AddDate(0, 2, 0), To: july.AddDate(0, 3, 0)})
		}, reports.NotDone, reports.Failed},
		{"a day of an open month lacks hours", []billing.Charge{usage(0, "A"), usage(1, "B"), usage(2, "")}, func(b *bill) {
			b.closed(quarter)
			b.days[70].Hours = 23
		}, reports.NotDone, reports.Failed},
		{"a day of a closed month on which little was used", closed, func(b *bill) {
			b.closed(quarter)
			b.days[70].Hours = 23
		}, reports.Held, reports.Held},
		{"the last day is not billed whole yet", []billing.Charge{usage(0, "A"), usage(1, "B"), usage(2, "")}, func(b *bill) {
			b.closed(quarter)
			b.days[91].Hours = 7
		}, reports.NotDone, reports.NotDone},
	} {
		b := &bill{charges: row.charges}
		row.days(b)
		s := of(t, input(t, b))
		if s.Invoice != row.invoice || s.Complete != row.complete {
			t.Errorf("%s: got %s and %s, want %s and %s", row.name, s.Invoice, s.Complete, row.invoice, row.complete)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*spend.Input){
		"no engine":                         func(in *spend.Input) { in.Engine = nil },
		"no zone":                           func(in *spend.Input) { in.Zone = nil },
		"a period that ends at once":        func(in *spend.Input) { in.Period.To = in.Period.From },
		"measured before the period":        func(in *spend.Input) { in.Measured = billing.Period{From: july.Add(-time.Hour), To: quarter.To} },
		"measured after the period":         func(in *spend.Input) { in.Measured = billing.Period{From: july, To: quarter.To.Add(time.Hour)} },
		"nothing of the period is measured": func(in *spend.Input) { in.Measured = billing.Period{From: july, To: july} },
	} {
		in := input(t, (&bill{}).closed(quarter))
		change(&in)
		if _, err := spend.Of(t.Context(), in); !errors.Is(err, spend.ErrInput) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	b := (&bill{}).closed(quarter)
	b.days[3].Currency = "KRW"
	if _, err := spend.Of(t.Context(), input(t, b)); !errors.Is(err, spend.ErrCurrency) {
		t.Errorf("won: got %v", err)
	}
}

func TestWhatCarriesATag(t *testing.T) {
	t.Parallel()
	tagged := func(account fleet.AccountID, owner, tool, cost string) billing.TagCost {
		return billing.TagCost{Month: july, Account: account, Service: "Compute", Values: []string{owner, tool}, Rows: 1, Effective: dec(cost)}
	}
	b := (&bill{tagged: []billing.TagCost{
		tagged(dev, "", "", "10.5"), tagged(dev, "pay", "", "5"), tagged(dev, "pay", "offpeak", "2.25"), tagged(dev, "", "offpeak", "0.25"), tagged(prod, "", "", "99.25"),
		tagged("777777777777", "", "", "0.4"),
	}}).closed(quarter)
	b.ran("i-00000001", july, quarter.To, func(r *run) { r.tags = nil })
	in := input(t, b)
	s := of(t, in)
	if s.Tool.Tag != "Application=offpeak" || s.Tool.Amount == nil || !s.Tool.Amount.Equal(usd("2.5")) {
		t.Errorf("the tool's cost: %+v", s.Tool)
	}
	want := []reports.Action{
		{Code: "untagged", Name: "Owner", Account: dev, Due: "2026-11-15", Resources: 1, Detail: "10.75"},
		{Code: "untagged", Name: "Owner", Account: prod, Due: "2026-11-15", Resources: 0, Detail: "99.25"},
	}
	for i := range s.Actions {
		s.Actions[i].ID = ""
	}
	if diff := cmp.Diff(want, s.Actions); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	in.Tags.Tool = ""
	for i := range b.tagged {
		b.tagged[i].Values[1] = "" // an engine that is asked for no key says so
	}
	if s := of(t, in); s.Tool.Amount != nil || s.Tool.Tag != "" || !slices.Contains(gaps(s), "no-tool-cost") {
		t.Errorf("no tag is named: %+v", s.Tool)
	}
	in = input(t, b)
	b.tagged = []billing.TagCost{tagged(dev, "", "", "10.5")}
	s = of(t, in)
	if diff := cmp.Diff([]string{"no-last-bill", "no-owner-tag", "no-tool-cost"}, gaps(s)); diff != "" || s.Tool.Amount != nil || len(s.Actions) > 0 {
		t.Errorf("no tag is activated: %+v, %+v, gaps (-want +got)\n%s", s.Tool, s.Actions, diff)
	}
}
