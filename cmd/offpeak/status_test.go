package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

// friday is a dormitory on Friday evening: everything went to sleep at 19:30 but what AWS refuses, and a person woke one up.
func friday(t *testing.T) *dormitory {
	t.Helper()
	d := newDormitory(
		bed(devHome, fleet.EC2Instance, "i-1", office, "Name=dev-api"),
		bed(devHome, fleet.EC2Instance, "i-2", late, "Name=dev-batch"),
		bed(devHome, fleet.EC2Instance, "i-3", office, "Name=dev-lazy"),
		bed(devHome, fleet.EC2Instance, "i-4", office, "offpeak:override=running until 2026-11-21 02:00"),
		bed(devHome, fleet.AutoScalingGroup, "web", office),
		bed(devHome, fleet.RDSInstance, "orders", office),
		bed(devHome, fleet.EC2Instance, "i-5", "offpeak:schedule=ignore"),
	)
	d.refuse["i-3"] = refusal(failure.Unreachable, "StopInstances: no answer for i-3")
	d.sweep(t, devHome, "2026-11-20 12:00", "2026-11-20 19:35", "2026-11-20 19:40")
	batch := d.resource("i-2")
	batch.State, batch.Since = fleet.Running, inSeoul("2026-11-20 20:30")
	d.now = inSeoul("2026-11-20 21:00")
	return d
}

