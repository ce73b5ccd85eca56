package autospot

import (
	"maps"
	"slices"
	"strings"
	"time"

	"offpeak/autospot/balance"
	"offpeak/autospot/pricing"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/plan"
)

// Options are what a plan is made with beside snapshot, market and memory.
type Options struct {
	// Committed is what Reserved Instances and Savings Plans pay for anyway. Of what is not in it they pay for nothing.
	Committed map[fleet.ARN]Committed
	// Busy are those that another planner is about to act on; they are left for the next look.
	Busy map[fleet.ARN]bool
	// Converting are in the middle of a conversion: they are not looked at, and what is remembered of them stays.
	Converting map[fleet.ARN]bool
	// Events are what happened to groups since the last look.
	Events map[fleet.ARN][]balance.Event
	// Experience is how often the organisation's own Spot instances were interrupted, by region and type; nil: the advisor's word alone.
	Experience map[fleet.Region]map[string]pricing.Experience
	// All lists what is not opted in too, as what it could be.
	All bool
	// Do makes acts of moves; without it they are advice alone. Only, if set, leaves the others at advice.
	Do   bool
	Only map[fleet.ARN]bool
	// Rollback are those that a person wants back as they were, and Begin those that a person wants moved again although a move of them was given up
	// or rolled back before.
	Rollback, Begin map[fleet.ARN]bool
}

// Planner makes plans under the rules of a policy. It remembers what texts mean and is not for use by several goroutines at once.
type Planner struct {
	rules *Rules
	judge *Judge
}

// New returns a planner for the rules of a policy.
func New(rules *Rules) *Planner { return &Planner{rules, NewJudge(rules)} }

// run is one making of a plan.
type run struct {
	*Planner
	options  Options
	snapshot *fleet.Snapshot
	market   *market.Market
	memory   *fleet.Memory
	offers   *offers
	next     map[fleet.ARN]fleet.Moved
	wake     time.Time
}

// Plan judges every group, instance and service of a snapshot that was taken with how things are launched. It returns a plan of the moves to make
// now, the advice for each that opts in, and the memory to keep, which is the one given where nothing has changed. Neither the snapshot nor the
// memory is changed. A nil memory is one of a fleet that AutoSpot never touched.
func (p *Planner) Plan(s *fleet.Snapshot, m *market.Market, memory *fleet.Memory, o Options) (plan.Plan, []Advice, *fleet.Memory) {
	r := &run{Planner: p, options: o, snapshot: s, market: m, memory: memory, offers: newOffers(m, s.Taken, o.Experience), next: map[fleet.ARN]fleet.Moved{}}
	if memory == nil {
		r.memory = &fleet.Memory{}
	}
	made := plan.Plan{Taken: s.Taken, Policy: p.rules.Policy, NotChecked: s.NotChecked}
	var advices []Advice
	for i := range s.Resources {
		a, asked := r.advise(&s.Resources[i])
		if !asked {
			continue
		}
		made.Totals.OptedIn++
		r.note(&made, &a)
		advices = append(advices, a)
	}
	r.images(&made)
	made.Totals.Resources, made.Wake = len(s.Resources), r.wake
	made.Sort()
	made.Count()
	slices.SortFunc(advices, func(a, b Advice) int { return a.Subject.Compare(b.Subject) })
	return made, advices, r.remember(memory)
}

// advise says what there is to say of one resource; false where nobody asked.
func (r *run) advise(res *fleet.Resource) (Advice, bool) {
	moved, known := r.memory.Spot[res.ARN]
	if !r.concerns(res, known) {
		return Advice{}, false
	}
	c := Case{Resource: res, Market: r.market}
	if known && !r.options.Begin[res.ARN] { // who begins again knows how it ended
		c.Moved = &moved
	}
	if m, ok := r.memory.Resources[res.ARN]; ok {
		c.Original = m.Original
	}
	a := Advice{Judgment: r.judge.Judge(c), Product: res.Product, Tags: res.Tags, Stage: moved.Stage}
	a.Subject = plan.SubjectOf(res, a.Environment)
	if a.Wish.Answer != Yes && !known && !r.options.All {
		a.Why = a.against()
		return a, true
	}
	r.offer(&a, &c)
	r.follow(&a, &c, moved)
	return a, true
}

// concerns reports whether there is anything to say of a resource: its owner says something of Spot, or it was moved.
func (r *run) concerns(res *fleet.Resource, moved bool) bool {
	switch res.Kind {
	case fleet.AutoScalingGroup, fleet.EC2Instance, fleet.ECSService:
	default:
		return r.rules.Wish(res.Tags).Answer == Yes
	}
	if res.State == fleet.Gone {
		return false
	}
	if moved || r.options.All && !member(res) {
		return true
	}
	wish := r.rules.Wish(res.Tags)
	return wish.Answer == Yes || wish.Answer == Unclear || wish.Problem != ""
}

// member reports whether an instance belongs to a group, which carries its advice.
func member(res *fleet.Resource) bool {
	_, ok := res.Trait(fleet.GroupMember)
	return ok
}

