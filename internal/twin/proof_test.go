package twin_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
	"offpeak/internal/twin"
)

// exactly is how far a claim may be from the truth where nobody but offpeak touches anything, in dollars.
var exactly = decimal.New(1, -6)

// weekOf is a seed's week of a fleet that always runs, with the draws that are left for its payers.
func weekOf(t testing.TB, seed uint64) (twin.Config, *rand.Rand) {
	random := rand.New(rand.NewPCG(seed, 0xa1))
	specs := alwaysOn(random)
	from := day(periods[seed%uint64(len(periods))]).Add(time.Duration(random.IntN(24)) * time.Hour)
	return twin.Config{
		Specs: specs, Rules: openingHours(t), Begin: from.AddDate(0, 0, -29), From: from, To: from.AddDate(0, 0, 7), Seed: seed, Faults: twin.NoFaults,
	}, random
}

// TestWhatIsClaimedOfAlwaysOnFleetsIsTheDifferenceOfTheirBills sets the commitment-adjusted claim, computed from ledger and bill alone, against
// what computing cost in the world with offpeak and in the one without.
func TestWhatIsClaimedOfAlwaysOnFleetsIsTheDifferenceOfTheirBills(t *testing.T) {
	t.Parallel()
	n := seeds(t, 12, 1000)
	var differences []decimal.Decimal
	bought, sum := 0, decimal.Zero
	campaign(t, n, func(seed int) (twin.Config, []invoice.Payer) {
		c, random := weekOf(t, uint64(seed))
		return c, twoPayers(random, c.Specs)
	}, func(seed int, a *twin.Audit) {
		claimed, truth, known := a.Dollars()
		off := claimed.Sub(truth).Decimal().Abs()
		differences, sum = append(differences, off), sum.Add(truth.Decimal())
		if !a.With.Commitments.IsZero() {
			bought++
		}
		if !known {
			t.Errorf("seed %d: there is no figure: %v", seed, reasons(a))
		} else if off.Cmp(exactly) > 0 {
			t.Errorf("seed %d: claimed %s, true are %s", seed, claimed, truth)
		}
	})
	if len(differences) < n || bought < n/2 || !sum.IsPositive() {
		t.Errorf("%d of %d fleets have commitments, %s USD were avoided: that proves little", bought, n, sum)
	}
	slices.SortFunc(differences, decimal.Decimal.Cmp)
	t.Logf("always-on fleets, claimed less true in USD\n| seeds | with commitments | avoided, USD | exact | median | 99 %% | largest |\n| %d | %d | %s | %d | %s | %s | %s |",
		n, bought, sum.StringFixed(2), count(differences, decimal.Decimal.IsZero), exponent(differences[n/2]), exponent(differences[n*99/100]), exponent(differences[n-1]))
}

func exponent(d decimal.Decimal) string { return fmt.Sprintf("%.1e", d.InexactFloat64()) }

func count[T any](list []T, holds func(T) bool) (n int) {
	for _, v := range list {
		if holds(v) {
			n++
		}
	}
	return n
}

// reasons are why an audit has no figure.
func reasons(a *twin.Audit) (texts []string) {
	for _, c := range a.Claims {
		texts = append(texts, c.Commitments.Why)
	}
	return texts
}

// TestSharingThatIsSwitchedOffIsNoFigure: a bill does not say for which accounts discounts are not shared, so the replay cannot reproduce it.
// Where that makes a difference there is no claim, and never a wrong one.
func TestSharingThatIsSwitchedOffIsNoFigure(t *testing.T) {
	t.Parallel()
	n, refused := 6, 0
	campaign(t, n, func(seed int) (twin.Config, []invoice.Payer) {
		c, random := weekOf(t, uint64(seed))
		payers := twoPayers(random, c.Specs)
		payers[0].NotSharing = []fleet.AccountID{simulation.SampleDev}
		return c, payers
	}, func(seed int, a *twin.Audit) {
		claimed, truth, known := a.Dollars()
		switch off := claimed.Sub(truth).Decimal().Abs(); {
		case !known:
			refused++
		case off.Mul(decimal.NewFromInt(100)).Cmp(truth.Decimal()) > 0:
			t.Errorf("seed %d: claimed %s, true are %s", seed, claimed, truth)
		}
	})
	if refused == 0 {
		t.Errorf("of %d bills without sharing every one was explained", n)
	}
}

