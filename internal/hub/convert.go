package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"offpeak/autospot/convert"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

// Converter makes the calls of a conversion, whose protocol is that of package autospot/convert.
type Converter interface {
	// Describe returns a record of an instance as it is, whole, with its primary interface.
	Describe(ctx context.Context, scope fleet.Scope, instance string) (convert.Record, error)
	// Look tells what there is of a conversion now.
	Look(ctx context.Context, scope fleet.Scope, r *convert.Record) (convert.Seen, error)
	// Do makes the call of a step.
	Do(ctx context.Context, scope fleet.Scope, r *convert.Record, seen *convert.Seen, step convert.Step) error
	// Deregister removes an image that a conversion has made, with its snapshots. That it is gone already is a success.
	Deregister(ctx context.Context, scope fleet.Scope, image string) error
}

// Conversions carries instances over to another lifecycle, over many looks: what is written down before each call is kept as an object that is named
// by the network interface, which alone stays. Any process can go on where another one ended. All fields must be set.
type Conversions struct {
	Store objects.Store
	Calls Converter
	Now   func() time.Time
}

// conversion is what is kept of one.
type conversion struct {
	Format string         `json:"format"`
	Scope  fleet.Scope    `json:"scope"`
	ARN    fleet.ARN      `json:"arn"` // of the old instance
	Record convert.Record `json:"record"`
	State  stage          `json:"state"`
	// New is the instance that is there afterwards, once it is known, and Why what is waited for, or why a person is needed.
	New fleet.ARN `json:"new,omitempty"`
	Why string    `json:"why,omitempty"`
	// Image is that of the old root volume, once it is known.
	Image string `json:"image,omitempty"`
	// Moved and Remembered are what was remembered of the old instance, for the new one to inherit.
	Moved      *fleet.Moved      `json:"moved,omitempty"`
	Remembered *fleet.Remembered `json:"remembered,omitempty"`
	Changed    time.Time         `json:"changed"`

	version objects.Version
}

// stage is how far a conversion is.
type stage string

const (
	underWay  stage = "under-way"
	completed stage = "completed"
	stuck     stage = "stuck" // a person is needed
)

const (
	conversionFormat = "offpeak-conversion/1"
	mostSteps        = 24 // of one go: more than there are
)

func conversionsOf(scope fleet.Scope) string {
	return fmt.Sprintf("conversions/%s/%s/", scope.Account, scope.Region)
}

func (v *conversion) key() string { return conversionsOf(v.Scope) + v.Record.Interface + ".json" }

// Begin converts an instance as an action says, as far as that goes at once. What it waits for is gone on with by GoOn. The action is accepted once
// its record is written.
func (c *Conversions) Begin(ctx context.Context, a *plan.Action) error {
	move, ok := a.Change.(plan.Move)
	if !ok || move.Way != plan.ByConverting || a.Subject.Kind != fleet.EC2Instance {
		return &failure.Error{Class: failure.Other, Err: fmt.Errorf("convert %s: it is no instance that is to be converted", a.Subject.ID)}
	}
	record, err := c.Calls.Describe(ctx, a.Subject.Scope, a.Subject.ID)
	if err != nil {
		return fmt.Errorf("convert %s: %w", a.Subject.ID, err)
	}
	record.Name, record.To, record.Begun = a.ID, move.To.Lifecycle, c.Now().UTC()
	fresh := &conversion{Format: conversionFormat, Scope: a.Subject.Scope, ARN: a.Subject.ARN, Record: record, State: underWay}
	kept, err := c.read(ctx, fresh.key())
	switch {
	case err != nil:
		return err
	case kept != nil && kept.State == underWay && kept.ARN == fresh.ARN && kept.Record.Name == a.ID:
		fresh = kept // it began, and nobody noted that
	case kept != nil && kept.State != completed:
		return &failure.Error{Class: failure.InTransition, Err: fmt.Errorf("convert %s: another conversion of %s is not done: %s", a.Subject.ID, record.Interface, kept.Why)}
	case kept != nil:
		fresh.version = kept.version
	}
	if fresh != kept {
		if err := c.mayBegin(ctx, fresh, move); err != nil || fresh.State == completed {
			return err
		}
		if err := c.write(ctx, fresh); err != nil {
			return err
		}
	}
	if err := c.advance(ctx, fresh); err != nil && failure.Of(err) != failure.Capacity && !failure.Of(err).Passes() {
		return err
	}
	return nil
}

