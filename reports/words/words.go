// Package words is the one catalogue of what a report says, in Korean and in English, and of how amounts, hours and dates are written there.
//
// In go a language and the codes and values of package reports; out come words, sentences and figures as text. Each entry holds both languages
// side by side, so one that lacks a language does not compile or fails the test that walks all codes. Figures are rounded here and nowhere else:
// what AWS billed to the cent, what is estimated to the whole dollar from a thousand on. The package escapes nothing: text that comes from names
// is for whoever writes HTML, a PDF or a workbook to make harmless.
package words

import (
	"fmt"
	"strconv"
	"strings"
)

// Language is a language that reports are written in.
type Language string

// The languages.
const (
	Korean  Language = "ko"
	English Language = "en"
)

// Languages lists all languages.
func Languages() []Language { return []Language{Korean, English} }

// ParseLanguage reads a language: ko or en.
func ParseLanguage(name string) (Language, error) {
	switch l := Language(name); l {
	case Korean, English:
		return l, nil
	default:
		return "", fmt.Errorf("%.40q is no language of reports (write ko or en)", name)
	}
}

// Words says things in one language. The zero value speaks English.
type Words struct{ language Language }

// In returns the words of a language.
func In(l Language) Words { return Words{l} }

// Language is the language of the words, as HTML's lang has it.
func (w Words) Language() Language {
	if w.language == Korean {
		return Korean
	}
	return English
}

// text is one thing said in both languages. Literals name no fields, so that a missing language does not compile.
type text struct{ ko, en string }

func (w Words) pick(t text) string {
	if w.language == Korean {
		return t.ko
	}
	return t.en
}

// fill puts values into the places {1}, {2} ... of a sentence. What stands in a value is left as it is.
func (w Words) fill(t text, values ...string) string {
	var pairs []string
	for i, v := range values {
		pairs = append(pairs, "{"+strconv.Itoa(i+1)+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(w.pick(t))
}

// Say returns a fixed word or title.
func (w Words) Say(l Label) string {
	if l < 0 || l >= labels {
		return ""
	}
	return w.pick(labelTexts[l])
}

// named says a code by its table; one that is not there is said as it stands, for a reader can look that up, and silence not.
func (w Words) named(table map[string]text, code string) string {
	if t, ok := table[code]; ok {
		return w.pick(t)
	}
	return Plain(code)
}
