package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/market"
	"offpeak/internal/money"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

const (
	interruption = `{"version":"0","id":"1","detail-type":"EC2 Spot Instance Interruption Warning","source":"aws.ec2","account":"111122223333","time":"2026-11-20T03:00:00Z","region":"ap-northeast-2","resources":["arn:aws:ec2:ap-northeast-2b:instance/i-0b662ef9931388ba0"],"detail":{"instance-id":"i-0b662ef9931388ba0","instance-action":"terminate"}}`
	rebalance    = `{"detail-type":"EC2 Instance Rebalance Recommendation","source":"aws.ec2","account":"111122223333","time":"2026-11-20T03:00:00Z","region":"ap-northeast-2","detail":{"instance-id":"i-1"}}`
	unsuccessful = `{"detail-type":"EC2 Instance Launch Unsuccessful","source":"aws.autoscaling","account":"111122223333","time":"2026-11-20T03:00:00Z","region":"ap-northeast-2","detail":{"ActivityId":"0e9d8daa-1fb8-4d84-91e0-0c4e57800be4","AutoScalingGroupName":"web","EC2InstanceId":"","StatusCode":"Failed","StatusMessage":"Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Launching EC2 instance failed."}}`
)

func TestNotices(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, event string
		want        hub.What // empty: none
		nothing     bool     // of Spot
	}{
		{"an interruption", interruption, hub.Interrupted, false},
		{"a recommendation to rebalance", rebalance, hub.Recommended, false},
		{"a launch that failed", unsuccessful, hub.LaunchFailed, false},
		{"a change of state tells nothing", strings.Replace(interruption, "Spot Instance Interruption Warning", "Instance State-change Notification", 1), "", true},
		{"a health event tells nothing", strings.Replace(interruption, "aws.ec2", "aws.health", 1), "", true},
		{"an empty object tells nothing", "{}", "", true},
		{"no JSON", "EC2", "", false},
		{"an account that is none", strings.Replace(interruption, "111122223333", "<account_number>", 1), "", false},
		{"no region", strings.Replace(interruption, "ap-northeast-2\",\"resources", "\",\"resources", 1), "", false},
		{"no time", strings.Replace(rebalance, `"time":"2026-11-20T03:00:00Z",`, "", 1), "", false},
		{"no instance", strings.Replace(rebalance, "i-1", "", 1), "", false},
		{"an instance that is a path", strings.Replace(rebalance, "i-1", "../../policy", 1), "", false},
		{"no group", strings.Replace(unsuccessful, "web", "", 1), "", false},
		{"a number for an instance", strings.Replace(rebalance, `"i-1"`, "7", 1), "", false},
	} {
		n, err := hub.ParseNotice([]byte(row.event))
		if (err == nil) != (row.want != "") || n.What != row.want || hub.NothingOfSpot(err) != row.nothing {
			t.Errorf("%s: %+v, %v", row.name, n, err)
		}
		if row.want != "" && n.Scope != dev {
			t.Errorf("%s: it happened in %s", row.name, n.Scope)
		}
	}
}

// TestNoticesFromTheField reads events that others recorded or documented.
func TestNoticesFromTheField(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../../shared/data/events/ec2_and_autoscaling.json")
	if err != nil {
		t.Skip("there are no recorded events here: ", err)
	}
	var samples []struct{ Event json.RawMessage }
	if err := json.Unmarshal(data, &samples); err != nil {
		t.Fatal(err)
	}
	found := map[hub.What]int{}
	for _, s := range samples {
		n, err := hub.ParseNotice(s.Event)
		if err == nil {
			found[n.What]++
		}
	}
	// Of the interruptions one is a template with a placeholder for its account.
	if found[hub.Interrupted] != 1 || found[hub.Recommended] != 2 || found[hub.LaunchFailed] != 1 {
		t.Errorf("%v", found)
	}
}

