package hub_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"offpeak/autospot/convert"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/market"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

// estate is an account with one workload on one network interface, which is looked after by the scheduler and by AutoSpot: EC2 as both of them meet it.
// What takes time takes a minute of its clock. It ends with errDied after so many calls, of EC2 and of the store: then the process is gone.
type estate struct {
	t        *testing.T
	now      time.Time
	store    *objects.Memory
	policies *hub.Policies
	accounts *hub.Accounts
	queue    *queue
	mail     *mailbox
	machines []*host
	tags     []fleet.Tag
	attached string
	images   map[string]convert.Image
	budget   int // calls until it dies; below zero: it lives
	dry      bool
	acts     []string // what the scheduler did
	removed  []string
	holder   int
}

type host struct {
	convert.Instance
	token   string
	created time.Time
	until   time.Time // when its state has passed
}

var errGone = &failure.Error{Class: failure.Unreachable, Err: errors.New("the process is gone")}

const readyOffice = text + "schedules: {office: {open: [\"mon-fri 08:30-19:30\"], ready_by: true, enforce: false}}\nobserve: 0s\nspot: {mode: act, commitments: none}\n"

func newEstate(t *testing.T) *estate {
	t.Helper()
	e := &estate{t: t, now: noon, store: objects.NewMemory(), queue: &queue{}, mail: &mailbox{}, images: map[string]convert.Image{}, attached: "i-1", budget: -1}
	e.machines = []*host{{Instance: convert.Instance{ID: "i-1", State: convert.Running}, created: noon.AddDate(0, -1, 0)}}
	e.tags = []fleet.Tag{{Key: "offpeak:schedule", Value: "office"}, {Key: "offpeak:spot", Value: "yes"}, {Key: "Name", Value: "box"}}
	e.policies, e.accounts = &hub.Policies{Store: e.store}, &hub.Accounts{Store: e.store}
	push(t, e.policies, readyOffice)
	if err := e.accounts.Meet(t.Context(), []fleet.Scope{dev}, noon.AddDate(0, -1, 0)); err != nil {
		t.Fatal(err)
	}
	return e
}

// spend is one call more.
func (e *estate) spend() error {
	if e.budget == 0 {
		return errGone
	}
	e.budget--
	return nil
}

// pass lets a minute go by.
func (e *estate) pass() { e.advance(e.now.Add(time.Minute)) }

func (e *estate) advance(at time.Time) {
	e.now = at
	for _, m := range e.machines {
		if e.now.Before(m.until) {
			continue
		}
		switch m.State {
		case convert.Pending:
			m.State = convert.Running
		case convert.Stopping:
			m.State = convert.Stopped
		case convert.ShuttingDown:
			if m.State = convert.Terminated; e.attached == m.ID {
				e.attached = ""
			}
		default:
		}
	}
	for name, image := range e.images {
		if image.State == "pending" {
			e.images[name] = convert.Image{ID: image.ID, State: "available"}
		}
	}
}

func (e *estate) host(id string) *host {
	for _, m := range e.machines {
		if m.ID == id {
			return m
		}
	}
	e.t.Fatalf("there is no %s", id)
	return nil
}

// alive are those that have not ended.
func (e *estate) alive() (hosts []*host) {
	for _, m := range e.machines {
		if m.State != convert.Terminated && m.State != convert.ShuttingDown {
			hosts = append(hosts, m)
		}
	}
	return hosts
}

func (m *host) goes(to convert.State, now time.Time) { m.State, m.until = to, now.Add(time.Minute) }

