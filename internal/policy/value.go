package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"offpeak/internal/fleet"
)

// reader reads one policy file and collects what it finds.
type reader struct {
	file     string
	problems findings
	warnings findings
}

// value is a place in the policy: what stands there, and how it is called in messages. Scalars are read as the text that is
// written, so that 09:00, on, 0123 and 2026-12-24 are what they look like and not what YAML makes of them.
type value struct {
	*reader
	node *yaml.Node
	path string
}

func (v value) problem(what, say string) Problem {
	return Problem{File: v.file, Line: v.node.Line, Column: v.node.Column, Path: v.path, What: what, Say: say}
}

// wrong reports a problem; say may be empty.
func (v value) wrong(what, say string) { v.problems.add(v.problem(what, say)) }

// wrongly reports an error of a parser, which says itself what to write.
func (v value) wrongly(err error) { v.wrong(oneLine(err), "") }

// warn reports something valid that deserves a second look.
func (v value) warn(what, say string) { v.warnings.add(v.problem(what, say)) }

func oneLine(err error) string { return strings.Join(strings.Split(err.Error(), "\n"), "; ") }

// empty reports whether nothing stands there: a key with nothing after it.
func (v value) empty() bool {
	return v.node.Kind == yaml.ScalarNode && v.node.Style == 0 && v.node.ShortTag() == "!!null"
}

// holdsNothing reports whether the key is absent or empty, or its list or mapping is.
func (v value) holdsNothing() bool {
	return v.node == nil || v.empty() || v.node.Kind != yaml.ScalarNode && len(v.node.Content) == 0
}

func (v value) quoted() bool {
	return v.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
}

// kind says in words what stands there.
func (v value) kind() string {
	switch {
	case v.empty():
		return "nothing"
	case v.node.Kind == yaml.MappingNode:
		return "a mapping"
	case v.node.Kind == yaml.SequenceNode:
		return "a list"
	default:
		return "a text"
	}
}

// Lengths of texts, in characters.
const (
	longestText        = 1000
	longestDescription = 4000
	longestTagKey      = 128 // AWS's limit
	longestTagValue    = 256 // AWS's limit; names of schedules are tag values
)

// prose returns a text that may have several lines.
func (v value) prose(longest int) (string, bool) {
	switch {
	case v.node.Kind != yaml.ScalarNode || v.empty():
		v.wrong("expected a text, found "+v.kind(), "")
		return "", false
	case strings.TrimSpace(v.node.Value) == "":
		v.wrong("is empty", "")
		return "", false
	case utf8.RuneCountInString(v.node.Value) > longest:
		v.wrong(fmt.Sprintf("is longer than %d characters", longest), "")
		return "", false
	}
	for _, r := range v.node.Value {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			v.wrong(fmt.Sprintf("holds the control character U+%04X", r), "")
			return "", false
		}
	}
	return strings.TrimSpace(v.node.Value), true
}

// text returns a text of one line, without blanks around it.
func (v value) text() (string, bool) { return v.textUpTo(longestText) }

func (v value) textUpTo(longest int) (string, bool) {
	text, ok := v.prose(longest)
	if ok && strings.ContainsAny(text, "\n\t") {
		v.wrong("holds a line break or a tab", "write it on one line, with blanks")
		return "", false
	}
	return text, ok
}

// list returns the elements of a list, or the one value that stands for a list of one.
func (v value) list() []value {
	switch {
	case v.empty():
		return nil
	case v.node.Kind == yaml.MappingNode:
		v.wrong("expected a list, found a mapping", "")
		return nil
	case v.node.Kind == yaml.ScalarNode:
		return []value{v}
	}
	elements := make([]value, len(v.node.Content))
	for i, node := range v.node.Content {
		elements[i] = value{v.reader, node, fmt.Sprintf("%s[%d]", v.path, i)}
	}
	return elements
}

// each reads the elements of a list of texts, and warns of repetitions.
func (v value) each(longest int, read func(value, string)) {
	seen := map[string]bool{}
	for _, element := range v.list() {
		text, ok := element.textUpTo(longest)
		if !ok {
			continue
		}
		if seen[text] {
			element.warn(fmt.Sprintf("%q stands in the list twice", clip(text)), "")
			continue
		}
		seen[text] = true
		read(element, text)
	}
}

// boolean reads true and false.
func (v value) boolean() (value, ok bool) {
	switch {
	case v.node.Kind == yaml.ScalarNode && !v.quoted():
		switch v.node.Value {
		case "true":
			return true, true
		case "false":
			return false, true
		}
	case v.quoted() && (v.node.Value == "true" || v.node.Value == "false"):
		v.wrong(fmt.Sprintf("%q is a text", v.node.Value), "write "+v.node.Value+" without quotes")
		return false, false
	}
	say := "write true or false"
	switch strings.ToLower(v.node.Value) {
	case "yes", "on", "y", "true", "1":
		say = "write true"
	case "no", "off", "n", "false", "0":
		say = "write false"
	}
	v.wrong("expected true or false, found "+v.echo(), say)
	return false, false
}