func FuzzParseNotice(f *testing.F) {
	for _, event := range []string{interruption, rebalance, unsuccessful, "{}", "null"} {
		f.Add([]byte(event))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := hub.ParseNotice(data)
		if err != nil {
			return
		}
		store := objects.NewMemory()
		if first, err := (hub.Notices{Store: store}).Keep(t.Context(), n); err != nil || !first {
			t.Errorf("%+v cannot be kept: %v", n, err)
		}
	})
}

// members tells the group of each instance, and counts how often it is asked.
type members struct {
	mu    sync.Mutex
	of    map[string]string
	asked int
}

func (m *members) GroupOf(_ context.Context, _ fleet.Scope, instance string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked++
	return m.of[instance], nil
}

// listening is a listener in a scope in which some groups were moved.
func listening(t *testing.T, moved ...string) (*hub.Listener, *queue, *members) {
	t.Helper()
	store, q, m := objects.NewMemory(), &queue{}, &members{of: map[string]string{}}
	accounts := &hub.Accounts{Store: store}
	if err := accounts.Meet(t.Context(), []fleet.Scope{dev}, noon); err != nil {
		t.Fatal(err)
	}
	states := optimizer.States{Store: store}
	state, _ := states.Load(t.Context(), dev)
	held, err := states.Acquire(t.Context(), state, "test", noon, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	memory := (*fleet.Memory)(nil).Clone()
	for _, name := range moved {
		if strings.HasPrefix(name, "i-") {
			memory.Spot[fleet.ARN("arn:aws:ec2:ap-northeast-2:111122223333:instance/"+name)] = fleet.Moved{Stage: fleet.OnSpot}
			continue
		}
		memory.Spot[fleet.ARN("arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:1:autoScalingGroupName/"+name)] = fleet.Moved{Stage: fleet.OnSpot}
	}
	if _, err := states.Release(t.Context(), held, &memory, time.Time{}, noon); err != nil {
		t.Fatal(err)
	}
	classify := func(message string) failure.Class {
		if strings.Contains(message, "UnfulfillableCapacity") {
			return failure.Capacity
		}
		return failure.Other
	}
	return &hub.Listener{Store: store, Accounts: accounts, Groups: m, Queue: q, Classify: classify, Now: func() time.Time { return noon }}, q, m
}

func notice(t *testing.T, event string) hub.Notice {
	t.Helper()
	n, err := hub.ParseNotice([]byte(event))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatIsHeard(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		moved   []string
		event   string
		ignored string // empty: heard
		asks    int    // AWS
	}{
		{"a launch of a moved group failed", []string{"web"}, unsuccessful, "", 0},
		{"an instance of a moved group is taken", []string{"web"}, rebalance, "", 1},
		{"nothing was moved: AWS is not asked", nil, rebalance, "moved no group", 0},
		{"a group that was not moved", []string{"api"}, unsuccessful, "not moved its group", 0},
		{"an instance of no group", []string{"web"}, interruption, "not moved its group", 1},
		{"an instance that was moved itself is taken", []string{"i-0b662ef9931388ba0"}, interruption, "", 0},
		{"it is taken where groups were moved, too", []string{"web", "i-0b662ef9931388ba0"}, interruption, "", 0},
		{"AWS may take it: nothing takes its place before", []string{"i-1"}, rebalance, "stands alone", 0},
		{"another instance than the one that was moved: AWS is not asked", []string{"i-2"}, interruption, "nor this instance", 0},
		{"a stranger's account", []string{"web"}, strings.Replace(rebalance, "111122223333", "999988887777", 1), "nobody named", 0},
	} {
		l, q, m := listening(t, row.moved...)
		m.of["i-1"] = "web"
		r, err := l.Hear(t.Context(), notice(t, row.event))
		if err != nil || r.Asked != (row.ignored == "") || !strings.Contains(r.Ignored, row.ignored) || m.asked != row.asks || (len(q.sent) == 1) != r.Asked {
			t.Errorf("%s: %+v, %v; AWS asked %d times, sent %v", row.name, r, err, m.asked, q.sent)
		}
	}
}

// TestAStormIsHeardOnce sends five hundred events of fifty groups within a minute, each up to three times, in any order, to several listeners at once.
func TestAStormIsHeardOnce(t *testing.T) {
	t.Parallel()
	names := make([]string, 50)
	for i := range names {
		names[i] = fmt.Sprintf("web-%d", i)
	}
	l, q, m := listening(t, names...)
	var storm []hub.Notice
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 500 {
		n := hub.Notice{Scope: dev, What: hub.Interrupted, At: noon.Add(time.Duration(r.IntN(60)) * time.Second), Instance: fmt.Sprintf("i-%d", i)}
		m.of[n.Instance] = names[i%50]
		switch i % 3 {
		case 1:
			n.What = hub.Recommended
		case 2:
			n.What, n.Group = hub.LaunchFailed, names[i%50]
		}
		for range 1 + r.IntN(3) {
			storm = append(storm, n)
		}
	}
	r.Shuffle(len(storm), func(i, j int) { storm[i], storm[j] = storm[j], storm[i] })
	locked := &lockedQueue{queue: q}
	l.Queue = locked
	var wait sync.WaitGroup
	for part := range 4 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := part; i < len(storm); i += 4 {
				if _, err := l.Hear(t.Context(), storm[i]); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wait.Wait()
	kept, err := (hub.Notices{Store: l.Store}).Recent(t.Context(), dev, noon.Add(time.Minute), func(hub.What, string) bool { return false })
	if err != nil || len(kept) != 500 || len(q.sent) != 500 {
		t.Errorf("%d kept, %d wakes, %v", len(kept), len(q.sent), err)
	}
	again, err := (hub.Notices{Store: l.Store}).Recent(t.Context(), dev, noon.Add(time.Minute), func(what hub.What, _ string) bool { return what == hub.Interrupted })
	if err != nil || len(again) != 333 {
		t.Errorf("%d but for interruptions, %v", len(again), err)
	}
	if late, err := (hub.Notices{Store: l.Store}).Recent(t.Context(), dev, noon.Add(72*time.Hour), func(hub.What, string) bool { return false }); err != nil || len(late) != 0 {
		t.Errorf("after three days: %d, %v", len(late), err)
	}
}

type lockedQueue struct {
	*queue
	mu sync.Mutex
}

func (q *lockedQueue) Send(ctx context.Context, wakes []hub.Wake) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queue.Send(ctx, wakes)
}

// spotty is an account with one group that could move, and what AWS would do with it.
type spotty struct {
	seen  fleet.Snapshot
	acted []plan.Action
	err   error
}

func (s *spotty) Snapshot(context.Context, fleet.Scope) (fleet.Snapshot, error) { return s.seen, s.err }

func (s *spotty) Act(_ context.Context, actions []plan.Action) []error {
	s.acted = append(s.acted, actions...)
	return make([]error, len(actions))
}

// Of implements hub.Market: twelve types of three families, all alike.
func (s *spotty) Of(context.Context, fleet.Scope, *fleet.Snapshot) (*market.Market, error) {
	rate, err := money.ParseRate("0.118")
	if err != nil {
		return nil, err
	}
	cheap, err := money.ParseRate("0.04")
	m := &market.Market{
		Offerings: market.Offerings{}, OnDemand: fleet.Prices{}, Spot: market.History{}, Advised: market.Advised{},
		Quotas: []market.Quota{{Class: "standard", Limit: 1000}},
	}
	var specs []market.Spec
	for _, name := range strings.Fields("m5.large m5a.large m5n.large m5d.large m6i.large m6a.large m6id.large m7i.large m7a.large r5.large r6i.large r7i.large") {
		specs = append(specs, market.Spec{
			Type: name, VCPU: 2, MemoryMiB: 8192, Architectures: []string{"x86_64"}, Manufacturer: "Intel", Hypervisor: "nitro", Virtualization: []string{"hvm"},
			BootModes: []string{"uefi"}, RootDevices: []string{"ebs"}, Spot: true, EBS: market.EBS{Optimized: "default", NVMe: "required", BaselineMbps: 650},
			Network: market.Network{BaselineMbps: 750, ENA: "required", Interfaces: 3},
		})
		m.OnDemand[fleet.PriceKey{Region: dev.Region, Type: name, Product: "Linux/UNIX"}] = rate
		for _, zone := range []string{"ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"} {
			if m.Offerings[zone] == nil {
				m.Offerings[zone] = map[string]bool{}
			}
			m.Offerings[zone][name] = true
			m.Spot[market.Pool{Zone: zone, Type: name, Product: "Linux/UNIX"}] = []market.Point{{At: noon.AddDate(0, -3, 0), Price: cheap}}
		}
		m.Advised[market.AdvisedKey{Region: dev.Region, OS: "Linux", Type: name}] = market.Odds{}
	}
	m.Catalog = market.NewCatalog(specs...)
	return m, err
}

func spotWorker(t *testing.T, mode string) (*hub.SpotWorker, *spotty, *queue, *mailbox) {
	t.Helper()
	zones := []string{"ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"}
	s := &spotty{seen: fleet.Snapshot{Taken: noon, Resources: []fleet.Resource{{
		ID: "web", ARN: "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:1:autoScalingGroupName/web", Kind: fleet.AutoScalingGroup, Scope: dev,
		State: fleet.Running, Size: fleet.Size{Min: 2, Max: 12, Desired: 9}, Product: "Linux/UNIX", Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:spot", Value: "yes"}),
		Launch: &fleet.Launch{
			Zones: zones, Template: &fleet.Template{ID: "lt-1", Version: "3", Number: 3, Type: "m5.large", Image: "ami-1"},
			Seen: []fleet.Fact{fleet.Stacks, fleet.Refreshes, fleet.Protection, fleet.Clusters},
		},
	}}}}
	store, q, mail := objects.NewMemory(), &queue{}, &mailbox{}
	policies, accounts := &hub.Policies{Store: store}, &hub.Accounts{Store: store}
	push(t, policies, office+"spot: {mode: "+mode+", commitments: none}\n")
	if err := accounts.Meet(t.Context(), []fleet.Scope{dev}, noon); err != nil {
		t.Fatal(err)
	}
	return &hub.SpotWorker{
		Store: store, Policies: policies, Accounts: accounts, Queue: q, Alerts: mail, Now: func() time.Time { return noon }, Holder: "spot",
		Under: func(*policy.Policy) (hub.SpotHands, error) {
			return hub.SpotHands{Inventory: s, Actuator: s, Market: s}, nil
		},
	}, s, q, mail
}

func TestHowFarAutoSpotGoes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		mode  string
		acts  int
		told  int
		again int
	}{
		{"advise", 0, 0, 0}, {"ask", 0, 1, 0}, {"act", 1, 0, 1},
	} {
		w, s, q, mail := spotWorker(t, row.mode)
		r, err := w.Look(t.Context(), hub.Wake{Scope: dev})
		if err != nil || len(s.acted) != row.acts || len(mail.said) != row.told || len(q.sent) != row.again || len(r.Advices) != 1 || r.Advices[0].Move == nil {
			t.Errorf("%s: %v; acted %d, told %+v, sent %+v, advices %+v", row.mode, err, len(s.acted), mail.said, q.sent, r.Advices)
		}
	}
}

