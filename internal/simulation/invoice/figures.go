package invoice

import (
	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
)

// double is an amount as a file carries it: converted once, here, since both formats force doubles.
func double(d decimal.Decimal) float64 { return d.InexactFloat64() }

// number is a double that may be absent.
func number(d decimal.Decimal) *float64 {
	f := double(d)
	return &f
}

// zero is a double that is there and nothing.
func zero() *float64 { return new(float64) }

// figures are the numbers of one row: so much of a class, covered by one commitment or by none. Rows with the same figures share them; they
// never change.
type figures struct {
	quantity, list, contracted, effective float64
	listPrice, contractedPrice            float64
	listText, contractedText              string
	// taken is what it takes of its commitment, in the commitment's units; rate a plan's price of one unit.
	taken, rate float64
	// factor and normalised are the normalised units of one unit and of the quantity; nil where there are none.
	factor, normalised *float64
	upfront, recurring float64 // of a reservation's effective cost
	cut                float64 // the enterprise discount, below zero
	focusCut, curCut   map[string]float64
	unitPrices         bool   // whether AWS tells unit prices
	priceID            string // of covered usage
	number             uint32 // that rows with these figures are alike by
	negative           uint32 // that rows which take them back are alike by
}

// figureKey is what a class's figures depend on; by is -1 where no commitment covers.
type figureKey struct {
	used amount
	by   int
}

// mostFigures bounds how many figures a class remembers.
const mostFigures = 1 << 14

// figures computes the numbers of so much of a class.
func (b *builder) figures(k *class, key figureKey) *figures {
	if found := k.figures[key]; found != nil {
		return found
	}
	if k.figures == nil || len(k.figures) == mostFigures {
		k.figures = map[figureKey]*figures{}
	}
	quantity := key.used.exact()
	list, contracted := quantity.Mul(k.list), quantity.Mul(k.contracted)
	if k.sku.part == storage {
		list, contracted = k.rounded(key.used)
	}
	f := &figures{
		number: b.number(), negative: b.number(),
		quantity: key.used.double(), list: double(list), contracted: double(contracted), effective: double(contracted),
		listPrice: double(k.list), contractedPrice: double(k.contracted), listText: k.list.String(), contractedText: k.contracted.String(),
		// The price list has no Spot price, and so the exports have no unit price of it.
		unitPrices: k.sku.part != spot,
	}
	if factor := k.sku.product.Factor; factor.IsPositive() && k.sku.part == running {
		f.factor, f.normalised = number(factor), number(factor.Mul(quantity))
	}
	if cut := contracted.Sub(list); !cut.IsZero() {
		f.cut = double(cut)
		f.focusCut = map[string]float64{"EdpDiscount": f.cut}
		f.curCut = map[string]float64{"edp_discount": f.cut}
	}
	if key.by >= 0 {
		b.covered(f, k, b.all[key.by], quantity)
	}
	k.figures[key] = f
	return f
}

// covered completes figures of covered usage.
func (b *builder) covered(f *figures, k *class, c *commitment, quantity decimal.Decimal) {
	f.priceID = c.priceID(k.sku)
	taken := quantity.Mul(c.units(k))
	f.taken = double(taken)
	if c.plan != nil {
		rate := c.rates[commitments.SKU(k.sku.id)].Decimal()
		f.rate, f.effective = double(rate), double(quantity.Mul(rate))
		return
	}
	effective := taken.Mul(c.rate.Decimal()).DivRound(c.factor, 2*ratePlaces)
	upfront := c.payment.upfront(effective)
	f.effective, f.upfront, f.recurring = double(effective), double(upfront), double(effective.Sub(upfront))
}
