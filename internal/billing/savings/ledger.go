package savings

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/avoidance"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/plan"
)

// subject is an enrolled resource as the ledger tells of it, or a control.
type subject struct {
	fleet.Resource // as it was last seen
	environment    string
	enrolled, left time.Time
	control        bool
	// recorded says that its enrolment stands in the ledger; without it nothing before the first entry is its own baseline.
	recorded bool
	// moved says that the ledger tells of moves to Spot and of nothing else: it is on no schedule, and none claims anything for it.
	moved  bool
	wasOff bool // when it was enrolled
	// names are the ids that it had, where conversions gave it others: the first is that of its ARN.
	names  []string
	stops  []stop
	resets []avoidance.Reset
	acts   []string

	uses []use // what it used, by hour
	rows map[evidence]*counted
	spot map[int32][]spotUse // by hour since the baseline
	held Share               // whole clock hours held off: those without running on the bill, of all
	off  map[time.Time]int64 // the former by UTC day
	task int64               // picohours of vCPU that one task of a service uses in an hour
}

// stop is a time in which we held it off.
type stop struct {
	avoidance.Stop
	act string
}

// readLedger makes the subjects of the ledger's entries, by ARN.
func readLedger(in Input, s *Savings) ([]*subject, []Move, error) {
	entries, err := entriesUntil(in, s)
	if err != nil {
		return nil, nil, err
	}
	names := oneNameEach(entries)
	byARN := map[fleet.ARN]*subject{}
	var subjects []*subject
	causes := causesOf(entries)
	for _, e := range entries {
		found := byARN[e.Resource]
		if found == nil {
			found = &subject{Resource: fleet.Resource{ARN: e.Resource, ID: e.ID, Kind: e.Kind, Scope: e.Scope}, enrolled: e.At, moved: true}
			byARN[e.Resource] = found
			found.names = names[e.Resource]
			subjects = append(subjects, found)
		}
		found.take(e, causes[e.Act], in.Period.To)
	}
	for _, c := range in.Controls {
		if byARN[c.Resource.ARN] == nil {
			subjects = append(subjects, &subject{Resource: c.Resource, environment: c.Environment, control: true, enrolled: in.Period.From, recorded: true})
		}
	}
	// Of a resource that left before the ledger begins nothing is known but that it left.
	subjects = slices.DeleteFunc(subjects, func(s *subject) bool { return s.Kind == 0 })
	slices.SortFunc(subjects, func(a, b *subject) int { return cmp.Compare(a.ARN, b.ARN) })
	for _, found := range subjects {
		found.close(in.Period.To)
		if !found.recorded && !found.moved && in.owns(found.Scope.Account) {
			s.gap(NoEnrolment, "%s: its enrolment is not in the ledger; what the bill shows before %s is not taken as its baseline",
				found.ID, found.enrolled.UTC().Format(time.DateTime))
		}
	}
	return subjects, movesOf(entries), nil
}

// owns reports whether an account is one of the payer's, or may be: where no accounts are given, or no account is known.
func (in *Input) owns(account fleet.AccountID) bool {
	return len(in.Accounts) == 0 || account == "" || slices.Contains(in.Accounts, account)
}

// accountOf is the account in the key of a ledger's object, compacted or not; empty where there is none.
func accountOf(key string) fleet.AccountID {
	_, rest, _ := strings.Cut(key, "/account=")
	account, _, _ := strings.Cut(rest, "/")
	return fleet.AccountID(account)
}

// entriesUntil returns the entries before the period's end in order of time, each once.
func entriesUntil(in Input, s *Savings) ([]*ledger.Entry, error) {
	var entries []*ledger.Entry
	described := lastSeen{}
	for e, err := range in.Entries {
		var damage *ledger.Damage
		switch {
		case errors.As(err, &damage) && !in.owns(accountOf(damage.Key)): // another tenant's, who is told
		case errors.As(err, &damage):
			s.gap(LedgerDamage, "%s; acts that stood there are not counted", damage)
		case err != nil:
			return nil, err
		case e.At.Before(in.Period.To):
			entries = append(entries, &e)
			described.take(&e)
		}
	}
	slices.SortStableFunc(entries, func(a, b *ledger.Entry) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Fence, b.Fence), cmp.Compare(a.Run, b.Run), cmp.Compare(a.Resource, b.Resource),
			cmp.Compare(a.Act, b.Act), cmp.Compare(rank(a.State), rank(b.State)))
	})
	return once(entries, s), nil
}

// lastSeen forgets what resources looked like before: of a ledger of a million entries that is most, and only how a resource was seen last, and at its enrolment, is
// asked for. It knows the entry by which each resource was seen last.
type lastSeen map[fleet.ARN]*ledger.Entry

// take takes another entry in.
func (l lastSeen) take(e *ledger.Entry) {
	if e.Before == nil || e.State == ledger.Enrolled {
		return
	}
	switch old := l[e.Resource]; {
	case old == nil:
		l[e.Resource] = e
	case e.At.After(old.At):
		l[e.Resource], old.Before = e, nil
	case e.At.Before(old.At):
		e.Before = nil
	default: // of one instant the order of sweeps tells, when all are there
	}
}