// TestAskProposes: an alert with the command that makes the move, once for each proposal, however often it is looked and whatever the day.
func TestAskProposes(t *testing.T) {
	t.Parallel()
	w, s, _, mail := spotWorker(t, "ask")
	now := noon
	w.Now = func() time.Time { return now }
	look := func() {
		t.Helper()
		s.seen.Taken = now
		if _, err := w.Look(t.Context(), hub.Wake{Scope: dev}); err != nil {
			t.Fatal(err)
		}
	}
	look()
	look()
	now = now.Add(24 * time.Hour)
	look()
	if len(mail.said) != 1 || len(s.acted) != 0 {
		t.Fatalf("said %+v, acted %d", mail.said, len(s.acted))
	}
	web := s.seen.Resources[0].ARN
	a := mail.said[0]
	if a.Remedy != "offpeak spot apply --region ap-northeast-2 "+string(web) || a.Resource != web || a.What != "web can move to Spot" || !strings.Contains(a.Why, "instances move to Spot, ") {
		t.Errorf("%+v", a)
	}
	other := s.seen.Resources[0]
	other.ID, other.ARN = "api", web+"-api"
	s.seen.Resources = append(s.seen.Resources, other)
	look()
	if len(mail.said) != 2 || mail.said[1].Resource != other.ARN {
		t.Errorf("a second group: %+v", mail.said)
	}
	launch := *s.seen.Resources[0].Launch
	template := *launch.Template
	template.Version, template.Number = "4", 4
	launch.Template = &template
	s.seen.Resources[0].Launch = &launch
	look()
	if len(mail.said) != 3 {
		t.Errorf("of a group that buys otherwise by now: %+v", mail.said)
	}
}