func statusText(t *testing.T, d *dormitory, selected string) string {
	t.Helper()
	c, out, _ := terminal(d.now)
	s, err := parseSelector(selected)
	if err != nil {
		t.Fatal(err)
	}
	err = showStatus(t.Context(), c, d.site(), dormitoryRules(t), statusQuery{selected: s, output: "table"})
	if outcome, ok := errors.AsType[exit](err); err != nil && (!ok || outcome != exitFailed) {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(out.String(), "\n") // the head names the policy's hash
	return text
}

func TestStatusOfFridayEvening(t *testing.T) {
	t.Parallel()
	const want = `
111122223333  ap-northeast-2  dev
  i-1 dev-api  instance  m5.large      since Fri 2026-11-20 19:40 KST  until Mon 2026-11-23 08:30 KST  0.1180 USD/h   office closed Fri 2026-11-20 19:30 KST
  web          group     2/6/3         since Fri 2026-11-20 19:40 KST  until Mon 2026-11-23 08:30 KST  0.3540 USD/h   office closed Fri 2026-11-20 19:30 KST
  orders       database  db.r6g.large  since Fri 2026-11-20 19:40 KST  until Mon 2026-11-23 08:30 KST  price unknown  office closed Fri 2026-11-20 19:30 KST

On although the schedule says stopped

111122223333  ap-northeast-2  dev
  i-2 dev-batch  instance  left-alone: running by a person since Fri 2026-11-20 20:30 KST; left until Fri 2026-11-20 23:30 KST (stop_after 3h)
  i-4            instance  as-wanted: running as its owner's override asks until Sat 2026-11-21 02:00 KST

Due, being tried, or failing

111122223333  ap-northeast-2  dev
  stop  i-3 dev-lazy  instance  edge Fri 2026-11-20 19:30 KST  tried 2 times  AWS has not accepted it yet; Fri 2026-11-20 19:40 KST: StopInstances: no answer for i-3

6 opted-in resources, 3 asleep, 2 on although closed, 1 waiting, 0 off by others. Not spent: 0.4720 USD/hour. No price is known for 1 of what is asleep.
`
	if diff := cmp.Diff(want, statusText(t, friday(t), "")); diff != "" {
		t.Error(diff)
	}
}

func TestStatusSaysWhatItMustNotHide(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		change   func(*testing.T, *dormitory)
		selected string
		want     []string
		not      []string
	}{
		{"a selector chooses lines", func(*testing.T, *dormitory) {}, "kind=rds-instance", []string{"orders", "1 opted-in resource, 1 asleep"}, []string{"i-1", "web", "i-2"}},
		{"without memory nothing is known to be asleep", func(_ *testing.T, d *dormitory) {
			d.store = newDormitory().store
		}, "", []string{"Nothing that is known to be held off", "Nothing is remembered of 111122223333/ap-northeast-2 in s3://hub", "--hub s3://BUCKET", "0 asleep", "0 waiting", "3 off by others"}, []string{"0.1180"}},
		{"memory that is lost is made out of the ledger", func(t *testing.T, d *dormitory) {
			for key, err := range d.store.List(t.Context(), "memory/") {
				if err := errors.Join(err, d.store.Delete(t.Context(), key)); err != nil {
					t.Fatal(err)
				}
			}
		}, "", []string{"3 asleep", "i-1 dev-api", "made out of the ledger"}, nil},
		{"an account that cannot be looked at is told by memory", func(_ *testing.T, d *dormitory) {
			d.resources = append(d.resources, bed(stgHome, fleet.EC2Instance, "i-9", office))
			d.deny[devHome] = refusal(failure.Denied, "not authorized")
		}, "", []string{"(not-seen)", "its account could not be looked at", "111122223333/ap-northeast-2 could not be looked at: not authorized"}, nil},
		{"a tag that was taken away leaves a sleeper that no schedule wakes", func(t *testing.T, d *dormitory) {
			d.resource("i-1").Tags = fleet.NewTags(fleet.Tag{Key: "Name", Value: "dev-api"})
			d.sweep(t, devHome, "2026-11-20 21:05", "2026-11-20 22:30")
		}, "", []string{"2 asleep", "1 not seen", "not listed any more", "i-1 dev-api", `"offpeak restore" starts it`}, nil},
		{"ignore leaves a sleeper too", func(_ *testing.T, d *dormitory) {
			d.resource("i-1").Tags = fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "ignore"})
		}, "", []string{"until ?", `its owner asks to leave it alone`}, nil},
		{"what was deleted does not sleep", func(_ *testing.T, d *dormitory) {
			d.resource("i-1").State = fleet.Gone
		}, "", []string{"2 asleep"}, []string{"i-1 "}},
		{"what a person stopped is not offpeak's", func(_ *testing.T, d *dormitory) {
			d.resource("i-2").State, d.resource("i-2").Since = fleet.Stopped, inSeoul("2026-11-20 19:36")
			d.resource("i-4").State, d.resource("i-4").Since = fleet.Stopped, inSeoul("2026-11-20 20:00")
		}, "", []string{"4 asleep", "1 waiting, 1 off by others"}, nil},
		{"an account that is new is watched", func(t *testing.T, d *dormitory) {
			known := hub.Accounts{Store: d.store}
			if err := known.Meet(t.Context(), []fleet.Scope{devHome}, d.now); err != nil {
				t.Fatal(err)
			}
		}, "", []string{"Account 111122223333 is new and only watched until Mon 2026-11-23 21:00 KST"}, nil},
		{"damage of the ledger is told", func(t *testing.T, d *dormitory) {
			key := "ledger/date=2026-11-20/account=111122223333/region=ap-northeast-2/103600Z-abc-1-intent.jsonl"
			if _, err := d.store.Create(t.Context(), key, []byte("{\n")); err != nil {
				t.Fatal(err)
			}
		}, "", []string{"the ledger is damaged: " + "ledger/date=2026-11-20/"}, nil},
		{"what is due at the next run waits", func(_ *testing.T, d *dormitory) {
			d.now = inSeoul("2026-11-23 08:31")
		}, "", []string{"until Mon 2026-11-23 08:31 KST", "start  i-1 dev-api", "due at the next run: office opened Mon 2026-11-23 08:30 KST"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := friday(t)
			row.change(t, d)
			got := statusText(t, d, row.selected)
			for _, text := range row.want {
				if !strings.Contains(got, text) {
					t.Errorf("%q is missing in\n%s", text, got)
				}
			}
			for _, text := range row.not {
				if strings.Contains(got, text) {
					t.Errorf("%q stands in\n%s", text, got)
				}
			}
		})
	}
}

