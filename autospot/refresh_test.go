package autospot_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
)

// TestAMoveReplacesWhatBecomesSpot: the members that stay on demand are left alone.
func TestAMoveReplacesWhatBecomesSpot(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says        string
		onDemand    int // as the owner wants
		spot        int // members that are Spot already
		checkpoints []int
		replaced    int // of nine, with AWS's rounding
	}{
		{"none stays on demand", 0, 0, []int{10, 50, 100}, 9},
		{"three of nine stay", 3, 0, []int{10, 50, 66}, 6},
		{"half of them", 5, 0, []int{10, 44}, 4},
		{"all but one", 8, 0, []int{10, 11}, 1},
		{"a move that was given up halfway: all are replaced", 3, 2, []int{10, 50, 100}, 9},
	} {
		res := webGroup()
		res.Size.Min, res.Size.Max = 9, 9
		for i := range row.spot {
			res.Launch.Members[i].Lifecycle = fleet.SpotOneTime
		}
		p := newPlay(t, res)
		rules := careful()
		rules.OnDemand, rules.Loss = row.onDemand, 50
		p.profile(rules)
		made, _ := p.look()
		got := one(t, made).Refresh
		if diff := cmp.Diff(got.Checkpoints, row.checkpoints); diff != "" {
			t.Errorf("%s: %s", row.says, diff)
		}
		last := got.Checkpoints[len(got.Checkpoints)-1]
		if n := (last*9 + 99) / 100; n != row.replaced {
			t.Errorf("%s: %d are replaced, want %d", row.says, n, row.replaced)
		}
	}
}
