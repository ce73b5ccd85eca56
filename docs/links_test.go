package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`^(#+) (.*)$`)
)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	records, err := filepath.Glob("decisions/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(append(pages(t), "../ARCHITECTURE.md", "cost.md", "runbook.md", "security.md"), records...) {
		for n, line := range prose(t, page) {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if strings.Contains(m[1], "://") {
					continue
				}
				file, anchor, _ := strings.Cut(m[1], "#")
				to := page
				if file != "" {
					to = filepath.Join(filepath.Dir(page), file)
				}
				if _, err := os.Stat(to); err != nil {
					t.Errorf("%s:%d: %s is not there", page, n+1, m[1])
				} else if anchor != "" && !slices.Contains(anchors(t, to), anchor) {
					t.Errorf("%s:%d: %s has no heading #%s", page, n+1, to, anchor)
				}
			}
		}
	}
}

// prose returns the lines of a page, those in blocks blank.
func prose(t *testing.T, page string) []string {
	t.Helper()
	lines := slices.Clone(readLines(t, page))
	for _, b := range blocksOf(t, lines) {
		for i := b.begin; i < b.end; i++ {
			lines[i] = ""
		}
	}
	return lines
}

// anchors returns the headings of a page as links call them.
func anchors(t *testing.T, page string) []string {
	t.Helper()
	var names []string
	for _, line := range prose(t, page) {
		if m := heading.FindStringSubmatch(line); m != nil {
			names = append(names, strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
					return unicode.ToLower(r)
				default:
					return -1
				}
			}, m[2]))
		}
	}
	return names
}

func TestTheReadmesKeepStep(t *testing.T) {
	t.Parallel()
	english, korean := shape(t, "../README.md"), shape(t, "../README.ko.md")
	for i := range max(len(english), len(korean)) {
		switch {
		case i >= len(korean):
			t.Fatalf("README.ko.md lacks %q", english[i])
		case i >= len(english):
			t.Fatalf("README.md lacks %q", korean[i])
		case english[i] != korean[i]:
			t.Fatalf("README.md has %q where README.ko.md has %q", english[i], korean[i])
		}
	}
}

// comment is what stands behind a command in a block, in the page's language.
var comment = regexp.MustCompile(`\s+# .*$`)

// shape is what two languages have in common: the levels of headings, the rows of tables by their first cell's code, and the commands.
func shape(t *testing.T, page string) []string {
	t.Helper()
	lines := readLines(t, page)
	shape := []string{}
	inside := make([]bool, len(lines))
	for _, b := range blocksOf(t, lines) {
		for i := b.begin; i < b.end; i++ {
			inside[i] = b.kind == "sh" || b.kind == "console"
			if b.kind == "text" {
				lines[i] = ""
			}
		}
	}
	for i, line := range lines {
		switch m := heading.FindStringSubmatch(line); {
		case inside[i]:
			if command := comment.ReplaceAllString(line, ""); command != "" {
				shape = append(shape, command)
			}
		case m != nil:
			shape = append(shape, m[1])
		case strings.HasPrefix(line, "|"):
			shape = append(shape, strings.Repeat("|", strings.Count(line, "|")))
		}
	}
	return shape
}

// TestTheReadmesShowTheDemo compares what the READMEs show of the demo with its story, which plays it.
func TestTheReadmesShowTheDemo(t *testing.T) {
	t.Parallel()
	_, printed, found := strings.Cut(strings.Join(readLines(t, "../testdata/scenarios/demo.txtar"), "\n"), "-- demo.txt --\n")
	if !found {
		t.Fatal("the demo's story has no demo.txt")
	}
	for _, page := range []string{"../README.md", "../README.ko.md"} {
		lines := readLines(t, page)
		shown := 0
		for _, b := range blocksOf(t, lines) {
			if b.kind == "text" && strings.HasPrefix(lines[b.begin], "$ bin/offpeak demo") {
				shown++
				if !shows(lines[b.begin+1:b.end], printed) {
					t.Errorf("%s shows another demo than the story:\n%s", page, strings.Join(lines[b.begin:b.end], "\n"))
				}
			}
		}
		if shown != 1 {
			t.Errorf("%s shows the demo %d times", page, shown)
		}
	}
}
