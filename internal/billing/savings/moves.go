package savings

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
)

// movesOf finds in the ledger what was moved to Spot, and back: from when AWS accepted it until AWS accepted that it buys on demand again. What it ran
// on before is left to the bill.
func movesOf(entries []*ledger.Entry) (moves []Move) {
	asked, open := map[string]fleet.Purchase{}, map[fleet.ARN]int{}
	for _, e := range entries {
		switch {
		case !e.Moves():
		case e.State == ledger.Intent && e.Move != nil:
			asked[e.Act] = e.Move.To
		case e.State == ledger.Applied:
			to, known := asked[e.Act]
			at, begun := open[e.Resource]
			switch {
			case !known:
			case spots(to) && !begun:
				open[e.Resource] = len(moves)
				moves = append(moves, Move{Resource: e.Resource, From: e.At.UTC()})
			case !spots(to) && begun:
				moves[at].To = e.At.UTC()
				delete(open, e.Resource)
			}
		}
	}
	return moves
}

// movesOf are the moves of the payer's own resources: those that were given, and those of the ledger of anything that was not.
func (c *computation) movesOf(found []Move) []Move {
	own, given := map[fleet.ARN]bool{}, map[fleet.ARN]bool{}
	for _, s := range c.subjects {
		own[s.ARN] = true
	}
	for _, m := range c.in.Moves {
		given[m.Resource] = true
	}
	moves := slices.Clone(c.in.Moves)
	for _, m := range found {
		if own[m.Resource] && !given[m.Resource] {
			moves = append(moves, m)
		}
	}
	return moves
}

// spots reports whether any of what is bought is Spot.
func spots(p fleet.Purchase) bool {
	return p.Lifecycle != fleet.OnDemand || p.Mix != nil || slices.ContainsFunc(p.Providers, func(p fleet.Provider) bool { return p.Spot })
}

// originals are what each Spot SKU that a subject used stands for: what the move says it ran on, or by the bill the SKU of the same measure that the
// subject used most on demand, before the move or, where there was none, at any time. False where there is none at all.
func (c *computation) originals(s *subject, m *Move) (of map[int32]int32, found bool) {
	of = map[int32]int32{}
	for _, uses := range s.spot {
		for _, u := range uses {
			of[u.sku] = -1
		}
	}
	if m.SKU != "" {
		n := c.skus.number(&billing.Usage{SKU: m.SKU, Operation: m.Operation, Zone: m.Zone, Line: billing.OnDemand})
		for sku := range of {
			of[sku] = n
		}
		return of, true
	}
	for _, earlier := range []bool{true, false} {
		sums := map[int32]int64{}
		for _, u := range s.uses {
			if at := c.Baseline.Add(time.Duration(u.hour) * time.Hour); !c.skus.all[u.sku].spot && (!earlier || at.Before(m.From)) {
				sums[u.sku] += u.quantity
			}
		}
		for sku, known := range of {
			if known < 0 {
				of[sku] = most(sums, func(n int32) bool { return sameMeasure(c.skus.all[sku], c.skus.all[n]) })
			}
		}
	}
	for _, n := range of {
		if n < 0 {
			return nil, false
		}
	}
	return of, true
}

// most is the SKU with the largest sum of those that fit, the first of equals; below zero where none does.
func most(sums map[int32]int64, fits func(int32) bool) int32 {
	best := int32(-1)
	for n, sum := range sums {
		if fits(n) && (best < 0 || cmp.Or(cmp.Compare(sum, sums[best]), cmp.Compare(best, n)) > 0) {
			best = n
		}
	}
	return best
}

// sameMeasure reports whether an hour of one SKU stands for an hour of the other: instances for instances, of tasks vCPU for vCPU and memory for memory.
func sameMeasure(spot, onDemand *sku) bool {
	for _, part := range []string{"vCPU-Hours", "GB-Hours"} {
		if strings.Contains(spot.usageType, part) != strings.Contains(onDemand.usageType, part) {
			return false
		}
	}
	return true
}
