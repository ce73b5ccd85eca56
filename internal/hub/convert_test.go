package hub_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"offpeak/autospot/convert"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/plan"
)

// machineRoom is EC2 with one instance, as far as a conversion meets it. What takes time goes one state further at each look.
type machineRoom struct {
	mu         sync.Mutex
	old, new   convert.Instance
	image      convert.Image
	attached   string
	data       string // where the data volume is
	registered []string
	calls      []string
	ended      int
	// refuse, if set, says what AWS says to a call instead of doing it; dies is the call at which the process dies, after it where after says so.
	refuse func(convert.Step) error
	dies   int
	after  bool
}

func newRoom() *machineRoom {
	return &machineRoom{old: convert.Instance{ID: "i-old", State: convert.Running, Protected: true}, attached: "i-old", data: "i-old"}
}

func (m *machineRoom) Describe(context.Context, fleet.Scope, string) (convert.Record, error) {
	return convert.Record{
		Interface: "eni-1", WasRunning: true,
		Old: convert.Attributes{
			ID: "i-old", Type: "m5.large", Zone: "ap-northeast-2a", Protected: true, Targets: []string{"tg-1"},
			Volumes: []convert.Volume{{ID: "vol-root", Device: "/dev/xvda", Root: true}, {ID: "vol-data", Device: "/dev/sdf"}},
		},
	}, nil
}

func (m *machineRoom) Look(context.Context, fleet.Scope, *convert.Record) (convert.Seen, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range []*convert.Instance{&m.old, &m.new} {
		switch i.State {
		case convert.Stopping:
			i.State = convert.Stopped
		case convert.Pending:
			i.State = convert.Running
		case convert.ShuttingDown:
			i.State, m.attached, m.data = convert.Terminated, "", ""
		default:
		}
	}
	if m.image.State == "pending" {
		m.image.State = "available"
	}
	seen := convert.Seen{Old: m.old, New: m.new, Image: m.image, Interface: convert.Interface{Attached: m.attached}, Registered: slices.Clone(m.registered)}
	seen.Old.KeptVolumes, seen.New.KeptVolumes = slices.Clone(m.old.KeptVolumes), slices.Clone(m.new.KeptVolumes)
	seen.Volumes = map[string]convert.Place{"vol-data": {Attached: m.data}, "vol-root": {Attached: "i-old"}}
	return seen, nil
}

// Deregister removes the image.
func (m *machineRoom) Deregister(_ context.Context, _ fleet.Scope, image string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.image.ID == image {
		m.image = convert.Image{}
	}
	m.calls = append(m.calls, "Deregister "+image)
	return nil
}

var errDied = &failure.Error{Class: failure.Unreachable, Err: errors.New("nobody answers")}

func (m *machineRoom) Do(_ context.Context, _ fleet.Scope, _ *convert.Record, _ *convert.Seen, s convert.Step) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, string(s.Do))
	if len(m.calls) == m.dies && !m.after {
		return errDied
	}
	if m.refuse != nil {
		if err := m.refuse(s); err != nil {
			return err
		}
	}
	switch s.Do {
	case convert.KeepVolumes:
		m.old.KeptVolumes = []string{"vol-root", "vol-data"}
	case convert.KeepInterface:
		m.old.KeepsInterface = true
	case convert.Unprotect:
		m.old.Protected = false
	case convert.Stop:
		m.old.State = convert.Stopping
	case convert.CreateImage:
		m.image = convert.Image{ID: "ami-1", State: "pending"}
	case convert.Terminate:
		m.old.State = convert.ShuttingDown
		m.ended++
	case convert.Run:
		m.new, m.attached = convert.Instance{ID: "i-new", State: convert.Pending, Lifecycle: s.Lifecycle, KeepsInterface: true}, "i-new"
	case convert.Attach:
		m.data, m.new.KeptVolumes = "i-new", []string{"vol-data"}
	case convert.Restore:
		m.new.KeepsInterface, m.new.Protected, m.new.KeptVolumes = false, true, nil
	case convert.Register:
		m.registered = append(m.registered, s.Target)
	case convert.StopAgain:
		m.new.State = convert.Stopping
	case convert.Start:
		m.old.State = convert.Pending
	case convert.RestoreOld:
		m.old.KeepsInterface, m.old.Protected, m.old.KeptVolumes = false, true, nil
	case convert.RemoveImage:
		m.image = convert.Image{}
	}
	if len(m.calls) == m.dies && m.after {
		return errDied
	}
	return nil
}

const (
	oldARN fleet.ARN = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-old"
	newARN fleet.ARN = "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-new"
)

// conversion is an action, the memory of it, and what is listed.
type converting struct {
	t      *testing.T
	room   *machineRoom
	store  *objects.Memory
	action plan.Action
	memory *fleet.Memory
	last   hub.Underway
}

