//go:build cgo

package duckdb_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
)

func TestCostsAreOfUsageBySKU(t *testing.T) {
	t.Parallel()
	rows := []export.Focus{
		line(0, func(r *export.Focus) { r.RegionID = "ap-northeast-2" }),
		line(3, func(r *export.Focus) { r.RegionID, r.EffectiveCost, r.PricingQuantity = "ap-northeast-2", 0.07, nil }), // consumed instead
		line(4, func(r *export.Focus) {
			r.SKUID, r.PricingUnit, r.PricingQuantity, r.ConsumedQuantity = "", "", nil, nil
		}),
		line(5, func(r *export.Focus) { r.ChargeClass = "Correction" }), line(6, func(r *export.Focus) { r.CommitmentDiscountStatus = "Unused" }),
		line(7, func(r *export.Focus) { r.ChargeCategory = "Tax" }), line(9, func(r *export.Focus) { r.ChargeCategory = "Purchase" }),
		line(800, nil), // of August, billed with July
	}
	cost := func(month time.Time, sku, unit, region string, n int64, quantity, list, contract, effective string) billing.Cost {
		return billing.Cost{
			Month: month, Account: "222222222222", Service: "Amazon Elastic Compute Cloud", SKU: sku, Unit: unit, Region: "ap-northeast-2", Rows: n, Quantity: dec(quantity),
			List: dec(list), Contract: dec(contract), Effective: dec(effective),
		}
	}
	want := []billing.Cost{
		cost(july, "", "", "", 1, "0", "0.2", "0.1", "0.1"), cost(july, "SKU1", "Hrs", "ap-northeast-2", 2, "2", "0.4", "0.2", "0.17"),
		cost(august, "SKU1", "Hrs", "", 1, "1", "0.2", "0.1", "0.1"),
	}
	want[0].Region, want[2].Region = "", ""
	for name, e := range engines(t, billOf(t, rows, nil, 2)) {
		got, err := e.Costs(context.Background(), both)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestTaggedTakesTheFirstTagInEitherSpelling(t *testing.T) {
	t.Parallel()
	tagged := func(hour time.Duration, tags map[string]string) export.Focus {
		return line(hour, func(r *export.Focus) { r.Tags = tags })
	}
	rows := []export.Focus{
		tagged(0, map[string]string{"Team": "결제"}), tagged(1, map[string]string{"user_team": "결제"}), tagged(2, map[string]string{"Team": "", "owner": "kim"}),
		tagged(3, map[string]string{"owner": "kim", "Team": "결제"}), tagged(4, map[string]string{"team": "of another key"}), tagged(5, nil), tagged(6, map[string]string{}),
	}
	value := func(value string, n int64, cost string) billing.TagCost {
		return billing.TagCost{Month: july, Account: "222222222222", Service: "Compute", Values: []string{value}, Rows: n, Effective: dec(cost)}
	}
	for name, e := range engines(t, billOf(t, rows, nil, 2)) {
		got, err := e.Tagged(context.Background(), both, []string{"Team", "owner"})
		if diff := cmp.Diff([]billing.TagCost{value("", 3, "0.3"), value("kim", 1, "0.1"), value("결제", 3, "0.3")}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		got, err = e.Tagged(context.Background(), both, []string{"nobody's"}, []string{"Team"}, nil)
		want := []billing.TagCost{value("", 4, "0.4"), value("결제", 3, "0.3")}
		want[0].Values, want[1].Values = []string{"", "", ""}, []string{"", "결제", ""}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s, several tags: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// The first of July 2026 is a Wednesday: its midnight is hour 48 of the week.
func TestPatternsCountHoursOfTheWeek(t *testing.T) {
	t.Parallel()
	member := func(hour time.Duration, id string) export.Focus {
		return line(hour, func(r *export.Focus) {
			r.ResourceID, r.Tags = id, map[string]string{"aws:autoscaling:groupName": "web", "Team": id}
		})
	}
	rows := []export.Focus{
		line(0, nil), line(168, nil), line(168, func(r *export.Focus) { r.PricingQuantity, r.EffectiveCost = of(0.5), 0.05 }), // twice in an hour
		line(0, func(r *export.Focus) {
			r.PricingCategory, r.CommitmentDiscountCategory, r.EffectiveCost = "Committed", "Spend", 0.04
		}),
		line(119, func(r *export.Focus) { r.PricingQuantity = of(0) }), // the last hour of Sunday, in which nothing was used
		member(1, "i-8"), member(1, "i-9"),
		line(2, func(r *export.Focus) { r.SKUMeter = "APN2-EBS:VolumeUsage.gp3" }), line(2, func(r *export.Focus) { r.ServiceCategory = "Analytics" }),
		line(2, func(r *export.Focus) { r.CommitmentDiscountStatus = "Unused" }),
	}
	pattern := func(resource, group string, sort billing.Line, hour, weeks, n int64, quantity, effective, team string) billing.Pattern {
		return billing.Pattern{
			Account: "222222222222", Resource: resource, Group: group, SKU: "SKU1", Meter: "APN2-BoxUsage:m5.large", Line: sort, Hour: hour, Weeks: weeks, Rows: n,
			Quantity: dec(quantity), Contract: decimal.New(n, -1), Effective: dec(effective), Tags: []string{team},
		}
	}
	want := []billing.Pattern{
		pattern("", "web", billing.OnDemand, 49, 1, 1, "1", "0.1", "i-8"),
		pattern("", "web", billing.OnDemand, 49, 1, 1, "1", "0.1", "i-9"),
		pattern("i-1", "", billing.PlanUsage, 48, 1, 1, "1", "0.04", ""),
		pattern("i-1", "", billing.OnDemand, 48, 3, 3, "2.5", "0.25", ""),
		pattern("i-1", "", billing.OnDemand, 167, 0, 1, "0", "0.1", ""),
	}
	untagged := slices.Clone(want[1:]) // where no tag is asked for, the members of the group are one
	untagged[0].Rows, untagged[0].Quantity, untagged[0].Contract, untagged[0].Effective = 2, dec("2"), dec("0.2"), dec("0.2")
	for i := range untagged {
		untagged[i].Tags = []string{}
	}
	for name, e := range engines(t, billOf(t, rows, nil, 3)) {
		got, err := collected(e.Patterns(context.Background(), both, []string{"Team"}))
		if diff := cmp.Diff(any(want), got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		got, err = collected(e.Patterns(context.Background(), both))
		if diff := cmp.Diff(any(untagged), got); diff != "" || err != nil {
			t.Errorf("%s, no tags: %v (-want +got):\n%s", name, err, diff)
		}
		year := billing.Period{From: july, To: july.AddDate(0, 0, 7*billing.PatternWeeks)}
		if _, err := collected(e.Patterns(context.Background(), year)); err == nil || !strings.Contains(err.Error(), "62 weeks at most") {
			t.Errorf("%s: more weeks than there are bits: %v", name, err)
		}
		for range e.Patterns(context.Background(), both) {
			break // the engine can be asked again
		}
		if _, err := e.Costs(context.Background(), both); err != nil {
			t.Errorf("%s, asked again: %v", name, err)
		}
	}
}

// What runs is the same by both questions, and what the SKUs cost is what usage cost.
func TestPatternsAndCostsAddUpToUsage(t *testing.T) {
	t.Parallel()
	bill := randomBill(t, 78, 800)
	for name, e := range engines(t, bill) {
		var patterns, usage, skus, tags, charges billing.HourCost
		for p, err := range e.Patterns(context.Background(), both) {
			if err != nil {
				t.Fatal(err)
			}
			patterns.List, patterns.Effective = patterns.List.Add(p.Quantity), patterns.Effective.Add(p.Effective)
		}
		for u, err := range e.FocusUsage(context.Background(), both) {
			if err != nil {
				t.Fatal(err)
			}
			usage.List, usage.Effective = usage.List.Add(u.Quantity), usage.Effective.Add(u.Effective)
		}
		if diff := cmp.Diff(usage, patterns); diff != "" {
			t.Errorf("%s: usage (-) and patterns (+):\n%s", name, diff)
		}
		all, err := e.Charges(context.Background(), both)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if c.Category == "Usage" && c.Class == "" && c.Discount != "Unused" {
				charges.List, charges.Effective = charges.List.Add(c.List), charges.Effective.Add(c.Effective)
			}
		}
		costs, err := e.Costs(context.Background(), both)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range costs {
			skus.List, skus.Effective = skus.List.Add(c.List), skus.Effective.Add(c.Effective)
		}
		tagged, err := e.Tagged(context.Background(), both, []string{"팀"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range tagged {
			tags.Effective = tags.Effective.Add(c.Effective)
		}
		tags.List = skus.List // tags have none
		if diff := cmp.Diff([]billing.HourCost{charges, charges}, []billing.HourCost{skus, tags}); diff != "" {
			t.Errorf("%s: charges (-), SKUs and tags (+):\n%s", name, diff)
		}
	}
}