// resource is a host as an inventory shows it, with what AutoSpot asks for or without.
func (e *estate) resource(m *host, launch bool) fleet.Resource {
	r := fleet.Resource{
		ID: m.ID, ARN: arnOf(m.ID), Kind: fleet.EC2Instance, Scope: dev, Type: "m5.large", Product: "Linux/UNIX", Lifecycle: m.Lifecycle, Status: string(m.State),
		Created: m.created, Since: m.created, Tags: fleet.NewTags(e.tags...),
	}
	switch m.State {
	case convert.Running:
		r.State = fleet.Running
	case convert.Stopped:
		r.State = fleet.Stopped
	case convert.Terminated, convert.ShuttingDown:
		r.State = fleet.Gone
	default:
		r.State = fleet.Changing
	}
	if launch {
		r.Launch = &fleet.Launch{Zones: []string{"ap-northeast-2a"}, Seen: []fleet.Fact{fleet.Stacks, fleet.Protection}}
		if e.attached == m.ID {
			r.Launch.Interfaces = []fleet.Interface{{ID: "eni-1"}}
		}
	}
	return r
}

func arnOf(id string) fleet.ARN {
	return fleet.ARN("arn:aws:ec2:ap-northeast-2:111122223333:instance/" + id)
}

// sight is an inventory of the estate.
type sight struct {
	*estate
	launch bool
}

func (s sight) Snapshot(context.Context, fleet.Scope) (fleet.Snapshot, error) {
	seen := fleet.Snapshot{Taken: s.now}
	if err := s.spend(); err != nil {
		return seen, err
	}
	for _, m := range s.machines {
		if m.State != convert.Terminated || s.now.Sub(m.until) < time.Hour {
			seen.Resources = append(seen.Resources, s.resource(m, s.launch))
		}
	}
	seen.Sort()
	return seen, nil
}

// Act is what the scheduler does.
func (s sight) Act(_ context.Context, actions []plan.Action) []error {
	errs := make([]error, len(actions))
	for i, a := range actions {
		if errs[i] = s.spend(); errs[i] != nil {
			continue
		}
		m := s.host(a.Subject.ID)
		s.acts = append(s.acts, a.Change.Verb()+" "+m.ID)
		if plan.SwitchesOff(a.Change) {
			m.goes(convert.Stopping, s.now)
		} else {
			m.goes(convert.Pending, s.now)
		}
	}
	return errs
}

func (s sight) Of(ctx context.Context, scope fleet.Scope, seen *fleet.Snapshot) (*market.Market, error) {
	return (&spotty{}).Of(ctx, scope, seen)
}

func (e *estate) Describe(_ context.Context, _ fleet.Scope, id string) (convert.Record, error) {
	if err := e.spend(); err != nil {
		return convert.Record{}, err
	}
	return convert.Record{
		Interface: "eni-1", WasRunning: e.host(id).State == convert.Running,
		Old: convert.Attributes{ID: id, Type: "m5.large", Tags: fleet.NewTags(e.tags...), Volumes: []convert.Volume{{ID: "vol-root", Device: "/dev/xvda", Root: true}}},
	}, nil
}

func (e *estate) Look(_ context.Context, _ fleet.Scope, r *convert.Record) (convert.Seen, error) {
	seen := convert.Seen{Image: e.images[r.Name], Interface: convert.Interface{Attached: e.attached}}
	if err := e.spend(); err != nil {
		return seen, err
	}
	for _, m := range e.machines {
		one := m.Instance
		one.KeptVolumes = slices.Clone(one.KeptVolumes)
		switch {
		case m.ID == r.Old.ID:
			seen.Old = one
		case m.token == r.Name:
			seen.New = one
		}
	}
	return seen, nil
}

