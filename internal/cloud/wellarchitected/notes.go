package wellarchitected

import (
	"strings"
	"unicode/utf16"
)

// The marks between which offpeak's lines stand. What is outside of them is people's.
const (
	begins = "[offpeak: evidence, no answer]"
	ends   = "[/offpeak]"
	// left ends lines of which there were more.
	left = "…"
	// mostNotes is how many characters AWS lets the notes of an answer have (UpdateAnswer).
	mostNotes = 2084
)

// merge puts lines into notes, in place of those that stood there between the marks. Where there is no room for all, whole is false and the last are left
// out; where there is room for none, people's text stands alone.
func merge(notes string, lines []string) (text string, whole bool) {
	own := without(notes)
	if len(lines) == 0 {
		return own, true
	}
	for n := len(lines); n > 0; n-- {
		block := append([]string{begins}, lines[:n]...)
		if n < len(lines) {
			block = append(block, left)
		}
		text := strings.Join(append(block, ends), "\n")
		if own != "" {
			text = own + "\n" + text
		}
		if len(utf16.Encode([]rune(text))) <= mostNotes {
			return text, n == len(lines)
		}
	}
	return own, false
}

// without is what people wrote. A mark without its other half is theirs, too: nobody knows what of the rest was offpeak's.
func without(notes string) string {
	from := 0
	for {
		at := strings.Index(notes[from:], begins)
		if at < 0 {
			return notes
		}
		at += from
		length := strings.Index(notes[at:], ends)
		if length < 0 {
			return notes
		}
		if next := strings.Index(notes[at+len(begins):at+length], begins); next >= 0 {
			from = at + len(begins) // the first has lost its other half
			continue
		}
		before, after := strings.TrimSuffix(notes[:at], "\n"), strings.TrimPrefix(notes[at+length+len(ends):], "\n")
		if before != "" && after != "" {
			before += "\n"
		}
		notes, from = before+after, 0
	}
}
