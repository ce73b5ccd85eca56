package autospot

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"offpeak/autospot/compatible"
	"offpeak/autospot/mix"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

// history is how much of the Spot prices is judged: what AWS tells, less a day for what it tells late.
const history = 30 * 24 * time.Hour

// offers are what the market offers in a region, found out once for all groups that ask for the same.
type offers struct {
	market *market.Market
	window pricing.Window
	own    map[fleet.Region]map[string]pricing.Experience
	books  map[fleet.Region]*pricing.Book
	fits   map[string]compatible.Result
	quotes map[string][]pricing.Quote
	scores mix.Scores
}

func newOffers(m *market.Market, now time.Time, own map[fleet.Region]map[string]pricing.Experience) *offers {
	return &offers{
		market: m, window: pricing.Window{From: now.Add(-history), To: now}, books: map[fleet.Region]*pricing.Book{},
		own: own, fits: map[string]compatible.Result{}, quotes: map[string][]pricing.Quote{},
	}
}

func (o *offers) book(region fleet.Region) *pricing.Book {
	b := o.books[region]
	if b == nil {
		b = pricing.NewBook(o.market, region, o.window, o.own[region])
		o.books[region] = b
	}
	return b
}

// need is what a group asks the market for.
type need struct {
	region        fleet.Region
	base          *market.Spec
	product       string
	zones         []string
	store         bool
	interfaces    int
	profile       *Profile
	onDemand      money.Rate
	minimumSaving int
}

func (n *need) fitKey() string {
	return strings.Join([]string{n.base.Type, strings.Join(n.zones, ","), strings.Join(n.profile.Allow, ","), strings.Join(n.profile.Deny, ","), fmt.Sprint(n.store, n.interfaces)}, "|")
}

// fitting judges every type of the catalogue.
func (o *offers) fitting(n *need) compatible.Result {
	key := n.fitKey()
	found, known := o.fits[key]
	if !known {
		found = compatible.Compatible(n.base, o.market.Catalog, compatible.Needs{
			Zones: n.zones, Offerings: o.market.Offerings, Store: n.store, Interfaces: n.interfaces, Allow: n.profile.Allow, Deny: n.profile.Deny,
		})
		o.fits[key] = found
	}
	return found
}

// quoted are the prices of the types that fit.
func (o *offers) quoted(n *need) []pricing.Quote {
	key := strings.Join([]string{n.fitKey(), string(n.region), n.product, n.onDemand.String(), fmt.Sprint(n.minimumSaving)}, "|")
	quotes, known := o.quotes[key]
	if known {
		return quotes
	}
	book := o.book(n.region)
	for _, accepted := range o.fitting(n).Accepted {
		quotes = append(quotes, book.Quote(pricing.Ask{
			Type: accepted.Spec.Type, Product: n.product, Zones: n.zones, OnDemand: n.onDemand, MinimumSaving: n.minimumSaving,
		}))
	}
	o.quotes[key] = quotes
	return quotes
}

// Strategy is the allocation strategy of what AutoSpot writes: AWS's own advice for Spot since 2022.
const Strategy = "price-capacity-optimized"

// offer finds what the market has for a resource, and what it should buy.
func (r *run) offer(a *Advice, c *Case) {
	a.Size, a.Zones = sizeOf(c), zonesOf(c.Resource)
	r.commit(a)
	switch c.Resource.Kind {
	case fleet.AutoScalingGroup:
		r.offerGroup(a, c)
	case fleet.EC2Instance:
		r.offerInstance(a, c)
	case fleet.ECSService:
		r.offerService(a, c)
	default:
	}
}

// sizeOf is the size that a group or a service has, or returns to.
func sizeOf(c *Case) int {
	n := c.Resource.Size.Desired
	if n == 0 && c.Original != nil {
		n = c.Original.Desired
	}
	return n
}

