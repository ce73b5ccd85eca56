// Package kept reads what AutoSpot keeps of the market in the hub's store: instance types, where they can be had, what they cost on demand and on Spot,
// and how often AWS says that they are interrupted.
//
// In go a store, a scope and an instant; out comes the market.Market of that scope, with the day of which it is. What was asked too long before the
// instant is left out, and how old it is is told: who reads here may not ask AWS, and old prices must not pass for those of today. The forms of the
// objects stand here too, for those who write them. The package asks AWS nothing and writes nothing.
package kept

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
	"offpeak/internal/objects"
)

// Format is that of all objects of the market but those of on-demand prices.
const Format = "offpeak-market/1"

// How long before an instant something may have been asked to count as of it. What Spot costs AutoSpot asks daily, and it is another every day: a week
// without is a market at which nobody looks any more. What instance types are, and what they cost on demand, AWS seldom changes.
const (
	Reach     = 7 * 24 * time.Hour
	LongReach = 31 * 24 * time.Hour
)

// Record is an object: what was asked, and when.
type Record[T any] struct {
	Format string    `json:"format"`
	Asked  time.Time `json:"asked"`
	Value  T         `json:"value"`
}

// Prices are Spot prices: of each pool the instants of its changes, in order, with what it cost from then on, and the types and products that were asked for.
type Prices struct {
	Types    []string `json:"types"`
	Products []string `json:"products"`
	Pools    []Pool   `json:"pools"`
	// Zones are the account's names of zones by their ids, by which placement scores are told.
	Zones map[string]string `json:"zones,omitempty"`
}

// Pool is what one pool cost.
type Pool struct {
	market.Pool
	Points []market.Point `json:"points"`
}

// Band is what the Spot advisor says of a type in the region.
type Band struct {
	OS      string `json:"os"`
	Type    string `json:"type"`
	Band    int    `json:"band"`
	Savings int    `json:"savings"`
}

// Meters are what the meters of Fargate cost in a region.
type Meters map[string]money.Rate

// The parts of a region, and those of an account in it: accounts name their zones as they like.
const (
	Types         = "types"
	Advisor       = "advisor"
	FargateListed = "fargate-on-demand"
	FargateSpot   = "fargate-spot"
	Offerings     = "offerings"
	Spot          = "spot"
	Quotas        = "quotas"
	Scores        = "scores"
)

// Key is where a part of a region is kept.
func Key(region fleet.Region, part string) string {
	return fmt.Sprintf("market/%s/%s.json.gz", region, part)
}

// OwnKey is where a part of an account in a region is kept.
func OwnKey(scope fleet.Scope, part string) string {
	return fmt.Sprintf("market/%s/%s/%s.json.gz", scope.Region, scope.Account, part)
}

// Parse reads an object. One that is somebody else's, or broken, is an error.
func Parse[T any](data []byte) (r Record[T], err error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return Record[T]{}, err
	}
	text, err := io.ReadAll(unzipped)
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err == nil && r.Format != Format {
		err = fmt.Errorf("its format is %.40q, this offpeak reads %q", r.Format, Format)
	}
	if err != nil {
		return Record[T]{}, err
	}
	return r, nil
}

// Market is what a store holds of a scope's market.
type Market struct {
	// Market is what is of the instant; its Taken is the earliest of the instants at which Spot prices were asked; zero where
	// they are the policy's alone.
	market.Market
	// Old is when Spot prices were asked last where that is too long ago; zero: they are of the instant, or nobody has ever asked.
	Old time.Time
}

// Priced reports whether anything is known of what Spot costs.
func (m *Market) Priced() bool { return len(m.Spot) > 0 || len(m.Fargate) > 0 }

// Read reads the market of a scope as it was known at an instant. Own are the prices of the policy, which go before AWS's. What is not there, or cannot
// be read, is not known, and stands so in the Sources; an error is the store's own.
func Read(ctx context.Context, store objects.Store, scope fleet.Scope, own fleet.Prices, at time.Time) (*Market, error) {
	r := &reading{ctx: ctx, store: store, at: at, read: &Market{}}
	m := &r.read.Market
	if prices := part[Prices](r, OwnKey(scope, Spot), "Spot prices", Reach); len(prices.Pools) > 0 {
		m.Spot = market.History{}
		for _, p := range prices.Pools {
			m.Spot[p.Pool] = p.Points
		}
	}
	meters := part[Meters](r, Key(scope.Region, FargateListed), "prices of Fargate on demand", LongReach)
	onSpot := part[Meters](r, Key(scope.Region, FargateSpot), "prices of Fargate on Spot", Reach)
	m.Fargate = fargate(scope.Region, own, meters, onSpot)
	if !r.read.Priced() || r.err != nil {
		return r.read, r.err
	}
	if specs := part[[]market.Spec](r, Key(scope.Region, Types), "instance types", LongReach); len(specs) > 0 {
		m.Catalog = market.NewCatalog(specs...)
	}
	m.Offerings = part[market.Offerings](r, OwnKey(scope, Offerings), "zones", LongReach)
	if bands := part[[]Band](r, Key(scope.Region, Advisor), "rates of interruption", LongReach); len(bands) > 0 {
		m.Advised = market.Advised{}
		for _, b := range bands {
			m.Advised[market.AdvisedKey{Region: scope.Region, OS: b.OS, Type: b.Type}] = market.Odds{Band: b.Band, Savings: b.Savings}
		}
	}
	m.OnDemand = r.onDemand(scope.Region, own)
	return r.read, r.err
}

// fargate are the prices of tasks; none where nobody has told those of Spot.
func fargate(region fleet.Region, own fleet.Prices, told ...Meters) []market.FargatePrice {
	prices := fleet.Prices{}
	for _, meters := range told {
		for meter, rate := range meters {
			prices[fleet.PriceKey{Region: region, Type: meter}] = rate
		}
	}
	for key, rate := range own {
		if _, is := market.FargateMeter(key.Type); is && key.Region == region {
			prices[key] = rate
		}
	}
	return market.FargateOf(prices)
}

// reading is one market being read.
type reading struct {
	ctx   context.Context
	store objects.Store
	at    time.Time
	read  *Market
	err   error
}

// part reads one object, if it was asked within a reach of the instant. Those of the shorter one tell what Spot costs, and of which day the market is.
func part[T any](r *reading, key, what string, reach time.Duration) (value T) {
	data, _, err := r.store.Read(r.ctx, key)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		r.say("no %s are kept", what)
		return value
	case err != nil:
		r.err = errors.Join(r.err, fmt.Errorf("read %s: %w", key, err))
		return value
	}
	record, err := Parse[T](data)
	if err != nil {
		r.say("no %s: what is kept in %s cannot be read", what, key)
		return value
	}
	prices := reach == Reach
	if r.at.Sub(record.Asked).Abs() > reach {
		r.say("no %s: AutoSpot asked for them last on %s", what, record.Asked.UTC().Format(time.DateOnly))
		if prices && record.Asked.Before(r.at) && record.Asked.After(r.read.Old) {
			r.read.Old = record.Asked
		}
		return value
	}
	if prices && (r.read.Taken.IsZero() || record.Asked.Before(r.read.Taken)) {
		r.read.Taken = record.Asked
	}
	r.say("%s: asked by AutoSpot on %s", what, record.Asked.UTC().Format("2006-01-02 15:04 UTC"))
	return record.Value
}

// say notes where a part is from, or why it is not there.
func (r *reading) say(format string, values ...any) {
	r.read.Sources = append(r.read.Sources, fmt.Sprintf(format, values...))
}
