package actuator

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// machine is an instance that an action is about, as EC2 described it just before the call.
type machine struct {
	job
	instance types.Instance
	model    string   // its type by now
	models   []string // the types that it may run as, the preferred one first; nil where nobody named any
}

func (m *machine) zone() string {
	if m.instance.Placement == nil {
		return ""
	}
	return aws.ToString(m.instance.Placement.AvailabilityZone)
}

// instances stops, hibernates or starts up to fifty instances of one scope: one look at them, then one call, or as many as a bad one costs.
//
// A hibernation that AWS refuses is an error and no plain stop instead: what was in memory would be lost by a decision that nobody made. Where
// the instance's agent is not ready yet AWS says to try again in a few minutes, so that the class is in-transition; where the instance was not
// launched for hibernation it is invalid-state. What fails after AWS has accepted the call becomes a plain stop by EC2's own doing.
func (r *run) instances(ctx context.Context, jobs []job) {
	verb := jobs[0].action.Change.Verb()
	if _, scale := jobs[0].action.Change.(plan.Scale); scale {
		r.failAll(jobs, refused(failure.Other, "an EC2 instance has no size"))
		return
	}
	seen, err := r.describeInstances(ctx, jobs)
	if err != nil {
		r.failAll(jobs, err)
		return
	}
	var ready []*machine
	for _, j := range jobs {
		instance, ok := seen[j.id()]
		needed, err := r.instanceNeeds(j, instance, ok)
		r.fail(j, err)
		if needed {
			ready = append(ready, &machine{job: j, instance: instance, model: string(instance.InstanceType)})
		}
	}
	b := &instanceBatch{run: r, client: r.machines.In(jobs[0].scope()), verb: verb}
	if verb == (plan.Start{}).Verb() && r.options.Fallback != nil {
		b.types = &catalog{client: b.client}
		b.choose(ctx, ready)
	}
	b.send(ctx, ready)
	for _, m := range b.short {
		b.fallBack(ctx, m)
	}
}

// describeInstances looks at the instances of some jobs. It asks by filter, for which one that is gone is no error.
func (r *run) describeInstances(ctx context.Context, jobs []job) (map[string]types.Instance, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = j.id()
	}
	seen := map[string]types.Instance{}
	pages := ec2.NewDescribeInstancesPaginator(r.machines.In(jobs[0].scope()), &ec2.DescribeInstancesInput{
		Filters:    []types.Filter{{Name: aws.String("instance-id"), Values: ids}},
		MaxResults: aws.Int32(1000), // all of them: fewer than were asked for can come only where pages are small
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, said(err)
		}
		for _, reservation := range page.Reservations {
			for i := range reservation.Instances {
				seen[aws.ToString(reservation.Instances[i].InstanceId)] = reservation.Instances[i]
			}
		}
	}
	return seen, nil
}

// instanceNeeds says whether an instance must be in the call: not what is as wanted already, or is on its way there.
func (r *run) instanceNeeds(j job, i types.Instance, found bool) (bool, error) {
	state := types.InstanceStateName("")
	if i.State != nil {
		state = i.State.Name
	}
	if !found || state == types.InstanceStateNameTerminated || state == types.InstanceStateNameShuttingDown {
		return false, refused(failure.Gone, "there is no such instance any more")
	}
	if err := r.optedIn(instanceTags(i.Tags)); err != nil {
		return false, err
	}
	off := plan.SwitchesOff(j.action.Change)
	switch state {
	case types.InstanceStateNameRunning:
		return off, nil
	case types.InstanceStateNameStopped:
		return !off, nil
	case types.InstanceStateNamePending, types.InstanceStateNameStopping:
		if off == (state == types.InstanceStateNameStopping) {
			return false, nil
		}
		return false, refused(failure.InTransition, "it is %s: wait until that is over", state)
	default:
		return false, refused(failure.InvalidState, "it is in the unknown state %q", state)
	}
}

func instanceTags(listed []types.Tag) fleet.Tags {
	tags := make([]fleet.Tag, len(listed))
	for i, t := range listed {
		tags[i] = fleet.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
	}
	return fleet.NewTags(tags...)
}

