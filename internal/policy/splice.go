package policy

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// edit finds the places in the text of a policy at which an entry can be added to a calendar. It proposes; whether a proposal
// says what it should is for its caller to find out, by reading the result.
type edit struct {
	*source
	calendar *yaml.Node // a mapping with at least one key
	add      *yaml.Node // nil where there is none
	entry    string
}

// splice replaces the bytes from one offset to another.
type splice struct {
	from, to int
	text     string
}

// apply returns the text with splices, which are in order and apart.
func (e *edit) apply(splices []splice) []byte {
	var text []byte
	at := 0
	for _, s := range splices {
		text = append(append(text, e.data[at:s.from]...), s.text...)
		at = s.to
	}
	return append(text, e.data[at:]...)
}

// proposals returns ways to write the entry, the best first.
func (e *edit) proposals() [][]splice {
	flow := "[" + e.quoted(nil) + "]"
	switch {
	case e.add == nil && e.calendar.Style&yaml.FlowStyle != 0:
		return e.intoFlowMapping("add: " + flow)
	case e.add == nil:
		return e.intoBlockMapping("add: " + flow)
	case e.add.Kind == yaml.SequenceNode && e.add.Style&yaml.FlowStyle != 0:
		return e.intoFlowList()
	case e.add.Kind == yaml.SequenceNode:
		return e.intoBlockList()
	case e.add.Kind != yaml.ScalarNode:
		return nil
	case e.add.ShortTag() == "!!null" && e.add.Value == "":
		if colon, ok := e.colonOf("add"); ok {
			return [][]splice{{{colon + 1, colon + 1, " " + flow}}}
		}
		return nil
	}
	from, to, ok := e.extent(e.add)
	switch {
	case !ok:
		return nil
	case e.add.ShortTag() == "!!null":
		return [][]splice{{{from, to, flow}}}
	default:
		return [][]splice{{{from, from, "["}, {to, to, ", " + e.quoted(e.add) + "]"}}}
	}
}

