package simulation

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"offpeak/internal/fleet"
)

// Sweep looks after a scope once, and says when it is to be looked at next; zero for not before the next reconcile.
type Sweep func(ctx context.Context, scope fleet.Scope) (wake time.Time, err error)

// Options are how sweeps are woken. The zero value is a tick every five minutes where something is due, every scope once an hour, and
// nothing that goes wrong.
type Options struct {
	// Tick is how often it is looked who is due, Reconcile how often everybody is. Zero: five minutes, an hour. Negative: no reconcile.
	Tick, Reconcile time.Duration
	// Drop loses a wake, which is sent again at the next tick; Duplicate sends it twice; Delay sends it again up to two days later, when it
	// says nothing that is true any more; Crash kills the process somewhere within the sweep.
	Drop, Duplicate, Delay, Crash Chance
	// Seed is for the draws of these.
	Seed uint64
	// After, if set, is called after every sweep with what came of it; an error ends the run.
	After func(scope fleet.Scope, err error) error
}

// Tally is what a run sent.
type Tally struct{ Sweeps, Failed, Dropped, Duplicated, Delayed, Crashed int }

// driver is a run.
type driver struct {
	world   *World
	sweep   Sweep
	options Options
	random  *rand.Rand
	scopes  []*due
	strays  []stray
	tally   Tally
}

// due is when a scope is to be woken.
type due struct {
	scope           fleet.Scope
	wake, reconcile time.Time
}

// stray is a wake that was delivered late.
type stray struct {
	at time.Time
	to *due
}

// Drive lets a world live from one instant to another and wakes sweeps as they ask for it. The world's clock jumps from one wake to the next.
// Errors of sweeps are counted, and the scope is woken again at the next tick.
func Drive(ctx context.Context, w *World, sweep Sweep, from, to time.Time, o Options) (Tally, error) {
	if o.Tick <= 0 {
		o.Tick = 5 * time.Minute
	}
	if o.Reconcile == 0 {
		o.Reconcile = time.Hour
	}
	d := &driver{world: w, sweep: sweep, options: o, random: stream(o.Seed, "driver", 0)}
	for _, scope := range w.Scopes() {
		d.scopes = append(d.scopes, &due{scope: scope, wake: from})
	}
	for {
		at := d.next(to)
		if !at.Before(to) {
			break
		}
		w.Advance(at)
		if err := d.deliver(ctx, at); err != nil {
			return d.tally, err
		}
	}
	w.Advance(to)
	return d.tally, ctx.Err()
}

// next is the first instant at which anybody is due, on a tick.
func (d *driver) next(last time.Time) time.Time {
	first := last
	for _, s := range d.scopes {
		for _, at := range []time.Time{s.wake, s.reconcile} {
			if !at.IsZero() && at.Before(first) {
				first = at
			}
		}
	}
	for _, s := range d.strays {
		if s.at.Before(first) {
			first = s.at
		}
	}
	tick := first.Truncate(d.options.Tick)
	if tick.Before(first) {
		tick = tick.Add(d.options.Tick)
	}
	return tick
}

// deliver wakes everybody who is due at a tick.
func (d *driver) deliver(ctx context.Context, at time.Time) error {
	var later []stray
	for _, s := range d.strays {
		if s.at.After(at) {
			later = append(later, s)
			continue
		}
		if err := d.wake(ctx, s.to); err != nil {
			return err
		}
	}
	d.strays = later
	for _, s := range d.scopes {
		reconcile := !s.reconcile.IsZero() && !s.reconcile.After(at)
		if !reconcile && (s.wake.IsZero() || s.wake.After(at)) {
			continue
		}
		if d.options.Reconcile > 0 {
			s.reconcile = at.Add(d.options.Reconcile)
		}
		if d.options.Drop.falls(d.random) {
			d.tally.Dropped++
			s.wake = at.Add(d.options.Tick)
			continue
		}
		times := 1
		if d.options.Duplicate.falls(d.random) {
			d.tally.Duplicated++
			times++
		}
		if d.options.Delay.falls(d.random) {
			d.tally.Delayed++
			d.strays = append(d.strays, stray{at.Add(time.Duration(between(d.random, 60, 172800)) * time.Second), s})
		}
		for range times {
			if err := d.wake(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// deepest is how many calls a sweep lives that is to be killed, at the most.
const deepest = 30

// wake runs one sweep.
func (d *driver) wake(ctx context.Context, s *due) error {
	crash, calls, late := d.options.Crash.falls(d.random), d.random.IntN(deepest), d.random.IntN(2) == 0
	if crash {
		d.world.KillAfter(calls, late)
	}
	d.tally.Sweeps++
	wake, err := d.sweep(ctx, s.scope)
	d.world.Revive()
	switch {
	case err == nil:
		s.wake = wake
	default:
		d.tally.Failed++
		if errors.Is(err, ErrKilled) {
			d.tally.Crashed++
		}
		s.wake = d.world.Now().Add(d.options.Tick)
	}
	if !s.wake.IsZero() && !s.wake.After(d.world.Now()) {
		s.wake = d.world.Now().Add(time.Second) // the tick that follows
	}
	if d.options.After != nil {
		return errors.Join(ctx.Err(), d.options.After(s.scope, err))
	}
	return ctx.Err()
}
