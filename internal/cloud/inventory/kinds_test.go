package inventory_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
)

// groups is an answer of DescribeAutoScalingGroups.
func groups(list ...string) string {
	return result("DescribeAutoScalingGroups", "<AutoScalingGroups>"+strings.Join(list, "")+"</AutoScalingGroups>")
}

// group is an opted-in group that is at zero and may grow.
func group(name, more string) string {
	return "<member><AutoScalingGroupName>" + name + "</AutoScalingGroupName>" +
		"<AutoScalingGroupARN>arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:0f:autoScalingGroupName/" + name + "</AutoScalingGroupARN>" +
		"<MinSize>0</MinSize><MaxSize>4</MaxSize><DesiredCapacity>0</DesiredCapacity><CreatedTime>2026-01-02T03:04:05Z</CreatedTime>" +
		"<Tags><member><Key>" + key + "</Key><Value>office</Value></member></Tags>" + more + "</member>"
}

func members(list ...string) string { return "<Instances>" + strings.Join(list, "") + "</Instances>" }

func member(id, state string, protected bool) string {
	return fmt.Sprintf("<member><InstanceId>%s</InstanceId><InstanceType>m5.large</InstanceType><LifecycleState>%s</LifecycleState>"+
		"<ProtectedFromScaleIn>%t</ProtectedFromScaleIn></member>", id, state, protected)
}

