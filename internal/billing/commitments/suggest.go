package commitments

import (
	"slices"

	"github.com/shopspring/decimal"
)

// Less is by how much an hour Savings Plans would better be smaller, in dollars of commitment, and what that would have saved in the mean hour. Unused are what was
// left of the plans in each hour, ratio what a plan charges of the on-demand price. False where smaller plans would have saved nothing.
//
// A dollar less saves a dollar in every hour and costs 1/ratio in those in which it was used, as that use is then paid on demand. So it pays as long as no more than ratio of
// the hours left less than it unused: the quantile of the newsvendor. It is what the hours of the past suggest, of a plan that could be had in any size.
func Less(unused []decimal.Decimal, ratio decimal.Decimal) (less, saves decimal.Decimal, ok bool) {
	one := decimal.NewFromInt(1)
	if len(unused) == 0 || !ratio.IsPositive() || ratio.GreaterThan(one) {
		return less, saves, false
	}
	sorted := slices.Clone(unused)
	slices.SortFunc(sorted, decimal.Decimal.Cmp)
	hours := decimal.NewFromInt(int64(len(sorted)))
	at := min(int(ratio.Mul(hours).IntPart()), len(sorted)-1)
	if less = sorted[at]; !less.IsPositive() {
		return decimal.Decimal{}, saves, false
	}
	lost := decimal.Decimal{}
	for _, u := range sorted[:at] {
		lost = lost.Add(less.Sub(u))
	}
	saves = less.Sub(lost.Div(ratio.Mul(hours)))
	return less, saves, saves.IsPositive()
}
