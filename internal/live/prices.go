package live

import (
	"context"
	"fmt"
	"time"

	"offpeak/internal/cloud/pricelist"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
)

// patience is how long a sweep waits for prices. They decide nothing.
const patience = 3 * time.Second

// Prices fills in what nobody has given a price for, by AWS's price list. The list is asked by the hub itself, or by who types a command, and kept
// in the hub's store for a week.
type Prices struct {
	book *pricelist.Book
	now  func() time.Time
}

// Prices returns prices that are kept in a store. wait is how long AWS is asked in one go; zero: until all is known.
func (h *Hub) Prices(store objects.Store, wait time.Duration) *Prices {
	client := pricelist.NewClient(h.Access, h.settings.Region)
	return &Prices{&pricelist.Book{Store: store, Client: client, Patience: wait, Lent: h.settings.Looks}, h.now}
}

// Price implements optimizer.Pricer: it sets the prices that a snapshot lacks, and says where they are from, or why there are none.
func (p *Prices) Price(ctx context.Context, s *fleet.Snapshot) []plan.Finding {
	now := p.now()
	quotes, err := p.book.Quotes(ctx, s, now)
	prices := fleet.Prices{}
	var first, last time.Time
	stale := 0
	for _, q := range quotes {
		if !q.Price.Known {
			continue
		}
		prices[q.Key] = q.Price.Rate
		if first.IsZero() || q.Asked.Before(first) {
			first = q.Asked
		}
		if q.Asked.After(last) {
			last = q.Asked
		}
		if q.Stale(now) {
			stale++
		}
	}
	prices.Apply(s)
	var findings []plan.Finding
	if len(prices) > 0 {
		why := fmt.Sprintf("%d prices are those of the %s, asked %s", len(prices), pricelist.Source, days(first, last))
		if stale > 0 {
			why += fmt.Sprintf("; %d of them are older than a week", stale)
		}
		findings = append(findings, plan.Finding{Code: plan.ListPrices, Why: why})
	}
	if err != nil {
		findings = append(findings, plan.Finding{Code: plan.NoPrices, Why: "no prices: " + err.Error()})
	}
	return findings
}

func days(first, last time.Time) string {
	from, to := first.UTC().Format(time.DateOnly), last.UTC().Format(time.DateOnly)
	if from == to {
		return from
	}
	return from + " to " + to
}
