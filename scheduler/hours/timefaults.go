package hours

import (
	"strings"

	"offpeak/scheduler/wall"
)

// slot is a time or a range as people write it.
type slot struct {
	from, to token
	ranged   bool // to stands
	worded   bool // joined by something else than a dash
	open     bool // a dash without an end
	span     bool // a dash and a day follow
}

// isTo reports whether what joins the ends of a range stands n tokens further on: a dash, or what people write instead.
func (p *parser) isTo(n int) bool {
	t := p.peek(n)
	return t.dashlike() || t.kind == dots || t.kind == wrong && t.say == "-"
}

// slot reads a time, and its end where it has one.
func (p *parser) slot() slot {
	s := slot{from: p.tok()}
	p.i++
	if !p.isTo(0) {
		return s
	}
	s.worded = !p.tok().dashlike()
	switch {
	case p.peek(1).timelike():
		s.ranged, s.to = true, p.peek(1)
		p.i += 2
	case p.startsDays(p.i + 1):
		s.span = true
		if s.worded {
			p.i++
		}
	default:
		s.open = true
		p.i++
	}
	return s
}

// timesFault explains the first fault of a rule's times, and proposes the rule with all of them mended.
func (p *parser) timesFault() *Error {
	p.i = p.times
	var slots []slot
	for more := true; more; more = p.continues() {
		slots = append(slots, p.slot())
	}
	days, dated := everyDay, p.times > p.rule
	if dated {
		days = p.raw(p.rule, p.times-1)
	}
	if next, weekly := shifted(p.days); len(slots) == 1 && weekly && slots[0].nextDay() {
		days = daysText(normal(next))
		slots[0].from = token{kind: clock, n: minutesOf(slots[0].from) - wall.MinutesPerDay, what: orElse(slots[0].from.what, endOnly)}
	}
	what, mended := "", true
	var texts []string
	for i, s := range slots {
		what = orElse(what, p.problem(s))
		text := p.mend(s)
		// A single time after others may be meant as an offset, before other days as the begin of a span.
		mended = mended && text != "" && (s.ranged || p.single || s.span || i == 0 && !p.startsDays(p.i))
		texts = append(texts, text)
	}
	e := p.fault(p.rule, p.i-1, orElse(what, "times without days"), "")
	if mended {
		e.Say = days + " " + strings.Join(texts, "+")
	}
	return e
}

const endOnly = "24:00 is an end only"

// nextDay reports whether the time lies on the day after.
func (s slot) nextDay() bool {
	n := minutesOf(s.from)
	return wall.MinutesPerDay <= n && n < 2*wall.MinutesPerDay
}

// problem says what is wrong with a slot; "" when nothing is.
func (p *parser) problem(s slot) string {
	notation := func(t token) string {
		if t.kind == number {
			return writeTimes
		}
		return t.what
	}
	switch {
	case notation(s.from) != "":
		return notation(s.from)
	case s.from.n >= wall.MinutesPerDay:
		return endOnly
	case p.single && (s.ranged || s.span || s.open):
		return "a range where single times are wanted"
	case s.span && s.worded:
		return "spans are written fri 18:00 - mon 08:00"
	case p.single || s.span:
		return ""
	case s.open:
		return "a range without an end"
	case !s.ranged && strings.HasSuffix(p.text[:s.from.at], "+"):
		return "a single time where a range is wanted; zones are names, not offsets"
	case !s.ranged:
		return "a single time where a range is wanted; start and stop take single times"
	case notation(s.to) != "":
		return notation(s.to)
	case s.from.n == s.to.n:
		return "opens and closes at the same time"
	case s.worded:
		return "ranges are written 09:00-18:00"
	default:
		return ""
	}
}

// mend writes a slot as it was probably meant; "" when there is no telling.
func (p *parser) mend(s slot) string {
	from, to := minutesOf(s.from), minutesOf(s.to)
	if from < 0 || from >= wall.MinutesPerDay || p.single && (s.ranged || s.span) {
		return ""
	}
	switch {
	case s.span && s.worded:
		return clockText(from) + " -"
	case p.single || s.span:
		return clockText(from)
	case !s.ranged:
		return clockText(from) + "-24:00"
	case s.from.kind == number && s.to.kind == number && to < from && from <= 12*60:
		to += 12 * 60 // 9-6
	}
	if to == from {
		return "00:00-24:00"
	}
	if timeText(to) == "" {
		return ""
	}
	return clockText(from) + "-" + timeText(to)
}

// minutesOf reads a token as minutes after midnight; -1 when it is no time. Times of the next day exceed 1440.
func minutesOf(t token) int {
	switch {
	case t.kind != number:
		return t.n
	case len(t.text) >= 3 && t.n/100 <= 24 && t.n%100 < 60:
		return t.n/100*60 + t.n%100
	case len(t.text) < 3 && t.n <= 24:
		return t.n * 60
	default:
		return -1
	}
}

// timeText writes an end, which may lie on the next day.
func timeText(minutes int) string {
	switch {
	case minutes < 0 || minutes >= 2*wall.MinutesPerDay:
		return ""
	case minutes > wall.MinutesPerDay:
		return clockText(minutes - wall.MinutesPerDay)
	default:
		return clockText(minutes)
	}
}
