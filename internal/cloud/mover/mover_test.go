package mover_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/mover"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

var _ optimizer.Actuator = (*mover.Mover)(nil)

var seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}

const (
	groupARN   = "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:1:autoScalingGroupName/web"
	serviceARN = "arn:aws:ecs:ap-northeast-2:111122223333:service/shop/web"
)

// wire answers calls by their action, and keeps what was asked.
type wire struct {
	answer func(action string) (status int, body string)
	calls  []string
	forms  []url.Values
}

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	form, action := url.Values{"json": {string(body)}}, request.Header.Get("X-Amz-Target")
	if _, target, ok := strings.Cut(action, "."); ok {
		action = target
	} else if form, err = url.ParseQuery(string(body)); err != nil {
		return nil, err
	} else {
		action = form.Get("Action")
	}
	w.calls, w.forms = append(w.calls, action), append(w.forms, form)
	status, text := 200, "<"+action+"Response><"+action+"Result></"+action+"Result></"+action+"Response>"
	if action == "UpdateService" {
		text = "{}"
	}
	if w.answer != nil {
		if s, t := w.answer(action); s != 0 {
			status, text = s, t
		}
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"text/xml"}},
		Body: io.NopCloser(strings.NewReader(text)), Request: request,
	}, nil
}

// refuse answers an action with an error of Auto Scaling's.
func refuse(action, code, message string) func(string) (int, string) {
	return func(asked string) (int, string) {
		if asked != action {
			return 0, ""
		}
		return 400, fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)
	}
}

// seen is what there is.
type seen []fleet.Resource

func (s seen) Find(_ context.Context, _ fleet.Scope, arns []fleet.ARN) (found []fleet.Resource, _ error) {
	for _, r := range s {
		if slices.Contains(arns, r.ARN) {
			found = append(found, r)
		}
	}
	return found, nil
}

func open(t *testing.T, w *wire, there ...fleet.Resource) *mover.Mover {
	t.Helper()
	o := moto.Recorded("https://recorded.invalid", seoul.Region)
	adjust := o.Adjust
	o.Adjust = func(c *aws.Config) {
		adjust(c)
		c.HTTPClient = &http.Client{Transport: w}
	}
	o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	access, err := cloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return mover.New(access, seen(there), fleet.KeysWithPrefix(fleet.DefaultPrefix))
}

var (
	template = &fleet.Template{ID: "lt-1", Name: "web", Version: "7"}
	onDemand = fleet.Purchase{Template: template}
	mixed    = fleet.Purchase{Template: template, Rebalance: true, Mix: &fleet.Mix{Base: 4, AboveBase: 25, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m6i.large", "m7i.large"}}}
	refresh  = &plan.Refresh{MinHealthy: 100, MaxHealthy: 110, Checkpoints: []int{10, 50, 100}, Pause: 10 * time.Minute, Bake: 15 * time.Minute, Alarms: []string{"errors"}}
)

func with(p fleet.Purchase, change func(*fleet.Purchase)) fleet.Purchase {
	if p.Mix != nil {
		mix := *p.Mix
		p.Mix = &mix
	}
	change(&p)
	return p
}

func group(buys fleet.Purchase, tag string) fleet.Resource {
	return fleet.Resource{
		ID: "web", ARN: groupARN, Kind: fleet.AutoScalingGroup, Scope: seoul, State: fleet.Running, Size: fleet.Size{Min: 1, Max: 20, Desired: 10},
		Tags:   fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: tag}),
		Launch: &fleet.Launch{Template: buys.Template, Mix: buys.Mix, Rebalance: buys.Rebalance},
	}
}

func act(ctx context.Context, m *mover.Mover, r fleet.Resource, move plan.Move) error {
	return m.Act(ctx, []plan.Action{{ID: "a", Subject: plan.SubjectOf(&r, "dev"), Change: move}})[0]
}

