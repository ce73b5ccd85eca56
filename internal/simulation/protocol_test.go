package simulation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"offpeak/autospot/convert"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/simulation"
)

// conversion makes the calls that the protocol of package convert asks for, in a world. Its record is kept in a store, which a process reaches no
// more than EC2 once it was killed.
type conversion struct {
	world *simulation.World
	ec2   simulation.EC2
	store objects.Store
	key   string
}

// load reads the record, or begins one of what the instance is now.
func (c *conversion) load(ctx context.Context, id string, to fleet.Lifecycle) (*convert.Record, objects.Version, error) {
	data, version, err := c.store.Read(ctx, c.key)
	if err == nil {
		r := new(convert.Record)
		return r, version, json.Unmarshal(data, r)
	}
	if !errors.Is(err, objects.ErrNotFound) {
		return nil, "", err
	}
	old, err := c.ec2.DescribeInstances(ctx, id)
	if err != nil {
		return nil, "", err
	}
	r := &convert.Record{Interface: old.Launch.Interfaces[0].ID, Name: "act", To: to, WasRunning: old.State == fleet.Running, Begun: c.world.Now()}
	r.Old = convert.Attributes{ID: old.ID, Type: old.Type, Zone: old.Launch.Zones[0], Tags: old.Tags, KeepsInterface: old.Launch.Interfaces[0].Kept, Protected: has(&old, fleet.TerminationLock)}
	for _, v := range old.Launch.Volumes {
		r.Old.Volumes = append(r.Old.Volumes, convert.Volume{ID: v.ID, Device: v.Device, Root: v.Root, Kept: v.Kept})
	}
	for _, t := range old.Launch.Targets {
		r.Old.Targets = append(r.Old.Targets, t.ARN)
	}
	data, err = json.Marshal(r)
	if err != nil {
		return nil, "", err
	}
	version, err = c.store.Create(ctx, c.key, data)
	return r, version, err
}

// save writes the record down.
func (c *conversion) save(ctx context.Context, r *convert.Record, version objects.Version) (objects.Version, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	return c.store.Replace(ctx, c.key, data, version)
}

func (c *conversion) instance(ctx context.Context, id string) (convert.Instance, fleet.Resource, error) {
	r, err := c.ec2.DescribeInstances(ctx, id)
	switch {
	case id == "" || errors.Is(err, simulation.ErrGone):
		return convert.Instance{}, r, nil
	case err != nil:
		return convert.Instance{}, r, err
	}
	i := convert.Instance{ID: id, State: convert.State(r.Status), Lifecycle: r.Lifecycle, Protected: has(&r, fleet.TerminationLock)}
	for _, n := range r.Launch.Interfaces {
		i.KeepsInterface = n.Kept
	}
	for _, v := range r.Launch.Volumes {
		if v.Kept {
			i.KeptVolumes = append(i.KeptVolumes, v.ID)
		}
	}
	return i, r, nil
}

// look sees what there is.
func (c *conversion) look(ctx context.Context, r *convert.Record) (*convert.Seen, error) {
	s := &convert.Seen{Volumes: map[string]convert.Place{}}
	var fresh fleet.Resource
	var err error
	if s.Old, _, err = c.instance(ctx, r.Old.ID); err != nil {
		return nil, err
	}
	for _, token := range []string{r.Name, r.Name + " on demand"} {
		id, err := c.ec2.DescribeToken(ctx, token)
		if err == nil && id != "" {
			s.New, fresh, err = c.instance(ctx, id)
		}
		if err != nil {
			return nil, err
		}
	}
	if fresh.Launch != nil {
		for _, t := range fresh.Launch.Targets {
			s.Registered = append(s.Registered, t.ARN)
		}
	}
	images, err := c.ec2.DescribeImages(ctx, r.Name)
	if err != nil {
		return nil, err
	}
	for _, i := range images {
		s.Image = convert.Image{ID: i.ID, State: map[bool]string{true: "available", false: "pending"}[i.Ready]}
	}
	s.Interface.Attached, err = c.ec2.DescribeNetworkInterfaces(ctx, r.Interface)
	if s.Interface.Missing = errors.Is(err, simulation.ErrGone); err != nil && !s.Interface.Missing {
		return nil, err
	}
	for _, v := range r.Old.Volumes {
		at, err := c.ec2.DescribeVolumes(ctx, v.ID)
		if err != nil && !errors.Is(err, simulation.ErrGone) {
			return nil, err
		}
		s.Volumes[v.ID] = convert.Place{Attached: at, Device: v.Device, Missing: err != nil}
	}
	return s, nil
}

// run does one step after the other until it is done. steps are the calls that it made.
func (c *conversion) run(ctx context.Context, id string, to fleet.Lifecycle) (steps []convert.Do, err error) {
	r, version, err := c.load(ctx, id, to)
	for range 300 {
		if err != nil {
			return steps, err
		}
		seen, err := c.look(ctx, r)
		if err != nil {
			return steps, err
		}
		step := convert.Next(r, seen)
		switch {
		case step.Lost != "":
			return steps, errors.New(step.Lost)
		case step.Done:
			return steps, nil
		case step.Do == "":
			c.world.Advance(c.world.Now().Add(15 * time.Second))
			continue
		case step.Do == convert.Terminate:
			r.Ended = true
			if version, err = c.save(ctx, r, version); err != nil {
				return steps, err
			}
		}
		steps = append(steps, step.Do)
		err = c.do(ctx, r, seen, step)
		if step.Do == convert.Run && (errors.Is(err, simulation.ErrCapacity) || errors.Is(err, simulation.ErrQuota)) {
			r.NoSpot = true
			version, err = c.save(ctx, r, version)
		}
		if err != nil {
			return steps, err
		}
	}
	return steps, errors.New("it does not end")
}

