package avoidance

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"offpeak/internal/fleet"
)

// Origin says whose history a baseline is.
type Origin string

// The origins, in the order in which they are shown. Unproven resources have no baseline and claim nothing.
const (
	Own      Origin = "own"
	Cohort   Origin = "cohort"
	Unproven Origin = "unproven"
)

// Baseline is how a resource ran in the 28 days before its enrolment. It is frozen there and never made again.
type Baseline struct {
	ARN      fleet.ARN `json:"arn"`
	Origin   Origin    `json:"origin"`
	Enrolled time.Time `json:"enrolled"`
	// Share is how much it ran in each hour of the week, in unit-seconds of the four weeks: 14,400 is one unit that always ran, and
	// several units come to more. 0 is Monday from 00:00 UTC.
	Share [slots]int64 `json:"share"`
	// Weeks are the unit-seconds that it ran in each of the four weeks, first to last. Only a baseline of its own has them.
	Weeks [weeks]int64 `json:"weeks"`
	// LongestOff is the longest stretch in which no unit of it ran, in seconds; of a cohort, the longest of any peer.
	LongestOff int64 `json:"longest_off"`
	// Cohort is the hash of the cohort it is taken from.
	Cohort string `json:"cohort,omitempty"`
	Hash   string `json:"hash"`
}

// Peers are resources of the same environment and kind, enrolled by the end of one UTC day, whose mean is a baseline for another.
//
// They count alike, whatever their number of units. So the mean is unbiased for a resource that is one of their kind, though noisy where
// sizes differ, which Between tells and intervals show. It is not scaled to the size of the resource: before enrolment nobody saw that, and
// later sizes are what the schedule left of it.
type Peers struct {
	Account     fleet.AccountID `json:"account,omitempty"` // empty: of any account
	Environment string          `json:"environment"`
	Kind        fleet.Kind      `json:"kind"`
	Members     []fleet.ARN     `json:"members"` // in order
	// Within is the mean variance of one peer's weeks, Between that of peers' true weekly means; both in hours squared.
	Within  float64 `json:"within"`
	Between float64 `json:"between"`
	Hash    string  `json:"hash"`

	share      [slots]int64
	longestOff int64
}

// Book holds frozen baselines, and the cohorts they refer to by hash.
type Book struct {
	Baselines map[fleet.ARN]Baseline `json:"baselines"`
	Cohorts   map[string]Peers       `json:"cohorts"`
}

// Freeze makes the baseline of every resource: its own where it was observed for the whole of the 28 days before enrolment, else that of
// its cohort (same account, environment and kind; else same environment and kind; at least three peers), else none. A book that was
// frozen before is passed on to keep what stands in it; the zero book is empty.
func Freeze(before Book, resources []Resource) (Book, error) {
	sorted, err := inOrder(resources)
	if err != nil {
		return Book{}, err
	}
	book := Book{Baselines: map[fleet.ARN]Baseline{}, Cohorts: map[string]Peers{}}
	for arn, b := range before.Baselines {
		book.Baselines[arn] = b
	}
	for hash, c := range before.Cohorts {
		book.Cohorts[hash] = c
	}
	var peers []peer
	room := 0.0
	for _, r := range sorted {
		b, known := book.Baselines[r.ARN]
		if !known {
			b, known = ownBaseline(r)
		}
		if known && b.Origin == Own {
			book.Baselines[r.ARN] = b
			if !r.Control {
				peers = append(peers, peer{r, b})
				room += b.peak() * whole
			}
		}
	}
	if room >= most {
		return Book{}, fmt.Errorf("%w: the baselines are too large to take a mean of; look at the units", ErrInput)
	}
	found := map[cohortKey]Peers{}
	for _, r := range sorted {
		if _, known := book.Baselines[r.ARN]; known {
			continue
		}
		b := Baseline{ARN: r.ARN, Origin: Unproven, Enrolled: r.Enrolled.UTC()}
		if c, ok := cohortOf(r, peers, found); ok {
			b.Origin, b.Share, b.LongestOff, b.Cohort = Cohort, c.share, c.longestOff, c.Hash
			book.Cohorts[c.Hash] = c
		}
		b.Hash = b.sum()
		book.Baselines[r.ARN] = b
	}
	return book, nil
}

func ownBaseline(r *Resource) (Baseline, bool) {
	end := r.Enrolled.Unix()
	window := stretch{end - weeks*week, end}
	if seen := r.Observed.stretch(); seen.from > window.from || seen.to < window.to {
		return Baseline{}, false
	}
	b := Baseline{ARN: r.ARN, Origin: Own, Enrolled: r.Enrolled.UTC()}
	ran := r.ran(window)
	for _, off := range without([]stretch{window}, on(ran)) {
		b.LongestOff = max(b.LongestOff, off.seconds())
	}
	seconds := cursor{list: ran}
	eachHour(window, func(hour stretch, slot int) {
		n := seconds.in(hour)
		b.Share[slot] += n
		b.Weeks[(hour.from-window.from)/week] += n
	})
	b.Hash = b.sum()
	return b, true
}

// ran is when the resource ran within a time, and as how many units.
func (r *Resource) ran(window stretch) []level {
	list := make([]level, 0, len(r.Ran))
	for _, s := range r.Ran {
		one := s.level()
		if one.stretch = one.within(window); one.seconds() > 0 {
			list = append(list, one)
		}
	}
	return stack(list)
}

// peak is the largest share, for bounds.
func (b *Baseline) peak() (largest float64) {
	for _, share := range b.Share {
		largest = max(largest, math.Abs(float64(share)))
	}
	return largest
}

// Verify tells whether every baseline and cohort is as it was frozen.
func (b Book) Verify() error {
	for arn, baseline := range b.Baselines {
		if baseline.ARN != arn || baseline.Hash != baseline.sum() {
			return fmt.Errorf("%w: the baseline of %s is not as it was frozen", ErrInput, arn)
		}
		if _, ok := b.Cohorts[baseline.Cohort]; baseline.Origin == Cohort && !ok {
			return fmt.Errorf("%w: the cohort of %s is missing", ErrInput, arn)
		}
	}
	for hash, c := range b.Cohorts {
		if c.Hash != hash || c.sum() != hash {
			return fmt.Errorf("%w: the cohort %.12s is not as it was frozen", ErrInput, hash)
		}
	}
	return nil
}

func (b Baseline) sum() string {
	b.Hash = ""
	return digest(b)
}

func (c Peers) sum() string {
	c.Hash = ""
	return digest(c)
}

func digest(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte(err.Error()) // only a kind without a name, which no resource has
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// inOrder checks resources and returns them by ARN, so that the order of input never shows.
func inOrder(resources []Resource) ([]*Resource, error) {
	sorted := make([]*Resource, 0, len(resources))
	for i := range resources {
		if err := resources[i].check(); err != nil {
			return nil, err
		}
		sorted = append(sorted, &resources[i])
	}
	slices.SortFunc(sorted, func(a, b *Resource) int { return cmp.Compare(a.ARN, b.ARN) })
	for i := 1; i < len(sorted); i++ {
		if sorted[i].ARN == sorted[i-1].ARN {
			return nil, fmt.Errorf("%w: %s is given twice", ErrInput, sorted[i].ARN)
		}
	}
	return sorted, nil
}