// note writes what was advised into the plan.
func (r *run) note(made *plan.Plan, a *Advice) {
	switch {
	case a.Move != nil && r.does(a.Subject.ARN):
		a.Move.Interruptions = a.forecast()
		a.Move.Heard = a.Move.Interruptions > 0 && a.Subject.Kind == fleet.EC2Instance
		act := plan.Action{
			Subject: a.Subject, Change: *a.Move, Cause: a.Cause, Why: a.Why, Rule: "Spot profile " + a.Wish.Profile.Name, At: r.snapshot.Taken,
		}
		act.ID = plan.ActID(a.Subject, *a.Move, fleet.Moment{}, r.observation(a))
		r.plan(a, act)
		made.Actions = append(made.Actions, act)
	case a.Move != nil:
		made.Findings = append(made.Findings, plan.Finding{Subject: a.Subject, Code: plan.SpotAdvised, Why: a.Why})
	case a.Eligible():
		made.Idle = append(made.Idle, plan.Idle{Subject: a.Subject, Code: plan.AsWanted, Why: a.Why})
	default:
		made.Refusals = append(made.Refusals, plan.Refusal{Subject: a.Subject, Code: plan.NotForSpot, Why: a.Why})
	}
	if a.Alert != "" {
		why := a.Alert
		if a.Remedy != "" {
			why += "; " + a.Remedy
		}
		made.Findings = append(made.Findings, plan.Finding{Subject: a.Subject, Code: plan.SpotTrouble, Why: why})
	}
}

// does reports whether moves of a resource are acted on.
func (r *run) does(arn fleet.ARN) bool {
	return r.options.Do && (r.options.Only == nil || r.options.Only[arn])
}

// observation is what was seen begin: the same move seen again is the same act, and after another one it is a new one.
func (r *run) observation(a *Advice) string {
	return r.memory.Spot[a.Subject.ARN].Since.UTC().Format(time.RFC3339)
}

// plan remembers that an act is planned.
func (r *run) plan(a *Advice, act plan.Action) {
	m := r.moved(a.Subject.ARN)
	if m.Act != act.ID {
		m.Attempts = 0
	}
	m.Act, m.At, m.Applied, m.RetryAt = act.ID, r.snapshot.Taken, false, time.Time{}
	m.Attempts++
	m.Profile = a.Wish.Profile.Name
	if m.Before == nil {
		from := a.Move.From
		m.Before = &from
	}
	to := a.Move.To
	m.Written = &to
	if to.Mix != nil && a.Cause == plan.BySpot {
		m.Balance.Decided = to.Mix.Base
	}
	switch {
	case a.Cause == plan.ByFallback && a.Move.Way == plan.ByRollback:
		m.Stage, m.Balance.ShortSince = fleet.GivenUp, time.Time{}
	case m.Stage == fleet.GivenUp && !r.options.Begin[a.Subject.ARN]:
		// It stays given up until a person begins again.
	case to.Equal(*m.Before):
		m.Stage = fleet.Leaving
	case a.Move.Way != plan.ByWriting:
		m.Stage = fleet.Moving
	}
	r.next[a.Subject.ARN] = m
	r.wakeAt(r.snapshot.Taken.Add(lookAfter))
}

// lookAfter is how long after an act is looked again.
const lookAfter = 5 * time.Minute

// moved is what is remembered of a resource, with what this plan has noted.
func (r *run) moved(arn fleet.ARN) fleet.Moved {
	if m, ok := r.next[arn]; ok {
		return m
	}
	return r.memory.Spot[arn]
}

func (r *run) wakeAt(at time.Time) {
	if !at.IsZero() && (r.wake.IsZero() || at.Before(r.wake)) {
		r.wake = at
	}
}

// remember is the memory to keep. What was moved and is gone is forgotten: its ledger tells the rest.
func (r *run) remember(before *fleet.Memory) *fleet.Memory {
	there := make(map[fleet.ARN]bool, len(r.snapshot.Resources))
	for i := range r.snapshot.Resources {
		res := &r.snapshot.Resources[i]
		there[res.ARN] = res.State != fleet.Gone
	}
	var lost []fleet.ARN
	for arn := range r.memory.Spot {
		if !there[arn] && len(r.snapshot.Gaps) == 0 && !r.options.Converting[arn] && len(r.moved(arn).Images) == 0 {
			lost = append(lost, arn)
		}
	}
	if len(r.next) == 0 && len(lost) == 0 {
		return before
	}
	next := before.Clone()
	maps.Copy(next.Spot, r.next)
	for _, arn := range lost {
		delete(next.Spot, arn)
	}
	return &next
}

// zonesOf are the zones that something is launched in.
func zonesOf(res *fleet.Resource) []string {
	if res.Launch == nil {
		return nil
	}
	zones := slices.Clone(res.Launch.Zones)
	slices.SortFunc(zones, strings.Compare)
	return slices.Compact(zones)
}
