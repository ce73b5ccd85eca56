package policy

import (
	"fmt"
	"time"

	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"
)

// lint points out what is valid in a schedule and probably not meant.
func (s *scheduleDraft) lint(found map[string]value) {
	s.lintIdle(found)
	if v, ok := found["closed"]; ok && len(s.Closed) > 0 {
		for _, w := range s.windows {
			s.lintSpan(v, w)
			s.lintKnown(v, w)
		}
	}
}

// lintIdle finds settings that can have no effect.
func (s *scheduleDraft) lintIdle(found map[string]value) {
	why := ""
	switch {
	case s.Pattern == nil:
		why = "a schedule that is always " + s.Constant.String() + " never opens"
	case len(s.windows)+len(s.starts)+len(s.periods) == 0:
		why = "a schedule with stop times only never opens"
	default:
		return
	}
	for _, key := range []string{"closed", "ready_by", "start_only"} {
		v, ok := found[key]
		if idle := key != "closed" && v.node != nil && v.node.Value == "false"; ok && !idle && !v.holdsNothing() {
			v.warn("has no effect: "+why, "")
		}
	}
	if v, ok := found["stop_after"]; ok && s.Pattern == nil && s.Constant == wall.Running {
		v.warn("has no effect: a schedule that is always running never closes", "")
	}
}

// lintSpan finds windows that a single closed day removes for longer than a day.
func (s *scheduleDraft) lintSpan(v value, w hours.Window) {
	if !w.Span {
		return
	}
	longest := wall.Minute(0)
	from, to := years(w)
	for _, stretch := range hours.Windows(w).Draw(from, to, nil).Stretches {
		if stretch.State == wall.Running {
			longest = max(longest, stretch.To-stretch.From)
		}
	}
	if longest > wall.MinutesPerDay {
		v.warn(fmt.Sprintf("a closed day on which %s would open removes all of it, up to %s", w, durationText(time.Duration(longest)*time.Minute)),
			"split it into a window a day if it should open on the next one")
	}
}

// years returns the dates on which a window is looked at: those that it names, else two years of which one is a leap year.
func years(w hours.Window) (from, to wall.Date) {
	if dates := w.Opens.Dates; len(dates) > 0 {
		return dates[0].First, dates[len(dates)-1].Last + 1
	}
	return wall.NewDate(2027, time.January, 1), wall.NewDate(2029, time.January, 1)
}

// lintKnown finds dates for which a calendar has no holidays to tell.
func (s *scheduleDraft) lintKnown(v value, w hours.Window) {
	for _, c := range s.Closed {
		from, to, limited := c.Known()
		for _, dates := range w.Opens.Dates {
			if limited && (dates.First < from || to <= dates.Last) {
				v.warn(fmt.Sprintf("%s lies outside %s to %s, for which calendar %s knows holidays", w, from, to-1, c.Name), "")
				break
			}
		}
	}
}
