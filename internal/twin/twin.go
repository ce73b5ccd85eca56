// Package twin lets one organisation live twice: with offpeak and without, with the same people, draws and failures. The difference of
// the two is what offpeak really did, which no estimate from a ledger and a bill can know, and against which every estimate is checked.
//
// In go resources with their people, a policy's rules and a period; out come the two worlds, the ledger in a store, and what an operator
// would ask: which openings were late, what failed, how often which API was called. The package prices nothing and reads no clock.
package twin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"offpeak/autospot"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
	"offpeak/internal/market"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
	"offpeak/scheduler"
)

// Config is what is to live twice.
type Config struct {
	Specs []simulation.Spec
	Rules *scheduler.Rules
	// Begin is when both worlds begin; until From nobody has offpeak, which gives baselines their history. They end at To.
	Begin, From, To time.Time
	// Settle is how long people have lived there before Begin: all of a fleet that begins running has not been left on, stopped and forgotten
	// as it is in the middle of a life, and its history would not be what follows.
	Settle time.Duration
	Seed   uint64
	Faults Faults
	// Spot are AutoSpot's rules and Market what EC2 offers all the time; nil: nobody looks after Spot.
	Spot   *autospot.Rules
	Market *market.Market
	// Store keeps ledger and memory.
	Store objects.Store
	// MaxFailures is the policy's guard, in percent; zero is twenty.
	MaxFailures int
	// Progress, if set, is told how far the worlds have lived, from 0 to 1000.
	Progress func(done int)
}

// Faults is how much goes wrong.
type Faults string

// The degrees of faults.
const (
	NoFaults    Faults = "none"
	LightFaults Faults = "light"
	HeavyFaults Faults = "heavy"
)

// ErrFaults says that a degree of faults is not known.
var ErrFaults = errors.New("is no degree of faults (none, light or heavy)")

// ParseFaults reads a degree of faults.
func ParseFaults(text string) (Faults, error) {
	switch f := Faults(text); f {
	case NoFaults, LightFaults, HeavyFaults:
		return f, nil
	default:
		return "", fmt.Errorf("%.20q %w", text, ErrFaults)
	}
}

// physics are the faults of AWS, and the lag of its descriptions, which is never zero.
func (f Faults) physics() simulation.Faults {
	switch f {
	case LightFaults:
		return simulation.Faults{Capacity: 10, FailsLater: 5, Lag: 5 * time.Second}
	case HeavyFaults:
		return simulation.Faults{Capacity: 60, FailsLater: 30, Lag: 30 * time.Second}
	default:
		return simulation.Faults{Lag: 2 * time.Second}
	}
}

// delivery are the faults of wakes and processes.
func (f Faults) delivery(seed uint64) simulation.Options {
	switch f {
	case LightFaults:
		return simulation.Options{Seed: seed, Drop: 10, Duplicate: 20, Delay: 10, Crash: 5}
	case HeavyFaults:
		return simulation.Options{Seed: seed, Drop: 60, Duplicate: 100, Delay: 60, Crash: 50}
	default:
		return simulation.Options{Seed: seed}
	}
}

// Lives are the two worlds after they have lived.
type Lives struct {
	Config
	With, Without *simulation.World
	// Managed are the resources that offpeak looked after, in the order of the specs.
	Managed  []fleet.ARN
	Openings []Opening
	Tally    simulation.Tally
	// Failures are the acts that failed, by what AWS answered to them; Surprises the sweeps that gave up because too many did.
	Failures  map[string]int
	Surprises int
}

// Live lets the worlds live.
func Live(ctx context.Context, c Config) (*Lives, error) {
	if !c.Begin.Before(c.From) && !c.Begin.Equal(c.From) || !c.From.Before(c.To) {
		return nil, fmt.Errorf("simulate from %s to %s: the period is empty", c.From.Format(time.RFC3339), c.To.Format(time.RFC3339))
	}
	l := &Lives{Config: c, Failures: map[string]int{}}
	for _, world := range []**simulation.World{&l.With, &l.Without} {
		*world = simulation.New(c.Seed, c.Begin.Add(-c.Settle), c.Faults.physics())
		(*world).KeepFrom(c.Begin.Add(-keptBefore))
		for i := range c.Specs {
			(*world).Launches = c.Spot != nil && world == &l.With
			if err := (*world).Add(c.Specs[i]); err != nil {
				return nil, err
			}
		}
	}
	pages := pages{}
	with := func() error { return l.liveWith(ctx, pages) }
	if err := both(with, func() error { return l.liveWithout(ctx) }); err != nil {
		return nil, err
	}
	return l, l.readBack(ctx, pages)
}

