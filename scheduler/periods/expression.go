package periods

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"offpeak/scheduler/wall"
)

// kind is the form of one expression.
type kind uint8

const (
	every     kind = iota // * or ?
	span                  // 15, mon-fri, 1/7, 1-20/5
	last                  // L
	ordinal               // mon#2
	lastOf                // friL
	nearestTo             // 15W
)

// term is one expression of a set, understood.
type term struct {
	kind kind
	// first and last bound a span; last before first wraps. Other kinds have their value in first.
	first, last int
	step        int
	nth         int
}

// beyond stands for numbers too long to matter.
const beyond = 1 << 20

// parse reads the members of a set and adds them to the days. Nil members ask nothing.
func (f *field) parse(members []string, days *wall.Days) (notes []Lint, problems []error) {
	if members == nil {
		return nil, nil
	}
	if len(members) == 0 {
		return nil, []error{&Problem{f.name, "", "the list is empty; leave it out, or say " + f.valid}}
	}
	for _, member := range members {
		for text := range strings.SplitSeq(member, ",") {
			t, note, err := f.term(text)
			if err != nil {
				problems = append(problems, &Problem{f.name, text, err.Error() + "; valid are " + f.valid})
				continue
			}
			notes = append(notes, note...)
			f.add(days, t)
		}
	}
	f.simplify(days)
	return notes, problems
}

// term reads one expression. Which character stands in it decides its form, so that the forms need not be tried in turn.
func (f *field) term(text string) (term, []Lint, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	value, single := f.value(text)
	switch {
	case text == "":
		return term{}, nil, errors.New("an entry is empty")
	case strings.Contains(text, "\n"):
		return term{}, nil, errors.New("an entry stands on one line")
	case text == "*" || text == "?":
		return term{kind: every}, nil, nil
	case text == "l" && !f.lastAlone:
		return term{}, nil, errors.New("L, the last, is not known here")
	case text == "l":
		return term{kind: last}, nil, nil
	case single:
		t := term{kind: span, first: value, last: value, step: 1}
		return t, nil, f.within(value)
	case strings.Contains(text, "/"):
		return f.stepped(text)
	case strings.Contains(text, "-"):
		t, err := f.ranged(text)
		return t, nil, err
	case strings.Contains(text, "#"):
		return f.ordinal(text)
	case strings.HasSuffix(text, "l"):
		return f.lastOf(text)
	case strings.HasSuffix(text, "w"):
		return f.nearest(text)
	default:
		return term{}, nil, f.unknown(text)
	}
}

// stepped reads 1/7 and 1-20/5. Like the peer it passes over whatever else stands behind the slash; unlike the peer it reads
// the whole number.
func (f *field) stepped(text string) (term, []Lint, error) {
	slash := len(text)
	for slash > 0 && !strings.ContainsAny(text[slash:], "0123456789") {
		slash = strings.LastIndexByte(text[:slash], '/')
	}
	if slash < 1 {
		return term{}, nil, errors.New("a step is a number behind /, and what it starts from before it")
	}
	base, rest := text[:slash], text[slash+1:]
	written := trailingDigits(rest[:strings.LastIndexAny(rest, "0123456789")+1])
	step := number(written)

	var t term
	if value, ok := f.value(base); ok {
		t = term{kind: span, first: value, last: f.high}
		if err := f.within(value); err != nil {
			return term{}, nil, err
		}
	} else if strings.Contains(base, "-") {
		var err error
		if t, err = f.ranged(base); err != nil {
			return term{}, nil, err
		}
	} else {
		return term{}, nil, fmt.Errorf("a step starts from a value or a range: say %s", f.stepExample)
	}
	if step == 0 {
		return term{}, nil, errors.New("a step of 0 never ends; say 1 or more")
	}
	t.step = step
	return t, f.stepNotes(text, rest, written), nil
}