// scoring tells placement scores, and counts the questions.
type scoring struct {
	zones map[string]int
	why   string
	asks  []market.ScoreAsk
}

// Scores implements hub.Placement.
func (p *scoring) Scores(_ context.Context, _ fleet.Scope, asks []market.ScoreAsk) (scores []market.Score, _ error) {
	p.asks = append(p.asks, asks...)
	for _, ask := range asks {
		scores = append(scores, market.Score{ScoreAsk: ask, Zones: p.zones, Why: p.why, Asked: noon})
	}
	return scores, nil
}

// TestWhatPlacementScoresDo: a low one makes a move wait, in act and in ask; one that is not known, and a high one, change nothing; and a person at a
// terminal goes on.
func TestWhatPlacementScoresDo(t *testing.T) {
	t.Parallel()
	low, high := map[string]int{"ap-northeast-2a": 9, "ap-northeast-2b": 3, "ap-northeast-2c": 8}, map[string]int{"ap-northeast-2a": 4, "ap-northeast-2b": 10}
	for _, row := range []struct {
		name, mode string
		placed     *scoring
		acts, told int
		says       string
	}{
		{"nobody tells scores", "act", nil, 1, 0, "move to Spot"},
		{"high ones", "act", &scoring{zones: high}, 1, 0, "move to Spot"},
		{"a low one", "act", &scoring{zones: low}, 0, 0, "AWS calls it unlikely that 3 Spot instances of its types are to be had in ap-northeast-2b (placement score 3 of 10): it waits"},
		{"a low one, and people are asked", "ask", &scoring{zones: low}, 0, 0, "it waits"},
		{"not known", "act", &scoring{why: "MaxConfigLimitExceeded"}, 1, 0, "move to Spot"},
		{"not known, and people are asked", "ask", &scoring{why: "MaxConfigLimitExceeded"}, 0, 1, "move to Spot"},
	} {
		w, s, _, mail := spotWorker(t, row.mode)
		under := w.Under
		w.Under = func(p *policy.Policy) (hub.SpotHands, error) {
			hands, err := under(p)
			if row.placed != nil {
				hands.Placement = row.placed
			}
			return hands, err
		}
		r, err := w.Look(t.Context(), hub.Wake{Scope: dev})
		if err != nil || len(s.acted) != row.acts || len(mail.said) != row.told || !strings.Contains(r.Advices[0].Why, row.says) {
			t.Errorf("%s: %v; acted %d, told %+v: %s", row.name, err, len(s.acted), mail.said, r.Advices[0].Why)
		}
		if row.placed == nil {
			continue
		}
		if asks := row.placed.asks; len(asks) != 1 || asks[0].Capacity != 3 || len(asks[0].Types) < market.LeastScored || r.Advices[0].Placement == nil {
			t.Errorf("%s: asked %+v", row.name, asks)
		}
		if row.told > 0 && !strings.Contains(mail.said[0].Why, "in one zone: not known, MaxConfigLimitExceeded") {
			t.Errorf("%s: %+v", row.name, mail.said)
		}
		if before := len(s.acted); row.acts == 0 {
			if r, err := w.CarryOut(t.Context(), dev, &hub.Order{}); err != nil || len(s.acted) != before+1 {
				t.Errorf("%s: a person moves it: %v, acted %d, %s", row.name, err, len(s.acted), r.Advices[0].Why)
			}
		}
	}
}

