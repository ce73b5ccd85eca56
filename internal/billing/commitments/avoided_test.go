package commitments_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/money"
)

func TestAvoidedUsageIsWorth(t *testing.T) {
	t.Parallel()
	type usages = []commitments.Usage
	large, other := linux("m5.large"), linux("c5.large")
	plan := func(hourly string, prices card) commitments.Commitments {
		return commitments.Commitments{Plans: []commitments.Plan{computePlan("A/sp", hourly, prices)}}
	}
	half := card{skuOf(large): "0.5"}
	for _, row := range []struct {
		name                         string
		kept, avoided                usages
		c                            commitments.Commitments
		contracted, adjusted, wasted string
	}{
		{"without commitments, its price", nil, usages{runs("A/i", large, "1", "1")}, commitments.Commitments{}, "1", "1", "0"},
		{
			"fully covered, nothing else to cover: nothing, and the commitment is wasted", nil,
			usages{runs("A/i", large, "1", "1")},
			plan("0.5", half), "1", "0", "0.5",
		},
		{
			"covered, but the coverage moves to other usage of the same discount: its full price",
			usages{runs("A/j", large, "1", "1")},
			usages{runs("A/i", large, "1", "1")},
			plan("0.5", half), "1", "1", "0",
		},
		{
			"the coverage moves to a less discounted use: less than its price",
			usages{runs("A/j", other, "1", "1")},
			usages{runs("A/i", large, "1", "1")},
			plan("0.5", card{skuOf(large): "0.5", skuOf(other): "0.8"}), "1", "0.625", "0",
		},
		{
			"part of the commitment was idle anyway: max(0, V - U/r) where there is one ratio",
			usages{runs("A/j", large, "1", "1")},
			usages{runs("A/i", large, "1", "1")},
			plan("0.7", half), "1", "0.6", "0.2",
		},
		{
			"a reservation of the same family is wasted by half a stop",
			usages{runs("A/i", large, "0.5", "1")},
			usages{runs("A/i", large, "0.5", "1")},
			commitments.Commitments{Reservations: []commitments.Reservation{reserve("A/ri", 1, regional(large), "0.4")}},
			"0.5", "0", "0.2",
		},
		{
			"one SKU in two zones: a zonal reservation serves its own zone alone",
			usages{runs("A/", large, "1", "1")},
			usages{runs("A/", in("us-east-1b", large), "1", "1")},
			commitments.Commitments{Reservations: []commitments.Reservation{reserve("A/ri", 2, large, "0.4")}},
			"1", "1", "0",
		},
		{
			"an hour that a schedule induced is taken off what ran, and counts against it",
			usages{runs("A/i", large, "1", "1")},
			usages{runs("A/i", large, "-0.4", "1")},
			commitments.Commitments{},
			"-0.4", "-0.4", "0",
		},
		{
			"an induced hour that the plan paid costs nothing, and uses what would be lost",
			usages{runs("A/i", large, "1", "1")},
			usages{runs("A/i", large, "-0.4", "1")},
			plan("0.5", half), "-0.4", "0", "-0.2",
		},
		{
			"more than its price: the owner's poor discount pushed out another account's good one",
			usages{runs("B/j", other, "2", "1")},
			usages{runs("A/i", large, "1", "1")},
			plan("0.9", card{skuOf(large): "0.9", skuOf(other): "0.5"}), "1", "1.8", "0",
		},
	} {
		got := commitments.Avoid(row.kept, row.avoided, row.c)
		want := commitments.Avoidance{
			Contracted: usd(row.contracted), Adjusted: usd(row.adjusted), Wasted: usd(row.wasted),
			Kept: commitments.Bill(commitments.Hour{Usage: row.kept, Commitments: row.c}).Commitments,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
		if got := commitments.Adjusted(row.kept, row.avoided, row.c); !got.Equal(want.Adjusted) {
			t.Errorf("%s: Adjusted: got %s, want %s", row.name, got, want.Adjusted)
		}
		if got := commitments.Wasted(row.kept, row.avoided, row.c); !got.Equal(want.Wasted) {
			t.Errorf("%s: Wasted: got %s, want %s", row.name, got, want.Wasted)
		}
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name         string
		total        string
		values, want []string
	}{
		{"nothing to share out to", "1", nil, nil},
		{"pro rata to contracted value", "2", []string{"1", "3"}, []string{"0.5", "1.5"}},
		{
			"thirds sum to the whole", "1",
			[]string{"1", "1", "1"},
			[]string{"0.33333333333333333333", "0.33333333333333333334", "0.33333333333333333333"},
		},
		{"a total of nothing", "0", []string{"1", "2"}, []string{"0", "0"}},
		{"lines of no value share alike", "1", []string{"0", "0"}, []string{"0.5", "0.5"}},
		{"induced hours: each its value, the difference pro rata to size; no division by a sum near zero", "-1", []string{"3", "-3"}, []string{"2.5", "-3.5"}},
		{"a total below zero of one line", "-0.7", []string{"3"}, []string{"-0.7"}},
	} {
		var values []money.USD
		for _, v := range row.values {
			values = append(values, usd(v))
		}
		var got []string
		for _, part := range commitments.Share(usd(row.total), values) {
			got = append(got, part.String())
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

func TestSharesSumToTheTotalExactly(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(12, 13))
	amount := func() money.USD {
		return money.USDOf(decimal.New(random.Int64N(2e18)-5e17, -int32(random.IntN(21))))
	}
	for n := range 1000 {
		total, values := amount(), make([]money.USD, 1+random.IntN(9))
		for i := range values {
			values[i] = amount()
		}
		var sum money.USD
		parts := commitments.Share(total, values)
		for _, part := range parts {
			sum = sum.Add(part)
		}
		if len(parts) != len(values) || !sum.Equal(total) {
			t.Fatalf("%d: %d parts sum to %s, want %s", n, len(parts), sum, total)
		}
	}
}

func ExampleAvoid() {
	large := linux("m5.large")
	hour := commitments.Commitments{Plans: []commitments.Plan{computePlan("111122223333/plan", "0.12", card{skuOf(large): "0.06"})}}
	kept := []commitments.Usage{runs("111122223333/i-day", large, "1", "0.1")}
	stopped := []commitments.Usage{runs("111122223333/i-night", large, "1", "0.1"), runs("111122223333/i-test", large, "1", "0.1")}

	avoided := commitments.Avoid(kept, stopped, hour)
	fmt.Println("at contracted prices", avoided.Contracted)
	fmt.Println("commitment-adjusted ", avoided.Adjusted)
	fmt.Println("wasted by schedules ", avoided.Wasted)
	// Output:
	// at contracted prices 0.2
	// commitment-adjusted  0.1
	// wasted by schedules  0.06
}
