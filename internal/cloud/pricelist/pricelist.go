// Package pricelist gets on-demand prices from the AWS Price List Query API, and keeps them.
//
// In goes a snapshot; out come prices for those of its types and products whose price is not known yet: EC2 instances by their platform details,
// instances of RDS, Aurora, DocumentDB and Neptune by their engine. Prices are kept under prices/<region>/<date>.json with the day on which they were asked
// and AWS's day of publication, and are asked again after seven days. What AWS tells no single price for stays unknown: Spot, Fargate (a snapshot
// tells no task sizes), serverless databases, licences that have two prices, other currencies. Shared tenancy and Aurora's standard storage are assumed;
// dedicated hardware and I/O-Optimized cost more, so avoidance is never overstated by it.
package pricelist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/objects"
)

// Source is where the prices come from, for what prints them.
const Source = "AWS Price List API, on-demand"

// freshFor is how long a price is taken without asking again, and keptFor how long it is kept when nothing asks for it.
const (
	freshFor = 7 * 24 * time.Hour
	keptFor  = 90 * 24 * time.Hour
)

// Who waits for prices waits for something more important. Of an API that does not answer, or may not be asked, nothing more is asked for a while.
const (
	callFor     = 2 * time.Second
	silentAfter = time.Hour
)

// Book is a price book in a store. The zero value with a store and a client is ready. It is safe for concurrent use.
type Book struct {
	Store  objects.Store
	Client pricing.GetProductsAPIClient
	// Lent says that the store is one in which who asks may only read: what may not be written there is not kept, and that is no error.
	Lent bool
	// Patience is how long AWS is asked in one go; what is left then is asked the next time. Zero: until all is asked.
	Patience time.Duration

	mu     sync.Mutex
	pages  map[fleet.Region]page // as last read or written
	silent time.Time             // until when AWS is not asked
}

// NewClient returns a client of the API. Only three regions have it; the nearest to home is taken. It asks once, and never again by itself.
func NewClient(a *cloud.Access, home fleet.Region) *pricing.Client {
	return pricing.NewFromConfig(a.Config(fleet.Scope{Region: endpoint(home)}), func(o *pricing.Options) { o.Retryer = aws.NopRetryer{} })
}

// endpoint returns the region near another that has the API (AWS Billing user guide, using the Price List Query API).
func endpoint(home fleet.Region) fleet.Region {
	switch area, _, _ := strings.Cut(string(home), "-"); area {
	case "ap":
		return "ap-south-1"
	case "eu", "af", "il", "me":
		return "eu-central-1"
	default:
		return "us-east-1"
	}
}

// Quote is what AWS told of a key.
type Quote struct {
	Key fleet.PriceKey
	// Price is unknown where Why says so.
	Price fleet.Price
	Why   string
	// Asked is when AWS was asked; zero where it was not. Published is when AWS had published the list.
	Asked, Published time.Time
	SKU              string
}

// Stale reports whether the quote is older than it should be: AWS could not be asked again.
func (q Quote) Stale(now time.Time) bool { return q.Price.Known && now.Sub(q.Asked) > freshFor }

// Quotes returns what is known of each key that the snapshot has no price for, in order of region, type and product. When AWS does
// not answer, or the store does not, there is an error, and quotes all the same: the older ones, by which to go on. The error of an API that failed
// is returned once: it is not asked again for an hour.
func (b *Book) Quotes(ctx context.Context, s *fleet.Snapshot, now time.Time) ([]Quote, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var quotes []Quote
	var errs []error
	asking := ctx // ends with our patience, and what was learned until then is kept all the same
	if b.Patience > 0 {
		until, stop := context.WithTimeout(ctx, b.Patience)
		defer stop()
		asking = until
	}
	wanted := keysOf(s)
	for len(wanted) > 0 {
		n := 1
		for n < len(wanted) && wanted[n].Region == wanted[0].Region {
			n++
		}
		found, err := b.region(ctx, asking, wanted[0].Region, wanted[:n], now)
		quotes = append(quotes, found...)
		if err != nil {
			errs = append(errs, fmt.Errorf("prices of %s: %w", wanted[0].Region, err))
		}
		wanted = wanted[n:]
	}
	return quotes, errors.Join(errs...)
}

// Prices returns the known prices for the snapshot's keys. With an error come those that are known all the same, by which to go on: a missing
// price bars nothing.
func (b *Book) Prices(ctx context.Context, s *fleet.Snapshot, now time.Time) (fleet.Prices, error) {
	quotes, err := b.Quotes(ctx, s, now)
	prices := fleet.Prices{}
	for _, q := range quotes {
		if q.Price.Known {
			prices[q.Key] = q.Price.Rate
		}
	}
	return prices, err
}

