package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/market"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// pushReach is an AWS of a few resources, whose listings never show a tag that was written: they lag for as long as a test lasts.
type pushReach struct {
	now       time.Time
	resources []fleet.Resource
	scopes    func(*policy.Policy) []fleet.Scope // nil: those of the resources
	denied    error                              // of writing tags
	refused   error                              // of acts

	mu      sync.Mutex
	looks   []string
	written []string // "i-1 key=value"
	acts    []string // "start i-1"
}

func (a *pushReach) Own() fleet.AccountID { return "111122223333" }

func (a *pushReach) Region() fleet.Region { return "ap-northeast-2" }

func (a *pushReach) Scopes(_ context.Context, p *policy.Policy) ([]fleet.Scope, []hub.Finding, error) {
	if a.scopes != nil {
		return a.scopes(p), nil, nil
	}
	return scopesOf(&fleet.Snapshot{Resources: a.resources}), nil, nil
}

func (a *pushReach) Look(_ context.Context, p *policy.Policy, scope fleet.Scope, everything bool) (fleet.Snapshot, error) {
	look := scope.String()
	if everything {
		look += " everything"
	}
	a.mu.Lock()
	a.looks = append(a.looks, look)
	a.mu.Unlock()
	seen := fleet.Snapshot{Taken: a.now}
	for _, r := range a.resources {
		if r.Scope == scope && (everything || p.Rules.Keys.OptsIn(r.Tags)) {
			seen.Resources = append(seen.Resources, r)
		}
	}
	return seen, nil
}

func (a *pushReach) Acts(*policy.Policy, bool) optimizer.Actuator { return a }

func (a *pushReach) Act(_ context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	for i, act := range actions {
		a.acts = append(a.acts, act.Change.Verb()+" "+act.Subject.ID)
		errs[i] = a.refused
	}
	return errs
}

func (a *pushReach) Spot(*policy.Policy, objects.Store) (hub.SpotHands, error) {
	return hub.SpotHands{Inventory: spotSight{a}, Actuator: a, Market: noMarket{}}, nil
}

// spotSight shows all resources: how they are launched stands in them.
type spotSight struct{ *pushReach }

func (s spotSight) Snapshot(_ context.Context, scope fleet.Scope) (fleet.Snapshot, error) {
	seen := fleet.Snapshot{Taken: s.now}
	for _, r := range s.resources {
		if r.Scope == scope {
			seen.Resources = append(seen.Resources, r)
		}
	}
	return seen, nil
}

// noMarket is a market of which nothing is known.
type noMarket struct{}

func (noMarket) Of(context.Context, fleet.Scope, *fleet.Snapshot) (*market.Market, error) {
	return &market.Market{Sources: []string{"nothing was asked"}}, nil
}

func (a *pushReach) Bucket(string, string) objects.Store { return objects.NewMemory() }

func (a *pushReach) SetTag(_ context.Context, r *fleet.Resource, key, value string) error {
	if a.denied == nil {
		a.written = append(a.written, r.ID+" "+key+"="+value)
	}
	return a.denied
}

func (a *pushReach) Calls() map[string]int { return nil }

func (a *pushReach) Prices(objects.Store) optimizer.Pricer { return nil }

const pushPolicy = `timezone: Asia/Seoul
observe: 0s
environments:
  prod: {accounts: ["333344445555"], protected: true}
  dev: {accounts: ["111122223333", "222233334444"], schedule: office}
schedules:
  office: {open: ["mon-fri 08:30-19:30"]}
  late: {open: ["mon-fri 08:30-19:30"], stop_after: 3h}
  weekend: {open: ["fri 18:00 - mon 08:00"]}
  stop-only: {stop: ["daily 21:00"]}
  start-and-stop: {start: ["daily 09:00"], stop: ["daily 21:00"]}
  day-and-night: {open: ["daily 00:00-24:00"]}
`

func loadPushPolicy(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Load("offpeak.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// machine is an EC2 instance of the account that the tests' policy calls dev.
func machine(id string, state fleet.State, tags ...string) fleet.Resource {
	r := fleet.Resource{
		ID: id, ARN: fleet.ARN("arn:aws:ec2:ap-northeast-2:111122223333:instance/" + id), Kind: fleet.EC2Instance,
		Scope: fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}, State: state,
	}
	for _, text := range tags {
		key, value, _ := strings.Cut(text, "=")
		r.Tags = fleet.NewTags(append(slices.Clone(r.Tags), fleet.Tag{Key: key, Value: value})...)
	}
	return r
}

// seoul reads an instant on Seoul's clock.
func seoul(t *testing.T, text string) time.Time {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	layout := "2006-01-02 15:04:05"[:len(text)]
	at, err := time.ParseInLocation(layout, text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// deaf is a console at which nobody sits.
func deaf(now time.Time) (console, *bytes.Buffer, *bytes.Buffer) {
	var out, err bytes.Buffer
	return console{
		in: strings.NewReader("yes\n"), out: &out, err: &err, now: func() time.Time { return now }, getenv: func(string) string { return "" },
	}, &out, &err
}

func writeInto(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (a *pushReach) Who() string { return "arn:aws:sts::111122223333:assumed-role/Dev/kim" }

func (a *pushReach) Find(context.Context, *policy.Policy, fleet.Scope, []fleet.ARN) ([]fleet.Resource, error) {
	return nil, nil
}

func (a *pushReach) Role(_ *policy.Policy, id fleet.AccountID) string {
	if id == a.Own() {
		return ""
	}
	return "arn:aws:iam::" + string(id) + ":role/offpeak"
}

func (a *pushReach) ReportParts(context.Context, string, []fleet.AccountID, []string) hub.ReportParts {
	return hub.ReportParts{}
}

func (a *pushReach) Parts(context.Context, string, string, string) hub.Parts { return hub.Parts{} }

func (a *pushReach) MayAct(context.Context, *policy.Policy, fleet.Scope, string) error { return nil }
