package coverage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
)

// reach is how far back a bill is read: a week, and for what AWS delivers late another one.
const (
	reach = 14 * 24
	day   = 24 * time.Hour
)

// ErrOld says that a bill has no whole day among the last two weeks.
var ErrOld = errors.New("the bill has no whole day of the last two weeks; copy newer exports")

// Compute finds how many instances of each subject commitments pay for anyway, by these rules:
//
//  1. The last seven whole days that the bill has are judged, hour by hour, and of them the hours in which the subject ran.
//  2. In an hour count the instance-hours of it that a Reserved Instance or a Savings Plan covered, and those of its type that the idle part of every
//     commitment of the payer would have covered: a zonal Reserved Instance of its very type in one of its zones, a size-flexible one of its family by
//     normalised units, another regional one of its very type; an EC2 Instance Savings Plan of its family and region, and a Compute Savings Plan, by
//     dollars an hour and the plan's rate. Their sum is rounded half up.
//  3. What a Savings Plan asks for a type stands in the bill where it covered one; else the deepest discount that AWS advertises is taken off the
//     public price, which counts too many rather than too few.
//  4. An instance counts where that is so in at least half of the hours.
//
// An idle commitment counts for each subject that it fits, and a covering one although it might go on to other usage of the payer: the bill
// shows neither who would take it nor who would move at once.
func Compute(ctx context.Context, e billing.Engine, payer fleet.AccountID, subjects []Subject, now time.Time) (Facts, error) {
	to := now.UTC().Truncate(time.Hour)
	c := &computation{period: billing.Period{From: to.Add(-reach * time.Hour), To: to}, find: finderOf(subjects), sums: make([]sums, len(subjects))}
	if err := c.readCommitments(ctx, e); err != nil {
		return Facts{}, fmt.Errorf("commitments of %s: %w", payer, err)
	}
	if err := c.readUsage(ctx, e, subjects); err != nil {
		return Facts{}, fmt.Errorf("commitments of %s: %w", payer, err)
	}
	judged, whole := c.days()
	if !whole {
		return Facts{}, fmt.Errorf("commitments of %s: %w", payer, ErrOld)
	}
	f := Facts{Payer: payer, From: judged.From, To: judged.To, Written: now.UTC(), Source: e.Name()}
	for i := range subjects {
		f.Groups = append(f.Groups, c.judge(&subjects[i], &c.sums[i], judged))
	}
	slices.SortFunc(f.Groups, func(a, b Group) int { return strings.Compare(string(a.ARN), string(b.ARN)) })
	return f, nil
}

// days are the last whole days of UTC that the bill has, seven at most; false where there is none.
func (c *computation) days() (billing.Period, bool) {
	if !c.seen {
		return billing.Period{}, false
	}
	p := billing.Period{To: c.at(c.last + 1).Truncate(day)}
	p.From = p.To.Add(-Days * day)
	if first := c.at(23).Truncate(day); p.From.Before(first) { // the first whole day of what was read
		p.From = first
	}
	return p, p.From.Before(p.To)
}

// at is an hour of what was read.
func (c *computation) at(hour int) time.Time {
	return c.period.From.Add(time.Duration(hour) * time.Hour)
}

// hour is the place of an instant in what was read.
func (c *computation) hour(at time.Time) int { return int(at.Sub(c.period.From) / time.Hour) }

// computation reads a bill once for all subjects.
type computation struct {
	period  billing.Period
	find    finder
	sums    []sums // by subject
	last    int    // the last hour with a row
	seen    bool   // that there is one
	catalog map[[2]string]commitments.Product
	leases  []*lease
	byLease map[string][]*lease
	plans   map[string]*plan
	rates   map[billing.PlanRate]decimal.Decimal // by plan and SKU
	skus    map[kind]*offer
}

// sums are what a subject used, by hour.
type sums struct {
	ran, covered [reach]decimal.Decimal
	named        bool // the bill names its group
}

// kind is what instances on demand are told apart by.
type kind struct {
	region                          fleet.Region
	instanceType, platform, tenancy string
}

// offer is what the bill says of instances of a kind: their SKUs, normalised units and public price.
type offer struct {
	skus   []string
	factor decimal.Decimal
	price  decimal.Decimal
}

func kindOf(p *commitments.Product) kind { return kind{p.Region, p.Type, p.Platform, p.Tenancy} }

