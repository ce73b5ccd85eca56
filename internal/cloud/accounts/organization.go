package accounts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// organization walks down the units that are in. AWS answers the management account and delegated administrators alone, a few calls a second.
type organization struct {
	client   *organizations.Client
	plan     Plan
	walked   map[string]bool // units that were come to, those that are out included
	findings []Finding
}

func newOrganization(a *cloud.Access, p Plan) *organization {
	client := organizations.NewFromConfig(a.Config(fleet.Scope{}))
	return &organization{client: client, plan: p, walked: map[string]bool{}}
}

// read adds the accounts beneath the units that are in to those that are listed, and takes away those that are closed.
func (o *organization) read(ctx context.Context, candidates map[fleet.AccountID]Account) []Finding {
	for _, unit := range slices.Sorted(slices.Values(o.plan.In)) { // of two that lie within each other, the same comes first each time
		name, err := o.name(ctx, unit)
		if err != nil {
			o.fail(unit, "accounts beneath it are not looked into", err)
			continue
		}
		o.walk(ctx, unit, name, candidates)
	}
	for _, unit := range o.plan.Out {
		if o.walked[unit] {
			continue // it was met, and left
		}
		// A unit that lies elsewhere needs no leaving out. One that is not there at all may be misspelt, and accounts are looked into
		// that should not be.
		if _, err := o.name(ctx, unit); err != nil {
			o.fail(unit, "it is to be left out, and nothing could be", err)
		}
	}
	return o.findings
}

// walk takes a unit's accounts, then its units'.
func (o *organization) walk(ctx context.Context, unit, path string, candidates map[fleet.AccountID]Account) {
	if o.walked[unit] {
		return
	}
	o.walked[unit] = true
	if slices.Contains(o.plan.Out, unit) {
		return
	}
	accounts := organizations.NewListAccountsForParentPaginator(o.client, &organizations.ListAccountsForParentInput{ParentId: &unit})
	for accounts.HasMorePages() {
		page, err := accounts.NextPage(ctx)
		if err != nil {
			o.fail(unit, "its accounts are not looked into", err)
			break
		}
		for _, account := range page.Accounts {
			o.take(account, path, candidates)
		}
	}
	units := organizations.NewListOrganizationalUnitsForParentPaginator(o.client, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &unit})
	for units.HasMorePages() {
		page, err := units.NextPage(ctx)
		if err != nil {
			o.fail(unit, "the units beneath it are not looked into", err)
			return
		}
		for _, u := range page.OrganizationalUnits {
			o.walk(ctx, aws.ToString(u.Id), path+"/"+aws.ToString(u.Name), candidates)
		}
	}
}

// take takes an account that is active.
func (o *organization) take(account types.Account, path string, candidates map[fleet.AccountID]Account) {
	taken := Account{ID: fleet.AccountID(aws.ToString(account.Id)), Name: aws.ToString(account.Name), Path: path}
	state := string(account.State)
	if state == "" { // Status was retired on 9 September 2026; stand-ins and partitions that are behind have nothing else
		state = string(account.Status)
	}
	switch state {
	case string(types.AccountStateActive), "": // whether it can be entered is seen when it is
		candidates[taken.ID] = taken
	default:
		delete(candidates, taken.ID)
		o.findings = append(o.findings, Finding{
			Account: taken.ID, Class: failure.Denied, Closed: true,
			Text:   fmt.Sprintf("%s in %s is not looked into: AWS Organizations calls it %s.", capital(taken.named()), path, strings.ToLower(strings.ReplaceAll(state, "_", " "))),
			Remedy: "Nothing, if it is meant to go; otherwise have AWS Support reinstate it, which is possible for 90 days after it was closed.",
		})
	}
}

// name returns what a unit or a root is called.
func (o *organization) name(ctx context.Context, unit string) (string, error) {
	if !strings.HasPrefix(unit, "r-") {
		described, err := o.client.DescribeOrganizationalUnit(ctx, &organizations.DescribeOrganizationalUnitInput{OrganizationalUnitId: &unit})
		if err != nil {
			return "", err
		}
		return aws.ToString(described.OrganizationalUnit.Name), nil
	}
	roots := organizations.NewListRootsPaginator(o.client, &organizations.ListRootsInput{})
	for roots.HasMorePages() {
		page, err := roots.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, root := range page.Roots {
			if aws.ToString(root.Id) == unit {
				return aws.ToString(root.Name), nil
			}
		}
	}
	return "", &failure.Error{Class: failure.Gone, Err: fmt.Errorf("the organization has no root %s", unit)}
}

// fail notes that a unit could not be read.
func (o *organization) fail(unit, consequence string, err error) {
	class := failure.Of(cloud.Classify(err))
	remedy := "It is asked again next time; if it stays so, look at the state of AWS Organizations in the AWS Health Dashboard."
	switch class {
	case failure.Other:
		remedy = "Check the unit's id in the policy (accounts, organization), and that the hub's account belongs to the organization."
	case failure.Gone:
		remedy = "Correct the unit's id in the policy (accounts, organization): the console of AWS Organizations shows it."
	case failure.Denied:
		remedy = "Allow the hub's role organizations:ListAccountsForParent, organizations:ListOrganizationalUnitsForParent, " +
			"organizations:DescribeOrganizationalUnit and organizations:ListRoots, and run the hub in the management account or in a delegated administrator; " +
			"or list the accounts in the policy."
	}
	o.findings = append(o.findings, Finding{Class: class, Text: fmt.Sprintf("Unit %s of the organization cannot be read, so %s: %s.", unit, consequence, said(err)), Remedy: remedy})
}
