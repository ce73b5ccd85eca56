package mix

import "slices"

// Restated is a size under a base and a percentage.
type Restated struct {
	Size int
	Row  Row
	// Needed is how many instances of this size must be on demand; Row has no fewer.
	Needed int
	// RoundedDown says that the size would meet all of that too if AWS gave the rest of a percentage to Spot.
	RoundedDown bool
}

// OnDemand is how many instances of a size a base and a percentage above it keep on demand. Of a share that is no whole number on-demand gets the
// rest; AWS's documents do not say so.
func OnDemand(size, base, percentage int) int {
	above := max(0, size-base)
	return min(base, size) + (above*percentage+99)/100
}

// roundedDown is the same with the rest given to Spot.
func roundedDown(size, base, percentage int) int {
	above := max(0, size-base)
	return min(base, size) + above*percentage/100
}

// express finds the base and percentage that keep what is needed at every size with the fewest on-demand instances: at Size first, then at the
// sizes on schedule together, then at all. Of equals it takes the one that holds at most sizes if AWS rounds down, then the smaller base.
func (m *model) express() (base, percentage int) {
	q := m.question
	if !m.spotUnit().LessThan(q.OnDemand.Decimal()) {
		return q.Max, 100 // where on-demand is cheaper, all of it is
	}
	needs := m.needs()
	largest := max(q.Size, slices.Max(append([]int{0}, q.Sizes...)))
	if largest == 0 {
		largest = q.Max
	}
	var best []int
	// A base above what the largest size that matters keeps under the best so far keeps more of it, and no fewer of any other.
	for b := 0; best == nil || b <= OnDemand(largest, base, percentage); b++ {
		p := leastPercentage(needs, b)
		score := []int{OnDemand(q.Size, b, p), 0, 0, 0}
		for _, size := range q.Sizes {
			score[1] += OnDemand(size, b, p)
		}
		for size, need := range needs {
			score[2] += OnDemand(size, b, p)
			if roundedDown(size, b, p) < need {
				score[3]++
			}
		}
		if best == nil || slices.Compare(score, best) < 0 {
			best, base, percentage = score, b, p
		}
	}
	return base, percentage
}

// needs is how many instances must be on demand, by size. Sizes between nothing and Min, which do not happen, need none.
func (m *model) needs() []int {
	needs := make([]int, m.question.Max+1)
	for size := max(1, m.question.Min); size < len(needs); size++ {
		needs[size] = m.need(size)
	}
	return needs
}

// leastPercentage is the smallest percentage above a base that keeps what is needed at every size.
func leastPercentage(needs []int, base int) (percentage int) {
	for size := base + 1; size < len(needs); size++ {
		// The smallest p for which ceil(above*p/100) >= more, which is above*p > 100*(more-1).
		if more := needs[size] - base; more > 0 {
			percentage = max(percentage, 100*(more-1)/(size-base)+1)
		}
	}
	return percentage
}

// restate judges a size under a base and a percentage.
func (m *model) restate(size, base, percentage int) Restated {
	needed := m.need(size)
	return Restated{
		Size:        size,
		Row:         m.row(size, OnDemand(size, base, percentage)),
		Needed:      needed,
		RoundedDown: roundedDown(size, base, percentage) >= needed,
	}
}
