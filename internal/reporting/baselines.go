package reporting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
)

// Baselines are the frozen baselines of payers, kept beside the ledger.
type Baselines struct{ Store objects.Store }

func baselinesKey(payer fleet.AccountID) string { return "baselines/" + string(payer) + ".json" }

// Read returns those of a payer; an empty book where none were frozen.
func (b Baselines) Read(ctx context.Context, payer fleet.AccountID) (avoidance.Book, error) {
	book, _, err := b.read(ctx, payer)
	return book, err
}

func (b Baselines) read(ctx context.Context, payer fleet.AccountID) (book avoidance.Book, version objects.Version, err error) {
	data, version, err := b.Store.Read(ctx, baselinesKey(payer))
	if errors.Is(err, objects.ErrNotFound) {
		return book, "", nil
	}
	if err == nil {
		err = json.Unmarshal(data, &book)
	}
	if err == nil {
		err = book.Verify()
	}
	if err != nil {
		return book, "", fmt.Errorf("frozen baselines of %s: %w", payer, err)
	}
	return book, version, nil
}

// Keep keeps a book that was made from what Read returned. Who has no baseline may get one later, from a longer bill; what is frozen stays: where another run has
// frozen others meanwhile the error is objects.ErrExists or objects.ErrChanged, and nothing is kept.
func (b Baselines) Keep(ctx context.Context, payer fleet.AccountID, book avoidance.Book) error {
	book.Baselines = maps.Clone(book.Baselines)
	maps.DeleteFunc(book.Baselines, func(_ fleet.ARN, baseline avoidance.Baseline) bool { return baseline.Origin == avoidance.Unproven })
	data, err := json.MarshalIndent(book, "", " ")
	if err != nil {
		return err
	}
	before, version, err := b.read(ctx, payer)
	if err != nil {
		return err
	}
	switch {
	case version == "":
		_, err = b.Store.Create(ctx, baselinesKey(payer), data)
	case !maps.EqualFunc(before.Baselines, book.Baselines, alike):
		err = stays(before, book)
		if err == nil {
			_, err = b.Store.Replace(ctx, baselinesKey(payer), data, version)
		}
	}
	if err != nil {
		return fmt.Errorf("keep baselines of %s: %w", payer, err)
	}
	return nil
}

func alike(a, b avoidance.Baseline) bool { return a.Hash == b.Hash }

// stays refuses a book in which a baseline is another than it was frozen, or is missing.
func stays(before, book avoidance.Book) error {
	for arn, frozen := range before.Baselines {
		if !alike(frozen, book.Baselines[arn]) {
			return fmt.Errorf("that of %s was frozen meanwhile by another run: %w", arn, objects.ErrChanged)
		}
	}
	return nil
}
