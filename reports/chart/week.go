package chart

import (
	"image"
	"image/color"

	"github.com/shopspring/decimal"

	"offpeak/reports"
	"offpeak/reports/words"
)

// Week draws when compute was used, before and after, by the hour of the week on the tenant's clocks. It is nil where nothing was used.
func Week(r *reports.Report, w words.Words) ([]byte, error) {
	highest := decimal.Zero
	for _, week := range []*reports.Week{&r.Usage.Before, &r.Usage.After} {
		for _, day := range week {
			for _, v := range day {
				highest = decimal.Max(highest, v)
			}
		}
	}
	if !highest.IsPositive() {
		return nil, nil
	}
	const height, first, second = 830, 158, 488
	c := newCanvas(height)
	c.heading(w.Say(words.TitleUsage), w.Say(words.MeanRunning))
	c.week(first, w.Say(words.Before), &r.Usage.Before, highest, w)
	c.week(second, w.Say(words.After), &r.Usage.After, highest, w)
	c.scale(height-66, highest, w)
	note := w.Say(words.Zone) + ": " + r.Tenant.Zone
	if r.Usage.Working != "" {
		note += "   " + w.Say(words.WorkingHours) + ": " + w.WorkingHours(r.Usage.Working)
	}
	st := style{smallSize, false}
	c.text(margin, height-42, c.fit(note, st, 750), st, ink, left)
	return c.png()
}

// Pixels of one hour of the week.
const (
	hourWide = 44
	hourHigh = 35
	hoursAt  = Width - margin - 24*hourWide
)

func (c *canvas) week(y int, name string, week *reports.Week, highest decimal.Decimal, w words.Words) {
	small := style{smallSize, false}
	c.text(margin, y-50, name, style{textSize, true}, ink, left)
	for hour := 0; hour <= 24; hour += 3 {
		x, a := hoursAt+hour*hourWide, centre
		if hour == 24 {
			a = right
		}
		c.text(x, y-10, w.Clock(hour), small, muted, a)
	}
	for day, hours := range week {
		top := y + day*hourHigh
		c.text(hoursAt-16, top+27, w.Weekday(day), small, ink, right)
		for hour, v := range hours {
			x := hoursAt + hour*hourWide
			c.box(image.Rect(x, top, x+hourWide-2, top+hourHigh-2), shade(v, highest))
		}
	}
	c.frame(image.Rect(hoursAt-3, y-3, hoursAt+24*hourWide+1, y+7*hourHigh+1), muted)
}

// shade is the step of lightness of a value: the darker, the more.
func shade(v, highest decimal.Decimal) color.RGBA {
	n := len(shades)
	step := v.Mul(decimal.NewFromInt(int64(n))).DivRound(highest, 6).IntPart()
	return shades[min(max(int(step), 0), n-1)]
}

// scale says which lightness means how much.
func (c *canvas) scale(y int, highest decimal.Decimal, w words.Words) {
	const wide = 34
	small := style{smallSize, false}
	most := w.Number(highest, 1)
	x := Width - margin - c.width(most, small) - 12 - len(shades)*wide
	c.text(x-12, y+24, "0", small, muted, right)
	for i, s := range shades {
		c.box(image.Rect(x+i*wide, y, x+(i+1)*wide, y+30), s)
	}
	c.frame(image.Rect(x-2, y-2, x+len(shades)*wide+2, y+32), muted)
	c.text(Width-margin, y+24, most, small, muted, right)
}