// mayBegin looks whether the instance is still as the plan saw it.
func (c *Conversions) mayBegin(ctx context.Context, v *conversion, move plan.Move) error {
	seen, err := c.Calls.Look(ctx, v.Scope, &v.Record)
	switch {
	case err != nil:
		return fmt.Errorf("convert %s: %w", v.Record.Old.ID, err)
	case seen.Old.Lifecycle == move.To.Lifecycle:
		v.State = completed
		return nil
	case seen.Old.Lifecycle != move.From.Lifecycle:
		return &failure.Error{Class: failure.InTransition, Err: fmt.Errorf("convert %s: it is %s now, and the plan was made for %s", v.Record.Old.ID, seen.Old.Lifecycle, move.From.Lifecycle)}
	case seen.Old.State != convert.Running && seen.Old.State != convert.Stopped:
		return &failure.Error{Class: failure.InTransition, Err: fmt.Errorf("convert %s: it is %s", v.Record.Old.ID, seen.Old.State)}
	}
	return nil
}

// advance makes one call after the other, until there is something to wait for or nothing left. Each time it is written down first: who else goes on
// with the same conversion finds that it was changed, and leaves it.
func (c *Conversions) advance(ctx context.Context, v *conversion) error {
	for range mostSteps {
		seen, err := c.Calls.Look(ctx, v.Scope, &v.Record)
		if err != nil {
			return fmt.Errorf("convert %s: %w", v.Record.Old.ID, err)
		}
		if id := seen.New.ID; id != "" && v.New == "" {
			v.New = renamed(v.ARN, v.Record.Old.ID, id)
		}
		if seen.Image.ID != "" {
			v.Image = seen.Image.ID
		}
		step := convert.Next(&v.Record, &seen)
		v.Why = step.Wait
		switch {
		case step.Done:
			if v.State = completed; v.New == "" {
				v.New = v.ARN // it went back
			}
			return c.write(ctx, v)
		case step.Lost != "":
			v.State, v.Why = stuck, step.Lost
			return c.write(ctx, v)
		case step.Do == "":
			return c.write(ctx, v)
		}
		v.Record.Ended = v.Record.Ended || step.Do == convert.Terminate || step.Do == convert.Cancel
		if err := c.write(ctx, v); err != nil {
			return err
		}
		if err := c.Calls.Do(ctx, v.Scope, &v.Record, &seen, step); err != nil {
			if again := v.failed(step, err); !again {
				return fmt.Errorf("convert %s: %s: %w", v.Record.Old.ID, step.Do, err)
			}
		}
	}
	return nil // the next look goes on
}

// failed says what follows from a call that AWS refused: Spot without capacity makes an on-demand instance at once, and what cannot be ended is given
// back. Other refusals are left to the next look; again says that there is another step now.
func (v *conversion) failed(step convert.Step, err error) (again bool) {
	class := failure.Of(err)
	switch {
	case step.Do == convert.Run && step.Lifecycle != fleet.OnDemand && (class == failure.Capacity || class == failure.Quota):
		v.Record.NoSpot = true
		return true
	case class.Passes() || v.Record.Undo || v.New != "":
		return false
	case step.Do == convert.Terminate || step.Do == convert.Cancel:
		v.Record.Ended = false // it was refused
	case v.Record.Ended:
		return false
	}
	v.Record.Undo, v.Record.Why = true, fmt.Sprintf("%s: %v", step.Do, err)
	return true
}

// renamed is the name of an instance that takes another's place.
func renamed(arn fleet.ARN, old, id string) fleet.ARN {
	return fleet.ARN(strings.TrimSuffix(string(arn), old) + id)
}

// Underway is what came of going on with the conversions of a scope.
type Underway struct {
	// Hidden are instances that are in the middle of it: nothing is planned for them.
	Hidden map[fleet.ARN]bool
	// Again says that there is something to wait for.
	Again  bool
	Alerts []Alert
}