func TestMovesOfGroups(t *testing.T) {
	t.Parallel()
	rebalanced := with(onDemand, func(p *fleet.Purchase) { p.Rebalance = true })
	more := with(mixed, func(p *fleet.Purchase) { p.Mix.Base = 6 })
	weighted := with(mixed, func(p *fleet.Purchase) { p.Mix.Weighted = true })
	for _, row := range []struct {
		name   string
		live   fleet.Purchase
		tag    string
		move   plan.Move
		answer func(string) (int, string)
		calls  []string
		class  failure.Class
		says   string
	}{
		{"to Spot: rebalancing first, then the refresh", onDemand, "yes", plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh}, nil, []string{"UpdateAutoScalingGroup", "StartInstanceRefresh"}, "", ""},
		{"cut short between the two", rebalanced, "yes", plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh}, nil, []string{"StartInstanceRefresh"}, "", ""},
		{"done already", mixed, "yes", plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh}, nil, nil, "", ""},
		{"back by a refresh, whatever the tag says", mixed, "no", plan.Move{From: mixed, To: onDemand, Way: plan.ByRefresh, Refresh: refresh}, nil, []string{"UpdateAutoScalingGroup", "StartInstanceRefresh"}, "", ""},
		{"back while the refresh is under way", rebalanced, "no", plan.Move{From: rebalanced, To: onDemand, Way: plan.ByRollback}, nil, []string{"UpdateAutoScalingGroup", "RollbackInstanceRefresh"}, "", ""},
		{"another base, in one call", mixed, "yes", plan.Move{From: mixed, To: more, Way: plan.ByWriting}, nil, []string{"UpdateAutoScalingGroup"}, "", ""},
		{"back at size zero", mixed, "yes", plan.Move{From: mixed, To: onDemand, Way: plan.ByWriting}, nil, []string{"UpdateAutoScalingGroup"}, "", ""},

		{"somebody else wrote another policy", more, "yes", plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh}, nil, nil, failure.InTransition, "somebody else has changed it"},
		{"writing is not cut short by a refresh", rebalanced, "yes", plan.Move{From: onDemand, To: mixed, Way: plan.ByWriting}, nil, nil, failure.InTransition, "somebody else"},
		{"its owner changed the tag since", onDemand, "no", plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh}, nil, nil, failure.InvalidState, "does not ask for Spot"},
		{"a policy with weights cannot be written whole", onDemand, "yes", plan.Move{From: onDemand, To: weighted, Way: plan.ByRefresh, Refresh: refresh}, nil, nil, failure.InvalidState, "by hand"},
		{"no template", fleet.Purchase{}, "yes", plan.Move{To: with(mixed, func(p *fleet.Purchase) { p.Template = nil }), Way: plan.ByWriting}, nil, nil, failure.InvalidState, "no launch template"},
		{"a group is not converted", onDemand, "yes", plan.Move{From: onDemand, To: mixed, Way: plan.ByConverting}, nil, nil, failure.Other, "cannot be moved by convert"},
		{"no such way", onDemand, "yes", plan.Move{From: onDemand, To: mixed, Way: "magic"}, nil, nil, failure.Other, "no way of a move"},

		{
			"another refresh runs", rebalanced, "yes",
			plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh},
			refuse("StartInstanceRefresh", "InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."),
			[]string{"StartInstanceRefresh"},
			failure.InTransition, "already in progress",
		},
		{
			"the refresh ended meanwhile", rebalanced, "no",
			plan.Move{From: rebalanced, To: rebalanced, Way: plan.ByRollback},
			refuse("RollbackInstanceRefresh", "ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found."),
			[]string{"RollbackInstanceRefresh"},
			failure.InTransition, "roll its instance refresh back",
		},
		{
			"a refresh that cannot be rolled back", rebalanced, "no",
			plan.Move{From: rebalanced, To: rebalanced, Way: plan.ByRollback},
			refuse("RollbackInstanceRefresh", "IrreversibleInstanceRefresh", "The desired configuration has not been specified."),
			[]string{"RollbackInstanceRefresh"},
			failure.InvalidState, "",
		},
		{
			"deleted between the look and the call", mixed, "yes",
			plan.Move{From: mixed, To: more, Way: plan.ByWriting},
			refuse("UpdateAutoScalingGroup", "ValidationError", "AutoScalingGroup name not found - null"),
			[]string{"UpdateAutoScalingGroup"},
			failure.Gone, "",
		},
		{
			"a call that AWS does not understand is no loss", mixed, "yes",
			plan.Move{From: mixed, To: more, Way: plan.ByWriting},
			refuse("UpdateAutoScalingGroup", "ValidationError", "OnDemandBaseCapacity must be positive"),
			[]string{"UpdateAutoScalingGroup"},
			failure.Other, "must be positive",
		},
		{
			"denied", mixed, "yes",
			plan.Move{From: mixed, To: more, Way: plan.ByWriting},
			refuse("UpdateAutoScalingGroup", "AccessDenied", "User is not authorized to perform: iam:PassRole"),
			[]string{"UpdateAutoScalingGroup"},
			failure.Denied, "PassRole",
		},
		{
			"throttled", onDemand, "yes",
			plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh},
			refuse("StartInstanceRefresh", "ScalingActivityInProgress", "busy"),
			[]string{"UpdateAutoScalingGroup", "StartInstanceRefresh"},
			failure.InTransition, "",
		},
		{
			"AWS's limit of refreshes", rebalanced, "yes",
			plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh},
			refuse("StartInstanceRefresh", "LimitExceeded", "You have reached the limit"),
			[]string{"StartInstanceRefresh"},
			failure.Quota, "",
		},
	} {
		w := &wire{answer: row.answer}
		r := group(row.live, row.tag)
		err := act(t.Context(), open(t, w, r), r, row.move)
		if failure.Of(err) != row.class || err != nil && !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v (%s), want %s", row.name, err, failure.Of(err), row.class)
		}
		if diff := cmp.Diff(w.calls, row.calls); diff != "" {
			t.Errorf("%s: calls (-got +want)\n%s", row.name, diff)
		}
	}
}

