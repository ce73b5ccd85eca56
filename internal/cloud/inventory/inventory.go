// Package inventory shows what there is in an account's region, asked of AWS as it is now.
//
// In goes a scope; out comes a fleet.Snapshot, made of the same records (internal/described) as the readers of files make theirs, so that a
// plan from files and a plan from the account agree. It lists; it changes nothing, decides nothing, and sets no prices. A kind that cannot be
// listed fails the whole snapshot, for its resources would else pass for gone. Facts without which a plan is only shyer, and that the role may
// not ask for, stand in the snapshot's NotChecked; records that cannot be understood stand in its Gaps.
package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"

	"offpeak/internal/cloud"
	"offpeak/internal/described"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// Options say what counts as opted in, and what time it is.
type Options struct {
	// Keys are the tag keys that opt a resource in, in their exact spelling: AWS's own filters heed case.
	Keys []string
	// Folded are keys that opt a resource in however they are written, as Cloud Custodian's does: it is asked for in a way that heeds no case.
	Folded []string
	// Launch is Launches where how things are launched is asked for too (fleet.Launch), which takes calls of its own and which schedules need nothing of;
	// nil: it is not. It is a value so that programs that do not ask do not carry it.
	Launch Launching
	// Posture is Postures where it is asked for too how things are set up otherwise (fleet.Posture), which reports tell of and plans need nothing of; nil:
	// it is not.
	Posture Posturing
	// Now is the clock; nil: the machine's.
	Now func() time.Time
}

// Reader reads scopes. It is safe for concurrent use.
type Reader struct {
	options Options

	instances *cloud.Clients[*ec2.Client]
	groups    *cloud.Clients[*autoscaling.Client]
	databases *cloud.Clients[*rds.Client]
	services  *cloud.Clients[*ecs.Client]
	tags      *cloud.Clients[*tagging.Client]
	targets   *cloud.Clients[*applicationautoscaling.Client]
	stacks    *cloud.Clients[*cloudformation.Client]
}

// New returns a reader. It makes no call.
func New(a *cloud.Access, o Options) *Reader {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Keys = slices.Compact(slices.Sorted(slices.Values(o.Keys))) // each is a question to ECS's index of tags
	return &Reader{
		options:   o,
		instances: cloud.NewClients(a, func(c aws.Config) *ec2.Client { return ec2.NewFromConfig(c) }),
		groups:    cloud.NewClients(a, func(c aws.Config) *autoscaling.Client { return autoscaling.NewFromConfig(c) }),
		databases: cloud.NewClients(a, func(c aws.Config) *rds.Client { return rds.NewFromConfig(c) }),
		services:  cloud.NewClients(a, func(c aws.Config) *ecs.Client { return ecs.NewFromConfig(c) }),
		tags:      cloud.NewClients(a, func(c aws.Config) *tagging.Client { return tagging.NewFromConfig(c) }),
		targets:   cloud.NewClients(a, func(c aws.Config) *applicationautoscaling.Client { return applicationautoscaling.NewFromConfig(c) }),
		stacks:    cloud.NewClients(a, func(c aws.Config) *cloudformation.Client { return cloudformation.NewFromConfig(c) }),
	}
}

// Snapshot lists the resources of a scope that are opted in, with everything that a plan needs.
func (r *Reader) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	if len(r.options.Keys)+len(r.options.Folded) == 0 {
		return fleet.Snapshot{}, fmt.Errorf("list what is opted in in %s: there is no tag key that opts in; give those of the policy", scope)
	}
	return r.read(ctx, scope, false)
}

// Everything lists all resources of a scope. Of those that are not opted in it tells what their listing tells, and asks no more.
func (r *Reader) Everything(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	return r.read(ctx, scope, true)
}

// reading is one scope being read. Each listing has a slice of its own, so that they need not wait for each other.
type reading struct {
	*Reader
	scope fleet.Scope
	all   bool // also what is not opted in
	// sought says that all that is found is wanted whole, opted in or not.
	sought bool

	ofEC2, ofAutoScaling, ofRDS, ofECS []fleet.Resource
	samples                            map[string]string // by group: an instance, which tells the product of all
	sawStacks                          bool

	mu        sync.Mutex
	gaps      []string // records that were left out
	unchecked []string // facts that the role may not ask for
}

