package simulation_test

import (
	"context"
	"errors"
	"flag"
	"iter"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
)

// mutation is an optimizer that is broken in one way, in what stands behind one of its ports. The zero value is the sound one.
type mutation struct {
	name     string
	expect   string // a part of the complaint that tells it
	faults   []kind // that it takes to tell
	zone     string // if only one shows it
	rules    func(*scheduler.Rules)
	planner  func(optimizer.Planner) optimizer.Planner
	snapshot func(*fleet.Snapshot)
	act      func(*worker, actFunc) actFunc
	store    func(objects.Store, *memoryStore) objects.Store
}

type actFunc = func(context.Context, []plan.Action) []error

// planFunc is a planner.
type planFunc func(context.Context, *fleet.Snapshot, *fleet.Memory, time.Time) (plan.Plan, *fleet.Memory, error)

// Plan implements optimizer.Planner.
func (f planFunc) Plan(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	return f(ctx, s, memory, now)
}

// changing returns a planner that changes what another planned. The memory may be changed.
func changing(change func(*plan.Plan, *fleet.Memory)) func(optimizer.Planner) optimizer.Planner {
	return func(sound optimizer.Planner) optimizer.Planner {
		return planFunc(func(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
			made, next, err := sound.Plan(ctx, s, memory, now)
			if err == nil && next != memory {
				copied := next.Clone()
				next = &copied
				change(&made, next)
			}
			return made, next, err
		})
	}
}

// broken are the mutations.
func broken() []mutation {
	return []mutation{
		{name: "forgets the original size", expect: "before its stop", planner: changing(forgetSize)},
		{name: "acts twice on one edge", expect: "had its effect", planner: actAgain},
		{name: "decides for the message's instant", expect: "wrong time", planner: decideLate},
		{name: "ignores protected", expect: "protected", rules: func(r *scheduler.Rules) {
			for i := range r.Environments {
				r.Environments[i].Protected = false
			}
		}},
		{name: "takes a zone for a fixed offset", expect: "wrong time", zone: "Europe/Berlin", rules: fixOffset},
		{name: "acts without opt-in", expect: "without opt-in", snapshot: func(s *fleet.Snapshot) {
			for i := range s.Resources {
				if r := &s.Resources[i]; schedule(r) == "" {
					r.Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"})
				}
			}
		}},
		{name: "writes no intent", expect: "no intent", store: func(s objects.Store, _ *memoryStore) objects.Store { return forgetful{s} }},
		{name: "never tries again", expect: "past its opening", faults: []kind{failsLater, crash}, planner: changing(neverAgain)},
		{name: "ignores leases", expect: "is given out", faults: []kind{contention}, store: func(s objects.Store, m *memoryStore) objects.Store { return &lawless{Store: s, memory: m, blind: true} }},
		{name: "writes stale memory over newer", expect: "took the place of", faults: []kind{pause}, store: func(s objects.Store, m *memoryStore) objects.Store {
			return &lawless{Store: s, memory: m}
		}},
		{name: "takes throttling for success", expect: "past its opening", faults: []kind{throttle}, act: func(_ *worker, sound actFunc) actFunc {
			return func(ctx context.Context, actions []plan.Action) []error {
				errs := sound(ctx, actions)
				for i := range errs {
					if errors.Is(errs[i], simulation.ErrThrottled) {
						errs[i] = nil
					}
				}
				return errs
			}
		}},
		{name: "writes a tag", expect: "wrote a tag", act: writeTag},
		{name: "does not rebuild memory", expect: "past its opening", faults: []kind{wipe}, store: func(s objects.Store, _ *memoryStore) objects.Store { return amnesiac{s} }},
		{name: "depends on the order of its input", expect: "another order", planner: func(sound optimizer.Planner) optimizer.Planner {
			return planFunc(func(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
				made, next, err := sound.Plan(ctx, s, memory, now)
				if len(made.Actions) > 1 && made.Actions[0].Subject.ARN > s.Resources[0].ARN {
					made.Actions = made.Actions[1:]
				}
				return made, next, err
			})
		}},
		{name: "plans what is done already", expect: "after the plan was carried out", planner: func(sound optimizer.Planner) optimizer.Planner {
			return planFunc(func(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
				still := *s
				still.Resources = append([]fleet.Resource(nil), s.Resources...)
				for i := range still.Resources {
					if r := &still.Resources[i]; r.State == fleet.Changing {
						r.State = fleet.Running
					}
				}
				return sound.Plan(ctx, &still, memory, now)
			})
		}},
	}
}

// mutationOf finds a mutation by its name.
func mutationOf(name string) (mutation, bool) {
	for _, m := range broken() {
		if m.name == name {
			return m, true
		}
	}
	return mutation{}, name == ""
}

// forgetSize lets a group return to its desired count, with bounds that fit.
func forgetSize(made *plan.Plan, _ *fleet.Memory) {
	for i := range made.Actions {
		if scale, ok := made.Actions[i].Change.(plan.Scale); ok && !plan.SwitchesOff(scale) {
			scale.To.Min, scale.To.Max = scale.To.Desired, scale.To.Desired
			made.Actions[i].Change = scale
		}
	}
}

