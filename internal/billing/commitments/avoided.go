package commitments

import (
	"github.com/shopspring/decimal"

	"offpeak/internal/money"
)

// Avoidance is what usage avoided within one payer's hour was worth.
type Avoidance struct {
	Contracted money.USD   // at contracted on-demand prices: what it would be worth without commitments
	Adjusted   money.USD   // bill(kept + avoided) - bill(kept)
	Wasted     money.USD   // commitment that the avoided usage would have used: unused(kept) - unused(kept + avoided)
	Shares     []money.USD // Adjusted shared out over the avoided lines by Share
	Kept       []Use       // what became of the commitments in the hour as it was, by id
}

// Avoid replays the hour with and without the avoided usage. Lines of one account, key, SKU, zone and price are added up first, so a
// resource's avoided minutes join those it ran, and a negative quantity (hours that a schedule induced) is taken off them.
//
// Adjusted is usually below Contracted, but not always: usage that its owner's plan serves before another account's better
// discounted one is worth more than its own price.
func Avoid(kept, avoided []Usage, c Commitments) Avoidance {
	without := replayOf(Hour{Usage: merged(kept, nil), Commitments: c})
	with := without
	if len(avoided) > 0 {
		with = replayOf(Hour{Usage: merged(kept, avoided), Commitments: c})
	}
	contracted := decimal.Zero
	for i := range avoided {
		contracted = contracted.Add(valueOf(avoided[i]))
	}
	result := Avoidance{
		Contracted: usd(contracted),
		Adjusted:   usd(with.onDemand().Sub(without.onDemand())), // the fixed parts are the same
		Wasted:     usd(without.unused().Sub(with.unused())),
	}
	result.Shares, result.Kept = Share(result.Adjusted, avoided), without.uses()
	return result
}

// Adjusted returns the commitment-adjusted value of avoided usage: bill(kept + avoided) - bill(kept), as Avoid does.
func Adjusted(kept, avoided []Usage, c Commitments) money.USD {
	return Avoid(kept, avoided, c).Adjusted
}

// Wasted returns the commitment that lies idle because usage was avoided, in dollars: unused(kept) - unused(kept + avoided).
func Wasted(kept, avoided []Usage, c Commitments) money.USD { return Avoid(kept, avoided, c).Wasted }

// Share shares one total of a payer's hour out over the avoided lines, pro rata to their contracted value; the parts sum to the
// total exactly. The waterfall is not linear, so no line has a value of its own: this is a rule of presentation.
//
// With induced hours (negative lines) a plain pro rata would divide by a sum near zero. Each line therefore gets its contracted
// value, and the difference to the total is shared pro rata to the size of those values: without negative lines that is the
// plain pro rata. Lines all of no value share alike.
func Share(total money.USD, avoided []Usage) []money.USD {
	if len(avoided) == 0 {
		return nil
	}
	values := make([]decimal.Decimal, len(avoided))
	sum, size := decimal.Zero, decimal.Zero
	for i := range avoided {
		values[i] = valueOf(avoided[i])
		sum, size = sum.Add(values[i]), size.Add(values[i].Abs())
	}
	difference := number(total).Sub(sum)
	weigh := func(i int) decimal.Decimal { return values[i].Abs() }
	if size.IsZero() {
		size = decimal.NewFromInt(int64(len(avoided)))
		weigh = func(int) decimal.Decimal { return decimal.NewFromInt(1) }
	}
	parts := make([]money.USD, len(avoided))
	weight, given := decimal.Zero, decimal.Zero
	for i := range avoided {
		weight = weight.Add(weigh(i))
		upTo := difference
		if !weight.Equal(size) {
			upTo = difference.Mul(weight).DivRound(size, places)
		}
		parts[i] = usd(values[i].Add(upTo).Sub(given))
		given = upTo
	}
	return parts
}

// valueOf is the contracted on-demand value of a line, below zero for induced hours.
func valueOf(u Usage) decimal.Decimal { return rounded(u.Quantity.Mul(number(u.OnDemand))) }
