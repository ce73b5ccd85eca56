package spot

import (
	"context"

	"offpeak/autospot/convert"
	"offpeak/internal/cloud/converter"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// conversions make the calls of package autospot/convert by package converter, which does not know it.
type conversions struct{ calls *converter.Converter }

// Describe implements hub.Converter.
func (c conversions) Describe(ctx context.Context, scope fleet.Scope, instance string) (convert.Record, error) {
	a, err := c.calls.Describe(ctx, scope, instance)
	if err != nil {
		return convert.Record{}, err
	}
	r := convert.Record{Interface: a.Interface, WasRunning: a.Running, Old: convert.Attributes{
		ID: a.ID, Type: a.Type, Zone: a.Zone, Tags: a.Tags, KeepsInterface: a.KeepsInterface, Protected: a.Protected, Targets: a.Targets, Rest: a.Rest,
	}}
	for _, v := range a.Volumes {
		r.Old.Volumes = append(r.Old.Volumes, convert.Volume(v))
	}
	return r, nil
}

// attributes are those of the old instance in the words of package converter.
func attributes(r *convert.Record) *converter.Attributes {
	o := &r.Old
	a := &converter.Attributes{
		ID: o.ID, Type: o.Type, Zone: o.Zone, Interface: r.Interface, Running: r.WasRunning, Tags: o.Tags, KeepsInterface: o.KeepsInterface, Protected: o.Protected,
		Targets: o.Targets, Rest: o.Rest,
	}
	for _, v := range o.Volumes {
		a.Volumes = append(a.Volumes, converter.Volume(v))
	}
	return a
}

// Look implements hub.Converter.
func (c conversions) Look(ctx context.Context, scope fleet.Scope, r *convert.Record) (convert.Seen, error) {
	s, err := c.calls.Look(ctx, scope, attributes(r), r.Name)
	if err != nil {
		return convert.Seen{}, err
	}
	seen := convert.Seen{
		Old: instance(s.Old), New: instance(s.New), Image: convert.Image{ID: s.Image, State: s.ImageState},
		Interface: convert.Interface{Attached: s.Attached, Missing: s.InterfaceGone}, Volumes: map[string]convert.Place{}, Registered: s.Registered,
	}
	for id, p := range s.Places {
		seen.Volumes[id] = convert.Place(p)
	}
	return seen, nil
}

func instance(i converter.Instance) convert.Instance {
	return convert.Instance{ID: i.ID, State: convert.State(i.State), Lifecycle: i.Lifecycle, KeepsInterface: i.KeepsInterface, KeptVolumes: i.KeptVolumes, Protected: i.Protected, Requested: i.Request != "", Request: i.Request}
}

// Do implements hub.Converter. Before the instance is stopped, and again before it is ended, it is rehearsed whether its successor may be run: else it
// would be found out when there is no way back.
func (c conversions) Do(ctx context.Context, scope fleet.Scope, r *convert.Record, seen *convert.Seen, step convert.Step) error {
	a := attributes(r)
	switch step.Do {
	case convert.KeepVolumes:
		return c.calls.Keep(ctx, scope, a.ID, kept(a.Volumes))
	case convert.KeepInterface:
		return c.calls.KeepInterface(ctx, scope, a.Interface, true)
	case convert.Unprotect:
		return c.calls.Protect(ctx, scope, a.ID, false)
	case convert.Stop:
		if err := c.calls.Rehearse(ctx, scope, a, "", r.To); err != nil {
			return err
		}
		if err := c.cancel(ctx, scope, seen, c.calls.RehearseCancel); err != nil {
			return err
		}
		return c.calls.Stop(ctx, scope, a.ID)
	case convert.CreateImage:
		return c.calls.CreateImage(ctx, scope, a, r.Name)
	case convert.Cancel:
		if seen.Old.State == convert.Stopped { // with it, it ends
			if err := c.calls.Rehearse(ctx, scope, a, seen.Image.ID, r.To); err != nil {
				return err
			}
		}
		return c.cancel(ctx, scope, seen, c.calls.Cancel)
	case convert.Terminate:
		if err := c.calls.Rehearse(ctx, scope, a, seen.Image.ID, r.To); err != nil {
			return err
		}
		return c.calls.Terminate(ctx, scope, a.ID)
	case convert.Run:
		return c.calls.Run(ctx, scope, a, r.Name, seen.Image.ID, step.Lifecycle)
	case convert.Attach:
		return c.calls.Attach(ctx, scope, converter.Volume(step.Volume), seen.New.ID)
	case convert.Restore:
		return c.restore(ctx, scope, a, seen.New.ID, false)
	case convert.Register:
		return c.calls.Register(ctx, scope, step.Target, seen.New.ID)
	case convert.StopAgain:
		return c.calls.Stop(ctx, scope, seen.New.ID)
	case convert.Start:
		return c.calls.Start(ctx, scope, a.ID)
	case convert.RestoreOld:
		return c.restore(ctx, scope, a, a.ID, true)
	case convert.RemoveImage:
		return c.calls.RemoveImage(ctx, scope, seen.Image.ID)
	default:
		return &failure.Error{Class: failure.Other, Err: errNoStep(step.Do)}
	}
}

// Deregister implements hub.Converter.
func (c conversions) Deregister(ctx context.Context, scope fleet.Scope, image string) error {
	return c.calls.RemoveImage(ctx, scope, image)
}

// cancel makes a call about the Spot request of the old instance, where it has one.
func (c conversions) cancel(ctx context.Context, scope fleet.Scope, seen *convert.Seen, call func(context.Context, fleet.Scope, string) error) error {
	if !seen.Old.Requested {
		return nil
	}
	return call(ctx, scope, seen.Old.Request)
}

// restore gives an instance the attributes that the old one had. A successor's root volume is one of its own, and goes with it.
func (c conversions) restore(ctx context.Context, scope fleet.Scope, a *converter.Attributes, id string, root bool) error {
	var volumes []converter.Volume
	for _, v := range a.Volumes {
		if root || !v.Root {
			volumes = append(volumes, v)
		}
	}
	if err := c.calls.Keep(ctx, scope, id, volumes); err != nil {
		return err
	}
	if err := c.calls.KeepInterface(ctx, scope, a.Interface, a.KeepsInterface); err != nil {
		return err
	}
	return c.calls.Protect(ctx, scope, id, a.Protected)
}

// kept are volumes that all outlive their instance.
func kept(volumes []converter.Volume) []converter.Volume {
	all := make([]converter.Volume, len(volumes))
	for i, v := range volumes {
		v.Kept = true
		all[i] = v
	}
	return all
}

type errNoStep convert.Do

// Error says that a step is none that is known.
func (e errNoStep) Error() string { return string(e) + " is no step of a conversion that can be made" }
