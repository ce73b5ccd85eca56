package commitments_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/money"
)

// dust is what rounding the amounts of an hour at the twentieth place can sum to.
var dust = usd("0.000000000000000001")

func atLeast(a, b money.USD) bool { return a.Add(dust).Cmp(b) >= 0 }

func TestPartsSumExactlyAndNothingIsOverused(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 3000 {
		hour := randomHour(random)
		result := commitments.Bill(hour)
		var onDemand, fixed money.USD
		cost := map[commitments.CommitmentID]money.USD{}
		for _, l := range result.Lines {
			quantity := l.Rest
			onDemand = onDemand.Add(l.OnDemand)
			for _, c := range l.Covered {
				quantity = quantity.Add(c.Quantity)
				cost[c.By] = cost[c.By].Add(c.Cost)
			}
			if !quantity.Equal(l.Usage.Quantity) || l.Rest.IsNegative() {
				t.Fatalf("hour %d, %s: the parts of %s sum to %s", n, l.Usage.Key, l.Usage.Quantity, quantity)
			}
		}
		for _, u := range result.Commitments {
			fixed = fixed.Add(u.Hourly)
			if !cost[u.ID].Equal(u.Used) || !u.Used.Add(u.Unused).Equal(u.Hourly) || u.Unused.Cmp(money.USD{}) < 0 {
				t.Fatalf("hour %d, %s: %s of %s used, %s unused, %s on the lines", n, u.ID, u.Used, u.Hourly, u.Unused, cost[u.ID])
			}
		}
		if !result.OnDemand.Equal(onDemand) || !result.Fixed.Equal(fixed) || !result.Total.Equal(onDemand.Add(fixed)) {
			t.Fatalf("hour %d: %s + %s = %s, but the parts are %s and %s", n, result.OnDemand, result.Fixed, result.Total, onDemand, fixed)
		}
	}
}

func TestOrderOfInputDoesNotMatter(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	told := func(hour commitments.Hour) []string {
		lines := story(commitments.Bill(hour))
		slices.Sort(lines)
		return lines
	}
	for n := range 2000 {
		hour := randomHour(random)
		if diff := cmp.Diff(told(hour), told(reordered(hour, random))); diff != "" {
			t.Fatalf("hour %d (-told one way +told another):\n%s", n, diff)
		}
	}
}

func TestMoreUsageNeverCostsLess(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for n := range 3000 {
		hour := randomHour(random)
		kept := hour.Usage[1:]
		before := commitments.Bill(commitments.Hour{Usage: kept, Commitments: hour.Commitments})
		if after := commitments.Bill(hour); !atLeast(after.Total, before.Total) {
			t.Fatalf("hour %d: one usage more costs %s instead of %s", n, after.Total, before.Total)
		}
		avoidance := commitments.Avoid(kept, hour.Usage[:1], hour.Commitments)
		if !atLeast(avoidance.Adjusted, money.USD{}) || !atLeast(avoidance.Wasted, money.USD{}) {
			t.Fatalf("hour %d: adjusted %s, wasted %s", n, avoidance.Adjusted, avoidance.Wasted)
		}
	}
}

func TestFullyCoveredUsageWithNothingElseIsWorthNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(8, 9))
	for n := range 1000 {
		hour := onePlan(random, 1+random.IntN(4))
		hour.Commitments.Plans[0].Hourly = usd("1000")
		avoidance := commitments.Avoid(nil, hour.Usage, hour.Commitments)
		used := commitments.Bill(hour).Commitments[0].Used
		if !avoidance.Adjusted.IsZero() || !avoidance.Wasted.Equal(used) || used.IsZero() {
			t.Fatalf("hour %d: adjusted %s, wasted %s of %s", n, avoidance.Adjusted, avoidance.Wasted, used)
		}
	}
}

// contractedOf, unusedOf: V and U of the shortcut max(0, V - U/r).
func shortcut(hour commitments.Hour, avoided int, ratio decimal.Decimal) money.USD {
	value := decimal.Zero
	for _, u := range hour.Usage[:avoided] {
		value = value.Add(u.Quantity.Mul(number(u.OnDemand.String())))
	}
	unused := commitments.Bill(commitments.Hour{Usage: hour.Usage[avoided:], Commitments: hour.Commitments}).Commitments[0].Unused
	return usd(decimal.Max(decimal.Zero, value.Sub(number(unused.String()).Div(ratio))).String())
}

