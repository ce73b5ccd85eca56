package spend_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
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

// A group is one resource, with the hours in which any of it ran. A commitment suits what of it runs in more hours than break even: of two members that always run both,
// of a second one in office hours the first alone.
func TestVerdictsOfGroupsAndServices(t *testing.T) {
	t.Parallel()
	const (
		groupARN   = "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:6f1a:autoScalingGroupName/web"
		serviceARN = "arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api"
	)
	group := func(r *run) { r.Resource, r.Group = "", "web" }
	always := func(b *bill) { b.ran("", july, quarter.To, group) }
	office := func(b *bill) { b.office("", 9, 20, group, nil) }
	task := func(meter string, line billing.Line, effective string) func(*bill) {
		return func(b *bill) {
			b.ran("", july, quarter.To, func(r *run) {
				r.Resource, r.Group, r.Cluster, r.Meter, r.SKU, r.Line, r.Effective = "", "api", "shop", meter, meter, line, dec(effective)
			})
		}
	}
	const cpu, memory = "APN2-Fargate-vCPU-Hours:perCPU", "APN2-Fargate-GB-Hours"
	same := covered("M5", "APN2-BoxUsage:m5.large")
	fargate := func(b *bill) { // another service is covered, for 0.08 dollars of 0.1
		for _, meter := range []string{cpu, memory} {
			b.ran("", july, quarter.To, func(r *run) {
				r.Resource, r.Group, r.Cluster, r.Meter, r.SKU, r.Line, r.Effective, r.tags = "", "jobs", "shop", meter, meter, billing.PlanUsage, dec("0.08"), nil
			})
		}
	}
	for _, row := range []struct {
		name   string
		runs   []func(*bill)
		change func(*spend.Input)
		want   string // ARN's last part, code, hours, break even, members, a month
	}{
		{"one member, always: as an instance", []func(*bill){always, same}, nil, " commit 168 100.8 1 29.20"},
		{"two members", []func(*bill){always, always, same}, nil, " commit 168 100.8 2 58.40"},
		{"a second one in office hours", []func(*bill){always, office, same}, nil, " commit 168 100.8 1.33 29.20"},
		{"office hours", []func(*bill){office, office, same}, nil, " schedule 55.24 100.8 2 -"},
		{"no rate to compare with", []func(*bill){always}, nil, ""},
		{"most of it covered", []func(*bill){always, same, func(b *bill) {
			b.ran("", july, quarter.To, func(r *run) { group(r); r.Line, r.Effective = billing.PlanUsage, dec("0.06") })
		}}, nil, " always-on 168 100.8 2 -"},
		{"less than half of it covered, and the rest runs in office hours", []func(*bill){always, office, office, office, office, same, func(b *bill) {
			for i := range b.runs {
				if b.runs[i].to == quarter.To && b.runs[i].Group == "web" {
					b.runs[i].Line, b.runs[i].Effective = billing.PlanUsage, dec("0.06")
				}
			}
		}}, nil, " always-on 168 100.8 2.32 -"},
		{"the ledger knows its name", []func(*bill){always, same}, func(in *spend.Input) { in.OptedIn = []fleet.ARN{groupARN} }, "web commit 168 100.8 1 29.20"},
		{"the inventory knows its name", []func(*bill){always, same}, func(in *spend.Input) {
			in.Taken, in.Resources = true, []spend.Resource{{Resource: fleet.Resource{
				ID: "web", ARN: groupARN, Kind: fleet.AutoScalingGroup, Scope: fleet.Scope{Account: dev, Region: seoul}, Tags: fleet.NewTags(fleet.Tag{Key: "env", Value: "prod"}),
			}}}
		}, "web commit 168 100.8 1 29.20"},
		{"its environment has a schedule", []func(*bill){always, same}, func(in *spend.Input) {
			in.OptedIn, in.Usual = []fleet.ARN{groupARN}, input(t, &bill{}).Usual
		}, "web schedule 168 100.8 1 46.82"},
		{"Spot in it", []func(*bill){always, same, func(b *bill) {
			b.ran("", july, quarter.To, func(r *run) { group(r); r.Line = billing.SpotUsage })
		}}, nil, ""},
		{
			"tasks of a service, by dollars: vCPU and memory are no members",
			[]func(*bill){task(cpu, billing.OnDemand, "0.1"), task(memory, billing.OnDemand, "0.1"), fargate},
			nil,
			"api commit 168 134.4 - 29.20",
		},
		{"a service that commitments cover", []func(*bill){task(cpu, billing.PlanUsage, "0.08"), task(memory, billing.PlanUsage, "0.08"), fargate}, nil, "api always-on 168 134.4 - -"},
	} {
		b := (&bill{}).closed(quarter)
		for _, run := range row.runs {
			run(b)
		}
		in := input(t, b)
		in.Usual = nil
		if row.change != nil {
			row.change(&in)
		}
		got := ""
		for _, v := range of(t, in).Verdicts {
			if v.ID == "web" && v.Kind == fleet.AutoScalingGroup || v.ARN == serviceARN && v.Kind == fleet.ECSService {
				got += last(string(v.ARN)) + " " + v.Code + " " + v.Hours.String() + " " + shown(v.BreakEven) + " " + shown(v.Members) + " " + shownUSD(v.Month)
			}
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

// Whatever a bill shows, a verdict brings no more than the bill has of the resource.
func TestVerdictsBringNoMoreThanTheBillShows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 9))
	for range 40 {
		b, shown := (&bill{}).closed(quarter), map[string]decimal.Decimal{}
		covered("M5", "APN2-BoxUsage:m5.large")(b)
		for range 1 + r.IntN(6) {
			name := []string{"web", "api"}[r.IntN(2)]
			from := july.Add(time.Duration(r.IntN(1000)) * time.Hour)
			to := quarter.To.Add(-time.Duration(r.IntN(100)) * time.Hour)
			n, cost := decimal.NewFromInt(int64(1+r.IntN(4))), decimal.New(int64(1+r.IntN(30)), -2)
			b.ran("", from, to, func(x *run) { x.Group, x.Quantity, x.Contract, x.Effective = name, n, cost, cost })
			shown[name] = shown[name].Add(cost.Mul(decimal.NewFromInt(int64(to.Sub(from) / time.Hour))))
		}
		in := input(t, b)
		in.Usual = nil
		for _, v := range of(t, in).Verdicts {
			if v.Month == nil || v.Kind != fleet.AutoScalingGroup {
				continue
			}
			// A group that is there since June is younger than the quarter at the most: a month of it is no more than 730 hours of the youngest.
			most := shown[v.ID].Mul(dec("730")).DivRound(decimal.NewFromInt(int64(quarter.To.Sub(july.Add(1000*time.Hour))/time.Hour)), 9)
			if v.Month.Decimal().GreaterThan(most) || v.Month.Decimal().IsNegative() {
				t.Errorf("%+v brings %s, of %s", v, v.Month, most)
			}
		}
	}
}

func last(text string) string { return text[strings.LastIndexAny(text, "/")+1:] }

func shown(d *decimal.Decimal) string {
	if d == nil {
		return "-"
	}
	return d.String()
}

func shownUSD(a *money.USD) string {
	if a == nil {
		return "-"
	}
	return a.Display()
}
