package live_test

import (
	"testing"

	"offpeak/internal/live"
)

func TestMemoryThatLambdaGives(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]int64{"2048": 1_932_735_276, "512": 483_183_819, "": 0, "0": 0, "-1": 0, "much": 0, "99999999999": 0} {
		if got := live.MemoryFromEnvironment(func(string) string { return given }); got != want {
			t.Errorf("of %q MB: %d, want %d", given, got, want)
		}
	}
}
