package page

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// visible writes a name so that what is read is what it is: characters that turn the direction of writing, break lines or show nothing stand as
// their number, and bytes that are no text as the replacement character. Markup is no matter here: templates and JSON escape it where they write.
func visible(name string) string { return shown(name, utf8.RuneError) }

// shown is visible for whole markup too, which has lines: except stays as it is.
func shown(text string, except rune) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	bad := func(r rune) bool { return r != except && unseen(r) }
	if strings.IndexFunc(text, bad) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if bad(r) {
			fmt.Fprintf(&b, "[U+%04X]", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unseen says that a character is not seen, or changes how its neighbours are. The joiners between emoji and in scripts that need them stay.
func unseen(r rune) bool {
	if r < utf8.RuneSelf { // as nearly all are
		return r < ' ' || r == '\x7f'
	}
	if r == '\u200c' || r == '\u200d' {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
