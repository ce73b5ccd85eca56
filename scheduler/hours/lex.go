package hours

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"offpeak/scheduler/wall"
)

// kind is what a token is; it alone decides how the text is read.
type kind uint8

const (
	end     kind = iota
	weekday      // n: time.Weekday
	month        // n: time.Month
	ordinal      // n: 1 for 1st
	last
	daily
	day
	workday
	nearest
	in
	number // n
	date   // date
	clock  // n: minutes after midnight, 0 to 1440
	loose  // a time in another notation; n as in clock and possibly beyond, -1 where unclear
	dash
	tilde // a dash, and between two dates what .. is
	dots
	join
	semicolon
	word  // a zone's name, or no word of the grammar
	wrong // understood, but not part of the grammar
	stray // a character that no token begins with
)

// token is a piece of the text. What and say explain tokens that the grammar does not take.
type token struct {
	kind      kind
	text      string
	at        int // offset in the text, in bytes
	n         int
	date      wall.Date
	what, say string
}

func (t token) end() int { return t.at + len(t.text) }

// timelike reports whether the token stands for a time of day, be it in the right notation or not.
func (t token) timelike() bool { return t.kind == clock || t.kind == number || t.kind == loose }

// dashlike reports whether the token joins two ends of a range.
func (t token) dashlike() bool { return t.kind == dash || t.kind == tilde }

// Dates of other years are taken for slips of the pen.
var firstDate, lastDate = wall.NewDate(1970, time.January, 1), wall.NewDate(2100, time.December, 31)

const tooBig = 1 << 20 // stands for numbers beyond any use

var (
	alwaysForm = regexp.MustCompile(`^24\s*[x/*]\s*7\b`)
	dateForm   = regexp.MustCompile(`^(\d{4})([-/.])(\d{1,2})([-/.])(\d{1,2})`)
	clockForm  = regexp.MustCompile(`^(\d+):(\d+)((?::\d+)*)(?:\s*([aApP])\.?[mM]\b\.?)?`)
	noonForm   = regexp.MustCompile(`^(\d+)\s*([aApP])\.?[mM]\b\.?`)
	hourForm   = regexp.MustCompile(`^(\d+)(?:시|[hH](?:rs?)?)(?:\s*(\d{1,2})(?:분|[mM]\b)?)?`)
	numberForm = regexp.MustCompile(`^(\d+)(st|nd|rd|th|ST|ND|RD|TH|일)?`)
)

// lex cuts a text into tokens; the last one is of kind end. It never fails: the parser explains tokens that it cannot take.
func lex(text string) []token {
	var tokens []token
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		if unicode.IsSpace(r) {
			at += size
			continue
		}
		var t token
		switch {
		case '0' <= r && r <= '9':
			t = lexNumber(text[at:])
		case unicode.IsLetter(r):
			t = lexWord(text[at:])
		default:
			t = lexSign(text[at:], r, size)
		}
		t.at = at
		tokens = append(tokens, t)
		at += len(t.text)
	}
	return append(tokens, token{kind: end, at: len(text)})
}

func lexSign(rest string, r rune, size int) token {
	t := token{text: rest[:size]}
	switch r {
	case '-', '–', '—', '‐', '‑', '−':
		t.kind = dash
	case '~', '〜', '～':
		t.kind = tilde
	case '+', ',':
		t.kind = join
	case ';':
		t.kind = semicolon
	case '…':
		t.kind = dots
	case '&':
		t.kind, t.what, t.say = wrong, notUnderstood, "+"
	default:
		t.kind, t.what = stray, "not part of the grammar"
	}
	if strings.HasPrefix(rest, "..") {
		t.kind, t.text, t.what = dots, "..", ""
	}
	return t
}

