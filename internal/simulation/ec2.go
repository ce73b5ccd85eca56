package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// EC2 are the calls of which a conversion is made, by AWS's names of them, in one account and region and in the name of one act. Each is a call
// of its own: it is paced, may be throttled, and a process may die with it.
type EC2 struct {
	world *World
	scope fleet.Scope
	act   string
}

// EC2 returns the calls of an act in a scope.
func (w *World) EC2(scope fleet.Scope, act string) EC2 { return EC2{w, scope, act} }

func (c EC2) us() author { return author{ByOffpeak, c.act} }

// call makes a call about one instance, which is to be there and may be changed.
func (c EC2) call(ctx context.Context, api API, id string, do func(m *machine) error) error {
	err := c.world.callIn(ctx, c.scope, api, 1, func() error {
		m := c.world.machines[instanceARN(c.scope, id)]
		if err := m.present(); err != nil {
			return err
		}
		if m.spec.Denied {
			return ErrDenied
		}
		return do(m)
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", api, id, err)
	}
	return nil
}

func instanceARN(scope fleet.Scope, id string) fleet.ARN {
	return fleet.ARN(fmt.Sprintf("arn:%s:ec2:%s:%s:instance/%s", scope.Region.Partition(), scope.Region, scope.Account, id))
}

// DescribeInstances returns what descriptions show of an instance now, with all that is known of how it was launched. A terminated one is shown for
// an hour.
func (c EC2) DescribeInstances(ctx context.Context, id string) (fleet.Resource, error) {
	var r fleet.Resource
	err := c.world.callIn(ctx, c.scope, DescribeInstances, 0, func() error {
		m := c.world.machines[instanceARN(c.scope, id)]
		if m == nil {
			return ErrGone
		}
		seen, there := m.described(c.world.now)
		if !there {
			return ErrGone
		}
		r = seen.resource
		r.Launch = m.launches()
		return nil
	})
	if err != nil {
		return r, fmt.Errorf("%s %s: %w", DescribeInstances, id, err)
	}
	return r, nil
}

// DescribeToken returns the id of the instance that an order with a token has launched; empty where it has launched none.
func (c EC2) DescribeToken(ctx context.Context, token string) (id string, err error) {
	err = c.world.callIn(ctx, c.scope, DescribeInstances, 0, func() error {
		id = c.world.tokens[token]
		return nil
	})
	return id, err
}

// RegisterTargets registers an instance with a target group. Who is terminated is registered nowhere any more.
func (c EC2) RegisterTargets(ctx context.Context, target, id string) error {
	return c.call(ctx, RegisterTargets, id, func(m *machine) error {
		m.change(c.world, c.us(), func() {
			launch := fleet.Launch{}
			if m.spec.Launch != nil {
				launch = *m.spec.Launch
			}
			if !slices.ContainsFunc(launch.Targets, func(t fleet.Target) bool { return t.ARN == target }) {
				launch.Targets = append(slices.Clip(launch.Targets), fleet.Target{ARN: target, Kind: "application"})
			}
			m.spec.Launch = &launch
		})
		return nil
	})
}

// StopInstances stops an instance. What is stopped already is left.
func (c EC2) StopInstances(ctx context.Context, id string) error {
	return c.call(ctx, StopInstances, id, func(m *machine) error { return c.world.instances([]job{{0, c.action(plan.Stop{}), m}}) })
}

// StartInstances starts an instance.
func (c EC2) StartInstances(ctx context.Context, id string) error {
	return c.call(ctx, StartInstances, id, func(m *machine) error { return c.world.instances([]job{{0, c.action(plan.Start{}), m}}) })
}

func (c EC2) action(change plan.Change) plan.Action { return plan.Action{ID: c.act, Change: change} }

// ModifyInstanceAttribute sets DeleteOnTermination of volumes of an instance, by their devices.
func (c EC2) ModifyInstanceAttribute(ctx context.Context, id string, deletes map[string]bool) error {
	return c.call(ctx, ModifyInstance, id, func(m *machine) error {
		places := map[string]int{}
		for i := range m.spec.Volumes {
			if m.attachedNow(i) {
				places[deviceOf(i)] = i
			}
		}
		for device := range deletes {
			if _, has := places[device]; !has {
				return fmt.Errorf("%w: it has no volume at %s", ErrUnfit, device)
			}
		}
		m.change(c.world, c.us(), func() {
			for device, deleted := range deletes {
				m.holds().keeps[places[device]] = !deleted
			}
		})
		return nil
	})
}

// ModifyTermination sets whether an instance is protected against being terminated (ModifyInstanceAttribute, disableApiTermination).
func (c EC2) ModifyTermination(ctx context.Context, id string, locked bool) error {
	return c.call(ctx, ModifyInstance, id, func(m *machine) error {
		m.change(c.world, c.us(), func() { m.spec.Locked = locked })
		return nil
	})
}

// ModifyNetworkInterfaceAttribute sets DeleteOnTermination of the interface of an instance.
func (c EC2) ModifyNetworkInterfaceAttribute(ctx context.Context, network string, deletes bool) error {
	m := c.world.holderOfInterface(c.scope, network)
	if m == nil {
		return fmt.Errorf("%s %s: %w", ModifyInterface, network, ErrGone)
	}
	return c.call(ctx, ModifyInterface, m.spec.ID, func(m *machine) error {
		m.change(c.world, c.us(), func() { m.holds().network = !deletes })
		return nil
	})
}

// DescribeNetworkInterfaces returns the instance that an interface is attached to, empty where it is free. One that went with its instance is
// gone.
func (c EC2) DescribeNetworkInterfaces(ctx context.Context, network string) (instance string, err error) {
	err = c.world.callIn(ctx, c.scope, DescribeInterfaces, 0, func() error {
		m := c.world.holderOfInterface(c.scope, network)
		instance, err = holderOf(c.world, m, m != nil && m.keepsInterface())
		return err
	})
	return instance, err
}

// DescribeVolumes returns the instance that a volume is attached to, empty where it is free. One that went with its instance is gone.
func (c EC2) DescribeVolumes(ctx context.Context, volume string) (instance string, err error) {
	err = c.world.callIn(ctx, c.scope, DescribeVolumes, 0, func() error {
		m, i := c.world.holderOfVolume(c.scope, volume)
		instance, err = holderOf(c.world, m, m != nil && m.stays(i))
		return err
	})
	return instance, err
}

// holderOf tells who has something that is m's, or was until m was terminated.
func holderOf(w *World, m *machine, outlives bool) (string, error) {
	switch {
	case m == nil || m.dead() && !outlives && w.now >= m.freeFrom():
		return "", ErrGone
	case m.dead() && w.now >= m.freeFrom():
		return "", nil
	default:
		return m.spec.ID, nil
	}
}

// CancelSpotInstanceRequests cancels the Spot request of an instance. A stopped instance is terminated by that, a running one goes on.
func (c EC2) CancelSpotInstanceRequests(ctx context.Context, request string) error {
	w := c.world
	i := slices.IndexFunc(w.instancesIn(c.scope), func(m *machine) bool { return m.spec.Lifecycle != fleet.OnDemand && m.request() == request })
	if i < 0 {
		return fmt.Errorf("%s %s: %w", CancelRequests, request, ErrGone)
	}
	m := w.instancesIn(c.scope)[i]
	return w.callIn(ctx, c.scope, CancelRequests, 0, func() error {
		switch {
		case m.spec.Denied:
			return ErrDenied
		case m.dead():
			m.holds().cancelled = true
			return nil
		case m.phase == stopping:
			return fmt.Errorf("%w: its instance %s is stopping", ErrState, m.spec.ID)
		}
		m.holds().cancelled = true
		if m.phase == isOff {
			m.terminate(w, c.us(), byUser)
		}
		return nil
	})
}

// TerminateInstances terminates an instance; one that is terminated already is left. A persistent Spot request that was not cancelled before launches another one, with nothing of the
// first.
func (c EC2) TerminateInstances(ctx context.Context, id string) error {
	err := c.call(ctx, TerminateInstances, id, func(m *machine) error {
		if m.spec.Locked {
			return ErrProtected
		}
		reopens := m.persistent() && !m.holds().cancelled
		m.terminate(c.world, c.us(), byUser)
		if reopens {
			c.world.at(c.world.now+between(m.luck(c.world), 60, 180), m, reopened, m.life)
		}
		return nil
	})
	if m := c.world.machines[instanceARN(c.scope, id)]; errors.Is(err, ErrGone) && m != nil && m.phase == gone {
		return nil
	}
	return err
}

// AttachVolume attaches a free volume to an instance of the same zone that is running or stopped.
func (c EC2) AttachVolume(ctx context.Context, volume, id string) error {
	w := c.world
	return c.call(ctx, AttachVolume, id, func(m *machine) error {
		from, i := w.holderOfVolume(c.scope, volume)
		switch holder, err := holderOf(w, from, from != nil && from.stays(i)); {
		case err != nil:
			return err
		case holder == id:
			return nil
		case holder != "":
			return fmt.Errorf("%w: volume %s is attached to %s", ErrState, volume, holder)
		case m.phase != on && m.phase != isOff:
			return fmt.Errorf("%w: it is neither running nor stopped", ErrState)
		case m.units[0].zone != from.spec.AvailabilityZones[0]:
			return fmt.Errorf("%w: volume %s is in another zone", ErrUnfit, volume)
		}
		m.change(w, c.us(), func() {
			from.holds().taken[i] = w.now
			added := from.spec.Volumes[i]
			added.ID, added.Stays = volume, true // whoever attaches a volume keeps it, unless told otherwise
			m.spec.Volumes = append(slices.Clip(m.spec.Volumes), added)
			m.holds().since[len(m.spec.Volumes)-1] = w.now
			m.attach(w.seed)
		})
		return nil
	})
}
