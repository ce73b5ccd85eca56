package hours

import (
	"slices"

	"offpeak/scheduler/wall"
)

// longestText is far beyond any schedule, and keeps reading fast.
const longestText = 4096

// Parse reads windows with an optional zone at their end, such as mon-fri 09:00-12:00+13:00-18:00 sat 10:00-14:00 Asia/Seoul.
// Its errors are of type *Error.
func Parse(text string) (Hours, error) {
	windows, zone, err := parse(text, "mon-fri 09:00-18:00", (*parser).window)
	if err != nil {
		return Hours{}, err
	}
	return Hours{Windows: windows, Zone: zone}, nil
}

// ParseTimes reads single times with an optional zone at their end, such as mon-fri 21:00 or last fri 18:00,22:00.
// Its errors are of type *Error.
func ParseTimes(text string) (Times, error) {
	edges, zone, err := parse(text, "daily 21:00", (*parser).edge)
	if err != nil {
		return Times{}, err
	}
	return Times{Times: edges, Zone: zone}, nil
}

// parser walks over the tokens of a text. Its rule is a window or an edge.
type parser struct {
	text   string
	tokens []token // the last is the end
	i      int
	single bool // the rules have single times
	rule   int  // where the current rule begins
	times  int  // where its times begin; the same where it has no days
	days   wall.Days
}

// parse reads rules until the text or a zone ends them.
func parse[Rule any](text, example string, read func(*parser) (Rule, *Error)) ([]Rule, string, error) {
	if len(text) > longestText {
		return nil, "", &Error{Text: shortened(text), What: "longer than 4096 bytes"}
	}
	p := &parser{text: text, tokens: lex(text)}
	if len(p.tokens) == 1 {
		return nil, "", &Error{Text: text, What: "empty", Say: example}
	}
	var rules []Rule
	for more := true; more; {
		rule, err := read(p)
		if err != nil {
			return nil, "", err
		}
		rules = append(rules, rule)
		if more, err = p.further(); err != nil {
			return nil, "", err
		}
	}
	zone, err := p.zone()
	if err != nil {
		return nil, "", err
	}
	return rules, zone, nil
}

// at returns a token, the end where the text has ended.
func (p *parser) at(i int) token { return p.tokens[min(i, len(p.tokens)-1)] }

func (p *parser) tok() token { return p.at(p.i) }

// peek returns a token n further on, or before where n is negative.
func (p *parser) peek(n int) token { return p.at(p.i + n) }

// further takes what may stand between two rules, and reports whether another one follows.
func (p *parser) further() (bool, *Error) {
	if k := p.tok().kind; k == join || k == semicolon {
		switch next := p.peek(1); {
		case next.kind == end || next.kind == join || next.kind == semicolon:
			return false, p.dangling()
		case k == semicolon && next.timelike():
			return false, p.fault(p.i, p.i, "; begins a rule with days of its own", "+")
		}
		p.i++
	}
	k := p.tok().kind
	return k != end && k != word, nil
}

// window reads days and their ranges, or a span.
func (p *parser) window() (Window, *Error) {
	if err := p.dated(); err != nil {
		return Window{}, err
	}
	w := Window{Opens: p.days}
	for {
		if p.opensSpan() {
			if len(w.Ranges) > 0 {
				say := p.raw(p.rule, p.i-2) + " " + p.raw(p.rule, p.times-1) + " " + p.tok().text
				return Window{}, p.fault(p.rule, p.i, "a span is no part of a list", say)
			}
			return p.span()
		}
		r, ok := p.timeRange()
		if !ok {
			return Window{}, p.timesFault()
		}
		w.Ranges = append(w.Ranges, r)
		if !p.continues() {
			break
		}
	}
	return w.normal(), p.unjoined()
}

// edge reads days and single times.
func (p *parser) edge() (Edge, *Error) {
	p.single = true
	if err := p.dated(); err != nil {
		return Edge{}, err
	}
	e := Edge{Days: p.days}
	for {
		at := p.tok()
		if p.times == p.rule || at.kind != clock || at.n == wall.MinutesPerDay || p.isTo(1) {
			return Edge{}, p.timesFault()
		}
		e.At = append(e.At, at.n)
		p.i++
		if !p.continues() {
			break
		}
	}
	slices.Sort(e.At)
	e.At = slices.Compact(e.At)
	return e, p.unjoined()
}

