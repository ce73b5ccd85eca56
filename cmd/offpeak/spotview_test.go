package main

import "testing"

func TestLossesAreToldAsMembersStand(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says  string
		stand *spotStandJSON
		want  string
	}{
		{"what is planned", nil, "too much lost at once 0.018 times a quarter"},
		{"no zone holds more than its share", &spotStandJSON{Most: 4, Share: 4, Spot: 8, Losses: 0.017}, "too much lost at once 0.017 times a quarter"},
		{"one does", &spotStandJSON{Most: 5, Share: 4, Spot: 8, Losses: 0.31}, "too much lost at once 0.31 times a quarter as they stand, 5 of 8 Spot in one zone"},
	} {
		if got := lossesText(&spotMixJSON{Losses: 0.018, Standing: row.stand}); got != row.want {
			t.Errorf("%s: got %q, want %q", row.says, got, row.want)
		}
	}
}
