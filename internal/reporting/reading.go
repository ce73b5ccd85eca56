package reporting

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"iter"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/avoidance"
	"offpeak/internal/ledger"
)

// reading is what is kept of the ledger while the savings read it: the acts of the quarter without the state before them, when the ledger begins, and a hash over
// who did what when. So the ledger is read once.
type reading struct {
	period billing.Period
	acts   []ledger.Entry
	began  time.Time
	count  int
	hash   hash.Hash
}

// along passes entries on and keeps what is needed of them.
func (r *reading) along(entries iter.Seq2[ledger.Entry, error]) iter.Seq2[ledger.Entry, error] {
	r.hash = sha256.New()
	return func(yield func(ledger.Entry, error) bool) {
		for e, err := range entries {
			if err == nil {
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
	_, _ = fmt.Fprintf(r.hash, "%s\x00%d\x00%s\x00%d\x00%s\n", e.Act, e.Attempt, e.State, e.At.UnixNano(), e.Resource)
	if r.began.IsZero() || e.At.Before(r.began) {
		r.began = e.At
	}
	if e.Act != "" && !e.At.Before(r.period.From) {
		kept := *e
		kept.Before = nil
		r.acts = append(r.acts, kept)
	}
}

// sum is the hash in hexadecimal.
func (r *reading) sum() string { return hex.EncodeToString(r.hash.Sum(nil)) }

// hashOf is the hash of the baselines' JSON, in which maps are in order.
func hashOf(book avoidance.Book) string {
	data, err := json.Marshal(book)
	if err != nil {
		return "" // a book of numbers and names always has a form
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
