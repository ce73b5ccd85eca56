package hub_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
	"offpeak/internal/simulation"
)

// tallying counts what a store is asked for.
type tallying struct {
	objects.Store
	mu                   *sync.Mutex // what is asleep is read side by side
	lists, reads, writes int
}

func (c *tallying) count(n *int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

func (c *tallying) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	c.count(&c.writes)
	return c.Store.Create(ctx, key, data)
}

func (c *tallying) Replace(ctx context.Context, key string, data []byte, v objects.Version) (objects.Version, error) {
	c.count(&c.writes)
	return c.Store.Replace(ctx, key, data, v)
}

func (c *tallying) Delete(ctx context.Context, key string) error {
	c.count(&c.writes)
	return c.Store.Delete(ctx, key)
}

func (c *tallying) Read(ctx context.Context, key string) ([]byte, objects.Version, error) {
	c.count(&c.reads)
	return c.Store.Read(ctx, key)
}

func (c *tallying) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	c.count(&c.lists)
	return c.Store.List(ctx, prefix)
}

// organisation is 100 accounts in 4 regions with a few instances each, a dispatcher and a worker.
type organisation struct {
	world      *simulation.World
	store      *tallying
	scopes     []fleet.Scope
	queue      *queue
	mail       *mailbox
	policies   *hub.Policies
	dispatcher *hub.Dispatcher
	worker     *hub.Worker
}

