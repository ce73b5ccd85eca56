package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
)

func TestOverrideArguments(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		args string
		want string // what is said of it
	}{
		{"override", "name a resource"},
		{"override i-1", "say running or stopped"},
		{"override i-1 stopped", "needs one end"},
		{"override i-1 stopped --until 2026-12-01 --for 3h", "needs one end"},
		{"override i-1 paused --for 3h", "no state to override with"},
		{"override i-1 stopped --clear", "goes with no state"},
		{"override i-1 --clear --for 3h", "goes with no state"},
		{"override i-1 stopped running --for 3h", "name a resource"},
		{"extend i-1", "how long"},
		{"extend i-1 soon", "no span of time"},
		{"extend i-1 0h", "no span of time"},
		{"extend i-1 -2h", "unknown shorthand"},
	} {
		c, _, said := deaf(time.Now())
		words := strings.Fields(row.args)
		cmd := newOverride(c)
		if words[0] == "extend" {
			cmd = newExtend(c)
		}
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		cmd.SetArgs(words[1:])
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), row.want) || said.Len() > 0 {
			t.Errorf("%s: got %v, want %q", row.args, err, row.want)
		}
	}
}

func TestOverrideEnds(t *testing.T) {
	t.Parallel()
	now := seoul(t, "2026-11-20 20:00")
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		until, lasts string
		zone         *time.Location
		want         string
	}{
		{until: "2026-12-01", zone: now.Location(), want: "stopped until 2026-12-01 00:00"},
		{until: "2026-12-01 09:00", zone: now.Location(), want: "stopped until 2026-12-01 09:00"},
		{until: "2026-12-01T09:00", zone: now.Location(), want: "stopped until 2026-12-01 09:00"},
		{until: "2026-12-01 09:00", zone: newYork, want: "stopped until 2026-12-01 09:00"},
		{until: "2026-12-01T09:00:00+09:00", zone: newYork, want: "stopped until 2026-11-30 19:00"},
		{until: "2026-12-01T09:00:00Z", zone: now.Location(), want: "stopped until 2026-12-01 18:00"},
		{until: "2027-03-14 02:30", zone: newYork, want: "stopped until 2027-03-14 03:00"}, // its clock skips 02:30
		{until: "2026-11-20 20:00", zone: now.Location(), want: "is over"},
		{until: "2026-11-20", zone: now.Location(), want: "is over"},
		{until: "2026-11-20T19:59:59+09:00", zone: newYork, want: "is over"},
		{until: "tomorrow", zone: now.Location(), want: "is no end"},
		{until: "2026-13-01", zone: now.Location(), want: "is no end"},
		{until: "+3h", zone: now.Location(), want: "is no end"},
		{lasts: "3h", zone: now.Location(), want: "stopped until 2026-11-20 23:00"},
		{lasts: "7d", zone: now.Location(), want: "stopped until 2026-11-27 20:00"},
		{lasts: "90m", zone: newYork, want: "stopped until 2026-11-20 07:30"},
		{lasts: "0m", zone: now.Location(), want: "no span of time"},
		{lasts: "-3h", zone: now.Location(), want: "no span of time"},
	} {
		f := overrideFlags{until: row.until, lasts: row.lasts}
		end, _, err := f.end(now, row.zone)
		got, _ := overrideText(fleet.Stopped, end, row.zone)
		if err != nil {
			got = err.Error()
		}
		if got != row.want && (err == nil || !strings.Contains(got, row.want)) {
			t.Errorf("--until %q --for %q in %s: got %q, want %q", row.until, row.lasts, row.zone, got, row.want)
		}
	}
}

