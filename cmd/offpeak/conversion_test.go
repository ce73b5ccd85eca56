package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/scheduler"
)

const convertedInstance fleet.ARN = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-1"

// converting is a dormitory after sweeps, in which AutoSpot has begun to convert i-1.
func converting(t *testing.T, instants ...string) *dormitory {
	t.Helper()
	d := newDormitory(bed(devHome, fleet.EC2Instance, "i-1", office, "Name=dev-api"), bed(devHome, fleet.EC2Instance, "i-2", office, "Name=dev-web"))
	d.resource("i-1").ARN = convertedInstance
	d.sweep(t, devHome, instants...)
	states := optimizer.States{Store: d.store}
	state, err := states.Load(t.Context(), devHome)
	if err != nil {
		t.Fatal(err)
	}
	held, err := states.Acquire(t.Context(), state, "autospot", d.now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	memory := held.Memory.Clone()
	memory.Spot[convertedInstance] = fleet.Moved{Act: "act-1", At: d.now, Applied: true, Stage: fleet.Moving, Since: d.now}
	if _, err := states.Release(t.Context(), held, &memory, time.Time{}, d.now); err != nil {
		t.Fatal(err)
	}
	record := fmt.Sprintf(`{"format":"offpeak-conversion/1","scope":{"account":%q,"region":%q},"arn":%q,"record":{"interface":"eni-1","name":"act-1","old":{"id":"i-1"},"begun":%q},"state":"under-way"}`,
		devHome.Account, devHome.Region, convertedInstance, d.now.UTC().Format(time.RFC3339))
	if _, err := d.store.Create(t.Context(), "conversions/111122223333/ap-northeast-2/eni-1.json", []byte(record)); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestPlansLeaveAConversionAlone: what a person is shown of AWS is what the worker would do, and it leaves what is being converted to AutoSpot.
func TestPlansLeaveAConversionAlone(t *testing.T) {
	t.Parallel()
	d, p := converting(t, "2026-11-20 12:00"), dormitoryRules(t)
	d.now = inSeoul("2026-11-20 19:35")
	seen := sight{policy: p, site: d.site(), now: d.now}
	var err error
	if seen.snapshot, err = d.Look(t.Context(), p, devHome, false); err != nil {
		t.Fatal(err)
	}
	if seen.memory, err = seen.site.memory(t.Context(), []fleet.Scope{devHome}); err != nil {
		t.Fatal(err)
	}
	made, _, err := seen.plan(scheduler.Options{Now: d.now, Forecast: lookAhead, Idle: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Actions) != 1 || made.Actions[0].Subject.ID != "i-2" {
		t.Errorf("planned: %+v", made.Actions)
	}
	if slices.ContainsFunc(made.Forecast, func(a plan.Action) bool { return a.Subject.ID == "i-1" }) {
		t.Error("its next edges are foreseen, of an instance that will be gone")
	}
	if len(made.Refusals) != 1 || made.Refusals[0].Code != plan.Converting || made.Refusals[0].Subject.ID != "i-1" {
		t.Errorf("refused: %+v", made.Refusals)
	}
	if text := statusText(t, d, ""); !strings.Contains(text, "i-1 dev-api  instance  converting: AutoSpot replaces it") || strings.Contains(text, "stop  i-1") {
		t.Errorf("status says\n%s", text)
	}
}

// TestWhatIsConvertedAsleepIsNotGone: between the old instance's end and the new one's launch there is none, and nobody took it away.
func TestWhatIsConvertedAsleepIsNotGone(t *testing.T) {
	t.Parallel()
	d := converting(t, "2026-11-20 12:00", "2026-11-20 19:35", "2026-11-20 19:40")
	d.resources = slices.DeleteFunc(d.resources, func(r fleet.Resource) bool { return r.ID == "i-1" })
	d.now = inSeoul("2026-11-20 19:45")
	text := statusText(t, d, "")
	if !strings.Contains(text, "2 asleep") || !strings.Contains(text, "AutoSpot replaces it") || strings.Contains(text, "its tag was taken away") {
		t.Errorf("status says\n%s", text)
	}
}
