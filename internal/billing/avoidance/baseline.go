package avoidance

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
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
	// On is in how many of these seconds any unit of it ran: Share/On is its size. Where it is Share, as for one unit, it is left out. Of a
	// cohort it is Share over the peers' mean size.
	On *[slots]int64 `json:"on,omitempty"`
	// Shape is Share with changes of size within the four weeks taken out: what ran on each day over that day's scale, half up to a second.
	// Where it is Share, it is left out. A counterfactual is Shape at the size that people ask for.
	Shape *[slots]int64 `json:"shape,omitempty"`
	// Weeks are the unit-seconds that it ran in each of the four weeks, first to last. Only a baseline of its own has them.
	Weeks [weeks]int64 `json:"weeks"`
	// Weekly are the four weeks hour by hour, where the size changed from one to another: from them Interval tells what following the size leaves.
	Weekly *[weeks]Portrait `json:"weekly,omitempty"`
	// LongestOff is the longest stretch in which no unit of it ran, in seconds; of a cohort, the longest of any peer.
	LongestOff int64 `json:"longest_off"`
	// Cohort is the hash of the cohort it is taken from.
	Cohort string `json:"cohort,omitempty"`
	Hash   string `json:"hash"`
}

// Peers are resources of the same environment and kind, enrolled by the end of one UTC day, whose mean is a baseline for another.
//
// They count alike, whatever their number of units, and the mean is scaled from the peers' mean size to that of the resource, which its
// running since enrolment tells. A ratio of two means is unbiased, but for what is left of few peers, even where large resources are on more often;
// a mean of every peer's share of its own size would not be.
type Peers struct {
	Account     fleet.AccountID `json:"account,omitempty"` // empty: of any account
	Environment string          `json:"environment"`
	Kind        fleet.Kind      `json:"kind"`
	Members     []fleet.ARN     `json:"members"` // in order
	// Within is the mean variance of one peer's weeks, Between that of peers' true weekly means about what their size makes them; both in
	// hours squared. Spread is the mean of peers' squared sizes over the square of their mean; none where all are of one size.
	Within  float64 `json:"within"`
	Between float64 `json:"between"`
	Spread  float64 `json:"spread,omitempty"`
	Hash    string  `json:"hash"`

	share      [slots]int64
	on         *[slots]int64
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
			b.Origin, b.Share, b.On, b.LongestOff, b.Cohort = Cohort, c.share, c.on, c.longestOff, c.Hash
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
	b.observe(ran, window)
	b.Hash = b.sum()
	return b, true
}

// observe takes down what ran in the window, as sorted, disjoint levels.
func (b *Baseline) observe(ran []level, window stretch) {
	when := on(ran)
	units, anyOn, on := cursor{list: ran}, cursor{list: single(when)}, [slots]int64{}
	var parts [weeks]Portrait
	eachHour(window, func(hour stretch, slot int) {
		n, seconds, p := units.in(hour), anyOn.in(hour), &parts[(hour.from-window.from)/week]
		b.Share[slot] += n
		on[slot] += seconds
		p.Ran[slot], p.On[slot] = p.Ran[slot]+n, p.On[slot]+seconds
		b.Weeks[(hour.from-window.from)/week] += n
	})
	if on == b.Share {
		return
	}
	b.On = &on
	b.level(ran, window, &parts)
	if b.Shape != nil {
		b.Weekly = &parts
	}
}

// level finds the shape of the week from the same running as Share. Without it, those sizes of the four weeks that fell on hours which are steady
// later would be taken for the size of the baseline, and the mean of such a ratio is too large: by 0.9 % in simulation where every third
// resource is a group that somebody resizes every ten days. A group that grows has its largest size on the last days of each week, and the size since
// goes with that: so days are levelled evenly to both sides, and a second time by what the first one found, which leaves nothing of a trend.
func (b *Baseline) level(ran []level, window stretch, parts *[weeks]Portrait) {
	for pass := range levellings {
		scales, units := scalesOf(b, ran, on(ran), window, evenly, asked{}), cursor{list: ran}
		var added [slots]big.Rat // to Share
		eachHour(window, func(hour stretch, slot int) {
			n, at := units.in(hour), scales.at(hour.from)
			if pass == levellings-1 {
				parts[(hour.from-window.from)/week].Even[slot] += at.undone(n)
			}
			if n > 0 && !at.one() {
				more := new(big.Rat).SetFrac64(at.then-at.now, at.now)
				added[slot].Add(&added[slot], more.Mul(more, new(big.Rat).SetInt64(n)))
			}
		})
		shape := b.Share
		for slot := range added {
			if added[slot].Sign() != 0 {
				shape[slot] += halfUp(&added[slot])
			}
		}
		b.Shape = nil
		if shape != b.Share {
			b.Shape = &shape
		}
	}
}

// halfUp rounds a fraction. Halves are common where sizes are small numbers, and floats would take some of them down.
func halfUp(r *big.Rat) int64 {
	up := new(big.Rat).Add(r, big.NewRat(1, 2))
	return new(big.Int).Div(up.Num(), up.Denom()).Int64()
}

// shape is what it ran in an hour of the week, in unit-seconds of the four weeks, at one size.
func (b *Baseline) shape(slot int) int64 {
	if b.Shape == nil {
		return b.Share[slot]
	}
	return b.Shape[slot]
}

// on is in how many of the seconds of an hour of the week any unit ran.
func (b *Baseline) on(slot int) int64 {
	if b.On == nil {
		return b.Share[slot]
	}
	return min(b.On[slot], whole)
}

// size is how many units ran on average while any did; unknown where none ever did.
func (b *Baseline) size() (units float64, known bool) {
	share, on := int64(0), int64(0)
	for slot := range slots {
		share, on = share+b.Share[slot], on+b.on(slot)
	}
	return float64(share) / float64(on), on > 0
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
	for slot, share := range b.Share {
		largest = max(largest, math.Abs(float64(share)), math.Abs(float64(b.shape(slot))))
	}
	return largest
}

// negative reports whether anything in the week is below none, as no baseline is that Freeze made.
func (b *Baseline) negative() bool {
	for slot := range slots {
		if b.Share[slot] < 0 || b.shape(slot) < 0 || b.on(slot) < 0 {
			return true
		}
	}
	return false
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