func TestWhoHasTheLeaseGoesFirst(t *testing.T) {
	t.Parallel()
	w, s, q, _ := spotWorker(t, "act")
	states := optimizer.States{Store: w.Store}
	state, _ := states.Load(t.Context(), dev)
	if _, err := states.Acquire(t.Context(), state, "schedule", noon, time.Minute); err != nil {
		t.Fatal(err)
	}
	r, err := w.Look(t.Context(), hub.Wake{Scope: dev})
	if err != nil || !r.Elsewhere || len(s.acted) != 0 || len(q.sent) != 1 || q.sent[0].Delay != 30*time.Second {
		t.Errorf("%+v, %v; sent %+v", r, err, q.sent)
	}
}

func TestTheKillSwitchHoldsAutoSpotToo(t *testing.T) {
	t.Parallel()
	w, s, _, _ := spotWorker(t, "act")
	w.Switch = &lever{word: "nothing"}
	if _, err := w.Look(t.Context(), hub.Wake{Scope: dev}); err != nil || len(s.acted) != 0 {
		t.Errorf("%v, acted %d", err, len(s.acted))
	}
}

func TestAScopeThatAutoSpotMayNotSee(t *testing.T) {
	t.Parallel()
	w, s, _, mail := spotWorker(t, "act")
	s.err = &failure.Error{Class: failure.Denied, Err: context.DeadlineExceeded}
	r, err := w.Look(t.Context(), hub.Wake{Scope: dev})
	if err != nil || r.Unread == nil || len(mail.said) != 1 {
		t.Errorf("%+v, %v, told %v", r, err, mail.said)
	}
}

