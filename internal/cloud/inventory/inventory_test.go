package inventory_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud/inventory"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
)

var _ optimizer.Inventory = (*inventory.Reader)(nil)

// moto pages by reservation; AWS pages by instance, and a reservation may go on on the next page.
func TestAReservationThatGoesOnOnTheNextPageIsReadWhole(t *testing.T) {
	t.Parallel()
	s, account := snapshot(t, map[string]answer{"DescribeInstances": inTurn(
		instances("more", instance("i-3", running), instance("i-1", running)),
		instances("", instance("i-2", running)),
	)})
	if diff := cmp.Diff(names(s), []string{"i-1", "i-2", "i-3"}); diff != "" {
		t.Error(diff)
	}
	calls := account.made("DescribeInstances")
	if len(calls) != 2 || calls[1].form.Get("NextToken") != "more" {
		t.Fatalf("calls: %v", calls)
	}
	first := calls[0].form
	for name, want := range map[string]string{
		"MaxResults": "1000", "Filter.1.Name": "tag-key", "Filter.1.Value.1": "Schedule", "Filter.1.Value.2": key, "Filter.1.Value.3": "", "Filter.2.Name": "",
	} {
		if got := first.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if want := now.Truncate(time.Second); !s.Taken.Equal(want) {
		t.Errorf("taken %s, want %s", s.Taken, want)
	}
}

// moto fills in the text of every stop, and knows no stop by AWS; AWS leaves the text empty at times, and the code is there.
func TestWhoStoppedAnInstanceIsToldByTheReason(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 10, 36, 8, 0, time.UTC)
	for _, row := range []struct {
		says, text, code string
		byAWS            bool
		since            time.Time
	}{
		{"a person asked AWS", "User initiated (2026-11-20 10:36:08 GMT)", "Client.UserInitiatedShutdown", false, at},
		{"a person asked AWS, and the text is lost", "", "Client.UserInitiatedShutdown", false, time.Time{}},
		{"a person shut it down from inside", "", "Client.InstanceInitiatedShutdown", false, time.Time{}},
		{"a person hibernated it", "User initiated (2026-11-20 10:36:08 GMT)", "Client.UserInitiatedHibernate", false, at},
		{"AWS took the capacity back", "Server.SpotInstanceTermination: interrupted (2026-11-20 10:36:08 GMT)", "Server.SpotInstanceTermination", true, at},
		{"AWS took the capacity back, and the text is lost", "", "Server.SpotInstanceShutdown", true, time.Time{}},
		{"AWS had no capacity after it accepted the start", "", "Server.InsufficientInstanceCapacity", true, time.Time{}},
		{"AWS retires the machine", "", "Server.ScheduledStop", true, time.Time{}},
		{"a volume's key could not be used", "", "Client.InternalError", true, time.Time{}},
		{"neither text nor code", "", "", false, time.Time{}},
		{"the text alone", "Server.InternalError: Internal error on launch", "", true, time.Time{}},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			reason := when("reason", row.text)
			if row.code != "" {
				reason += "<stateReason>" + when("code", row.code) + when("message", row.code+": why") + "</stateReason>"
			}
			s, _ := snapshot(t, map[string]answer{"DescribeInstances": always(instances("", instance("i-1", stopped+reason)))})
			r := find(t, s, "i-1")
			if r.ByAWS != row.byAWS || !r.Since.Equal(row.since) {
				t.Errorf("by AWS %t since %s, want %t since %s", r.ByAWS, r.Since, row.byAWS, row.since)
			}
		})
	}
}

