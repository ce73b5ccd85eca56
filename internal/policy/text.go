package policy

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Limits of a policy file. They are far beyond any real one, and keep a generated or hostile one from filling a Lambda's memory.
const (
	mostBytes = 4 << 20
	// mostSigns bounds the characters that separate values in YAML, and with them the size of the parsed tree.
	mostSigns = 700_000
)

const byteOrderMark = "\ufeff"

// checkText refuses what is no text of a policy before the YAML parser sees it: the parser would not say where it stands.
func checkText(data []byte) (Problem, bool) {
	switch {
	case len(data) > mostBytes:
		return Problem{What: fmt.Sprintf("the file has %d bytes; a policy has at most %d", len(data), mostBytes)}, true
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return Problem{What: "the file is UTF-16", Say: "save it as UTF-8"}, true
	case utf16Unmarked(data):
		return Problem{What: "the file looks like UTF-16", Say: "save it as UTF-8"}, true
	}
	if p, bad := strangeCharacter(data); bad {
		return p, true
	}
	if len(bytes.TrimSpace(bytes.TrimPrefix(data, []byte(byteOrderMark)))) == 0 {
		return Problem{What: "the file is empty", Say: "offpeak init writes a policy to begin with"}, true
	}
	signs := 0
	for _, c := range data {
		switch c {
		case '\n', ',', ':', '-', '[', '{', '?':
			signs++
		}
	}
	if signs > mostSigns {
		return Problem{What: "the file holds more values than a policy can have", Say: "list the prices of the types in use only"}, true
	}
	return Problem{}, false
}

// utf16Unmarked recognises UTF-16 without its mark: every other byte of its first letters is zero.
func utf16Unmarked(data []byte) bool {
	return len(data) >= 4 && (data[0] == 0 && data[1] != 0 && data[2] == 0) || len(data) >= 4 && (data[0] != 0 && data[1] == 0 && data[3] == 0)
}

// strangeCharacter finds the first character that a policy may not hold.
func strangeCharacter(data []byte) (Problem, bool) {
	line, column := 1, 1
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if what, say := strange(r, size, data[i:]); what != "" && (i > 0 || !strings.HasPrefix(byteOrderMark, string(r))) {
			return Problem{Line: line, Column: column, What: what, Say: say}, true
		}
		i += size
		switch {
		case r == '\n':
			line, column = line+1, 1
		case i > len(byteOrderMark) || string(r) != byteOrderMark:
			column++
		}
	}
	return Problem{}, false
}

func strange(r rune, size int, at []byte) (what, say string) {
	switch {
	case r == utf8.RuneError && size == 1:
		return fmt.Sprintf("the byte %02X is not UTF-8", at[0]), "save the file as UTF-8; Korean text may have been saved as EUC-KR or CP949"
	case r == 0:
		return "a zero byte", "the file is damaged or no text"
	case r == '\r' && !bytes.HasPrefix(at, []byte("\r\n")):
		return "a carriage return without a line feed", "end lines with LF or CRLF"
	case r == '\u0085', r == '\u2028', r == '\u2029':
		return fmt.Sprintf("the invisible line break U+%04X", r), "remove it, or end the line there"
	case r < ' ' && r != '\n' && r != '\r' && r != '\t', 0x7f <= r && r < 0xa0, r == '\ufffe', r == '\uffff':
		return fmt.Sprintf("the control character U+%04X", r), "remove it"
	case r == '\ufeff':
		return "a byte order mark inside the text", "remove it"
	}
	return "", ""
}

// source is the text of a policy by lines and columns as YAML counts them.
type source struct {
	data  []byte
	lines []int // where each line begins
}

func newSource(data []byte) *source {
	s := &source{data: data, lines: []int{0}}
	for i, c := range data {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	if bytes.HasPrefix(data, []byte(byteOrderMark)) {
		s.lines[0] = len(byteOrderMark)
	}
	return s
}

// offset returns where a line's column begins in the data; both count from 1, columns in characters.
func (s *source) offset(line, column int) int {
	if line < 1 || line > len(s.lines) {
		return len(s.data)
	}
	at := s.lines[line-1]
	for ; column > 1 && at < len(s.data); column-- {
		_, size := utf8.DecodeRune(s.data[at:])
		at += size
	}
	return at
}

// lineOf returns the line on which an offset lies.
func (s *source) lineOf(offset int) int {
	return sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset })
}

// lineEnd returns where a line's text ends, before its line break.
func (s *source) lineEnd(line int) int {
	if line >= len(s.lines) {
		return len(s.data)
	}
	end := s.lines[line] - 1
	if end > 0 && s.data[end-1] == '\r' {
		end--
	}
	return end
}

// line returns the text of a line without its break.
func (s *source) line(line int) string { return string(s.data[s.lines[line-1]:s.lineEnd(line)]) }