func double(m money.USD) float64 { return m.Decimal().InexactFloat64() }

// score is how estimates compare with the truth.
type score struct {
	errors, truths   []float64
	covered, refused int
	width            float64
}

func (s *score) add(claimed, truth, low, high float64) {
	s.errors, s.truths = append(s.errors, claimed-truth), append(s.truths, truth)
	s.width += high - low
	if low <= truth && truth <= high {
		s.covered++
	}
}

// bias is the mean error as a share of the mean truth, with its standard error.
func (s *score) bias() (bias, noise, single float64) {
	n, mean, truth := float64(len(s.errors)), 0.0, 0.0
	for i := range s.errors {
		mean, truth = mean+s.errors[i]/n, truth+s.truths[i]/n
	}
	variance := 0.0
	for _, e := range s.errors {
		variance += (e - mean) * (e - mean) / (n - 1)
	}
	return mean / truth, math.Sqrt(variance/n) / truth, math.Sqrt(variance) / truth
}

func (s *score) row(name string) string {
	bias, noise, single := s.bias()
	n := float64(len(s.errors))
	sum := 0.0
	for _, truth := range s.truths {
		sum += truth
	}
	return fmt.Sprintf("| %s | %d | %+.2f %% ± %.2f %% | %.2f %% | %.1f %% | %.1f %% | %d |", name, len(s.errors), 100*bias, 100*noise, 100*single,
		100*float64(s.covered)/n, 100*s.width/2/sum, s.refused)
}

// settled is how many days habits take until they are what they will be: everything runs when a world begins, and whoever switches a machine
// off for good, or forgets it at night, has not done so yet.
const settled = 150

// TestFleetsWithPeopleAndCommitments measures how far dollars are off where people do as they like and commitments make the bill crooked: no
// estimate of hours is exact there, and the waterfall is not linear in them.
func TestFleetsWithPeopleAndCommitments(t *testing.T) {
	t.Parallel()
	n := seeds(t, 4, 480)
	var hours, dollars score
	campaign(t, n, func(seed int) (twin.Config, []invoice.Payer) {
		random := rand.New(rand.NewPCG(uint64(seed), 0xb2))
		from := day(pick(random, "2026-03-02", "2026-06-29", "2026-09-28", "2026-10-05"))
		specs := simulation.Sample(40, uint64(seed))
		return twin.Config{
			Specs: specs, Rules: rules(t), Begin: from.AddDate(0, 0, -29-settled), From: from, To: from.AddDate(0, 0, 28), Seed: uint64(seed), Faults: twin.LightFaults,
		}, invoice.SamplePayers(specs, uint64(seed))
	}, func(seed int, a *twin.Audit) {
		head := &a.Claims[0].Headline
		h, truth := a.Hours()
		hours.add(h.Float(), truth.Float(), head.Hours.Interval.Low, head.Hours.Interval.High)
		claimed, saved, known := a.Dollars()
		if !known {
			dollars.refused++
			t.Logf("seed %d: %v", seed, reasons(a))
			return
		}
		dollars.add(double(claimed), double(saved), double(head.Within.Low), double(head.Within.High))
	})
	t.Log(strings.Join([]string{
		"fleets with people, commitments and light faults: 40 resources, 28 days after 28 of history",
		"| figure | seeds | bias ± standard error | one fleet's error | covered by 95 % | half width | no figure |",
		hours.row("hours"), dollars.row("adjusted USD"),
	}, "\n"))
	for name, s := range map[string]*score{"hours": &hours, "dollars": &dollars} {
		bias, noise, _ := s.bias()
		if math.Abs(bias) > 0.02+4*noise {
			t.Errorf("%s: bias %+.2f %% ± %.2f %%", name, 100*bias, 100*noise)
		}
		if covered := float64(s.covered) / float64(len(s.errors)); n >= 100 && (covered < 0.93 || covered > 0.97) {
			t.Errorf("%s: intervals cover the truth in %.1f %%", name, 100*covered)
		}
	}
}
