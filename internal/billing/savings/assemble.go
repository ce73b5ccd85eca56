package savings

import (
	"cmp"
	"maps"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/plan"
)

// assemble sums the claims into lines.
func (c *computation) assemble() {
	subjects := map[fleet.ARN]*subject{}
	for _, s := range c.subjects {
		subjects[s.ARN] = s
	}
	c.weigh()
	for i := range c.claims.Claims {
		claim := &c.claims.Claims[i]
		c.Resources = append(c.Resources, c.resource(i, subjects[claim.ARN]))
	}
	proven := func(name func(*avoidance.Claim) string) []Line {
		return c.lines(func(claim *avoidance.Claim) (string, bool) { return name(claim), claim.Origin != avoidance.Unproven })
	}
	c.Headline = c.figure(c.places(func(claim *avoidance.Claim) bool { return claim.Origin != avoidance.Unproven }))
	c.ByOrigin = c.lines(func(claim *avoidance.Claim) (string, bool) { return string(claim.Origin), true })
	c.ByEnvironment = proven(func(claim *avoidance.Claim) string { return claim.Environment })
	c.ByAccount = proven(func(claim *avoidance.Claim) string { return string(claim.Account) })
	c.ByKind = proven(func(claim *avoidance.Claim) string { return kindOf(claim.Kind) })
	if key := c.in.TeamTag; key != "" {
		c.ByTeam = proven(func(claim *avoidance.Claim) string { return teamOf(subjects[claim.ARN], key) })
	}
	c.ByCause, c.ByMonth = c.byCause(), c.byMonth()
	for _, r := range c.Resources {
		c.Confirmed.Part += r.Held.Part
		c.Confirmed.Whole += r.Held.Whole
	}
}

// without takes off what the control group changed by itself, at the claim's own mean price.
func (a amounts) without(claim *avoidance.Claim) amounts {
	if claim.Drift.IsZero() || claim.Avoided.IsZero() {
		return a
	}
	part := new(big.Rat).Quo(claim.Avoided.Sub(claim.Drift).Rat(), claim.Avoided.Rat())
	return amounts{times(a.list, part), times(a.contract, part), times(a.adjusted, part)}
}

func times(amount money.USD, part *big.Rat) money.USD {
	numerator, denominator := decimal.NewFromBigInt(part.Num(), 0), decimal.NewFromBigInt(part.Denom(), 0)
	return money.USDOf(amount.Decimal().Mul(numerator).DivRound(denominator, exactly))
}

// places are those of the claims that keep says yes to.
func (c *computation) places(keep func(*avoidance.Claim) bool) (places []int) {
	for i := range c.claims.Claims {
		if keep(&c.claims.Claims[i]) {
			places = append(places, i)
		}
	}
	return places
}

// figure sums the claims at some places.
func (c *computation) figure(places []int) Figure {
	f := Figure{Hours: c.claims.Sum(places), AdjustedKnown: c.Commitments.Known}
	f.Resources = f.Hours.Resources
	proven := slices.DeleteFunc(slices.Clone(places), func(i int) bool { return c.claims.Claims[i].Origin == avoidance.Unproven })
	for _, i := range proven {
		f.add(c.worth[i])
		f.induce(c.inducedBy(i))
	}
	below, above, known := c.claims.Within(proven, c.worthOfAnHour)
	f.Within = within(f.Value(), below, above, known)
	return f
}

func (f *Figure) add(a amounts) {
	f.List, f.Contract = f.List.Add(a.list), f.Contract.Add(a.contract)
	if f.AdjustedKnown {
		f.Adjusted = f.Adjusted.Add(a.adjusted)
	}
}

// induce adds what hours cost in which a resource ran more than its baseline.
func (f *Figure) induce(a amounts) {
	if f.AdjustedKnown {
		f.Induced = f.Induced.Add(a.adjusted)
	} else {
		f.Induced = f.Induced.Add(a.contract)
	}
}

// worthOfAnHour is what a unit of a claim's resource costs in an hour, in its latest mix, for intervals alone. (A claim's own value by its own
// hours would be of no use: both can be near zero.) Where commitments leave a share of contracted value, an hour more or less is worth all of it or
// nothing: its square is worth that share on average, and not the square of the share.
func (c *computation) worthOfAnHour(i int) float64 { return c.units[i] * math.Sqrt(c.left) }