// lexNumber reads what begins with a digit.
func lexNumber(rest string) token {
	if text := alwaysForm.FindString(rest); text != "" {
		return token{kind: wrong, text: text, what: notUnderstood, say: "daily 00:00-24:00"}
	}
	if m := dateForm.FindStringSubmatch(rest); m != nil && m[2] == m[4] {
		return lexDate(m)
	}
	if m := clockForm.FindStringSubmatch(rest); m != nil {
		return lexClock(m)
	}
	if m := noonForm.FindStringSubmatch(rest); m != nil {
		return token{kind: loose, text: m[0], n: halfDay(atoi(m[1])*60, m[2]), what: writeTimes}
	}
	if m := hourForm.FindStringSubmatch(rest); m != nil {
		return token{kind: loose, text: m[0], n: atoi(m[1])*60 + atoi(orElse(m[2], "0")), what: writeTimes}
	}
	m := numberForm.FindStringSubmatch(rest)
	t := token{kind: number, text: m[0], n: atoi(m[1])}
	switch strings.ToLower(m[2]) {
	case "":
	case "일":
		t.kind, t.what, t.say = wrong, notUnderstood, "day "+m[1]
	default:
		t.kind = ordinal
		if want := ordinalText(t.n); strings.ToLower(t.text) != want {
			t.kind, t.what, t.say = wrong, notUnderstood, want
		}
	}
	return t
}

// lexDate reads year, sign, month, sign and day.
func lexDate(m []string) token {
	t := token{kind: wrong, text: m[0], what: "dates are written 2026-12-24"}
	y, mon, d := atoi(m[1]), atoi(m[3]), atoi(m[5])
	t.date = wall.NewDate(y, time.Month(mon), d)
	proper := t.date.String()
	switch _, civil, _ := t.date.Civil(); {
	case mon < 1 || mon > 12 || d < 1 || d > 31:
		t.what = "no such date"
	case int(civil) != mon:
		t.what, t.say = "no such date", wall.NewDate(y, time.Month(mon)+1, 0).String()
	case t.date < firstDate || lastDate < t.date:
		t.what = "dates run from 1970 to 2100"
	case t.text == proper:
		t.kind = date
	default:
		t.say = proper
	}
	return t
}

// lexClock reads hours, minutes, perhaps seconds and perhaps am or pm.
func lexClock(m []string) token {
	t := token{kind: loose, text: m[0], what: writeTimes}
	hour, minute := atoi(m[1]), atoi(m[2])
	t.n = hour*60 + minute
	switch {
	case minute > 59:
		t.what = "minutes end at 59"
		if minute > 60 {
			t.n = -1
		}
	case t.n > wall.MinutesPerDay:
		t.what = "times end at 24:00"
	case m[4] != "":
		t.n = halfDay(t.n, m[4])
	case len(m[1]) <= 2 && len(m[2]) == 2 && m[3] == "":
		t.kind, t.what = clock, ""
	}
	return t
}

// halfDay turns minutes of a twelve-hour clock into minutes after midnight.
func halfDay(minutes int, half string) int {
	switch {
	case minutes < 60 || minutes >= 13*60:
		return -1
	case strings.EqualFold(half, "a"):
		return minutes % (12 * 60)
	default:
		return minutes%(12*60) + 12*60
	}
}

// lexWord reads what begins with a letter: a word of the grammar, one that people use instead, or else a word with all the signs
// that names of zones have.
func lexWord(rest string) token {
	size := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
	if size < 0 {
		size = len(rest)
	}
	lower := strings.ToLower(rest[:size])
	if t, ok := vocabulary[lower]; ok {
		t.text = rest[:size]
		return t
	}
	if say, ok := misused[lower]; ok {
		return token{kind: wrong, text: rest[:size], what: notUnderstood, say: say}
	}
	size = strings.IndexFunc(rest, func(r rune) bool {
		return !unicode.IsLetter(r) && (r < '0' || r > '9') && !strings.ContainsRune("/_+-:", r)
	})
	if size < 0 {
		size = len(rest)
	}
	return token{kind: word, text: strings.TrimRight(rest[:size], "+-:"), what: "not a day"}
}

// atoi reads digits; what is beyond any use becomes tooBig.
func atoi(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n > tooBig {
		return tooBig
	}
	return n
}
