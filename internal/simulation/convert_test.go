package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// machineOf is an instance with a root volume, a data volume, an address and a user.
func machineOf(l fleet.Lifecycle) simulation.Spec {
	s := spot("i-1", l)
	s.Tags = fleet.NewTags(fleet.Tag{Key: "Name", Value: "dev box"}, fleet.Tag{Key: "offpeak:spot", Value: "yes"})
	s.Volumes = []simulation.Volume{{ID: "vol-root", Type: "gp3", GB: 30}, {ID: "vol-data", Type: "gp3", GB: 100}}
	s.Addresses = []simulation.Address{{ID: "eipalloc-1", IP: "198.18.0.1"}}
	return s
}

func convertTo(s simulation.Spec, to fleet.Lifecycle) plan.Action {
	return action(s, plan.Move{From: fleet.Purchase{Lifecycle: s.Lifecycle}, To: fleet.Purchase{Lifecycle: to}, Way: plan.ByConverting})
}

// born is what came into the world after it began.
func born(t *testing.T, w *simulation.World, known int) []fleet.Resource {
	t.Helper()
	var all []fleet.Resource
	for _, arn := range w.Resources()[known:] {
		r, ok := w.Truth(arn)
		if !ok {
			t.Fatalf("%s is listed and not known", arn)
		}
		all = append(all, r)
	}
	return all
}

func TestAConversionKeepsInterfaceAndVolumes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		from, to fleet.Lifecycle
		at       string
		got      fleet.Lifecycle
		noted    bool
	}{
		{"to Spot", fleet.OnDemand, fleet.SpotPersistent, "2026-11-16 10:00", fleet.SpotPersistent, false},
		{"and back", fleet.SpotPersistent, fleet.OnDemand, "2026-11-16 10:00", fleet.OnDemand, false},
		{"to Spot, which has no place", fleet.OnDemand, fleet.SpotPersistent, "2026-11-17 12:30", fleet.OnDemand, true},
	} {
		s := machineOf(row.from)
		w := moving(t, []simulation.Spec{s}, pool)
		v := witnessed(w)
		w.Advance(at(row.at))
		before, _ := w.Truth(s.ARN)
		a := convertTo(s, row.to)
		begun := w.Now()
		if err := act(t, w, a); err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		took := w.Now().Sub(begun)
		old, _ := w.Truth(s.ARN)
		made := born(t, w, 1)
		if len(made) != 1 || old.State != fleet.Gone || took < 2*time.Minute || took > 12*time.Minute {
			t.Fatalf("%s: took %s, the old one is %s, new ones %v", row.name, took, old.Status, made)
		}
		now := made[0]
		if now.State != fleet.Running || now.Lifecycle != row.got || now.ID == s.ID || now.ARN == s.ARN || now.Type != s.Type || now.Product != s.Product ||
			fmt.Sprint(now.Tags) != fmt.Sprint(s.Tags) {
			t.Errorf("%s: %+v", row.name, now)
		}
		if a, b := now.Launch.Interfaces, before.Launch.Interfaces; a[0].ID != b[0].ID || a[0].Public != b[0].Public || !a[0].Kept {
			t.Errorf("%s: interface %+v, was %+v", row.name, a, b)
		}
		if a := now.Launch.Volumes; len(a) != 2 || a[0].ID != "vol-data" || !a[0].Kept || a[1].ID == "vol-root" || !a[1].Root {
			t.Errorf("%s: volumes %+v", row.name, a)
		}
		if notes := w.Notes(a.ID); (len(notes) == 1) != row.noted || len(w.Notes(a.ID)) != 0 {
			t.Errorf("%s: notes %q", row.name, notes)
		}
		if seen, err := w.Snapshot(t.Context(), scope); err != nil || len(seen.Resources) != 2 {
			t.Errorf("%s: %d are shown, %v", row.name, len(seen.Resources), err)
		}
		w.Advance(w.Now().Add(2 * time.Hour))
		if seen, err := w.Snapshot(t.Context(), scope); err != nil || len(seen.Resources) != 1 || len(born(t, w, 1)) != 1 {
			t.Errorf("%s: two hours later %d are shown, %v", row.name, len(seen.Resources), err)
		}
		if row.name == "to Spot" {
			heldOnce(t, w, begun)
		}
		for _, text := range v.complaints() {
			if !strings.Contains(text, " held ") { // what is held passes from one to the other: heldOnce
				t.Errorf("%s: %s", row.name, text)
			}
		}
	}
}