// readUsage goes through the bill's hours: whose they were, what covered them, and how much of each reservation they used.
func (c *computation) readUsage(ctx context.Context, e billing.Engine, subjects []Subject) error {
	for u, err := range e.Usage(ctx, c.period) {
		if err != nil {
			return err
		}
		hour := c.hour(u.Hour)
		if hour < 0 || hour >= reach {
			continue
		}
		c.last, c.seen = max(c.last, hour), true
		product, known := c.catalog[[2]string{u.SKU, u.Operation}]
		if !known || product.Compute != commitments.EC2 {
			continue
		}
		for _, l := range c.byLease[u.Commitment] {
			if u.Line == billing.Reserved {
				l.use(hour, &product, u.Quantity)
			}
		}
		c.price(&u, &product)
		i, named, found := c.find.of(&u, product.Region)
		if !found {
			continue
		}
		s := &c.sums[i]
		s.named = s.named || named || subjects[i].Kind == fleet.EC2Instance
		s.ran[hour] = s.ran[hour].Add(u.Quantity)
		if u.Line == billing.Reserved || u.Line == billing.PlanUsage {
			s.covered[hour] = s.covered[hour].Add(u.Quantity)
		}
	}
	return nil
}

// price takes note of what an instance of a kind costs on demand.
func (c *computation) price(u *billing.Usage, p *commitments.Product) {
	if u.Line == billing.SpotUsage {
		return // its SKU and its operation are Spot's own
	}
	o := c.skus[kindOf(p)]
	if o == nil {
		o = &offer{factor: p.Factor}
		c.skus[kindOf(p)] = o
	}
	if !slices.Contains(o.skus, u.SKU) {
		o.skus = append(o.skus, u.SKU)
	}
	if !u.Quantity.IsPositive() || !u.List.IsPositive() {
		return
	}
	if price := u.List.DivRound(u.Quantity, billing.Places); o.price.IsZero() || price.LessThan(o.price) {
		o.price = price
	}
}

// judge comes to the number of one subject.
func (c *computation) judge(s *Subject, sum *sums, judged billing.Period) Group {
	product, typed := c.productOf(s)
	var counts, covered []int64
	unpriced := ""
	for hour := c.hour(judged.From); hour < c.hour(judged.To); hour++ {
		if !sum.ran[hour].IsPositive() {
			continue
		}
		all := sum.covered[hour]
		if typed {
			idle, plan := c.idle(s, &product, hour)
			all, unpriced = all.Add(idle), cmp.Or(unpriced, plan)
		}
		counts, covered = append(counts, all.Round(0).IntPart()), append(covered, sum.covered[hour].Round(0).IntPart())
	}
	g := Group{ARN: s.ARN, Hours: len(counts), Units: inHalf(counts), Covered: inHalf(covered)}
	switch {
	case g.Hours == 0:
		g.Doubt = fmt.Sprintf("the bill shows no hour of it from %s to %s", judged.From.Format(time.DateOnly), judged.To.Format(time.DateOnly))
	case !sum.named:
		g.Doubt = "the bill does not name its group, so that only its present members were found; activate the cost allocation tag aws:autoscaling:groupName"
	case !typed:
		g.Doubt = "its instance type, or what it is billed as, is not known, so that idle commitments could not be held against it"
	case unpriced != "":
		g.Doubt = fmt.Sprintf("%s lay partly idle, and the bill does not tell what %s costs under it", unpriced, s.Type)
	}
	return g
}

// inHalf is the largest number that at least half of the counts reach.
func inHalf(counts []int64) int {
	if len(counts) == 0 {
		return 0
	}
	slices.Sort(counts)
	return int(counts[len(counts)/2])
}

// productOf is what a subject runs on demand, as commitments tell products apart.
func (c *computation) productOf(s *Subject) (commitments.Product, bool) {
	if s.Type == "" || s.Product == "" {
		return commitments.Product{}, false
	}
	p := commitments.Product{
		Compute: commitments.EC2, Region: s.Scope.Region, Type: s.Type, Family: s.Type[:max(strings.LastIndex(s.Type, "."), 0)], Platform: s.Product, Tenancy: commitments.DefaultTenancy,
	}
	if o := c.skus[kindOf(&p)]; o != nil {
		p.Factor = o.factor
	}
	if !p.Factor.IsPositive() {
		p.Factor, _ = commitments.Factor(s.Type, false)
	}
	return p, true
}