// keptBefore is how long before Begin the worlds' past is kept: longer than anything is charged after it has ended.
const keptBefore = 48 * time.Hour

// progressWhole is how many steps progress has; the first of them are those of the history.
const (
	progressWhole   = 1000
	progressHistory = 50
)

// liveWithout lets the world live in which nobody has offpeak. The worlds share nothing that changes.
func (l *Lives) liveWithout(ctx context.Context) error {
	l.Without.Advance(l.To)
	return ctx.Err()
}

// liveWith wakes the optimizer as it is woken on AWS, from From on.
func (l *Lives) liveWith(ctx context.Context, pages pages) error {
	l.With.Advance(l.From)
	l.report(progressHistory)
	mortal := l.With.Mortal(l.Store)
	failures := l.MaxFailures
	if failures == 0 {
		failures = 20
	}
	o := &optimizer.Optimizer{
		Inventory: l.With, Actuator: l.With, Planner: planner{scheduler.New(l.Rules)},
		Book: ledger.Book{Store: mortal, Wrote: pages.keep}, States: optimizer.States{Store: mortal}, Now: l.With.Now, Holder: "simulation", MaxFailures: failures,
	}
	var spot *spotter
	if l.Spot != nil {
		spot = newSpotter(l, o.Book, o.States, failures)
		o.Inventory = plain{l.With}
	}
	sweep := func(ctx context.Context, scope fleet.Scope) (time.Time, error) {
		out, err := o.Sweep(ctx, scope)
		if errors.Is(err, optimizer.ErrTooManyFailures) {
			l.Surprises++
		}
		if spot == nil || err != nil {
			return out.Wake, err
		}
		next, err := spot.look(ctx, scope)
		if !out.Wake.IsZero() && out.Wake.Before(next) {
			next = out.Wake
		}
		return next, err
	}
	options := l.Faults.delivery(l.Seed)
	options.After = func(fleet.Scope, error) error {
		lived := l.With.Now().Sub(l.From)
		l.report(progressHistory + int(int64(progressWhole-progressHistory)*int64(lived/time.Second)/int64(l.To.Sub(l.From)/time.Second)))
		return ctx.Err()
	}
	var err error
	l.Tally, err = simulation.Drive(ctx, l.With, sweep, l.From, l.To, options)
	return err
}

func (l *Lives) report(done int) {
	if l.Progress != nil {
		l.Progress(min(done, progressWhole))
	}
}

// readBack reads what the ledger says of it all.
func (l *Lives) readBack(ctx context.Context, pages pages) error {
	managed, stories := map[fleet.ARN]bool{}, stories{}
	book := ledger.Book{Store: l.Store}
	for key, err := range book.Objects(ctx, l.From.Add(-time.Hour), l.To.Add(time.Hour), fleet.Scope{}) {
		if err != nil {
			return err
		}
		if !pages.has(key) { // a process that was killed as it wrote it did not live to tell
			entries, damages, err := book.ReadObject(ctx, key)
			if err != nil || len(damages) > 0 {
				return errors.Join(err, damaged(damages))
			}
			pages.keep(key, entries)
		}
		for _, line := range pages[key] {
			managed[line.resource] = true
			if line.failed != "" {
				l.Failures[line.failed]++
			}
			stories.add(line)
		}
	}
	for i := range l.Specs {
		if arn := l.Specs[i].ARN; managed[arn] {
			l.Managed = append(l.Managed, arn)
		}
	}
	l.Openings = stories.openings(l.With)
	return nil
}

// Ledger reads the ledger's entries, in the order of ledger.Book.
func (l *Lives) Ledger(ctx context.Context) (entries []ledger.Entry, err error) {
	for e, err := range (ledger.Book{Store: l.Store}).Read(ctx, l.From.Add(-time.Hour), l.To.Add(time.Hour), fleet.Scope{}) {
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func damaged(damages []*ledger.Damage) error {
	var errs []error
	for _, d := range damages {
		errs = append(errs, d)
	}
	return errors.Join(errs...)
}

// planner gives the scheduler the optimizer's port.
type planner struct{ scheduler *scheduler.Planner }

// Plan implements optimizer.Planner.
func (p planner) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	made, next := p.scheduler.Plan(s, memory, scheduler.Options{Now: now})
	return made, next, nil
}
