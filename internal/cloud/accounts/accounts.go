// Package accounts finds the accounts and regions to look into.
//
// In goes a Plan: accounts by their id, units of AWS Organizations in and out, accounts of others with a role of their own, and regions; out come the accounts with
// the role that enters each and the regions to look into, and findings: what cannot be looked into, why, and what to do about it. An account
// that cannot be entered is a finding and no error, so that the others go on, and is never passed over in silence. The result is
// in order of account ids. It enables no region, changes no account, and remembers nothing.
package accounts

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// Plan says which accounts and regions to look into.
type Plan struct {
	// Listed are accounts by their id.
	Listed []fleet.AccountID
	// In and Out are organizational units (ou-...) or roots (r-...) of AWS Organizations: accounts beneath In are looked into, those beneath
	// Out are not, unless they are listed. Without In the organization is not asked.
	In, Out []string
	// Outside are accounts of other organizations, each with a role of its own.
	Outside []Outside
	// Role is the name of the role by which every other account is entered, and ExternalID what it asks for; empty: nothing.
	Role, ExternalID string
	// Read are accounts in which nothing is changed. They are entered by ReadRole, where that is not empty.
	Read     []fleet.AccountID
	ReadRole string
	// Looks says that nothing is changed anywhere: every account is entered by ReadRole where it would be by Role, those outside too.
	Looks bool
	// Own is the account of the base credentials, which is entered with them; empty: it is entered by the role as others are.
	Own fleet.AccountID
	// Partition is that of the roles (aws, aws-cn, ...); empty: aws.
	Partition string
	// Regions are those to look into; none: every region that an account has enabled.
	Regions []fleet.Region
}

// Outside is an account that is entered by a role of its own.
type Outside struct {
	ID   fleet.AccountID
	Role cloud.Role
}

// RoleOf returns the role that enters an account, as cloud.Options asks for it; false where the base credentials do.
func (p Plan) RoleOf(account fleet.AccountID) (cloud.Role, bool) {
	for _, o := range p.Outside {
		if o.ID == account {
			return p.beside(o.Role), true
		}
	}
	if account == p.Own || p.Role == "" {
		return cloud.Role{}, false
	}
	name := p.Role
	if p.ReadRole != "" && (p.Looks || slices.Contains(p.Read, account)) {
		name = p.ReadRole
	}
	return cloud.Role{ARN: "arn:" + cmp.Or(p.Partition, "aws") + ":iam::" + string(account) + ":role/" + name, ExternalID: p.ExternalID}, true
}

// beside is the role that only reads, of an account outside, for who looks; one of another name than Role has none beside it that is known.
func (p Plan) beside(r cloud.Role) cloud.Role {
	if path, named := strings.CutSuffix(r.ARN, "/"+p.Role); named && p.Looks && p.Role != "" && p.ReadRole != "" {
		r.ARN = path + "/" + p.ReadRole
	}
	return r
}

// Account is an account to look into.
type Account struct {
	ID      fleet.AccountID
	Name    string     // as in AWS Organizations; empty where that was not asked
	Path    string     // the names of the units from one of Plan.In down to the account's, with slashes between; empty likewise
	Role    cloud.Role // that enters it; the zero value: the base credentials do
	Outside bool       // of another organization
	Regions []fleet.Region
}

// Finding is something that cannot be looked into.
type Finding struct {
	Account fleet.AccountID // empty: the organization
	Region  fleet.Region    // empty: all of the account
	Class   failure.Class
	Text    string // a sentence
	Remedy  string // another
	// Closed says that the account is on its way out, as its organization knows.
	Closed bool
}

// Found is what there is to look into, and what cannot be.
type Found struct {
	Accounts []Account // by id
	Findings []Finding // by account, region and text
}

// Scopes returns the accounts' regions in order.
func (f Found) Scopes() []fleet.Scope {
	var scopes []fleet.Scope
	for _, a := range f.Accounts {
		for _, r := range a.Regions {
			scopes = append(scopes, fleet.Scope{Account: a.ID, Region: r})
		}
	}
	return scopes
}

// Partial reports whether something may be missing only because AWS did not answer this time: what was known before should not be forgotten.
func (f Found) Partial() bool {
	return slices.ContainsFunc(f.Findings, func(x Finding) bool { return x.Class.Passes() })
}

// atOnce is how many accounts are asked side by side.
const atOnce = 8

// Find asks AWS. Access should enter accounts by the plan's RoleOf. The error is for what makes every answer wrong: no credentials, an account
// id that there is not. A region that there is not is a finding: the others are looked into.
func Find(ctx context.Context, a *cloud.Access, p Plan) (Found, error) {
	if _, err := a.Config(fleet.Scope{}).Credentials.Retrieve(ctx); err != nil {
		return Found{}, fmt.Errorf("find accounts: there are no AWS credentials to begin with: %w", cloud.Classify(err))
	}
	candidates := map[fleet.AccountID]Account{}
	for _, id := range p.Listed {
		candidates[id] = Account{ID: id}
	}
	var found Found
	if len(p.In) > 0 {
		found.Findings = newOrganization(a, p).read(ctx, candidates)
	}
	for _, o := range p.Outside {
		candidates[o.ID] = Account{ID: o.ID, Outside: true}
	}
	for id := range candidates {
		if _, err := fleet.ParseAccountID(string(id)); err != nil {
			return Found{}, fmt.Errorf("find accounts: %w", err)
		}
	}
	known := found.enter(ctx, a, p, candidates)
	if err := ctx.Err(); err != nil {
		return Found{}, fmt.Errorf("find accounts: %w", cloud.Classify(err))
	}
	found.Findings = checkNames(found.Findings, p.Regions, known)
	slices.SortFunc(found.Findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region), cmp.Compare(x.Text, y.Text))
	})
	return found, nil
}

// enter asks each candidate for its regions and keeps those that answer. It returns the names of all regions that were told.
func (f *Found) enter(ctx context.Context, a *cloud.Access, p Plan, candidates map[fleet.AccountID]Account) map[fleet.Region]bool {
	all := make([]Account, 0, len(candidates))
	for _, account := range candidates {
		account.Role, _ = p.RoleOf(account.ID)
		all = append(all, account)
	}
	slices.SortFunc(all, func(x, y Account) int { return cmp.Compare(x.ID, y.ID) })
	answers := make([]answer, len(all))
	asker := newAsker(a, p)
	var wait sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i := range all {
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			answers[i] = asker.ask(ctx, all[i])
		})
	}
	wait.Wait()
	known := map[fleet.Region]bool{}
	for i, answer := range answers {
		f.Findings = append(f.Findings, answer.findings...)
		for _, r := range answer.known {
			known[r] = true
		}
		if answer.entered {
			all[i].Regions = answer.regions
			f.Accounts = append(f.Accounts, all[i])
		}
	}
	return known
}

// named is an account in a sentence.
func (a Account) named() string {
	if a.Name == "" {
		return "account " + string(a.ID)
	}
	return "account " + string(a.ID) + " (" + strings.TrimSpace(a.Name) + ")"
}