func TestStatusOfWhatSomebodyHasToPutRight(t *testing.T) {
	t.Parallel()
	d := newDormitory(bed(devHome, fleet.EC2Instance, "i-1", office))
	d.refuse["i-1"] = refusal(failure.Protected, "StopInstances: i-1 has stop protection")
	d.sweep(t, devHome, "2026-11-20 12:00", "2026-11-20 19:35")
	d.now = inSeoul("2026-11-20 19:36")
	const want = "tried 1 time  AWS has not accepted it yet; AWS refused it, for a reason that somebody has to put right; tried again Fri 2026-11-20 19:50 KST; " +
		"Fri 2026-11-20 19:35 KST: StopInstances: i-1 has stop protection"
	if got := statusText(t, d, ""); !strings.Contains(got, want) {
		t.Errorf("%q is missing in\n%s", want, got)
	}
}

func TestStatusOfWhatAWSHasJustAccepted(t *testing.T) {
	t.Parallel()
	d := newDormitory(bed(devHome, fleet.EC2Instance, "i-1", office), bed(devHome, fleet.RDSInstance, "orders", office))
	d.sweep(t, devHome, "2026-11-20 12:00", "2026-11-20 19:35")
	d.resource("orders").State, d.resource("orders").Status = fleet.Changing, "stopping"
	d.now = inSeoul("2026-11-20 19:36")
	got := statusText(t, d, "")
	for _, text := range []string{
		"i-1     instance             m5.large      since Fri 2026-11-20 19:35 KST", "orders  database (changing)  db.r6g.large  since Fri 2026-11-20 19:35 KST",
		"stop  orders  database  edge Fri 2026-11-20 19:30 KST  tried 1 time  AWS has accepted it, and it is not seen to have worked yet",
	} {
		if !strings.Contains(got, text) {
			t.Errorf("%q is missing in\n%s", text, got)
		}
	}
}

func TestStatusFailsWhereNothingCouldBeLookedAt(t *testing.T) {
	t.Parallel()
	d := friday(t)
	d.deny[devHome] = refusal(failure.Denied, "the token has expired")
	c, out, _ := terminal(d.now)
	err := showStatus(t.Context(), c, d.site(), dormitoryRules(t), statusQuery{output: "table"})
	if failure.Of(err) != failure.Denied || out.Len() > 0 {
		t.Errorf("got %v and %q", err, out)
	}
}

func TestStatusInJSON(t *testing.T) {
	t.Parallel()
	d := friday(t)
	c, out, _ := terminal(d.now)
	if err := showStatus(t.Context(), c, d.site(), dormitoryRules(t), statusQuery{output: "json"}); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Asleep []struct {
			Resource, ARN, Since, Until, Rule, Cause string
			PerHour                                  *string `json:"usd_per_hour"`
		}
		Waiting []struct {
			Resource string
			Attempts int
			Failure  string `json:"last_failure"`
		}
		Totals map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if a := doc.Asleep[0]; a.Resource != "i-1" || a.Since != "2026-11-20T10:40:00Z" || a.Until != "2026-11-22T23:30:00Z" || *a.PerHour != "0.118" || a.Cause != "schedule" {
		t.Errorf("got %+v", a)
	}
	if doc.Asleep[2].PerHour != nil {
		t.Errorf("a price that is not known is null: %v", *doc.Asleep[2].PerHour)
	}
	if w := doc.Waiting[0]; w.Attempts != 2 || !strings.Contains(w.Failure, "no answer") {
		t.Errorf("got %+v", w)
	}
	if doc.Totals["usd_per_hour"] != "0.472" {
		t.Errorf("got %v", doc.Totals)
	}
}
