package simulation_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/plan"
	"offpeak/internal/simulation"
)

// TestADumpTellsHowThingsLaunch writes a world in which something of everything moves as the CLI would print it, and reads it back.
func TestADumpTellsHowThingsLaunch(t *testing.T) {
	t.Parallel()
	web, mix := group("web", fleet.Size{Max: 20, Desired: 4}), mixed("mix", 3, simulation.Mix{Base: 1, SpotPercent: 50, Types: []string{"m5.large", "m5a.large"}})
	old := group("old", fleet.Size{Max: 2, Desired: 1})
	old.Launch = &fleet.Launch{Configuration: "old-3", Suspended: []string{"AZRebalance"}, Targets: []fleet.Target{{ARN: "classic-1", Kind: "classic"}}}
	old.Volumes = nil // what a launch configuration makes of them is not listed
	box := machineOf(fleet.SpotPersistent)
	box.Volumes[1].Stays = true
	api, spots := service("api", 2), service("spots", 4)
	spots.Launch = &fleet.Launch{Providers: providers(1, 1, 1).Providers, MinHealthy: 50, MaxHealthy: 150}
	w := moving(t, []simulation.Spec{web, mix, old, box, api, spots})
	from := bought(t, w, web.ARN)
	if err := act(t, w, action(web, moveOf(from, onto(from, 1, 0), plan.ByRefresh))); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"2026-11-16 00:20", "2026-11-16 01:00", "2026-11-16 09:00"} {
		w.Advance(at(when))
		files, err := w.Dump(scope)
		if err != nil {
			t.Fatal(err)
		}
		var sources []local.Source
		for name, data := range files {
			sources = append(sources, local.Source{Name: name, Reader: bytes.NewReader(data)})
		}
		got, err := local.ReadInventory(sources, local.Options{Account: scope.Account, Region: scope.Region, Taken: w.Now(), Launch: true})
		if err != nil {
			t.Fatal(err)
		}
		want, err := w.Snapshot(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plainly(entire(got.Resources)), plainly(listable(slices.Clone(want.Resources)))); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
	}
}

// plainly leaves out what takes looks of their own.
func plainly(resources []fleet.Resource) []fleet.Resource {
	for i := range resources {
		l := *resources[i].Launch
		l.Seen, l.Offered = nil, nil
		resources[i].Launch = &l
	}
	return resources
}

// TestLaunchesLag: how things launch is seen no sooner than what they are.
func TestLaunchesLag(t *testing.T) {
	t.Parallel()
	s := group("web", fleet.Size{Max: 20, Desired: 2})
	w := simulation.New(3, at("2026-11-16 00:00"), simulation.Faults{Lag: 30 * time.Second})
	w.Launches = true
	if err := w.Add(s); err != nil {
		t.Fatal(err)
	}
	from := bought(t, w, s.ARN)
	if err := act(t, w, action(s, moveOf(from, onto(from, 1, 0), plan.ByWriting))); err != nil {
		t.Fatal(err)
	}
	seen, err := w.Snapshot(t.Context(), scope)
	if err != nil || seen.Resources[0].Launch.Mix != nil || bought(t, w, s.ARN).Mix == nil {
		t.Errorf("at once: %+v, %v", seen.Resources, err)
	}
	w.Advance(w.Now().Add(time.Minute))
	if seen, err = w.Snapshot(t.Context(), scope); err != nil || seen.Resources[0].Launch.Mix == nil {
		t.Errorf("a minute later: %+v, %v", seen.Resources, err)
	}
}
