package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"offpeak/autospot/experience"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/ledger"
	"offpeak/internal/market"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

// movedSpotty is an account whose group was moved: three of its nine instances are on demand.
func movedSpotty(t *testing.T, tags ...fleet.Tag) (*hub.SpotWorker, *spotty) {
	t.Helper()
	w, s, _, _ := spotWorker(t, "act")
	s.seen.Resources[0].Tags = fleet.NewTags(append(tags, s.seen.Resources[0].Tags...)...)
	if _, err := w.Look(t.Context(), hub.Wake{Scope: dev}); err != nil || len(s.acted) != 1 {
		t.Fatalf("%v, %v", s.acted, err)
	}
	to := s.acted[0].Change.(plan.Move).To
	l := *s.seen.Resources[0].Launch
	l.Mix, l.Rebalance = to.Mix, true
	for i := range 9 {
		m := fleet.Member{ID: fmt.Sprintf("i-%d", i), Type: "m5.large", Zone: l.Zones[i%3], InService: true}
		if i >= 3 {
			m.Lifecycle = fleet.SpotOneTime
		}
		l.Members = append(l.Members, m)
	}
	s.seen.Resources[0].Launch = &l
	return w, s
}

// lookAt looks at an instant, and returns the record of the scope and how often the store was written.
func lookAt(t *testing.T, w *hub.SpotWorker, s *spotty, at time.Time) experience.Record {
	t.Helper()
	w.Now, s.seen.Taken = func() time.Time { return at }, at
	r, err := w.Look(t.Context(), hub.Wake{Scope: dev, Reason: hub.Reconcile})
	if err != nil || r.Unlearned != nil {
		t.Fatalf("%v, %v", err, r.Unlearned)
	}
	data, _, err := w.Store.Read(t.Context(), experience.Key(dev))
	if err != nil {
		t.Fatal(err)
	}
	record, err := experience.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func total(r experience.Record) (c experience.Count) {
	for _, pools := range r.Weeks {
		for _, p := range pools {
			c.Interruptions, c.Minutes = c.Interruptions+p.Interruptions, c.Minutes+p.Minutes
		}
	}
	return c
}

// TestOwnInterruptionsAreLearnt: the whole way from AWS's notice to the planner's odds, by six instances on Spot for a day.
func TestOwnInterruptionsAreLearnt(t *testing.T) {
	t.Parallel()
	w, s := movedSpotty(t)
	if got := total(lookAt(t, w, s, noon.Add(10*time.Minute))); got != (experience.Count{}) {
		t.Errorf("at first sight %+v", got)
	}
	n := hub.Notice{Scope: dev, What: hub.Interrupted, At: noon.Add(20 * time.Hour), Instance: "i-7", Group: "web"}
	recommended := hub.Notice{Scope: dev, What: hub.Recommended, At: noon.Add(20 * time.Hour), Instance: "i-8", Group: "web"}
	for _, notice := range []hub.Notice{n, recommended} {
		if _, err := (hub.Notices{Store: w.Store}).Keep(t.Context(), notice); err != nil {
			t.Fatal(err)
		}
	}
	record := lookAt(t, w, s, noon.Add(24*time.Hour+10*time.Minute))
	if got := total(record); got != (experience.Count{Interruptions: 1, Minutes: 6 * 24 * 60}) {
		t.Errorf("after a day %+v", got)
	}
	if got := total(lookAt(t, w, s, noon.Add(25*time.Hour))); got != total(record) {
		t.Errorf("an hour later %+v", got)
	}
	keptInTheLedger(t, w, n)
	r, err := w.Preview(t.Context(), dev, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for i := range r.Advices[0].Mix.Types {
		if q := &r.Advices[0].Mix.Types[i].Quote; q.Type == "m5.large" {
			found = q.Risk.Own.Interruptions == 1 && q.Risk.Own.Hours == 144
		} else if q.Risk.Own.Hours != 0 {
			t.Errorf("of %s nothing was seen: %+v", q.Type, q.Risk.Own)
		}
	}
	for i := range r.Advices[0].Mix.Rejected { // one interruption in 144 hours is often
		rejected := &r.Advices[0].Mix.Rejected[i]
		found = found || rejected.Type == "m5.large" && strings.Contains(rejected.Reasons[0].Says, "after 1 interruptions in 144 hours")
	}
	if sources := strings.Join(r.Sources, "\n"); !found || !strings.Contains(sources, "own interruptions: 1 in 144 instance-hours of 1 types, in ap-northeast-2, accounts: 1") {
		t.Errorf("the planner was not told: %v; %+v", sources, r.Advices[0].Mix.Rejected)
	}
}

// keptInTheLedger checks that the ledger keeps what was forecast of a move, and an interruption once, for the quarter's report; and that memory made out of it does not count
// that again.
func keptInTheLedger(t *testing.T, w *hub.SpotWorker, n hub.Notice) {
	t.Helper()
	var all, told []ledger.Entry
	for e, err := range (ledger.Book{Store: w.Store}).Read(t.Context(), noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 7), dev) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
		if e.State == ledger.Interrupted {
			told = append(told, e)
		}
		if e.State == ledger.Intent && e.Moves() && (e.Move.Interruptions < 10_000 || e.Move.Interruptions > 1_000_000) { // the bands go from 70 to 700 in a million hours
			t.Errorf("the forecast of the move is %d", e.Move.Interruptions)
		}
	}
	if len(told) != 1 || told[0].Resource != arnOfGroup(told[0]) || *told[0].Interrupted != (fleet.Interruption{Instance: n.Instance, At: n.At}) || told[0].Before != nil {
		t.Errorf("the ledger tells of %+v", told)
	}
	rebuilt, _ := optimizer.Rebuild(append(all, told...))
	for arn, m := range rebuilt.Spot {
		if len(m.Balance.Seen) != 1 || m.Balance.Seen[0].Instance != n.Instance {
			t.Errorf("%s: made out of the ledger, memory has %+v", arn, m.Balance.Seen)
		}
	}
}

