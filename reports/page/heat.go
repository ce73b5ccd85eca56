package page

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/reports"
	"offpeak/reports/words"
)

// shades is how many colours a heat map has beside none.
const shades = 7

// heatScale is the largest value of the maps that are compared: both of use, or that of cost.
func heatScale(u *reports.Usage, cost bool) (largest decimal.Decimal) {
	weeks := []*reports.Week{&u.Before, &u.After}
	if cost {
		weeks = []*reports.Week{&u.Cost}
	}
	for _, week := range weeks {
		for day := range week {
			largest = decimal.Max(largest, decimal.Max(week[day][0], week[day][1:]...))
		}
	}
	return largest
}

// heat writes a week as a table: a row a day, a column an hour, each cell its number and a shade.
func heat(w words.Words, caption string, week reports.Week, largest decimal.Decimal) template.HTML {
	if empty(&week) {
		return template.HTML(`<p><b>` + template.HTMLEscapeString(say(w, caption)) + `</b>: ` + template.HTMLEscapeString(say(w, "nothing")) + `</p>`)
	}
	unit, places := decimal.NewFromInt(1), int32(0)
	note := ""
	switch {
	case largest.GreaterThanOrEqual(decimal.NewFromInt(10000)):
		unit, note = decimal.NewFromInt(1000), " "+say(w, "in-thousands")
	case largest.LessThan(decimal.NewFromInt(10)):
		places = 1
	}
	var b strings.Builder
	esc := template.HTMLEscapeString
	title := esc(say(w, caption) + note)
	fmt.Fprintf(&b, `<div class="scroll" role="region" tabindex="0" aria-label="%s"><table class="heat"><caption>%s</caption><thead><tr><th scope="col">%s</th>`, title, title, esc(say(w, "hour")))
	for hour := range 24 {
		fmt.Fprintf(&b, `<th scope="col">%02d</th>`, hour)
	}
	b.WriteString("</tr></thead><tbody>")
	for day := range week {
		fmt.Fprintf(&b, `<tr><th scope="row">%s</th>`, esc(w.Weekday(day)))
		for _, value := range week[day] {
			fmt.Fprintf(&b, `<td class="h%d">%s</td>`, shade(value, largest), w.Number(value.Div(unit), places))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table></div>")
	return template.HTML(b.String()) // numbers and fixed words
}

// empty reports whether a week holds nothing but zeros: a table of them would say that nothing ran, where nothing is known.
func empty(week *reports.Week) bool {
	for day := range week {
		for _, value := range week[day] {
			if !value.IsZero() {
				return false
			}
		}
	}
	return true
}

// shade is which colour a value has: none for zero, else by sevenths of the largest.
func shade(value, largest decimal.Decimal) int64 {
	if !value.IsPositive() || !largest.IsPositive() {
		return 0
	}
	return min(shades, value.Mul(decimal.NewFromInt(shades)).DivRound(largest, 12).Ceil().IntPart())
}
