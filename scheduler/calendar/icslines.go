package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of a file. Real calendars stay far below them.
const (
	mostBytes   = 8 << 20
	deepestNest = 8
	longestName = 200 // runes of a name that are kept
)

// property is one content line of an iCalendar file, RFC 5545, 3.1.
type property struct {
	line   int
	name   string            // upper case
	params map[string]string // by upper-case name; of several values the first
	value  string
}

// component is what stands between BEGIN and END.
type component struct {
	line       int
	name       string
	properties []property
	children   []*component
}

// first returns the first property of a name.
func (c *component) first(name string) (property, bool) {
	for _, p := range c.properties {
		if p.name == name {
			return p, true
		}
	}
	return property{}, false
}

// parseComponents reads a whole file as its outermost components.
//
// github.com/emersion/go-ical is not used: it knows no line numbers, and panics on a parameter without value.
func parseComponents(data []byte) ([]*component, error) {
	root := &component{}
	open := []*component{root}
	err := eachLine(data, func(number int, text string) error {
		p, err := parseProperty(number, text)
		if err != nil {
			return err
		}
		innermost := open[len(open)-1]
		switch {
		case p.name == "BEGIN":
			if len(open) > deepestNest {
				return errors.New("components are nested too deep")
			}
			child := &component{line: number, name: strings.ToUpper(strings.TrimSpace(p.value))}
			innermost.children = append(innermost.children, child)
			open = append(open, child)
		case innermost == root:
			return errors.New("is not an iCalendar file: BEGIN:VCALENDAR comes first")
		case p.name == "END":
			if name := strings.TrimSpace(p.value); !strings.EqualFold(name, innermost.name) {
				return fmt.Errorf("END:%.40s ends nothing: open is %.40s of line %d", name, innermost.name, innermost.line)
			}
			open = open[:len(open)-1]
		default:
			innermost.properties = append(innermost.properties, p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if innermost := open[len(open)-1]; innermost != root {
		return nil, lineError{innermost.line, fmt.Errorf("%.40s is not ended: the file breaks off", innermost.name)}
	}
	return root.children, nil
}

// lineError says on which line of a file something is wrong.
type lineError struct {
	line int
	err  error
}

func (e lineError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e lineError) Unwrap() error { return e.err }

// eachLine calls do for every content line, unfolded, with the number of its first physical line. It stops at the first error.
func eachLine(data []byte, do func(number int, text string) error) error {
	var text []byte
	begun, number := 0, 0
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	flush := func() error {
		if len(text) == 0 {
			return nil
		}
		err := do(begun, string(text))
		text = text[:0]
		if err != nil {
			return lineError{begun, err}
		}
		return nil
	}
	for physical := range bytes.Lines(data) {
		number++
		physical = bytes.TrimRight(physical, "\r\n")
		if len(text) > 0 && len(physical) > 0 && (physical[0] == ' ' || physical[0] == '\t') {
			text = append(text, physical[1:]...)
			continue
		}
		if err := flush(); err != nil {
			return err
		}
		begun, text = number, append(text, bytes.TrimLeft(physical, " \t")...)
	}
	return flush()
}

// parseProperty splits NAME;PARAM="value";PARAM=a,b:value.
func parseProperty(number int, text string) (property, error) {
	p := property{line: number}
	end := strings.IndexAny(text, ";:")
	if end <= 0 {
		return p, fmt.Errorf("%.40q is not NAME:value", text)
	}
	p.name = strings.ToUpper(text[:end])
	rest := text[end:]
	for strings.HasPrefix(rest, ";") {
		key, after, ok := strings.Cut(rest[1:], "=")
		if !ok || key == "" || strings.ContainsAny(key, ":;") {
			return p, fmt.Errorf("%.40s has a parameter that is not KEY=value", p.name)
		}
		value, left, err := cutParameter(after)
		if err != nil {
			return p, fmt.Errorf("%.40s;%.40s: %w", p.name, key, err)
		}
		if p.params == nil {
			p.params = map[string]string{}
		}
		p.params[strings.ToUpper(key)] = value
		rest = left
	}
	if !strings.HasPrefix(rest, ":") {
		return p, fmt.Errorf("%.40s has no value", p.name)
	}
	p.value = rest[1:]
	return p, nil
}

// cutParameter takes the values of a parameter, which may be quoted and separated by commas, off the front of a line.
func cutParameter(text string) (first, rest string, err error) {
	for n := 0; ; n++ {
		var value string
		if strings.HasPrefix(text, `"`) {
			end := strings.IndexByte(text[1:], '"')
			if end < 0 {
				return "", "", errors.New("the quote is not closed")
			}
			value, text = text[1:1+end], text[end+2:]
		} else {
			end := strings.IndexAny(text, ";:,")
			if end < 0 {
				return "", "", errors.New("the line breaks off")
			}
			value, text = text[:end], text[end:]
		}
		if n == 0 {
			first = value
		}
		if !strings.HasPrefix(text, ",") {
			return first, text, nil
		}
		text = text[1:]
	}
}

var textEscapes = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`)

// plainText turns a TEXT value into a name of one line.
func plainText(value string) string { return tidyName(textEscapes.Replace(value)) }

// tidyName makes a name of one line, of valid characters and a bearable length.
func tidyName(name string) string {
	if !utf8.ValidString(name) {
		name = strings.ToValidUTF8(name, "\uFFFD")
	}
	name = strings.Join(strings.Fields(name), " ")
	if runes := []rune(name); len(runes) > longestName {
		name = string(runes[:longestName]) + "..."
	}
	return name
}