func (r *Reader) read(ctx context.Context, scope fleet.Scope, all bool) (fleet.Snapshot, error) {
	taken := r.options.Now().UTC().Truncate(time.Second) // AWS's own times are whole seconds
	in := &reading{Reader: r, scope: scope, all: all, samples: map[string]string{}}
	if err := in.list(ctx); err != nil {
		return fleet.Snapshot{}, err
	}
	resources := slices.Concat(in.ofEC2, in.ofAutoScaling)
	described.Join(resources)
	if err := in.nameProducts(ctx, resources); err != nil {
		return fleet.Snapshot{}, err
	}
	resources = slices.Concat(resources, in.ofRDS, in.ofECS)
	if err := in.markStacks(ctx, resources); err != nil {
		return fleet.Snapshot{}, err
	}
	if in.options.Launch != nil {
		if err := in.options.Launch(ctx, in, resources); err != nil {
			return fleet.Snapshot{}, err
		}
	}
	if in.options.Posture != nil {
		if err := in.options.Posture(ctx, in, resources); err != nil {
			return fleet.Snapshot{}, err
		}
	}
	if err := in.rightAccount(resources); err != nil {
		return fleet.Snapshot{}, err
	}
	slices.Sort(in.gaps)
	slices.Sort(in.unchecked)
	s := fleet.Snapshot{Taken: taken, Resources: resources, NotChecked: append(notChecked(resources), in.unchecked...), Gaps: in.gaps}
	s.Sort()
	return s, nil
}

// list asks the services side by side. All are waited for, so that what is wrong is told at once and in the same order.
func (r *reading) list(ctx context.Context) error {
	listings := []func(context.Context) error{r.listInstances, r.listGroups, r.listDatabases, r.listServices}
	errs := make([]error, len(listings))
	var running sync.WaitGroup
	for i, listing := range listings {
		running.Go(func() { errs[i] = listing(ctx) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// wants reports whether a resource is part of the snapshot.
func (r *reading) wants(res *fleet.Resource) bool { return r.all || r.optedIn(res) }

// optedIn reports whether one of the keys stands among a resource's tags.
func (r *reading) optedIn(res *fleet.Resource) bool {
	return slices.ContainsFunc(r.options.Keys, func(key string) bool {
		_, ok := res.Tags.Get(key)
		return ok
	}) || slices.ContainsFunc(r.options.Folded, func(key string) bool {
		_, _, ok := res.Tags.GetFold(key)
		return ok
	})
}

// planned reports whether a plan may act on a resource, so that more is to be known of it than its listing tells.
func (r *reading) planned(res *fleet.Resource) bool {
	return res.State != fleet.Gone && (r.sought || r.optedIn(res))
}

// rightAccount refuses the resources of another account or region: everything would be planned, and remembered, under the wrong name.
func (r *reading) rightAccount(resources []fleet.Resource) error {
	for i := range resources {
		at := resources[i].Scope
		if at.Region != r.scope.Region && r.scope.Region != "" || at.Account != r.scope.Account && r.scope.Account != "" {
			return fmt.Errorf("list %s: %s answered, whose is %s; correct the role by which the account is entered", r.scope, at, resources[i].ARN)
		}
	}
	return nil
}

// failed says which call failed where, with its class.
func (r *reading) failed(call string, err error) error {
	err = cloud.Classify(err)
	if failure.Of(err) == failure.Denied {
		return fmt.Errorf("call %s in %s: refused; let the role make this call, and see that account and region are enabled: %w", call, r.scope, err)
	}
	return fmt.Errorf("call %s in %s: %w", call, r.scope, err)
}

// unlessDenied is failed for facts without which a plan is only shyer: that the role may not ask for them is noted instead.
func (r *reading) unlessDenied(call, fact string, err error) error {
	if err == nil {
		return nil
	}
	if failure.Of(cloud.Classify(err)) != failure.Denied {
		return r.failed(call, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unchecked = append(r.unchecked, fact+" (the role may not call "+call+")")
	return nil
}

// leaveOut notes a record that cannot be understood. Nothing is done to it, and what is missing beside it does not pass for gone.
func (r *reading) leaveOut(kind fleet.Kind, name string, err error) {
	what := err.Error()
	if f, ok := errors.AsType[*described.FieldError](err); ok {
		what = f.Field + " " + what
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaps = append(r.gaps, fmt.Sprintf("%s: the %s %s was left out: %s", r.scope, kind.Noun(), name, what))
}

// pager is what the SDK's paginators have in common.
type pager[Page, Options any] interface {
	HasMorePages() bool
	NextPage(ctx context.Context, how ...func(*Options)) (Page, error)
}

// each visits the pages of a listing one by one; none is kept.
func each[Page, Options any](ctx context.Context, p pager[Page, Options], visit func(Page)) error {
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		if err != nil {
			return err
		}
		visit(page)
	}
	return nil
}
