package live_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/live"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

// written reads what a log wrote: the messages of its lines, and the metrics with their values.
func written(t *testing.T, text string) (messages []string, metrics map[string]float64) {
	t.Helper()
	metrics = map[string]float64{}
	for line := range strings.Lines(text) {
		var l struct {
			Message string `json:"msg"`
			AWS     struct {
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name, Unit string }
				}
			} `json:"_aws"`
		}
		var all map[string]any
		if err := errors.Join(json.Unmarshal([]byte(line), &l), json.Unmarshal([]byte(line), &all)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if l.Message != "" {
			messages = append(messages, l.Message)
			continue
		}
		for _, set := range l.AWS.CloudWatchMetrics {
			if set.Namespace != "offpeak" || len(set.Dimensions) != 1 || len(set.Dimensions[0]) != 0 {
				t.Errorf("%+v", set)
			}
			for _, m := range set.Metrics {
				value, ok := all[m.Name].(float64)
				if !ok {
					t.Errorf("%s has no value: %s", m.Name, line)
				}
				metrics[m.Name] += value
			}
		}
	}
	return messages, metrics
}

func acts(changes ...plan.Change) (actions []plan.Action) {
	for i, c := range changes {
		actions = append(actions, plan.Action{ID: string(rune('a' + i)), Change: c, Cause: plan.BySchedule})
	}
	return actions
}

func TestWhatASweepWrites(t *testing.T) {
	t.Parallel()
	refused := func(codes ...plan.Code) (list []plan.Refusal) {
		for _, c := range codes {
			list = append(list, plan.Refusal{Code: c})
		}
		return list
	}
	late := &failure.Error{Class: failure.InTransition, Err: errors.New("its snapshot is being taken")}
	throttled := &failure.Error{Class: failure.Throttled, Err: errors.New("slowly")}
	for _, row := range []struct {
		name     string
		report   hub.Report
		err      error
		messages []string
		metrics  map[string]float64
	}{
		{"nothing to do", hub.Report{Outcome: optimizer.Outcome{Quiet: true, Plan: plan.Plan{Refusals: refused(plan.Protected, plan.OnHold)}}}, nil, nil, nil},
		{"another looks after it", hub.Report{Elsewhere: true}, nil, nil, nil},
		{"something to remember", hub.Report{}, nil, []string{"sweep"}, nil},
		{
			"acts", hub.Report{Outcome: optimizer.Outcome{
				Plan: plan.Plan{Actions: acts(plan.Stop{}, plan.Start{}, plan.Scale{From: fleet.Size{Desired: 2}}, plan.Stop{}, plan.Stop{}, plan.Stop{})}, Tried: 5, Left: 1,
				Failed: map[string]error{"d": throttled, "e": late}, Slept: 90 * time.Minute,
			}}, nil, []string{"sweep", "act failed", "act failed"}, map[string]float64{live.Stops: 2, live.Starts: 1, live.ActsFailed: 1, live.HoursAvoided: 1.5},
		},
		{
			"prices",
			hub.Report{Outcome: optimizer.Outcome{Plan: plan.Plan{Findings: []plan.Finding{{Code: plan.NoPrices, Why: "x"}, {Code: plan.ListPrices}}}}},
			nil,
			[]string{"sweep", "no prices"},
			nil,
		},
		{
			"held, at a sweep that changes nothing", hub.Report{Outcome: optimizer.Outcome{
				Quiet: true, Plan: plan.Plan{Refusals: refused(plan.GuardReached, plan.GuardReached, plan.SizeUnknown, plan.KillSwitch)},
			}}, nil, []string{"acts are held"}, map[string]float64{live.SurprisesHeld: 2, live.SizesUnknown: 1},
		},
		{
			"held by the kill switch",
			hub.Report{Outcome: optimizer.Outcome{Quiet: true, Plan: plan.Plan{Refusals: refused(plan.KillSwitch)}}},
			nil,
			[]string{"acts are held"},
			nil,
		},
		{"failed", hub.Report{}, errors.New("no"), []string{"sweep failed"}, map[string]float64{live.SweepsFailed: 1}},
		{"unread", hub.Report{Unread: errors.New("no")}, nil, []string{"cannot be looked at"}, map[string]float64{live.ScopesUnread: 1}},
	} {
		var out bytes.Buffer
		live.NewLog(&out).Look(t.Context(), hub.Wake{}, row.report, row.err)
		messages, metrics := written(t, out.String())
		if row.metrics == nil {
			row.metrics = map[string]float64{}
		}
		if diff := cmp.Diff(row.messages, messages); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
		if diff := cmp.Diff(row.metrics, metrics); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

func TestWhatATickWrites(t *testing.T) {
	t.Parallel()
	none, three := 0, 3
	for _, row := range []struct {
		name     string
		tally    hub.Tally
		messages []string
		metrics  map[string]float64
	}{
		{"nobody is due", hub.Tally{}, nil, map[string]float64{}},
		{"somebody is due", hub.Tally{Sent: 1, Due: 1}, []string{"tick"}, map[string]float64{}},
		{
			"accounts that cannot be entered, and one that is being closed",
			hub.Tally{Findings: []hub.Finding{{Account: "1"}, {Account: "2"}, {Account: "3", Closed: true}}},
			[]string{"cannot be looked at", "cannot be looked at", "cannot be looked at"},
			map[string]float64{live.ScopesUnread: 2},
		},
		{"the hour, and none asleep", hub.Tally{Asleep: &none}, nil, map[string]float64{live.Asleep: 0}},
		{"the hour", hub.Tally{Asleep: &three, Uncounted: errors.New("x")}, []string{"not all that is asleep is counted"}, map[string]float64{live.Asleep: 3}},
	} {
		var out bytes.Buffer
		if err := live.NewLog(&out).Tick(t.Context(), row.tally, nil); err != nil {
			t.Fatal(err)
		}
		messages, metrics := written(t, out.String())
		if diff := cmp.Diff(row.messages, messages) + cmp.Diff(row.metrics, metrics); diff != "" {
			t.Errorf("%s: %s", row.name, diff)
		}
	}
}

// TestTenMetrics: CloudWatch charges for each name, and the guide explains each.
func TestTenMetrics(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/guide/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, names := 0, map[string]bool{}
	for _, m := range live.Metrics() {
		names[m.Name] = true
		if strings.Contains(string(guide), "| `"+m.Name+"` | "+m.Says+" |") {
			rows++
		} else {
			t.Errorf("the guide has no row %s: %s", m.Name, m.Says)
		}
	}
	if rows != 10 || len(names) != 10 {
		t.Errorf("%d metrics, %d of them in the guide; ten are paid for", len(names), rows)
	}
}
