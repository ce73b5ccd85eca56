package calendar

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"offpeak/scheduler/wall"
)

// longestRange is the most dates that one entry may name; more is taken for a slip in the year.
const longestRange = 366

// unnamed is the name of days that were given none.
const unnamed = "closed day"

// entry is a date or a range of dates, both ends included, and what follows.
var entryForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:\s*(?:\.\.|~|–)\s*(\d{4}-\d{2}-\d{2}))?(?:\s+(.*))?$`)

// mistaken is how people begin what they mean as the end of a range.
var mistaken = regexp.MustCompile(`^(?:-|to\b|\.|~|–|—)?\s*\d{4}[-./]\d{1,2}[-./]\d{1,2}`)

// ParseEntry reads a line of the policy: "2026-12-31 임시공휴일", "2026-12-24..2026-12-26 closing", "2026-12-31".
func ParseEntry(text string) ([]Day, error) {
	text = strings.TrimSpace(text)
	m := entryForm.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("%.60q is not a date and a name (write 2026-12-31 Closing day, or 2026-12-24..2026-12-26 Closing days)", text)
	}
	if mistaken.MatchString(m[3]) {
		return nil, fmt.Errorf("%.60q: a range is written 2026-12-24..2026-12-26", text)
	}
	return dates(m[1], m[2], m[3])
}

// dates returns the days from one date to another, or one day if there is no other.
func dates(first, last, name string) ([]Day, error) {
	from, err := wall.ParseDate(first)
	if err != nil {
		return nil, err
	}
	to := from
	if last != "" {
		if to, err = wall.ParseDate(last); err != nil {
			return nil, err
		}
	}
	switch {
	case from < firstDate || to > lastDate:
		return nil, fmt.Errorf("%s lies outside %s..%s", first, firstDate, lastDate)
	case to < from:
		return nil, fmt.Errorf("%s..%s ends before it begins", first, last)
	case to-from >= longestRange:
		return nil, fmt.Errorf("%s..%s is longer than a year", first, last)
	}
	if name = tidyName(name); name == "" {
		name = unnamed
	}
	var days []Day
	for d := from; d <= to; d++ {
		days = append(days, Day{d, name})
	}
	return days, nil
}

// mostDays is how many days a CSV file may name.
const mostDays = 100_000

// ParseCSV reads dates and names, one entry a line: `2026-12-24,Name` or `2026-12-24..2026-12-26,Name`; the name may be missing. A first
// line `date,name` is a header; blank lines and those that begin with # are skipped. name is what errors call the file, before the line.
// A file without dates is an error; all lines that cannot be read are told at once.
func ParseCSV(name string, data []byte) (Calendar, error) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	switch {
	case len(data) > mostBytes:
		return Calendar{}, fmt.Errorf("%s: is larger than %d MiB", name, mostBytes>>20)
	case !utf8.Valid(data):
		return Calendar{}, fmt.Errorf("%s: is not UTF-8: save it as \"CSV UTF-8\"", name)
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace, r.ReuseRecord = '#', -1, true, true
	var days []Day
	var wrong mistakes
	for first := true; ; first = false {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			wrong.add(fmt.Errorf("%s:%d: %w", name, broken.Line, broken.Err))
			if errors.Is(broken.Err, csv.ErrQuote) {
				break // where the next line begins is anybody's guess
			}
			continue
		}
		if err != nil {
			return Calendar{}, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		more, err := csvDays(fields, first)
		if err != nil {
			wrong.add(fmt.Errorf("%s:%d: %w", name, line, err))
			continue
		}
		if days = append(days, more...); len(days) > mostDays {
			return Calendar{}, fmt.Errorf("%s:%d: more than %d days", name, line, mostDays)
		}
	}
	if err := wrong.err(name); err != nil {
		return Calendar{}, err
	}
	if len(days) == 0 {
		return Calendar{}, fmt.Errorf("%s: has no dates", name)
	}
	return Of(days), nil
}

// mostMistakes is how many lines of a file are told to be wrong: nobody mends more at once.
const mostMistakes = 20

// mistakes are the lines of a file that cannot be read: all of them are told at once.
type mistakes struct {
	list []error
	more int
}

func (m *mistakes) add(err error) {
	if len(m.list) == mostMistakes {
		m.more++
		return
	}
	m.list = append(m.list, err)
}

// err joins them, a line each; nil where there are none.
func (m *mistakes) err(name string) error {
	if m.more > 0 {
		return errors.Join(append(m.list, fmt.Errorf("%s: and %d more lines, not listed", name, m.more))...)
	}
	return errors.Join(m.list...)
}

// csvDays reads one record; a blank one and a header give no days.
func csvDays(fields []string, first bool) ([]Day, error) {
	when := strings.TrimSpace(fields[0])
	name := ""
	if len(fields) > 1 {
		name = fields[1]
	}
	for _, surplus := range fields[min(2, len(fields)):] {
		if strings.TrimSpace(surplus) != "" {
			return nil, errors.New(`more than a date and a name: put a name that has a comma in "quotes"`)
		}
	}
	switch {
	case when == "" && strings.TrimSpace(name) == "":
		return nil, nil
	case first && strings.EqualFold(when, "date"):
		return nil, nil
	case strings.Contains(when, ";"):
		return nil, fmt.Errorf("%.60q: separate date and name by a comma", when)
	}
	m := entryForm.FindStringSubmatch(when)
	if m == nil || m[3] != "" {
		return nil, fmt.Errorf("%.60q is not a date (write 2026-12-24 or 2026-12-24..2026-12-26)", when)
	}
	return dates(m[1], m[2], name)
}
