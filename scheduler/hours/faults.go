package hours

import (
	"fmt"
	"strconv"
	"strings"

	"offpeak/scheduler/wall"
)

// Error says which piece of a text cannot be read, and what to write in its place.
type Error struct {
	Text   string // the piece; only its beginning where the whole is too long
	Offset int    // where the piece begins, in bytes
	What   string // what is wrong with it
	Say    string // what to write in its place; "" when there is no telling
}

// Error is a line such as "last mon-fri": last takes one weekday (say last fri).
func (e *Error) Error() string {
	line := strconv.Quote(shortened(e.Text)) + ": " + e.What
	if e.Say != "" {
		line += fmt.Sprintf(" (say %s)", e.Say)
	}
	return line
}

// longestQuote is how much of a piece, in bytes, an error repeats.
const longestQuote = 80

func shortened(text string) string {
	if len(text) <= longestQuote {
		return text
	}
	return strings.ToValidUTF8(text[:longestQuote], "") + "..."
}

func itoa(n int) string { return strconv.Itoa(n) }

func orElse(text, other string) string {
	if text != "" {
		return text
	}
	return other
}

// raw is the text from one token to another, both included.
func (p *parser) raw(first, final int) string { return p.text[p.at(first).at:p.at(final).end()] }

// fault is an error about the text from one token to another, both included.
func (p *parser) fault(first, final int, what, say string) *Error {
	return &Error{Text: p.raw(first, final), Offset: p.at(first).at, What: what, Say: say}
}

// unexpected explains a token that cannot stand where it does.
func (p *parser) unexpected() *Error {
	switch t := p.tok(); t.kind {
	case wrong, stray, word:
		return p.fault(p.i, p.i, t.what, t.say)
	case dots:
		return p.fault(p.i, p.i, "joins dates only", "-")
	case month:
		return p.fault(p.i, p.i, "months follow the word in", "in "+t.text)
	default:
		return p.fault(p.i, p.i, "not expected here", "")
	}
}

// dangling explains a joining sign that nothing fitting follows.
func (p *parser) dangling() *Error {
	if k := p.peek(1).kind; k == wrong || k == stray || k == word {
		p.i++
		return p.unexpected()
	}
	what := fmt.Sprintf("nothing that fits follows the %s", p.tok().text)
	if k := p.peek(1).kind; k == end || k == join || k == semicolon {
		return p.fault(p.i-1, p.i, what, p.peek(-1).text)
	}
	return p.fault(p.i-1, p.i+1, what, p.peek(-1).text+" "+p.peek(1).text)
}

// timeless explains days after which no time stands.
func (p *parser) timeless() *Error {
	switch t := p.tok(); t.kind {
	case end, semicolon:
	case word:
		if !isZone(t.text) && !strings.Contains(t.text, "/") {
			return p.fault(p.i, p.i, "neither a time nor a zone", "")
		}
	default:
		return p.unexpected()
	}
	e := p.fault(p.rule, p.i-1, "days without times", "")
	if !p.single {
		e.Say = e.Text + " 00:00-24:00"
	}
	return e
}

// numbersForDays returns the last of the numbers that stand where days are wanted; false when none do. Times follow them.
func (p *parser) numbersForDays() (final int, ok bool) {
	final = p.i
	for p.at(final).kind == number && (p.at(final+1).dashlike() || p.at(final+1).kind == join) && p.at(final+2).kind == number {
		final += 2
	}
	return final, p.at(final).kind == number && p.at(final+1).timelike()
}

// numberedDays explains that weekdays have names.
func (p *parser) numberedDays(final int) *Error {
	weekdays, monthDays := true, true
	names := ""
	for _, t := range p.tokens[p.i : final+1] {
		if t.kind != number {
			names += t.text
			continue
		}
		weekdays = weekdays && 1 <= t.n && t.n <= 7
		monthDays = monthDays && 1 <= t.n && t.n <= 31
		names += weekdayNames[t.n%7]
	}
	raw := p.raw(p.i, final)
	switch {
	case weekdays:
		what := "weekdays have names, and days of the month stand after the word day: day " + shortened(raw)
		return p.fault(p.i, final, what, names)
	case monthDays:
		return p.fault(p.i, final, "days of the month stand after the word day", "day "+raw)
	default:
		return p.fault(p.i, final, "weekdays have names, and days of the month are 1 to 31", "")
	}
}

