package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
	"offpeak/scheduler"
)

// dormitory is an AWS of two accounts whose resources are really looked after: sweeps of the optimizer write the ledger and the memory that
// the commands under test read.
type dormitory struct {
	now       time.Time
	resources []fleet.Resource
	store     *objects.Memory
	refuse    map[string]error      // acts, by resource
	deny      map[fleet.Scope]error // looks
	denyAll   error                 // looks at everything
	denyAct   error                 // dry runs of acts
	who       string                // empty: kim, a developer
	parts     hub.Parts
	reporting hub.ReportParts
	findings  []hub.Finding
	gaps      []string
	unchecked []string
}

var (
	devHome = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	stgHome = fleet.Scope{Account: "222233334444", Region: "ap-northeast-2"}
)

const dormitoryPolicy = `timezone: Asia/Seoul
observe: 3d
environments:
  prod: {accounts: ["333344445555"], protected: true}
  dev: {accounts: ["111122223333"]}
  stg: {accounts: ["222233334444"]}
schedules:
  office: {open: ["mon-fri 08:30-19:30"]}
  late: {open: ["mon-fri 08:30-19:30"], stop_after: 3h}
prices:
  - {region: ap-northeast-2, type: m5.large, usd_per_hour: "0.118"}
`

func dormitoryRules(t *testing.T) *policy.Policy {
	t.Helper()
	p, err := policy.Load("offpeak.yaml", []byte(dormitoryPolicy), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// inSeoul reads an instant on Seoul's clock.
func inSeoul(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04 -0700", text+" +0900")
	if err != nil {
		panic(err)
	}
	return at
}

// bed is a resource that has run since Monday.
func bed(scope fleet.Scope, kind fleet.Kind, id string, tags ...string) fleet.Resource {
	r := fleet.Resource{
		ID: id, ARN: fleet.ARN("arn:aws:x:" + string(scope.Region) + ":" + string(scope.Account) + ":" + id), Kind: kind, Scope: scope, State: fleet.Running,
	}
	var all []fleet.Tag
	for _, tag := range tags {
		key, value, _ := strings.Cut(tag, "=")
		all = append(all, fleet.Tag{Key: key, Value: value})
	}
	r.Tags = fleet.NewTags(all...)
	switch kind {
	case fleet.EC2Instance:
		r.Since, r.Type = inSeoul("2026-11-16 08:30"), "m5.large"
	case fleet.AutoScalingGroup:
		r.Size, r.Members = fleet.Size{Min: 2, Max: 6, Desired: 3}, []fleet.Members{{Type: "m5.large", Count: 3}}
	default:
		r.Type = "db.r6g.large"
	}
	return r
}

const (
	office = "offpeak:schedule=office"
	late   = "offpeak:schedule=late"
)

func newDormitory(resources ...fleet.Resource) *dormitory {
	d := &dormitory{
		now: inSeoul("2026-11-20 12:00"), resources: resources, store: objects.NewMemory(), refuse: map[string]error{}, deny: map[fleet.Scope]error{},
	}
	d.parts = hub.Parts{
		Bucket: hub.BucketFacts{Versioned: true, Closed: true},
		Queues: []hub.QueueFacts{{Name: "offpeak-wakes", Waiting: 2, Dead: "arn:aws:sqs:ap-northeast-2:999900001111:offpeak-wakes-dead"}},
		Topics: []hub.TopicFacts{{ARN: "arn:aws:sns:ap-northeast-2:999900001111:offpeak-alerts", Hear: 1}},
		Alarms: []hub.AlarmFacts{{Name: "offpeak-tick-missed"}, {Name: "offpeak-dead-wakes"}},
	}
	slices.SortFunc(d.resources, func(a, b fleet.Resource) int { return a.Compare(&b) })
	return d
}

func (d *dormitory) resource(id string) *fleet.Resource {
	i := slices.IndexFunc(d.resources, func(r fleet.Resource) bool { return r.ID == id })
	return &d.resources[i]
}

func (d *dormitory) site() *site {
	return &site{reach: d, store: d.store, place: "s3://hub", bucket: "hub"}
}

func (d *dormitory) Own() fleet.AccountID { return devHome.Account }

func (d *dormitory) Region() fleet.Region { return devHome.Region }

func (d *dormitory) Scopes(context.Context, *policy.Policy) ([]fleet.Scope, []hub.Finding, error) {
	var scopes []fleet.Scope
	for i := range d.resources {
		if !slices.Contains(scopes, d.resources[i].Scope) {
			scopes = append(scopes, d.resources[i].Scope)
		}
	}
	return scopes, d.findings, nil
}

func (d *dormitory) Look(_ context.Context, p *policy.Policy, scope fleet.Scope, everything bool) (fleet.Snapshot, error) {
	seen := fleet.Snapshot{Taken: d.now, Gaps: d.gaps, NotChecked: d.unchecked}
	for _, r := range d.resources {
		if r.Scope == scope && (everything || saysSchedule(p.Rules.Keys, r.Tags)) {
			seen.Resources = append(seen.Resources, r)
		}
	}
	if everything && d.denyAll != nil {
		return fleet.Snapshot{}, d.denyAll
	}
	return seen, d.deny[scope]
}

func (d *dormitory) Acts(*policy.Policy, bool) optimizer.Actuator { return d }

func (d *dormitory) Act(_ context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	for i, a := range actions {
		if errs[i] = d.refuse[a.Subject.ID]; errs[i] != nil {
			continue
		}
		r := d.resource(a.Subject.ID)
		r.State = fleet.Running
		if plan.SwitchesOff(a.Change) {
			r.State = fleet.Stopped
		}
		if r.Kind == fleet.EC2Instance {
			r.Since = d.now
		}
		if s, ok := a.Change.(plan.Scale); ok {
			r.Size, r.Members = s.To, nil
		}
	}
	return errs
}

func (d *dormitory) Spot(*policy.Policy, objects.Store) (hub.SpotHands, error) {
	return hub.SpotHands{}, errors.New("nobody asks for Spot here")
}

func (d *dormitory) Bucket(string, string) objects.Store { return d.store }

func (d *dormitory) SetTag(context.Context, *fleet.Resource, string, string) error {
	return errors.New("nothing may be written")
}

func (d *dormitory) Calls() map[string]int { return nil }

func (d *dormitory) Prices(objects.Store) optimizer.Pricer { return nil }

// asPorts gives a dormitory the ports of the optimizer.
type asPorts struct {
	*dormitory
	policy  *policy.Policy
	planner *scheduler.Planner
}

func (p asPorts) Snapshot(ctx context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	return p.Look(ctx, p.policy, scope, false)
}

func (p asPorts) Plan(_ context.Context, s *fleet.Snapshot, memory *fleet.Memory, now time.Time) (plan.Plan, *fleet.Memory, error) {
	made, next := p.planner.Plan(s, memory, scheduler.Options{Now: now})
	return made, next, nil
}

// sweep lets offpeak look after a scope at instants, one after the other.
func (d *dormitory) sweep(t *testing.T, scope fleet.Scope, instants ...string) {
	t.Helper()
	p := dormitoryRules(t)
	ports := asPorts{d, p, scheduler.New(&p.Rules)}
	o := &optimizer.Optimizer{
		Inventory: ports, Planner: ports, Actuator: d, Book: ledger.Book{Store: d.store}, States: optimizer.States{Store: d.store},
		Now: func() time.Time { return d.now }, Holder: "worker", MaxFailures: 100,
	}
	for _, instant := range instants {
		d.now = inSeoul(instant)
		if _, err := o.Sweep(t.Context(), scope); err != nil {
			t.Fatalf("%s: %v", instant, err)
		}
	}
}

// terminal is a console that keeps what is written.
func terminal(now time.Time) (c console, out, errs *bytes.Buffer) {
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	return console{
		in: strings.NewReader(""), out: out, err: errs, now: func() time.Time { return now }, getenv: func(string) string { return "" },
	}, out, errs
}

// refusal is an error as AWS's adapter gives it.
func refusal(class failure.Class, text string) error {
	return &failure.Error{Class: class, Err: errors.New(text)}
}

func (d *dormitory) Who() string {
	return cmp.Or(d.who, "arn:aws:sts::111122223333:assumed-role/Dev/kim")
}

func (d *dormitory) Find(context.Context, *policy.Policy, fleet.Scope, []fleet.ARN) ([]fleet.Resource, error) {
	return nil, nil
}

func (d *dormitory) Role(_ *policy.Policy, id fleet.AccountID) string {
	if id == d.Own() {
		return ""
	}
	return "arn:aws:iam::" + string(id) + ":role/offpeak"
}

func (d *dormitory) Parts(context.Context, string, string, string) hub.Parts { return d.parts }

func (d *dormitory) ReportParts(context.Context, string, []fleet.AccountID, []string) hub.ReportParts {
	return d.reporting
}

func (d *dormitory) MayAct(context.Context, *policy.Policy, fleet.Scope, string) error {
	return d.denyAct
}