func arnOfGroup(e ledger.Entry) fleet.ARN {
	if name, ok := fleet.GroupName(e.Resource); ok && name == "web" && e.Kind == fleet.AutoScalingGroup {
		return e.Resource
	}
	return "no group"
}

// TestAGroupThatSleepsCountsItsOpenHours: from 09:00 to 18:00 in Seoul of a Friday, although every look comes before and after.
func TestAGroupThatSleepsCountsItsOpenHours(t *testing.T) {
	t.Parallel()
	w, s := movedSpotty(t, fleet.Tag{Key: "offpeak:schedule", Value: "mon-fri 09:00-18:00 Asia/Seoul"})
	lookAt(t, w, s, noon.Add(time.Hour)) // 13:00 in Seoul
	awake := *s.seen.Resources[0].Launch
	asleep := awake
	asleep.Members = nil
	s.seen.Resources[0].Launch, s.seen.Resources[0].Size = &asleep, fleet.Size{Max: 12}
	record := lookAt(t, w, s, noon.Add(22*time.Hour))
	if got := total(record).Minutes; got != 6*5*60 {
		t.Errorf("%d minutes of six instances from 13:00 to 18:00", got)
	}
	if got := total(lookAt(t, w, s, noon.Add(46*time.Hour))).Minutes; got != 6*5*60 {
		t.Errorf("%d minutes after a Saturday", got)
	}
}

// TestWhatIsLearntIsWrittenOnceADay, where something runs on Spot; and where nothing was moved, never.
func TestWhatIsLearntIsWrittenOnceADay(t *testing.T) {
	t.Parallel()
	w, s := movedSpotty(t)
	first := lookAt(t, w, s, noon.Add(10*time.Minute))
	versions := map[string]bool{}
	for minutes := 20; minutes < 19*60; minutes += 60 {
		lookAt(t, w, s, noon.Add(time.Duration(minutes)*time.Minute))
		_, version, err := w.Store.Read(t.Context(), experience.Key(dev))
		if err != nil {
			t.Fatal(err)
		}
		versions[string(version)] = true
	}
	if len(versions) != 1 || !first.Looked.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("%d versions within a day", len(versions))
	}
	calm, _, _, _ := spotWorker(t, "advise")
	if _, err := calm.Look(t.Context(), hub.Wake{Scope: dev, Reason: hub.Reconcile}); err != nil {
		t.Fatal(err)
	}
	for key, err := range calm.Store.List(t.Context(), "experience/") {
		t.Errorf("%s was written of nothing (%v)", key, err)
	}
}

// TestARecordThatCannotBeReadBeginsAnew, and is said; others of the region count.
func TestARecordThatCannotBeReadBeginsAnew(t *testing.T) {
	t.Parallel()
	w, s := movedSpotty(t)
	other := fleet.Scope{Account: "222233334444", Region: dev.Region}
	r := experience.Record{Scope: other, Looked: noon, Weeks: map[time.Time]map[market.Pool]experience.Count{
		time.Date(2026, time.November, 16, 0, 0, 0, 0, time.UTC): {{Zone: "ap-northeast-2a", Type: "m6i.large", Product: "Linux/UNIX"}: {Minutes: 60 * 1000}},
	}}
	data, err := r.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for key, text := range map[string]string{experience.Key(other): string(data), experience.Key(dev): "torn"} {
		if _, err := w.Store.Create(t.Context(), key, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.Preview(t.Context(), dev, nil)
	if sources := strings.Join(p.Sources, "\n"); err != nil || !strings.Contains(sources, "is left out") || !strings.Contains(sources, "0 in 1000 instance-hours") {
		t.Errorf("%v, %v", sources, err)
	}
	if record := lookAt(t, w, s, noon.Add(10*time.Minute)); !record.Looked.Equal(noon.Add(10 * time.Minute)) {
		t.Errorf("%+v", record)
	}
	if _, err := (optimizer.States{Store: w.Store}).Load(t.Context(), dev); err != nil {
		t.Error(err)
	}
}