// instanceBatch is the calls for instances of one scope that are to change in one way.
type instanceBatch struct {
	*run
	client *ec2.Client
	verb   string
	types  *catalog // nil without fallback
	// hopeless are kinds of failure that one instance had on its own, of which all others like it need no proof of their own.
	hopeless map[likeness]bool
	short    []*machine // could not be started for want of capacity
}

// likeness is what instances share for which AWS has no capacity, or the account no quota.
type likeness struct {
	class       failure.Class
	model, zone string
}

// send makes one call for several instances. EC2 takes or refuses a call as a whole: one that failed for what may be one instance's doing is
// split and made again, until the bad one stands alone with its own error.
func (b *instanceBatch) send(ctx context.Context, machines []*machine) {
	if len(machines) == 0 {
		return
	}
	err := ended(ctx)
	if err == nil {
		if err = b.call(ctx, machines); err == nil {
			return
		}
		if ctx.Err() == nil && len(machines) > 1 && cloud.OfOne(err) && !b.allHopeless(failure.Of(err), machines) {
			left, right := split(machines, failure.Of(err), err.Error())
			b.send(ctx, left)
			b.send(ctx, right)
			return
		}
	}
	class := failure.Of(err)
	for _, m := range machines {
		b.fail(m.job, err)
		if class == failure.Capacity || class == failure.Quota {
			if b.hopeless == nil {
				b.hopeless = map[likeness]bool{}
			}
			b.hopeless[likeness{class, m.model, m.zone()}] = true
		}
		if class == failure.Capacity && b.types != nil {
			b.short = append(b.short, m)
		}
	}
}

func (b *instanceBatch) allHopeless(class failure.Class, machines []*machine) bool {
	for _, m := range machines {
		if !b.hopeless[likeness{class, m.model, m.zone()}] {
			return false
		}
	}
	return true
}

// split divides what failed together. What AWS names in its answer is probably the cause, so it is set apart from the rest; where that does
// not divide, the list is halved. The text is a hint at where to look and no more: each part is called again and judged by its own answer.
func split(machines []*machine, class failure.Class, text string) (left, right []*machine) {
	named, others := apart(machines, text, func(m *machine) string { return m.id() })
	if (len(named) == 0 || len(others) == 0) && (class == failure.Capacity || class == failure.Quota) {
		named, others = apart(machines, text, func(m *machine) string { return m.model })
	}
	if len(named) > 0 && len(others) > 0 {
		return named, others
	}
	half := len(machines) / 2
	return machines[:half], machines[half:]
}

func apart(machines []*machine, text string, name func(*machine) string) (named, others []*machine) {
	for _, m := range machines {
		if n := name(m); n != "" && strings.Contains(text, n) {
			named = append(named, m)
			continue
		}
		others = append(others, m)
	}
	return named, others
}

// call starts, stops or hibernates instances.
func (b *instanceBatch) call(ctx context.Context, machines []*machine) error {
	ids := make([]string, len(machines))
	for i, m := range machines {
		ids[i] = m.id()
	}
	var err error
	switch b.verb {
	case (plan.Start{}).Verb():
		_, err = b.client.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids}, noRetryForCapacity)
	case (plan.Hibernate{}).Verb():
		_, err = b.client.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids, Hibernate: aws.Bool(true)})
	default:
		_, err = b.client.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids})
	}
	return said(err)
}

// noRetryForCapacity takes a want of capacity for an answer. EC2 gives it the status 500, at which the SDK would ask again at once and twice,
// out of a bucket of five calls.
func noRetryForCapacity(o *ec2.Options) {
	if r, ok := o.Retryer.(aws.RetryerV2); ok {
		o.Retryer = capacityIsAnAnswer{r}
	}
}

type capacityIsAnAnswer struct{ aws.RetryerV2 }

func (r capacityIsAnAnswer) IsErrorRetryable(err error) bool {
	return failure.Of(cloud.Classify(err)) != failure.Capacity && r.RetryerV2.IsErrorRetryable(err)
}
