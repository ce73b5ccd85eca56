package recur

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"offpeak/scheduler/wall"
)

// Limits that keep every rule cheap. None of them is reached by a rule that people write.
const (
	mostTimes    = 24      // occurrences a day
	mostEntries  = 400     // numbers in one BY part
	mostCount    = 100_000 // COUNT
	longestText  = 4096
	mostInterval = 10_000
)

// Until reads the value of UNTIL as the last wall-clock minute, in the rule's own zone, at which an occurrence may begin.
type Until func(value string) (wall.Minute, error)

// Parse reads the value of an RRULE property whose first occurrence is start. allDay says that occurrences are dates. until reads
// UNTIL, which may be written in UTC and so needs the zone.
func Parse(text string, start wall.Minute, allDay bool, until Until) (Rule, error) {
	if len(text) > longestText {
		return Rule{}, errors.New("is too long")
	}
	r := Rule{start: start, ends: math.MaxInt64, interval: 1, anyMonth: true, weekStart: time.Monday}
	p := parser{rule: &r, until: until, seen: map[string]bool{}}
	for part := range strings.SplitSeq(strings.TrimSuffix(text, ";"), ";") {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.ToUpper(strings.TrimSpace(key)), strings.ToUpper(strings.TrimSpace(value))
		if !ok || value == "" {
			return Rule{}, fmt.Errorf("part %q is not KEY=VALUE", part)
		}
		if p.seen[key] {
			return Rule{}, fmt.Errorf("says %s twice", key)
		}
		p.seen[key] = true
		if err := p.part(key, value); err != nil {
			return Rule{}, fmt.Errorf("%s=%s: %w", key, value, err)
		}
	}
	if err := p.check(allDay); err != nil {
		return Rule{}, err
	}
	p.setTimes()
	r.fillFromStart(p.seen)
	if p.count > 0 {
		r.ends = min(r.ends, r.countEnd(p.count))
	}
	return r, nil
}

type parser struct {
	rule           *Rule
	until          Until
	seen           map[string]bool
	count          int
	hours, minutes []int
}

func (p *parser) part(key, value string) (err error) {
	r := p.rule
	switch key {
	case "FREQ":
		r.freq, err = parseFrequency(value)
	case "INTERVAL":
		r.interval, err = parseNumber(value, 1, mostInterval)
	case "COUNT":
		p.count, err = parseNumber(value, 1, mostCount)
	case "UNTIL":
		r.ends, err = p.until(value)
	case "WKST":
		r.weekStart, err = parseWeekday(value)
	case "BYDAY":
		r.weekdays, err = parseOrdinals(value)
	case "BYMONTHDAY":
		r.monthDays, err = parseList(value, 1, 31, true)
	case "BYYEARDAY":
		r.yearDays, err = parseList(value, 1, 366, true)
	case "BYWEEKNO":
		r.weeks, err = parseList(value, 1, 53, true)
	case "BYSETPOS":
		r.positions, err = parseList(value, 1, 366*mostTimes, true)
	case "BYMONTH":
		var months []int
		months, err = parseList(value, 1, 12, false)
		r.anyMonth = false
		for _, m := range months {
			r.months[m] = true
		}
	case "BYHOUR":
		p.hours, err = parseList(value, 0, 23, false)
	case "BYMINUTE":
		p.minutes, err = parseList(value, 0, 59, false)
	case "BYSECOND":
		// Occurrences are whole minutes here.
		_, err = parseNumber(value, 0, 60)
	default:
		err = errors.New("is not a part that is understood")
	}
	return err
}

// check refuses what RFC 5545, 3.3.10, forbids.
func (p *parser) check(allDay bool) error {
	r := p.rule
	numbered := slices.ContainsFunc(r.weekdays, func(o ordinal) bool { return o.n != 0 })
	monthly5 := r.freq == monthly || r.freq == yearly && !r.anyMonth
	beyond := slices.ContainsFunc(r.weekdays, func(o ordinal) bool { return o.n < -5 || o.n > 5 })
	switch {
	case !p.seen["FREQ"]:
		return errors.New("does not say FREQ")
	case numbered && r.freq < monthly:
		return errors.New("a number before a weekday needs FREQ=MONTHLY or YEARLY")
	case numbered && len(r.weeks) > 0:
		return errors.New("a number before a weekday cannot stand beside BYWEEKNO")
	case monthly5 && beyond:
		return errors.New("no month has more than five of a weekday")
	case len(r.weeks) > 0 && r.freq != yearly:
		return errors.New("BYWEEKNO needs FREQ=YEARLY")
	case len(r.yearDays) > 0 && r.freq != yearly:
		return errors.New("BYYEARDAY needs FREQ=YEARLY")
	case len(r.monthDays) > 0 && r.freq == weekly:
		return errors.New("BYMONTHDAY cannot stand beside FREQ=WEEKLY")
	case allDay && (p.seen["BYHOUR"] || p.seen["BYMINUTE"] || p.seen["BYSECOND"]):
		return errors.New("an all-day event cannot repeat within the day")
	case len(r.positions) > 0 && !p.limits():
		return errors.New("BYSETPOS needs another BY part to choose from")
	case max(1, len(p.hours))*max(1, len(p.minutes)) > mostTimes:
		return fmt.Errorf("has more than %d occurrences a day", mostTimes)
	}
	return nil
}