// oneNameEach gives every entry of an instance that took another's place the ARN of the first of them: a conversion ends an instance, and the workload goes
// on with its baseline, its stops and its moves. It returns the ids that each such workload had, the first first.
func oneNameEach(entries []*ledger.Entry) map[fleet.ARN][]string {
	first, ids := map[fleet.ARN]fleet.ARN{}, map[fleet.ARN][]string{}
	for _, e := range entries {
		if e.State == ledger.Succeeded && first[e.Resource] == "" {
			old := e.Succeeds.Old
			if of, known := first[old]; known {
				old = of
			}
			first[e.Resource] = old
			if len(ids[old]) == 0 {
				id, _, _ := fleet.InstanceOf(old)
				ids[old] = []string{id}
			}
			ids[old] = append(ids[old], e.ID)
		}
		if of, known := first[e.Resource]; known {
			e.Resource = of
		}
	}
	return ids
}

// rank orders the states of entries of one instant.
func rank(state ledger.State) int { return slices.Index(ledger.States(), state) }

// once drops what stands twice: two ledgers of one run that were copied together, or an act that two workers wrote down.
func once(entries []*ledger.Entry, s *Savings) []*ledger.Entry {
	type name struct {
		resource fleet.ARN
		act      string
		attempt  int
		state    ledger.State
	}
	seen, twice := map[name]bool{}, 0
	kept := entries[:0]
	for _, e := range entries {
		n := name{e.Resource, e.Act, e.Attempt, e.State}
		if e.Act != "" && seen[n] {
			twice++
			continue
		}
		seen[n] = true
		kept = append(kept, e)
	}
	if twice > 0 {
		s.gap(LedgerOverlap, "%d ledger entries stand twice (overlapping runs, or copies); each is counted once", twice)
	}
	return kept
}

// causesOf tells why each act was begun: a retry has the cause of what it tries again.
func causesOf(entries []*ledger.Entry) map[string]plan.Cause {
	causes := map[string]plan.Cause{}
	for _, e := range entries {
		if known, ok := causes[e.Act]; e.Cause != "" && (!ok || known == plan.ByRetry) {
			causes[e.Act] = e.Cause
		}
	}
	return causes
}

// take takes in one entry.
func (s *subject) take(e *ledger.Entry, cause plan.Cause, end time.Time) {
	if e.Before != nil {
		s.Resource = *e.Before
		s.ARN = e.Resource
	}
	if e.Environment != "" {
		s.environment = e.Environment
	}
	if e.State == ledger.Succeeded || e.State == ledger.Interrupted || e.Act != "" && !e.Switches() {
		return // it switches nothing off or on
	}
	s.moved = false
	switch e.State {
	case ledger.Enrolled:
		if !s.recorded {
			s.enrolled, s.recorded, s.wasOff = e.At, true, e.Before != nil && e.Before.State == fleet.Stopped
		}
	case ledger.Gone, ledger.Released:
		s.close(e.At)
		s.left = e.At
	case ledger.Returned:
		s.left = time.Time{}
	case ledger.Applied:
		if len(s.acts) == 0 || s.acts[len(s.acts)-1] != e.Act {
			s.acts = append(s.acts, e.Act)
		}
		s.reset(e)
		s.close(e.At)
		if e.Edge.Want == fleet.Stopped {
			s.stops = append(s.stops, stop{avoidance.Stop{Span: avoidance.Span{From: e.At, To: end}, Cause: cause}, e.Act})
		}
	default: // an intent is no effect; a failure and a verification change nothing that an acceptance did not
	}
}

// reset takes note of the size that an opening set where people had asked for one while we held it off: From is what was seen, which our stop had
// left at none. The same size is taken note of too, for it ends what was said of an earlier one.
func (s *subject) reset(e *ledger.Entry) {
	held := len(s.stops) > 0 && e.At.Before(s.stops[len(s.stops)-1].To)
	if held && e.Edge.Want == fleet.Running && e.From != nil && e.To != nil && min(e.From.Desired, e.To.Desired) > 0 {
		s.resets = append(s.resets, avoidance.Reset{At: e.At, Asked: e.From.Desired, Set: e.To.Desired})
	}
}

// close ends the stop that is open at an instant.
func (s *subject) close(at time.Time) {
	if n := len(s.stops); n > 0 && at.Before(s.stops[n-1].To) {
		s.stops[n-1].To = at
	}
}

// evidence counts the bill's rows of a subject.
type evidence struct {
	resource, sku string
	operation     string
}

// countedOf is the count of the rows of some evidence.
func (s *subject) countedOf(name evidence) *counted {
	if s.rows == nil {
		s.rows = map[evidence]*counted{}
	}
	if s.rows[name] == nil {
		s.rows[name] = &counted{}
	}
	return s.rows[name]
}

// counted is how many rows, and how much they bill.
type counted struct {
	rows     int64
	quantity decimal.Decimal
}
