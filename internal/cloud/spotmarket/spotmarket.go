// Package spotmarket finds out what EC2 offers to a scope: types, where they can be had, what they cost on demand and on Spot, how often they are
// interrupted, and how many vCPUs of Spot the account may have.
//
// In go a scope and a snapshot of it that was taken with how things are launched; out comes a market.Market for what is opted in there, and for
// nothing else. What changes slowly is kept in the hub's store, and asked of AWS once a day, the Spot advisor's file once a week. A part that cannot
// be had is left out, and the market's Sources say why: what does not know is shyer. The package judges no type.
package spotmarket

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/instancetypes"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/objects"
)

// OnDemand tells on-demand prices for what a snapshot has no price for. With an error come those that are known all the same.
type OnDemand interface {
	Prices(ctx context.Context, s *fleet.Snapshot, now time.Time) (fleet.Prices, error)
}

// Options say what is looked at, and where it is kept.
type Options struct {
	// Store keeps what was asked.
	Store objects.Store
	// Keys are the tags by which owners opt in.
	Keys fleet.TagKeys
	// Own are the prices that the policy gives. They go before AWS's.
	Own fleet.Prices
	// OnDemand are AWS's prices, and Products its price list for what they do not tell, of Fargate. Nil: they are not asked.
	OnDemand OnDemand
	Products pricing.GetProductsAPIClient
	// Advisor is where the Spot advisor's file is, and FargateSpot that of the prices of Fargate tasks on Spot; empty: AWS's own places.
	Advisor, FargateSpot string
	// HTTP fetches them; nil: the standard client.
	HTTP *http.Client
	// Now is the clock; nil: the machine's.
	Now func() time.Time
}

// Reader asks AWS. It is safe for concurrent use.
type Reader struct {
	options  Options
	types    *instancetypes.Reader
	machines *cloud.Clients[*ec2.Client]
	quotas   *cloud.Clients[*servicequotas.Client]

	mu   sync.Mutex
	memo map[string]any // by key: what was read of the store, or asked, last
	mute map[string]mute
}

// New returns a reader. It makes no call.
func New(a *cloud.Access, o Options) *Reader {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTP == nil {
		o.HTTP = http.DefaultClient
	}
	if o.Advisor == "" {
		o.Advisor = advisorURL
	}
	if o.FargateSpot == "" {
		o.FargateSpot = fargateURL
	}
	return &Reader{
		options: o, types: instancetypes.New(a), memo: map[string]any{}, mute: map[string]mute{},
		machines: cloud.NewClients(a, func(c aws.Config) *ec2.Client { return ec2.NewFromConfig(c) }),
		quotas:   cloud.NewClients(a, func(c aws.Config) *servicequotas.Client { return servicequotas.NewFromConfig(c) }),
	}
}

// asking is one market being put together.
type asking struct {
	*Reader
	ctx    context.Context
	scope  fleet.Scope
	now    time.Time
	wanted wanted
	market *market.Market
}

// Of implements hub.Market. Where nothing is opted in it asks nothing.
func (r *Reader) Of(ctx context.Context, scope fleet.Scope, seen *fleet.Snapshot) (*market.Market, error) {
	now := r.options.Now().UTC()
	a := &asking{Reader: r, ctx: ctx, scope: scope, now: now, wanted: r.want(seen), market: &market.Market{Taken: now, OnDemand: r.options.Own}}
	if len(a.wanted.pairs) > 0 {
		a.catalog()
		a.offerings()
		a.onDemand()
		if a.market.Catalog != nil {
			a.spot()
			a.quota()
		}
		a.advised()
	}
	if a.wanted.fargate {
		a.fargate()
	}
	return a.market, ctx.Err()
}

// say notes where a part is from, or why it is not there.
func (a *asking) say(format string, args ...any) {
	a.market.Sources = append(a.market.Sources, fmt.Sprintf(format, args...))
}

// wanted is what the opted-in resources of a snapshot need to know.
type wanted struct {
	pairs    []pair   // types that are bought now, with what they run
	products []string // each once
	zones    []string
	fargate  bool
}

// pair is a type with a product.
type pair struct{ kind, product string }

// want says what is needed to know for a snapshot.
func (r *Reader) want(seen *fleet.Snapshot) (w wanted) {
	for i := range seen.Resources {
		res := &seen.Resources[i]
		if !r.options.Keys.WantsSpot(res.Tags) || res.Launch == nil || res.State == fleet.Gone {
			continue
		}
		switch res.Kind {
		case fleet.ECSService:
			w.fargate = true
		case fleet.EC2Instance, fleet.AutoScalingGroup:
			if res.Product == "" {
				continue // without it nothing can be priced
			}
			for _, kind := range kindsOf(res) {
				w.pairs = append(w.pairs, pair{kind, res.Product})
			}
			w.products, w.zones = append(w.products, res.Product), append(w.zones, res.Launch.Zones...)
		default: // no Spot of it
		}
	}
	slices.SortFunc(w.pairs, func(a, b pair) int { return slices.Compare([]string{a.kind, a.product}, []string{b.kind, b.product}) })
	w.pairs, w.products, w.zones = slices.Compact(w.pairs), unique(w.products), unique(w.zones)
	return w
}

// kindsOf are the types that a resource is measured by: its own, its template's, that of its policy, and those that run.
func kindsOf(res *fleet.Resource) []string {
	kinds := []string{res.Type}
	if t := res.Launch.Template; t != nil {
		kinds = append(kinds, t.Type)
	}
	if m := res.Launch.Mix; m != nil {
		kinds = append(kinds, m.Types...)
	}
	for _, m := range res.Members {
		kinds = append(kinds, m.Type)
	}
	return slices.DeleteFunc(unique(kinds), func(kind string) bool { return kind == "" })
}

func unique(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// onDemand asks what the types cost that could be replaced.
func (a *asking) onDemand() {
	prices := fleet.Prices{}
	if a.options.OnDemand != nil {
		s := &fleet.Snapshot{Taken: a.now}
		for _, p := range a.wanted.pairs {
			s.Resources = append(s.Resources, fleet.Resource{Scope: a.scope, Kind: fleet.EC2Instance, Type: p.kind, Product: p.product})
		}
		listed, err := a.options.OnDemand.Prices(a.ctx, s, a.now)
		for key, rate := range listed {
			prices[key] = rate
		}
		switch {
		case err != nil:
			a.say("on-demand prices: %d of the AWS Price List API, and no more: %v", len(listed), err)
		default:
			a.say("on-demand prices: %d of the AWS Price List API", len(listed))
		}
	}
	for key, rate := range a.options.Own {
		prices[key] = rate
	}
	a.market.OnDemand = prices
}
