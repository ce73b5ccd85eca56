package chart

import (
	"fmt"

	"offpeak/reports"
	"offpeak/reports/words"
)

// Pictures are all that a report has, each nil where there is nothing to draw.
type Pictures struct{ Months, Bridge, Week, Teams []byte }

// Draw draws them all.
func Draw(r *reports.Report, w words.Words) (p Pictures, err error) {
	for _, c := range []struct {
		into  *[]byte
		title words.Label
		draw  func(*reports.Report, words.Words) ([]byte, error)
	}{
		{&p.Months, words.TitleMonths, Months}, {&p.Bridge, words.TitleBridge, Bridge}, {&p.Week, words.TitleUsage, Week}, {&p.Teams, words.TitleTeams, Teams},
	} {
		if *c.into, err = c.draw(r, w); err != nil {
			return p, fmt.Errorf("chart %q: %w", w.Say(c.title), err)
		}
	}
	return p, nil
}
