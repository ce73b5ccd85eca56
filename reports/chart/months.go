package chart

import (
	"cmp"
	"image"
	"slices"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// part is one cause's amounts over the months.
type part struct {
	name    string
	amounts []money.USD
}

// Months draws what was avoided by billing month and cause, what is below zero beneath the axis. A month of the quarter that is not measured has a place and no bar, and
// says so: it is no month in which nothing was avoided. It is nil where nothing was.
func Months(r *reports.Report, w words.Words) ([]byte, error) {
	months, parts := stacked(r, w)
	if len(months) == 0 {
		return nil, nil
	}
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	const plot = 510
	c := newCanvas(plot + 62 + newCanvas(0).legendHigh(names))
	c.heading(w.Say(words.TitleMonths), w.Say(words.USD))
	a := newAxis(extremes(months, parts), 110, plot-30)
	const from, to = 150, Width - margin
	c.lines(a, from, to, w)
	wide, write := (to-from)/len(months), w.Like(r.Avoided.Total.Value())
	for i, month := range months {
		middle := from + wide*i + wide/2
		bar := min(wide/2, 180)
		if !r.Measures(month) {
			c.label(middle, a.at(0)-16, w.Say(words.NotCounted), style{smallSize, false})
			c.text(middle, plot+16, w.Month(month), style{textSize, false}, muted, centre)
			continue
		}
		up, down, net, lost := 0.0, 0.0, money.USD{}, money.USD{}
		for k, p := range parts {
			v := pixels(p.amounts[i])
			net = net.Add(p.amounts[i])
			switch {
			case v > 0:
				c.area(image.Rect(middle-bar/2, a.at(up+v), middle+bar/2, a.at(up)), paints[k%len(paints)])
				up += v
			case v < 0:
				c.area(image.Rect(middle-bar/2, a.at(down), middle+bar/2, a.at(down+v)), paints[k%len(paints)])
				down, lost = down+v, lost.Add(p.amounts[i])
			}
		}
		c.box(image.Rect(middle-bar/2-12, a.at(0)-1, middle+bar/2+12, a.at(0)+1), ink)
		total := write(net)
		if up > 0 && down < 0 {
			total = w.Net(total)
			c.label(middle, a.at(down)+32, write(lost), style{smallSize, false})
		}
		c.label(middle, a.at(up)-12, total, style{textSize, true})
		c.text(middle, plot+16, w.Month(month), style{textSize, false}, ink, centre)
	}
	c.legend(plot+72, names)
	return c.png()
}

// most is how many causes have an area of their own.
const most = 5

// stacked brings the months' lines together by cause, the largest first, what is small under others.
func stacked(r *reports.Report, w words.Words) (months []string, parts []part) {
	months = r.Months()
	at := map[string]int{}
	for _, l := range r.Avoided.Months {
		if l.Amount.IsZero() {
			continue
		}
		i, ok := at[l.Cause]
		if !ok {
			i = len(parts)
			at[l.Cause] = i
			parts = append(parts, part{w.Cause(l.Cause), make([]money.USD, len(months))})
		}
		m := slices.Index(months, l.Month)
		parts[i].amounts[m] = parts[i].amounts[m].Add(l.Amount)
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.weight(), a.weight()) })
	if len(parts) > most+1 {
		rest := part{w.Say(words.Others), make([]money.USD, len(months))}
		for _, p := range parts[most:] {
			for m := range months {
				rest.amounts[m] = rest.amounts[m].Add(p.amounts[m])
			}
		}
		parts = append(parts[:most:most], rest)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return months, parts
}

func (p *part) weight() (sum float64) {
	for _, a := range p.amounts {
		sum += max(pixels(a), -pixels(a))
	}
	return sum
}

// extremes are zero and the ends of all stacks.
func extremes(months []string, parts []part) []float64 {
	all := []float64{0}
	for m := range months {
		up, down := 0.0, 0.0
		for _, p := range parts {
			v := pixels(p.amounts[m])
			up, down = up+max(v, 0), down+min(v, 0)
		}
		all = append(all, up, down)
	}
	return all
}

// heading writes the title, and what its figures are.
func (c *canvas) heading(title, unit string) {
	c.text(margin, 46, title, style{titleSize, true}, ink, left)
	c.text(Width-margin, 46, unit, style{smallSize, false}, muted, right)
}

// legend writes the names of the areas from a place on, in as many lines as they need.
func (c *canvas) legend(y int, names []string) {
	x := margin
	for k, name := range names {
		name = c.fit(name, style{smallSize, false}, Width/2)
		wide := 46 + c.width(name, style{smallSize, false})
		if x+wide > Width-margin {
			x, y = margin, y+legendLine
		}
		c.area(image.Rect(x, y-22, x+34, y+4), paints[k%len(paints)])
		c.text(x+46, y, name, style{smallSize, false}, ink, left)
		x += wide + 40
	}
}

// legendLine is how many pixels high a line of a legend is.
const legendLine = 40

// legendHigh is how many pixels a legend needs.
func (c *canvas) legendHigh(names []string) int {
	x, high := margin, legendLine
	for _, name := range names {
		wide := 46 + c.width(c.fit(name, style{smallSize, false}, Width/2), style{smallSize, false})
		if x+wide > Width-margin {
			x, high = margin, high+legendLine
		}
		x += wide + 40
	}
	return high
}
