package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"offpeak/scheduler"
	"offpeak/scheduler/calendar"
)

// calendarDraft is a calendar in the making.
type calendarDraft struct {
	scheduler.NamedCalendar
	draft   *draft
	sources []calendar.Calendar
	added   []entry
	removed []entry
	at      value // its name
	used    bool
}

// entry is one line of add or remove.
type entry struct {
	days []calendar.Day
	at   value
}

var calendarFields = fields[calendarDraft]{
	{"country", func(c *calendarDraft, v value) {
		if code, ok := v.oneOf(calendar.Countries()...); ok {
			c.take(v, func() (calendar.Calendar, error) { return calendar.Country(code) })
		}
	}},
	{"ics", func(c *calendarDraft, v value) { c.readFile(v, calendar.ParseICS) }},
	{"csv", func(c *calendarDraft, v value) { c.readFile(v, calendar.ParseCSV) }},
	{"add", func(c *calendarDraft, v value) { c.added = v.entries() }},
	{"remove", func(c *calendarDraft, v value) { c.removed = v.entries() }},
}

// mostCalendars keeps a policy from reading files without end.
const mostCalendars = 100

func (d *draft) readCalendars(v value) {
	members := v.members()
	if len(members) > mostCalendars {
		v.wrong(fmt.Sprintf("there are %d calendars, more than %d", len(members), mostCalendars), "")
		members = members[:mostCalendars]
	}
	for _, m := range members {
		c := &calendarDraft{draft: d, at: m.name}
		c.Name = m.key
		d.calendars[m.key] = c
		d.calendarNames = append(d.calendarNames, m.key)
		before := v.problems.count()
		m.checkName()
		found := calendarFields.read(c, m.value)
		_, country := found["country"]
		_, ics := found["ics"]
		_, csv := found["csv"]
		if v.problems.count() == before && !country && !ics && !csv && found["add"].holdsNothing() {
			m.name.wrong("names no days", `say country: KR, ics: or csv: with a path, or add: ["2026-12-31 name"]`)
		}
		if v.problems.count() == before {
			c.finish()
			d.Calendars = append(d.Calendars, c.NamedCalendar)
		}
	}
}

// finish unites the sources, and adds and removes days.
func (c *calendarDraft) finish() {
	base := calendar.Union(c.sources...)
	for _, e := range c.removed {
		for _, day := range e.days {
			if len(base.Days(day.Date, day.Date+1)) == 0 {
				e.at.warn(fmt.Sprintf("removes nothing: %s is no day of the country or the files", day.Date), "")
				break
			}
		}
	}
	from, to, limited := base.Known()
	for _, e := range slices.Concat(c.added, c.removed) {
		if first, last := e.days[0].Date, e.days[len(e.days)-1].Date; limited && (first < from || to <= last) {
			e.at.warn(fmt.Sprintf("lies outside %s to %s, for which holidays are known", from, to-1), "")
		}
	}
	c.Calendar = base.With(daysOf(c.added), daysOf(c.removed))
}

func daysOf(entries []entry) []calendar.Day {
	var days []calendar.Day
	for _, e := range entries {
		days = append(days, e.days...)
	}
	return days
}

// entries reads lines such as "2026-12-31 임시공휴일".
func (v value) entries() []entry {
	var entries []entry
	lines := map[int]int{} // by date
	v.each(longestText, func(element value, text string) {
		days, err := calendar.ParseEntry(text)
		if err != nil {
			element.wrongly(err)
			return
		}
		if line, twice := lines[int(days[0].Date)]; twice {
			element.warn(fmt.Sprintf("%s is listed already, on line %d", days[0].Date, line), "")
		}
		for _, day := range days {
			lines[int(day.Date)] = element.node.Line
		}
		entries = append(entries, entry{days, element})
	})
	return entries
}

// take adds a source, or reports why it cannot be had.
func (c *calendarDraft) take(v value, read func() (calendar.Calendar, error)) {
	source, err := read()
	if lines, several := err.(interface{ Unwrap() []error }); several {
		for _, line := range lines.Unwrap() {
			v.wrongly(line)
		}
		return
	}
	if err != nil {
		v.wrongly(err)
		return
	}
	c.sources = append(c.sources, source)
}

// readFile reads a calendar file beneath the policy's folder.
func (c *calendarDraft) readFile(v value, parse func(string, []byte) (calendar.Calendar, error)) {
	name, ok := v.filePath()
	if !ok {
		return
	}
	if c.draft.files == nil {
		v.wrong("calendar files cannot be read here", "")
		return
	}
	data, err := c.draft.files(name)
	if err != nil {
		v.wrong(fmt.Sprintf("%s cannot be read: %s", clip(name), oneLine(err)), "a calendar that cannot be read is never taken for an empty one")
		return
	}
	c.draft.remember(name, data)
	c.take(v, func() (calendar.Calendar, error) { return parse(name, data) })
}

// remember keeps which files belong to the policy.
func (d *draft) remember(name string, data []byte) {
	sum := sha256.Sum256(data)
	file := File{Path: name, Hash: hex.EncodeToString(sum[:])}
	if !slices.Contains(d.Files, file) {
		d.Files = append(d.Files, file)
	}
}

// filePath reads a path that stays beneath the policy's folder: the file goes wherever the policy goes.
func (v value) filePath() (string, bool) {
	name, ok := v.text()
	switch {
	case !ok:
		return "", false
	case strings.Contains(name, "://"):
		v.wrong("offpeak fetches nothing from other places", "save the calendar as a file beside the policy, and name that")
	case strings.Contains(name, `\`):
		v.wrong(fmt.Sprintf("the path %q holds a \\", clip(name)), "write / between folders")
	case !fs.ValidPath(path.Clean(name)) || path.Clean(name) == ".":
		v.wrong(fmt.Sprintf("the path %q is no file beneath the policy's folder", clip(name)), "put the file beside the policy, and name it from there")
	default:
		return path.Clean(name), true
	}
	return "", false
}

// namedCalendars reads a list of names of calendars.
func (d *draft) namedCalendars(v value) []scheduler.NamedCalendar {
	var list []scheduler.NamedCalendar
	v.each(longestTagValue, func(element value, name string) {
		c, ok := d.calendars[name]
		if !ok {
			element.unknownCalendar(name, d.calendarNames)
			return
		}
		c.used = true
		list = append(list, c.NamedCalendar)
	})
	return list
}

func (v value) unknownCalendar(name string, known []string) {
	what := fmt.Sprintf("the policy has no calendar %q", clip(name))
	for _, country := range calendar.Countries() {
		if strings.EqualFold(name, country) && !slices.ContainsFunc(known, func(n string) bool { return strings.EqualFold(n, country) }) {
			v.wrong(what, fmt.Sprintf("declare it: calendars: {%s: {country: %s}}", name, country))
			return
		}
	}
	v.unknown(what, name, known)
}

// unusedCalendars points out calendars that nobody asks: most likely a schedule was meant to.
func (d *draft) unusedCalendars() {
	for _, name := range d.calendarNames {
		if c := d.calendars[name]; !c.used {
			c.at.warn("no schedule is closed or held by this calendar", "name it in closed or hold")
		}
	}
}