func TestShortcutHoldsForOneRatioOnly(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(10, 11))
	overstated := 0
	const cases = 2000
	for n := range cases {
		hour := onePlan(random, 2+random.IntN(4))
		avoided := 1 + random.IntN(len(hour.Usage)-1)
		adjusted := func() money.USD {
			return commitments.Adjusted(hour.Usage[avoided:], hour.Usage[:avoided], hour.Commitments)
		}

		// Mixed ratios: the shortcut at the avoided usage's own ratio. The value itself is never above the contracted one here.
		mixed := commitments.Avoid(hour.Usage[avoided:], hour.Usage[:avoided], hour.Commitments)
		if !atLeast(mixed.Contracted, mixed.Adjusted) {
			t.Fatalf("hour %d: adjusted %s, more than contracted %s", n, mixed.Adjusted, mixed.Contracted)
		}
		price := number(hour.Usage[0].OnDemand.String())
		own := number(hour.Commitments.Plans[0].Rates[hour.Usage[0].SKU].String()).DivRound(price, 20)
		if !atLeast(mixed.Adjusted, shortcut(hour, avoided, own)) {
			overstated++
		}

		// One ratio: exact.
		for i, u := range hour.Usage {
			hour.Commitments.Plans[0].Rates[u.SKU] = rate(number(hour.Usage[i].OnDemand.String()).Mul(number("0.5")).String())
		}
		if got, want := adjusted(), shortcut(hour, avoided, number("0.5")); !atLeast(got, want) || !atLeast(want, got) {
			t.Fatalf("hour %d: adjusted %s, shortcut %s", n, got, want)
		}
	}
	if overstated < cases/20 {
		t.Errorf("the shortcut overstates in %d of %d mixed cases: too few to show why it is not used", overstated, cases)
	}
	t.Logf("with mixed ratios the shortcut overstates in %d of %d cases", overstated, cases)
}

// A thousand usages of forty products in ten accounts, twenty commitments.
func bigHour() commitments.Hour {
	var hour commitments.Hour
	offered := card{}
	families := []string{"m5", "c5", "r5", "m6i", "t3"}
	sizes := []string{"large", "xlarge", "2xlarge", "4xlarge"}
	for i := range 1000 {
		product := linux(families[i%5] + "." + sizes[i/5%4])
		if i%10 == 0 {
			product.Platform = "Windows"
		}
		price := number("0.0961").Mul(number(product.Factor.String())).Add(decimal.NewFromInt(int64(i % 5)).Shift(-3))
		offered[skuOf(product)] = price.Mul(number([]string{"0.61", "0.66", "0.7", "0.58"}[i/5%4])).String()
		hour.Usage = append(hour.Usage, runs(fmt.Sprintf("%012d/i-%04d", i%10, i), product, []string{"1", "0.25", "0.5083333333"}[i%3], price.String()))
	}
	c := &hour.Commitments
	for i := range 10 {
		owner := fmt.Sprintf("%012d", i)
		c.Reservations = append(c.Reservations, reserve(owner+"/ri-"+fmt.Sprint(i), 20, regional(linux(families[i%5]+".large")), "0.21"))
		if i < 5 {
			c.Plans = append(c.Plans, instancePlan(fmt.Sprint(owner, "/ec2-", i), families[i], "30", offered))
		} else {
			c.Plans = append(c.Plans, computePlan(fmt.Sprint(owner, "/compute-", i), "40", offered))
		}
	}
	return hour
}

func BenchmarkBill1000Usages20Commitments(b *testing.B) {
	hour := bigHour()
	b.ReportAllocs()
	for b.Loop() {
		commitments.Bill(hour)
	}
}

func BenchmarkAvoid100Of1000Usages20Commitments(b *testing.B) {
	hour := bigHour()
	b.ReportAllocs()
	for b.Loop() {
		commitments.Avoid(hour.Usage[100:], hour.Usage[:100], hour.Commitments)
	}
}
