package hub_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
	"offpeak/internal/simulation"
)

// office is a policy under which new accounts are acted on at once; observed one under which they are watched for two days.
const (
	office   = text + "schedules: {office: {open: [\"mon-fri 08:30-19:30\"]}}\nobserve: 0s\n"
	observed = text + "schedules: {office: {open: [\"mon-fri 08:30-19:30\"]}}\nobserve: 2d\n"
)

// noon is Friday, noon in Seoul.
var noon = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

type place struct {
	world  *simulation.World
	store  *objects.Memory
	worker *hub.Worker
	queue  *queue
	mail   *mailbox
}

// placed is a world with instances that run, and a worker that looks after it.
func placed(t *testing.T, instances int, policyText string) *place {
	t.Helper()
	p := &place{world: simulation.New(1, noon, simulation.Faults{}), store: objects.NewMemory(), queue: &queue{}, mail: &mailbox{}}
	for i := range instances {
		id := fmt.Sprintf("i-%017x", i)
		err := p.world.Add(simulation.Spec{Resource: fleet.Resource{
			ID: id, ARN: fleet.ARN("arn:aws:ec2:ap-northeast-2:111122223333:instance/" + id), Kind: fleet.EC2Instance, Scope: dev,
			Type: "m5.large", Product: "Linux/UNIX", State: fleet.Running, Since: noon.Add(-time.Hour),
			Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"}),
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	policies := &hub.Policies{Store: p.store}
	push(t, policies, policyText)
	accounts := &hub.Accounts{Store: p.store}
	if err := accounts.Meet(t.Context(), []fleet.Scope{dev}, noon); err != nil {
		t.Fatal(err)
	}
	p.worker = &hub.Worker{
		Store: p.store, Policies: policies, Accounts: accounts, Queue: p.queue, Alerts: p.mail, Now: p.world.Now, Holder: "worker",
		Under: func(*policy.Policy) (hub.Hands, error) { return hub.Hands{Inventory: p.world, Actuator: p.world}, nil },
	}
	return p
}

// look lets the world live until a time and answers a wake.
func (p *place) look(t *testing.T, at time.Time) hub.Report {
	t.Helper()
	p.world.Advance(at)
	r, err := p.worker.Look(t.Context(), hub.Wake{Scope: dev, Reason: hub.Due})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// running counts what runs.
func (p *place) running(t *testing.T) (n int) {
	t.Helper()
	s, err := p.world.Snapshot(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Resources {
		if r.State == fleet.Running {
			n++
		}
	}
	return n
}

var evening = time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC) // 19:30 in Seoul

func TestAFridayAndAMonday(t *testing.T) {
	t.Parallel()
	p := placed(t, 3, office)
	if r := p.look(t, noon.Add(time.Minute)); !r.Outcome.Wake.Equal(evening) || len(r.Outcome.Plan.Actions) != 0 {
		t.Errorf("enrolled, and due at %s: %+v", r.Outcome.Wake, r.Outcome.Plan.Actions)
	}
	p.look(t, evening.Add(time.Minute))
	p.look(t, evening.Add(10*time.Minute))
	if n := p.running(t); n != 0 {
		t.Errorf("%d run on Friday evening", n)
	}
	monday := evening.Add(2*24*time.Hour + 13*time.Hour + time.Minute)
	p.look(t, monday)
	if r := p.look(t, monday.Add(10*time.Minute)); p.running(t) != 3 || len(p.mail.said) != 0 || r.Outcome.Unwatched != nil {
		t.Errorf("%d run on Monday morning; told %+v", p.running(t), p.mail.said)
	}
}

// TestANewAccountIsOnlyWatched: what is due within the observation is over when it ends.
func TestANewAccountIsOnlyWatched(t *testing.T) {
	t.Parallel()
	p := placed(t, 3, observed)
	p.look(t, noon.Add(time.Minute))
	r := p.look(t, evening.Add(time.Minute))
	if len(r.Outcome.Plan.Actions) != 0 || !r.Observed.Equal(noon.Add(48*time.Hour)) || p.running(t) != 3 {
		t.Errorf("%+v, observed until %s", r.Outcome.Plan.Actions, r.Observed)
	}
	if p.look(t, noon.Add(50*time.Hour)); p.running(t) != 3 {
		t.Error("Friday's closing was carried out on Sunday")
	}
	if p.look(t, evening.Add(3*24*time.Hour+time.Minute)); p.look(t, evening.Add(3*24*time.Hour+10*time.Minute)).Outcome.Plan.Actions != nil || p.running(t) != 0 {
		t.Errorf("%d run on Monday evening", p.running(t))
	}
}

// TestWhatThereIsNoTimeForIsHandedOn: EC2 starts 1,000 at once and then two a second, which takes longer than a worker may.
func TestWhatThereIsNoTimeForIsHandedOn(t *testing.T) {
	t.Parallel()
	p := placed(t, 3000, office)
	p.look(t, noon.Add(time.Minute))
	p.look(t, evening.Add(time.Minute))
	p.look(t, evening.Add(10*time.Minute))
	monday := evening.Add(2*24*time.Hour + 13*time.Hour + time.Minute)
	p.queue.sent = nil
	if r := p.look(t, monday); r.Outcome.Left == 0 || len(p.queue.sent) != 1 || p.queue.sent[0].Reason != hub.Continued {
		t.Fatalf("%d left, sent %v", r.Outcome.Left, p.queue.sent)
	}
	for n := 0; len(p.queue.sent) > 0; n++ {
		if p.queue.sent = nil; n == 10 {
			t.Fatal("it never ends")
		}
		p.look(t, p.world.Now())
	}
	took := p.world.Now().Sub(monday)
	p.world.Advance(p.world.Now().Add(5 * time.Minute))
	if n := p.running(t); n != 3000 || took > 17*time.Minute {
		t.Errorf("%d run, started within %s; the quota allows 3,000 in 16m40s", n, took)
	}
}

// TestWhatIsRefusedForGoodIsNotAskedForAllNight: AWS denies the stop of one instance. It is tried again after a quarter of an hour and then every
// hour, told once, and the other one sleeps.
func TestWhatIsRefusedForGoodIsNotAskedForAllNight(t *testing.T) {
	t.Parallel()
	p := placed(t, 1, office)
	err := p.world.Add(simulation.Spec{Denied: true, Resource: fleet.Resource{
		ID: "i-denied", ARN: "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-denied", Kind: fleet.EC2Instance, Scope: dev, Type: "m5.large",
		Product: "Linux/UNIX", State: fleet.Running, Since: noon.Add(-time.Hour), Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.look(t, noon.Add(time.Minute))
	due := evening
	for at := evening.Add(time.Minute); at.Before(evening.Add(6 * time.Hour)); at = at.Add(5 * time.Minute) {
		if at.Before(due) {
			continue // nobody is woken
		}
		due = p.look(t, at).Outcome.Wake
	}
	tries := 0
	for e, err := range (ledger.Book{Store: p.store}).Read(t.Context(), noon, evening.Add(24*time.Hour), dev) {
		if err != nil {
			t.Fatal(err)
		}
		if e.ID == "i-denied" && e.State == ledger.Failed {
			if tries++; e.Class != failure.Denied {
				t.Errorf("its class is %q", e.Class)
			}
		}
	}
	if tries < 6 || tries > 8 || p.running(t) != 1 || len(p.mail.said) != 1 {
		t.Errorf("tried %d times in six hours, %d run, told %+v", tries, p.running(t), p.mail.said)
	}
}

type broken struct{ err error }

func (b broken) Snapshot(context.Context, fleet.Scope) (fleet.Snapshot, error) {
	return fleet.Snapshot{}, b.err
}

// TestAnAccountThatCannotBeEntered is told once a day, and the wake is not delivered again and again.
func TestAnAccountThatCannotBeEntered(t *testing.T) {
	t.Parallel()
	p := placed(t, 1, office)
	denied := &failure.Error{Class: failure.Denied, Err: errors.New("not authorised to perform sts:AssumeRole")}
	p.worker.Under = func(*policy.Policy) (hub.Hands, error) {
		return hub.Hands{Inventory: broken{denied}, Actuator: p.world}, nil
	}
	for hour := range 30 {
		r := p.look(t, noon.Add(time.Duration(hour)*time.Hour))
		if !errors.Is(r.Unread, denied) {
			t.Fatalf("%+v", r)
		}
	}
	if len(p.mail.said) != 2 {
		t.Errorf("told %d times in thirty hours over two days", len(p.mail.said))
	}
	other := errors.New("something else")
	push(t, p.worker.Policies, office+"keep_address: true\n")
	p.worker.Under = func(*policy.Policy) (hub.Hands, error) {
		return hub.Hands{Inventory: broken{other}, Actuator: p.world}, nil
	}
	if _, err := p.worker.Look(t.Context(), hub.Wake{Scope: dev}); !errors.Is(err, other) {
		t.Errorf("any other error is delivered again: %v", err)
	}
}

// TestAnotherWorkerHasTheScope: its lease is respected, and no alarm is raised.
func TestAnotherWorkerHasTheScope(t *testing.T) {
	t.Parallel()
	p := placed(t, 1, office)
	p.look(t, noon.Add(time.Minute))
	states := optimizer.States{Store: p.store}
	state, err := states.Load(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	p.world.Advance(evening.Add(time.Minute))
	if _, err := states.Acquire(t.Context(), state, "another", p.world.Now(), 10*time.Minute); err != nil {
		t.Fatal(err)
	}
	if r := p.look(t, evening.Add(2*time.Minute)); !r.Elsewhere || p.running(t) != 1 {
		t.Errorf("%+v", r)
	}
	if p.look(t, evening.Add(12*time.Minute)); p.look(t, evening.Add(20*time.Minute)).Elsewhere || p.running(t) != 0 {
		t.Error("the lease ran out, and nobody went on")
	}
}
