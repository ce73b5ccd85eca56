package inventory_test

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud/inventory"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
)

var _ optimizer.Witness = (*inventory.Reader)(nil)

// activity is one of a group's, finished where it is said so.
func activity(begin, cause string, finished bool) string {
	end := ""
	if finished {
		end = begin
	}
	return "<member><ActivityId>1</ActivityId><StatusCode>Successful</StatusCode>" + when("StartTime", begin) + when("EndTime", end) +
		when("Cause", html.EscapeString(cause)) + "</member>"
}

func activities(next string, list ...string) string {
	return result("DescribeScalingActivities", "<Activities>"+strings.Join(list, "")+"</Activities>"+when("NextToken", next))
}

// changed is the cause of an activity: a person changed the desired capacity.
func changed(at string, from, to int) string {
	return fmt.Sprintf("At %s a user request explicitly set group desired capacity changing the desired capacity from %d to %d.", at, from, to)
}

func groupOf(name string, state fleet.State) fleet.Resource {
	arn := "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:0f:autoScalingGroupName/" + name
	return fleet.Resource{ID: name, ARN: fleet.ARN(arn), Kind: fleet.AutoScalingGroup, Scope: seoul, State: state}
}

// TestSince tells since when groups are as they are.
func TestSince(t *testing.T) {
	t.Parallel()
	const morning, evening, night = "2026-11-20T00:30:00Z", "2026-11-20T10:30:00Z", "2026-11-20T12:00:00Z"
	up, down := activity(morning, changed(morning, 0, 3), true), activity(evening, changed(evening, 3, 0), true)
	cases := []struct {
		name  string
		state fleet.State
		pages []string
		want  string
		calls int
	}{
		{"runs, and was started last", fleet.Running, []string{activities("", up)}, morning, 1},
		{"is at zero, and was stopped last", fleet.Stopped, []string{activities("", down, up)}, evening, 1},
		{"runs, though it was stopped last: its start has left no trace", fleet.Running, []string{activities("", down, up)}, "", 1},
		{"is at zero, though it was started last", fleet.Stopped, []string{activities("", up, down)}, "", 1},
		{"other activities in between", fleet.Running, []string{activities("", activity(night, changed(night, 3, 4), true), activity(night, "", true), up)}, morning, 1},
		{"on the second page", fleet.Running, []string{activities("n", activity(night, "", true)), activities("", up)}, morning, 2},
		{"not on the third", fleet.Running, []string{activities("n", activity(night, "", true)), activities("m", activity(night, "", true)), activities("", up)}, "", 2},
		{"no page more than it takes", fleet.Running, []string{activities("n", up)}, morning, 1},
		{"one in progress, though older, is listed first", fleet.Stopped, []string{activities("", activity(morning, changed(morning, 0, 3), false), down)}, evening, 1},
		{"one in progress is the newest", fleet.Running, []string{activities("", activity(night, changed(night, 0, 3), false), down)}, night, 1},
		{"the instant is not told: the activity's begin", fleet.Running, []string{activities("", activity(night, "changing the desired capacity from 0 to 3.", true))}, night, 1},
		{"no instant at all", fleet.Running, []string{activities("", activity("", "changing the desired capacity from 0 to 3.", true))}, "", 1},
		{"no activities", fleet.Running, []string{activities("")}, "", 1},
		{"on its way", fleet.Changing, nil, "", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			read, _, account := reader(t, map[string]answer{"DescribeScalingActivities": inTurn(c.pages...)})
			group := groupOf("web", c.state)
			got, err := read.Since(t.Context(), seoul, []fleet.Resource{{ID: "i-1", ARN: "arn:i-1", Kind: fleet.EC2Instance, State: c.state}, group})
			if err != nil {
				t.Fatal(err)
			}
			want := map[fleet.ARN]time.Time{}
			if c.want != "" {
				want[group.ARN], _ = time.Parse(time.RFC3339, c.want)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			calls := account.made("DescribeScalingActivities")
			if len(calls) != c.calls || len(account.calls) != c.calls {
				t.Errorf("%d calls, want %d", len(account.calls), c.calls)
			}
			for _, q := range calls {
				if q.form.Get("AutoScalingGroupName") != "web" || q.form.Get("MaxRecords") != "100" || q.form.Get("IncludeDeletedGroups") != "" {
					t.Errorf("asked with %v", q.form)
				}
			}
		})
	}
}

// TestSinceWithErrors: a refusal ends the questions, another error only its own; what was found out is told all the same.
func TestSinceWithErrors(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		class failure.Class
		told  []fleet.ARN
		calls int
	}{
		"AccessDenied":    {failure.Denied, []fleet.ARN{groupOf("a", 0).ARN}, 2},
		"ValidationError": {"", []fleet.ARN{groupOf("a", 0).ARN, groupOf("c", 0).ARN}, 3},
	} {
		read, _, account := reader(t, map[string]answer{"DescribeScalingActivities": func(q asked) (int, string) {
			if q.form.Get("AutoScalingGroupName") == "b" {
				return refused(code)(q)
			}
			return http.StatusOK, activities("", activity("2026-11-20T00:30:00Z", changed("2026-11-20T00:30:00Z", 0, 3), true))
		}})
		got, err := read.Since(t.Context(), seoul, []fleet.Resource{groupOf("a", fleet.Running), groupOf("b", fleet.Running), groupOf("c", fleet.Running)})
		if err == nil || !strings.Contains(err.Error(), "autoscaling:DescribeScalingActivities") || c.class != "" && failure.Of(err) != c.class {
			t.Errorf("%s: got %v", code, err)
		}
		if told := slices.Sorted(maps.Keys(got)); !slices.Equal(told, c.told) || len(account.calls) != c.calls {
			t.Errorf("%s: told of %v after %d calls, want %v after %d", code, told, len(account.calls), c.told, c.calls)
		}
	}
}