// TestWhatARefreshIsToldIsWhatAWSDocuments compares every parameter (Amazon EC2 Auto Scaling API reference, StartInstanceRefresh).
func TestWhatARefreshIsToldIsWhatAWSDocuments(t *testing.T) {
	t.Parallel()
	w, r := &wire{}, group(onDemand, "yes")
	if err := act(t.Context(), open(t, w, r), r, plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Action": "StartInstanceRefresh", "Version": "2011-01-01", "AutoScalingGroupName": "web", "Strategy": "Rolling",
		"DesiredConfiguration.MixedInstancesPolicy.InstancesDistribution.OnDemandBaseCapacity":                  "4",
		"DesiredConfiguration.MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity":   "25",
		"DesiredConfiguration.MixedInstancesPolicy.InstancesDistribution.SpotAllocationStrategy":                "price-capacity-optimized",
		"DesiredConfiguration.MixedInstancesPolicy.InstancesDistribution.SpotMaxPrice":                          "",
		"DesiredConfiguration.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId": "lt-1",
		"DesiredConfiguration.MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version":          "7",
		"DesiredConfiguration.MixedInstancesPolicy.LaunchTemplate.Overrides.member.1.InstanceType":              "m5.large",
		"DesiredConfiguration.MixedInstancesPolicy.LaunchTemplate.Overrides.member.2.InstanceType":              "m6i.large",
		"DesiredConfiguration.MixedInstancesPolicy.LaunchTemplate.Overrides.member.3.InstanceType":              "m7i.large",
		"Preferences.MinHealthyPercentage": "100", "Preferences.MaxHealthyPercentage": "110", "Preferences.SkipMatching": "false", "Preferences.AutoRollback": "true",
		"Preferences.ScaleInProtectedInstances": "Ignore", "Preferences.StandbyInstances": "Ignore", "Preferences.BakeTime": "900", "Preferences.CheckpointDelay": "600",
		"Preferences.CheckpointPercentages.member.1": "10", "Preferences.CheckpointPercentages.member.2": "50", "Preferences.CheckpointPercentages.member.3": "100",
		"Preferences.AlarmSpecification.Alarms.member.1": "errors",
	}
	got := map[string]string{}
	for key, values := range w.forms[1] {
		got[key] = values[0]
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	if first := w.forms[0]; first.Get("CapacityRebalance") != "true" || len(first) != 4 {
		t.Errorf("before it: %v", first)
	}
}

// TestBackToATemplateAlone: a group that had no policy gets none of ours.
func TestBackToATemplateAlone(t *testing.T) {
	t.Parallel()
	for _, way := range []plan.Move{{From: mixed, To: onDemand, Way: plan.ByWriting}, {From: mixed, To: onDemand, Way: plan.ByRefresh, Refresh: refresh}} {
		w, r := &wire{}, group(mixed, "yes")
		if err := act(t.Context(), open(t, w, r), r, way); err != nil {
			t.Fatal(err)
		}
		last := w.forms[len(w.forms)-1].Encode()
		if !strings.Contains(last, "LaunchTemplate.LaunchTemplateId=lt-1") || !strings.Contains(last, "LaunchTemplate.Version=7") || strings.Contains(last, "MixedInstancesPolicy") {
			t.Errorf("%s: %s", way.Way, last)
		}
	}
}

func TestWhatIsGone(t *testing.T) {
	t.Parallel()
	deleted := group(onDemand, "yes")
	deleted.State = fleet.Gone
	for name, there := range map[string][]fleet.Resource{"not there": nil, "being deleted": {deleted}} {
		w := &wire{}
		if err := act(t.Context(), open(t, w, there...), group(onDemand, "yes"), plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh}); failure.Of(err) != failure.Gone || len(w.calls) != 0 {
			t.Errorf("%s: %v after %v", name, err, w.calls)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	w, r := &wire{}, group(onDemand, "yes")
	if err := act(ctx, open(t, w, r), r, plan.Move{From: onDemand, To: mixed, Way: plan.ByRefresh, Refresh: refresh}); failure.Of(err) != failure.Unreachable || len(w.calls) != 0 {
		t.Errorf("out of time: %v after %v", err, w.calls)
	}
}

func service(providers []fleet.Provider, traits ...fleet.Trait) fleet.Resource {
	return fleet.Resource{
		ID: "web", ARN: serviceARN, Kind: fleet.ECSService, Scope: seoul, Parent: "shop", State: fleet.Running, Size: fleet.Size{Desired: 4}, Traits: traits,
		Tags:   fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}),
		Launch: &fleet.Launch{Providers: providers},
	}
}