// heldOnce: the data volume and the address are charged all the time and never twice, the first root volume until its instance ended.
func heldOnce(t *testing.T, w *simulation.World, begun time.Time) {
	t.Helper()
	held := map[string]time.Duration{}
	end := map[string]time.Time{}
	for _, arn := range w.Resources() {
		for _, h := range w.Holdings(arn) {
			held[h.ID] += h.To.Sub(h.From)
			if h.To.After(end[h.ID]) {
				end[h.ID] = h.To
			}
		}
	}
	all := w.Now().Sub(at("2026-11-16 00:00"))
	if held["vol-data"] != all || held["eipalloc-1"] != all || held["vol-root"] >= all || end["vol-root"].Before(begun) {
		t.Errorf("of %s: data %s, address %s, root %s", all, held["vol-data"], held["eipalloc-1"], held["vol-root"])
	}
	snapshots := 0
	for id := range held {
		if strings.HasPrefix(id, "snap-") {
			snapshots++
		}
	}
	if snapshots != 1 { // of the root volume alone

		t.Errorf("%d snapshots: %v", snapshots, held)
	}
}

// TestAConversionSurvivesEveryCall kills the process at each call, carried out or not, and tries again: in the end there is one instance on the
// interface, with its data, and nothing else.
func TestAConversionSurvivesEveryCall(t *testing.T) {
	t.Parallel()
	for _, to := range []fleet.Lifecycle{fleet.SpotPersistent, fleet.OnDemand} {
		finished := false
		for calls := 0; !finished; calls++ {
			if calls > 200 {
				t.Fatal("it takes more than 200 calls")
			}
			for _, late := range []bool{false, true} {
				s := machineOf(map[fleet.Lifecycle]fleet.Lifecycle{fleet.SpotPersistent: fleet.OnDemand, fleet.OnDemand: fleet.SpotPersistent}[to])
				w := moving(t, []simulation.Spec{s})
				network := func() string { r, _ := w.Truth(s.ARN); return r.Launch.Interfaces[0].ID }()
				w.KillAfter(calls, late)
				err := act(t, w, convertTo(s, to))
				finished = err == nil
				w.Revive()
				if err != nil && !errors.Is(err, simulation.ErrKilled) {
					t.Fatalf("killed after %d: %v", calls, err)
				}
				if err := act(t, w, convertTo(s, to)); err != nil {
					t.Fatalf("to %s, killed after %d calls (late %t): once more: %v", to, calls, late, err)
				}
				w.Advance(w.Now().Add(time.Hour))
				made := born(t, w, 1)
				if len(made) != 1 || made[0].Lifecycle != to || made[0].State != fleet.Running || made[0].Launch.Interfaces[0].ID != network || len(made[0].Launch.Volumes) != 2 {
					t.Fatalf("to %s, killed after %d calls (late %t): %+v", to, calls, late, made)
				}
			}
		}
	}
}

// TestItsPeopleGoOn: who used the instance uses the one that took its place, and sets out to do the same as if nothing had happened.
func TestItsPeopleGoOn(t *testing.T) {
	t.Parallel()
	s := machineOf(fleet.OnDemand)
	s.Zone, s.Habits = seoul, []simulation.Habit{simulation.OfficeUser{Arrives: 9 * time.Hour, Leaves: 19 * time.Hour}}
	w, twin := moving(t, []simulation.Spec{s}), moving(t, []simulation.Spec{s})
	w.Advance(at("2026-11-16 23:58")) // it is off, and midnight comes while nobody is there
	if err := act(t, w, convertTo(s, fleet.SpotPersistent)); err != nil {
		t.Fatal(err)
	}
	arn := born(t, w, 1)[0].ARN
	w.Advance(at("2026-11-20 12:00"))
	twin.Advance(at("2026-11-20 12:00"))
	if w.Deeds() != twin.Deeds() {
		t.Error("people set out to do other things because of a conversion")
	}
	if runs := w.Runs(arn); len(runs) != 4 || runs[3].From.In(seoul).Hour() > 9 {
		t.Errorf("it ran %+v", runs)
	}
}

