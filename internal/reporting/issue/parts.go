package issue

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger/compact"
	"offpeak/internal/policy"
	"offpeak/internal/reporting"
	"offpeak/internal/reporting/survey"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

// input brings together what a report is made of. The inventory is the one that was kept for the quarter.
func (i *Issuer) input(ctx context.Context, p *policy.Policy, t policy.Tenant, quarter string) (*reporting.Input, error) {
	period, err := reporting.PeriodOf(quarter)
	if err != nil {
		return nil, err
	}
	if err := i.Catch(ctx, t.Payer, period.From.AddDate(0, -3, 0), period.To); err != nil {
		return nil, err
	}
	in := &reporting.Input{Policy: p, Quarter: quarter, Issued: i.Now().UTC().Truncate(time.Second), Entries: compact.Book{Store: i.Store}.Until(ctx, period.To)}
	if in.Bill, err = i.Open(ctx, t.Payer, quarter); err != nil {
		return nil, err
	}
	in.Bill.RatesOf = func(ctx context.Context, accounts []fleet.AccountID) ([]billing.PublishedRate, error) {
		if !slices.Contains(accounts, t.Payer) { // it may own plans and use nothing
			accounts = append(slices.Clone(accounts), t.Payer)
		}
		return survey.Book{Store: i.Store}.Rates(ctx, quarter, accounts)
	}
	if in.Book, err = (reporting.Baselines{Store: i.Store}).Read(ctx, t.Payer); err != nil {
		return nil, err
	}
	in.Survey = func(ctx context.Context, accounts []fleet.AccountID) ([]fleet.Snapshot, error) {
		return survey.Book{Store: i.Store}.Of(ctx, quarter, accounts)
	}
	if i.Spot {
		in.Kept = i.Store
	}
	return in, i.earlier(ctx, t.Payer, in)
}

// sameStock has a report tell of the inventory that the one before it told of, and of what Spot would cost of it as that did, or of none as that did: what was looked at
// since would make another report of the same bill.
func (i *Issuer) sameStock(ctx context.Context, in *reporting.Input, last delivery.ID) error {
	in.Survey, in.Kept = nil, nil
	m, err := i.Shelf.Manifest(ctx, last)
	if err != nil {
		return err
	}
	if m.SHA256(reporting.OffersFile) != "" {
		data, err := i.Shelf.File(ctx, &m, reporting.OffersFile)
		if err == nil {
			in.Offers, err = reporting.ReadOffers(data)
		}
		if err != nil {
			return fmt.Errorf("%s%s: %w", m.Folder, reporting.OffersFile, err)
		}
	}
	if m.SHA256(reporting.InventoryFile) == "" {
		return nil
	}
	data, err := i.Shelf.File(ctx, &m, reporting.InventoryFile)
	if err != nil {
		return err
	}
	seen, err := fleet.ReadSnapshot(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s%s: %w", m.Folder, reporting.InventoryFile, err)
	}
	in.Snapshots = []fleet.Snapshot{seen}
	return nil
}

// trend is how many quarters before a report looks back at.
const trend = 8

// earlier reads the reports of quarters before, the last one of each, and the one of this quarter that is to be replaced.
func (i *Issuer) earlier(ctx context.Context, payer fleet.AccountID, in *reporting.Input) error {
	ids, err := i.Shelf.Of(ctx, payer)
	if err != nil {
		return err
	}
	quarters := map[string]bool{}
	for _, id := range ids {
		if id.Quarter <= in.Quarter { // names of quarters sort as they follow each other
			quarters[id.Quarter] = true
		}
	}
	names := slices.Sorted(maps.Keys(quarters))
	for _, name := range names[max(0, len(names)-trend-1):] {
		last, err := i.Shelf.Last(ctx, payer, name)
		if err != nil {
			return err
		}
		m, err := i.Shelf.Manifest(ctx, last)
		if err != nil {
			return err
		}
		r, hash, err := i.Shelf.Report(ctx, &m)
		if err != nil {
			return err
		}
		in.Earlier = append(in.Earlier, r)
		if name == in.Quarter {
			in.Replaces, in.ReplacesSHA256 = r, hash
		}
	}
	return nil
}

// changedSince tells whether another delivery is there of what a report was made of, and names those that are there.
func changedSince(was, now []reports.Manifest) (version string, changed bool) {
	known := map[string]string{}
	for _, m := range was {
		known[m.Export+" "+m.Month] = m.SHA256
	}
	var all []string
	for _, m := range now {
		all = append(all, m.Export+" "+m.Month+" "+m.SHA256)
		changed = changed || known[m.Export+" "+m.Month] != m.SHA256
	}
	slices.Sort(all)
	return delivery.HashOf([]byte(strings.Join(all, "\n"))), changed
}
