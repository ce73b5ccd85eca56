package hours

import (
	"fmt"
	"time"

	"offpeak/scheduler/wall"
)

// part is a kind of condition on days. Items of one part are ORed in a list; parts that follow each other are ANDed.
type part uint8

const (
	noPart    part = iota
	everyPart      // daily
	weekPart       // mon-fri, last fri
	monthPart      // day 1-5, last day
	datePart       // 2026-12-24
	inPart         // in nov-feb
	allParts       // how many there are
)

// partAt returns the part that a token begins.
func (p *parser) partAt(i int) part {
	next := p.at(i + 1).kind
	switch k := p.at(i).kind; {
	case k == daily:
		return everyPart
	case k == day || k == workday || k == last && next == day:
		return monthPart
	case k == weekday || k == ordinal || k == last:
		return weekPart
	case k == date:
		return datePart
	case k == in:
		return inPart
	default:
		return noPart
	}
}

// startsDays reports whether days may begin with a token.
func (p *parser) startsDays(i int) bool {
	part := p.partAt(i)
	return part != noPart && part != inPart
}

// readDays reads lists of days that follow each other, each of another part.
func (p *parser) readDays() (wall.Days, *Error) {
	begin := p.i
	var all wall.Days
	var seen [allParts]bool
	for part := p.partAt(p.i); part != noPart; part = p.partAt(p.i) {
		list, err := p.list(part)
		if err != nil {
			return wall.Days{}, err
		}
		all = either(all, list)
		if seen[part] {
			return wall.Days{}, p.fault(begin, p.i-1, "days of one kind are joined by + or a comma", daysText(normal(all)))
		}
		seen[part] = true
	}
	return normal(all), nil
}

// list reads items of one part, joined.
func (p *parser) list(part part) (wall.Days, *Error) {
	begin := p.i
	var days wall.Days
	for {
		item, err := p.item(part)
		if err != nil {
			return wall.Days{}, err
		}
		days = either(days, item)
		if p.tok().kind != join {
			return days, nil
		}
		switch p.partAt(p.i + 1) {
		case part:
			if days.Weeks != [7]uint8{} && p.peek(1).kind == weekday {
				return wall.Days{}, p.weekdayAfterOrdinal(begin)
			}
			p.i++
		case noPart:
			return wall.Days{}, p.dangling()
		default:
			return wall.Days{}, p.mixed(begin)
		}
	}
}

func (p *parser) item(part part) (wall.Days, *Error) {
	switch part {
	case weekPart:
		if p.tok().kind == weekday {
			return p.weekdays()
		}
		return p.ordinals()
	case monthPart:
		return p.monthDays()
	case datePart:
		return p.dates()
	case inPart:
		p.i++
		return p.months()
	default:
		p.i++
		return wall.Days{}, nil
	}
}

// weekdays reads fri or fri-mon.
func (p *parser) weekdays() (wall.Days, *Error) {
	first := time.Weekday(p.tok().n)
	p.i++
	if !p.tok().dashlike() {
		return weekdaysBetween(first, first), nil
	}
	if p.peek(1).kind != weekday {
		return wall.Days{}, p.dangling()
	}
	final := time.Weekday(p.peek(1).n)
	p.i += 2
	return weekdaysBetween(first, final), nil
}

// ordinals reads 1st mon, 1st+3rd mon, 1st..3rd mon or last fri.
func (p *parser) ordinals() (wall.Days, *Error) {
	begin := p.i
	var weeks uint8
	for {
		bits, err := p.ordinalRange()
		if err != nil {
			return wall.Days{}, err
		}
		weeks |= bits
		if next := p.peek(1).kind; p.tok().kind != join || next != ordinal && next != last {
			break
		}
		p.i++
	}
	if p.tok().kind != weekday {
		return wall.Days{}, p.ordinalAlone(begin)
	}
	on := p.tok().n
	p.i++
	if p.tok().dashlike() && p.peek(1).kind == weekday {
		return wall.Days{}, p.ordinalRangeOfDays(begin)
	}
	var days wall.Days
	days.Weeks[on] = weeks
	return days, nil
}

// ordinalRange reads 2nd, 2nd..4th or last as bits of wall.Days.Weeks.
func (p *parser) ordinalRange() (uint8, *Error) {
	first := p.tok()
	p.i++
	if first.kind == last {
		return 1 << wall.LastWeek, nil
	}
	final := first
	if between := p.tok(); (between.dashlike() || between.kind == dots) && p.peek(1).kind == ordinal {
		final = p.peek(1)
		p.i += 2
	}
	var bits uint8
	switch {
	case final.n == first.n && p.tok().kind != weekday && p.tok().kind != join:
		return 0, p.ordinalAlone(p.i - 1)
	case first.n < 1 || final.n > 5:
		return 0, p.fault(p.i-1, p.i-1, "a month has a weekday five times at most", "last")
	case first.n > final.n:
		return 0, p.fault(p.i-3, p.i-1, "ends before it begins", final.text+".."+first.text)
	}
	for n := first.n; n <= final.n; n++ {
		bits |= 1 << n
	}
	return bits, nil
}