// continues takes the sign that joins another time to the last.
func (p *parser) continues() bool {
	if p.tok().kind != join || !p.peek(1).timelike() {
		return false
	}
	p.i++
	return true
}

// unjoined finds times that follow others without a sign.
func (p *parser) unjoined() *Error {
	if p.tok().kind != clock {
		return nil
	}
	return p.fault(p.i-1, p.i, "times of the same days are joined by +", p.peek(-1).text+"+"+p.tok().text)
}

// dated begins a rule: it reads the days, and leaves the times to be read. Times without days are left to timesFault.
func (p *parser) dated() *Error {
	if final, ok := p.numbersForDays(); ok {
		return p.numberedDays(final)
	}
	switch t := p.tok(); {
	case t.kind == in && p.i > 0:
		return p.lateMonths()
	case t.kind == in:
		return p.fault(p.i, p.i, "months narrow days", "daily in")
	case t.kind == month:
		return p.fault(p.i, p.i, "months follow days and the word in", "daily in "+t.text)
	case t.kind == word && p.i == 0:
		return p.zoneFirst()
	}
	p.rule, p.times, p.days = p.i, p.i, wall.Days{}
	if p.tok().timelike() {
		return nil
	}
	if !p.startsDays(p.i) {
		return p.unexpected()
	}
	var err *Error
	if p.days, err = p.readDays(); err != nil {
		return err
	}
	p.times = p.i
	if !p.tok().timelike() {
		return p.timeless()
	}
	if !ever(p.days) {
		return p.never()
	}
	return nil
}

// timeRange reads 09:00-18:00; false where something else stands.
func (p *parser) timeRange() (Range, bool) {
	from, to := p.tok(), p.peek(2)
	proper := from.kind == clock && p.peek(1).dashlike() && to.kind == clock
	if !proper || p.times == p.rule || from.n == wall.MinutesPerDay || from.n == to.n {
		return Range{}, false
	}
	p.i += 3
	return Range{From: from.n, To: to.n}, true
}

// opensSpan reports whether a time, a dash and a day follow.
func (p *parser) opensSpan() bool {
	from := p.tok()
	return p.times > p.rule && from.kind == clock && from.n < wall.MinutesPerDay && p.peek(1).dashlike() && p.startsDays(p.i+2)
}

// span reads the rest of a window that ends on other days.
func (p *parser) span() (Window, *Error) {
	from := p.tok().n
	p.i += 2
	closes, err := p.readDays()
	if err != nil {
		return Window{}, err
	}
	switch to := p.tok(); {
	case to.timelike() && to.kind != clock:
		return Window{}, p.fault(p.i, p.i, orElse(to.what, writeTimes), timeText(minutesOf(to)))
	case to.kind == clock:
		p.i++
		w := Window{Opens: p.days, Ranges: []Range{{From: from, To: to.n}}, Span: true, Closes: closes}.normal()
		return w, p.spanFault(w)
	case to.kind == end || to.kind == word || to.kind == join || to.kind == semicolon || p.startsDays(p.i):
		return Window{}, p.fault(p.rule, p.i-1, "no time at its end", p.raw(p.rule, p.i-1)+" 24:00")
	default:
		return Window{}, p.unexpected()
	}
}

// spanFault finds a span that does not end, or ends as it begins.
func (p *parser) spanFault(w Window) *Error {
	r := w.Ranges[0]
	switch {
	case r.From == r.To && (!w.Span || daysText(w.Opens) == daysText(w.Closes)):
		return p.fault(p.rule, p.i-1, "opens and closes at the same time", "daily 00:00-24:00")
	case !w.closes():
		return p.fault(p.rule, p.i-1, "never ends: no such closing within 366 days of some openings", "")
	default:
		return p.unjoined()
	}
}
