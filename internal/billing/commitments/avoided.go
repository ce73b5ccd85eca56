package commitments

import (
	"math/big"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
)

// Avoidance is what usage avoided within one payer's hour was worth.
type Avoidance struct {
	Contracted money.USD // at contracted on-demand prices: what it would be worth without commitments
	Adjusted   money.USD // bill(kept + avoided) - bill(kept)
	Wasted     money.USD // commitment that the avoided usage would have used: unused(kept) - unused(kept + avoided)
	Kept       []Use     // what became of the commitments in the hour as it was, by id
}

// Avoid replays the hour with and without the avoided usage. Lines of one account, key, SKU, zone and price are added up first, so a
// resource's avoided minutes join those it ran, and a negative quantity (hours that a schedule induced) is taken off them.
//
// Adjusted is usually below Contracted, but not always: usage that its owner's plan serves before another account's better
// discounted one is worth more than its own price.
func Avoid(kept, avoided []Usage, c Commitments) Avoidance {
	all, before := merged(kept, avoided)
	r := readied(all, c)
	for _, l := range r.lines {
		l.quantity = before[l.at]
	}
	r.run()
	result := Avoidance{Kept: r.uses()}
	if len(avoided) == 0 {
		return result
	}
	unused, rests := r.unused(), make([]decimal.Decimal, len(all))
	for _, l := range r.lines {
		rests[l.at], l.quantity = l.rest, all[l.at].Quantity
	}
	r.run()
	contracted, adjusted := decimal.Zero, decimal.Zero // the fixed parts are the same
	for i := range avoided {
		contracted = contracted.Add(rounded(avoided[i].Quantity.Mul(number(avoided[i].OnDemand))))
	}
	for _, l := range r.lines {
		if rest := rests[l.at]; !rest.Equal(l.rest) {
			adjusted = adjusted.Add(l.value()).Sub(rounded(rest.Mul(l.price)))
		}
	}
	result.Contracted, result.Adjusted, result.Wasted = usd(contracted), usd(adjusted), usd(unused.Sub(r.unused()))
	return result
}

// Adjusted returns the commitment-adjusted value of avoided usage: bill(kept + avoided) - bill(kept), as Avoid does.
func Adjusted(kept, avoided []Usage, c Commitments) money.USD {
	return Avoid(kept, avoided, c).Adjusted
}

// Wasted returns the commitment that lies idle because usage was avoided, in dollars: unused(kept) - unused(kept + avoided).
func Wasted(kept, avoided []Usage, c Commitments) money.USD { return Avoid(kept, avoided, c).Wasted }

// Share shares one total of a payer's hour out over the avoided lines, pro rata to their contracted values (below zero for induced hours); the
// parts sum to the total exactly. The waterfall is not linear, so no line has a value of its own: this is a rule of presentation. Amounts are taken to
// twenty places.
//
// With induced hours (negative lines) a plain pro rata would divide by a sum near zero. Each line therefore gets its contracted
// value, and the difference to the total is shared pro rata to the size of those values: without negative lines that is the
// plain pro rata. Lines all of no value share alike.
func Share(total money.USD, values []money.USD) []money.USD {
	if len(values) == 0 {
		return nil
	}
	// In whole units of the twentieth place, which are summed in place: an hour has hundreds of lines and a quarter thousands of hours.
	whole, weights := make([]*big.Int, len(values)), make([]*big.Int, len(values))
	size, difference := new(big.Int), units(total)
	for i, v := range values {
		whole[i] = units(v)
		weights[i] = new(big.Int).Abs(whole[i])
		size.Add(size, weights[i])
		difference.Sub(difference, whole[i])
	}
	if size.Sign() == 0 {
		size.SetInt64(int64(len(values)))
		for i := range weights {
			weights[i].SetInt64(1)
		}
	}
	parts := make([]money.USD, len(values))
	weight, given, upTo, rest := new(big.Int), new(big.Int), new(big.Int), new(big.Int)
	for i := range values {
		weight.Add(weight, weights[i])
		halfUp(upTo.Mul(difference, weight), size, rest)
		whole[i].Add(whole[i], upTo).Sub(whole[i], given)
		parts[i] = money.USDOf(decimal.NewFromBigInt(whole[i], -Places))
		given, upTo = upTo, given
	}
	return parts
}

// units are an amount in units of the twentieth place.
func units(amount money.USD) *big.Int {
	d := number(amount)
	if d.Exponent() != -Places {
		d = d.Round(Places)
	}
	return d.Coefficient()
}

// halfUp divides in place, and rounds half away from zero; by is above zero, rest is overwritten.
func halfUp(n, by, rest *big.Int) {
	sign := n.Sign()
	n.QuoRem(n, by, rest)
	if rest.Lsh(rest, 1).CmpAbs(by) >= 0 {
		n.Add(n, big.NewInt(int64(sign)))
	}
}