func (c *conversion) do(ctx context.Context, r *convert.Record, seen *convert.Seen, step convert.Step) error {
	all, data, back := map[string]bool{}, []string{}, map[string]bool{}
	for _, v := range r.Old.Volumes {
		all[v.Device] = false
		if !v.Root {
			data = append(data, v.Device)
			back[v.Device] = !v.Kept
		}
	}
	switch step.Do {
	case convert.KeepVolumes:
		return c.ec2.ModifyInstanceAttribute(ctx, r.Old.ID, all)
	case convert.KeepInterface:
		return c.ec2.ModifyNetworkInterfaceAttribute(ctx, r.Interface, false)
	case convert.Unprotect:
		return c.ec2.ModifyTermination(ctx, r.Old.ID, false)
	case convert.Stop:
		return c.ec2.StopInstances(ctx, r.Old.ID)
	case convert.CreateImage:
		_, err := c.ec2.CreateImage(ctx, r.Old.ID, r.Name, data...)
		return err
	case convert.Terminate:
		old, err := c.ec2.DescribeInstances(ctx, r.Old.ID)
		if err != nil {
			return err
		}
		if old.Lifecycle != fleet.OnDemand {
			return c.ec2.CancelSpotInstanceRequests(ctx, old.Launch.Request) // which ends it, and its request that would launch another
		}
		return c.ec2.TerminateInstances(ctx, r.Old.ID)
	case convert.Run:
		token := map[bool]string{false: r.Name, true: r.Name + " on demand"}[r.NoSpot]
		_, err := c.ec2.RunInstances(ctx, simulation.Order{Token: token, Image: seen.Image.ID, Type: r.Old.Type, Lifecycle: step.Lifecycle, Interface: r.Interface, Tags: r.Old.Tags})
		return err
	case convert.Attach:
		return c.ec2.AttachVolume(ctx, step.Volume.ID, seen.New.ID)
	case convert.Restore:
		return errors.Join(c.ec2.ModifyInstanceAttribute(ctx, seen.New.ID, back), c.ec2.ModifyNetworkInterfaceAttribute(ctx, r.Interface, !r.Old.KeepsInterface),
			c.ec2.ModifyTermination(ctx, seen.New.ID, r.Old.Protected))
	case convert.Register:
		return c.ec2.RegisterTargets(ctx, step.Target, seen.New.ID)
	case convert.StopAgain:
		return c.ec2.StopInstances(ctx, seen.New.ID)
	default:
		return fmt.Errorf("nobody asked for %s", step.Do)
	}
}

// TestTheProtocolOfConversions makes the calls of package convert in a world, and is killed at each of them and at each writing of its record, carried
// out or not: in the end one instance has the interface, the data, the targets and the protection of the first, and nothing else was launched.
func TestTheProtocolOfConversions(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		from, to fleet.Lifecycle
		state    fleet.State
		at       string
		got      fleet.Lifecycle
	}{
		{"to Spot", fleet.OnDemand, fleet.SpotPersistent, fleet.Running, "2026-11-16 10:00", fleet.SpotPersistent},
		{"of one that is stopped", fleet.OnDemand, fleet.SpotPersistent, fleet.Stopped, "2026-11-16 10:00", fleet.SpotPersistent},
		{"back on demand", fleet.SpotPersistent, fleet.OnDemand, fleet.Running, "2026-11-16 10:00", fleet.OnDemand},
		{"to Spot, which has no place", fleet.OnDemand, fleet.SpotPersistent, fleet.Running, "2026-11-17 12:30", fleet.OnDemand},
	} {
		deaths := 0
		for calls, finished := 0, false; !finished; calls++ {
			for _, late := range []bool{false, true} {
				s := machineOf(row.from)
				s.State, s.Locked = row.state, true
				s.Launch = &fleet.Launch{Targets: []fleet.Target{{ARN: "tg-1", Kind: "application"}}}
				w := moving(t, []simulation.Spec{s}, pool)
				w.Advance(at(row.at))
				before, _ := w.Truth(s.ARN)
				c := &conversion{w, w.EC2(scope, "act"), w.Mortal(newMemoryStore()), "conversions/eni"}
				w.KillAfter(calls, late)
				_, err := c.run(t.Context(), s.ID, row.to)
				finished = err == nil
				w.Revive()
				if !finished {
					deaths++
					if _, err = c.run(t.Context(), s.ID, row.to); err != nil {
						t.Fatalf("%s, killed after %d calls (late %t): %v", row.name, calls, late, err)
					}
				}
				w.Advance(w.Now().Add(30 * time.Minute))
				made := born(t, w, 1)
				if len(made) != 1 {
					t.Fatalf("%s, killed after %d calls (late %t): %d instances were launched", row.name, calls, late, len(made))
				}
				now := made[0]
				running := row.state == fleet.Running
				if now.State != row.state || now.Lifecycle != row.got || now.Launch.Interfaces[0] != before.Launch.Interfaces[0] || !has(&now, fleet.TerminationLock) ||
					len(now.Launch.Volumes) != 2 || now.Launch.Volumes[0] != before.Launch.Volumes[0] || (len(now.Launch.Targets) == 1) != running {
					t.Fatalf("%s, killed after %d calls (late %t): it is %+v %+v, was %+v", row.name, calls, late, now, now.Launch, before.Launch)
				}
			}
		}
		if deaths < 60 {
			t.Errorf("%s: only %d deaths", row.name, deaths)
		}
	}
}
