package words

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
)

// exactTo is the amount from which on estimates are written without cents: they are not known to the cent.
const exactTo = 1000

// USD writes an amount to the cent, rounded half away from zero: $1,234.56, -$41.20. It is for what was billed.
func (w Words) USD(a money.USD) string { return signed(a.Decimal(), "$", 2) }

// Whole writes an amount in whole dollars.
func (w Words) Whole(a money.USD) string { return signed(a.Decimal(), "$", 0) }

// Estimate writes an amount that was estimated: whole dollars from $1,000 on, cents below.
func (w Words) Estimate(a money.USD) string { return w.Like(a)(a) }

// Like returns how amounts are written beside a total, so that a table has one precision: that of Estimate for the total.
func (w Words) Like(total money.USD) func(money.USD) string {
	if total.Decimal().Abs().Round(2).LessThan(decimal.NewFromInt(exactTo)) {
		return w.USD
	}
	return w.Whole
}

// Millions writes an amount in millions, for the axis of a chart: $12.5M.
func (w Words) Millions(a money.USD) string {
	millions := a.Decimal().Shift(-6).Round(3)
	sign := "$"
	if millions.IsNegative() {
		sign = "-$"
	}
	return sign + w.Number(millions.Abs(), 3) + "M"
}

// Net marks an amount as the net of some above zero and some below.
func (w Words) Net(amount string) string { return w.fill(text{"순 {1}", "net {1}"}, amount) }

// Range writes an interval by a way to write its bounds: $2,820 – $2,853. It is empty where there is none.
func (w Words) Range(r *reports.Range, write func(money.USD) string) string {
	if r == nil {
		return ""
	}
	return w.fill(text{"{1} ~ {2}", "{1} to {2}"}, write(r.Low), write(r.High))
}

// Rate writes a price of an hour or another unit, without the unit: $0.118.
func (w Words) Rate(r money.Rate) string {
	_, places, _ := strings.Cut(strings.TrimRight(r.Decimal().StringFixed(6), "0"), ".")
	return signed(r.Decimal(), "$", max(2, int32(len(places))))
}

// symbols are the currencies that have a sign which every font here has, and how many decimals they have.
var symbols = map[string]struct {
	sign   string
	places int32
}{"USD": {"$", 2}, "KRW": {"₩", 0}, "JPY": {"¥", 0}, "GBP": {"£", 2}}

// Currency writes an amount of another currency, with the decimals that it has: ₩1,234,567.
func (w Words) Currency(code string, a decimal.Decimal) string {
	if s, ok := symbols[code]; ok {
		return signed(a, s.sign, s.places)
	}
	return signed(a, Plain(code)+" ", 2)
}

// Second writes an amount in the second currency, for standing beside the dollars: what who multiplies the cents that stand there by the rate finds, too. It is empty where
// there is none.
func (w Words) Second(c *reports.Currency, a money.USD) string {
	if c == nil {
		return ""
	}
	return w.fill(text{"약 {1}", "about {1}"}, w.Currency(c.Code, c.Of(money.USDOf(a.Decimal().Round(2)))))
}

// SecondEstimate is Second for an amount that was estimated: with no more digits that count than the dollars beside it have.
func (w Words) SecondEstimate(c *reports.Currency, a money.USD) string {
	if c == nil {
		return ""
	}
	shown := a.Decimal().Round(2)
	if shown.Abs().GreaterThanOrEqual(decimal.NewFromInt(exactTo)) {
		shown = shown.Round(0)
	}
	digits := len(strings.TrimLeft(strings.ReplaceAll(shown.Abs().String(), ".", ""), "0"))
	converted := c.Of(money.USDOf(shown))
	if digits > 0 {
		converted = converted.Round(int32(digits - converted.NumDigits() - int(converted.Exponent())))
	}
	return w.fill(text{"약 {1}", "about {1}"}, w.Currency(c.Code, converted))
}

// ExchangeRate says by which rate the second currency is shown, from where and of which day.
func (w Words) ExchangeRate(c *reports.Currency) string {
	if c == nil {
		return ""
	}
	return w.fill(text{"1달러 = {1} (출처: {2}, 기준일: {3})", "1 USD = {1} ({2}, {3})"}, w.perDollar(c), Plain(c.Source), w.Date(c.Date))
}

// perDollar writes a rate with all its places: a rate that was rounded is another one.
func (w Words) perDollar(c *reports.Currency) string {
	return Plain(c.Code) + " " + grouped(c.Rate.StringFixed(max(0, -c.Rate.Exponent())))
}

// Number writes a number with at most so many decimals, without zeros at its end: 1,290.5.
func (w Words) Number(d decimal.Decimal, places int32) string {
	s := d.Round(places).String()
	if s == "-0" {
		s = "0"
	}
	return grouped(s)
}

// Int writes a whole number: 12,345.
func (w Words) Int(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// Hours writes resource-hours, whole from a hundred on: 1,290 hours, 31.5시간.
func (w Words) Hours(d decimal.Decimal) string {
	places := int32(1)
	if d.Abs().GreaterThanOrEqual(decimal.NewFromInt(100)) {
		places = 0
	}
	unit := text{"시간", " hours"}
	if d.Round(places).Abs().Equal(decimal.NewFromInt(1)) {
		unit = text{"시간", " hour"}
	}
	return w.Number(d, places) + w.pick(unit)
}

// Share writes a part of a whole in percent, to one place and never rounded up to all of it: 99.7%. Without a whole it is a dash.
func (w Words) Share(s reports.Share) string {
	if s.Whole == 0 {
		return w.Say(None)
	}
	p := decimal.NewFromInt(100*s.Part).DivRound(decimal.NewFromInt(s.Whole), 1)
	if hundred := decimal.NewFromInt(100); s.Part < s.Whole && !p.LessThan(hundred) {
		p = hundred.Sub(decimal.New(1, -1))
	}
	return p.String() + "%"
}

// Percent writes a ratio in percent, to two places: 0.0004 is 0.04%.
func (w Words) Percent(ratio decimal.Decimal) string { return w.Number(ratio.Shift(2), 2) + "%" }

// Bytes writes a size in decimal units: 1.2 MB.
func (w Words) Bytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	size := decimal.NewFromInt(n)
	for size.GreaterThanOrEqual(decimal.NewFromInt(1000)) && len(units) > 1 {
		size, units = size.Shift(-3), units[1:]
	}
	return w.Number(size, 1) + " " + units[0]
}

// signed writes an amount with its sign before the currency's, which is read as one word by people and by screen readers.
func signed(d decimal.Decimal, sign string, places int32) string {
	s := d.Abs().StringFixed(places)
	if minus := d.Round(places).IsNegative(); minus {
		sign = "-" + sign
	}
	return sign + grouped(s)
}

// grouped puts commas between thousands.
func grouped(s string) string {
	minus, whole := "", s
	if strings.HasPrefix(s, "-") {
		minus, whole = "-", s[1:]
	}
	whole, fraction, has := strings.Cut(whole, ".")
	var b strings.Builder
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if has {
		b.WriteString("." + fraction)
	}
	return minus + b.String()
}
