package main

import (
	"context"
	"errors"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
)

// policyOf is the policy that was named, else the hub's where the ledger is one's, else offpeak.yaml here.
func (f *reportFlags) policyOf(ctx context.Context) (*policy.Policy, error) {
	if _, remote, err := placeInS3("--ledger", f.ledger); err != nil || !remote || f.policyNamed {
		return loadNamed(err, f.policyFile)
	}
	store, err := f.openLedger(ctx)
	if err != nil {
		return nil, err
	}
	if _, _, err := store.Read(ctx, hub.CurrentPolicy); errors.Is(err, objects.ErrNotFound) {
		return loadPolicy(f.policyFile)
	}
	held, _, err := readPolicy(ctx, &site{store: store})
	return held, err
}

// loadNamed loads a policy file, unless something was wrong before.
func loadNamed(err error, file string) (*policy.Policy, error) {
	if err != nil {
		return nil, err
	}
	return loadPolicy(file)
}

// payerOf is the payer of a tenant, by its name or by its account; empty where none is named.
func payerOf(p *policy.Policy, tenant string) fleet.AccountID {
	for _, t := range p.Tenants {
		if t.Name == tenant {
			return t.Payer
		}
	}
	return fleet.AccountID(tenant)
}

// unknownTenant says whom a report could be of.
func unknownTenant(p *policy.Policy, tenant, bill string, payers []fleet.AccountID) error {
	var known []string
	for _, t := range p.Tenants {
		if t.Name == tenant {
			return usagef("--tenant %s: the bill in %s has no rows of its payer %s; it has those of %s", tenant, bill, t.Payer, joined(payers))
		}
		known = append(known, t.Name)
	}
	names := "the policy names no tenants"
	if len(known) > 0 {
		names = "the policy's tenants are " + joined(known)
	}
	return usagef("--tenant: %.40s is no tenant and no payer; %s, and the bill has the payers %s", tenant, names, joined(payers))
}
