package optimizer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

var _ optimizer.Witness = (*witnessed)(nil)

// witnessed is a world of which one can find out since when groups are as they are.
type witnessed struct {
	*world
	since  map[fleet.ARN]time.Time
	broken error
	asked  [][]string
}

// Snapshot implements optimizer.Inventory. It shows the world's own records.
func (w *witnessed) Snapshot(context.Context, fleet.Scope) (fleet.Snapshot, error) {
	return fleet.Snapshot{Taken: w.now, Resources: w.resources}, nil
}

// Since implements optimizer.Witness.
func (w *witnessed) Since(_ context.Context, _ fleet.Scope, resources []fleet.Resource) (map[fleet.ARN]time.Time, error) {
	var ids []string
	for _, r := range resources {
		ids = append(ids, r.ID)
	}
	w.asked = append(w.asked, ids)
	return w.since, w.broken
}

func (w *witnessed) optimizer() *optimizer.Optimizer {
	o := w.world.optimizer("worker")
	o.Inventory = w
	return o
}

func (w *witnessed) sweep(t *testing.T, when string) optimizer.Outcome {
	t.Helper()
	w.now = at(when)
	out, err := w.optimizer().Sweep(t.Context(), here)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	return out
}

// forgetful plans without memory, and counts how often.
type forgetful struct {
	planner
	plans *int
}

func (p forgetful) Plan(ctx context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	*p.plans++
	made, _, err := p.planner.Plan(ctx, s, nil, now)
	return made, memory, err
}

// said is what a plan says of the group.
func said(p *plan.Plan) string {
	for _, a := range p.Actions {
		if a.Subject.ID == "web" {
			return "acts"
		}
	}
	for _, r := range p.Refusals {
		if r.Subject.ID == "web" {
			return string(r.Code)
		}
	}
	for _, i := range p.Idle {
		if i.Subject.ID == "web" {
			return string(i.Code)
		}
	}
	return ""
}

// TestWhatIsInDoubtIsAskedFor: groups alone, when the answer decides, and at most once; what is not answered leaves the plan as it was.
func TestWhatIsInDoubtIsAskedFor(t *testing.T) {
	t.Parallel()
	before, after := map[fleet.ARN]time.Time{"arn:web": at("2026-11-16 08:30")}, map[fleet.ARN]time.Time{"arn:web": at("2026-11-20 20:15")}
	late, broken := "2026-11-20 21:00", errors.New("not allowed")
	cases := map[string]struct {
		when      string
		forgetful bool
		since     map[fleet.ARN]time.Time
		broken    error
		want      string
		asked     int
	}{
		"no edge":                                  {"2026-11-20 19:00", false, before, nil, "", 0},
		"at its edge":                              {"2026-11-20 19:31", false, before, nil, "acts", 0},
		"fifteen minutes after it":                 {"2026-11-20 19:45", false, before, nil, "acts", 0},
		"late, as it is since before the edge":     {late, false, before, nil, "acts", 1},
		"late, as it is since after the edge":      {late, false, after, nil, "left-alone", 1},
		"late, and nobody knows":                   {late, false, nil, nil, "acts", 1},
		"late, and nobody may ask":                 {late, false, nil, broken, "acts", 1},
		"late, and told beside an error":           {late, false, after, broken, "left-alone", 1},
		"refused, and it is so since before":       {late, true, before, nil, "acts", 1},
		"refused, and it is so since after":        {late, true, after, nil, "left-alone", 1},
		"refused, and nobody knows":                {late, true, map[fleet.ARN]time.Time{"arn:web": {}}, nil, "since-unknown", 1},
		"refused, and nobody may ask":              {late, true, nil, broken, "since-unknown", 1},
		"refused, and the answer is about another": {late, true, map[fleet.ARN]time.Time{"arn:db": at("2026-11-16 08:30")}, nil, "since-unknown", 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &witnessed{world: newWorld(t), since: c.since, broken: c.broken}
			w.sweep(t, "2026-11-20 12:00")
			w.now = at(c.when)
			o, plans := w.optimizer(), 0
			if c.forgetful {
				o.Planner = forgetful{o.Planner.(planner), &plans}
			}
			made, err := o.Preview(t.Context(), here)
			if err != nil {
				t.Fatal(err)
			}
			if got := said(&made); got != c.want || len(w.asked) != c.asked {
				t.Errorf("preview: got %q after asking %v, want %q after asking %d times", got, w.asked, c.want, c.asked)
			}
			out, err := o.Sweep(t.Context(), here)
			if err != nil {
				t.Fatal(err)
			}
			if got := said(&out.Plan); got != c.want || len(w.asked) != 2*c.asked {
				t.Errorf("sweep: got %q after asking %v, want %q", got, w.asked, c.want)
			}
			for _, ids := range w.asked {
				if !slices.Equal(ids, []string{"web"}) {
					t.Errorf("asked for %v, want the group alone", ids)
				}
			}
			if plans > 4 {
				t.Errorf("planned %d times for a preview and a sweep", plans)
			}
			if unchecked := strings.Join(out.Plan.NotChecked, ""); strings.Contains(unchecked, "not allowed") != (c.broken != nil) {
				t.Errorf("the plan says it could not check %q", unchecked)
			}
			if kept := w.resources[slices.IndexFunc(w.resources, func(r fleet.Resource) bool { return r.ID == "web" })]; !kept.Since.IsZero() {
				t.Errorf("the inventory's own record was changed: since %s", kept.Since)
			}
		})
	}
}

// TestADoubtIsSettledOnce: what was left, or done, is not asked for by the sweeps after it, nor is what AWS refuses again and again.
func TestADoubtIsSettledOnce(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]string{"left": "2026-11-20 20:15", "done": "2026-11-16 08:30", "refused": "2026-11-16 08:30"} {
		w := &witnessed{world: newWorld(t), since: map[fleet.ARN]time.Time{"arn:web": at(since)}}
		if name == "refused" {
			w.refuse["web"] = errors.New("not now")
		}
		w.sweep(t, "2026-11-20 12:00")
		for _, when := range []string{"2026-11-20 21:00", "2026-11-20 21:05", "2026-11-20 21:30", "2026-11-20 23:00"} {
			w.sweep(t, when)
		}
		if len(w.asked) != 1 {
			t.Errorf("%s: asked %v, want once", name, w.asked)
		}
	}
}

// TestACancelledQuestionEndsTheSweep before anything is done.
func TestACancelledQuestionEndsTheSweep(t *testing.T) {
	t.Parallel()
	w := &cancelling{witnessed: witnessed{world: newWorld(t)}}
	w.sweep(t, "2026-11-20 12:00")
	w.now = at("2026-11-20 21:00")
	o := w.optimizer()
	o.Inventory = w
	ctx, cancel := context.WithCancel(t.Context())
	w.cancel = cancel
	if _, err := o.Sweep(ctx, here); !errors.Is(err, context.Canceled) || len(w.changes) > 0 {
		t.Errorf("got %v, and %v was changed", err, w.changes)
	}
}

// cancelling is asked in the instant in which its sweep is called off.
type cancelling struct {
	witnessed
	cancel context.CancelFunc
}

func (c *cancelling) Since(ctx context.Context, _ fleet.Scope, _ []fleet.Resource) (map[fleet.ARN]time.Time, error) {
	c.cancel()
	return nil, ctx.Err()
}
