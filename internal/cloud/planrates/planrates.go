// Package planrates asks AWS what the Savings Plans of an account charge.
//
// In go an account and regions; out come the rates of each plan that was in force since an instant, by usage type and operation, as the AWS CLI's
// describe-savings-plan-rates prints them. Plans are those that the account owns: of another's that cover its usage AWS tells nothing there. It reads, and keeps
// nothing.
package planrates

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/savingsplans"
	"github.com/aws/aws-sdk-go-v2/service/savingsplans/types"

	"offpeak/internal/billing"
	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// home is where AWS answers for plans of every region.
const home = fleet.Region("us-east-1")

// Bounds of a page (Savings Plans API).
const mostPlans, mostRates = 100, 1000

// Of asks for the rates of an account's plans that were in force since an instant, in these regions; none: in all. Rates in another currency than US dollars are left
// out: no bill in dollars rests on them.
func Of(ctx context.Context, a *cloud.Access, account fleet.AccountID, regions []fleet.Region, since time.Time) (all []billing.PublishedRate, err error) {
	client := savingsplans.NewFromConfig(a.Config(fleet.Scope{Account: account, Region: home}))
	plans, err := plansOf(ctx, client, since)
	if err != nil {
		return nil, fmt.Errorf("savingsplans:DescribeSavingsPlans of %s: %w", account, cloud.Classify(err))
	}
	for _, id := range plans {
		rates, err := ratesOf(ctx, client, id, regions)
		if err != nil {
			return nil, fmt.Errorf("savingsplans:DescribeSavingsPlanRates of %s in %s: %w", id, account, cloud.Classify(err))
		}
		all = append(all, rates...)
	}
	return all, nil
}

// plansOf are the ids of the plans that were in force since an instant.
func plansOf(ctx context.Context, c *savingsplans.Client, since time.Time) (ids []string, err error) {
	in := &savingsplans.DescribeSavingsPlansInput{
		MaxResults: aws.Int32(mostPlans), States: []types.SavingsPlanState{types.SavingsPlanStateActive, types.SavingsPlanStateRetired, types.SavingsPlanStatePendingReturn, types.SavingsPlanStateReturned},
	}
	for {
		page, err := c.DescribeSavingsPlans(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, p := range page.SavingsPlans {
			// A plan whose end cannot be read is asked about: more rates than are needed harm nothing.
			if end, err := time.Parse(time.RFC3339, aws.ToString(p.End)); err != nil || end.After(since) {
				ids = append(ids, aws.ToString(p.SavingsPlanId))
			}
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return ids, nil
		}
	}
}

// ratesOf are the rates of one plan.
func ratesOf(ctx context.Context, c *savingsplans.Client, id string, regions []fleet.Region) (rates []billing.PublishedRate, err error) {
	in := &savingsplans.DescribeSavingsPlanRatesInput{SavingsPlanId: aws.String(id), MaxResults: aws.Int32(mostRates)}
	if len(regions) > 0 {
		only := types.SavingsPlanRateFilter{Name: types.SavingsPlanRateFilterNameRegion}
		for _, region := range regions {
			only.Values = append(only.Values, string(region))
		}
		in.Filters = []types.SavingsPlanRateFilter{only}
	}
	for {
		page, err := c.DescribeSavingsPlanRates(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.SearchResults {
			if r.Currency != types.CurrencyCodeUsd {
				continue
			}
			rate, err := money.ParseRate(aws.ToString(r.Rate))
			if err != nil {
				return nil, fmt.Errorf("the rate of %s, %s: %w", aws.ToString(r.UsageType), aws.ToString(r.Operation), err)
			}
			rates = append(rates, billing.PublishedRate{Plan: id, UsageType: aws.ToString(r.UsageType), Operation: aws.ToString(r.Operation), Rate: rate})
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return rates, nil
		}
	}
}
