// Package actuator carries out what a plan says on AWS: it stops, hibernates and starts instances and databases, and takes groups and services to
// zero and back.
//
// In go the actions of a plan; out comes an error for each that AWS refused, with its class. What matters is looked at again just before it is
// touched, as it may have changed since the plan: that its owner still opts it in, that it is not on its way elsewhere, that a size is the one that
// the plan saw. What is as wanted already is a success. Every act may be cut short between two calls and be done again. The package decides
// nothing about schedules, waits for nothing to arrive in its state, and writes no tag.
package actuator

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// Options say what may be touched, and what to do when AWS has no capacity.
type Options struct {
	// Keys are the tags by which owners opt in. What carries none of them when it is to be touched, or only ones that say ignore, is left
	// alone.
	Keys fleet.TagKeys
	// Anyway also touches what does not opt in any more: to put back what was stopped while it did.
	Anyway bool
	// Fallback, if set, starts single instances as another type when there is no capacity for theirs.
	Fallback *Fallback
}

// Actuator changes what there is. It is safe for concurrent use.
type Actuator struct {
	options  Options
	machines *cloud.Clients[*ec2.Client]
	groups   *cloud.Clients[*autoscaling.Client]
	rds      *cloud.Clients[*rds.Client]
	ecs      *cloud.Clients[*ecs.Client]
	targets  *cloud.Clients[*applicationautoscaling.Client]

	mu    sync.Mutex
	notes map[string][]string // by act
}

// New returns an actuator for all accounts and regions that the access reaches. It makes no call.
func New(a *cloud.Access, o Options) *Actuator {
	return &Actuator{
		options:  o,
		machines: cloud.NewClients(a, func(c aws.Config) *ec2.Client { return ec2.NewFromConfig(c) }),
		groups:   cloud.NewClients(a, func(c aws.Config) *autoscaling.Client { return autoscaling.NewFromConfig(c) }),
		rds:      cloud.NewClients(a, func(c aws.Config) *rds.Client { return rds.NewFromConfig(c) }),
		ecs:      cloud.NewClients(a, func(c aws.Config) *ecs.Client { return ecs.NewFromConfig(c) }),
		targets: cloud.NewClients(a, func(c aws.Config) *applicationautoscaling.Client {
			return applicationautoscaling.NewFromConfig(c)
		}),
		notes: map[string][]string{},
	}
}

// Act implements optimizer.Actuator. It returns an error for each action that failed, by its place in the list, and nil for those that were
// accepted or were so already. Kinds are done side by side, the actions of one kind in order. Once the context is done nothing more is sent:
// what was not tried says so.
func (a *Actuator) Act(ctx context.Context, actions []plan.Action) []error {
	r := &run{Actuator: a, errs: make([]error, len(actions))}
	byKind := map[fleet.Kind][]job{}
	for i := range actions {
		kind := actions[i].Subject.Kind
		byKind[kind] = append(byKind[kind], job{i, &actions[i]})
	}
	var kinds sync.WaitGroup
	for kind, jobs := range byKind {
		kinds.Go(func() { r.kind(ctx, kind, jobs) })
	}
	kinds.Wait()
	return r.errs
}

// Notes returns what was done for an act beyond what it says, such as a start as another type, in sentences for the ledger, and forgets it.
func (a *Actuator) Notes(act string) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	notes := a.notes[act]
	delete(a.notes, act)
	return notes
}

func (a *Actuator) note(act, format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes[act] = append(a.notes[act], fmt.Sprintf(format, args...))
}

// run is one call of Act. Goroutines write to different places of errs.
type run struct {
	*Actuator
	errs []error
}

// job is one action, and where its error belongs.
type job struct {
	place  int
	action *plan.Action
}

func (j job) id() string         { return j.action.Subject.ID }
func (j job) scope() fleet.Scope { return j.action.Subject.Scope }

// kind does the actions of one kind, in batches of one scope whose facts are read together.
func (r *run) kind(ctx context.Context, kind fleet.Kind, jobs []job) {
	switch kind {
	case fleet.EC2Instance:
		for _, batch := range batches(jobs, 50, func(j job) any { return [2]any{j.scope(), j.action.Change.Verb()} }) {
			r.instances(ctx, batch)
		}
	case fleet.AutoScalingGroup:
		for _, batch := range batches(jobs, 50, func(j job) any { return j.scope() }) {
			r.scaleGroups(ctx, batch)
		}
	case fleet.RDSInstance, fleet.RDSCluster:
		for _, batch := range batches(jobs, 50, func(j job) any { return j.scope() }) {
			r.databases(ctx, kind, batch)
		}
	case fleet.ECSService:
		for _, batch := range batches(jobs, 10, func(j job) any { return [2]any{j.scope(), j.action.Subject.Parent} }) {
			r.services(ctx, batch)
		}
	default:
		r.failAll(jobs, refused(failure.Other, "%s is no kind of resource that can be changed", kind))
	}
}

// batches puts jobs with the same key together, in the order in which the keys come, and cuts what is longer than size.
func batches(jobs []job, size int, key func(job) any) (out [][]job) {
	var keys []any
	byKey := map[any][]job{}
	for _, j := range jobs {
		k := key(j)
		if _, ok := byKey[k]; !ok {
			keys = append(keys, k)
		}
		byKey[k] = append(byKey[k], j)
	}
	for _, k := range keys {
		out = slices.AppendSeq(out, slices.Chunk(byKey[k], size))
	}
	return out
}

// fail notes why an action failed. Nil notes nothing.
func (r *run) fail(j job, err error) {
	if err != nil {
		r.errs[j.place] = fmt.Errorf("%s %s: %w", j.action.Change.Verb(), j.id(), err)
	}
}

func (r *run) failAll(jobs []job, err error) {
	for _, j := range jobs {
		r.fail(j, err)
	}
}

// ended says that nothing may be sent any more, nil while it may.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return &failure.Error{Class: failure.Unreachable, Err: fmt.Errorf("not tried: %w", err)}
	}
	return nil
}

// changeOf returns the change of an action that must be a C; false after noting that there is none.
func changeOf[C plan.Change](r *run, j job) (C, bool) {
	c, ok := j.action.Change.(C)
	if !ok {
		r.fail(j, refused(failure.Other, "%s has no such change", j.action.Subject.Kind.Noun()))
	}
	return c, ok
}

// optedIn refuses what its owner does not opt in (any more). The plan saw a tag; this is for what happened since.
func (a *Actuator) optedIn(tags fleet.Tags) error {
	if a.options.Anyway || a.options.Keys.OptsIn(tags) {
		return nil
	}
	return refused(failure.InvalidState, "its tags do not opt it in any more (%s): left as it is", a.options.Keys.Schedule)
}
