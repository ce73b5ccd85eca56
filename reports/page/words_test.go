package page

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"offpeak/reports"
	"offpeak/reports/sample"
	"offpeak/reports/words"
)

// asked finds the words that templates, script and Go ask for by key.
func asked(t *testing.T) (keys []string) {
	t.Helper()
	for file, pattern := range map[string]string{
		"first.html": `(?:\bt|fill) "([^"]+)"`, "sections.html": `(?:\bt|fill|heat "[a-z]+") "([^"]+)"`,
		"page.js":  `\b(?:word|fact|listed)\("([^"]+)"\)?`,
		"sheet.go": `say\(w, "([^"]+)"\)`, "chart.go": `say\(w, "([^"]+)"\)`, "heat.go": `say\(w, "([^"]+)"\)`,
	} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(string(data), -1)
		if len(found) == 0 {
			t.Fatalf("%s asks for no word: has its way to ask changed?", file)
		}
		for _, m := range found {
			if !strings.HasSuffix(m[1], ".") && !strings.HasSuffix(m[1], "-") {
				keys = append(keys, m[1])
			}
		}
	}
	s := &sheet{Report: sample.Report(3)}
	keys = append(keys, s.Contents()...)
	for _, x := range s.Splits() {
		keys = append(keys, x.Title, x.Key)
	}
	return keys
}

func TestEveryWordOfThePageIsThere(t *testing.T) {
	t.Parallel()
	r := sample.Report(3)
	keys := asked(t)
	for id, made := range map[string]table{
		"resources": resources(r), "assets": assets(r), "actions": actions(r), "outcomes": outcomes(r), "verdicts": verdicts(r), "spot": spot(r), "late": late(r),
		"failed": failed(r), "standing": standing(r),
	} {
		keys = append(keys, "caption."+id)
		for _, c := range made.Columns {
			if !c.Hidden || c.Filter {
				keys = append(keys, "column."+c.Key)
			}
		}
	}
	for _, l := range words.Languages() {
		for _, key := range keys {
			if said := say(words.In(l), key); said == key && key != "act" {
				t.Errorf("%s: there is no word for %q", l, key)
			}
		}
	}
}

// The page promises nothing: no figure of a year, no "up to".
func TestTheWordsOfThePagePromiseNothing(t *testing.T) {
	t.Parallel()
	promise := regexp.MustCompile(`(?i)annual|a year|per year|up to|연간|연 환산|최대`)
	korean, latin := regexp.MustCompile(`[가-힣]`), regexp.MustCompile(`[A-Za-z]{3}`)
	for _, key := range words.PageKeys() {
		for _, l := range words.Languages() {
			said, _ := words.In(l).Page(key)
			if promise.MatchString(said) {
				t.Errorf("%s: %s promises: %s", l, key, said)
			}
			if has := korean.MatchString(said); l == words.English && has || l == words.Korean && !has && latin.MatchString(said) {
				t.Errorf("%s: %s is in another language: %s", l, key, said)
			}
		}
	}
}

func TestWhatIsNotSeenIsShown(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, in, want string }{
		{"letters of any script stay", "결제 𠮷野家 é", "결제 𠮷野家 é"},
		{"joined emoji stay joined", "👩\u200d💻", "👩\u200d💻"},
		{"a turn of the direction of writing is shown", "\u202eevil", "[U+202E]evil"},
		{"isolates are shown", "a\u2066b\u2069", "a[U+2066]b[U+2069]"},
		{"a tab, a line and an escape are shown", "a\tb\nc\x1b", "a[U+0009]b[U+000A]c[U+001B]"},
		{"separators of JavaScript are shown", "\u2028\u2029", "[U+2028][U+2029]"},
		{"a soft hyphen and a byte order mark are shown", "\u00ad\ufeff", "[U+00AD][U+FEFF]"},
		{"bytes that are no text are replaced", "\xff", "\uFFFD"},
	} {
		if got := visible(row.in); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestActsAreCutEvenly(t *testing.T) {
	t.Parallel()
	of := func(counts ...int) *reports.Report {
		r := &reports.Report{}
		for _, n := range counts {
			r.Resources = append(r.Resources, reports.Resource{Acts: make([]string, n)})
		}
		return r
	}
	for _, row := range []struct {
		name string
		r    *reports.Report
		want int
	}{
		{"few acts are all there", of(3, 700, 0), 700},
		{"none", of(), 0},
		{"one resource alone is cut to the limit", of(mostActs + 1), mostActs},
		{"the busy ones are cut, the quiet ones not", of(mostActs, 10, mostActs), (mostActs - 10) / 2},
	} {
		if got := actsEach(row.r); got != row.want {
			t.Errorf("%s: got %d, want %d", row.name, got, row.want)
		}
	}
}

func TestHeatHasAShadeForEachSeventh(t *testing.T) {
	t.Parallel()
	var got []int64
	for _, text := range []string{"0", "0.01", "1", "1.01", "3.5", "6.99", "7"} {
		got = append(got, shade(decimal.RequireFromString(text), decimal.RequireFromString("7")))
	}
	if want := []int64{0, 1, 1, 2, 4, 7, 7}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
