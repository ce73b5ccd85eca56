package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// drawing is an SVG of a fixed size. Its colours are classes of the style; each chart has a table of the same figures beside it.
type drawing struct {
	strings.Builder
	width, height int64
}

func draw(width, height int64, label string) *drawing {
	d := &drawing{width: width, height: height}
	fmt.Fprintf(d, `<svg class="chart" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`, width, height, width, height, template.HTMLEscapeString(label))
	return d
}

func (d *drawing) bar(class string, x, y, width, height int64, title string) {
	fmt.Fprintf(d, `<rect class="%s" x="%d" y="%d" width="%d" height="%d"><title>%s</title></rect>`, class, x, y, width, max(1, height), template.HTMLEscapeString(title))
}

func (d *drawing) line(class string, x1, y1, x2, y2 int64) {
	fmt.Fprintf(d, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d"/>`, class, x1, y1, x2, y2)
}

func (d *drawing) label(class string, x, y int64, text string) {
	fmt.Fprintf(d, `<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, template.HTMLEscapeString(text))
}

func (d *drawing) done() template.HTML {
	d.WriteString("</svg>")
	return template.HTML(d.String()) // every text went through HTMLEscapeString
}

// ruler turns amounts into heights.
type ruler struct {
	low, high decimal.Decimal
	top, room int64 // where high is, and how far below it low is
}

func (r ruler) at(a decimal.Decimal) int64 {
	span := r.high.Sub(r.low)
	if span.IsZero() {
		return r.top + r.room
	}
	return r.top + r.high.Sub(a).Mul(decimal.NewFromInt(r.room)).DivRound(span, 0).IntPart()
}

// ruled makes a ruler over amounts that holds zero.
func ruled(top, room int64, amounts ...decimal.Decimal) ruler {
	return ruler{decimal.Min(decimal.Zero, amounts...), decimal.Max(decimal.Zero, amounts...), top, room}
}

// bridgeChart draws the steps from one quarter's cost to the next one's. Its foot is cut off, which a broken line says: the steps are small beside
// the wholes.
func bridgeChart(b *reports.Bridge, w words.Words) template.HTML {
	lines := bridgeLines(b, w)
	running := decimal.Zero
	var tops, feet []decimal.Decimal
	for i, line := range lines {
		a := line.Amount.Decimal()
		from := running
		if line.Whole {
			from, running = a, a
		} else {
			running = running.Add(a)
		}
		if i == 0 {
			from = a
		}
		tops, feet = append(tops, decimal.Max(from, running)), append(feet, decimal.Min(from, running))
	}
	low, high := decimal.Min(feet[0], feet[1:]...), decimal.Max(tops[0], tops[1:]...)
	low = low.Sub(high.Sub(low).Div(decimal.NewFromInt(3)))
	scale := ruler{low, high, 16, 88}
	d := draw(372, 122, say(w, "bridge"))
	for i, line := range lines {
		x, top, foot := int64(i)*62+6, scale.at(tops[i]), scale.at(feet[i])
		class := "up"
		switch {
		case line.Whole:
			class, foot = "whole", 104
		case line.Amount.Decimal().IsNegative():
			class = "down"
		}
		d.bar(class, x, top, 50, foot-top, line.Name+": "+w.USD(line.Amount))
		text := w.Whole(line.Amount)
		if !line.Whole {
			text = plus(line.Amount) + text
		}
		d.label("c", x+25, top-4, text)
		d.label("c m", x+25, 117, say(w, fmt.Sprintf("bridge-short-%d", i)))
	}
	d.line("cut", 0, 98, 372, 98)
	return d.done()
}

// monthsChart draws what was avoided by billing month, one bar a cause.
func monthsChart(r *reports.Report, w words.Words) template.HTML {
	months, causes := r.Months(), named(r.Avoided.Months, func(m reports.MonthLine) string { return m.Cause })
	if len(r.Avoided.Months) == 0 {
		return ""
	}
	amounts, total := map[[2]string]decimal.Decimal{}, map[string]decimal.Decimal{}
	var all []decimal.Decimal
	for _, m := range r.Avoided.Months {
		key := [2]string{m.Month, m.Cause}
		amounts[key] = amounts[key].Add(m.Amount.Decimal())
		all = append(all, amounts[key])
		total[m.Cause] = total[m.Cause].Add(m.Amount.Decimal())
	}
	slices.SortStableFunc(causes, func(a, b string) int { return total[b].Abs().Cmp(total[a].Abs()) }) // as in the mail's chart
	wide := int64(max(34, 84/len(causes)))                                                             // three months of two causes fit a phone
	group := wide*int64(len(causes)) + 24
	width, scale := max(340, group*int64(len(months))+20), ruled(20, 110, all...)
	d := draw(width, 176+18*int64(len(causes)), say(w, "by-month"))
	d.line("axis", 0, scale.at(decimal.Zero), width, scale.at(decimal.Zero))
	for i, month := range months {
		if !r.Measures(month) { // it has a place and no bar: it is no month in which nothing was avoided
			d.label("c m", int64(i)*group+12+(group-24)/2, scale.at(decimal.Zero)-6, say(w, "not-counted"))
			d.label("c m", int64(i)*group+12+(group-24)/2, 164, w.ShortMonth(month))
			continue
		}
		for k, cause := range causes {
			a, x := amounts[[2]string{month, cause}], int64(i)*group+12+int64(k)*wide
			zero, at := scale.at(decimal.Zero), scale.at(a)
			amount := money.USDOf(a)
			d.bar(fmt.Sprintf("s%d", k%6), x, min(zero, at), wide-4, max(zero, at)-min(zero, at), w.Month(month)+", "+w.Cause(cause)+": "+w.USD(amount))
			under := min(zero, at) - 4
			if a.IsNegative() {
				under = max(zero, at) + 13
			}
			d.label("c", x+(wide-4)/2, under, w.Whole(amount))
		}
		d.label("c m", int64(i)*group+12+(group-24)/2, 164, w.ShortMonth(month))
	}
	for k, cause := range causes {
		y := 180 + 18*int64(k)
		d.bar(fmt.Sprintf("s%d", k%6), 12, y-10, 14, 11, w.Cause(cause))
		d.label("l", 32, y, w.Cause(cause))
	}
	return template.HTML(`<figure><figcaption>`+template.HTMLEscapeString(say(w, "by-month"))+`</figcaption><div class="scroll" role="region" tabindex="0" aria-label="`+
		template.HTMLEscapeString(say(w, "by-month"))+`">`) + d.done() + monthsTable(r, w) + `</div></figure>` // fixed words
}

// monthsTable says the same in words, for who cannot see the chart.
func monthsTable(r *reports.Report, w words.Words) template.HTML {
	var b strings.Builder
	esc := template.HTMLEscapeString
	fmt.Fprintf(&b, `<table class="away"><caption>%s</caption><thead><tr><th scope="col">%s</th><th scope="col">%s</th><th scope="col">%s</th></tr></thead><tbody>`, esc(say(w, "by-month")), esc(say(w, "month")), esc(say(w, "cause")), esc(say(w, "amount")))
	for _, m := range r.Avoided.Months {
		fmt.Fprintf(&b, `<tr><th scope="row">%s</th><td>%s</td><td>%s</td></tr>`, esc(w.Month(m.Month)), esc(visible(w.Cause(m.Cause))), esc(w.USD(m.Amount)))
	}
	for _, month := range r.Months() {
		if !r.Measures(month) {
			fmt.Fprintf(&b, `<tr><th scope="row">%s</th><td colspan="2">%s</td></tr>`, esc(w.Month(month)), esc(say(w, "not-counted")))
		}
	}
	b.WriteString("</tbody></table>")
	return template.HTML(b.String()) // every text went through HTMLEscapeString
}

// named lists the names that occur, in the order in which they do.
func named[T any](all []T, name func(T) string) (names []string) {
	seen := map[string]bool{}
	for _, x := range all {
		if n := name(x); !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	return names
}

// trendChart draws what was avoided in the last quarters, with intervals.
func trendChart(r *reports.Report, w words.Words) template.HTML {
	var amounts []decimal.Decimal
	for _, q := range r.Trend {
		if q.Avoided != nil {
			amounts = append(amounts, q.Avoided.Decimal())
		}
		if q.Interval != nil {
			amounts = append(amounts, q.Interval.Low.Decimal(), q.Interval.High.Decimal())
		}
	}
	if len(amounts) == 0 {
		return ""
	}
	scale := ruled(22, 104, amounts...)
	zero, amount := scale.at(decimal.Zero), w.Like(r.Avoided.Total.Value())
	d := draw(int64(len(r.Trend))*84+10, 152, say(w, "trend"))
	d.line("axis", 0, zero, d.width, zero)
	for i, q := range r.Trend {
		x := int64(i)*84 + 22
		d.label("c m", x+20, 144, w.Quarter(q.Name))
		if q.Avoided == nil {
			d.label("c", x+20, zero-6, say(w, "none"))
			continue
		}
		top, above := scale.at(q.Avoided.Decimal()), scale.at(q.Avoided.Decimal())
		d.bar("s0", x, min(zero, top), 40, max(zero, top)-min(zero, top), w.Quarter(q.Name)+": "+amount(*q.Avoided))
		if q.Interval != nil {
			high, low := scale.at(q.Interval.High.Decimal()), scale.at(q.Interval.Low.Decimal())
			d.line("range", x+20, high, x+20, low)
			d.line("range", x+14, high, x+26, high)
			d.line("range", x+14, low, x+26, low)
			above = min(above, high)
		}
		d.label("c", x+20, above-5, amount(*q.Avoided))
	}
	return d.done()
}
