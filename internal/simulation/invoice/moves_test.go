package invoice_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
)

// movers is a world of two days in which a group, a service and an instance move to Spot on the first morning.
func movers(t *testing.T) (*simulation.World, billing.Period) {
	t.Helper()
	c := invoice.SampleCatalogue()
	w := simulation.New(5, midnight, simulation.Faults{})
	w.Launches = true
	w.Market().SetOnDemand(c.Compute)
	scope := fleet.Scope{Account: account, Region: seoul}
	arn := func(service, rest string) fleet.ARN {
		return fleet.ARN("arn:aws:" + service + ":" + string(seoul) + ":" + string(account) + ":" + rest)
	}
	specs := []simulation.Spec{
		{Resource: fleet.Resource{
			ID: "web", ARN: arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/web"), Kind: fleet.AutoScalingGroup, Scope: scope, State: fleet.Running,
			Size: fleet.Size{Max: 9, Desired: 4}, Members: []fleet.Members{{Type: "m5.large", Count: 4}},
		}, Volumes: []simulation.Volume{{Type: "gp3", GB: 20}}},
		{Resource: fleet.Resource{
			ID: "api", ARN: arn("ecs", "service/shop/api"), Kind: fleet.ECSService, Scope: scope, Parent: "shop", State: fleet.Running,
			Size: fleet.Size{Desired: 4}, Product: "FARGATE",
		}, Task: simulation.Task{CPU: 512, MiB: 1024}},
		{
			Resource: fleet.Resource{
				ID: "i-1", ARN: arn("ec2", "instance/i-1"), Kind: fleet.EC2Instance, Scope: scope, State: fleet.Running, Type: "m5.large", Product: "Linux/UNIX",
			},
			Volumes:   []simulation.Volume{{ID: "vol-root", Type: "gp3", GB: 30}, {ID: "vol-data", Type: "gp3", GB: 100}},
			Addresses: []simulation.Address{{ID: "eipalloc-1", IP: "198.18.0.1"}},
		},
	}
	for _, s := range specs {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	w.Advance(midnight.Add(3*time.Hour + 10*time.Minute))
	var actions []plan.Action
	for i := range specs {
		r, _ := w.Truth(specs[i].ARN)
		move := plan.Move{From: r.Purchase(), To: r.Purchase()}
		switch r.Kind {
		case fleet.AutoScalingGroup:
			move.To.Mix = &fleet.Mix{Base: 1, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m6i.large"}}
			move.Way, move.Refresh = plan.ByRefresh, &plan.Refresh{MinHealthy: 100, MaxHealthy: 125}
		case fleet.ECSService:
			move.To.Providers, move.Way = []fleet.Provider{{Name: "FARGATE", Base: 1}, {Name: "FARGATE_SPOT", Weight: 1, Spot: true}}, plan.ByDeploying
		default:
			move.To.Lifecycle, move.Way = fleet.SpotPersistent, plan.ByConverting
		}
		actions = append(actions, plan.Action{ID: "act-" + r.ID, Subject: plan.SubjectOf(&r, ""), Change: move})
	}
	if err := errors.Join(w.Act(t.Context(), actions)...); err != nil {
		t.Fatal(err)
	}
	period := days(2)
	w.Advance(period.To)
	return w, period
}

// TestMovesAreBilled recounts a bill from what ran, by the second: Spot by the price of the hour in its pool, tasks of FARGATE_SPOT by their own price,
// and what overlaps while members are replaced twice.
func TestMovesAreBilled(t *testing.T) {
	t.Parallel()
	w, period := movers(t)
	payers := []invoice.Payer{plain()}
	c := invoice.SampleCatalogue()
	totals, err := invoice.Total(t.Context(), w, payers, c, period)
	if err != nil {
		t.Fatal(err)
	}
	onDemand, spot, overlap := decimal.Zero, decimal.Zero, time.Duration(0)
	for _, arn := range w.Resources() {
		s, _ := w.Spec(arn)
		for _, r := range w.Runs(arn) {
			for at := r.From.Truncate(time.Hour); at.Before(r.To); at = at.Add(time.Hour) {
				from, to := at, at.Add(time.Hour)
				if r.From.After(from) {
					from = r.From
				}
				if r.To.Before(to) {
					to = r.To
				}
				price := c.Compute[fleet.PriceKey{Region: seoul, Type: r.Type, Product: r.Product}].Decimal()
				switch {
				case s.Kind == fleet.ECSService:
					f := c.Fargate[seoul]
					if r.Spot {
						f = c.FargateSpot[seoul]
					}
					price = f.VCPU.Decimal().Mul(number("0.5")).Add(f.GB.Decimal())
				case r.Spot:
					rate, known := w.Market().PriceAt(simulation.Pool{Zone: r.Zone, Type: r.Type, Product: r.Product}, at)
					if !known || rate.Decimal().Cmp(price) >= 0 {
						t.Fatalf("a Spot price of %s", rate)
					}
					price = rate.Decimal()
				}
				cost := price.Mul(decimal.NewFromInt(int64(to.Sub(from) / time.Second))).Div(decimal.NewFromInt(3600))
				if r.Spot {
					spot = spot.Add(cost)
				} else {
					onDemand = onDemand.Add(cost)
				}
			}
		}
		if s.Kind == fleet.AutoScalingGroup {
			for _, i := range w.Ran(arn) {
				if i.Units > 4 {
					overlap += i.To.Sub(i.From)
				}
			}
		}
	}
	got := totals.Payers[0]
	for _, row := range []struct {
		name      string
		got, want decimal.Decimal
	}{{"on demand", got.OnDemand.Decimal(), onDemand}, {"Spot", got.Spot.Decimal(), spot}} {
		if row.got.Sub(row.want).Abs().Cmp(number("0.000001")) > 0 || !row.want.IsPositive() {
			t.Errorf("%s: billed %s, counted %s", row.name, row.got, row.want)
		}
	}
	if len(got.Unpriced) > 0 || overlap == 0 {
		t.Errorf("unpriced %v, overlap %s", got.Unpriced, overlap)
	}
	b := books{world: w, payers: payers, period: period, bills: written(t, w, payers, c, period)}
	b.rulesOfFocus(t)
	if rows, all := fmt.Sprint(b.bills[0].summary.Breakdown), fmt.Sprint(got.Breakdown); rows != all {
		t.Errorf("the rows are %s, the totals %s", rows, all)
	}
	var meters []string
	for i := range b.bills[0].focus {
		if r := &b.bills[0].focus[i]; r.PricingCategory == "Dynamic" || strings.Contains(r.SKUMeter, "Snapshot") {
			meters = append(meters, r.SKUMeter)
		}
	}
	slices.Sort(meters)
	for _, want := range []string{"APN2-EBS:SnapshotUsage", "APN2-SpotUsage-Fargate-GB-Hours", "APN2-SpotUsage-Fargate-vCPU-Hours:perCPU", "APN2-SpotUsage:m5.large"} {
		if !slices.Contains(meters, want) {
			t.Errorf("no row of %s: %v", want, slices.Compact(meters))
		}
	}
}
