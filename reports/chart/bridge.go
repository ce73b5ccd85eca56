package chart

import (
	"image"
	"strings"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/words"
)

// step is one bar of the bridge: a level, or a change that leads from one level to the next.
type step struct {
	name   string
	amount money.USD
	level  bool
}

// Bridge draws the way from the last quarter's effective cost to this one's. It is nil where there is no bridge.
func Bridge(r *reports.Report, w words.Words) ([]byte, error) {
	b := r.Bill.Bridge
	if b == nil {
		return nil, nil
	}
	steps := []step{
		{w.Say(words.BridgeFrom), b.From, true},
		{w.Say(words.BridgeGrowth), b.Growth, false},
		{w.Say(words.BridgePrice), b.Price, false},
		{w.Say(words.BridgeAvoided), money.USD{}.Sub(b.Avoided), false},
		{w.Say(words.BridgeUnexplained), b.Unexplained, false},
		{w.Say(words.BridgeTo), b.To, true},
	}
	const height = 620
	c := newCanvas(height)
	c.heading(w.Say(words.TitleBridge), w.Say(words.USD))
	a, cut := bridgeAxis(steps, 120, height-150)
	const from, to = 150, Width - margin
	c.lines(a, from, to, w)
	c.steps(steps, a, from, to, w)
	if cut {
		c.text(margin, height-margin+6, w.Say(words.AxisCut), style{smallSize, false}, muted, left)
	}
	return c.png()
}

// bridgeAxis begins at zero, unless the changes would then be too small to see: of two levels of 20,000 nobody sees what makes 200. A cut axis is
// said in words beneath it.
func bridgeAxis(steps []step, top, bottom int) (a axis, cut bool) {
	var values []float64
	at := 0.0
	for _, s := range steps {
		if s.level {
			at = pixels(s.amount)
		} else {
			at += pixels(s.amount)
		}
		values = append(values, at)
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if span := high - low; span > 0 && low > 0 && span < high/4 {
		floor := low - span/2
		a = newAxis(append(values, floor), top, bottom)
		if a.low > 0 {
			return a, true
		}
	}
	return newAxis(append(values, 0), top, bottom), false
}

func (c *canvas) steps(steps []step, a axis, from, to int, w words.Words) {
	wide := (to - from) / len(steps)
	bar := wide * 3 / 5
	write := w.Like(steps[0].amount.Add(steps[len(steps)-1].amount))
	at := 0.0
	for i, s := range steps {
		middle := from + wide*i + wide/2
		before, p, label := at, level, write(s.amount)
		if s.level {
			before, at = max(a.low, 0), pixels(s.amount)
		} else {
			at += pixels(s.amount)
			p = less
			if s.amount.Decimal().IsPositive() {
				p, label = more, "+"+label
			}
		}
		y0, y1 := a.at(before), a.at(at)
		if y0 == y1 {
			y1-- // a change of nothing is a line
		}
		c.area(image.Rect(middle-bar/2, min(y0, y1), middle+bar/2, max(y0, y1)+1), p)
		if i < len(steps)-1 {
			c.box(image.Rect(middle+bar/2, a.at(at)-1, middle+wide-bar/2, a.at(at)+1), muted)
		}
		if s.level && a.low > 0 {
			c.torn(middle-bar/2, middle+bar/2, a.bottom-36)
		}
		c.label(middle, min(y0, y1)-12, label, style{textSize, true})
		c.wrapped(middle, a.bottom+36, s.name, wide-8)
	}
}

// torn marks a bar that does not begin at zero by a white gap across it.
func (c *canvas) torn(from, to, y int) {
	for x := from - 6; x < to+6; x++ {
		at := y + (x-from)%24
		if (x-from)/24%2 == 1 {
			at = y + 24 - (x-from)%24
		}
		c.box(image.Rect(x, at, x+1, at+8), white)
	}
}

// wrapped writes a name in up to two lines, broken at a space.
func (c *canvas) wrapped(x, y int, name string, pixels int) {
	st := style{smallSize, false}
	first, second := name, ""
	for c.width(first, st) > pixels && strings.Contains(first, " ") {
		space := strings.LastIndex(first, " ")
		first, second = first[:space], strings.TrimSpace(first[space+1:]+" "+second)
	}
	c.text(x, y, c.fit(first, st, pixels), st, ink, centre)
	c.text(x, y+30, c.fit(second, st, pixels), st, ink, centre)
}
