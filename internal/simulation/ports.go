package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// page is a describe call of a kind, and how many resources one answers.
type page struct {
	kind fleet.Kind
	api  API
	size int
}

// pages are the describe calls of each kind.
var pages = []page{
	{fleet.EC2Instance, DescribeInstances, 1000},
	{fleet.AutoScalingGroup, DescribeGroups, 100},
	{fleet.RDSInstance, DescribeDatabases, 100},
	{fleet.RDSCluster, DescribeClusters, 100},
	{fleet.ECSService, DescribeServices, 10},
}

// pages are the calls that a snapshot takes: one more for each group where it tells how groups launch.
func (w *World) pages() []page {
	if w.Launches {
		return append(slices.Clip(pages), page{fleet.AutoScalingGroup, DescribeTemplates, 1})
	}
	return pages
}

// Snapshot implements the optimizer's Inventory: what descriptions show of a scope now, which may be a few seconds old. Its resources are
// shared with later snapshots of the same sight, and must not be changed.
func (w *World) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	p := w.scopes[scope]
	if p == nil {
		p = &place{}
	}
	for _, page := range w.pages() {
		if p.count[page.kind] == 0 && (page.kind == fleet.ECSService || page.api == DescribeTemplates) {
			continue // there is nobody to name
		}
		for done := 0; done == 0 || done < p.count[page.kind]; done += page.size {
			if err := w.callIn(ctx, scope, page.api, 0, func() error { return nil }); err != nil {
				return fleet.Snapshot{}, fmt.Errorf("%s in %s: %w", page.api, scope, err)
			}
		}
	}
	return fleet.Snapshot{Taken: w.Now(), Resources: p.described(w.now)}, nil
}

// described is what descriptions show of a place. While nothing changes it is made once, and where little does that alone is made anew.
func (p *place) described(now int64) []fleet.Resource {
	if p.shown != nil && len(p.changed) == 0 {
		return p.shown
	}
	shown, same := slices.Clone(p.shown), p.shown != nil
	changed := p.changed
	p.changed = nil
	for _, m := range changed {
		m.noted = false
		seen, there := m.described(now)
		if same = same && there == (m.slot >= 0); same && there {
			shown[m.slot] = seen.resource
		}
		m.settle(now)
	}
	if !same {
		shown = make([]fleet.Resource, 0, len(p.machines))
		for _, m := range p.machines {
			m.slot = -1
			if seen, there := m.described(now); there {
				m.slot = len(shown)
				shown = append(shown, seen.resource)
			}
			m.settle(now)
		}
	}
	p.shown = shown
	return shown
}

// note notes that descriptions of a machine show something else than before, or soon will.
func (m *machine) note() {
	if !m.noted {
		m.noted = true
		m.place.changed = append(m.place.changed, m)
	}
}

// settle notes a machine that descriptions will show otherwise by themselves, when their lag is over.
func (m *machine) settle(now int64) {
	if m.seen[len(m.seen)-1].from > now {
		m.note()
	}
}

// idsInACall is how many instances are started or stopped by one call.
const idsInACall = 50

// job is one action, where its error belongs, and the machine that it is about; nil where there is none.
type job struct {
	place   int
	action  plan.Action
	machine *machine
}

// Act implements the optimizer's Actuator. Instances are started and stopped fifty a call; a call that one of them spoils is cut in two,
// until it stands alone. What is so already, or is on its way, counts as done.
func (w *World) Act(ctx context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	var starts, stops []job
	for i, a := range actions {
		j := job{i, a, w.machines[a.Subject.ARN]}
		if err := fits(a.Change, a.Subject.Kind); err != nil {
			errs[i] = fmt.Errorf("%s %s: %w", a.Change.Verb(), a.Subject.ID, err)
			continue
		}
		if move, moves := a.Change.(plan.Move); moves {
			errs[i] = w.move(ctx, j, move)
			continue
		}
		switch {
		case a.Subject.Kind != fleet.EC2Instance:
			errs[i] = w.single(ctx, j)
		case plan.SwitchesOff(a.Change):
			stops = append(stops, j)
		default:
			starts = append(starts, j)
		}
	}
	for _, jobs := range [][]job{starts, stops} {
		for from := 0; from < len(jobs); {
			to := from + 1
			for to < len(jobs) && to-from < idsInACall && jobs[to].action.Subject.Scope == jobs[from].action.Subject.Scope {
				to++
			}
			w.batch(ctx, jobs[from:to], errs)
			from = to
		}
	}
	return errs
}

// batch makes one call for several instances, and bisects when it fails for a reason that may be one instance's alone.
func (w *World) batch(ctx context.Context, jobs []job, errs []error) {
	api, scope := StartInstances, jobs[0].action.Subject.Scope
	if plan.SwitchesOff(jobs[0].action.Change) {
		api = StopInstances
	}
	err := w.callIn(ctx, scope, api, len(jobs), func() error { return w.instances(jobs) })
	if err != nil && len(jobs) > 1 && !errors.Is(err, ErrThrottled) && !errors.Is(err, ErrKilled) && ctx.Err() == nil {
		w.batch(ctx, jobs[:len(jobs)/2], errs)
		w.batch(ctx, jobs[len(jobs)/2:], errs)
		return
	}
	for _, j := range jobs {
		if err != nil {
			errs[j.place] = fmt.Errorf("%s %s: %w", j.action.Change.Verb(), j.action.Subject.ID, err)
		}
	}
}

