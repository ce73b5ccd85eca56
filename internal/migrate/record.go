package migrate

import (
	"slices"
	"strings"
	"unicode"
)

// record is one item of Instance Scheduler's configuration, whichever form it was kept in.
type record struct {
	kind   string // schedule, period, config
	name   string
	where  string
	fields []value
	bad    bool // its definition has an error
}

// value is a field of a record.
type value struct {
	key   string // the peer's name in its table
	said  string // the name as it is written in this configuration
	node  *node
	inSet bool // a set of the table, whose order means nothing
}

// item is a record being read.
type item struct {
	*record
	*report
	at value // the field being read
}

func (i *item) wrong(code, format string, arguments ...any) {
	i.bad = true
	i.add(Error, i.where, code, format, arguments...)
}

func (i *item) warn(code, format string, arguments ...any) {
	i.add(Warning, i.where, code, format, arguments...)
}

func (i *item) note(code, format string, arguments ...any) {
	i.add(Note, i.where, code, format, arguments...)
}

// text reads a text; a number is the text of its digits.
func (i *item) text() string {
	if !i.at.node.scalar() {
		i.wrong("invalid-value", "%s is %s, and a text is expected", i.at.said, i.at.node.kind.describe())
		return ""
	}
	return i.at.node.text
}

// longestDescription is what a policy takes, in characters.
const longestDescription = 4000

// prose reads a description. What a policy cannot hold of it is left out: it decides nothing.
func (i *item) prose() string {
	written := i.text()
	tidy := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ReplaceAll(written, "\r\n", "\n"))
	tidy = strings.TrimSpace(tidy)
	if runes := []rune(tidy); len(runes) > longestDescription {
		tidy = strings.TrimSpace(string(runes[:longestDescription]))
	}
	if tidy != strings.TrimSpace(written) {
		i.note("description", "%s holds control characters, or more than %d characters; they are left out", i.at.said, longestDescription)
	}
	return tidy
}

// flag reads true or false, as a text too.
func (i *item) flag() (value, ok bool) {
	value, ok = i.at.node.flag()
	if !ok {
		i.wrong("invalid-value", "%s is %s; it is true or false", i.at.said, i.at.node.echo())
	}
	return value, ok
}

// days reads a set of days or months, in an order that does not depend on how the table keeps it.
func (i *item) days() []string { return i.set(byCalendar) }

// set reads a set of texts; what the table keeps as a set is sorted.
func (i *item) set(compare func(a, b string) int) []string {
	members, err := i.at.node.texts()
	if err != nil {
		i.wrong("invalid-value", "%s: %s", i.at.said, err)
		return nil
	}
	if i.at.inSet {
		members = slices.Clone(members)
		slices.SortFunc(members, compare)
	}
	return members
}

// echo repeats what stands at a place.
func (n *node) echo() string {
	if n.scalar() {
		return quoted(n.text)
	}
	return n.kind.describe()
}

// order is how the days of the week and the months begin, in the order in which people list them.
var order = []string{
	"mon", "tue", "wed", "thu", "fri", "sat", "sun",
	"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
}

// byCalendar puts days and months in their order, numbers by their size, and all else in that of the alphabet.
func byCalendar(a, b string) int {
	rank := func(text string) int {
		digits := text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
		if digits != "" && len(digits) < 4 {
			n := 0
			for _, d := range digits {
				n = 10*n + int(d-'0')
			}
			return n
		}
		if at := slices.IndexFunc(order, func(name string) bool { return strings.HasPrefix(strings.ToLower(text), name) }); at >= 0 {
			return 1000 + at
		}
		return 2000
	}
	if difference := rank(a) - rank(b); difference != 0 {
		return difference
	}
	return strings.Compare(a, b)
}