func newConverting(t *testing.T, room *machineRoom) *converting {
	t.Helper()
	move := plan.Move{To: fleet.Purchase{Lifecycle: fleet.SpotPersistent}, Way: plan.ByConverting}
	memory := (*fleet.Memory)(nil).Clone()
	memory.Spot[oldARN] = fleet.Moved{Act: "act-1", Stage: fleet.Moving, Applied: true, Before: &move.From, Written: &move.To}
	memory.Resources[oldARN] = fleet.Remembered{Enrolled: noon.AddDate(0, -1, 0)}
	return &converting{t: t, room: room, store: objects.NewMemory(), memory: &memory, action: plan.Action{
		ID: "act-1", Subject: plan.Subject{ID: "i-old", ARN: oldARN, Kind: fleet.EC2Instance, Scope: dev}, Change: move,
	}}
}

// process is one that knows nothing but what is kept.
func (c *converting) process() *hub.Conversions {
	return &hub.Conversions{Store: c.store, Calls: c.room, Now: func() time.Time { return noon }}
}

func (c *converting) begin() error { return c.process().Begin(c.t.Context(), &c.action) }

// look goes on once, as a look of AutoSpot's does: what is not listed is forgotten.
func (c *converting) look() {
	c.t.Helper()
	s := &fleet.Snapshot{Taken: noon}
	for arn, i := range map[fleet.ARN]convert.Instance{oldARN: c.room.old, newARN: c.room.new} {
		if i.State != convert.Absent && i.State != convert.Terminated {
			s.Resources = append(s.Resources, fleet.Resource{ARN: arn, Kind: fleet.EC2Instance, Scope: dev, State: fleet.Running})
		}
	}
	next, u, err := c.process().GoOn(c.t.Context(), dev, s, c.memory)
	if err != nil {
		c.t.Fatal(err)
	}
	c.last = u
	kept := next.Clone()
	for _, hidden := range slices.Collect(maps.Keys(u.Hidden)) {
		delete(kept.Spot, hidden)
		delete(kept.Resources, hidden)
	}
	c.memory = &kept
}

func (c *converting) open() (keys []string) {
	for key := range c.store.List(c.t.Context(), "conversions/") {
		keys = append(keys, key)
	}
	return keys
}

// finish looks until nothing is open.
func (c *converting) finish(name string) {
	c.t.Helper()
	for range 30 {
		if len(c.open()) == 0 {
			return
		}
		c.look()
	}
	c.t.Fatalf("%s: it never ends: %v, %+v", name, c.room.calls, c.last)
}

// TestAConversionIsGoneOnWith lets the process die before and after each call, with and without Spot capacity: the instance is there in the end, ended
// once, and what was remembered of it is remembered of its successor.
func TestAConversionIsGoneOnWith(t *testing.T) {
	t.Parallel()
	for _, dry := range []bool{false, true} {
		for dies := range 13 {
			for _, after := range []bool{false, true} {
				name := fmt.Sprintf("dry %t, dies at %d, after it %t", dry, dies, after)
				room := newRoom()
				room.dies, room.after = dies, after
				if dry {
					room.refuse = func(s convert.Step) error {
						if s.Do == convert.Run && s.Lifecycle != fleet.OnDemand {
							return &failure.Error{Class: failure.Capacity, Err: errors.New("InsufficientInstanceCapacity")}
						}
						return nil
					}
				}
				c := newConverting(t, room)
				if err := c.begin(); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				c.finish(name)
				lifecycle := fleet.SpotPersistent
				if dry {
					lifecycle = fleet.OnDemand
				}
				if room.ended != 1 || room.new.State != convert.Running || room.new.Lifecycle != lifecycle || room.attached != "i-new" || room.data != "i-new" || len(room.registered) != 1 || !room.new.Protected {
					t.Errorf("%s: ended %d times, %+v, data at %s, registered %v", name, room.ended, room.new, room.data, room.registered)
				}
				m, inherited := c.memory.Spot[newARN]
				r := c.memory.Resources[newARN]
				if _, old := c.memory.Spot[oldARN]; !inherited || old || m.Act != "act-1" || !r.Enrolled.Equal(noon.AddDate(0, -1, 0)) {
					t.Errorf("%s: memory %+v", name, c.memory)
				}
			}
		}
	}
}

