package jsonwords_test

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"offpeak/internal/jsonwords"
)

func TestPath(t *testing.T) {
	t.Parallel()
	for pointer, want := range map[jsontext.Pointer]string{
		"":                            "$",
		"/Reservations/3/State":       "$.Reservations[3].State",
		"/Tags/aws:region":            `$.Tags["aws:region"]`,
		"/a~1b":                       `$["a/b"]`,
		"/" + "":                      `$[""]`,
		"/한국어":                        `$["한국어"]`,
		"/-1":                         `$["-1"]`,
		"/4294967296":                 ".", // no place in a list has such a number
		jsontext.Pointer("/" + x(61)): `$["` + x(60) + `"]`,
		jsontext.Pointer("/" + x(60)): "$." + x(60),
	} {
		if want == "." {
			want = "$.4294967296"
		}
		if got := jsonwords.Path(pointer); got != want {
			t.Errorf("%s: %s, want %s", pointer, got, want)
		}
	}
}

func x(n int) string { return strings.Repeat("x", n) }

func TestKind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"null": "null", "true": "true or false", "false": "true or false", `"a"`: "text", "1.5": "a number", "{}": "an object", "[]": "a list", "": "something else"} {
		if got := jsonwords.Kind(jsontext.NewDecoder(strings.NewReader(text)).PeekKind()); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}
