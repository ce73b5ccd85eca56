package chart

import (
	"cmp"
	"image"
	"slices"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// bars is how many teams have a bar of their own.
const bars = 8

// Teams draws what the largest teams avoided, what is below zero to the left. It is nil where there are no teams.
func Teams(r *reports.Report, w words.Words) ([]byte, error) {
	teams := largest(r.Avoided.Teams, w)
	if len(teams) == 0 {
		return nil, nil
	}
	const first, high, from, to = 84, 54, 340, Width - 200
	c := newCanvas(first + high*len(teams) + margin)
	c.heading(w.Say(words.TitleTeams), w.Say(words.USD))
	values := []float64{0}
	for _, t := range teams {
		values = append(values, pixels(t.Amount))
	}
	// The axis runs from left to right: bottom is its left end.
	a := newAxis(values, to, from)
	write := w.Like(r.Avoided.Total.Value())
	name, zero := style{textSize, false}, a.at(0)
	for i, t := range teams {
		y := first + high*i
		c.text(margin, y+37, c.fit(t.Name, name, from-margin-40), name, ink, left)
		end := a.at(pixels(t.Amount))
		p := paints[0]
		if t.Amount.Decimal().IsNegative() {
			p = more
		}
		if end != zero {
			c.area(image.Rect(min(zero, end), y+8, max(zero, end), y+high-8), p)
		}
		c.text(max(zero, end)+14, y+37, write(t.Amount), style{textSize, true}, ink, left)
	}
	c.box(image.Rect(zero-1, first, zero+1, first+high*len(teams)), ink)
	return c.png()
}

// largest are the teams by amount, largest first, and the others together.
func largest(lines []reports.Line, w words.Words) (all []reports.Amount) {
	for i := range lines {
		name := words.Plain(lines[i].Name)
		if name == "" {
			name = w.Say(words.Untagged)
		}
		all = append(all, reports.Amount{Name: name, Amount: lines[i].Value()})
	}
	slices.SortStableFunc(all, func(a, b reports.Amount) int { return cmp.Or(b.Amount.Cmp(a.Amount), cmp.Compare(a.Name, b.Name)) })
	if len(all) <= bars+1 {
		return all
	}
	rest := money.USD{}
	for _, t := range all[bars:] {
		rest = rest.Add(t.Amount)
	}
	return append(all[:bars:bars], reports.Amount{Name: w.Say(words.Others), Amount: rest})
}