// actAgain forgets that an edge is done, and since when anything is as it is.
func actAgain(sound optimizer.Planner) optimizer.Planner {
	return planFunc(func(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
		blind := *s
		blind.Resources = append([]fleet.Resource(nil), s.Resources...)
		for i := range blind.Resources {
			blind.Resources[i].Since = time.Time{}
		}
		forgotten := memory.Clone()
		for arn, m := range forgotten.Resources {
			if m.Tried.Equal(m.Done) {
				m.Done = fleet.Moment{}
			}
			forgotten.Resources[arn] = m
		}
		return sound.Plan(ctx, &blind, &forgotten, now)
	})
}

// decideLate decides now and then for the instant at which the scope asked to be woken, as a message would have it.
func decideLate(sound optimizer.Planner) optimizer.Planner {
	return planFunc(func(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
		made, next, err := sound.Plan(ctx, s, memory, now)
		if err != nil || made.Wake.IsZero() || s.Taken.Unix()/300%7 != 0 {
			return made, next, err
		}
		redelivered := *s
		redelivered.Taken = made.Wake
		return sound.Plan(ctx, &redelivered, memory, now)
	})
}

// fixOffset reads the hours in the zone's offset of January.
func fixOffset(r *scheduler.Rules) {
	_, offset := time.Date(2026, time.January, 15, 12, 0, 0, 0, r.Zone).Zone()
	fixed := time.FixedZone("fixed", offset)
	for name, text := range map[string]string{"office": "mon-fri 08:30-19:30", "weekdays-late": "mon-fri 10:00-23:00"} {
		h, err := hours.Parse(text)
		if err != nil {
			panic(err)
		}
		r.Schedules[name] = scheduler.Compile(scheduler.Schedule{Name: name, Zone: fixed, Pattern: hours.Windows(h.Windows...)})
	}
}

// neverAgain drops what is tried again.
func neverAgain(made *plan.Plan, _ *fleet.Memory) {
	var first []plan.Action
	for _, a := range made.Actions {
		if a.Cause != plan.ByRetry && a.Cause != plan.ByRestart {
			first = append(first, a)
		}
	}
	made.Actions = first
}

// writeTag marks what it stopped, in the world's sight.
func writeTag(w *worker, sound actFunc) actFunc {
	return func(ctx context.Context, actions []plan.Action) []error {
		errs := sound(ctx, actions)
		r, ok := w.world.Truth(actions[0].Subject.ARN)
		if ok && errs[0] == nil {
			tagged := r
			tagged.Tags = fleet.NewTags(append([]fleet.Tag{{Key: "offpeak:stopped", Value: "yes"}}, r.Tags...)...)
			w.changed(simulation.Change{At: w.world.Now(), Resource: r.ARN, By: simulation.ByOffpeak, Act: actions[0].ID, From: r, To: tagged})
		}
		return errs
	}
}

// forgetful is a store that loses intents.
type forgetful struct{ objects.Store }

// Create implements objects.Store.
func (f forgetful) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	if strings.HasSuffix(key, "-intent.jsonl") {
		return "lost", nil
	}
	return f.Store.Create(ctx, key, data)
}

// amnesiac is a store that finds nothing in the ledger.
type amnesiac struct{ objects.Store }

// List implements objects.Store.
func (a amnesiac) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	if strings.HasPrefix(prefix, "ledger/") {
		return func(func(string, error) bool) {}
	}
	return a.Store.List(ctx, prefix)
}

// lawless is a store that replaces whatever is there; blind, it does not show who holds a lease either.
type lawless struct {
	objects.Store
	memory *memoryStore
	blind  bool
}

// Read implements objects.Store.
func (l *lawless) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	data, version, err := l.Store.Read(ctx, key)
	if l.blind && strings.HasPrefix(key, "state/") {
		if at := strings.Index(string(data), `"holder"`); at >= 0 {
			data = []byte(strings.Replace(string(data), `"holder"`, `"former_holder"`, 1))
		}
	}
	return data, version, err
}

// Replace implements objects.Store.
func (l *lawless) Replace(ctx context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	if present, there := l.memory.data[key]; there {
		version = present.version
	}
	return l.Store.Replace(ctx, key, data, version)
}

var update = flag.Bool("update", false, "rewrite the stories that show mutations")

// TestBrokenOptimizersAreCaught plays each mutation until a check complains, and the same weeks with the sound optimizer, of which none may.
func TestBrokenOptimizersAreCaught(t *testing.T) {
	t.Parallel()
	const most = 60
	for _, m := range broken() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(most) {
				s := showing(m, seed)
				c := fails(s)
				if c.text == "" {
					continue
				}
				line, _, _ := strings.Cut(c.text, "\n")
				t.Logf("| %s | %d | %s |", m.name, seed+1, line)
				if *update {
					keep(t, strings.ReplaceAll(m.name, " ", "-"), shrink(s))
				}
				s.breaks, s.expect = "", ""
				if c := fails(s); c.text != "" {
					t.Errorf("seed %d: the sound optimizer too: %s", seed, c.text)
				}
				return
			}
			t.Errorf("not caught in %d weeks", most)
		})
	}
}

// showing is a week that may show a mutation.
func showing(m mutation, seed uint64) story {
	s := week(seed)
	s.faults, s.breaks, s.expect = m.faults, m.name, m.expect
	if m.zone != "" {
		s.zone, s.from = m.zone, "2026-03-26 10:00"
	}
	return s
}
