// Package survey puts the function together that looks at accounts for quarterly reports.
//
// In goes an open hub that enters accounts by the role that only reads; out comes a surveyor with AWS behind its ports. It stands beside package report because what
// writes pages calls methods by name, so that a program that holds both would hold every call of every client: eight megabytes more at each cold start.
// Nothing is decided here.
package survey

import (
	"context"
	"fmt"
	"slices"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/planrates"
	"offpeak/internal/fleet"
	"offpeak/internal/live"
	"offpeak/internal/policy"
	"offpeak/internal/reporting/survey"
	"offpeak/reports/delivery"
)

// Open puts the surveyor together. It asks AWS nothing.
func Open(h *live.Hub, s live.ReportSettings) (*survey.Surveyor, error) {
	if s.Reports == "" {
		return nil, fmt.Errorf("the hub was not deployed with reports: set %s, as the stack does with \"reports\": true", live.ReportsVariable)
	}
	return &survey.Surveyor{
		Policy: func(ctx context.Context) (*policy.Policy, error) {
			p, _, _, err := h.Policies.InForce(ctx)
			return p, err
		},
		Scopes: h.Scopes, Look: look(h), Review: review(h), Rates: rates(h),
		Book: survey.Book{Store: h.Store}, Shelf: delivery.Shelf{Store: bucket.Open(h.Access, s.Reports, "", h.Settings().Region)},
	}, nil
}

// rates asks an account for what its Savings Plans charge, in the policy's regions.
func rates(h *live.Hub) func(context.Context, *policy.Policy, fleet.AccountID, time.Time) ([]billing.PublishedRate, error) {
	return func(ctx context.Context, p *policy.Policy, account fleet.AccountID, since time.Time) ([]billing.PublishedRate, error) {
		h.Enter(p)
		return planrates.Of(ctx, h.Access, account, p.Regions, since)
	}
}

// look lists everything there is, and how it is set up; where AutoSpot is deployed, also how what carries a tag of offpeak's is launched, so that the report can say what
// could move to Spot. Of the rest too much would have to be asked, a call or two for each.
func look(h *live.Hub) func(context.Context, *policy.Policy, fleet.Scope) (fleet.Snapshot, error) {
	return func(ctx context.Context, p *policy.Policy, scope fleet.Scope) (fleet.Snapshot, error) {
		h.Enter(p)
		options := live.OptIn(p.Rules.Keys)
		options.Posture, options.Now = inventory.Postures, h.Now
		if h.Settings().SpotQueue != "" && p.Rules.Keys.Spot != "" {
			options.Keys, options.Launch = append(options.Keys, p.Rules.Keys.Spot), inventory.Launches
		}
		s, err := inventory.New(h.Access, options).Everything(ctx, scope)
		if err != nil {
			return s, err
		}
		p.Prices.Apply(&s)
		for i := range s.Resources {
			if r := &s.Resources[i]; r.Launch != nil && !carries(options, r.Tags) {
				r.Launch = nil // half of it: nobody asked for the rest
			}
		}
		return s, nil
	}
}

// carries reports whether tags have one of the keys by which things are planned.
func carries(o inventory.Options, tags fleet.Tags) bool {
	return slices.ContainsFunc(o.Keys, func(key string) bool {
		_, ok := tags.Get(key)
		return ok
	}) || slices.ContainsFunc(o.Folded, func(key string) bool {
		_, _, ok := tags.GetFold(key)
		return ok
	})
}