// weigh finds what a unit of each claim costs, and what commitments leave of contracted value over all.
func (c *computation) weigh() {
	subjects := map[fleet.ARN]*subject{}
	for _, s := range c.subjects {
		subjects[s.ARN] = s
	}
	c.units, c.left = make([]float64, len(c.claims.Claims)), 1
	var contract, adjusted float64
	for i := range c.claims.Claims {
		mixes := subjects[c.claims.Claims[i].ARN].mixes(c.skus)
		if len(mixes) == 0 {
			continue
		}
		m := mixes[len(mixes)-1]
		for _, u := range m.uses {
			price := c.skus.price(u.sku, c.Measured.To.Add(-time.Hour)).contract
			c.units[i] += price.Decimal().InexactFloat64() * float64(u.quantity) / pico * 3600 / float64(m.seconds)
		}
		contract, adjusted = contract+c.worth[i].contract.Decimal().InexactFloat64(), adjusted+c.worth[i].adjusted.Decimal().InexactFloat64()
	}
	if c.Commitments.Known && contract > 0 {
		c.left = max(adjusted/contract, 0)
	}
}

// within lays an interval around an amount.
func within(amount money.USD, below, above float64, known bool) Range {
	if !known {
		return Range{}
	}
	dollars := func(f float64) money.USD { return money.USDOf(decimal.NewFromFloat(f).Round(billing.Places)) }
	return Range{amount.Sub(dollars(below)), amount.Add(dollars(above)), true}
}

// lines sums the claims by name, in the order of the names; of origins own comes first and unproven last.
func (c *computation) lines(name func(*avoidance.Claim) (string, bool)) (lines []Line) {
	named := map[string][]int{}
	for i := range c.claims.Claims {
		if n, ok := name(&c.claims.Claims[i]); ok {
			named[n] = append(named[n], i)
		}
	}
	origins := []string{string(avoidance.Own), string(avoidance.Cohort), string(avoidance.Unproven)}
	for _, n := range slices.SortedFunc(maps.Keys(named), func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(origins, a), slices.Index(origins, b)), cmp.Compare(a, b))
	}) {
		lines = append(lines, Line{n, c.figure(named[n])})
	}
	return lines
}

// byCause shares every claim's value out over the causes of its stops, as its hours are shared. Amounts add up to the headline's but for the
// last of twenty-four places.
func (c *computation) byCause() (lines []Line) {
	sums := map[plan.Cause]*Figure{}
	for _, line := range c.claims.ByCause() {
		sums[plan.Cause(line.Name)] = &Figure{Resources: line.Resources, Hours: line.Total, AdjustedKnown: c.Commitments.Known}
	}
	weights := map[plan.Cause]map[int]float64{}
	for i := range c.claims.Claims {
		claim := &c.claims.Claims[i]
		for _, share := range claim.Causes {
			sum, part := sums[share.Cause], partOf(claim, share)
			if sum == nil {
				continue
			}
			a := c.worth[i]
			sum.add(amounts{times(a.list, part), times(a.contract, part), times(a.adjusted, part)})
			if weights[share.Cause] == nil {
				weights[share.Cause] = map[int]float64{}
			}
			fraction, _ := part.Float64()
			weights[share.Cause][i] = c.worthOfAnHour(i) * fraction
		}
	}
	for _, cause := range slices.Sorted(maps.Keys(sums)) {
		below, above, known := c.claims.Within(slices.Sorted(maps.Keys(weights[cause])), func(i int) float64 { return weights[cause][i] })
		sums[cause].Within = within(sums[cause].Value(), below, above, known)
		lines = append(lines, Line{string(cause), *sums[cause]})
	}
	return lines
}

// partOf is a cause's part of a claim, as its hours are shared; of a claim that came to nothing all causes have the same.
func partOf(claim *avoidance.Claim, share avoidance.CauseShare) *big.Rat {
	if claim.Avoided.IsZero() {
		return big.NewRat(1, int64(len(claim.Causes)))
	}
	return new(big.Rat).Quo(share.Avoided.Rat(), claim.Avoided.Rat())
}

// resource is one claim with its evidence.
func (c *computation) resource(i int, s *subject) Resource {
	claim := &c.claims.Claims[i]
	r := Resource{
		ARN: s.ARN, ID: s.ID, IDs: s.names, Name: s.Name(), Kind: s.Kind, Scope: s.Scope, Environment: s.environment, Origin: claim.Origin,
		Enrolled: s.enrolled.UTC(), Left: s.left, Tags: s.Tags, Type: s.Type, Baseline: claim.Evidence, Held: s.held,
		Figure: c.figure([]int{i}),
	}
	for _, share := range claim.Causes {
		r.Causes = append(r.Causes, CauseAmount{share.Cause, times(r.Value(), partOf(claim, share))})
	}
	for _, stop := range s.stops {
		if stop.To.After(c.Measured.From) {
			r.Acts = append(r.Acts, stop.act)
		}
	}
	for e, n := range s.rows {
		sku := c.skus.numberOf(e)
		p := c.skus.price(sku, c.Measured.To.Add(-time.Hour))
		r.Bill = append(r.Bill, Evidence{e.resource, e.sku, n.rows, n.quantity, p.list, p.contract})
	}
	slices.SortFunc(r.Bill, func(a, b Evidence) int { return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.SKU, b.SKU)) })
	return r
}
