package spend_test

import (
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/reports/spend"
)

// The other instance is covered by a commitment, for 0.06 dollars where 0.1 is to pay on demand: it breaks even at 100.8 hours a week.
func covered(sku, meter string) func(*bill) {
	return func(b *bill) {
		b.ran("i-00000000000000009", july, quarter.To, func(r *run) {
			r.Line, r.Effective, r.SKU, r.Meter, r.tags = billing.PlanUsage, dec("0.06"), sku, meter, nil
		})
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	same, always := covered("M5", "APN2-BoxUsage:m5.large"), func(change func(*run)) func(*bill) {
		return func(b *bill) { b.ran(worker, july, quarter.To, change) }
	}
	of168 := func(change func(*spend.Input)) func(*spend.Input) {
		return func(in *spend.Input) {
			in.Usual = nil
			if change != nil {
				change(in)
			}
		}
	}
	for _, row := range []struct {
		name   string
		runs   func(*bill)
		other  func(*bill)
		change func(*spend.Input)
		want   string // code, hours, break even, a month
	}{
		{"always, not covered: a commitment", always(nil), same, of168(nil), "commit 168 100.8 29.20"},
		{"the same family tells the rate", always(nil), covered("M5-2XL", "APN2-BoxUsage:m5.2xlarge"), of168(nil), "commit 168 100.8 29.20"},
		{"its own SKU tells it better", always(nil), func(b *bill) {
			same(b)
			covered("M5-XL", "APN2-BoxUsage:m5.xlarge")(b)
			b.runs[len(b.runs)-1].Effective = dec("0.02")
		}, of168(nil), "commit 168 100.8 29.20"},
		{"another family does not", always(nil), covered("C6", "APN2-BoxUsage:c6i.large"), of168(nil), ""},
		{"the same family elsewhere does not", always(nil), func(b *bill) {
			covered("X", "APN2-BoxUsage:m5.xlarge")(b)
			b.runs[len(b.runs)-1].Region = "us-east-1"
		}, of168(nil), ""},
		{"always, and covered", always(func(r *run) { r.Line, r.Effective = billing.Reserved, dec("0.06") }), same, of168(nil), "always-on 168 100.8 -"},
		{"always, where its environment has a schedule: fewer hours would do", always(nil), same, nil, "schedule 168 100.8 46.82"},
		{"always in production", always(func(r *run) { r.tags["env"] = "prod" }), same, nil, "commit 168 100.8 29.20"},
		{"office hours", func(b *bill) { b.office(worker, 9, 20, nil, nil) }, same, nil, "schedule 55.24 100.8 -"},
		{"few hours, and no rate to compare with: no commitment is that cheap", func(b *bill) { b.office(worker, 9, 17, nil, nil) }, nil, nil, "schedule 40.17 - -"},
		{"more hours, and no rate to compare with", func(b *bill) { b.office(worker, 9, 20, nil, nil) }, nil, nil, ""},
		{"Spot", always(func(r *run) { r.Line = billing.SpotUsage }), same, of168(nil), ""},
		{"gone since August", func(b *bill) { b.ran(worker, july, july.AddDate(0, 1, 0), nil) }, same, of168(nil), ""},
		{"new since the middle of September", func(b *bill) { b.ran(worker, july.AddDate(0, 2, 15), quarter.To, nil) }, same, of168(nil), ""},
		{"new since August: its own hours count", func(b *bill) { b.ran(worker, july.AddDate(0, 1, 0), quarter.To, nil) }, same, of168(nil), "commit 168 100.8 29.20"},
		{"the inventory knows that it is older", func(b *bill) { b.ran(worker, july.AddDate(0, 1, 0), quarter.To, nil) }, same, of168(func(in *spend.Input) {
			in.Taken, in.Resources = true, []spend.Resource{resource(nil)}
		}), "commit 111.39 100.8 4.60"},
		{"never used", func(*bill) {}, nil, func(in *spend.Input) {
			in.Resources = []spend.Resource{resource(func(r *spend.Resource) { r.State = fleet.Stopped })}
		}, "delete 0 - -"},
		{"a group: how many members a commitment suits is not in its hours", always(func(r *run) { r.Resource, r.Group = "", "web" }), same, of168(nil), ""},
	} {
		b := (&bill{}).closed(quarter)
		row.runs(b)
		if row.other != nil {
			row.other(b)
		}
		in := input(t, b)
		if row.change != nil {
			row.change(&in)
		}
		got := ""
		for _, v := range of(t, in).Verdicts {
			if v.ID != worker {
				continue
			}
			even, month := "-", "-"
			if v.BreakEven != nil {
				even = v.BreakEven.String()
			}
			if v.Month != nil {
				month = v.Month.Display()
			}
			got += v.Code + " " + v.Hours.String() + " " + even + " " + month
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// A resized instance ran in hours, not in SKUs: an hour in which it was billed as both types counts once.
func TestHoursAreCountedOnce(t *testing.T) {
	t.Parallel()
	noon := july.AddDate(0, 1, 10)
	b := (&bill{}).closed(quarter).ran(worker, july, noon.Add(time.Hour), nil).ran(worker, noon, quarter.To, func(r *run) {
		r.SKU, r.Meter = "M5-XL", "APN2-BoxUsage:m5.xlarge"
	})
	covered("M5-XL", "APN2-BoxUsage:m5.xlarge")(b)
	in := input(t, b)
	in.Usual = nil
	s := of(t, in)
	if v := s.Verdicts[1]; v.ID != worker || !v.Hours.Equal(dec("168")) || v.Type != "m5.xlarge" {
		t.Errorf("got %+v", s.Verdicts)
	}
}