func settle(t *testing.T, each int) *organisation {
	t.Helper()
	o := &organisation{
		world: simulation.New(1, noon, simulation.Faults{}), store: &tallying{Store: objects.NewMemory(), mu: &sync.Mutex{}}, queue: &queue{}, mail: &mailbox{},
	}
	var accounts []string
	for a := range 100 {
		account := fleet.AccountID(fmt.Sprintf("%012d", 300000000000+a))
		accounts = append(accounts, fmt.Sprintf("%q", account))
		for _, region := range []fleet.Region{"ap-northeast-1", "ap-northeast-2", "eu-west-1", "us-east-1"} {
			o.scopes = append(o.scopes, fleet.Scope{Account: account, Region: region})
		}
	}
	for n, scope := range o.scopes {
		for i := range each {
			id := fmt.Sprintf("i-%013x%04x", n, i)
			err := o.world.Add(simulation.Spec{Resource: fleet.Resource{
				ID: id, ARN: fleet.ARN(fmt.Sprintf("arn:aws:ec2:%s:%s:instance/%s", scope.Region, scope.Account, id)), Kind: fleet.EC2Instance, Scope: scope,
				Type: "m5.large", Product: "Linux/UNIX", State: fleet.Running, Since: noon.Add(-time.Hour),
				Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"}),
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	o.policies = &hub.Policies{Store: o.store}
	push(t, o.policies, fmt.Sprintf(`timezone: Asia/Seoul
environments: {dev: {accounts: [%s]}}
schedules: {office: {open: ["mon-fri 08:30-19:30"]}}
observe: 0s
`, strings.Join(accounts, ", ")))
	o.dispatcher = &hub.Dispatcher{
		States: optimizer.States{Store: o.store}, Policies: o.policies, Accounts: &hub.Accounts{Store: o.store}, Directory: &directory{scopes: o.scopes},
		Queue: o.queue, Watch: &hub.Watch{Alerts: o.mail, Said: hub.Said{Store: o.store}}, Now: o.world.Now,
	}
	o.restart()
	return o
}

// restart starts a new process of the worker, which knows nothing.
func (o *organisation) restart() {
	o.worker = &hub.Worker{
		Store: o.store, Policies: &hub.Policies{Store: o.store}, Accounts: &hub.Accounts{Store: o.store}, Queue: o.queue, Alerts: o.mail,
		Now: o.world.Now, Holder: "worker",
		Under: func(*policy.Policy) (hub.Hands, error) { return hub.Hands{Inventory: o.world, Actuator: o.world}, nil },
	}
}

// asked is what one tick cost.
type asked struct {
	wakes               map[hub.Reason]int // scopes
	messages            int
	lists, reads        int // by the dispatcher
	writes, workerWrite int
	calls               int // to AWS
}

// tick lets the world live until an instant, ticks, and answers every wake that comes of it.
func (o *organisation) tick(t *testing.T, at time.Time) asked {
	t.Helper()
	o.world.Advance(at)
	o.queue.sent = nil
	before, called := *o.store, o.calls()
	if _, err := o.dispatcher.Tick(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	a := asked{wakes: map[hub.Reason]int{}, lists: o.store.lists - before.lists, reads: o.store.reads - before.reads, writes: o.store.writes - before.writes}
	wakes := o.queue.sent
	o.queue.sent = nil
	for _, w := range wakes {
		a.messages++
		a.wakes[w.Reason] += len(w.Each())
		written := o.store.writes
		for _, one := range w.Each() { // the world is none for several at once
			if _, err := o.worker.Look(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		a.workerWrite += o.store.writes - written
	}
	if len(o.queue.sent) != 0 {
		t.Fatalf("%s: handed on: %v", at, o.queue.sent)
	}
	a.calls = o.calls() - called
	return a
}

func (o *organisation) calls() (n int) {
	for _, times := range o.world.Calls() {
		n += times
	}
	return n
}

// TestIdleScopesCostNothing plays a working day and its night of 400 scopes, tick by tick: between the edges nobody is woken but once an hour, a
// tick is one listing and two reads, once an hour one more for each scope, to count what is asleep, and the hourly look at everybody writes nothing, whether the worker has seen them before or not.
func TestIdleScopesCostNothing(t *testing.T) {
	t.Parallel()
	o := settle(t, 3)
	begin := noon.Truncate(24 * time.Hour) // Friday, 9:00 in Seoul, half an hour after the opening
	begin = begin.Add(24 * time.Hour * 3)  // Monday
	o.world.Advance(begin)
	if a := o.tick(t, begin.Add(5*time.Minute)); a.wakes[hub.NewPolicy] != len(o.scopes) {
		t.Fatalf("a new policy wakes everybody: %v", a.wakes)
	}
	edges := []time.Time{begin.Add(10*time.Hour + 30*time.Minute), begin.Add(23*time.Hour + 30*time.Minute)}
	var all, ticks, reconciles int
	for at := begin.Add(10 * time.Minute); at.Before(begin.Add(25 * time.Hour)); at = at.Add(5 * time.Minute) {
		if at.Minute() == 55 && at.Hour()%2 == 0 {
			o.restart()
		}
		a := o.tick(t, at)
		for _, n := range a.wakes {
			all += n
		}
		if ticks++; near(at, edges) {
			continue
		}
		hourly, reads := 0, 2 // the policy, and for which one everybody was woken
		if at.Minute() == 0 {
			hourly, reads = len(o.scopes), 3+len(o.scopes) // and the known accounts, and what is asleep in each
			reconciles++
		}
		if len(a.wakes) > 1 || a.wakes[hub.Reconcile] != hourly {
			t.Errorf("%s: woken %v, of whom %d by the hour", at, a.wakes, hourly)
		}
		if a.messages != hourly/4 {
			t.Errorf("%s: %d messages for %d scopes: the four regions of an account are looked at in one go", at, a.messages, hourly)
		}
		if a.writes != 0 || a.workerWrite != 0 {
			t.Errorf("%s: %d writes of the dispatcher, %d of the worker", at, a.writes, a.workerWrite)
		}
		if a.lists != 1 || a.reads != reads {
			t.Errorf("%s: a tick made %d listings and %d reads", at, a.lists, a.reads)
		}
		if hourly == 0 && a.calls != 0 {
			t.Errorf("%s: nobody is due, and AWS was called %d times", at, a.calls)
		}
	}
	if len(o.mail.said) != 0 || reconciles < 20 {
		t.Errorf("told %v, %d reconciles", o.mail.said, reconciles)
	}
	stopped, started := o.world.Calls()[simulation.StopInstances], o.world.Calls()[simulation.StartInstances]
	if stopped != len(o.scopes) || started != len(o.scopes) {
		t.Errorf("%d calls stopped and %d started, in %d scopes of which each has one closing and one opening", stopped, started, len(o.scopes))
	}
	t.Logf("%d scopes, %d ticks, %d wakes: %d looks at each by the hour, and %d for its closing and its opening", len(o.scopes), ticks, all,
		reconciles, all/len(o.scopes)-reconciles)
}

// near reports whether an edge has just been, so that what was done about it is still looked after.
func near(at time.Time, edges []time.Time) bool {
	for _, e := range edges {
		if since := at.Sub(e); since >= 0 && since <= 10*time.Minute {
			return true
		}
	}
	return false
}