func TestAPersonMovesAndTakesBack(t *testing.T) {
	t.Parallel()
	w, s, _, _ := spotWorker(t, "advise")
	if r, err := w.Preview(t.Context(), dev, &hub.Order{}); err != nil || len(r.Outcome.Plan.Actions) != 1 || len(s.acted) != 0 {
		t.Fatalf("a preview: %+v, %v", r.Outcome.Plan, err)
	}
	nobody := &hub.Order{Only: func(*fleet.Resource) bool { return false }}
	if r, err := w.CarryOut(t.Context(), dev, nobody); err != nil || len(s.acted) != 0 || len(r.Advices) != 1 {
		t.Fatalf("nobody was chosen: %+v, %v", s.acted, err)
	}
	if _, err := w.CarryOut(t.Context(), dev, &hub.Order{}); err != nil || len(s.acted) != 1 {
		t.Fatalf("%+v, %v", s.acted, err)
	}
	to := s.acted[0].Change.(plan.Move).To
	l := *s.seen.Resources[0].Launch
	l.Mix, l.Rebalance = to.Mix, true
	s.seen.Resources[0].Launch = &l
	if _, err := w.CarryOut(t.Context(), dev, &hub.Order{Back: true}); err != nil || len(s.acted) != 2 || s.acted[1].Change.(plan.Move).To.Mix != nil {
		t.Errorf("%+v, %v", s.acted, err)
	}
}
