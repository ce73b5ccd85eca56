package hours

import (
	"slices"
	"strings"

	"offpeak/scheduler/zone"
)

// zone reads the name of a zone, after which nothing may follow.
func (p *parser) zone() (string, *Error) {
	if p.tok().kind == end {
		return "", nil
	}
	final := len(p.tokens) - 2
	words := !slices.ContainsFunc(p.tokens[p.i:final+1], func(t token) bool { return t.kind != word })
	name := p.tok().text
	say, what := lookUpZone(name)
	switch {
	case p.i == final && what == "":
		return name, nil
	case what == "" && words:
		return "", p.fault(p.i, final, "one zone is enough", name)
	case what == "":
		return "", p.zoneEarly()
	case words: // Korea Standard Time
		say, what = lookUpZone(p.raw(p.i, final))
		return "", p.fault(p.i, final, what, say)
	default:
		return "", p.fault(p.i, p.i, what, say)
	}
}

// zoneFirst explains a word where the first day is wanted.
func (p *parser) zoneFirst() *Error {
	if !isZone(p.tok().text) || p.peek(1).kind == end {
		return p.unexpected()
	}
	return p.zoneEarly()
}

// zoneEarly explains a zone before the end of the text.
func (p *parser) zoneEarly() *Error {
	first, final := p.i, len(p.tokens)-2
	rest := first + 1
	if k := p.at(rest).kind; k == join || k == semicolon {
		rest++
	}
	name, say := p.at(first).text, ""
	switch {
	case rest > final:
		return p.fault(first, final, "nothing follows the zone", name)
	case p.at(final).kind != word:
		say = p.raw(rest, final) + " " + name
	case p.at(final).text == name:
		say = p.raw(rest, final)
	}
	return p.fault(first, final, "one zone stands at the end, for all", say)
}

// isZone reports whether a name is right, without the search for what else it could mean.
func isZone(name string) bool {
	_, known := slices.BinarySearch(zone.Names(), name)
	return known
}

// lookUpZone says what is wrong with the name of a zone, "" when nothing is, and proposes the right one where there is only one.
func lookUpZone(name string) (say, what string) {
	_, err := zone.Load(name)
	if err == nil {
		return "", ""
	}
	_, generic := zone.Load("")
	advice := adviceOf(err)
	names := strings.FieldsFunc(advice, func(r rune) bool { return strings.ContainsRune(" ;,?", r) })
	names = slices.DeleteFunc(names, func(n string) bool { return !isZone(n) })
	if len(names) == 1 && !strings.HasSuffix(advice, adviceOf(generic)) {
		what = zone.ErrUnknown.Error()
		if why, _, found := strings.Cut(advice, "; "); found {
			what += ": " + why
		}
		return names[0], what
	}
	return "", zone.ErrUnknown.Error() + ": " + advice
}

// adviceOf is what an error of zone.Load says after the name.
func adviceOf(err error) string {
	text := err.Error()
	if _, advice, found := strings.Cut(text, `": `); found {
		return advice
	}
	return text
}