// GoOn goes on with every conversion of a scope, and has new instances inherit what was remembered of the old ones. It returns the memory to plan with,
// which is the one given where nothing is inherited.
func (c *Conversions) GoOn(ctx context.Context, scope fleet.Scope, s *fleet.Snapshot, memory *fleet.Memory) (*fleet.Memory, Underway, error) {
	u := Underway{Hidden: map[fleet.ARN]bool{}}
	for key, err := range c.Store.List(ctx, conversionsOf(scope)) {
		if err != nil {
			return memory, u, fmt.Errorf("conversions of %s: %w", scope, err)
		}
		v, err := c.read(ctx, key)
		if err != nil {
			return memory, u, err
		}
		if v == nil {
			continue // closed since it was listed
		}
		if v.inherit(memory) {
			err = c.write(ctx, v)
		}
		if err == nil && v.State == underWay {
			err = c.advance(ctx, v)
		}
		switch class := failure.Of(err); {
		case errors.Is(err, objects.ErrChanged):
			u.hide(s, memory, v)
			u.Again = true
			continue // somebody else goes on with it
		case err != nil && !class.Passes():
			v.Why = err.Error()
			u.Alerts = append(u.Alerts, v.alert(c.Now(), class))
		}
		switch {
		case v.State == stuck:
			u.hide(s, memory, v)
			u.Alerts = append(u.Alerts, v.alert(c.Now(), failure.InvalidState))
		case v.underWay(memory) && (v.State != completed || !present(s, v.New)):
			u.hide(s, memory, v)
			u.Again = true
		case v.underWay(memory):
			memory = v.bequeath(memory, c.Now())
			u.Again = true
		default:
			if err := c.close(ctx, v); err != nil {
				return memory, u, err
			}
		}
	}
	return memory, u, nil
}

func (u *Underway) hide(s *fleet.Snapshot, memory *fleet.Memory, v *conversion) {
	u.Hidden[v.ARN] = true
	if v.New != "" {
		u.Hidden[v.New] = true
	}
	for i := range s.Resources {
		if r := &s.Resources[i]; v.concerns(r, memory) {
			u.Hidden[r.ARN] = true
		}
	}
}

func (v *conversion) alert(now time.Time, class failure.Class) Alert {
	return Alert{
		Key: fmt.Sprintf("%s|conversion|%s", v.ARN, now.UTC().Format(time.DateOnly)), Scope: v.Scope, Resource: v.ARN, Class: class,
		What: "the conversion of " + v.Record.Old.ID + " does not go on", Why: v.Why,
		Remedy: "put right what it says by hand; the record is " + v.key() + " in the hub's bucket, and goes on by itself unless it is stuck",
	}
}

// conversions are those of a scope; nil where nothing can be converted.
func (p *spotPlanner) conversions() *Conversions {
	if p.hands.Converter == nil {
		return nil
	}
	return &Conversions{Store: p.worker.Store, Calls: p.hands.Converter, Now: p.worker.Now}
}

// goOn goes on with conversions, and leaves what is in the middle of one out of the snapshot. Where nothing is to be changed it only leaves that out.
func (p *spotPlanner) goOn(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory) (*fleet.Snapshot, *fleet.Memory, bool, error) {
	c := p.conversions()
	if c == nil {
		return s, memory, false, nil
	}
	var u Underway
	var err error
	if p.dry {
		u, err = openConversions(ctx, p.worker.Store, s, memory)
	} else {
		memory, u, err = c.GoOn(ctx, p.scope, s, memory)
	}
	p.alerts, p.converting = u.Alerts, u.Hidden
	if err != nil || len(u.Hidden) == 0 {
		return s, memory, u.Again, err
	}
	return without(s, u.Hidden), memory, u.Again, nil
}

// movers moves groups and services by one actuator, and converts instances.
type movers struct {
	optimizer.Actuator
	conversions *Conversions
}

// Act implements optimizer.Actuator.
func (m movers) Act(ctx context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	var others []plan.Action
	var places []int
	for i := range actions {
		if d, ok := actions[i].Change.(plan.Deregister); m.conversions != nil && ok {
			errs[i] = m.conversions.Calls.Deregister(ctx, actions[i].Subject.Scope, d.Image)
			continue
		}
		if move, ok := actions[i].Change.(plan.Move); m.conversions != nil && ok && move.Way == plan.ByConverting {
			errs[i] = m.conversions.Begin(ctx, &actions[i])
			continue
		}
		others, places = append(others, actions[i]), append(places, i)
	}
	if len(others) > 0 {
		for i, err := range m.Actuator.Act(ctx, others) {
			errs[places[i]] = err
		}
	}
	return errs
}
