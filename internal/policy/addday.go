package policy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"offpeak/scheduler/calendar"
	"offpeak/scheduler/wall"
)

// ErrHasDay says that a calendar lists the day already.
var ErrHasDay = errors.New("the calendar lists that day already")

// AddDay adds a day to the add list of one of the policy's calendars, and makes the list where there is none. Nothing else of the text
// changes: comments, order, quotes, indentation and line ends stay. The new text is read again and must be the old policy and
// that day; where the text is written in a way that AddDay cannot edit, it is an error. A day that is listed already is ErrHasDay.
// The rest of the policy need not be valid.
func AddDay(data []byte, calendarName string, date wall.Date, name string) ([]byte, error) {
	root, problems := parse(data)
	if len(problems) > 0 {
		return nil, problems
	}
	calendars, node, err := findCalendar(root, calendarName)
	if err != nil {
		return nil, err
	}
	entry, err := entryText(date, name)
	if err != nil {
		return nil, err
	}
	if err := mayAdd(calendarName, node, date); err != nil {
		return nil, err
	}
	e := &edit{source: newSource(data), calendar: node, add: child(node, "add"), entry: entry}
	want := withDay(root, calendars, calendarName, entry)
	for _, splices := range e.proposals() {
		text := e.apply(splices)
		got, problems := parse(text)
		if len(problems) == 0 && same(got, want, calendarName) {
			return text, nil
		}
	}
	return nil, fmt.Errorf("calendar %s is written in a way that cannot be edited here: add %q to its add list by hand (line %d)", calendarName, entry, node.Line)
}

const longestDayName = 200

func entryText(date wall.Date, name string) (string, error) {
	name = strings.TrimSpace(name)
	if strings.ContainsFunc(name, unicode.IsControl) || !unicodeText(name) {
		return "", errors.New("the day's name holds characters that a name does not have")
	}
	if utf8.RuneCountInString(name) > longestDayName {
		return "", fmt.Errorf("the day's name is longer than %d characters", longestDayName)
	}
	entry := strings.TrimSpace(date.String() + " " + name)
	if _, err := calendar.ParseEntry(entry); err != nil {
		return "", err
	}
	return entry, nil
}

// unicodeText reports whether a policy can hold the text.
func unicodeText(text string) bool {
	_, bad := strangeCharacter([]byte(text))
	return !bad
}

// findCalendar returns the section calendars and the calendar's mapping in it.
func findCalendar(root *yaml.Node, name string) (calendars, node *yaml.Node, err error) {
	calendars = child(root, "calendars")
	if root.Kind != yaml.MappingNode || calendars != nil && calendars.Kind != yaml.MappingNode && calendars.ShortTag() != "!!null" {
		return nil, nil, errors.New("this is no policy: check it with offpeak policy check")
	}
	var names []string
	if calendars != nil {
		for i := 0; i+1 < len(calendars.Content); i += 2 {
			names = append(names, calendars.Content[i].Value)
		}
		node = child(calendars, name)
	}
	switch {
	case node == nil:
		return nil, nil, noCalendar(name, names)
	case node.Kind != yaml.MappingNode || len(node.Content) == 0:
		return nil, nil, fmt.Errorf("calendar %s (line %d) says nothing yet: give it a country, a file or an add list first", name, node.Line)
	case repeats(root, "calendars") || repeats(calendars, name) || repeats(node, "add"):
		return nil, nil, fmt.Errorf("calendar %s stands in the policy twice: check it with offpeak policy check", name)
	}
	return calendars, node, nil
}

// noCalendar says how to declare a calendar, or which one was meant.
func noCalendar(name string, names []string) error {
	for _, country := range calendar.Countries() {
		if strings.EqualFold(name, country) {
			return fmt.Errorf("the policy has no calendar %s: declare it first, under calendars, as %s: {country: %s}, and name it in closed: [%s] of the schedules that it closes",
				name, strings.ToLower(name), country, strings.ToLower(name))
		}
	}
	var r *reader
	if near := r.nearest(name, names); near != "" {
		return fmt.Errorf("the policy has no calendar %q (did you mean %s?)", clip(name), near)
	}
	return fmt.Errorf("the policy has no calendar %q: declare it first, under calendars", clip(name))
}