// moto knows no standby, and lists no scheduled actions of several groups at once.
func TestWhatBarsAGroup(t *testing.T) {
	t.Parallel()
	s, account := snapshot(t, map[string]answer{
		"DescribeAutoScalingGroups": always(groups(
			group("scheduled", ""), group("warm", "<WarmPoolConfiguration><MinSize>1</MinSize><PoolState>Stopped</PoolState></WarmPoolConfiguration>"),
			group("held", members(member("i-2", "InService", true), member("i-1", "Standby", false))), group("leaving", "<Status>Delete in progress</Status>"),
		)),
		"DescribeScheduledActions": inTurn(
			result("DescribeScheduledActions", "<ScheduledUpdateGroupActions><member><AutoScalingGroupName>other</AutoScalingGroupName></member></ScheduledUpdateGroupActions><NextToken>n</NextToken>"),
			result("DescribeScheduledActions", "<ScheduledUpdateGroupActions><member><AutoScalingGroupName>scheduled</AutoScalingGroupName></member>"+
				"<member><AutoScalingGroupName>scheduled</AutoScalingGroupName></member></ScheduledUpdateGroupActions>"),
		),
	})
	want := map[string][]fleet.Trait{
		"scheduled": {{Kind: fleet.ScheduledActions}}, "warm": {{Kind: fleet.WarmPool}}, "leaving": {{Kind: fleet.BeingDeleted}},
		"held": {{Kind: fleet.ProtectedMembers, Detail: "1"}, {Kind: fleet.StandbyMembers, Detail: "1"}},
	}
	got := map[string][]fleet.Trait{}
	for _, r := range s.Resources {
		got[r.ID] = r.Traits
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	if n := len(account.made("DescribeScheduledActions")); n != 2 {
		t.Errorf("%d calls for scheduled actions, want the two pages", n)
	}
}

// A group's product stands with its instances alone, which carry its tags only where they are propagated.
func TestAGroupsProductIsThatOfAnInstance(t *testing.T) {
	t.Parallel()
	propagated := strings.Replace(instance("i-9", running), "</tagSet>", "<item><key>aws:autoscaling:groupName</key><value>listed</value></item></tagSet>", 1)
	windows := strings.Replace(instance("i-1", running), "Linux/UNIX", "Windows", 1)
	s, account := snapshot(t, map[string]answer{
		"DescribeAutoScalingGroups": always(groups(
			group("listed", members(member("i-9", "InService", false))), group("unlisted", members(member("i-2", "InService", false), member("i-1", "InService", false))),
			group("empty", ""), group("fleeting", members(member("i-5", "Terminating", false))),
		)),
		"DescribeInstances": func(q asked) (int, string) {
			if q.form.Get("Filter.1.Name") == "instance-id" {
				return http.StatusOK, instances("", windows)
			}
			return http.StatusOK, instances("", propagated)
		},
	})
	got := map[string]string{}
	for _, r := range s.Resources {
		got[r.ID] = r.Product
	}
	want := map[string]string{"i-9": "Linux/UNIX", "listed": "Linux/UNIX", "unlisted": "Windows", "empty": "", "fleeting": ""}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	calls := account.made("DescribeInstances")
	if len(calls) != 2 || calls[1].form.Get("Filter.1.Value.1") != "i-1" || calls[1].form.Get("Filter.1.Value.2") != "i-5" || calls[1].form.Has("Filter.1.Value.3") {
		t.Errorf("one instance a group is asked for, in one call: %v", calls)
	}
}

// databases is an answer of DescribeDBInstances.
func databases(list ...string) string {
	return result("DescribeDBInstances", "<DBInstances>"+strings.Join(list, "")+"</DBInstances>")
}

// database is an opted-in database.
func database(id, status, more string) string {
	return "<DBInstance><DBInstanceIdentifier>" + id + "</DBInstanceIdentifier><DBInstanceArn>arn:aws:rds:ap-northeast-2:111122223333:db:" + id + "</DBInstanceArn>" +
		"<DBInstanceClass>db.m6g.large</DBInstanceClass><Engine>postgres</Engine><DBInstanceStatus>" + status + "</DBInstanceStatus>" +
		"<TagList><Tag><Key>" + key + "</Key><Value>office</Value></Tag></TagList>" + more + "</DBInstance>"
}

func clusters(list ...string) string {
	return result("DescribeDBClusters", "<DBClusters>"+strings.Join(list, "")+"</DBClusters>")
}

func cluster(id, status, more string) string {
	return "<DBCluster><DBClusterIdentifier>" + id + "</DBClusterIdentifier><DBClusterArn>arn:aws:rds:ap-northeast-2:111122223333:cluster:" + id + "</DBClusterArn>" +
		"<Engine>aurora-postgresql</Engine><EngineMode>provisioned</EngineMode><Status>" + status + "</Status>" +
		"<TagList><Tag><Key>" + key + "</Key><Value>office</Value></Tag></TagList>" + more + "</DBCluster>"
}

func events(list ...string) string {
	return result("DescribeEvents", "<Events>"+strings.Join(list, "")+"</Events>")
}

func event(source, at, message string) string {
	return "<Event><SourceIdentifier>" + source + "</SourceIdentifier><Date>" + at + "</Date><Message>" + message + "</Message>" +
		"<EventCategories><EventCategory>notification</EventCategory></EventCategories></Event>"
}

// moto knows neither AutomaticRestartTime nor the events of stops and starts.
func TestDatabasesTellByTheirEventsSinceWhen(t *testing.T) {
	t.Parallel()
	s, account := snapshot(t, map[string]answer{
		"DescribeDBInstances": always(databases(
			database("asleep", "stopped", "<AutomaticRestartTime>2026-11-27T19:36:30Z</AutomaticRestartTime>"), database("by-hand", "available", ""),
			database("by-aws", "available", ""), database("quiet", "available", ""), database("starting", "starting", ""),
		)),
		"DescribeDBClusters": always(clusters(cluster("aurora", "available", ""))),
		"DescribeEvents": func(q asked) (int, string) {
			if q.form.Get("SourceType") == "db-cluster" {
				return http.StatusOK, events(
					event("aurora", "2026-11-13T10:36:08Z", "DB cluster stopped"),
					event("aurora", "2026-11-20T10:36:30Z", "DB cluster is being started due to it exceeding the maximum allowed time being stopped."),
					event("aurora", "2026-11-20T10:50:00Z", "DB cluster started"))
			}
			return http.StatusOK, events(
				event("asleep", "2026-11-20T10:36:08Z", "DB instance stopped"), event("asleep", "2026-11-20T00:30:00Z", "DB instance started"),
				event("by-hand", "2026-11-20T10:36:08Z", "DB instance stopped"), event("by-hand", "2026-11-21T02:00:00Z", "DB instance started"),
				event("by-aws", "2026-11-20T10:36:30Z", "DB instance is being started due to it exceeding the maximum allowed time being stopped."),
				event("by-aws", "2026-11-20T10:44:00Z", "DB instance started"), event("unknown", "2026-11-20T10:44:00Z", "DB instance started"))
		},
	})
	type told struct {
		since string
		byAWS bool
	}
	want := map[string]told{
		"asleep": {"2026-11-20T10:36:08Z", false}, "by-hand": {"2026-11-21T02:00:00Z", false}, "by-aws": {"2026-11-20T10:44:00Z", true},
		"quiet": {}, "starting": {}, "aurora": {"2026-11-20T10:50:00Z", true},
	}
	for id, row := range want {
		r, since := find(t, s, id), ""
		if !r.Since.IsZero() {
			since = r.Since.Format(time.RFC3339)
		}
		if since != row.since || r.ByAWS != row.byAWS {
			t.Errorf("%s: since %q by AWS %t, want %+v", id, since, r.ByAWS, row)
		}
	}
	if r := find(t, s, "asleep"); !r.RestartsAt.Equal(time.Date(2026, 11, 27, 19, 36, 30, 0, time.UTC)) {
		t.Errorf("restarts at %s", r.RestartsAt)
	}
	calls := account.made("DescribeEvents")
	if len(calls) != 2 {
		t.Fatalf("%d calls for events, want one for instances and one for clusters", len(calls))
	}
	for name, want := range map[string]string{
		"Duration": "11520", "SourceType": "db-instance", "EventCategories.EventCategory.1": "notification", "MaxRecords": "100", "SourceIdentifier": "",
	} {
		if got := calls[0].form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// A cluster's members are its price and its bill. They count whether they are opted in or not, and are shown only where they are.
func TestAClusterHasItsMembers(t *testing.T) {
	t.Parallel()
	part := func(id string) string {
		return database(id, "available", "<DBClusterIdentifier>aurora</DBClusterIdentifier>")
	}
	s, account := snapshot(t, map[string]answer{
		"DescribeDBInstances": inTurn(
			strings.Replace(databases(strings.ReplaceAll(part("aurora-2"), key, "Name")), "</DBInstances>", "</DBInstances><Marker>m</Marker>", 1),
			databases(part("aurora-1")),
		),
		"DescribeDBClusters": always(clusters(cluster("aurora", "available", "<GlobalClusterIdentifier>world</GlobalClusterIdentifier>"))),
	})
	if diff := cmp.Diff(names(s), []string{"aurora-1", "aurora"}); diff != "" {
		t.Error(diff)
	}
	r := find(t, s, "aurora")
	if diff := cmp.Diff(r.Parts, []string{"aurora-1", "aurora-2"}); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(r.Members, []fleet.Members{{Type: "db.m6g.large", Count: 2}}); diff != "" {
		t.Error(diff)
	}
	if trait, _ := r.Trait(fleet.CannotStop); trait.Detail != "a member of the global database world" {
		t.Errorf("of a global database: %+v", r.Traits)
	}
	if n := len(account.made("DescribeEvents")); n != 1 {
		t.Errorf("%d calls for events: members of clusters are not switched, and need none", n)
	}
}

// services is an answer of DescribeServices.
func services(list ...string) string { return `{"services":[` + strings.Join(list, ",") + `]}` }

// serviceJSON is an opted-in service.
func serviceJSON(cluster, name string, desired int) string {
	return fmt.Sprintf(`{"serviceName":%[2]q,"serviceArn":"arn:aws:ecs:ap-northeast-2:111122223333:service/%[1]s/%[2]s","status":"ACTIVE","desiredCount":%[3]d,`+
		`"runningCount":%[3]d,"launchType":"FARGATE","createdAt":1.7e9,"deployments":[{"rolloutState":"COMPLETED"}],"tags":[{"key":%[4]q,"value":"office"}]}`, cluster, name, desired, key)
}

// moto's index of tags never lags. AWS's does: it names services whose tag, service or cluster is gone.
func TestServicesAreFoundByTagAndDescribedByTen(t *testing.T) {
	t.Parallel()
	var tagged []string
	for _, name := range []string{"shop/web", "shop/api", "shop/untagged", "shop/deleted", "gone/web"} {
		tagged = append(tagged, fmt.Sprintf(`{"ResourceARN":"arn:aws:ecs:ap-northeast-2:111122223333:service/%s"}`, name))
	}
	s, account := snapshot(t, map[string]answer{
		"GetResources": func(q asked) (int, string) { // both keys are on each
			if strings.Contains(q.body, `"PaginationToken":"n"`) {
				return http.StatusOK, `{"PaginationToken":"","ResourceTagMappingList":[` + strings.Join(tagged[2:], ",") + "]}"
			}
			return http.StatusOK, `{"PaginationToken":"n","ResourceTagMappingList":[` + strings.Join(tagged[:2], ",") + "]}"
		},
		"DescribeServices": func(q asked) (int, string) {
			if strings.Contains(q.body, `"cluster":"gone"`) {
				return http.StatusBadRequest, `{"__type":"ClusterNotFoundException","message":"Cluster not found."}`
			}
			untagged := strings.Replace(serviceJSON("shop", "untagged", 1), key, "Name", 1)
			return http.StatusOK, strings.TrimSuffix(services(serviceJSON("shop", "web", 2), serviceJSON("shop", "api", 0), untagged), "}") +
				`,"failures":[{"arn":"arn:aws:ecs:ap-northeast-2:111122223333:service/shop/deleted","reason":"MISSING"}]}`
		},
		"DescribeScalableTargets": always(`{"ScalableTargets":[{"ServiceNamespace":"ecs","ResourceId":"service/shop/web","ScalableDimension":"ecs:service:DesiredCount","MinCapacity":1,"MaxCapacity":6}]}`),
	})
	if diff := cmp.Diff(names(s), []string{"api", "web"}); diff != "" {
		t.Error(diff)
	}
	if len(s.Gaps) > 0 {
		t.Errorf("what is deleted is no gap: %q", s.Gaps)
	}
	web, api := find(t, s, "web"), find(t, s, "api")
	if want := (fleet.Size{Min: 1, Max: 6, Desired: 2}); web.Size != want {
		t.Errorf("size %s, want %s", web.Size, want)
	}
	_, scales := web.Trait(fleet.ScalesItself)
	_, other := api.Trait(fleet.ScalesItself)
	if !scales || other || api.State != fleet.Stopped || api.Parent != "shop" {
		t.Errorf("web scales itself: %t; api: %t, %s in %s", scales, other, api.State, api.Parent)
	}
	if n := len(account.made("GetResources")); n != 4 {
		t.Errorf("%d calls of the tagging API, want two pages for each of two keys", n)
	}
	calls := account.made("DescribeServices")
	if len(calls) != 2 || !strings.Contains(calls[0].body+calls[1].body, `"include":["TAGS"]`) {
		t.Errorf("calls of DescribeServices: %v", calls)
	}
	const arn = `"arn:aws:ecs:ap-northeast-2:111122223333:service/shop/`
	if want := `"services":[` + arn + `api",` + arn + `deleted",` + arn + `untagged",` + arn + `web"]`; !strings.Contains(calls[1].body, want) {
		t.Errorf("each is described once: %s", calls[1].body)
	}
	targets := account.made("DescribeScalableTargets")
	if len(targets) != 1 || !strings.Contains(targets[0].body, `["service/shop/api","service/shop/web"]`) {
		t.Errorf("calls of DescribeScalableTargets: %v", targets)
	}
}
