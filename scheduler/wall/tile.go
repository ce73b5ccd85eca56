package wall

import (
	"slices"
)

// longestBridge is the longest hole, in minutes, between running stretches that counts as a way of writing "until midnight"
// (00:00-23:59) and not as a wish to stop.
const longestBridge = 1

// Tile lays stretches, which may overlap, onto [from, to): where several want different states running beats any, any beats
// stopped; where several want running the one that began last gives the rule, of those that began together the first of the list.
// What no stretch covers is stopped. Stopped holes of one minute between running stretches are bridged, with the rule of the next.
func Tile(from, to Minute, stretches []Stretch) []Stretch {
	cuts := make([]Minute, 0, 2*len(stretches)+2)
	cuts = append(cuts, from, to)
	for _, s := range stretches {
		for _, m := range []Minute{s.From, s.To} {
			if from < m && m < to {
				cuts = append(cuts, m)
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)

	order := make([]int, len(stretches))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(stretches[a].From - stretches[b].From) })

	tiles := make([]Stretch, 0, len(cuts))
	var open []int // indexes of stretches that cover the current cut
	next := 0
	for i := 0; i+1 < len(cuts); i++ {
		at := cuts[i]
		open = slices.DeleteFunc(open, func(s int) bool { return stretches[s].To <= at })
		for ; next < len(order) && stretches[order[next]].From <= at; next++ {
			if stretches[order[next]].To > at {
				open = append(open, order[next])
			}
		}
		tile := Stretch{From: at, To: cuts[i+1], State: Stopped}
		if top := topmost(stretches, open); top >= 0 {
			tile.State, tile.Rule = stretches[top].State, stretches[top].Rule
		}
		tiles = appendTile(tiles, tile)
	}
	return bridge(tiles)
}

// topmost picks the stretch that decides among those covering one minute, -1 if there is none.
func topmost(stretches []Stretch, open []int) int {
	strength := [...]int{Running: 2, Any: 1, Stopped: 0}
	top := -1
	for _, i := range open {
		if top < 0 {
			top = i
			continue
		}
		a, b := stretches[i], stretches[top]
		switch {
		case strength[a.State] != strength[b.State]:
			if strength[a.State] > strength[b.State] {
				top = i
			}
		case a.From > b.From || a.From == b.From && i < top:
			top = i
		}
	}
	return top
}

// bridge turns one-minute stopped holes between running tiles into running ones.
func bridge(tiles []Stretch) []Stretch {
	bridged := make([]Stretch, 0, len(tiles))
	for i, t := range tiles {
		hole := t.State == Stopped && t.To-t.From <= longestBridge && 0 < i && i+1 < len(tiles)
		if hole && tiles[i-1].State == Running && tiles[i+1].State == Running {
			t.State, t.Rule = Running, tiles[i+1].Rule
		}
		bridged = appendTile(bridged, t)
	}
	return bridged
}

// appendTile adds a tile, joining it to the last where state and rule are the same.
func appendTile(tiles []Stretch, t Stretch) []Stretch {
	if n := len(tiles); n > 0 && tiles[n-1].State == t.State && tiles[n-1].Rule == t.Rule {
		tiles[n-1].To = t.To
		return tiles
	}
	return append(tiles, t)
}