func TestMovesOfServices(t *testing.T) {
	t.Parallel()
	spot := []fleet.Provider{{Name: "FARGATE", Base: 2, Weight: 1}, {Name: "FARGATE_SPOT", Weight: 3, Spot: true}}
	own := []fleet.Provider{{Name: "spot-machines", Weight: 1}} // whether it is of Spot only its cluster tells
	to := plan.Move{To: fleet.Purchase{Providers: spot}, Way: plan.ByDeploying}
	for _, row := range []struct {
		name  string
		live  fleet.Resource
		move  plan.Move
		body  string // of the call; empty: none
		class failure.Class
	}{
		{"to Spot, by a deployment", service(nil), to, `"capacityProviderStrategy":[{"base":2,"capacityProvider":"FARGATE","weight":1},{"capacityProvider":"FARGATE_SPOT","weight":3}],"cluster":"shop","forceNewDeployment":true,"service":"web"`, ""},
		{"back to its launch type", service(spot), plan.Move{From: fleet.Purchase{Providers: spot}, Way: plan.ByDeploying}, `"capacityProviderStrategy":[],"cluster":"shop","forceNewDeployment":true`, ""},
		{"done already", service(spot), to, "", ""},
		{"its own providers", service(own), plan.Move{From: fleet.Purchase{Providers: []fleet.Provider{{Name: "spot-machines", Weight: 1, Spot: true}}}, To: fleet.Purchase{Providers: spot}, Way: plan.ByDeploying}, "FARGATE_SPOT", ""},
		{"somebody else changed it", service(own), to, "", failure.InTransition},
		{"it is being deployed", service(nil, fleet.Trait{Kind: fleet.Deploying}), to, "", failure.InTransition},
		{"CodeDeploy deploys it", service(nil, fleet.Trait{Kind: fleet.ExternalDeploy}), to, "", failure.InvalidState},
		{"a service has no refresh", service(nil), plan.Move{To: fleet.Purchase{Providers: spot}, Way: plan.ByWriting}, "", failure.Other},
	} {
		w := &wire{}
		err := act(t.Context(), open(t, w, row.live), row.live, row.move)
		if failure.Of(err) != row.class || (len(w.calls) == 1) != (row.body != "") {
			t.Errorf("%s: %v (%s) after %v", row.name, err, failure.Of(err), w.calls)
			continue
		}
		if row.body != "" && !strings.Contains(w.forms[0].Get("json"), row.body) {
			t.Errorf("%s: %s", row.name, w.forms[0].Get("json"))
		}
	}
}
