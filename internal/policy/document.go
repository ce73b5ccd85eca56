package policy

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parse reads the one YAML document of a policy. The root is nil where there is a problem.
func parse(data []byte) (*yaml.Node, Problems) {
	if p, bad := checkText(data); bad {
		return nil, Problems{p}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, Problems{syntaxProblem(data, err)}
	case err != nil, document.Content[0].Kind == yaml.ScalarNode && document.Content[0].Value == "":
		return nil, Problems{{What: "the file holds no keys", Say: "offpeak init writes a policy to begin with"}}
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		line := newSource(data).secondDocument(document.Content[0].Line)
		return nil, Problems{{Line: line, Column: 1, What: "a second document begins here", Say: "a policy is one document: remove the line --- or ..."}}
	}
	var f findings
	refuseReferences(&document, &f, map[string]bool{})
	if len(f.list) > 0 {
		return nil, f.sorted("")
	}
	return document.Content[0], nil
}

// secondDocument returns the line of the first --- or ... after a line.
func (s *source) secondDocument(after int) int {
	for line := after; line <= len(s.lines); line++ {
		if text := s.line(line); line > after && strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...") {
			return line
		}
	}
	return after
}

// refuseReferences finds anchors, aliases, merge keys and tags, the first of each. They are refused rather than followed: a policy is
// read in reviews and in diffs, where each value should stand at its place, and a few lines of aliases can stand for gigabytes.
func refuseReferences(n *yaml.Node, f *findings, seen map[string]bool) {
	report := func(found, kind, say string) {
		if !seen[found] {
			seen[found] = true
			f.add(Problem{Line: n.Line, Column: n.Column, What: clip(found) + " is a YAML " + kind + ", and a policy has none", Say: say})
		}
	}
	const inPlace = "write each value at its place"
	switch {
	case n.Kind == yaml.AliasNode:
		report("*"+n.Value, "alias", inPlace+"; a text that begins with * is quoted")
	case n.Anchor != "":
		report("&"+n.Anchor, "anchor", inPlace+"; a text that begins with & is quoted")
	case n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == "<<":
		report("<<", "merge key", inPlace)
	case n.Style&yaml.TaggedStyle != 0:
		report(n.Tag, "tag", "remove it; a text that begins with ! is quoted")
	}
	for _, child := range n.Content {
		refuseReferences(child, f, seen)
	}
}

// syntaxErrors translates what the YAML parser says into what to do.
var syntaxErrors = []struct{ says, what, say string }{
	{"cannot start any token", "a text begins with a sign that YAML keeps for itself", "quote the text"},
	{"mapping values are not allowed", "a colon where YAML expects none", "check the indentation; quote a text that holds \": \""},
	{"did not find expected key", "YAML expects a key here", "check the indentation, and quotes and brackets further up"},
	{"did not find expected '-' indicator", "YAML expects the list to go on with - here", "check the indentation"},
	{"did not find expected ',' or ']'", "a list that [ begins is not closed", "write , between its values and ] at its end"},
	{"did not find expected ',' or '}'", "a mapping that { begins is not closed", "write , between its keys and } at its end"},
	{"did not find expected node content", "YAML expects a value here", "check brackets and commas"},
	{"unexpected end of stream", "a quote is not closed", "close it"},
	{"unexpected document indicator", "a quote is not closed", "close it"},
	{"unknown escape character", `a \ in double quotes begins an escape that YAML does not know`, `write it twice, or use single quotes`},
	{"expected alphabetic or numeric character", "a text begins with * or &, which YAML keeps for itself", "quote the text"},
	{"unknown anchor", "a text that begins with * is a YAML alias, and a policy has none", "quote the text"},
	{"exceeded max depth", "brackets or lists are nested too deeply", ""},
	{"could not find expected ':'", "a key without its colon", "write key: value"},
}

var syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?s:(.*))$`)

func syntaxProblem(data []byte, err error) Problem {
	line, message := splitSyntaxError(err)
	s := newSource(data)
	line, message = s.whereBroken(min(max(line, 1), len(s.lines)), message)
	p := Problem{Line: line, Column: 1, What: "YAML cannot read this: " + clip(message)}
	text := s.line(line)
	if indent := len(text) - len(strings.TrimLeft(text, " ")); indent < len(text) {
		p.Column = indent + 1
		if text[indent] == '\t' {
			p.What, p.Say = "a tab in the indentation", "YAML indents with blanks"
			return p
		}
	}
	for _, known := range syntaxErrors {
		if strings.Contains(message, known.says) {
			p.What, p.Say = known.what, known.say
			break
		}
	}
	return p
}

func splitSyntaxError(err error) (line int, message string) {
	m := syntaxLine.FindStringSubmatch(err.Error())
	if m == nil {
		return 1, err.Error()
	}
	line, _ = strconv.Atoi(m[1])
	return line, m[2]
}

// Up to which size whereBroken looks for the broken line by reading beginnings again and again.
const (
	mostSections        = 2000
	longestSectionLines = 400
	longestSectionBytes = 64 << 10
)

// whereBroken returns the line that breaks the syntax and what the parser says of it. The parser itself names no line, or the one where
// the surrounding mapping began. So the first section (from one line without indentation to the next) that breaks is read line by
// line: the first line from which on every beginning of the section fails in the same way is the broken one.
func (s *source) whereBroken(reported int, says string) (line int, message string) {
	first, end, message := s.brokenSection(says)
	switch from := s.lines[first-1]; {
	case message == "":
		return reported, says
	case end-first > longestSectionLines || s.lineEnd(end-1)-from > longestSectionBytes:
		return first, message
	default:
		line = end - 1
		for line > first && parserSays(s.data[from:s.lineEnd(line-1)]) == message {
			line--
		}
		return line, message
	}
}

// brokenSection returns the lines [first, end) of the first section that cannot be parsed by itself, and what the parser says of it;
// nothing where all can, or where there are too many.
func (s *source) brokenSection(says string) (first, end int, message string) {
	begins := []int{1}
	for line := 2; line <= len(s.lines); line++ {
		if text := s.line(line); text != "" && !strings.ContainsRune(" \t#-]}", rune(text[0])) {
			begins = append(begins, line)
		}
	}
	if len(begins) > mostSections {
		return 1, 1, ""
	}
	begins = append(begins, len(s.lines)+1)
	for i, first := range begins[:len(begins)-1] {
		end := begins[i+1]
		message := parserSays(s.data[s.lines[first-1]:s.lineEnd(end-1)])
		anchored := strings.Contains(message, "unknown anchor") && !strings.Contains(says, "unknown anchor") // in another section
		if message != "" && !anchored {
			return first, end, message
		}
	}
	return 1, 1, ""
}

// parserSays returns why the parser cannot read a text, empty where it can.
func parserSays(data []byte) string {
	var n yaml.Node
	err := yaml.Unmarshal(data, &n)
	if err == nil {
		return ""
	}
	_, message := splitSyntaxError(err)
	return message
}

// longestEcho is how much of a wrong text an error repeats.
const longestEcho = 60

func clip(text string) string {
	runes := 0
	for i := range text {
		if runes++; runes > longestEcho {
			return text[:i] + "..."
		}
	}
	return text
}