// quoted returns the entry in quotes, single ones where a neighbour has them.
func (e *edit) quoted(neighbour *yaml.Node) string {
	if neighbour != nil && neighbour.Style&yaml.SingleQuotedStyle != 0 {
		return "'" + strings.ReplaceAll(e.entry, "'", "''") + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(e.entry) + `"`
}

func (e *edit) intoFlowMapping(text string) [][]splice {
	b, ok := e.brackets(e.offset(e.calendar.Line, e.calendar.Column))
	if !ok {
		return nil
	}
	if b.comma {
		return [][]splice{{{b.last, b.last, " " + text}}}
	}
	return [][]splice{{{b.last, b.last, ", " + text}}}
}

// intoBlockMapping puts a line below one of the calendar's lines, or above the first.
func (e *edit) intoBlockMapping(text string) [][]splice {
	var ways [][]splice
	keys := e.calendar.Content
	first := keys[0]
	indent, ok := e.before(first)
	if !ok || strings.Trim(indent, " ") != "" {
		return nil
	}
	for i := len(keys) - 2; i >= 0; i -= 2 {
		if key, v := keys[i], keys[i+1]; v.Kind == yaml.ScalarNode && v.Line == key.Line {
			at := e.lineEnd(key.Line)
			ways = append(ways, []splice{{at, at, e.lineBreak(key.Line) + indent + text}})
		}
	}
	at := e.offset(first.Line, 1)
	return append(ways, []splice{{at, at, indent + text + e.lineBreak(first.Line)}})
}

func (e *edit) intoFlowList() [][]splice {
	b, ok := e.brackets(e.offset(e.add.Line, e.add.Column))
	if !ok {
		return nil
	}
	items := e.add.Content
	if len(items) == 0 {
		return [][]splice{{{b.last, b.last, e.quoted(nil)}}}
	}
	last := items[len(items)-1]
	text := e.quoted(last)
	inLine := []splice{{b.last, b.last, ", " + text}}
	if b.comma {
		inLine = []splice{{b.last, b.last, " " + text + ","}}
	}
	line := e.lineOf(b.last)
	end := e.lineEnd(line)
	indent, ok := e.before(last)
	if !ok || strings.Trim(indent, " ") != "" || end > b.closing {
		return [][]splice{inLine}
	}
	below := []splice{{b.last, b.last, ","}, {end, end, e.lineBreak(line) + indent + text}}
	if b.comma {
		below = []splice{{end, end, e.lineBreak(line) + indent + text + ","}}
	}
	return [][]splice{below, inLine}
}

// longestItem is up to how many lines an item of a block list may have to find its end.
const longestItem = 8

func (e *edit) intoBlockList() [][]splice {
	last := e.add.Content[len(e.add.Content)-1]
	lead, ok := e.before(last)
	if !ok || strings.Trim(lead, " ") != "-" {
		return nil
	}
	var ways [][]splice
	for line := last.Line; line <= min(last.Line+longestItem, len(e.lines)); line++ {
		at := e.lineEnd(line)
		ways = append(ways, []splice{{at, at, e.lineBreak(line) + lead + e.quoted(last)}})
	}
	return ways
}

// before returns what stands on a node's line before it; false where the line ends earlier.
func (e *edit) before(n *yaml.Node) (string, bool) {
	from, to := e.offset(n.Line, 1), e.offset(n.Line, n.Column)
	if to > e.lineEnd(n.Line) {
		return "", false
	}
	return string(e.data[from:to]), true
}

// colonOf returns the offset of the colon behind a key of the calendar.
func (e *edit) colonOf(key string) (int, bool) {
	i := slices.IndexFunc(e.calendar.Content, func(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Value == key })
	if i < 0 {
		return 0, false
	}
	_, at, ok := e.extent(e.calendar.Content[i])
	for ok && at < len(e.data) && e.data[at] == ' ' {
		at++
	}
	return at, ok && at < len(e.data) && e.data[at] == ':'
}

// extent returns where a scalar begins and ends, if it stands on one line.
func (e *edit) extent(n *yaml.Node) (from, to int, ok bool) {
	from = e.offset(n.Line, n.Column)
	switch {
	case from >= len(e.data):
		return 0, 0, false
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		to, ok = e.afterQuotes(from)
	case n.Style == 0:
		to, ok = from+len(n.Value), strings.HasPrefix(string(e.data[from:]), n.Value)
	}
	return from, to, ok
}

// afterQuotes returns the offset behind a quoted text that begins at an offset.
func (s *source) afterQuotes(from int) (int, bool) {
	quote := s.data[from]
	for i := from + 1; i < len(s.data); i++ {
		switch {
		case s.data[i] == '\\' && quote == '"':
			i++
		case s.data[i] == quote && quote == '\'' && i+1 < len(s.data) && s.data[i+1] == quote:
			i++
		case s.data[i] == quote:
			return i + 1, true
		}
	}
	return 0, false
}

// bracketed is what stands between an opening bracket and its closing one.
type bracketed struct {
	last    int  // offset behind the last sign in it, comments aside
	comma   bool // that sign is a comma
	closing int  // offset of the closing bracket
}

// brackets finds the bracket that closes the one at an offset.
func (s *source) brackets(open int) (bracketed, bool) {
	if open >= len(s.data) || !strings.ContainsRune("[{", rune(s.data[open])) {
		return bracketed{}, false
	}
	b := bracketed{last: open + 1}
	for i, depth := open+1, 1; i < len(s.data); {
		switch c := s.data[i]; c {
		case ' ', '\t', '\r', '\n':
			i++
			continue
		case '#':
			for i < len(s.data) && s.data[i] != '\n' {
				i++
			}
			continue
		case ']', '}':
			if depth--; depth == 0 {
				b.closing = i
				return b, true
			}
			i++
		case '[', '{':
			depth++
			i++
		case ',', ':':
			i++
		case '"', '\'':
			end, ok := s.afterQuotes(i)
			if !ok {
				return bracketed{}, false
			}
			i = end
		default:
			for i < len(s.data) && !strings.ContainsRune(" \t\r\n,[]{}", rune(s.data[i])) {
				i++
			}
		}
		b.last, b.comma = i, s.data[i-1] == ','
	}
	return bracketed{}, false
}
