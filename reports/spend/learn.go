package spend

import (
	"fmt"
	"strings"

	"offpeak/scheduler/hours"
)

// A pattern is learned from at least so many weeks.
const weeksToLearn = 4

// habit is what a thing's own hours show: how often it ran in each hour of the week on the zone's clocks.
type habit struct{ ran, seen [weekHours]int }

// habitOf counts the hours since a thing is there. Where an hour of the clocks lies in two of UTC, it ran in it if it ran in either: the bill does not say in which
// half.
func (m *maker) habitOf(t *thing) (h habit) {
	from, _ := m.life(t)
	for i := from; i < len(m.calendar.cells); i++ {
		c := m.calendar.cells[i]
		h.seen[c.hour]++
		if t.at(i) || !c.whole() && i > from && t.at(i-1) {
			h.ran[c.hour]++
		}
	}
	return h
}

// needed says which hours a thing's own habit shows as needed: those in which it ran in more than two weeks of three. An hour that somebody does without in
// every third week is not.
func (h *habit) needed(hour int) bool { return 3*h.ran[hour] > 2*h.seen[hour] }

// always says that it ran in practically all hours: that tells nothing of what is needed.
func (h *habit) always() bool {
	for hour := range h.seen {
		if !h.needed(hour) {
			return false
		}
	}
	return true
}

// schedule is the smallest schedule of whole hours around what is needed: one window for Monday to Friday together, one each for Saturday and Sunday. False where
// the habit shows none: nothing is needed from Monday to Friday, or all hours are.
func (h *habit) schedule() (Schedule, bool) {
	var rules []string
	for _, days := range []struct {
		name     string
		from, to int
	}{{"mon-fri", 0, 5}, {"sat", 5, 6}, {"sun", 6, 7}} {
		open, shut := 24, 0
		for day := days.from; day < days.to; day++ {
			for hour := range 24 {
				if h.needed(day*24 + hour) {
					open, shut = min(open, hour), max(shut, hour+1)
				}
			}
		}
		if open < shut {
			rules = append(rules, fmt.Sprintf("%s %02d:00-%02d:00", days.name, open, shut))
		}
	}
	text := strings.Join(rules, " ")
	if !strings.HasPrefix(text, "mon-fri") || h.always() {
		return Schedule{}, false
	}
	parsed, err := hours.Parse(text)
	if err != nil {
		return Schedule{}, false
	}
	return Schedule{Text: text, Hours: parsed}, true
}
