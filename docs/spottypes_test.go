package docs_test

import (
	"strings"
	"testing"

	"offpeak/autospot/compatible"
)

func TestEveryReasonAgainstATypeIsExplained(t *testing.T) {
	t.Parallel()
	_, section, found := strings.Cut(strings.Join(readLines(t, "guide/spot.md"), "\n"), "## What a type must have")
	section, _, _ = strings.Cut(section, "\n## ")
	if !found {
		t.Fatal("guide/spot.md has no section on what a type must have")
	}
	for _, code := range compatible.Codes() {
		explained := false
		for line := range strings.Lines(section) {
			cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
			explained = explained || strings.HasPrefix(line, "| ") && strings.Contains(cell, "`"+string(code)+"`")
		}
		if !explained {
			t.Errorf("guide/spot.md does not explain %s", code)
		}
	}
}
