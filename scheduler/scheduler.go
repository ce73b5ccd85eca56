// Package scheduler decides what runs when: schedules, the edges at which they change their mind, and the plan that follows for a fleet.
//
// In go a snapshot, the memory of earlier plans (or none) and the rules of a policy; out come a plan and the memory to keep. Everything
// is decided for the instant of the snapshot. Each edge acts at most once on each resource: what a person changes after it is left
// alone until the next one. The package does no I/O, reads no clock, and acts on nothing.
//
// Its vocabularies are packages of their own: hours (offpeak's own grammar), periods (Instance Scheduler on AWS), custodian (Cloud
// Custodian's off-hours tags); all draw on the wall clock of package wall. Package calendar knows holidays.
package scheduler

import (
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// Options say what a plan should contain beyond what is due.
type Options struct {
	// Now is when the plan is made; a snapshot older than the policy's stale_after by then is not acted on. Zero: as the
	// snapshot is taken.
	Now time.Time
	// Forecast is how far ahead to list the acts to come; zero: not at all.
	Forecast time.Duration
	// ObservedUntil is until when the fleet is only watched: everything is enrolled and announced, and nothing is done. Edges that pass
	// meanwhile are over. Zero: not at all.
	ObservedUntil time.Time
	// KillSwitch is one beside the policy's, such as a hub's. The stricter of the two holds.
	KillSwitch KillSwitch
	// PastGuard lets through what the guard against surprises would hold: a person has looked.
	PastGuard bool
	// Idle lists every opted-in resource that nothing is done with, not only those with something to say.
	Idle bool
}

// Planner makes plans under one set of rules. It remembers what texts mean, so that planning again is cheap; it is not for use by
// several goroutines at once.
type Planner struct {
	rules        *Rules
	texts        *texts
	environments *fleet.Environments
	queues       map[fleet.Scope]time.Duration
	rests        map[fleet.Scope]*rest
}

// New returns a planner for the rules of a policy.
func New(rules *Rules) *Planner {
	return &Planner{rules: rules, texts: newTexts(rules), environments: fleet.NewEnvironments(rules.Environments), rests: map[fleet.Scope]*rest{}}
}

// candidate is an opted-in resource that can be scheduled, and what was decided about it.
type candidate struct {
	situation
	meaning     *meaning
	environment string
	decision    decision
	remembered  fleet.Remembered
	group       string
	order       int
	// snapshotDays is for how long a snapshot is kept that is taken before a stop; zero: none is.
	snapshotDays int
	waits        int64 // until when an act waits for others of its group, at the latest; zero: it does not
}

// run is one making of a plan.
type run struct {
	*Planner
	options    Options
	snapshot   *fleet.Snapshot
	memory     *fleet.Memory
	changed    map[fleet.ARN]fleet.Remembered
	plan       plan.Plan
	candidates []candidate // those with something to do or to say
	now        int64
	stale      bool
	wake       int64 // the earliest instant at which there may be something to do
	known      int   // resources of the snapshot that memory knows
	moved      bool  // one of them came or went
	dropped    []fleet.ARN
	calm       atRest // what consider found of its resource
}

// Plan decides what to do with a fleet. memory is nil for planning without one; the memory returned is then nil too. Neither the
// snapshot nor the memory passed in is changed, and callers do not change them either: of the memory returned, only what is remembered of
// resources that the plan acts on may be, before it is passed in again.
func (p *Planner) Plan(s *fleet.Snapshot, memory *fleet.Memory, o Options) (plan.Plan, *fleet.Memory) {
	r := &run{Planner: p, options: o, snapshot: s, memory: memory, now: s.Taken.Unix(), changed: map[fleet.ARN]fleet.Remembered{}}
	r.plan.Taken, r.plan.Policy, r.plan.NotChecked = s.Taken, p.rules.Policy, s.NotChecked
	r.stale = p.rules.StaleAfter > 0 && !o.Now.IsZero() && o.Now.Sub(s.Taken) > p.rules.StaleAfter
	p.forgetViews()
	p.queues = p.startQueues(s)
	kept := p.restOf(s, memory, o)
	for i := range s.Resources {
		r.look(kept, i, &s.Resources[i])
	}
	r.missing(kept)
	r.gaps()
	r.conclude()
	if r.wake != 0 {
		r.plan.Wake = time.Unix(r.wake, 0).UTC()
	}
	r.plan.Totals.Resources = len(s.Resources)
	r.plan.Sort()
	r.plan.Count()
	next := r.remember()
	if kept != nil {
		kept.memory = next.Resources
	}
	return r.plan, next
}

// consider decides about one resource.
func (r *run) consider(res *fleet.Resource) {
	if res.State == fleet.Gone {
		r.left(res, fleet.Deleted)
		return
	}
	m := r.texts.of(res.Tags)
	if m == nil {
		known := r.left(res, fleet.Released)
		if !r.nearMiss(res) && !known {
			r.restsAt(false, 0)
		}
		return
	}
	if m.ignore {
		r.left(res, fleet.Released)
		if r.options.Idle {
			subject := plan.SubjectOf(res, r.environments.Of(res).Name())
			r.plan.Idle = append(r.plan.Idle, plan.Idle{Subject: subject, Code: plan.IgnoredByOwner, Why: "its owner asks to leave it alone"})
		}
		return
	}
	r.plan.Totals.OptedIn++
	before, known := r.recall(res)
	c := candidate{meaning: m, situation: situation{now: r.now, resource: res}}
	if !r.admit(&c) || !r.readOwnerTags(&c) {
		return
	}
	c.view = r.view(c.meaning, res)
	if r.memory == nil {
		c.decision = c.decideWithout()
	} else {
		c.remembered = before
		c.decision = c.decideWith(&c.remembered, known)
		if c.decision.verdict == act && r.now < unix(r.options.ObservedUntil) {
			c.remembered.Done = moment(c.decision.edge)
			c.decision = decision{verdict: observed, edge: c.decision.edge}
		}
		c.remembered.Environment, c.remembered.Forecast = c.environment, moment(c.nextEdge())
		if !known || c.remembered != before {
			r.changed[res.ARN] = c.remembered
		} else if _, back := r.changed[res.ARN]; !back && r.calmly(&c) {
			r.restsAt(true, c.nextEdge().due)
		}
	}
	r.wakeFor(&c)
	if c.decision.verdict == act || r.worthMentioning(&c) {
		r.candidates = append(r.candidates, c)
	}
}

// wakeFor notes when there may be something to do with a resource: soon after an act or a passing refusal, else at its next edge.
func (r *run) wakeFor(c *candidate) {
	at := c.nextEdge().due
	switch v := c.decision.verdict; {
	case v == act || v == wait || v == enrolled && c.schedule.Constantly() || v == enrolled && c.schedule.Enforce:
		at = r.now + int64(retryAfter/time.Second)
	case c.decision.until != 0 && (at == 0 || c.decision.until < at):
		at = c.decision.until
	}
	r.wakeAt(at)
}

// admit finds environment and schedule of an opted-in resource, and refuses it where it may not be scheduled at all.
func (r *run) admit(c *candidate) bool {
	where := r.environments.Of(c.resource)
	c.environment = where.Name()
	if code, why, no := plan.Misplaced(c.resource, where); no {
		r.refuse(c, code, why)
		return false
	}
	if c.meaning.code != "" {
		r.refuse(c, c.meaning.code, c.meaning.why)
		return false
	}
	if c.meaning.fallback {
		name := where.In.Default
		if name == "" {
			why := "its schedule tag is empty and environment " + c.environment + " has no default schedule; name one"
			r.refuse(c, plan.NoSchedule, why)
			return false
		}
		c.meaning = r.texts.read(name)
	}
	c.schedule = c.meaning.schedule
	if code, why, no := r.standing(c.resource); no {
		r.refuse(c, code, why)
		return false
	}
	return true
}

// readOwnerTags reads override, group, order and snapshot.
func (r *run) readOwnerTags(c *candidate) bool {
	tags, keys := c.resource.Tags, &r.rules.Keys
	if text, ok := tags.Get(keys.Override); ok && keys.Override != "" && strings.TrimSpace(text) != "" {
		o, err := fleet.ParseOverride(text)
		if err != nil {
			r.refuse(c, plan.InvalidTag, "its override tag cannot be read: "+err.Error())
			return false
		}
		c.override, c.overrideTag = o.Want, text
		c.overrideEnd = endOf(o, c.schedule.Zone).Unix()
	}
	c.group, _ = tags.Get(keys.Group)
	if text, ok := tags.Get(keys.Order); ok && keys.Order != "" {
		order, err := fleet.ParseOrder(text)
		if err != nil {
			r.refuse(c, plan.InvalidTag, "its order tag cannot be read: "+err.Error())
			return false
		}
		c.order = order
	}
	c.snapshotDays = c.schedule.SnapshotDays
	if text, ok := tags.Get(keys.Snapshot); ok && keys.Snapshot != "" {
		days, err := fleet.ParseSnapshot(text)
		if err != nil {
			r.refuse(c, plan.InvalidTag, "its snapshot tag cannot be read: "+err.Error())
			return false
		}
		c.snapshotDays = days
	}
	return true
}

func (r *run) refuse(c *candidate, code plan.Code, why string) {
	r.plan.Refusals = append(r.plan.Refusals, plan.Refusal{Subject: c.subject(), Code: code, Why: why})
}

func (r *run) find(c *candidate, code plan.Code, why string) {
	r.plan.Findings = append(r.plan.Findings, plan.Finding{Subject: c.subject(), Code: code, Why: why})
}

func (c *candidate) subject() plan.Subject { return plan.SubjectOf(c.resource, c.environment) }

// worthMentioning reports whether something is to be said of a resource that is not acted on.
func (r *run) worthMentioning(c *candidate) bool {
	switch c.decision.verdict {
	case asWanted, nothingWanted, noEdge:
		return r.options.Idle || r.options.Forecast > 0 || c.group != "" || c.order != 0 || c.overrideEnd != 0
	default:
		return true
	}
}

// nearMiss points out a tag key that differs from a schedule key in case only: EC2 would not find it.
func (r *run) nearMiss(res *fleet.Resource) bool {
	for _, key := range r.rules.Keys.Schedule {
		if _, asWritten, ok := res.Tags.GetFold(key); ok {
			subject := plan.SubjectOf(res, r.environments.Of(res).Name())
			why := "its tag key " + asWritten + " is not " + key + " (upper and lower case count), so it is not opted in"
			r.plan.Findings = append(r.plan.Findings, plan.Finding{Subject: subject, Code: plan.TagKeyCase, Why: why})
			return true
		}
	}
	return false
}
