package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/objects"
	"offpeak/reports/delivery"
)

// mailer answers as it is told, and counts what went.
type mailer struct {
	mutex  sync.Mutex
	answer map[string]error
	went   map[string]int
	dies   bool
}

func (m *mailer) Send(_ context.Context, to string, mime []byte) (string, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if err := m.answer[to]; err != nil {
		return "", err
	}
	if m.went == nil {
		m.went = map[string]int{}
	}
	m.went[strings.ToLower(to)]++
	if m.dies {
		panic("killed")
	}
	return "id-" + string(mime), nil
}

func post(m *mailer) (delivery.Post, *time.Time) {
	now := time.Date(2026, 10, 3, 1, 0, 0, 0, time.UTC)
	return delivery.Post{Shelf: delivery.Shelf{Store: objects.NewMemory()}, Mailer: m, Now: func() time.Time { return now }}, &now
}

func to(addresses ...string) (all []delivery.Recipient) {
	for _, a := range addresses {
		all = append(all, delivery.Recipient{Address: a, Language: "ko"})
	}
	return all
}

func mime(r delivery.Recipient) ([]byte, error) { return []byte(r.Language), nil }

func marks(receipts []delivery.Receipt) string {
	var all []string
	for _, r := range receipts {
		all = append(all, fmt.Sprintf("%s %s", r.Address, r.Mark))
	}
	return strings.Join(all, ", ")
}

func TestEachRecipientGetsOneMail(t *testing.T) {
	t.Parallel()
	m := &mailer{}
	p, _ := post(m)
	for range 3 {
		receipts, err := p.Send(t.Context(), id, to("a@example.com", "A@Example.com", "b@example.com"), mime)
		if err != nil {
			t.Fatal(err)
		}
		if got := marks(receipts); got != "a@example.com sent, b@example.com sent" {
			t.Error(got)
		}
	}
	if m.went["a@example.com"] != 1 || m.went["b@example.com"] != 1 {
		t.Errorf("went: %v", m.went)
	}
	final := id
	final.State = "final"
	if _, err := p.Send(t.Context(), final, to("a@example.com"), mime); err != nil || m.went["a@example.com"] != 2 {
		t.Errorf("the final report: %v, went %v", err, m.went)
	}
}

func TestWhatBecomesOfAMail(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says         string
		err          error
		first, again string
		went         int
	}{
		{"an address that SES refuses is not tried again", fmt.Errorf("suppressed: %w", delivery.ErrRefused), "refused", "refused", 0},
		{"throttled: it goes with the next run", fmt.Errorf("throttled: %w", delivery.ErrNotNow), "waiting", "sent", 1},
		{"the connection broke: it may have gone, and is not sent again", errors.New("connection reset"), "unclear", "unclear", 0},
	} {
		m := &mailer{answer: map[string]error{"a@example.com": row.err}}
		p, _ := post(m)
		first, err := p.Send(t.Context(), id, to("a@example.com"), mime)
		if err != nil {
			t.Fatal(err)
		}
		m.answer = nil
		again, err := p.Send(t.Context(), id, to("a@example.com"), mime)
		if err != nil {
			t.Fatal(err)
		}
		if string(first[0].Mark) != row.first || string(again[0].Mark) != row.again || m.went["a@example.com"] != row.went || first[0].Says == "" {
			t.Errorf("%s: first %+v, then %+v, went %d times", row.says, first[0], again[0], m.went["a@example.com"])
		}
	}
}

func TestARunThatDiedWhileItSentSendsNothingTwice(t *testing.T) {
	t.Parallel()
	m := &mailer{dies: true}
	p, now := post(m)
	func() {
		defer func() { _ = recover() }()
		_, _ = p.Send(t.Context(), id, to("a@example.com"), mime)
	}()
	m.dies = false
	soon, err := p.Send(t.Context(), id, to("a@example.com"), mime)
	if err != nil || soon[0].Mark != delivery.Sending {
		t.Errorf("at once: %+v, %v; another run may be at it", soon, err)
	}
	*now = now.Add(time.Hour)
	later, err := p.Send(t.Context(), id, to("a@example.com"), mime)
	if err != nil || later[0].Mark != delivery.Unclear || m.went["a@example.com"] != 1 {
		t.Errorf("an hour later: %+v, %v, went %d times", later, err, m.went["a@example.com"])
	}
}

func TestTwoRunsAtOnceSendOneMail(t *testing.T) {
	t.Parallel()
	m := &mailer{}
	p, _ := post(m)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := p.Send(t.Context(), id, to("a@example.com", "b@example.com"), mime); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if m.went["a@example.com"] != 1 || m.went["b@example.com"] != 1 {
		t.Errorf("went: %v", m.went)
	}
}

func TestAMailThatCameBack(t *testing.T) {
	t.Parallel()
	m := &mailer{}
	p, _ := post(m)
	if _, err := p.Send(t.Context(), id, to("a@example.com"), mime); err != nil {
		t.Fatal(err)
	}
	if err := p.Bounce(t.Context(), id, "A@example.com", "mailbox full"); err != nil {
		t.Fatal(err)
	}
	receipts, err := p.Send(t.Context(), id, to("a@example.com"), mime)
	if err != nil || receipts[0].Mark != delivery.Bounced || receipts[0].Says != "mailbox full" || m.went["a@example.com"] != 1 {
		t.Errorf("%+v, %v", receipts, err)
	}
	if err := p.Bounce(t.Context(), id, "stranger@example.com", "x"); err != nil {
		t.Errorf("a mail that was not ours: %v", err)
	}
}

func TestAMailThatCannotBeWrittenIsNotSent(t *testing.T) {
	t.Parallel()
	m := &mailer{}
	p, _ := post(m)
	receipts, err := p.Send(t.Context(), id, to("a@example.com"), func(delivery.Recipient) ([]byte, error) { return nil, errors.New("no font") })
	if err == nil || receipts[0].Mark != delivery.Waiting || len(m.went) != 0 {
		t.Errorf("%+v, %v", receipts, err)
	}
	if receipts, err = p.Send(t.Context(), id, to("a@example.com"), mime); err != nil || receipts[0].Mark != delivery.Sent {
		t.Errorf("afterwards: %+v, %v", receipts, err)
	}
}

// TestNobodyIsMailedTwice holds that an address is one whatever its letters, and that the first language counts.
func TestNobodyIsMailedTwice(t *testing.T) {
	t.Parallel()
	got := delivery.Unique([]delivery.Recipient{{Address: "Kim@example.com", Language: "en"}, {Address: "lee@example.com", Language: "ko"}, {Address: "kim@EXAMPLE.com", Language: "ko"}})
	want := []delivery.Recipient{{Address: "Kim@example.com", Language: "en"}, {Address: "lee@example.com", Language: "ko"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
