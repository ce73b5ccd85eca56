package commitments

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
)

// Billed is what the bill says of one commitment in one hour.
type Billed struct {
	ID           CommitmentID
	Used, Unused money.USD
}

// Difference is how far replay and bill are apart for one commitment, summed over hours without letting them cancel out.
type Difference struct {
	ID    CommitmentID
	Apart money.USD // each hour's greater difference, of Used or of Unused
	Of    money.USD // billed, Used + Unused
}

// Reconciliation compares replays with the bill, hour by hour. The zero value has seen no hour.
type Reconciliation struct {
	apart, of map[CommitmentID]decimal.Decimal
}

// tolerance is the residual above which a replay does not explain the bill: 0.5 %.
func tolerance() decimal.Decimal { return decimal.New(5, -3) }

// Add takes in one hour. A commitment that only one side knows is apart by all its cost.
func (r *Reconciliation) Add(replayed []Use, billed []Billed) {
	if r.apart == nil {
		r.apart, r.of = map[CommitmentID]decimal.Decimal{}, map[CommitmentID]decimal.Decimal{}
	}
	used, unused := map[CommitmentID]decimal.Decimal{}, map[CommitmentID]decimal.Decimal{}
	for _, u := range replayed {
		used[u.ID] = used[u.ID].Add(number(u.Used))
		unused[u.ID] = unused[u.ID].Add(number(u.Unused))
	}
	for _, b := range billed {
		billedUsed, billedUnused := number(b.Used), number(b.Unused)
		used[b.ID] = used[b.ID].Sub(billedUsed)
		unused[b.ID] = unused[b.ID].Sub(billedUnused)
		r.of[b.ID] = r.of[b.ID].Add(billedUsed).Add(billedUnused)
	}
	for id := range used {
		r.apart[id] = r.apart[id].Add(decimal.Max(used[id].Abs(), unused[id].Abs()))
	}
}

// Differences lists every commitment seen, by id.
func (r *Reconciliation) Differences() []Difference {
	var found []Difference
	for id, apart := range r.apart {
		found = append(found, Difference{ID: id, Apart: usd(apart), Of: usd(r.of[id])})
	}
	slices.SortFunc(found, func(a, b Difference) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// Residual is what the replay does not explain, as a share of the billed commitments, rounded to ten places. False when they
// differ and nothing was billed, or no hour was seen.
func (r *Reconciliation) Residual() (decimal.Decimal, bool) {
	apart, of := decimal.Zero, decimal.Zero
	for id := range r.apart {
		apart, of = apart.Add(r.apart[id]), of.Add(r.of[id])
	}
	switch {
	case r.apart == nil:
		return decimal.Zero, false
	case of.IsPositive():
		return apart.DivRound(of, 10), true
	default:
		return decimal.Zero, apart.IsZero()
	}
}

// Claim returns nil when the replay explains the bill to within 0.5 %. Else it says why there is no adjusted figure: contracted
// and list values may still be shown.
func (r *Reconciliation) Claim() error {
	residual, known := r.Residual()
	switch {
	case r.apart == nil:
		return fmt.Errorf("no adjusted claim: no billed hour was replayed")
	case !known:
		return fmt.Errorf("no adjusted claim: commitments were replayed of which the bill says nothing")
	case residual.Cmp(tolerance()) > 0:
		return fmt.Errorf("no adjusted claim: the replay misses the bill's commitments by %s %%, more than %s %%",
			residual.Shift(2).StringFixed(2), tolerance().Shift(2))
	default:
		return nil
	}
}