func (e *estate) Do(_ context.Context, _ fleet.Scope, r *convert.Record, seen *convert.Seen, s convert.Step) error {
	if err := e.spend(); err != nil {
		return err
	}
	if s.Do == convert.Run {
		if e.dry && s.Lifecycle != fleet.OnDemand {
			return &failure.Error{Class: failure.Capacity, Err: errors.New("InsufficientInstanceCapacity")}
		}
		m := &host{token: r.Name, created: e.now, Instance: convert.Instance{ID: fmt.Sprintf("i-%d", len(e.machines)+1), Lifecycle: s.Lifecycle, KeepsInterface: true}}
		m.Requested = s.Lifecycle == fleet.SpotPersistent
		m.goes(convert.Pending, e.now)
		e.machines, e.attached = append(e.machines, m), m.ID
		return e.spend() // it may die before it hears of it
	}
	m := e.host(r.Old.ID)
	if seen.New.ID != "" {
		m = e.host(seen.New.ID)
	}
	switch s.Do {
	case convert.KeepVolumes:
		m.KeptVolumes = []string{"vol-root"}
	case convert.KeepInterface:
		m.KeepsInterface = true
	case convert.Stop, convert.StopAgain:
		m.goes(convert.Stopping, e.now)
	case convert.CreateImage:
		e.images[r.Name] = convert.Image{ID: "ami-" + m.ID, State: "pending"}
	case convert.Terminate, convert.Cancel:
		m.Requested = false
		m.goes(convert.ShuttingDown, e.now)
	case convert.Restore:
		m.KeepsInterface = false
	case convert.RestoreOld:
		m.KeepsInterface, m.KeptVolumes = false, nil
	case convert.Start:
		m.goes(convert.Pending, e.now)
	default:
		e.t.Errorf("%s is asked for", s.Do)
	}
	return e.spend()
}

func (e *estate) Deregister(_ context.Context, _ fleet.Scope, image string) error {
	e.removed = append(e.removed, image)
	return e.spend()
}

// brittle is the store of a process that may die.
type brittle struct{ *estate }

func (b brittle) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	if err := b.spend(); err != nil {
		return "", err
	}
	return b.store.Create(ctx, key, data)
}

func (b brittle) Replace(ctx context.Context, key string, data []byte, version objects.Version) (objects.Version, error) {
	if err := b.spend(); err != nil {
		return "", err
	}
	return b.store.Replace(ctx, key, data, version)
}

func (b brittle) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	if err := b.spend(); err != nil {
		return nil, "", err
	}
	return b.store.Read(ctx, key)
}

func (b brittle) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	if err := b.spend(); err != nil {
		return func(yield func(string, error) bool) { yield("", err) }
	}
	return b.store.List(ctx, prefix)
}

func (b brittle) Delete(ctx context.Context, key string) error {
	if err := b.spend(); err != nil {
		return err
	}
	return b.store.Delete(ctx, key)
}

// spotLook is a look of AutoSpot's by a new process.
func (e *estate) spotLook() (hub.SpotReport, error) {
	e.holder++
	w := &hub.SpotWorker{
		Store: brittle{e}, Policies: e.policies, Accounts: e.accounts, Queue: e.queue, Alerts: e.mail, Now: func() time.Time { return e.now }, Holder: fmt.Sprint("spot-", e.holder),
		Under: func(*policy.Policy) (hub.SpotHands, error) {
			return hub.SpotHands{Inventory: sight{e, true}, Actuator: sight{e, true}, Market: sight{e, true}, Converter: e}, nil
		},
	}
	return w.Look(e.t.Context(), hub.Wake{Scope: dev})
}

// sweep is one of the scheduler's, which does not die.
func (e *estate) sweep() hub.Report {
	e.t.Helper()
	e.budget = -1
	w := &hub.Worker{
		Store: e.store, Policies: e.policies, Accounts: e.accounts, Queue: e.queue, Alerts: e.mail, Now: func() time.Time { return e.now }, Holder: "scheduler",
		Under: func(*policy.Policy) (hub.Hands, error) {
			return hub.Hands{Inventory: sight{e, false}, Actuator: sight{e, false}}, nil
		},
	}
	report, err := w.Look(e.t.Context(), hub.Wake{Scope: dev})
	if err != nil {
		e.t.Fatal(err)
	}
	return report
}

// memory is what is remembered now.
func (e *estate) memory() fleet.Memory {
	e.t.Helper()
	return stateOf(e.t, e.store)
}

// entries is the ledger.
func (e *estate) entries() (all []ledger.Entry) {
	e.t.Helper()
	for entry, err := range (ledger.Book{Store: e.store}).Read(e.t.Context(), noon.AddDate(0, -1, 0), noon.AddDate(0, 3, 0), dev) {
		if err != nil {
			e.t.Fatal(err)
		}
		all = append(all, entry)
	}
	return all
}
