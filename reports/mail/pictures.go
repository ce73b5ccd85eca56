package mail

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/chart"
	"offpeak/reports/words"
)

// Picture is a chart that the HTML part shows by its Content-ID.
type Picture struct {
	Name string
	ID   string
	Alt  string // what it shows, in words and figures
	Data []byte
}

// pictures are those that have something to show, drawn where they are not yet.
func pictures(r *reports.Report, w words.Words, drawn *chart.Pictures, id string) (all []Picture, _ error) {
	if drawn == nil {
		charts, err := chart.Draw(r, w)
		if err != nil {
			return nil, err
		}
		drawn = &charts
	}
	for _, c := range []struct {
		name string
		data []byte
		alt  func(*reports.Report, words.Words) string
	}{
		{"months", drawn.Months, altOfMonths},
		{"bridge", drawn.Bridge, altOfBridge},
		{"week", drawn.Week, altOfWeek},
		{"teams", drawn.Teams, altOfTeams},
	} {
		if c.data != nil {
			all = append(all, Picture{Name: c.name, ID: c.name + "." + id, Alt: c.alt(r, w), Data: c.data})
		}
	}
	return all, nil
}

// told is a title and what belongs under it, on one line.
func told(title string, items ...string) string { return title + ": " + strings.Join(items, "; ") }

func altOfMonths(r *reports.Report, w words.Words) string {
	months := r.Months()
	sums := map[string]money.USD{}
	for _, l := range r.Avoided.Months {
		sums[l.Month] = sums[l.Month].Add(l.Amount)
	}
	write := w.Like(r.Avoided.Total.Value())
	for i, m := range months {
		if months[i] = w.Month(m) + " " + write(sums[m]); !r.Measures(m) {
			months[i] = w.Month(m) + " " + w.Say(words.NotCounted)
		}
	}
	return told(w.Say(words.TitleMonths), months...)
}

func altOfBridge(r *reports.Report, w words.Words) string {
	var items []string
	for _, row := range bridgeRows(r.Bill.Bridge, w) {
		items = append(items, row.Name+" "+row.Value)
	}
	return told(w.Say(words.TitleBridge), items...)
}

func altOfWeek(r *reports.Report, w words.Words) string {
	mean := func(week *reports.Week) string {
		sum := decimal.Zero
		for _, day := range week {
			for _, v := range day {
				sum = sum.Add(v)
			}
		}
		return w.Number(sum.DivRound(decimal.NewFromInt(7*24), 6), 1)
	}
	return told(w.Say(words.TitleUsage), w.Running(mean(&r.Usage.Before), mean(&r.Usage.After)))
}

func altOfTeams(r *reports.Report, w words.Words) string {
	const most = 8
	write, teams := w.Like(r.Avoided.Total.Value()), slices.Clone(r.Avoided.Teams)
	slices.SortStableFunc(teams, func(a, b reports.Line) int { return b.Value().Cmp(a.Value()) })
	var items []string
	for i := range teams[:min(most, len(teams))] {
		items = append(items, named(teams[i].Name, w.Say(words.Untagged))+" "+write(teams[i].Value()))
	}
	if len(teams) > most {
		items = append(items, w.Say(words.Others))
	}
	return told(w.Say(words.TitleTeams), items...)
}

// longest is how many characters of a name a mail shows.
const longest = 60

// named is a name that people gave, made harmless, or what stands for none.
func named(name, none string) string {
	if name = words.Plain(name); name == "" {
		return none
	}
	return words.Isolated(words.Shortened(name, longest))
}