// monthDays reads day 1-5+15, last day or workday nearest 15.
func (p *parser) monthDays() (wall.Days, *Error) {
	switch k := p.tok().kind; {
	case k == last:
		p.i += 2
		return wall.Days{LastDay: true}, nil
	case k == day:
		p.i++
		if p.tok().kind != number {
			return wall.Days{}, p.dayAlone()
		}
		bits, err := p.numbers(p.numberRange)
		return wall.Days{MonthDays: bits}, err
	case p.peek(1).kind != nearest:
		return wall.Days{}, p.fault(p.i, p.i, "without nearest and a day", "mon-fri")
	case p.peek(2).kind != number:
		return wall.Days{}, p.fault(p.i, p.i+1, "takes a day of the month, as in workday nearest 15", "")
	}
	p.i += 2
	bits, err := p.numbers(p.singleNumber)
	return wall.Days{Nearest: bits}, err
}

// numbers reads a list of days of the month as bits.
func (p *parser) numbers(item func() (uint32, *Error)) (uint32, *Error) {
	var all uint32
	for {
		bits, err := item()
		if err != nil {
			return 0, err
		}
		all |= bits
		if p.tok().kind != join || p.peek(1).kind != number {
			return all, nil
		}
		p.i++
	}
}

func (p *parser) singleNumber() (uint32, *Error) {
	n, err := p.monthDay()
	if err == nil && p.tok().dashlike() && p.peek(1).kind == number {
		return 0, p.fault(p.i-1, p.i+1, "nearest takes single days", p.peek(-1).text)
	}
	return 1 << n, err
}

func (p *parser) numberRange() (uint32, *Error) {
	first, err := p.monthDay()
	if err != nil {
		return 0, err
	}
	final := first
	if p.tok().dashlike() && p.peek(1).kind == number {
		p.i++
		if final, err = p.monthDay(); err != nil {
			return 0, err
		}
	}
	if first > final {
		return 0, p.fault(p.i-3, p.i-1, "days of the month do not pass its end", run(itoa(first), "31")+"+"+run("1", itoa(final)))
	}
	var bits uint32
	for n := first; n <= final; n++ {
		bits |= 1 << n
	}
	return bits, nil
}

// monthDay reads a number from 1 to 31.
func (p *parser) monthDay() (int, *Error) {
	n := p.tok().n
	if say := min(max(n, 1), 31); say != n {
		if k := p.peek(-1).kind; k == day || k == nearest {
			return 0, p.fault(p.i-1, p.i, "months have days 1 to 31", p.peek(-1).text+" "+itoa(say))
		}
		return 0, p.fault(p.i, p.i, "months have days 1 to 31", itoa(say))
	}
	p.i++
	return n, nil
}

// dates reads 2026-12-24 or 2026-12-24..2026-12-26.
func (p *parser) dates() (wall.Days, *Error) {
	r := wall.Range{First: p.tok().date, Last: p.tok().date}
	p.i++
	between := p.tok()
	if !between.dashlike() && between.kind != dots {
		return wall.Days{Dates: []wall.Range{r}}, nil
	}
	switch next := p.peek(1); {
	case next.kind == number && 1 <= next.n && next.n <= 31:
		proper := r.First.String()
		say := fmt.Sprintf("%s..%s%02d", proper, proper[:len("2026-12-")], next.n)
		return wall.Days{}, p.fault(p.i-1, p.i+1, "takes a date at either end", say)
	case next.kind != date:
		return wall.Days{}, p.dangling()
	}
	r.Last = p.peek(1).date
	p.i += 2
	switch {
	case r.Last < r.First:
		return wall.Days{}, p.fault(p.i-3, p.i-1, "ends before it begins", p.peek(-1).text+".."+p.peek(-3).text)
	case between.kind == dash:
		return wall.Days{}, p.fault(p.i-3, p.i-1, "dates are joined by ..", p.peek(-3).text+".."+p.peek(-1).text)
	}
	return wall.Days{Dates: []wall.Range{r}}, nil
}

// months reads nov-feb+jun.
func (p *parser) months() (wall.Days, *Error) {
	var all wall.Days
	for {
		if p.tok().kind != month {
			return wall.Days{}, p.inAlone()
		}
		first := time.Month(p.tok().n)
		final := first
		p.i++
		if p.tok().dashlike() {
			if p.peek(1).kind != month {
				return wall.Days{}, p.dangling()
			}
			final = time.Month(p.peek(1).n)
			p.i += 2
		}
		all = either(all, monthsBetween(first, final))
		if p.tok().kind != join || p.peek(1).kind != month {
			return all, nil
		}
		p.i++
	}
}
