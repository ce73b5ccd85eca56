package docs_test

import (
	"fmt"
	"strings"
	"testing"

	"offpeak/autospot"
)

func TestEveryGateIsExplained(t *testing.T) {
	t.Parallel()
	text := strings.Join(readLines(t, "guide/spot.md"), "\n")
	at := 0
	for _, m := range autospot.Meanings() {
		row := fmt.Sprintf("\n| `%s` | %s | %s |", m.Code, m.Of, m.Asks)
		next := strings.Index(text, row)
		if next < at {
			t.Errorf("guide/spot.md lacks the row%s, or has it in another place", row)
		}
		at = max(at, next)
	}
	for v := autospot.Pass; v <= autospot.Refuse; v++ {
		if !strings.Contains(text, "\n| `"+v.String()+"` | ") {
			t.Errorf("guide/spot.md does not explain %s", v)
		}
	}
}