// need says what a resource asks the market for; false where that is not known, which its gates say.
func (r *run) need(a *Advice, c *Case) (need, bool) {
	l := &look{Case: *c, rules: r.rules, launch: c.Resource.Launch}
	if l.launch == nil || r.market == nil || r.market.Catalog == nil || r.market.OnDemand == nil {
		return need{}, false
	}
	l.resolve()
	a.Type = l.base
	if l.spec == nil || len(a.Zones) == 0 {
		return need{}, false
	}
	n := need{
		region: c.Resource.Scope.Region, base: l.spec, product: c.Resource.Product, zones: a.Zones, profile: &a.Wish.Profile,
		minimumSaving: a.Wish.Profile.MinimumSaving, interfaces: len(l.launch.Interfaces),
	}
	for _, v := range l.launch.Volumes {
		n.store = n.store || v.Ephemeral
	}
	price, known := r.offers.book(n.region).OnDemand(l.base, n.product)
	n.onDemand = price
	return n, known
}

func (r *run) offerGroup(a *Advice, c *Case) {
	n, known := r.need(a, c)
	if !known || a.Size == 0 {
		return
	}
	a.Unfit = r.offers.fitting(&n).Rejected
	a.Sizes = occasions(c)
	answer := mix.Choose(mix.Question{
		Size: a.Size, Sizes: others(a.Sizes, a.Size), Running: spotOf(c.Resource), Min: leastOf(c), Max: max(c.Resource.Size.Max, originalMax(c)), Zones: len(n.zones),
		OnDemand: n.onDemand, Committed: a.Committed.Units, Minimum: a.Wish.Profile.OnDemand,
		Target: mix.Target{Loss: a.Wish.Profile.Loss, Odds: a.Wish.Profile.Odds}, Interruption: a.Wish.Profile.Interruption,
		Assumptions: mix.DefaultAssumptions(), Quotes: r.offers.quoted(&n), Own: n.base.Type, Scores: &r.offers.scores,
	})
	a.Mix, a.Against, a.Now, a.After = &answer, answer.Refused, answer.Now, answer.After()
	if len(answer.Refused) > 0 || c.Resource.Launch.Template == nil {
		return
	}
	types := make([]string, len(answer.Types))
	for i := range answer.Types {
		types[i] = answer.Types[i].Quote.Type
	}
	a.Target = &fleet.Purchase{
		Template: c.Resource.Launch.Template, Rebalance: true,
		Mix: &fleet.Mix{Base: answer.Base, AboveBase: answer.Percentage, Strategy: Strategy, Types: withFirst(types, n.base.Type)},
	}
}

// withFirst puts the group's own type first, whether it was chosen for Spot or not: on-demand instances are launched as the first, and a mixed instances
// policy has one list for both (LaunchTemplateOverrides, Amazon EC2 Auto Scaling API). What Spot makes of it is in the odds.
func withFirst(types []string, own string) []string {
	types = slices.DeleteFunc(types, func(t string) bool { return t == own })
	return slices.Insert(types, 0, own)
}

// leastOf is the smallest size that the group has while it runs.
func leastOf(c *Case) int {
	least := c.Resource.Size.Min
	if c.Original != nil && c.Resource.Size.IsZero() {
		least = c.Original.Min
	}
	return max(least, 1)
}

func originalMax(c *Case) int {
	if c.Original == nil {
		return 0
	}
	return c.Original.Max
}

// offerInstance prices an instance's own type in its own zone: what is converted keeps both.
func (r *run) offerInstance(a *Advice, c *Case) {
	n, known := r.need(a, c)
	if !known {
		return
	}
	q := r.offers.book(n.region).Quote(pricing.Ask{Type: n.base.Type, Product: n.product, Zones: n.zones, OnDemand: n.onDemand, MinimumSaving: n.minimumSaving})
	a.Quote, a.Against, a.Now, a.After = &q, q.Reasons, n.onDemand, q.Mean
	if a.Committed.Units > 0 && c.Resource.Lifecycle == fleet.OnDemand {
		a.Against = append(a.Against, pricing.Reason{Code: PaidFor, Says: "a Reserved Instance or Savings Plan pays for it anyway, so that Spot would cost more and save nothing"})
	}
	if q.Accepted() {
		a.Target = &fleet.Purchase{Lifecycle: fleet.SpotPersistent}
	}
}
