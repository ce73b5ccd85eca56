package recount

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
)

// grouping sums the lines of one file by numbers that mean something within it, and names them by what means the same in all.
type grouping[N, K comparable, V any] struct {
	// number is what a line is summed under; false leaves it out.
	number func(row int, milli int64) (N, bool)
	place  func(N) uint32 // as a table has it
	name   func(N) K
	add    func(to *V, row int, milli int64) error
}

// grouped reads the usage of a period once, and brings the sums of its files together.
func grouped[N, K comparable, V any](
	ctx context.Context, e *Engine, p billing.Period, open func(*reader) grouping[N, K, V], merge func(to, from *V),
) (map[K]*V, error) {
	files, err := e.files(export.FOCUS, p)
	if err != nil {
		return nil, err
	}
	total := map[K]*V{}
	var taking sync.Mutex
	_, err = each(ctx, e.workers, files, func(ctx context.Context, f dated) (struct{}, error) {
		sums, name, err := group(ctx, f, spanOf(p), open)
		if err != nil {
			return struct{}{}, err
		}
		taking.Lock()
		defer taking.Unlock()
		for n, v := range sums {
			merged(total, name(n), v, merge)
		}
		return struct{}{}, nil
	})
	return total, err
}

// group sums one file.
func group[N, K comparable, V any](
	ctx context.Context, f dated, s span, open func(*reader) grouping[N, K, V],
) (_ map[N]*V, _ func(N) K, err error) {
	r := newReader(f.File, query.FocusColumns())
	defer func() { err = errors.Join(err, r.Close()) }()
	start, category, class, status := r.times("ChargePeriodStart"), r.words("ChargeCategory"), r.words("ChargeClass"), r.words("CommitmentDiscountStatus")
	g := open(r)
	sums := newTable[N, V](g.place)
	for r.Next() {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		for row := range r.Rows() {
			milli, null := start.at(row)
			if !s.has(milli, null) || category.text(row) != "Usage" || class.at(row) != 0 || status.text(row) == "Unused" {
				continue
			}
			n, counts := g.number(row, milli)
			if !counts {
				continue
			}
			v, _ := sums.at(n)
			if err := g.add(v, row, milli); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", f.Path, err)
			}
		}
	}
	return sums.all, g.name, r.Err()
}

// inOrderOf gives sums in the order of their names.
func inOrderOf[K comparable, V any](sums map[K]*V, compare func(a, b K) int) iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		for _, k := range slices.SortedFunc(maps.Keys(sums), compare) {
			if !yield(k, sums[k]) {
				return
			}
		}
	}
}

// priced is the quantity that FOCUS prices a line by.
type priced struct{ pricing, consumed doubles }

func (r *reader) priced() priced {
	return priced{r.doubles("PricingQuantity"), r.doubles("ConsumedQuantity")}
}

func (p priced) at(row int) (float64, bool) {
	if x, ok := p.pricing.at(row); ok {
		return x, true
	}
	return p.consumed.at(row)
}

// months cuts instants down to their months, one after the other.
type months struct{ last int64 }

func (m *months) of(milli int64) int64 {
	if milli < m.last || milli >= m.last+28*milliOfDay {
		m.last = monthOf(milli)
	}
	return m.last
}