// moto's instances of a market type have no request; AWS's have one, which alone tells whether they can be stopped.
func TestSpotRequestsTellWhetherAnInstanceCanBeStopped(t *testing.T) {
	t.Parallel()
	spot := func(id, request, more string) string {
		return instance(id, more+"<instanceLifecycle>spot</instanceLifecycle><spotInstanceRequestId>"+request+"</spotInstanceRequestId>")
	}
	member := strings.Replace(spot("i-member", "sir-6", running), "</tagSet>", "<item><key>aws:autoscaling:groupName</key><value>g</value></item></tagSet>", 1)
	request := func(id, kind, state, more string) string {
		return "<item>" + when("spotInstanceRequestId", id) + when("type", kind) + when("state", state) + more + "</item>"
	}
	s, account := snapshot(t, map[string]answer{
		"DescribeInstances": always(instances("",
			spot("i-once", "sir-1", running), spot("i-kept", "sir-2", running), spot("i-cancelled", "sir-3", stopped+when("reason", "User initiated (2026-11-20 10:36:08 GMT)")),
			spot("i-launch-group", "sir-4", running), spot("i-stopped", "sir-5", stopped), spot("i-forgotten", "sir-7", running),
			member, instance("i-on-demand", running), spot("i-gone", "sir-8", "<instanceState><name>terminated</name></instanceState>"),
		)),
		"DescribeSpotInstanceRequests": always("<DescribeSpotInstanceRequestsResponse><spotInstanceRequestSet>" +
			request("sir-1", "one-time", "active", "") + request("sir-2", "persistent", "active", "") + request("sir-3", "persistent", "cancelled", "") +
			request("sir-4", "persistent", "active", "<launchGroup>all</launchGroup>") + request("sir-5", "persistent", "disabled", "") +
			"</spotInstanceRequestSet></DescribeSpotInstanceRequestsResponse>"),
	})
	want := map[string]fleet.Lifecycle{
		"i-once": fleet.SpotOneTime, "i-kept": fleet.SpotPersistent, "i-cancelled": fleet.SpotOneTime, "i-launch-group": fleet.SpotOneTime,
		"i-stopped": fleet.SpotPersistent, "i-forgotten": fleet.SpotOneTime, "i-member": fleet.SpotOneTime, "i-on-demand": fleet.OnDemand, "i-gone": fleet.SpotOneTime,
	}
	got := map[string]fleet.Lifecycle{}
	for _, r := range s.Resources {
		got[r.ID] = r.Lifecycle
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	calls := account.made("DescribeSpotInstanceRequests")
	if len(calls) != 1 {
		t.Fatalf("%d calls for requests, want one", len(calls))
	}
	var ids []string
	for i := 1; calls[0].form.Has(fmt.Sprintf("Filter.1.Value.%d", i)); i++ {
		ids = append(ids, calls[0].form.Get(fmt.Sprintf("Filter.1.Value.%d", i)))
	}
	if diff := cmp.Diff(ids, []string{"sir-1", "sir-2", "sir-3", "sir-4", "sir-5", "sir-7"}); diff != "" {
		t.Error("requests of group members and of what is gone need not be asked for: ", diff)
	}
}

func TestAKindThatCannotBeListedFailsTheSnapshot(t *testing.T) {
	t.Parallel()
	service := `{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:ecs:ap-northeast-2:111122223333:service/shop/web"}]}`
	for _, row := range []struct {
		operation, code, call string
		class                 failure.Class
		beside                map[string]answer
	}{
		{"DescribeInstances", "UnauthorizedOperation", "ec2:DescribeInstances", failure.Denied, nil},
		{"DescribeInstances", "RequestLimitExceeded", "ec2:DescribeInstances", failure.Throttled, nil},
		{"DescribeAutoScalingGroups", "AccessDenied", "autoscaling:DescribeAutoScalingGroups", failure.Denied, nil},
		{
			"DescribeScheduledActions", "AccessDenied", "autoscaling:DescribeScheduledActions", failure.Denied,
			map[string]answer{"DescribeAutoScalingGroups": always(groups(group("web", "")))},
		},
		{"DescribeDBInstances", "AccessDenied", "rds:DescribeDBInstances", failure.Denied, nil},
		{"DescribeDBClusters", "AccessDenied", "rds:DescribeDBClusters", failure.Denied, nil},
		{"DescribeEvents", "Throttling", "rds:DescribeEvents", failure.Throttled, map[string]answer{"DescribeDBInstances": always(databases(database("orders", "available", "")))}},
		{"GetResources", "AccessDeniedException", "tag:GetResources", failure.Denied, nil},
		{"DescribeServices", "AccessDeniedException", "ecs:DescribeServices", failure.Denied, map[string]answer{"GetResources": always(service)}},
		{
			"DescribeScalableTargets", "AccessDeniedException", "application-autoscaling:DescribeScalableTargets", failure.Denied,
			map[string]answer{"GetResources": always(service), "DescribeServices": always(services(serviceJSON("shop", "web", 1)))},
		},
		{"DescribeInstances", "AuthFailure", "ec2:DescribeInstances", failure.Denied, nil}, // a region that is not enabled
	} {
		t.Run(row.operation+" "+row.code, func(t *testing.T) {
			t.Parallel()
			answers := map[string]answer{row.operation: refused(row.code)}
			for operation, a := range row.beside {
				answers[operation] = a
			}
			r, _, _ := reader(t, answers)
			s, err := r.Snapshot(t.Context(), seoul)
			switch {
			case err == nil:
				t.Fatalf("no error, but %v", names(s))
			case failure.Of(err) != row.class:
				t.Errorf("class %q, want %q: %v", failure.Of(err), row.class, err)
			case !strings.Contains(err.Error(), row.call) || !strings.Contains(err.Error(), seoul.String()):
				t.Errorf("names neither call nor scope: %v", err)
			case len(s.Resources) > 0:
				t.Errorf("half a snapshot came with it: %v", names(s))
			}
		})
	}
}

func TestAllThatIsRefusedIsToldAtOnce(t *testing.T) {
	t.Parallel()
	r, _, _ := reader(t, map[string]answer{
		"DescribeInstances": refused("UnauthorizedOperation"), "DescribeDBInstances": refused("AccessDenied"), "GetResources": refused("AccessDeniedException"),
	})
	_, err := r.Snapshot(t.Context(), seoul)
	text := fmt.Sprint(err)
	first, second, third := strings.Index(text, "ec2:DescribeInstances"), strings.Index(text, "rds:DescribeDBInstances"), strings.Index(text, "tag:GetResources")
	if first < 0 || second < first || third < second {
		t.Errorf("want the three calls in order: %v", err)
	}
}

func TestWhatAPlanCanDoWithoutIsNotedWhereItIsRefused(t *testing.T) {
	t.Parallel()
	inStack := strings.Replace(instance("i-1", running+"<instanceLifecycle>spot</instanceLifecycle><spotInstanceRequestId>sir-1</spotInstanceRequestId>"),
		"</tagSet>", "<item><key>aws:cloudformation:stack-name</key><value>shop</value></item></tagSet>", 1)
	s, _ := snapshot(t, map[string]answer{
		"DescribeInstances":            always(instances("", inStack)),
		"DescribeDBInstances":          always(databases(database("orders", "available", ""))),
		"DescribeSpotInstanceRequests": refused("UnauthorizedOperation"),
		"DescribeEvents":               refused("AccessDenied"),
		"ListStacks":                   refused("AccessDenied"),
	})
	want := []string{
		"permission to act", "stop protection of EC2 instances", "blue/green deployments of databases",
		"CloudFormation stacks being updated (the role may not call cloudformation:ListStacks)",
		"since when databases are in their state (the role may not call rds:DescribeEvents)",
		"whether Spot requests are persistent (the role may not call ec2:DescribeSpotInstanceRequests)",
	}
	if diff := cmp.Diff(s.NotChecked, want); diff != "" {
		t.Error(diff)
	}
	if r := find(t, s, "i-1"); r.Lifecycle != fleet.SpotOneTime {
		t.Errorf("%s: what is not known to be stoppable is not stopped", r.Lifecycle)
	}
}

func TestStacksBeingChangedAreMarkedWithOneCall(t *testing.T) {
	t.Parallel()
	in := func(id, stack string) string {
		return strings.Replace(instance(id, running), "</tagSet>", "<item><key>aws:cloudformation:stack-name</key><value>"+stack+"</value></item></tagSet>", 1)
	}
	s, account := snapshot(t, map[string]answer{
		"DescribeInstances": always(instances("", in("i-1", "shop"), in("i-2", "search"), instance("i-3", running))),
		"ListStacks": inTurn(
			result("ListStacks", "<StackSummaries><member><StackName>other</StackName><StackStatus>UPDATE_IN_PROGRESS</StackStatus></member></StackSummaries><NextToken>n</NextToken>"),
			result("ListStacks", "<StackSummaries><member><StackName>shop</StackName><StackStatus>UPDATE_IN_PROGRESS</StackStatus></member></StackSummaries>"),
		),
	})
	marked := map[string]string{}
	for _, r := range s.Resources {
		if trait, ok := r.Trait(fleet.StackUpdating); ok {
			marked[r.ID] = trait.Detail
		}
	}
	if diff := cmp.Diff(marked, map[string]string{"i-1": "shop"}); diff != "" {
		t.Error(diff)
	}
	asked := account.made("ListStacks")[0].body
	for _, status := range []string{"UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "DELETE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"} {
		if !strings.Contains(asked, status) {
			t.Errorf("stacks in state %s are not asked for", status)
		}
	}
	for _, status := range []string{"REVIEW_IN_PROGRESS", "UPDATE_COMPLETE&"} {
		if strings.Contains(asked+"&", "="+status) {
			t.Errorf("stacks in state %s are asked for", status)
		}
	}
}

func TestNobodyIsAskedForWhatNobodyOptedIn(t *testing.T) {
	t.Parallel()
	_, account := snapshot(t, map[string]answer{
		"DescribeDBInstances": always(databases(
			strings.ReplaceAll(database("orders", "available", ""), key, "Name"), database("on-its-way", "starting", ""), database("going", "deleting", ""),
		)),
	})
	got := map[string]int{}
	for _, c := range account.calls {
		got[c.operation]++
	}
	want := map[string]int{"DescribeInstances": 1, "DescribeAutoScalingGroups": 1, "DescribeDBInstances": 1, "DescribeDBClusters": 1, "GetResources": 2}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

func TestTheResourcesOfAnotherAccountAreRefused(t *testing.T) {
	t.Parallel()
	r, _, _ := reader(t, map[string]answer{"DescribeInstances": always(instances("", instance("i-1", running)))})
	for _, scope := range []fleet.Scope{{Account: "222233334444", Region: seoul.Region}, {Account: seoul.Account, Region: "us-east-1"}} {
		if s, err := r.Snapshot(t.Context(), scope); err == nil || !strings.Contains(err.Error(), "111122223333/ap-northeast-2 answered") {
			t.Errorf("%s: %v, %v", scope, names(s), err)
		}
	}
}

func TestARecordThatCannotBeUnderstoodIsAGapAndTheRestIsRead(t *testing.T) {
	t.Parallel()
	s, _ := snapshot(t, map[string]answer{"DescribeInstances": always(instances("",
		instance("i-odd", "<instanceState><name>dreaming</name></instanceState>"), instance("i-1", running),
	))})
	if diff := cmp.Diff(names(s), []string{"i-1"}); diff != "" {
		t.Error(diff)
	}
	if len(s.Gaps) != 1 || !strings.Contains(s.Gaps[0], "i-odd") || !strings.Contains(s.Gaps[0], `State.Name is "dreaming"`) {
		t.Errorf("gaps: %q", s.Gaps)
	}
}

func TestWithoutKeysNothingIsOptedIn(t *testing.T) {
	t.Parallel()
	_, access, account := reader(t, nil)
	if _, err := inventory.New(access, inventory.Options{}).Snapshot(t.Context(), seoul); err == nil || len(account.calls) > 0 {
		t.Errorf("%v after %d calls", err, len(account.calls))
	}
}

func TestAnEndedContextIsUnreachable(t *testing.T) {
	t.Parallel()
	r, _, _ := reader(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Snapshot(ctx, seoul); failure.Of(err) != failure.Unreachable {
		t.Errorf("%q: %v", failure.Of(err), err)
	}
}

// Pages, and tens of services: a sweep may cost no more.
func TestTheCallsOfASnapshot(t *testing.T) {
	t.Parallel()
	var tagged, described []string
	for i := range 23 {
		tagged = append(tagged, fmt.Sprintf(`{"ResourceARN":"arn:aws:ecs:ap-northeast-2:111122223333:service/shop/s%02d"}`, i))
	}
	page := func(n int) string {
		var list []string
		for i := range 3 {
			list = append(list, instance(fmt.Sprintf("i-%d%d", n, i), running))
		}
		return instances(map[bool]string{true: "next"}[n < 3], list...)
	}
	for i := range 10 {
		described = append(described, serviceJSON("shop", fmt.Sprintf("s%02d", i), 1))
	}
	r, access, _ := reader(t, map[string]answer{
		"DescribeInstances":   inTurn(page(0), page(1), page(2), page(3)),
		"DescribeDBInstances": always(databases(database("orders", "available", ""), database("users", "stopped", ""))),
		"GetResources": func(q asked) (int, string) {
			if strings.Contains(q.body, key) {
				return http.StatusOK, `{"ResourceTagMappingList":[` + strings.Join(tagged, ",") + "]}"
			}
			return http.StatusOK, "{}"
		},
		"DescribeServices": always(services(described...)),
	})
	if _, err := r.Snapshot(t.Context(), seoul); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"ec2:DescribeInstances": 4, "autoscaling:DescribeAutoScalingGroups": 1,
		"rds:DescribeDBInstances": 1, "rds:DescribeDBClusters": 1, "rds:DescribeEvents": 1,
		"tag:GetResources": 2, "ecs:DescribeServices": 3, "application-autoscaling:DescribeScalableTargets": 1,
	}
	if diff := cmp.Diff(access.Calls().Attempts(), want); diff != "" {
		t.Error(diff)
	}
}