// region answers for the keys of one region.
func (b *Book) region(ctx, asking context.Context, region fleet.Region, wanted []fleet.PriceKey, now time.Time) ([]Quote, error) {
	questions := map[fleet.PriceKey]question{}
	quotes := make([]Quote, len(wanted))
	for i, key := range wanted {
		q, why := questionOf(key)
		if quotes[i] = (Quote{Key: key, Why: why}); why == "" {
			questions[key] = q
		}
	}
	if len(questions) == 0 {
		return quotes, nil
	}
	known, err := b.page(ctx, region, questions, now)
	var errs []error
	if err != nil {
		errs = append(errs, err) // a store that does not answer is no reason not to ask AWS
	}
	changed, err := b.askAll(asking, wanted, questions, &known, now)
	if err != nil {
		errs = append(errs, err)
	}
	if changed {
		if err := b.save(ctx, region, &known, now); err != nil && (!b.Lent || failure.Of(err) != failure.Denied) {
			errs = append(errs, err)
		}
	}
	if b.pages == nil {
		b.pages = map[fleet.Region]page{}
	}
	b.pages[region] = known
	for i, q := range quotes {
		if _, asked := questions[q.Key]; !asked {
			continue
		}
		if kept, ok := known.quotes[q.Key]; ok {
			quotes[i] = kept
		} else {
			quotes[i].Why = "AWS could not be asked yet"
		}
	}
	return quotes, errors.Join(errs...)
}

// askAll asks AWS for what is not known, or not freshly, until all is known, patience ends or AWS fails.
func (b *Book) askAll(ctx context.Context, wanted []fleet.PriceKey, questions map[fleet.PriceKey]question, known *page, now time.Time) (changed bool, _ error) {
	for _, key := range wanted {
		question, ask := questions[key]
		if !ask || known.fresh(key, now) {
			continue
		}
		if now.Before(b.silent) || ctx.Err() != nil {
			break
		}
		call, stop := context.WithTimeout(ctx, callFor)
		quote, err := b.ask(call, question, now)
		stop()
		if err != nil && changed && ctx.Err() != nil {
			break // it answers, and there was no more time
		}
		if err != nil {
			b.silent = now.Add(silentAfter) // the next call would meet the same
			return changed, err
		}
		quote.Key = key
		known.put(quote)
		changed = true
	}
	return changed, nil
}

// ask asks AWS.
func (b *Book) ask(ctx context.Context, q question, now time.Time) (Quote, error) {
	quote := Quote{Asked: now.UTC()}
	pages := pricing.NewGetProductsPaginator(b.Client, q.input())
	var rates []money.Rate
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return Quote{}, explain(q, err)
		}
		for _, text := range page.PriceList {
			p, err := parseProduct([]byte(text))
			if err != nil {
				return Quote{}, fmt.Errorf("ask AWS for the price of %s: %w", q, err)
			}
			rate, ok := p.hourly(now)
			if !ok || !q.fits(p) {
				continue
			}
			if !slices.ContainsFunc(rates, rate.Equal) {
				rates = append(rates, rate)
			}
			quote.SKU, quote.Published = p.Product.SKU, p.Published
		}
	}
	switch len(rates) {
	case 1:
		quote.Price = fleet.Price{Rate: rates[0], Known: true}
		return quote, nil
	case 0:
		quote.Why = "AWS's list has no such product"
	default:
		slices.SortFunc(rates, money.Rate.Cmp)
		quote.Why = fmt.Sprintf("AWS's list has %d prices for it, from %s to %s: what tells them apart is not known of the resource", len(rates), rates[0], rates[len(rates)-1])
	}
	quote.SKU, quote.Published = "", time.Time{}
	return quote, nil
}

func explain(q question, err error) error {
	classified := cloud.Classify(err)
	if failure.Of(classified) == failure.Denied {
		return fmt.Errorf("ask AWS for the price of %s: the hub's role needs pricing:GetProducts: %w", q, classified)
	}
	return fmt.Errorf("ask AWS for the price of %s: %w", q, classified)
}

// keysOf returns the keys that a snapshot has no price for, in order.
func keysOf(s *fleet.Snapshot) []fleet.PriceKey {
	seen := map[fleet.PriceKey]bool{}
	for i := range s.Resources {
		r := &s.Resources[i]
		if r.Price.Known || r.Lifecycle != fleet.OnDemand {
			continue
		}
		if len(r.Members) == 0 && r.Type != "" {
			seen[fleet.PriceKey{Region: r.Scope.Region, Type: r.Type, Product: r.Product, MultiAZ: r.MultiAZ}] = true
		}
		for _, m := range r.Members {
			seen[fleet.PriceKey{Region: r.Scope.Region, Type: m.Type, Product: r.Product}] = true
		}
	}
	keys := make([]fleet.PriceKey, 0, len(seen))
	for key := range seen {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, compareKeys)
	return keys
}

func compareKeys(x, y fleet.PriceKey) int {
	return cmp.Or(cmp.Compare(x.Region, y.Region), cmp.Compare(x.Type, y.Type), cmp.Compare(x.Product, y.Product), compareBools(x.MultiAZ, y.MultiAZ))
}

func compareBools(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}