// ranged reads mon-fri, with blanks around the hyphen if need be.
func (f *field) ranged(text string) (term, error) {
	hyphen := strings.LastIndexByte(text[:len(text)-1], '-')
	if hyphen < 1 {
		return term{}, errors.New("a range has a value on both sides of -")
	}
	from, to := strings.TrimSpace(text[:hyphen]), strings.TrimSpace(text[hyphen+1:])
	if from == "l" {
		return term{}, errors.New("a range does not start with L")
	}
	first, ok := f.value(from)
	if !ok {
		return term{}, f.unknown(from)
	}
	if err := f.within(first); err != nil {
		return term{}, err
	}
	if to == "l" {
		if !f.rangeToLast {
			return term{}, errors.New("a range does not end with L here")
		}
		return term{kind: span, first: first, last: f.high, step: 1}, nil
	}
	end, ok := f.value(to)
	if !ok {
		return term{}, f.unknown(to)
	}
	if err := f.within(end); err != nil {
		return term{}, err
	}
	if end < first && !f.wraps {
		return term{}, fmt.Errorf("a range of month days does not wrap: say %d-L,%d-%d", first, f.low, end)
	}
	return term{kind: span, first: first, last: end, step: 1}, nil
}

// ordinal reads mon#2.
func (f *field) ordinal(text string) (term, []Lint, error) {
	sign := strings.LastIndexByte(text, '#')
	value, ok := f.value(text[:sign])
	n := text[sign+1:]
	switch {
	case !f.ordinals:
		return term{}, nil, errors.New("# belongs to weekdays")
	case !ok:
		return term{}, nil, f.unknown(text[:sign])
	case !digits(n) || number(n) < 1 || number(n) > 5:
		return term{}, nil, errors.New("behind # stands a number from 1 to 5")
	}
	return term{kind: ordinal, first: value, nth: number(n)}, nil, f.within(value)
}

// lastOf reads friL.
func (f *field) lastOf(text string) (term, []Lint, error) {
	value, ok := f.value(strings.TrimSuffix(text, "l"))
	switch {
	case !ok:
		return term{}, nil, f.unknown(text)
	case !f.ordinals:
		return term{}, nil, errors.New("L behind a value belongs to weekdays")
	}
	return term{kind: lastOf, first: value}, nil, f.within(value)
}

// nearest reads 15W.
func (f *field) nearest(text string) (term, []Lint, error) {
	day := strings.TrimSuffix(text, "w")
	switch {
	case !f.nearestWorkday && digits(day):
		return term{}, nil, errors.New("W belongs to monthdays")
	case text == "lw" && f.nearestWorkday:
		return term{}, nil, errors.New("LW is not known; 31W is the last weekday of each month here")
	case !digits(day):
		return term{}, nil, f.unknown(text)
	}
	n := number(day)
	return term{kind: nearestTo, first: n}, nearestNotes(n), f.within(n)
}

// value reads a number or a name.
func (f *field) value(text string) (int, bool) {
	if digits(text) {
		return number(text), true
	}
	for i, name := range f.names {
		if text == name || text == name[:3] {
			return f.low + i, true
		}
	}
	return 0, false
}

// within reports a value outside of the field.
func (f *field) within(value int) error {
	if value < f.low || value > f.high {
		return fmt.Errorf("numbers run from %d to %d", f.low, f.high)
	}
	return nil
}

// unknown says that a text is no value, and which one it may stand for.
func (f *field) unknown(text string) error {
	if text == "*" || text == "?" {
		return fmt.Errorf("%s stands alone", text)
	}
	for _, name := range f.names {
		if len(text) > 3 && strings.HasPrefix(name, text) || strings.HasPrefix(text, name[:3]) {
			return fmt.Errorf("%.40q is not known: say %s", text, name[:3])
		}
	}
	return fmt.Errorf("%.40q is not known", text)
}

// digits reports whether the text is a number without a sign.
func digits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// trailingDigits returns the number at the end of a text.
func trailingDigits(text string) string {
	return text[len(strings.TrimRight(text, "0123456789")):]
}

// number reads digits; more than anyone can mean is beyond.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n > beyond {
		return beyond
	}
	return n
}