// callIn makes a call, unless nobody waits for it any more.
func (w *World) callIn(ctx context.Context, scope fleet.Scope, api API, things int, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.call(scope, api, things, do)
}

// fits refuses a change that a kind of resource does not have.
func fits(c plan.Change, kind fleet.Kind) error {
	if move, moves := c.(plan.Move); moves {
		return fitsMove(move, kind)
	}
	if _, removes := c.(plan.Deregister); removes {
		return fmt.Errorf("%w: images stay in this world", ErrUnfit)
	}
	_, sized := c.(plan.Scale)
	_, hibernates := c.(plan.Hibernate)
	if sized != kind.Sized() || hibernates && kind != fleet.EC2Instance {
		return fmt.Errorf("%w: %s is not changed by %s", ErrUnfit, kind.Noun(), c.Verb())
	}
	return nil
}

// instances is what EC2 does with a call: all of it, or none of it.
func (w *World) instances(jobs []job) error {
	off := plan.SwitchesOff(jobs[0].action.Change)
	for _, j := range jobs {
		if err := j.machine.permits(off); err != nil {
			return err
		}
		_, hibernate := j.action.Change.(plan.Hibernate)
		if _, ready := j.machine.spec.Trait(fleet.HibernationReady); hibernate && !ready {
			return fmt.Errorf("%w: it was not launched for hibernation", ErrUnfit)
		}
	}
	if !off {
		for _, j := range jobs {
			m := j.machine
			runs := m.phase == on || m.phase == starting
			if !runs && (!m.shortUntil(w).IsZero() || w.faults.Capacity.falls(m.physics)) {
				return ErrCapacity
			}
			if !runs && m.spec.Lifecycle != fleet.OnDemand && !w.spotQuotaLeft(m.spec.Scope, m.spec.Type, nil) {
				return ErrQuota
			}
		}
	}
	for _, j := range jobs {
		w.switchOne(j, off)
	}
	return nil
}

// permits says whether AWS lets offpeak switch the machine off or on.
func (m *machine) permits(off bool) error {
	switch {
	case m == nil || m.dead():
		return ErrGone
	case m.spec.Denied:
		return ErrDenied
	case m.spec.Protected && off:
		return ErrProtected
	case m.spec.Kind.Sized():
		return nil
	case off && m.phase == starting, !off && m.phase == stopping:
		return ErrState
	case off && m.spec.Lifecycle == fleet.SpotOneTime, !off && m.interrupted:
		return ErrState // a one-time request's instance cannot be stopped, and what the market stopped EC2 alone starts
	default:
		return nil
	}
}

// switchOne starts or stops an instance, a database or a cluster. One that is so already, or is on its way, is left.
func (w *World) switchOne(j job, off bool) {
	m, us := j.machine, author{ByOffpeak, j.action.ID}
	switch {
	case off && m.phase == on:
		m.stop(w, us, byUser)
	case !off && m.phase != on && m.phase != starting:
		m.start(w, us, m.spec.Kind == fleet.EC2Instance && w.faults.FailsLater.falls(m.physics))
	}
}

// single acts on what AWS changes one at a time.
func (w *World) single(ctx context.Context, j job) error {
	off := plan.SwitchesOff(j.action.Change)
	err := w.callIn(ctx, j.action.Subject.Scope, singleCall(j.action.Subject.Kind, off), 0, func() error {
		if err := j.machine.permits(off); err != nil {
			return err
		}
		scale, sized := j.action.Change.(plan.Scale)
		switch {
		case sized && !j.machine.stands(scale):
			return fmt.Errorf("%w: its size is %s now, the plan was made for %s", ErrState, j.machine.size, scale.From)
		case sized:
			j.machine.resize(w, author{ByOffpeak, j.action.ID}, scale.To)
			return nil
		case !off && j.machine.phase == isOff && w.faults.Capacity.falls(j.machine.physics):
			return ErrCapacity
		}
		w.switchOne(j, off)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", j.action.Change.Verb(), j.action.Subject.ID, err)
	}
	return nil
}

// stands reports whether a group or a service has the size that a plan saw, or the one that it wants: the adapters of AWS look once more just
// before they act, and leave a size that somebody has set since.
func (m *machine) stands(scale plan.Scale) bool {
	if m.spec.Kind == fleet.ECSService {
		return m.size.Desired == scale.From.Desired || m.size.Desired == scale.To.Desired
	}
	return m.size == scale.From || m.size == scale.To
}

func singleCall(kind fleet.Kind, off bool) API {
	switch {
	case kind == fleet.AutoScalingGroup:
		return UpdateGroup
	case kind == fleet.ECSService:
		return UpdateService
	case kind == fleet.RDSCluster && off:
		return StopCluster
	case kind == fleet.RDSCluster:
		return StartCluster
	case off:
		return StopDatabase
	default:
		return StartDatabase
	}
}
