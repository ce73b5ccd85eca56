package actuator_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// groupXML is a group of 2/6/3 as Auto Scaling describes it, with whatever else is given.
func groupXML(more string) answer {
	return answer{200, `<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult>
<AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName><MinSize>2</MinSize><MaxSize>6</MaxSize><DesiredCapacity>3</DesiredCapacity>
<Tags><member><Key>offpeak:schedule</Key><Value>office</Value><ResourceId>web</ResourceId><ResourceType>auto-scaling-group</ResourceType></member></Tags>` +
		more + `</member></AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>`}
}

func refreshXML(statuses ...string) answer {
	var members strings.Builder
	for _, s := range statuses {
		fmt.Fprintf(&members, "<member><AutoScalingGroupName>web</AutoScalingGroupName><Status>%s</Status></member>", s)
	}
	return answer{200, `<DescribeInstanceRefreshesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeInstanceRefreshesResult>
<InstanceRefreshes>` + members.String() + `</InstanceRefreshes></DescribeInstanceRefreshesResult></DescribeInstanceRefreshesResponse>`}
}

// What stands against taking a group to zero is asked for from the cheapest on. moto knows no refreshes, warm pools nor standby.
func TestWhatBarsAGroup(t *testing.T) {
	look, scheduled, refreshes, update := "DescribeAutoScalingGroups", "DescribeScheduledActions", "DescribeInstanceRefreshes", "UpdateAutoScalingGroup"
	member := func(state, protected string) string {
		return "<Instances><member><InstanceId>i-1</InstanceId><LifecycleState>" + state + "</LifecycleState><ProtectedFromScaleIn>" + protected +
			"</ProtectedFromScaleIn></member></Instances>"
	}
	for _, row := range []struct {
		name    string
		group   answer
		refresh answer
		updated answer
		change  plan.Scale
		class   failure.Class
		says    string
		calls   []string
	}{
		{"nothing", groupXML(member("InService", "false")), refreshXML("Successful"), answer{}, plan.Scale{}, "", "", []string{look, scheduled, refreshes, update}},
		{"a warm pool", groupXML("<WarmPoolConfiguration><PoolState>Stopped</PoolState></WarmPoolConfiguration>"), answer{}, answer{}, plan.Scale{}, failure.InvalidState, "has a warm pool", []string{look}},
		{"standby", groupXML(member("Standby", "false")), answer{}, answer{}, plan.Scale{}, failure.InvalidState, "1 instances of the group are on standby", []string{look}},
		{"protection", groupXML(member("InService", "true")), answer{}, answer{}, plan.Scale{}, failure.Protected, "protected from scale-in", []string{look}},
		{"deletion", groupXML("<Status>Delete in progress</Status>"), answer{}, answer{}, plan.Scale{}, failure.Gone, "is being deleted", []string{look}},
		{"a refresh", groupXML(""), refreshXML("InProgress", "Successful"), answer{}, plan.Scale{}, failure.InTransition, "an instance refresh of the group is InProgress", []string{look, scheduled, refreshes}},
		{"a refresh that bakes", groupXML(""), refreshXML("Baking"), answer{}, plan.Scale{}, failure.InTransition, "is Baking", []string{look, scheduled, refreshes}},
		{"refreshes that are over", groupXML(""), refreshXML("Cancelled", "RollbackSuccessful", "Failed"), answer{}, plan.Scale{}, "", "", []string{look, scheduled, refreshes, update}},
		{"refreshes may not be asked for", groupXML(""), queryError(403, "AccessDenied", "User is not authorized to perform: autoscaling:DescribeInstanceRefreshes"), answer{}, plan.Scale{}, failure.Denied, "ask for its instance refreshes: AccessDenied", []string{look, scheduled, refreshes}},
		{"a scaling activity", groupXML(""), refreshXML(), queryError(400, "ScalingActivityInProgress", "Activity is in progress."), plan.Scale{}, failure.InTransition, "scale web: ScalingActivityInProgress: Activity is in progress.", []string{look, scheduled, refreshes, update}},
		{"a wider size is set without asking", groupXML("<WarmPoolConfiguration><PoolState>Stopped</PoolState></WarmPoolConfiguration>"), answer{}, answer{}, plan.Scale{To: fleet.Size{Min: 2, Max: 8, Desired: 5}}, "", "", []string{look, update}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := &replies{}
			f.reply = func(action string, form url.Values) answer {
				switch {
				case action == look:
					return row.group
				case action == scheduled:
					return answer{200, "<DescribeScheduledActionsResponse><DescribeScheduledActionsResult/></DescribeScheduledActionsResponse>"}
				case action == refreshes:
					return row.refresh
				case row.updated.status != 0:
					return row.updated
				}
				got := form.Get("MinSize") + "/" + form.Get("MaxSize") + "/" + form.Get("DesiredCapacity")
				if want := row.change.To.String(); got != want {
					t.Errorf("set to %s, want %s", got, want)
				}
				return answer{200, "<UpdateAutoScalingGroupResponse/>"}
			}
			row.change.From = fleet.Size{Min: 2, Max: 6, Desired: 3}
			err := newActuator(open(t, f)).Act(t.Context(), actionsOn(fleet.AutoScalingGroup, seoul, row.change, "web"))[0]
			if failure.Of(err) != row.class || err != nil && !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v (%s), want %s (%s)", err, failure.Of(err), row.says, row.class)
			}
			if diff := cmp.Diff(f.calls, row.calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// databaseXML is what RDS describes.
func databaseXML(action, status string) answer {
	tags := "<TagList><Tag><Key>offpeak:schedule</Key><Value>office</Value></Tag></TagList>"
	inner := "<DBInstances><DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier><DBInstanceStatus>" + status + "</DBInstanceStatus>" + tags + "</DBInstance></DBInstances>"
	if action == "DescribeDBClusters" {
		inner = "<DBClusters><DBCluster><DBClusterIdentifier>orders</DBClusterIdentifier><Status>" + status + "</Status>" + tags + "</DBCluster></DBClusters>"
	}
	return answer{200, "<" + action + "Response><" + action + "Result>" + inner + "</" + action + "Result></" + action + "Response>"}
}

// What RDS is asked, and what comes of its answer, goes by the status just before and just after. Codes and sentences are RDS's own (API
// reference, and issues of users). The status of the second look is empty where there must be none.
func TestDatabasesGoByTheirStatus(t *testing.T) {
	const instance, cluster = fleet.RDSInstance, fleet.RDSCluster
	stop, start := plan.Change(plan.Stop{}), plan.Change(plan.Start{})
	notAvailable := queryError(400, "InvalidDBInstanceState", "Instance orders is not in available state.")
	accepted := answer{status: 200}
	for _, row := range []struct {
		kind   fleet.Kind
		change plan.Change
		status string
		reply  answer // to the change; zero: there must be none
		then   string
		class  failure.Class
		says   string
	}{
		{instance, stop, "available", accepted, "", "", ""},
		{instance, stop, "stopped", answer{}, "", "", ""},
		{instance, stop, "stopping", answer{}, "", "", ""},
		{instance, stop, "starting", answer{}, "", failure.InTransition, "its status is starting"},
		{instance, stop, "backing-up", answer{}, "", failure.InTransition, "its status is backing-up"},
		{instance, stop, "a-word-yet-to-come", answer{}, "", failure.InTransition, "a-word-yet-to-come"},
		{instance, stop, "storage-full", answer{}, "", failure.InvalidState, "its status is storage-full"},
		{instance, stop, "incompatible-network", answer{}, "", failure.InvalidState, "its status is incompatible-network"},
		{instance, stop, "inaccessible-encryption-credentials-recoverable", answer{}, "", failure.Key, "KMS key"},
		{instance, stop, "deleting", answer{}, "", failure.Gone, "no such database"},
		{instance, start, "stopped", accepted, "", "", ""},
		{instance, start, "available", answer{}, "", "", ""},
		{instance, start, "starting", answer{}, "", "", ""},
		{instance, start, "stopping", answer{}, "", failure.InTransition, "its status is stopping"},
		{instance, start, "inaccessible-encryption-credentials", answer{}, "", failure.Key, "KMS key"},
		{instance, start, "inaccessible-encryption-credentials-recoverable", accepted, "", "", ""},
		{cluster, stop, "available", accepted, "", "", ""},
		{cluster, stop, "upgrading", answer{}, "", failure.InTransition, "its status is upgrading"},
		{cluster, start, "stopped", accepted, "", "", ""},

		{instance, stop, "available", notAvailable, "stopped", "", ""},
		{instance, stop, "available", notAvailable, "stopping", "", ""},
		{instance, stop, "available", notAvailable, "modifying", failure.InTransition, "its status is modifying"},
		{instance, stop, "available", notAvailable, "failed", failure.InvalidState, "its status is failed"},
		{instance, stop, "available", queryError(400, "InvalidDBInstanceState", "Cannot stop or start a read replica instance: orders"), "available", failure.InvalidState, "its status is available, and RDS says InvalidDBInstanceState: Cannot stop or start a read replica instance: orders"},
		{cluster, stop, "available", queryError(400, "InvalidDBClusterStateFault", "DbCluster orders is in backing-up state"), "backing-up", failure.InTransition, "its status is backing-up"},
		{instance, stop, "available", queryError(404, "DBInstanceNotFound", "DBInstance orders not found."), "", failure.Gone, "DBInstanceNotFound"},
		{instance, stop, "available", queryError(400, "InvalidParameterCombination", "docdb DB instances are not eligible for stopping and starting."), "", failure.Other, "docdb DB instances are not eligible"},
		{instance, start, "stopped", queryError(400, "InsufficientDBInstanceCapacity", "The specified DB instance class isn't available in the specified Availability Zone."), "", failure.Capacity, "isn't available"},
		{instance, start, "stopped", queryError(400, "KMSKeyNotAccessibleFault", "An error occurred accessing an AWS KMS key."), "", failure.Key, "KMS key"},
	} {
		t.Run(fmt.Sprintf("%s %s %s %d %s", row.change.Verb(), row.kind, row.status, row.reply.status, row.then), func(t *testing.T) {
			f, looks := &replies{}, 0
			f.reply = func(action string, _ url.Values) answer {
				switch {
				case row.reply == accepted && !strings.HasPrefix(action, "Describe"):
					return answer{200, "<" + action + "Response><" + action + "Result/></" + action + "Response>"}
				case !strings.HasPrefix(action, "Describe"):
					return row.reply
				}
				if looks++; looks == 1 {
					return databaseXML(action, row.status)
				}
				return databaseXML(action, row.then)
			}
			err := newActuator(open(t, f)).Act(t.Context(), actionsOn(row.kind, seoul, row.change, "orders"))[0]
			if failure.Of(err) != row.class || err != nil && !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v (%s), want %s (%s)", err, failure.Of(err), row.says, row.class)
			}
			noun := map[fleet.Kind]string{instance: "DBInstance", cluster: "DBCluster"}[row.kind]
			want := []string{"Describe" + noun + "s"}
			if row.reply.status != 0 {
				want = append(want, map[string]string{"stop": "Stop", "start": "Start"}[row.change.Verb()]+noun)
			}
			if row.then != "" {
				want = append(want, "Describe"+noun+"s")
			}
			if diff := cmp.Diff(f.calls, want); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// serviceJSON is a service and its scalable target as ECS and Application Auto Scaling describe them.
type serviceJSON struct{ service, target string }

func (s serviceJSON) reply(action string, _ url.Values) answer {
	switch action {
	case "DescribeServices":
		return answer{200, `{"failures":[],"services":[{"serviceName":"api","status":"ACTIVE","tags":[{"key":"offpeak:schedule","value":"office"}],` + s.service + `}]}`}
	case "DescribeScalableTargets":
		if s.target == "" {
			return answer{200, `{"ScalableTargets":[]}`}
		}
		return answer{200, `{"ScalableTargets":[{"ServiceNamespace":"ecs","ResourceId":"service/shop/api","ScalableDimension":"ecs:service:DesiredCount",` + s.target + `}]}`}
	}
	return answer{200, `{}`}
}

func TestWhatBarsAService(t *testing.T) {
	const plain = `"desiredCount":3,"schedulingStrategy":"REPLICA"`
	full, zero, closed := fleet.Size{Min: 2, Max: 6, Desired: 3}, fleet.Size{}, fleet.Size{Max: 6}
	bounds := func(least, most int, suspended string) string {
		return fmt.Sprintf(`"MinCapacity":%d,"MaxCapacity":%d,"SuspendedState":{%s}`, least, most, suspended)
	}
	const none = `"DynamicScalingInSuspended":false,"DynamicScalingOutSuspended":false,"ScheduledScalingSuspended":false`
	const some = `"DynamicScalingInSuspended":true,"DynamicScalingOutSuspended":false,"ScheduledScalingSuspended":false`
	const all = `"DynamicScalingInSuspended":true,"DynamicScalingOutSuspended":true,"ScheduledScalingSuspended":true`
	register, update := "RegisterScalableTarget", "UpdateService"
	for _, row := range []struct {
		name     string
		seen     serviceJSON
		from, to fleet.Size
		class    failure.Class
		says     string
		changes  []string
	}{
		{"nothing", serviceJSON{plain, bounds(2, 6, none)}, full, zero, "", "", []string{register, update, register}},
		{"opted out", serviceJSON{plain + `,"tags":[]`, ""}, full, zero, failure.InvalidState, "do not opt it in any more", nil},
		{"gone", serviceJSON{plain + `,"status":"INACTIVE"`, ""}, full, zero, failure.Gone, "no such service", nil},
		{"draining", serviceJSON{plain + `,"status":"DRAINING"`, ""}, full, zero, failure.Gone, "no such service", nil},
		{"a daemon", serviceJSON{`"desiredCount":3,"schedulingStrategy":"DAEMON"`, ""}, full, zero, failure.InvalidState, "a daemon service", nil},
		{"CodeDeploy", serviceJSON{plain + `,"deploymentController":{"type":"CODE_DEPLOY"}`, ""}, fleet.Size{Desired: 3}, zero, failure.InvalidState, "made by code_deploy", nil},
		{"two deployments", serviceJSON{plain + `,"deployments":[{"rolloutState":"COMPLETED"},{"rolloutState":"COMPLETED"}]`, ""}, fleet.Size{Desired: 3}, zero, failure.InTransition, "being deployed", nil},
		{"a rollout", serviceJSON{plain + `,"deployments":[{"rolloutState":"IN_PROGRESS"}]`, ""}, fleet.Size{Desired: 3}, zero, failure.InTransition, "being deployed", nil},
		{"no bar at an opening", serviceJSON{`"desiredCount":0,"deployments":[{"rolloutState":"IN_PROGRESS"}]`, bounds(0, 6, all)}, closed, full, "", "", []string{update, register}},
		{"somebody resized it", serviceJSON{`"desiredCount":5`, bounds(2, 6, none)}, full, zero, failure.InTransition, "the service is 2/6/5 now, the plan was made for 2/6/3", nil},
		{"somebody set other bounds", serviceJSON{plain, bounds(3, 9, none)}, full, zero, failure.InTransition, "3/9/3 now", nil},
		{"bounds that the plan does not know", serviceJSON{plain, bounds(2, 6, none)}, fleet.Size{Desired: 3}, zero, failure.InTransition, "2/6/3 now, the plan was made for 0/0/3", nil},
		{"the target is gone", serviceJSON{plain, ""}, full, zero, "", "", []string{update}},
		{"the target is gone at the opening", serviceJSON{`"desiredCount":0`, ""}, closed, full, "", "", []string{update}},
		{"scaling suspended in part by somebody", serviceJSON{plain, bounds(2, 6, some)}, full, zero, failure.InvalidState, "some of its scaling is suspended", nil},
		{"a minimum of zero", serviceJSON{plain, bounds(0, 6, none)}, fleet.Size{Max: 6, Desired: 3}, zero, "", "", []string{register, update}},
		{"the size is back but not the scaling", serviceJSON{plain, bounds(2, 6, all)}, closed, full, "", "", []string{register}},
		{"all is back", serviceJSON{plain, bounds(2, 6, none)}, closed, full, "", "", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := &replies{reply: row.seen.reply}
			actions := actionsOn(fleet.ECSService, seoul, plan.Scale{From: row.from, To: row.to}, "api")
			actions[0].Subject.Parent = "shop"
			err := newActuator(open(t, f)).Act(t.Context(), actions)[0]
			if failure.Of(err) != row.class || err != nil && !strings.Contains(err.Error(), row.says) {
				t.Errorf("%v (%s), want %s (%s)", err, failure.Of(err), row.says, row.class)
			}
			if diff := cmp.Diff(strings.Join(f.calls, " "), strings.Join(slices.Concat([]string{"DescribeServices", "DescribeScalableTargets"}, row.changes), " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A change of a scalable target names neither a role nor what stays as it is.
func TestTheTargetKeepsWhatIsNotChanged(t *testing.T) {
	var sent []string
	f := &replies{}
	seen := serviceJSON{`"desiredCount":3`, `"MinCapacity":2,"MaxCapacity":6,"RoleARN":"arn:aws:iam::111122223333:role/old"`}
	f.reply = func(action string, form url.Values) answer {
		if action == "RegisterScalableTarget" {
			sent = append(sent, form.Get("json"))
		}
		return seen.reply(action, form)
	}
	actions := actionsOn(fleet.ECSService, seoul, plan.Scale{From: fleet.Size{Min: 2, Max: 6, Desired: 3}}, "api")
	actions[0].Subject.Parent = "shop"
	noErrors(t, newActuator(open(t, f)).Act(t.Context(), actions))
	const who = `"ResourceId":"service/shop/api","ScalableDimension":"ecs:service:DesiredCount","ServiceNamespace":"ecs"`
	const suspended = `"SuspendedState":{"DynamicScalingInSuspended":true,"DynamicScalingOutSuspended":true,"ScheduledScalingSuspended":true}`
	want := []string{"{" + who + "," + suspended + "}", `{"MinCapacity":0,` + who + "," + suspended + "}"}
	if diff := cmp.Diff(sent, want); diff != "" {
		t.Error(diff)
	}
}
