package avoidance_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"offpeak/internal/billing/avoidance"
)

// sample is how the estimate did against the truth, fleet by fleet.
type sample struct {
	truth, half  float64
	forgone      float64
	errors       []float64 // in hours
	below, above int       // fleets whose truth lies outside of the interval
}

func (s *sample) add(got avoidance.Total, truth avoidance.Hours) {
	switch t := truth.Float(); {
	case t < got.Interval.Low:
		s.below++
	case t > got.Interval.High:
		s.above++
	}
	s.truth += truth.Float()
	s.forgone += got.Forgone.Float()
	s.half += (got.Interval.High - got.Interval.Low) / 2
	s.errors = append(s.errors, got.Avoided.Sub(truth).Float())
}

// relative returns hours as a part of the mean truth.
func (s *sample) relative(hours float64) float64 {
	return hours / math.Abs(s.truth) * float64(len(s.errors))
}

// bias returns the mean error and its standard error, as parts of the truth.
//
// The error of a fleet is what it would have run by its baseline, less what it ran in the world without a schedule, less what is forgone. In
// this world people never change, so that the first two are the same on average and all of their difference is noise: the bias in the long
// run is what is forgone, which varies little and is known far better than the mean error.
func (s *sample) bias() (bias, noise float64) {
	n, sum, squares := float64(len(s.errors)), 0.0, 0.0
	for _, e := range s.errors {
		sum, squares = sum+e, squares+e*e
	}
	return s.relative(sum / n), s.relative(math.Sqrt(max(squares/n-sum/n*sum/n, 0) / (n - 1)))
}

func (s *sample) covered() float64 {
	return float64(len(s.errors)-s.below-s.above) / float64(len(s.errors)) // of whole numbers: 930 of 1,000 are no less than 0.93
}

// quantile returns an error that so many of all lie below, as a part of the truth.
func (s *sample) quantile(q float64) float64 {
	sorted := slices.Sorted(slices.Values(s.errors))
	return s.relative(sorted[min(int(q*float64(len(sorted))), len(sorted)-1)])
}

// row is a line of the table of these samples.
func (s *sample) row(name string, size int) string {
	bias, noise := s.bias()
	n := float64(len(s.errors))
	return fmt.Sprintf("| %s | %d of %d | %+.1f | %+.3f ± %.3f | %.3f | %.1f | %.1f, %.1f | %.1f | %+.1f, %+.1f, %+.1f |", name, len(s.errors), size,
		s.truth/n/float64(size)/13, 100*bias, 100*noise, 100*s.relative(s.forgone/n), 100*s.covered(), 100*float64(s.below)/n, 100*float64(s.above)/n,
		100*s.relative(s.half/n), 100*s.quantile(0.025), 100*s.quantile(0.5), 100*s.quantile(0.975))
}

const sampleHead = "| people | fleets | truth, unit-hours a resource and week | bias ± standard error, % | forgone, % | interval covers, % " +
	"| truth below, above it, % | half width, % | errors: 2.5 %, half and 97.5 % lie below, % |"

// table collects rows from tests that run at once, for docs/proof.md.
type table struct {
	sync.Mutex
	rows map[int]string
}

func (p *table) put(at int, row string) {
	p.Lock()
	defer p.Unlock()
	if p.rows == nil {
		p.rows = map[int]string{}
	}
	p.rows[at] = row
}

func (p *table) print(t *testing.T, head string) {
	t.Helper()
	lines := []string{"", head, strings.Repeat("|---", strings.Count(head, "|")-1) + "|"}
	for _, at := range slices.Sorted(maps.Keys(p.rows)) {
		lines = append(lines, p.rows[at])
	}
	t.Log(strings.Join(lines, "\n"))
}
