package survey

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// Book is what surveys found, in a store: survey/quarter=2026Q3/account=111122223333/region=eu-west-1.json, and what of the quarter is missing.
type Book struct{ Store objects.Store }

const root = "survey/"

func folder(quarter string) string { return root + "quarter=" + quarter + "/" }

func accountFolder(quarter string, account fleet.AccountID) string {
	return folder(quarter) + "account=" + string(account) + "/"
}

func key(quarter string, scope fleet.Scope) string {
	return accountFolder(quarter, scope.Account) + "region=" + string(scope.Region) + ".json"
}

func missingKey(quarter string) string { return folder(quarter) + "missing.json" }

// Missing is something that could not be looked at.
type Missing struct {
	Account fleet.AccountID `json:"account"`
	// Region is empty where the account could not be entered at all.
	Region fleet.Region `json:"region,omitempty"`
	// Of is empty for the inventory, and says else what is missing.
	Of    string        `json:"of,omitempty"`
	Class failure.Class `json:"class"`
	Why   string        `json:"why"`
}

// place is what is missing, in a word.
func (m Missing) place() string {
	if m.Region == "" {
		return string(m.Account)
	}
	return fleet.Scope{Account: m.Account, Region: m.Region}.String()
}

// missing is the form in which they are kept.
type missing struct {
	Format  string    `json:"format"`
	Missing []Missing `json:"missing"`
}

const missingFormat = "offpeak-survey-missing/1"

// Taken are the scopes that were looked at for a quarter.
func (b Book) Taken(ctx context.Context, quarter string) (map[fleet.Scope]bool, error) {
	taken := map[fleet.Scope]bool{}
	for k, err := range b.Store.List(ctx, folder(quarter)+"account=") {
		if err != nil {
			return nil, fmt.Errorf("which inventory of %s there is: %w", quarter, err)
		}
		account, region, ok := strings.Cut(strings.TrimPrefix(k, folder(quarter)+"account="), "/region=")
		if name, is := strings.CutSuffix(region, ".json"); ok && is {
			taken[fleet.Scope{Account: fleet.AccountID(account), Region: fleet.Region(name)}] = true
		}
	}
	return taken, nil
}

// Keep keeps what was seen of a scope. What is there already stays: the first look is the nearest to the quarter's end.
func (b Book) Keep(ctx context.Context, quarter string, scope fleet.Scope, seen *fleet.Snapshot) error {
	data, err := json.Marshal(seen)
	if err != nil {
		return fmt.Errorf("inventory of %s: %w", scope, err)
	}
	if _, err := b.Store.Create(ctx, key(quarter, scope), data); err != nil && !errors.Is(err, objects.ErrExists) {
		return fmt.Errorf("keep the inventory of %s: %w", scope, err)
	}
	return nil
}

// Miss keeps what a run could not look at, in place of what the run before said.
func (b Book) Miss(ctx context.Context, quarter string, all []Missing) error {
	data, err := json.Marshal(missing{missingFormat, all})
	if err != nil {
		return err
	}
	before, version, err := b.Store.Read(ctx, missingKey(quarter))
	switch {
	case errors.Is(err, objects.ErrNotFound) && len(all) > 0:
		_, err = b.Store.Create(ctx, missingKey(quarter), data)
	case errors.Is(err, objects.ErrNotFound):
		err = nil
	case err == nil && !bytes.Equal(before, data):
		_, err = b.Store.Replace(ctx, missingKey(quarter), data, version)
	}
	if err != nil && !errors.Is(err, objects.ErrExists) && !errors.Is(err, objects.ErrChanged) { // another run says its own
		return fmt.Errorf("keep what of the inventory of %s is missing: %w", quarter, err)
	}
	return nil
}

// missed reads what is missing of a quarter.
func (b Book) missed(ctx context.Context, quarter string) ([]Missing, error) {
	data, _, err := b.Store.Read(ctx, missingKey(quarter))
	if errors.Is(err, objects.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("what of the inventory of %s is missing: %w", quarter, err)
	}
	var m missing
	if err := json.Unmarshal(data, &m); err != nil || m.Format != missingFormat {
		return nil, nil // then only that it is missing is known, not why
	}
	return m.Missing, nil
}

// Of returns the inventory of accounts as it was seen for a quarter, a snapshot a scope; none where nobody has looked at any of them. What is missing of
// them, or cannot be read, stands in the Gaps of one, each with account and region before it: no report fails for it.
func (b Book) Of(ctx context.Context, quarter string, accounts []fleet.AccountID) (all []fleet.Snapshot, err error) {
	var gaps []string
	missed, err := b.missed(ctx, quarter)
	if err != nil {
		return nil, err
	}
	for _, account := range accounts {
		seen, left, err := b.account(ctx, quarter, account)
		if err != nil {
			return nil, err
		}
		all, gaps = append(all, seen...), append(gaps, left...)
		told := len(seen)+len(left) > 0
		for _, m := range missed {
			if m.Account == account && m.Of == "" {
				gaps, told = append(gaps, fmt.Sprintf("%s: not looked at (%s)", m.place(), m.Class)), true
			}
		}
		if !told {
			gaps = append(gaps, string(account)+": not looked at, as the policy names it nowhere")
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	all[0].Gaps = append(all[0].Gaps, gaps...)
	return all, nil
}

// account reads the snapshots of an account, and tells of those that cannot be understood.
func (b Book) account(ctx context.Context, quarter string, account fleet.AccountID) (all []fleet.Snapshot, left []string, err error) {
	for k, err := range b.Store.List(ctx, accountFolder(quarter, account)) {
		if err != nil {
			return nil, nil, fmt.Errorf("inventory of %s: %w", account, err)
		}
		data, _, err := b.Store.Read(ctx, k)
		if err != nil {
			return nil, nil, fmt.Errorf("inventory of %s: %w", account, err)
		}
		seen, err := fleet.ReadSnapshot(bytes.NewReader(data))
		if err != nil {
			_, region, _ := strings.Cut(k, "/region=")
			left = append(left, fmt.Sprintf("%s/%s: what was kept cannot be read", account, strings.TrimSuffix(region, ".json")))
			continue
		}
		all = append(all, seen)
	}
	return all, left, nil
}

// sorted puts what is missing in order, each once.
func sorted(all []Missing) []Missing {
	slices.SortFunc(all, func(a, b Missing) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Of, b.Of), cmp.Compare(a.Why, b.Why))
	})
	return slices.CompactFunc(all, func(a, b Missing) bool { return a.Account == b.Account && a.Region == b.Region && a.Of == b.Of })
}
