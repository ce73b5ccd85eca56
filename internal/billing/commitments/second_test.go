package commitments_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/billing/commitments"
)

// The second waterfall knows nothing of the first: no pools, no passes, no classes, no decimals. It lists every pair of a
// commitment and a usage with a rank, and again and again serves the best pair left, in exact fractions.

type pair struct {
	commitment, usage int
	stage             int      // 0-3 reservations, 4-9 plans
	per               *big.Rat // what one unit of usage takes
	keys              []*big.Rat
	names             []string
}

func fraction(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text)
	}
	return r
}

func (p pair) before(q pair) bool {
	if p.stage != q.stage {
		return p.stage < q.stage
	}
	for i := range p.keys {
		if c := p.keys[i].Cmp(q.keys[i]); c != 0 {
			return c < 0
		}
	}
	return slices.Compare(p.names, q.names) < 0
}

// relation is 0 for the owner's own usage, 1 for usage of accounts that both share, false for others.
func relation(c commitments.Commitments, owner, account string) (int, bool) {
	if owner == account {
		return 0, true
	}
	for off, is := range c.NotSharing {
		if is && (string(off) == owner || string(off) == account) {
			return 0, false
		}
	}
	return 1, true
}

func reservationPair(c commitments.Commitments, i int, j int, u commitments.Usage) (pair, bool) {
	r := c.Reservations[i]
	a, b := r.Product, u.Product
	far, related := relation(c, string(r.Owner), string(u.Account))
	if !related || a.Compute != b.Compute || a.Region != b.Region || a.Family != b.Family || a.Platform != b.Platform || a.Tenancy != b.Tenancy {
		return pair{}, false
	}
	isFlexible := a.Zone == "" && (a.Compute == commitments.EC2 && a.Platform == "Linux/UNIX" && a.Tenancy == "default" && !strings.HasPrefix(a.Family, "g5") ||
		a.Compute == commitments.Database && a.Platform == "mysql")
	per, size := fraction("1"), fraction(u.Product.Factor.String())
	switch {
	case isFlexible:
		per = size
	case a.Type != b.Type || a.MultiAZ != b.MultiAZ || a.Zone != "" && a.Zone != b.Zone:
		return pair{}, false
	}
	stage := far
	if a.Zone == "" {
		stage += 2
	}
	order := new(big.Rat).SetInt64(int64(slices.Index(sortedIDs(c), string(r.ID))))
	return pair{commitment: i, usage: j, stage: stage, per: per, keys: []*big.Rat{order, size}, names: []string{string(u.Account), u.Key}}, true
}

func sortedIDs(c commitments.Commitments) (ids []string) {
	for _, r := range c.Reservations {
		ids = append(ids, string(r.ID))
	}
	slices.Sort(ids)
	return ids
}

func planPair(c commitments.Commitments, i, j int, u commitments.Usage) (pair, bool) {
	p := c.Plans[i]
	price, known := p.Rates[u.SKU]
	far, related := relation(c, string(p.Owner), string(u.Account))
	if !known || !related || price.Cmp(u.OnDemand) > 0 {
		return pair{}, false
	}
	stage := map[commitments.PlanKind]int{commitments.EC2InstancePlan: 4, commitments.ComputePlan: 6, commitments.DatabasePlan: 8}[p.Kind] + far
	switch isDatabase := u.Product.Compute == commitments.Database; {
	case isDatabase != (p.Kind == commitments.DatabasePlan):
		return pair{}, false
	case p.Kind == commitments.EC2InstancePlan && (u.Product.Family != p.Family || u.Product.Region != p.Region):
		return pair{}, false
	}
	per, full := fraction(price.String()), fraction(u.OnDemand.String())
	return pair{
		commitment: len(c.Reservations) + i, usage: j, stage: stage, per: per, keys: []*big.Rat{new(big.Rat).Quo(per, full), per},
		names: []string{string(p.ID), string(u.SKU), string(u.Account), u.Key},
	}, true
}

// second returns what is left of each usage, and of each commitment (reservations, then plans) as a share of it.
func second(hour commitments.Hour) (rest, left []*big.Rat) {
	c := hour.Commitments
	var pairs []pair
	var sizes []*big.Rat
	for _, u := range hour.Usage {
		rest = append(rest, fraction(u.Quantity.String()))
	}
	for i, r := range c.Reservations {
		one := fraction("1")
		for j, u := range hour.Usage {
			if p, ok := reservationPair(c, i, j, u); ok {
				pairs = append(pairs, p)
			}
		}
		if r.Flexible() {
			one = fraction(r.Product.Factor.String())
		}
		sizes = append(sizes, new(big.Rat).Mul(one, new(big.Rat).SetInt64(int64(r.Count))))
	}
	for i, plan := range c.Plans {
		for j, u := range hour.Usage {
			if p, ok := planPair(c, i, j, u); ok {
				pairs = append(pairs, p)
			}
		}
		sizes = append(sizes, fraction(plan.Hourly.String()))
	}
	for _, size := range sizes {
		left = append(left, new(big.Rat).Set(size))
	}
	for len(pairs) > 0 {
		best := 0
		for i := range pairs {
			if pairs[i].before(pairs[best]) {
				best = i
			}
		}
		p := pairs[best]
		pairs = slices.Delete(pairs, best, best+1)
		take := new(big.Rat).Set(rest[p.usage])
		if need := new(big.Rat).Mul(take, p.per); need.Cmp(left[p.commitment]) > 0 {
			take.Quo(left[p.commitment], p.per)
		}
		rest[p.usage].Sub(rest[p.usage], take)
		left[p.commitment].Sub(left[p.commitment], new(big.Rat).Mul(take, p.per))
	}
	for i := range left {
		left[i].Quo(left[i], sizes[i])
	}
	return rest, left
}

