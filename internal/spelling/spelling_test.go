package spelling_test

import (
	"testing"

	"offpeak/internal/spelling"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"seoul-office", "night-batch", "검증", "", "dev", "stg"}
	for text, want := range map[string]string{
		"seoul-ofice":   "seoul-office",
		"Seoul-Office":  "seoul-office",
		"nightbatch":    "night-batch",
		"검중":            "검증",
		"dv":            "dev",
		"weekend-shift": "",
		"dtg":           "stg",
		"d":             "dev",
	} {
		if got := spelling.Nearest(text, names); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