// TestOverrideStories writes overrides, and takes them back.
func TestOverrideStories(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	for _, row := range []struct {
		name     string
		resource fleet.Resource
		want     fleet.State
		flags    overrideFlags
		written  []string
		acts     []string
		says     string
	}{
		{
			"a running one is stopped at once", machine("i-1", fleet.Running, "offpeak:schedule=office"), fleet.Stopped,
			overrideFlags{until: "2026-12-01"},
			[]string{"i-1 offpeak:override=stopped until 2026-12-01 00:00"},
			[]string{"stop i-1"},
			"It ends Tue 2026-12-01 00:00 KST, on the clock of Asia/Seoul.",
		},
		{
			"a stopped one stays stopped", machine("i-1", fleet.Stopped, "offpeak:schedule=office"), fleet.Stopped,
			overrideFlags{lasts: "3d"},
			[]string{"i-1 offpeak:override=stopped until 2026-11-23 12:00"},
			nil, "Now: nothing, it is stopped already.",
		},
		{
			"another override is replaced, and that is said", machine("i-1", fleet.Stopped, "offpeak:schedule=office", "offpeak:override=stopped until 2026-12-01"),
			fleet.Running,
			overrideFlags{lasts: "3h"},
			[]string{"i-1 offpeak:override=running until 2026-11-20 15:00"},
			[]string{"start i-1"},
			`It replaces "stopped until 2026-12-01", which is over with that.`,
		},
		{
			"one that is not there is not taken back", machine("i-1", fleet.Stopped, "offpeak:schedule=office", "offpeak:override= "), fleet.StateUnknown,
			overrideFlags{clear: true},
			nil, nil, "i-1 has no override; nothing was written.",
		},
		{
			"one that is taken back leaves an empty tag", machine("i-1", fleet.Stopped, "offpeak:schedule=office", "offpeak:override=stopped until 2026-12-01"),
			fleet.StateUnknown,
			overrideFlags{clear: true},
			[]string{"i-1 offpeak:override="},
			nil, "An empty override is none",
		},
	} {
		e := newExtending(seoul(t, "2026-11-20 12:00"), true, row.resource)
		c, out, _ := deaf(e.now)
		f := row.flags
		f.ownerFlags = ownerFlags{console: c, yes: true}
		if err := f.override(t.Context(), e.site, p, "i-1", row.want); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if diff := cmp.Diff(row.written, e.reach.written) + cmp.Diff(row.acts, e.reach.acts); diff != "" {
			t.Errorf("%s: tags and acts (-want +got)\n%s", row.name, diff)
		}
		if !strings.Contains(out.String(), row.says) {
			t.Errorf("%s: it does not say %q:\n%s", row.name, row.says, out)
		}
	}
}

// TestOverrideTakenBackActsByTheSchedule overrides for the day, takes it back, and sees the schedule hold again at once, because what was
// overridden is remembered.
func TestOverrideTakenBackActsByTheSchedule(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	e := newExtending(seoul(t, "2026-11-20 12:00"), true, machine("i-1", fleet.Running, "offpeak:schedule=office"))
	c, _, _ := deaf(e.now)
	stop := overrideFlags{ownerFlags: ownerFlags{console: c, yes: true}, until: "2026-12-01"}
	if err := stop.override(t.Context(), e.site, p, "i-1", fleet.Stopped); err != nil {
		t.Fatal(err)
	}
	e.now = e.now.Add(time.Hour)
	e.reach.now, e.reach.acts = e.now, nil
	e.reach.resources = []fleet.Resource{machine("i-1", fleet.Stopped, "offpeak:schedule=office", "offpeak:override=stopped until 2026-12-01 00:00")}
	c, out, _ := deaf(e.now)
	back := overrideFlags{ownerFlags: ownerFlags{console: c, yes: true}, clear: true}
	if err := back.override(t.Context(), e.site, p, "i-1", fleet.StateUnknown); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"start i-1"}, e.reach.acts); diff != "" {
		t.Errorf("acts (-want +got)\n%s\n%s", diff, out)
	}
}

// TestOverrideOfAHeldScope leaves what somebody else looks after at the moment.
func TestOverrideOfAHeldScope(t *testing.T) {
	t.Parallel()
	p := loadPushPolicy(t, pushPolicy)
	e := newExtending(seoul(t, "2026-11-20 20:00"), true,
		machine("i-1", fleet.Stopped, "offpeak:schedule=office"), machine("i-2", fleet.Stopped, "offpeak:schedule=office"))
	if _, err := e.extend(t, p, true, false, "i-2"); err != nil {
		t.Fatal(err)
	}
	states := optimizer.States{Store: e.site.store}
	state, err := states.Load(t.Context(), e.reach.resources[0].Scope)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := states.Acquire(t.Context(), state, "somebody", e.now, time.Hour); err != nil {
		t.Fatal(err)
	}
	e.reach.acts, e.reach.written = nil, nil
	out, err := e.extend(t, p, true, false, "i-1")
	if err != nil || !strings.Contains(out, "Somebody else looks after 111122223333/ap-northeast-2") || len(e.reach.acts) > 0 || len(e.reach.written) != 1 {
		t.Errorf("%v, wrote %q, did %q, said\n%s", err, e.reach.written, e.reach.acts, out)
	}
}