// mixed explains a list of days of different kinds, and writes a rule for each where it can.
func (p *parser) mixed(begin int) *Error {
	const what = "a list has days of one kind; write a rule for each kind"
	from := p.i + 1
	for !p.at(from).timelike() && p.at(from).kind != end {
		from++
	}
	to := from
	for p.at(to).kind == clock {
		if p.at(to+1).dashlike() && p.at(to+2).kind == clock {
			to += 2
		}
		if p.at(to+1).kind != join || p.at(to+2).kind != clock {
			break
		}
		to += 2
	}
	if p.at(to).kind != clock || p.at(to+1).dashlike() || begin != p.rule || p.times > p.rule {
		return p.fault(begin, p.i+1, what, "")
	}
	times := p.raw(from, to)
	return p.fault(begin, to, what, p.raw(begin, p.i-1)+" "+times+" "+p.raw(p.i+1, from-1)+" "+times)
}

// ordinalAlone explains an ordinal that no weekday follows.
func (p *parser) ordinalAlone(begin int) *Error {
	t, single := p.at(begin), p.i == begin+1
	n := itoa(t.n)
	if t.kind == last {
		n = "31"
	}
	switch follows := p.tok(); {
	case single && (follows.kind == workday || strings.EqualFold(follows.text, "weekday")):
		return p.fault(begin, p.i, "not a word of the grammar", "workday nearest "+n)
	case follows.kind == wrong || follows.kind == stray:
		return p.unexpected()
	case single && follows.kind == day:
		return p.fault(begin, p.i, "days of the month are numbers", "day "+n)
	case single && t.kind == ordinal && t.n <= 31:
		return p.fault(begin, begin, "ordinals take a weekday, as in 1st mon", "day "+n)
	default:
		return p.fault(begin, p.i-1, "takes a weekday, as in last fri", "")
	}
}

// ordinalRangeOfDays explains last mon-fri.
func (p *parser) ordinalRangeOfDays(begin int) *Error {
	first, final := p.peek(-1), p.peek(1)
	name := p.raw(begin, p.i-2)
	day := first
	if p.at(begin).kind == last {
		day = final
	}
	return p.fault(begin, p.i+1, name+" takes one weekday", name+" "+day.text)
}

// weekdayAfterOrdinal explains 1st mon,fri, which may mean every Friday.
func (p *parser) weekdayAfterOrdinal(begin int) *Error {
	ordinals := p.i - 1
	for ordinals > begin && p.at(ordinals-1).kind != weekday {
		ordinals--
	}
	if p.at(ordinals).kind == join {
		ordinals++
	}
	say := ""
	if !p.peek(2).dashlike() {
		say = p.raw(begin, p.i) + p.raw(ordinals, p.i-2) + " " + p.peek(1).text
	}
	return p.fault(begin, p.i+1, "name the week of each weekday, or put every "+p.peek(1).text+" first", say)
}

// dayAlone explains the word day without a number.
func (p *parser) dayAlone() *Error {
	switch t := p.tok(); {
	case t.kind == last:
		return p.fault(p.i-1, p.i, "the other way round", "last day")
	case t.kind == ordinal:
		return p.fault(p.i, p.i, "days of the month are numbers", itoa(t.n))
	case t.dashlike() && p.peek(1).kind == number:
		return p.fault(p.i-1, p.i+1, "days of the month are 1 to 31", "last day")
	default:
		return p.fault(p.i-1, p.i-1, "takes a day of the month, as in day 15", "")
	}
}

// inAlone explains the word in without the name of a month.
func (p *parser) inAlone() *Error {
	switch t := p.tok(); {
	case t.kind == number && 1 <= t.n && t.n <= 12:
		return p.fault(p.i, p.i, "months have names", monthNames[t.n])
	case t.kind == wrong || t.kind == stray:
		return p.unexpected()
	default:
		return p.fault(p.i-1, p.i-1, "takes months, as in daily in nov-feb", "")
	}
}

// lateMonths explains mon-fri 09:00-18:00 in dec.
func (p *parser) lateMonths() *Error {
	final := p.i
	for k := p.at(final + 1).kind; k == month || (k == dash || k == tilde || k == join) && p.at(final+2).kind == month; k = p.at(final + 1).kind {
		final++
	}
	times := p.i - 1
	if k := p.at(times).kind; k == join || k == semicolon {
		times--
	}
	say := p.raw(p.rule, p.times-1) + " " + p.raw(p.i, final) + " " + p.raw(p.times, times)
	return p.fault(p.rule, final, "months stand with the days, before the times", say)
}

// never explains days that do not exist.
func (p *parser) never() *Error {
	e := p.fault(p.rule, p.times-1, "no such day from 1970 to 2100", "")
	var proposals []wall.Days
	if d := p.days; d.MonthDays>>29 != 0 {
		d.MonthDays, d.LastDay = 0, true
		proposals = append(proposals, d)
	}
	proposals = append(proposals, wall.Days{Dates: p.days.Dates})
	for _, d := range proposals {
		if text := daysText(d); text != everyDay && ever(d) {
			e.Say = text
			break
		}
	}
	return e
}