// TestWhatCannotBeEndedGoesBack as it was, and is remembered as it was.
func TestWhatCannotBeEndedGoesBack(t *testing.T) {
	t.Parallel()
	for _, at := range []convert.Do{convert.KeepVolumes, convert.KeepInterface, convert.Stop, convert.CreateImage, convert.Unprotect, convert.Terminate} {
		room := newRoom()
		room.refuse = func(s convert.Step) error {
			if s.Do == at {
				return &failure.Error{Class: failure.Denied, Err: errors.New("UnauthorizedOperation")}
			}
			return nil
		}
		c := newConverting(t, room)
		err := c.begin()
		for range 3 {
			c.look()
		}
		c.finish(string(at))
		if room.ended != 0 || room.old.State != convert.Running || !room.old.Protected || room.old.KeepsInterface || len(room.old.KeptVolumes) != 0 || room.image.ID != "" {
			t.Errorf("refused at %s: %v; %+v, image %+v", at, err, room.old, room.image)
		}
		if m, ok := c.memory.Spot[oldARN]; !ok || m.Act != "act-1" {
			t.Errorf("refused at %s: memory %+v", at, c.memory.Spot)
		}
	}
}

// TestAPersonIsAskedWhereNothingGoesOn, and nothing is planned for what lies there.
func TestAPersonIsAskedWhereNothingGoesOn(t *testing.T) {
	t.Parallel()
	room := newRoom()
	room.refuse = func(s convert.Step) error {
		if s.Do == convert.CreateImage {
			room.data = "i-stranger" // somebody takes a volume meanwhile
		}
		return nil
	}
	c := newConverting(t, room)
	if err := c.begin(); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		c.look()
	}
	if len(c.last.Alerts) != 1 || !strings.Contains(c.last.Alerts[0].Why, "somebody else is at work") || !c.last.Hidden[oldARN] || room.ended != 0 {
		t.Errorf("%+v, ended %d", c.last, room.ended)
	}
	c.action.ID = "act-2"
	if err := c.begin(); failure.Of(err) != failure.InTransition || !strings.Contains(err.Error(), "not done") {
		t.Errorf("another begins: %v", err)
	}
	refused := newConverting(t, newRoom())
	refused.room.refuse = func(s convert.Step) error {
		if s.Do == convert.Run {
			return &failure.Error{Class: failure.Denied, Err: errors.New("iam:PassRole")}
		}
		return nil
	}
	if err := refused.begin(); failure.Of(err) != failure.Denied {
		t.Errorf("it cannot be run: %v", err)
	}
	for range 6 {
		refused.look()
	}
	if len(refused.last.Alerts) != 1 || !strings.Contains(refused.last.Alerts[0].Why, "PassRole") || refused.room.ended != 1 {
		t.Errorf("%+v", refused.last)
	}
	refused.room.refuse = nil // a person has put it right
	refused.finish("after that")
	if refused.room.new.State != convert.Running {
		t.Errorf("%+v", refused.room.new)
	}
}

// TestTwoProcessesEndOnce: both look at the same time, again and again.
func TestTwoProcessesEndOnce(t *testing.T) {
	t.Parallel()
	c := newConverting(t, newRoom())
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() { _ = c.begin() })
	}
	wait.Wait()
	for range 8 {
		for range 4 {
			wait.Go(func() {
				if _, _, err := c.process().GoOn(t.Context(), dev, &fleet.Snapshot{}, &fleet.Memory{}); err != nil && !errors.Is(err, objects.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		wait.Wait()
	}
	runs := 0
	for _, call := range c.room.calls {
		if call == string(convert.Run) {
			runs++
		}
	}
	if c.room.ended != 1 || runs != 1 || c.room.new.State != convert.Running {
		t.Errorf("ended %d times, run %d times: %v", c.room.ended, runs, c.room.calls)
	}
}

func TestWhatIsNotAsThePlanSawIt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(*converting)
		class  failure.Class
	}{
		"it is Spot already":  {func(c *converting) { c.room.old.Lifecycle = fleet.SpotPersistent }, ""},
		"it is one-time Spot": {func(c *converting) { c.room.old.Lifecycle = fleet.SpotOneTime }, failure.InTransition},
		"it is being ended":   {func(c *converting) { c.room.old.State = convert.ShuttingDown }, failure.InTransition},
		"it is no instance":   {func(c *converting) { c.action.Subject.Kind = fleet.ECSService }, failure.Other},
		"it is no conversion": {func(c *converting) { c.action.Change = plan.Move{Way: plan.ByWriting} }, failure.Other},
		"the record is broken": {func(c *converting) {
			_, _ = c.store.Create(t.Context(), "conversions/111122223333/ap-northeast-2/eni-1.json", []byte("{"))
		}, failure.Unreadable},
	} {
		c := newConverting(t, newRoom())
		row.change(c)
		if err := c.begin(); failure.Of(err) != row.class || len(c.room.calls) != 0 {
			t.Errorf("%s: %v (%s), %v", name, err, failure.Of(err), c.room.calls)
		}
	}
}