// TestTrapsOfEC2 are what a protocol must not step into.
func TestTrapsOfEC2(t *testing.T) {
	t.Parallel()
	type step func(ctx context.Context, w *simulation.World, c simulation.EC2) error
	image := func(ctx context.Context, w *simulation.World, c simulation.EC2) (string, error) {
		id, err := c.CreateImage(ctx, "i-1", "copy")
		w.Advance(w.Now().Add(10 * time.Minute))
		return id, err
	}
	for _, row := range []struct {
		name string
		from fleet.Lifecycle
		step step
		want error
		left int // instances that are there three hours later
	}{
		{"a persistent request that was not cancelled launches another one", fleet.SpotPersistent, func(ctx context.Context, _ *simulation.World, c simulation.EC2) error {
			return c.TerminateInstances(ctx, "i-1")
		}, nil, 1},
		{"a cancelled one does not", fleet.SpotPersistent, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			r, _ := w.Truth("arn:aws:ec2:ap-northeast-2:111111111111:instance/i-1")
			return errors.Join(c.CancelSpotInstanceRequests(ctx, r.Launch.Request), c.TerminateInstances(ctx, "i-1"))
		}, nil, 0},
		{"to cancel a request terminates what is stopped", fleet.SpotPersistent, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			r, _ := w.Truth("arn:aws:ec2:ap-northeast-2:111111111111:instance/i-1")
			err := c.StopInstances(ctx, "i-1")
			w.Advance(w.Now().Add(10 * time.Minute))
			return errors.Join(err, c.CancelSpotInstanceRequests(ctx, r.Launch.Request))
		}, nil, 0},
		{"an interface in use is not another's", fleet.OnDemand, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			id, err := image(ctx, w, c)
			r, _ := w.Truth("arn:aws:ec2:ap-northeast-2:111111111111:instance/i-1")
			_, again := c.RunInstances(ctx, simulation.Order{Image: id, Type: "m5.large", Interface: r.Launch.Interfaces[0].ID})
			return errors.Join(err, again)
		}, simulation.ErrState, 1},
		{"an interface that was not kept is gone", fleet.OnDemand, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			id, err := image(ctx, w, c)
			r, _ := w.Truth("arn:aws:ec2:ap-northeast-2:111111111111:instance/i-1")
			ended := c.TerminateInstances(ctx, "i-1")
			w.Advance(w.Now().Add(5 * time.Minute))
			_, again := c.RunInstances(ctx, simulation.Order{Image: id, Type: "m5.large", Interface: r.Launch.Interfaces[0].ID})
			return errors.Join(err, ended, again)
		}, simulation.ErrGone, 0},
		{"an image is not ready at once", fleet.OnDemand, func(ctx context.Context, _ *simulation.World, c simulation.EC2) error {
			id, err := c.CreateImage(ctx, "i-1", "copy")
			_, again := c.RunInstances(ctx, simulation.Order{Image: id, Type: "m5.large"})
			return errors.Join(err, again)
		}, simulation.ErrState, 1},
		{"a name has one image", fleet.OnDemand, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			_, err := image(ctx, w, c)
			_, again := image(ctx, w, c)
			return errors.Join(err, again)
		}, simulation.ErrTaken, 1},
		{"an order is carried out once", fleet.OnDemand, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			id, err := image(ctx, w, c)
			order := simulation.Order{Token: "t", Image: id, Type: "m5.large"}
			one, first := c.RunInstances(ctx, order)
			other, second := c.RunInstances(ctx, order)
			if one != other || one == "" {
				return fmt.Errorf("%s and %s", one, other)
			}
			return errors.Join(err, first, second)
		}, nil, 2},
		{"no capacity in the pool", fleet.OnDemand, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			id, err := image(ctx, w, c)
			w.Advance(at("2026-11-17 12:30"))
			_, again := c.RunInstances(ctx, simulation.Order{Image: id, Type: "m5.large", Lifecycle: fleet.SpotPersistent})
			return errors.Join(err, again)
		}, simulation.ErrCapacity, 1},
		{"no quota", fleet.OnDemand, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			id, err := image(ctx, w, c)
			w.SpotQuota = map[fleet.Scope]int{scope: 1}
			_, again := c.RunInstances(ctx, simulation.Order{Image: id, Type: "m5.large", Lifecycle: fleet.SpotPersistent})
			return errors.Join(err, again)
		}, simulation.ErrQuota, 1},
		{"a volume in use is not another's", fleet.OnDemand, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			id, err := image(ctx, w, c)
			made, run := c.RunInstances(ctx, simulation.Order{Image: id, Type: "m5.large", NoDevices: []string{"/dev/sdf"}})
			w.Advance(w.Now().Add(5 * time.Minute))
			return errors.Join(err, run, c.AttachVolume(ctx, "vol-data", made))
		}, simulation.ErrState, 2},
		{"an image that was deleted launches nothing", fleet.OnDemand, func(ctx context.Context, w *simulation.World, c simulation.EC2) error {
			id, err := image(ctx, w, c)
			gone := c.DeregisterImage(ctx, id)
			_, again := c.RunInstances(ctx, simulation.Order{Image: id, Type: "m5.large"})
			return errors.Join(err, gone, again)
		}, simulation.ErrGone, 1},
		{"who is protected against it is not terminated", fleet.OnDemand, func(ctx context.Context, _ *simulation.World, c simulation.EC2) error {
			return errors.Join(c.ModifyTermination(ctx, "i-1", true), c.TerminateInstances(ctx, "i-1"))
		}, simulation.ErrProtected, 1},
		{"there is no such device", fleet.OnDemand, func(ctx context.Context, _ *simulation.World, c simulation.EC2) error {
			return c.ModifyInstanceAttribute(ctx, "i-1", map[string]bool{"/dev/sdz": false})
		}, simulation.ErrUnfit, 1},
		{"there is no such instance", fleet.OnDemand, func(ctx context.Context, _ *simulation.World, c simulation.EC2) error {
			return c.StopInstances(ctx, "i-2")
		}, simulation.ErrGone, 1},
	} {
		w := moving(t, []simulation.Spec{machineOf(row.from)}, pool)
		w.Advance(at("2026-11-16 10:00"))
		err := row.step(t.Context(), w, w.EC2(scope, "act"))
		if !errors.Is(err, row.want) || row.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", row.name, err, row.want)
		}
		w.Advance(w.Now().Add(3 * time.Hour))
		left := 0
		for _, arn := range w.Resources() {
			if r, _ := w.Truth(arn); r.State != fleet.Gone {
				left++
			}
		}
		if left != row.left {
			t.Errorf("%s: %d instances are left, want %d", row.name, left, row.left)
		}
	}
}

func TestConversionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		edit func(*simulation.Spec, *plan.Action)
		want error
	}{
		{"somebody else has converted it", func(_ *simulation.Spec, a *plan.Action) {
			a.Change = plan.Move{From: fleet.Purchase{Lifecycle: fleet.SpotPersistent}, To: fleet.Purchase{Lifecycle: fleet.SpotOneTime}, Way: plan.ByConverting}
		}, simulation.ErrState},
		{"to a one-time request", func(_ *simulation.Spec, a *plan.Action) {
			a.Change = plan.Move{To: fleet.Purchase{Lifecycle: fleet.SpotOneTime}, Way: plan.ByConverting}
		}, simulation.ErrUnfit},
		{"denied", func(s *simulation.Spec, _ *plan.Action) { s.Denied = true }, simulation.ErrDenied},
		{"protected against stops", func(s *simulation.Spec, _ *plan.Action) { s.Protected = true }, simulation.ErrProtected},
		{"so already", func(_ *simulation.Spec, a *plan.Action) {
			a.Change = plan.Move{From: fleet.Purchase{Lifecycle: fleet.SpotPersistent}, Way: plan.ByConverting}
		}, nil},
		{"made elsewhere", nil, errElsewhere},
	} {
		s := machineOf(fleet.OnDemand)
		a := convertTo(s, fleet.SpotPersistent)
		if row.edit != nil {
			row.edit(&s, &a)
		}
		w := moving(t, []simulation.Spec{s})
		if row.edit == nil {
			w.Convert = func(context.Context, plan.Action) error { return errElsewhere }
		}
		err := act(t, w, a)
		if r, _ := w.Truth(s.ARN); !errors.Is(err, row.want) || row.want == nil && err != nil || r.State != fleet.Running || len(w.Resources()) != 1 {
			t.Errorf("%s: got %v, want %v; it is %s", row.name, err, row.want, r.Status)
		}
	}
}

var errElsewhere = errors.New("by a protocol")
