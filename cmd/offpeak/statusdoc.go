package main

import (
	"fmt"
	"slices"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/money"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// subjectJSON says which resource a line of the status is about.
type subjectJSON struct {
	Resource    string          `json:"resource"`
	Name        string          `json:"name,omitempty"`
	ARN         fleet.ARN       `json:"arn"`
	Kind        string          `json:"kind,omitempty"`
	Account     fleet.AccountID `json:"account"`
	Region      fleet.Region    `json:"region"`
	Environment string          `json:"environment,omitempty"`

	subject plan.Subject
}

func subjectOf(s plan.Subject) subjectJSON {
	out := subjectJSON{Resource: s.ID, Name: s.Name, ARN: s.ARN, Account: s.Scope.Account, Region: s.Scope.Region, Environment: s.Environment, subject: s}
	if s.Kind != 0 {
		out.Kind = s.Kind.String()
	}
	return out
}

// statusJSON is what is asleep, and what is not although it should be.
type statusJSON struct {
	At       time.Time      `json:"at"`
	Policy   string         `json:"policy"`
	Hub      string         `json:"hub"`
	Asleep   []sleeperJSON  `json:"asleep"`
	NotSeen  []sleeperJSON  `json:"not_seen"` // held off when they were last seen, and not listed as opted in now
	LeftOn   []leftOnJSON   `json:"left_on"`
	Waiting  []waitingJSON  `json:"waiting"`
	Observed []observedJSON `json:"observed"`
	// Unread are the scopes that could not be looked at; Forgotten those of which nothing is remembered.
	Unread []unreadJSON `json:"unread"`
	// Findings are accounts and regions of the policy that cannot be looked into.
	Findings  []hub.Finding    `json:"findings"`
	Forgotten []fleet.Scope    `json:"no_memory"`
	Notes     []string         `json:"notes"`
	Totals    statusTotalsJSON `json:"totals"`
}

// sleeperJSON is a resource that offpeak holds off.
type sleeperJSON struct {
	subjectJSON
	// State is the one seen now; "not-seen" where AWS does not list it as opted in, or was not asked.
	State string    `json:"state"`
	Since time.Time `json:"since,omitzero"` // when the stop was seen to have worked
	// Before is its size or its type before the stop.
	Before string     `json:"before,omitempty"`
	Why    string     `json:"why"`
	Rule   string     `json:"rule,omitempty"`
	Cause  plan.Cause `json:"cause,omitempty"`
	Act    string     `json:"act,omitempty"`
	// Until is the next opening if nobody interferes; absent where there is none, which UntilWhy explains.
	Until    time.Time   `json:"until,omitzero"`
	UntilWhy string      `json:"until_why"`
	PerHour  *money.Rate `json:"usd_per_hour"` // not spent while it is off; null where the price is not known
}

// leftOnJSON is a resource that is on although its schedule says stopped.
type leftOnJSON struct {
	subjectJSON
	Code  plan.Code `json:"code"`
	Why   string    `json:"why"`
	Until time.Time `json:"until,omitzero"` // when it will be switched off
}

// waitingJSON is an act that is due, is being tried, or fails.
type waitingJSON struct {
	subjectJSON
	Act      string      `json:"act,omitempty"`
	Want     fleet.State `json:"want"`
	Edge     time.Time   `json:"edge"`
	Attempts int         `json:"attempts"`
	Accepted bool        `json:"accepted"` // by AWS, the last time
	Why      string      `json:"why"`
	Failure  string      `json:"last_failure,omitempty"`
	FailedAt time.Time   `json:"failed_at,omitzero"`
}

type observedJSON struct {
	Account fleet.AccountID `json:"account"`
	Until   time.Time       `json:"until"`
}

type unreadJSON struct {
	Scope  fleet.Scope   `json:"scope"`
	Class  failure.Class `json:"class"`
	Why    string        `json:"why"`
	Remedy string        `json:"remedy,omitempty"`
}

type statusTotalsJSON struct {
	OptedIn  int        `json:"opted_in"`
	Asleep   int        `json:"asleep"`
	NotSeen  int        `json:"not_seen"`
	LeftOn   int        `json:"left_on"`
	Waiting  int        `json:"waiting"`
	OtherOff int        `json:"off_by_others"` // off, and not by offpeak
	PerHour  money.Rate `json:"usd_per_hour"`
	Unpriced int        `json:"unpriced"`
}

// statusOf says what is asleep, and what is not. The selector chooses lines; what is decided is decided for everything that was seen.
func statusOf(p *policy.Policy, selected selector, sights []scopeSight, now time.Time) statusJSON {
	doc := statusJSON{
		At: now.UTC().Truncate(time.Second), Policy: p.Rules.Policy, Asleep: []sleeperJSON{}, NotSeen: []sleeperJSON{}, LeftOn: []leftOnJSON{}, Waiting: []waitingJSON{},
		Observed: []observedJSON{}, Unread: []unreadJSON{}, Findings: []hub.Finding{}, Forgotten: []fleet.Scope{}, Notes: []string{},
	}
	watched := map[fleet.AccountID]bool{}
	for i := range sights {
		s := &sights[i]
		if !s.observed.IsZero() && !watched[s.scope.Account] {
			watched[s.scope.Account] = true
			doc.Observed = append(doc.Observed, observedJSON{s.scope.Account, s.observed.UTC()})
		}
		doc.notes(s)
		newStanding(p, selected, s).add(&doc)
	}
	bySubject := func(a, b subjectJSON) int { return a.subject.Compare(b.subject) }
	slices.SortFunc(doc.Asleep, func(a, b sleeperJSON) int { return bySubject(a.subjectJSON, b.subjectJSON) })
	slices.SortFunc(doc.NotSeen, func(a, b sleeperJSON) int { return bySubject(a.subjectJSON, b.subjectJSON) })
	slices.SortFunc(doc.LeftOn, func(a, b leftOnJSON) int { return bySubject(a.subjectJSON, b.subjectJSON) })
	slices.SortFunc(doc.Waiting, func(a, b waitingJSON) int { return bySubject(a.subjectJSON, b.subjectJSON) })
	doc.Totals.Asleep, doc.Totals.NotSeen, doc.Totals.LeftOn, doc.Totals.Waiting = len(doc.Asleep), len(doc.NotSeen), len(doc.LeftOn), len(doc.Waiting)
	for _, a := range doc.Asleep {
		if a.PerHour == nil {
			doc.Totals.Unpriced++
			continue
		}
		doc.Totals.PerHour = doc.Totals.PerHour.Add(*a.PerHour)
	}
	return doc
}

// notes says what is not whole of a scope.
func (d *statusJSON) notes(s *scopeSight) {
	if s.unread != nil {
		d.Unread = append(d.Unread, unreadJSON{s.scope, failure.Of(s.unread), s.unread.Error(), failure.Remedy(s.unread)})
	}
	if s.memory == nil {
		d.Forgotten = append(d.Forgotten, s.scope)
	}
	if s.doubt != nil {
		d.Notes = append(d.Notes, fmt.Sprintf("%s: %v; what is remembered was made out of the ledger, as the next run will do", s.scope, s.doubt))
	}
	d.Notes = append(d.Notes, s.seen.Gaps...)
	for _, damage := range s.told.damages {
		d.Notes = append(d.Notes, "the ledger is damaged: "+damage)
	}
}
