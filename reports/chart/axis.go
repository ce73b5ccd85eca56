package chart

import (
	"image"
	"math"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports/words"
)

// axis maps dollars to pixels. Pixels are no money: here a binary fraction is good enough, and nowhere else.
type axis struct {
	low, high, step float64 // in dollars
	top, bottom     int     // in pixels
}

// newAxis makes an axis with round steps that holds all values.
func newAxis(values []float64, top, bottom int) axis {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if low == high {
		low, high = min(low, 0), max(high, 0)
	}
	if low == high {
		high = 1
	}
	a := axis{step: round(high-low, 4), top: top, bottom: bottom}
	a.low, a.high = a.step*math.Floor(low/a.step), a.step*math.Ceil(high/a.step)
	return a
}

// round is the round step by which a span is told in about so many parts.
func round(span float64, parts int) float64 {
	raw := span / float64(parts)
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if raw <= m*power*1.0000001 {
			return m * power
		}
	}
	return 10 * power
}

func (a axis) at(v float64) int {
	return a.bottom - int(math.Round((v-a.low)/(a.high-a.low)*float64(a.bottom-a.top)))
}

// lines draws the axis's lines and figures between two places.
func (c *canvas) lines(a axis, from, to int, w words.Words) {
	for i := range int(math.Round((a.high-a.low)/a.step)) + 1 {
		v := a.low + float64(i)*a.step
		y, shade := a.at(v), grid
		if math.Abs(v) < a.step/1000 {
			shade = muted
		}
		c.box(image.Rect(from, y-1, to, y+1), shade)
		c.text(from-12, y+8, a.dollars(v, w), style{smallSize, false}, muted, right)
	}
}

// dollars writes a place of the axis, with cents where its steps have some, in millions where there is no room for all digits.
func (a axis) dollars(v float64, w words.Words) string {
	amount := decimal.NewFromFloat(v).Round(2)
	switch {
	case max(a.high, -a.low) >= 10_000_000:
		return w.Millions(money.USDOf(amount))
	case a.step < 1 || a.step == 2.5:
		return w.USD(money.USDOf(amount))
	default:
		return w.Whole(money.USDOf(amount))
	}
}

func pixels(a money.USD) float64 { return a.Decimal().InexactFloat64() }