// echo repeats what stands there, for messages.
func (v value) echo() string {
	if v.node.Kind == yaml.ScalarNode && !v.empty() {
		return strconv.Quote(clip(v.node.Value))
	}
	return v.kind()
}

// oneOf reads one of a few words.
func (v value) oneOf(words ...string) (string, bool) {
	text, ok := v.text()
	if !ok {
		return "", false
	}
	for _, word := range words {
		if text == word {
			return word, true
		}
	}
	say := "say " + either(words)
	if near := v.nearest(text, words); near != "" {
		say = "did you mean " + near + "?"
	}
	v.wrong(fmt.Sprintf("%q is not known here", clip(text)), say)
	return "", false
}

func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

var durationForm = regexp.MustCompile(`^(?:(\d{1,4})d)?(\d.*)?$`)

// day is a day of a stretch of time that is told in days, not a day of the calendar.
const day = 24 * time.Hour

// duration reads 90s, 10m, 3h, 1h30m, 7d; zero where that is wrong, which is reported.
func (v value) duration(low, high time.Duration) time.Duration {
	text, ok := v.text()
	if !ok {
		return 0
	}
	d, ok := parseDuration(text)
	switch {
	case !ok && isDigits(text):
		v.wrong(fmt.Sprintf("%q has no unit", clip(text)), fmt.Sprintf("write %sm, %sh or %sd", clip(text), clip(text), clip(text)))
	case !ok:
		v.wrong(fmt.Sprintf("%q is no duration", clip(text)), "write one such as 10m, 3h, 1h30m or 7d")
	case d < low || d > high:
		v.wrong(fmt.Sprintf("%s is out of range", clip(text)), fmt.Sprintf("from %s to %s", durationText(low), durationText(high)))
	default:
		return d
	}
	return 0
}

func parseDuration(text string) (time.Duration, bool) {
	m := durationForm.FindStringSubmatch(text)
	if m == nil || text == "" {
		return 0, false
	}
	days, _ := strconv.Atoi(m[1])
	var rest time.Duration
	if m[2] != "" {
		var err error
		if rest, err = time.ParseDuration(m[2]); err != nil || isDigits(m[2]) {
			return 0, false
		}
	}
	const most = 100 * 366 * day
	if sum := time.Duration(days)*day + rest; 0 <= rest && rest <= most && sum <= most {
		return sum, true
	}
	return most, true
}

func durationText(d time.Duration) string {
	switch {
	case d == 0:
		return "0s"
	case d >= 2*day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return d.String()
	}
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// percent reads 20%, from 1 to 100.
func (v value) percent() (int, bool) {
	text, ok := v.text()
	if !ok {
		return 0, false
	}
	number, signed := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	switch {
	case err != nil || !isDigits(strings.TrimSpace(number)):
		v.wrong(fmt.Sprintf("%q is no percentage", clip(text)), "write a whole one such as 20%")
	case !signed:
		v.wrong(fmt.Sprintf("%q has no %% sign", clip(text)), fmt.Sprintf("write %d%%", n))
	case n < 1 || n > 100:
		v.wrong(clip(text)+" is out of range", "from 1% to 100%")
	default:
		return n, true
	}
	return 0, false
}

// account reads an account id, which is quoted: to YAML an unquoted one is a number, octal where it begins with 0, and the tools that
// rewrite YAML drop the zeros.
func (v value) account() (fleet.AccountID, bool) {
	text, ok := v.text()
	if !ok {
		return "", false
	}
	if !v.quoted() && !strings.ContainsFunc(text, unicode.IsLetter) || v.node.Tag == "!!float" || v.node.Tag == "!!int" {
		say := "write it in quotes, all twelve digits"
		if _, err := fleet.ParseAccountID(text); err == nil {
			say = fmt.Sprintf("write %q", text)
		}
		v.wrong("the account id "+clip(text)+" is not quoted, so that YAML takes it for a number and loses zeros at its front", say)
		return "", false
	}
	id, err := fleet.ParseAccountID(text)
	if err != nil {
		say := "twelve digits, in quotes"
		if digits := strings.NewReplacer("-", "", " ", "").Replace(text); digits != text && isDigits(digits) && len(digits) == 12 {
			say = fmt.Sprintf("write %q", digits)
		}
		v.wrong(fmt.Sprintf("%q is no account id", clip(text)), say)
		return "", false
	}
	return id, true
}

// quotedNumber reads a decimal that stands in quotes, so that no tool turns it into binary floating point.
func (v value) quotedNumber() (string, error) {
	text, ok := v.text()
	switch {
	case !ok:
		return "", errReported
	case !v.quoted():
		v.wrong("the number "+clip(text)+" is not quoted, and YAML's numbers are binary fractions that miss cents", fmt.Sprintf("write %q", clip(text)))
		return "", errReported
	}
	return text, nil
}

// errReported says that a problem has been reported already.
var errReported = errors.New("reported")