// limits reports whether any BY part besides BYSETPOS is there.
func (p *parser) limits() bool {
	for key := range p.seen {
		if strings.HasPrefix(key, "BY") && key != "BYSETPOS" {
			return true
		}
	}
	return false
}

func (p *parser) setTimes() {
	hour, minute := p.rule.start.Clock()
	hours, minutes := p.hours, p.minutes
	if len(hours) == 0 {
		hours = []int{hour}
	}
	if len(minutes) == 0 {
		minutes = []int{minute}
	}
	for _, h := range hours {
		for _, m := range minutes {
			p.rule.times = append(p.rule.times, h*60+m)
		}
	}
	slices.Sort(p.rule.times)
	p.rule.times = slices.Compact(p.rule.times)
}

// fillFromStart takes from the first occurrence what the rule leaves open.
func (r *Rule) fillFromStart(seen map[string]bool) {
	date := r.start.Date()
	_, month, day := date.Civil()
	byDay := seen["BYDAY"] || seen["BYMONTHDAY"] || seen["BYYEARDAY"]
	switch {
	case byDay || r.freq == daily:
	case r.freq == weekly, seen["BYWEEKNO"]:
		r.weekdays = []ordinal{{weekday: date.Weekday()}}
	default:
		r.monthDays = []int{day}
		if r.freq == yearly && r.anyMonth {
			r.anyMonth, r.months[month] = false, true
		}
	}
}

// countEnd returns the minute of the n-th occurrence, or the end of everything if there are fewer.
func (r *Rule) countEnd(n int) wall.Minute {
	for first := r.periodOf(r.start.Date()); first <= Last; first = r.periodAfter(first) {
		found := r.period(first)
		if n <= len(found) {
			return found[n-1]
		}
		n -= len(found)
	}
	return math.MaxInt64
}

func parseFrequency(value string) (frequency, error) {
	switch value {
	case "DAILY":
		return daily, nil
	case "WEEKLY":
		return weekly, nil
	case "MONTHLY":
		return monthly, nil
	case "YEARLY":
		return yearly, nil
	case "HOURLY", "MINUTELY", "SECONDLY":
		return 0, errors.New("a calendar here repeats daily at most; say BYHOUR with FREQ=DAILY")
	}
	return 0, errors.New("is not a frequency (say DAILY, WEEKLY, MONTHLY or YEARLY)")
}

func parseNumber(value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is not a number from %d to %d", value, least, most)
	}
	return n, nil
}

// parseList reads numbers between two bounds, also counted from the back where signed.
func parseList(value string, least, most int, signed bool) ([]int, error) {
	var list []int
	for field := range strings.SplitSeq(value, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		size := n
		if signed && n < 0 {
			size = -n
		}
		if err != nil || size < least || size > most {
			return nil, fmt.Errorf("%q is not a number from %d to %d", field, least, most)
		}
		if list = append(list, n); len(list) > mostEntries {
			return nil, errors.New("the list is too long")
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

var weekdays = map[string]time.Weekday{
	"SU": time.Sunday, "MO": time.Monday, "TU": time.Tuesday, "WE": time.Wednesday, "TH": time.Thursday, "FR": time.Friday, "SA": time.Saturday,
}

func parseWeekday(value string) (time.Weekday, error) {
	w, ok := weekdays[value]
	if !ok {
		return 0, fmt.Errorf("%q is not a weekday (say MO, TU, WE, TH, FR, SA or SU)", value)
	}
	return w, nil
}

func parseOrdinals(value string) ([]ordinal, error) {
	var list []ordinal
	for field := range strings.SplitSeq(value, ",") {
		field = strings.TrimSpace(field)
		letters := max(0, len(field)-2)
		weekday, err := parseWeekday(field[letters:])
		if err != nil {
			return nil, err
		}
		o := ordinal{weekday: weekday}
		if letters > 0 {
			o.n, err = strconv.Atoi(field[:letters])
			if err != nil || o.n == 0 || o.n < -53 || o.n > 53 {
				return nil, fmt.Errorf("%q is not a weekday with a number from 1 to 53", field)
			}
		}
		if list = append(list, o); len(list) > mostEntries {
			return nil, errors.New("the list is too long")
		}
	}
	return list, nil
}
