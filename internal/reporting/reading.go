package reporting

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// reading is what is kept of the ledger while the savings read it: the acts of the quarter without the state before them, what AutoSpot forecast and what came, when the
// ledger begins, and hashes of who did what when. So the ledger is read once.
type reading struct {
	period billing.Period
	acts   []*ledger.Entry
	began  time.Time
	count  int
	sums   [][sha256.Size]byte
	spot   *spotStory
	moved  *movedStory
	shared map[string]string
}

// share gives what stands in many entries one place in memory, for a ledger may have a million of them.
func (r *reading) share(e *ledger.Entry) {
	e.Run, e.Policy, e.Environment, e.ID, e.Change, e.Rule = r.one(e.Run), r.one(e.Policy), r.one(e.Environment), r.one(e.ID), r.one(e.Change), r.one(e.Rule)
	e.Resource, e.Cause, e.State = fleet.ARN(r.one(string(e.Resource))), plan.Cause(r.one(string(e.Cause))), ledger.State(r.one(string(e.State)))
	e.Scope = fleet.Scope{Account: fleet.AccountID(r.one(string(e.Scope.Account))), Region: fleet.Region(r.one(string(e.Scope.Region)))}
	e.Act, e.Why = r.one(e.Act), r.one(e.Why) // an act has three entries
}

func (r *reading) one(text string) string {
	if known, ok := r.shared[text]; ok {
		return known
	}
	r.shared[text] = text
	return text
}

// along passes entries on and keeps what is needed of them.
func (r *reading) along(entries iter.Seq2[ledger.Entry, error]) iter.Seq2[ledger.Entry, error] {
	r.sums = nil
	return func(yield func(ledger.Entry, error) bool) {
		r.shared = map[string]string{}
		defer func() { r.shared = nil }()
		for e, err := range entries {
			if err == nil {
				r.share(&e)
				r.take(&e)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (r *reading) take(e *ledger.Entry) {
	if !e.At.Before(r.period.To) {
		return
	}
	r.count++
	r.sums = append(r.sums, sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s\x00%d\x00%s\n", e.Act, e.Attempt, e.State, e.At.UnixNano(), e.Resource)))
	r.spot.take(e)
	r.moved.take(e)
	if r.began.IsZero() || e.At.Before(r.began) {
		r.began = e.At
	}
	if e.Act != "" && !e.At.Before(r.period.From) {
		kept := *e
		kept.Before = nil
		r.acts = append(r.acts, &kept)
	}
}

// sum is a hash over all that was read, in hexadecimal. It is the same in whatever order the ledger lies: a month that was compacted is read by scopes.
func (r *reading) sum() string {
	slices.SortFunc(r.sums, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	all := sha256.New()
	for i := range r.sums {
		_, _ = all.Write(r.sums[i][:])
	}
	return hex.EncodeToString(all.Sum(nil))
}

// hashOf is the hash of the baselines' JSON, in which maps are in order.
func hashOf(book avoidance.Book) string {
	data, err := json.Marshal(book)
	if err != nil {
		return "" // a book of numbers and names always has a form
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