// mayAdd refuses a day that the calendar's own lists name.
func mayAdd(calendarName string, node *yaml.Node, date wall.Date) error {
	for _, key := range []string{"add", "remove"} {
		list := child(node, key)
		if list == nil {
			continue
		}
		for _, element := range append(slices.Clone(list.Content), list) {
			days, err := calendar.ParseEntry(strings.TrimSpace(element.Value))
			switch {
			case element.Kind != yaml.ScalarNode || err != nil || !slices.ContainsFunc(days, func(d calendar.Day) bool { return d.Date == date }):
			case key == "add":
				return fmt.Errorf("%w: %s has %q (line %d)", ErrHasDay, calendarName, element.Value, element.Line)
			default:
				return fmt.Errorf("calendar %s removes %q (line %d): take it out there", calendarName, element.Value, element.Line)
			}
		}
	}
	return nil
}

// child returns the value of a key of a mapping, nil where there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode && n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// repeats reports whether a mapping has a key more than once.
func repeats(n *yaml.Node, key string) bool {
	count := 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			count++
		}
	}
	return count > 1
}

// withDay returns the policy as it is to be: a copy, with the entry at the end of the calendar's add list.
func withDay(root, calendars *yaml.Node, name, entry string) *yaml.Node {
	added := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: entry}
	node := *child(calendars, name)
	list := yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	switch old := child(&node, "add"); {
	case old == nil:
		node.Content = append(slices.Clone(node.Content), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "add"}, &list)
	case old.Kind == yaml.SequenceNode:
		list.Content = slices.Clone(old.Content)
	case old.ShortTag() != "!!null":
		list.Content = []*yaml.Node{old}
	}
	list.Content = append(list.Content, added)
	return replace(root, "calendars", replace(calendars, name, replace(&node, "add", &list)))
}

// replace returns a copy of a mapping with another value for a key.
func replace(n *yaml.Node, key string, by *yaml.Node) *yaml.Node {
	changed := *n
	changed.Content = slices.Clone(n.Content)
	for i := 0; i+1 < len(changed.Content); i += 2 {
		if changed.Content[i].Value == key {
			changed.Content[i+1] = by
		}
	}
	return &changed
}

// same reports whether two policies say the same in the same order, but for the place of the key add in the calendar.
func same(a, b *yaml.Node, calendarName string) bool {
	return equal(addLast(a, calendarName), addLast(b, calendarName))
}

// addLast returns the policy with the key add at the end of a calendar.
func addLast(root *yaml.Node, calendarName string) *yaml.Node {
	calendars := child(root, "calendars")
	node := child(calendars, calendarName)
	if node == nil {
		return root
	}
	moved := *node
	var last []*yaml.Node
	moved.Content = nil
	for i := 0; i+1 < len(node.Content); i += 2 {
		if pair := node.Content[i : i+2]; pair[0].Value == "add" {
			last = append(last, pair...)
		} else {
			moved.Content = append(moved.Content, pair...)
		}
	}
	moved.Content = append(moved.Content, last...)
	return replace(root, "calendars", replace(calendars, calendarName, &moved))
}

func equal(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.Value == b.Value && a.ShortTag() == b.ShortTag() && slices.EqualFunc(a.Content, b.Content, equal)
}

// lineBreak returns the line break that a line ends with, or where it ends the text, the one that the text uses.
func (s *source) lineBreak(line int) string {
	if end := s.lineEnd(line); end < len(s.data) {
		if s.data[end] == '\r' {
			return "\r\n"
		}
		return "\n"
	}
	if bytes.Contains(s.data, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}