// near says whether a printed decimal is a fraction to seventeen places: the first waterfall rounds amounts at the twentieth.
func near(text string, want *big.Rat) bool {
	apart := new(big.Rat).Sub(fraction(text), want)
	return apart.Abs(apart).Cmp(fraction("1e-18")) < 0
}

func TestSecondWaterfallAgrees(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(20260101, 1))
	covered, split := 0, 0
	for n := range 5000 {
		hour := randomHour(random)
		got := commitments.Bill(hour)
		rest, left := second(hour)
		total := new(big.Rat)
		for i, u := range hour.Usage {
			if !near(got.Lines[i].Rest.String(), rest[i]) {
				t.Fatalf("hour %d, %s: got %s on demand, want %s\n%s", n, u.Key, got.Lines[i].Rest, rest[i].FloatString(20), strings.Join(story(got), "\n"))
			}
			total.Add(total, new(big.Rat).Mul(rest[i], fraction(u.OnDemand.String())))
			if parts := len(got.Lines[i].Covered); parts > 0 {
				covered++
				if parts > 1 {
					split++
				}
			}
		}
		hourly := map[commitments.CommitmentID]*big.Rat{}
		share := map[commitments.CommitmentID]*big.Rat{}
		for i, r := range hour.Commitments.Reservations {
			hourly[r.ID], share[r.ID] = new(big.Rat).Mul(fraction(r.Rate.String()), fraction(fmt.Sprint(r.Count))), left[i]
		}
		for i, p := range hour.Commitments.Plans {
			hourly[p.ID], share[p.ID] = fraction(p.Hourly.String()), left[len(hour.Commitments.Reservations)+i]
		}
		for _, use := range got.Commitments {
			total.Add(total, hourly[use.ID])
			if want := new(big.Rat).Mul(hourly[use.ID], share[use.ID]); !near(use.Unused.String(), want) {
				t.Fatalf("hour %d, %s: got %s unused, want %s", n, use.ID, use.Unused, want.FloatString(20))
			}
		}
		if !near(got.Total.String(), total) {
			t.Fatalf("hour %d: got a total of %s, want %s", n, got.Total, total.FloatString(20))
		}
	}
	if covered < 2000 || split < 200 {
		t.Errorf("the random hours try too little: %d usages covered, %d by several commitments", covered, split)
	}
}

// One plan, one account: the highest percentage first is what costs least, so the least over every order is the bill.
func TestOnePlanCostsTheLeastOfAllOrders(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	for n := range 2000 {
		hour := onePlan(random, 1+random.IntN(4))
		if got, want := commitments.Bill(hour).Total.String(), leastOverOrders(hour); !near(got, want) {
			t.Fatalf("hour %d: got %s, want %s\n%v", n, got, want.FloatString(20), story(commitments.Bill(hour)))
		}
	}
}

// onePlan is an hour of one account, one Compute Savings Plan and so many products, each with its own discount.
func onePlan(random *rand.Rand, products int) commitments.Hour {
	offered := card{}
	var hour commitments.Hour
	for i := range products {
		product := linux(fmt.Sprint("m", i, ".large"))
		price := 1 + random.IntN(50)
		hour.Usage = append(hour.Usage, runs(fmt.Sprint("A/i-", i), product, fmt.Sprint("0.", 1+random.IntN(9)), fmt.Sprint(price)))
		offered[skuOf(product)] = number(fmt.Sprint(price)).Mul(number(fmt.Sprint("0.", 1+random.IntN(9)))).String()
	}
	hour.Commitments.Plans = []commitments.Plan{computePlan("A/sp", fmt.Sprint(1+random.IntN(40)), offered)}
	return hour
}

func leastOverOrders(hour commitments.Hour) *big.Rat {
	plan := hour.Commitments.Plans[0]
	var least *big.Rat
	var try func(todo []commitments.Usage, left, spent *big.Rat)
	try = func(todo []commitments.Usage, left, spent *big.Rat) {
		if len(todo) == 0 {
			if least == nil || spent.Cmp(least) < 0 {
				least = spent
			}
			return
		}
		for i, u := range todo {
			quantity, per := fraction(u.Quantity.String()), fraction(plan.Rates[u.SKU].String())
			take := new(big.Rat).Quo(left, per)
			if take.Cmp(quantity) > 0 {
				take = quantity
			}
			rest := new(big.Rat).Mul(new(big.Rat).Sub(quantity, take), fraction(u.OnDemand.String()))
			try(slices.Delete(slices.Clone(todo), i, i+1), new(big.Rat).Sub(left, new(big.Rat).Mul(take, per)), rest.Add(rest, spent))
		}
	}
	commitment := fraction(plan.Hourly.String())
	try(hour.Usage, commitment, commitment)
	return least
}
