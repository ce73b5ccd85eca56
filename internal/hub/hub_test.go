package hub_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/objects"
	"offpeak/internal/optimizer"
	"offpeak/internal/policy"
)

var (
	monday = time.Date(2026, 11, 23, 0, 17, 0, 0, time.UTC)
	dev    = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	tokyo  = fleet.Scope{Account: "111122223333", Region: "ap-northeast-1"}
	stage  = fleet.Scope{Account: "444455556666", Region: "ap-northeast-2"}
)

const text = "timezone: Asia/Seoul\nenvironments: {dev: {accounts: [\"111122223333\"]}}\n"

func noFiles(string) ([]byte, error) { return nil, fs.ErrNotExist }

func bundle(t *testing.T, text string, files policy.FileReader) hub.Bundle {
	t.Helper()
	b, _, err := hub.NewBundle("offpeak.yaml", []byte(text), files, monday)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// queue keeps what is sent.
type queue struct {
	sent []hub.Wake
	err  error
}

func (q *queue) Send(_ context.Context, wakes []hub.Wake) error {
	q.sent = append(q.sent, wakes...)
	return q.err
}

// mailbox keeps what is said.
type mailbox struct {
	said []hub.Alert
	err  error
}

func (m *mailbox) Say(_ context.Context, alerts []hub.Alert) error {
	if m.err != nil {
		return m.err
	}
	m.said = append(m.said, alerts...)
	return nil
}

// directory answers with what it holds.
type directory struct {
	scopes   []fleet.Scope
	findings []hub.Finding
	err      error
	asked    int
}

func (d *directory) Scopes(context.Context, *policy.Policy) ([]fleet.Scope, []hub.Finding, error) {
	d.asked++
	return d.scopes, d.findings, d.err
}

func TestThePolicyInForce(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := objects.NewMemory()
	fresh := func() *hub.Policies { return &hub.Policies{Store: store} } // another process, which knows nothing
	if _, _, _, err := fresh().InForce(ctx); err == nil || !strings.Contains(err.Error(), "offpeak policy push") {
		t.Fatalf("without a policy: %v", err)
	}
	first := bundle(t, text, noFiles)
	before, err := fresh().Push(ctx, first)
	if err != nil || before != nil {
		t.Fatal(before, err)
	}
	held, one, doubt, err := fresh().InForce(ctx)
	if err != nil || doubt != nil || held.Rules.Zone.String() != "Asia/Seoul" {
		t.Fatal(held, doubt, err)
	}

	withCalendar := text + "calendars: {plant: {csv: plant.csv}}\nschedules: {office: {open: daily 09:00-18:00, closed: [plant]}}\n"
	second := bundle(t, withCalendar, func(path string) ([]byte, error) {
		if path != "plant.csv" {
			return nil, fs.ErrNotExist
		}
		return []byte("2026-12-24,plant closed\n"), nil
	})
	if before, err = fresh().Push(ctx, second); err != nil || before.Text != first.Text {
		t.Fatal(before, err)
	}
	held, two, doubt, err := fresh().InForce(ctx)
	if err != nil || doubt != nil || one == two || len(held.Files) != 1 {
		t.Fatal(held, one, two, doubt, err)
	}

	breaks := map[string]func(){
		"is none that": func() { overwrite(t, store, hub.CurrentPolicy, "{") },
		"unknown key": func() {
			overwrite(t, store, hub.CurrentPolicy, strings.Replace(marshalled(t, store), "timezone", "timezon", 1))
		},
		"was deleted": func() { remove(t, store, hub.CurrentPolicy) },
	}
	for _, say := range []string{"unknown key", "is none that", "was deleted"} {
		breaks[say]()
		held, _, doubt, err := fresh().InForce(ctx)
		if err != nil || held == nil || len(held.Files) != 1 {
			t.Fatalf("%s: %v, %v", say, held, err)
		}
		if doubt == nil || !strings.Contains(doubt.Error(), say) {
			t.Errorf("%s: doubt %v", say, doubt)
		}
	}
	if _, err := fresh().Push(ctx, first); err != nil {
		t.Fatal(err)
	}
	if held, _, doubt, err := fresh().InForce(ctx); err != nil || doubt != nil || len(held.Files) != 0 {
		t.Errorf("after another push: %v, %v, %v", held, doubt, err)
	}
}

func TestABrokenPolicyIsNotPushed(t *testing.T) {
	t.Parallel()
	if _, _, err := hub.NewBundle("offpeak.yaml", []byte("timezone: KST\n"), noFiles, monday); err == nil {
		t.Error("it was packed")
	}
}

// TestReadingAPolicyAgainWritesNothing: a process that finds the policy as it was keeps it; another one that finds it in force writes nothing.
func TestReadingAPolicyAgainWritesNothing(t *testing.T) {
	t.Parallel()
	store := &counting{Memory: objects.NewMemory()}
	p := &hub.Policies{Store: store}
	if _, err := p.Push(t.Context(), bundle(t, text, noFiles)); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := p.InForce(t.Context()); err != nil {
		t.Fatal(err)
	}
	store.writes = 0
	for range 3 {
		if _, _, _, err := p.InForce(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := (&hub.Policies{Store: store}).InForce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if store.writes != 0 {
		t.Errorf("%d writes", store.writes)
	}
}

func TestTicks(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store := objects.NewMemory()
	q, mail, dir := &queue{}, &mailbox{}, &directory{scopes: []fleet.Scope{dev, tokyo, stage}, findings: []hub.Finding{{Account: "777788889999", Text: "x"}}}
	now := monday
	d := &hub.Dispatcher{
		States: optimizer.States{Store: store}, Policies: &hub.Policies{Store: store}, Accounts: &hub.Accounts{Store: store},
		Directory: dir, Queue: q, Watch: &hub.Watch{Alerts: mail, Said: hub.Said{Store: store}}, Now: func() time.Time { return now },
	}
	tick := func(at time.Time) (string, hub.Tally) {
		t.Helper()
		now, q.sent = at.Add(3*time.Second), nil
		tally, err := d.Tick(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, w := range q.sent {
			where := w.Scope.String()
			for _, region := range w.Beside {
				where += " + " + string(region)
			}
			words = append(words, fmt.Sprintf("%s %s", where, w.Reason))
		}
		return strings.Join(words, ", "), tally
	}
	if _, err := d.Tick(ctx, monday); err == nil {
		t.Error("a hub without a policy has nothing to do and says nothing")
	}
	if _, err := d.Policies.Push(ctx, bundle(t, text, noFiles)); err != nil {
		t.Fatal(err)
	}
	const all = "111122223333/ap-northeast-1 + ap-northeast-2 %[1]s, 444455556666/ap-northeast-2 %[1]s" // an account's regions in one go
	at := func(minutes int) time.Time {
		return monday.Truncate(time.Hour).Add(time.Duration(minutes) * time.Minute)
	}
	for _, row := range []struct {
		minute int
		do     func()
		want   string
	}{
		{20, nil, fmt.Sprintf(all, hub.NewPolicy)},
		{25, nil, ""},
		{30, func() { due(t, store, dev, at(28)) }, "111122223333/ap-northeast-2 due"},
		{35, nil, "111122223333/ap-northeast-2 due"}, // nobody has looked: still due
		{40, func() { remove(t, store, "wake/"+at(28).Format("20060102T150405Z")+"/111122223333/ap-northeast-2") }, ""},
		{55, nil, ""},
		{60, nil, fmt.Sprintf(all, hub.Reconcile)},
		{65, nil, ""},
		{70, func() { push(t, d.Policies, text+"observe: 1d\n") }, fmt.Sprintf(all, hub.NewPolicy)},
		{75, nil, ""},
	} {
		if row.do != nil {
			row.do()
		}
		if got, _ := tick(at(row.minute)); got != row.want {
			t.Errorf("minute %d: sent %q, want %q", row.minute, got, row.want)
		}
	}
	if _, tally := tick(at(120)); len(tally.Findings) != 1 || tally.All != 3 || tally.Sent != 3 {
		t.Errorf("%+v", tally)
	}
	if len(mail.said) != 1 || !strings.Contains(mail.said[0].What, "777788889999") {
		t.Errorf("what is out of order is told once a day: %+v", mail.said)
	}
	if tick(at(24 * 60)); len(mail.said) != 2 {
		t.Errorf("and again the next day: %+v", mail.said)
	}
	dir.err = errors.New("organizations are out of reach")
	due(t, store, dev, at(179))
	q.sent, now = nil, at(180)
	if _, err := d.Tick(ctx, at(180)); !errors.Is(err, dir.err) || len(q.sent) != 1 {
		t.Errorf("who is due is woken although nobody knows the rest: %v, %v", q.sent, err)
	}
}

// TestAQueueThatFails: the scopes stay due, and a policy that was not announced is announced at the next tick.
func TestAQueueThatFails(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	q := &queue{err: errors.New("no queue")}
	d := &hub.Dispatcher{
		States: optimizer.States{Store: store}, Policies: &hub.Policies{Store: store}, Accounts: &hub.Accounts{Store: store},
		Directory: &directory{scopes: []fleet.Scope{dev}}, Queue: q, Watch: &hub.Watch{}, Now: func() time.Time { return monday },
	}
	push(t, d.Policies, text)
	if _, err := d.Tick(t.Context(), monday); !errors.Is(err, q.err) {
		t.Fatal(err)
	}
	q.sent, q.err = nil, nil
	if _, err := d.Tick(t.Context(), monday.Add(5*time.Minute)); err != nil || len(q.sent) != 1 || q.sent[0].Reason != hub.NewPolicy {
		t.Errorf("%v, %v", q.sent, err)
	}
}

func TestAccountsAreKnownSinceTheyWereMet(t *testing.T) {
	t.Parallel()
	store := objects.NewMemory()
	a := &hub.Accounts{Store: store}
	if err := a.Meet(t.Context(), []fleet.Scope{dev, tokyo}, monday); err != nil {
		t.Fatal(err)
	}
	later := monday.Add(24 * time.Hour)
	other := &hub.Accounts{Store: store}
	for id, want := range map[fleet.AccountID]time.Time{dev.Account: monday, stage.Account: later} {
		if got, err := other.Since(t.Context(), id, later); err != nil || !got.Equal(want) {
			t.Errorf("%s: %s, %v, want %s", id, got, err, want)
		}
	}
	if known, err := other.Known(t.Context(), stage.Account); known || err != nil {
		t.Errorf("asking about an account makes nobody know it: %t, %v", known, err)
	}
	if err := other.Meet(t.Context(), []fleet.Scope{dev, stage}, later); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[fleet.AccountID]time.Time{dev.Account: monday, stage.Account: later} {
		if got, err := a.Since(t.Context(), id, later.Add(time.Hour)); err != nil || !got.Equal(want) {
			t.Errorf("another process, %s: %s, %v, want %s", id, got, err, want)
		}
	}
	overwrite(t, store, "accounts/known.json", `{"format": "offpeak-accounts/9"}`)
	if _, err := (&hub.Accounts{Store: store}).Since(t.Context(), dev.Account, later); err == nil {
		t.Error("what a newer version wrote was read")
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	w, err := hub.ParseWake(`{"scope":{"account":"111122223333","region":"ap-northeast-2"},"reason":"due","sent":"2026-11-23T00:17:00Z"}`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hub.Wake{Scope: dev, Reason: hub.Due, Sent: monday}, w); diff != "" {
		t.Error(diff)
	}
	several := `{"scope":{"account":"111122223333","region":"ap-northeast-2"},"beside":["ap-northeast-1"],"reason":"reconcile","sent":"2026-11-23T00:17:00Z"}`
	if w, err = hub.ParseWake(several); err != nil {
		t.Fatal(err)
	}
	each := []hub.Wake{{Scope: dev, Reason: hub.Reconcile, Sent: monday}, {Scope: tokyo, Reason: hub.Reconcile, Sent: monday}}
	if diff := cmp.Diff(each, w.Each()); diff != "" {
		t.Error(diff)
	}
	for _, poison := range []string{`{"scope":{"account":"111122223333","region":"x"},"beside":[""]}`, "", "null", "{}", "[]", "hello", `{"scope":{"account":"1","region":"x"}}`, `{"scope":{"account":"111122223333"}}`} {
		if _, err := hub.ParseWake(poison); err == nil {
			t.Errorf("%q was taken", poison)
		}
	}
}

func TestSignals(t *testing.T) {
	t.Parallel()
	const tagged = `{"version":"0","id":"ddca6449-b258-46c0-8653-e0e3a6d0468b","detail-type":"Tag Change on Resource","source":"aws.tag","account":"111122223333",` +
		`"time":"2026-11-20T12:00:00Z","region":"ap-northeast-2","resources":["arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0a"],"detail":{"changed-tag-keys":["offpeak:override"],"service":"ec2"}}`
	for input, want := range map[string]hub.Signal{
		`{"tick":"2026-11-23T00:17:00Z"}`: {Tick: monday},
		tagged:                            {Scope: dev, What: "aws.tag: Tag Change on Resource"},
	} {
		if got, err := hub.ParseSignal([]byte(input)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", input, got, err)
		}
	}
	for _, input := range []string{"", "null", "{}", `{"tick":"yesterday"}`, `{"source":"aws.tag","account":"1","region":"x"}`, `{"source":"aws.tag","account":"111122223333"}`, `[]`} {
		if _, err := hub.ParseSignal([]byte(input)); err == nil {
			t.Errorf("%q was taken", input)
		}
	}
}

// TestEventsFromStrangersAreIgnored: an event wakes accounts that the policy names, and no others.
func TestEventsFromStrangersAreIgnored(t *testing.T) {
	t.Parallel()
	store, q := objects.NewMemory(), &queue{}
	d := &hub.Dispatcher{Accounts: &hub.Accounts{Store: store}, Queue: q, Now: func() time.Time { return monday }}
	if err := d.Accounts.Meet(t.Context(), []fleet.Scope{dev}, monday); err != nil {
		t.Fatal(err)
	}
	if sent, err := d.Event(t.Context(), hub.Signal{Scope: tokyo, What: "x"}); err != nil || !sent || len(q.sent) != 1 || q.sent[0].Scope != tokyo {
		t.Errorf("%t, %v, %v", sent, err, q.sent)
	}
	if sent, err := d.Event(t.Context(), hub.Signal{Scope: stage, What: "x"}); sent || !hub.IsStranger(err) || len(q.sent) != 1 {
		t.Errorf("a stranger: %t, %v, %v", sent, err, q.sent)
	}
}

func FuzzParseWake(f *testing.F) {
	f.Add(`{"scope":{"account":"111122223333","region":"ap-northeast-2"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if w, err := hub.ParseWake(text); err == nil && (len(w.Scope.Account) != 12 || w.Scope.Region == "") {
			t.Errorf("%q became %v", text, w)
		}
	})
}

// counting counts what is written.
type counting struct {
	*objects.Memory
	writes int
}

func (c *counting) Create(ctx context.Context, key string, data []byte) (objects.Version, error) {
	c.writes++
	return c.Memory.Create(ctx, key, data)
}

func (c *counting) Replace(ctx context.Context, key string, data []byte, v objects.Version) (objects.Version, error) {
	c.writes++
	return c.Memory.Replace(ctx, key, data, v)
}

func push(t *testing.T, p *hub.Policies, text string) {
	t.Helper()
	if _, err := p.Push(t.Context(), bundle(t, text, noFiles)); err != nil {
		t.Fatal(err)
	}
}

func marshalled(t *testing.T, s objects.Store) string {
	t.Helper()
	data, _, err := s.Read(t.Context(), hub.CurrentPolicy)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func overwrite(t *testing.T, s objects.Store, key, text string) {
	t.Helper()
	remove(t, s, key)
	if _, err := s.Create(t.Context(), key, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, s objects.Store, key string) {
	t.Helper()
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

func due(t *testing.T, s objects.Store, scope fleet.Scope, at time.Time) {
	t.Helper()
	if _, err := s.Create(t.Context(), fmt.Sprintf("wake/%s/%s/%s", at.UTC().Format("20060102T150405Z"), scope.Account, scope.Region), nil); err != nil {
		t.Fatal(err)
	}
}
