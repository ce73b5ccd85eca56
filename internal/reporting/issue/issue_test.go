package issue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/money"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
	"offpeak/internal/reporting"
	"offpeak/internal/reporting/issue"
	"offpeak/internal/reporting/survey"
	"offpeak/reports"
	"offpeak/reports/delivery"
	"offpeak/reports/sample"
)

// office is an issuer whose reports are those of the sample, in the state and of the delivery that are asked for.
type office struct {
	*issue.Issuer
	now       time.Time
	delivered string // the hash of what is published
	billed    string // what the bill says; a change is another report
	closed    bool   // AWS has closed the quarter
	fails     map[fleet.AccountID]error
	says      map[string]error // what SES answers, by address
	made      []string
	stock     []string // what there was, of each report that was made
	rates     []string // the plans whose rates it was told
	mails     []string
	alerts    []hub.Alert
}

func (o *office) Say(_ context.Context, alerts []hub.Alert) error {
	o.alerts = append(o.alerts, alerts...)
	return nil
}

func (o *office) Send(_ context.Context, to string, mime []byte) (string, error) {
	if err := o.says[to]; err != nil {
		return "", err
	}
	subject, _, _ := strings.Cut(string(mime[strings.Index(string(mime), "Message-ID"):]), "\r\n")
	if subject == "" {
		return "", errors.New("no mail")
	}
	o.mails = append(o.mails, to)
	return "0100", nil
}

func (o *office) make(ctx context.Context, in *reporting.Input) (*reporting.Made, error) {
	payer := in.Bill.Payer
	if err := o.fails[payer]; err != nil {
		return nil, err
	}
	r := sample.Report(3)
	r.Tenant.Payer, r.Quarter, r.Issued, r.Sources.Manifests = payer, in.Quarter, in.Issued, in.Bill.Manifests
	billed, err := money.ParseUSD(o.billed)
	if err != nil {
		return nil, err
	}
	r.Bill.Billed = billed
	r.State, r.Change = reports.Provisional, nil
	switch {
	case !in.Final || !o.closed:
	case in.Replaces != nil && in.Replaces.State != reports.Provisional:
		r.State = reports.Restated
	default:
		r.State = reports.Final
	}
	o.made = append(o.made, fmt.Sprintf("%s %s", payer, r.State))
	made := &reporting.Made{Report: r}
	seen := in.Snapshots
	if in.Survey != nil {
		if seen, err = in.Survey(ctx, []fleet.AccountID{payer}); err != nil {
			return nil, err
		}
	}
	rates, err := in.Bill.RatesOf(ctx, []fleet.AccountID{"999900001111"})
	if err != nil {
		return nil, err
	}
	for _, rate := range rates {
		o.rates = append(o.rates, rate.Plan)
	}
	made.Rates = rates
	told := string(r.State) + ":"
	for i := range seen {
		for _, x := range seen[i].Resources {
			told += " " + x.ID
		}
		made.Inventory = &seen[i]
	}
	o.stock = append(o.stock, told)
	return made, nil
}

func newOffice(tenants ...policy.Tenant) *office {
	o := &office{now: time.Date(2026, 10, 1, 1, 0, 0, 0, time.UTC), delivered: "a", billed: "100", closed: true, fails: map[fleet.AccountID]error{}, says: map[string]error{}}
	store, clock := objects.NewMemory(), func() time.Time { return o.now }
	shelf := delivery.Shelf{Store: objects.NewMemory()}
	published := func(_ context.Context, payer fleet.AccountID, _, _ time.Time) ([]reports.Manifest, error) {
		return []reports.Manifest{{Export: "FOCUS_1_2_AWS", Month: "2026-09", Payer: payer, SHA256: o.delivered}}, nil
	}
	o.Issuer = &issue.Issuer{
		Policy:    func(context.Context) (*policy.Policy, error) { return &policy.Policy{Tenants: tenants}, nil },
		Catch:     func(context.Context, fleet.AccountID, time.Time, time.Time) error { return nil },
		Published: published, Store: store, Shelf: shelf, Sender: "finops@example.com", Place: func(folder string) string { return "https://console.example.com/" + folder }, Now: clock,
		Open: func(ctx context.Context, payer fleet.AccountID, _ string) (*reporting.Bill, error) {
			m, err := published(ctx, payer, time.Time{}, time.Time{})
			return &reporting.Bill{Payer: payer, Manifests: m}, err
		},
		Post:  func(delivery.ID) delivery.Post { return delivery.Post{Shelf: shelf, Mailer: o, Now: clock} },
		Watch: &hub.Watch{Alerts: o, Said: hub.Said{Store: store}}, Make: o.make,
	}
	return o
}

func tenant(payer string, recipients ...string) policy.Tenant {
	t := policy.Tenant{Name: "shop", Payer: fleet.AccountID(payer), Languages: []string{"en"}, PriceFactor: "1"}
	for _, r := range recipients {
		t.Recipients = append(t.Recipients, policy.Recipient{Address: r, Language: "en"})
	}
	return t
}

// day has the issuer look on a day, and tells what it made and mailed on it.
func (o *office) day(t *testing.T, date string) (made, mailed string) {
	t.Helper()
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	o.now, o.made, o.mails = at.Add(time.Hour), nil, nil
	if err := o.Due(t.Context(), o.now); err != nil {
		t.Fatalf("%s: %v", date, err)
	}
	return strings.Join(o.made, ", "), strings.Join(o.mails, ", ")
}

// TestAQuarterOfReports goes through the days after a quarter.
func TestAQuarterOfReports(t *testing.T) {
	t.Parallel()
	const kim, lee = "kim@example.com", "lee@example.com"
	both := kim + ", " + lee
	o := newOffice(tenant("111122223333", kim, lee), policy.Tenant{Name: "of no payer"})
	for _, step := range []struct {
		what, date, made, mailed string
		before                   func()
	}{
		{"not yet", "2026-10-02", "", "", nil},
		{"provisional", "2026-10-03", "111122223333 provisional", both, nil},
		{"nothing more", "2026-10-04", "", "", nil},
		{"a refresh of the bill before the final report is nobody's mail", "2026-10-10", "", "", func() { o.delivered = "b" }},
		{"AWS is late: the provisional one stands", "2026-10-16", "111122223333 provisional", "", func() { o.closed = false }},
		{"final", "2026-10-17", "111122223333 final", both, func() { o.closed = true }},
		{"nothing more", "2026-10-18", "", "", nil},
		{"the same bill, delivered again: looked at once, and nobody hears of it", "2026-10-20", "111122223333 restated", "", func() { o.delivered = "c" }},
		{"and not again", "2026-10-21", "", "", nil},
		{"another bill", "2026-11-05", "111122223333 restated", both, func() { o.delivered, o.billed = "d", "101" }},
		{"nothing more", "2026-11-06", "", "", nil},
		{"and another", "2026-12-05", "111122223333 restated", both, func() { o.delivered, o.billed = "e", "102" }},
	} {
		if step.before != nil {
			step.before()
		}
		made, mailed := o.day(t, step.date)
		if made != step.made || mailed != step.mailed {
			t.Errorf("%s, %s: made %q, mailed %q; want %q, %q", step.date, step.what, made, mailed, step.made, step.mailed)
		}
	}
	ids, err := o.Shelf.Of(t.Context(), "111122223333")
	var kept []string
	for _, id := range ids {
		kept = append(kept, fmt.Sprintf("%s %s %d", id.Quarter, id.State, id.Revision))
	}
	if diff := cmp.Diff([]string{"2026Q3 final 0", "2026Q3 provisional 0", "2026Q3 restated 1", "2026Q3 restated 2"}, kept); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if len(o.alerts) != 0 {
		t.Errorf("%+v", o.alerts)
	}
}

// TestTheInventoryOfAQuarter: a report tells of what was kept for its quarter, and a restated one of what the one before it told of, also where that is nothing.
func TestTheInventoryOfAQuarter(t *testing.T) {
	t.Parallel()
	const payer = fleet.AccountID("111122223333")
	for _, early := range []bool{true, false} {
		o := newOffice(tenant(string(payer)))
		keep := func(region fleet.Region, id string) {
			scope := fleet.Scope{Account: payer, Region: region}
			seen := fleet.Snapshot{Taken: o.now, Resources: []fleet.Resource{{ID: id, ARN: fleet.ARN("arn:" + id), Kind: fleet.EC2Instance, Scope: scope}}}
			if err := (survey.Book{Store: o.Store}).Keep(t.Context(), "2026Q3", scope, &seen); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"provisional:", "final:", "restated:"}
		if early {
			keep("eu-west-1", "i-1")
			want = []string{"provisional: i-1", "final: i-1", "restated: i-1"}
		}
		o.day(t, "2026-10-03")
		o.day(t, "2026-10-16")
		keep("eu-west-1", "i-2")
		o.delivered, o.billed = "b", "101"
		o.day(t, "2026-10-20")
		if diff := cmp.Diff(want, o.stock); diff != "" {
			t.Errorf("early %t (-want +got):\n%s", early, diff)
		}
	}
}

// TestRatesOfAQuarter: a report is told what the plans of its accounts and of its payer charge, and what it used lies beside it.
func TestRatesOfAQuarter(t *testing.T) {
	t.Parallel()
	const payer = fleet.AccountID("111122223333")
	o := newOffice(tenant(string(payer)))
	for account, plan := range map[fleet.AccountID]string{payer: "sp-1", "222233334444": "sp-2"} {
		if err := (survey.Book{Store: o.Store}).KeepRates(t.Context(), "2026Q3", account, []billing.PublishedRate{{Plan: plan, UsageType: "BoxUsage:m5.large", Operation: "RunInstances"}}); err != nil {
			t.Fatal(err)
		}
	}
	o.day(t, "2026-10-03")
	m, err := o.Shelf.Manifest(t.Context(), delivery.ID{Payer: payer, Quarter: "2026Q3", State: reports.Provisional})
	if diff := cmp.Diff([]string{"sp-1"}, o.rates); diff != "" || err != nil || m.SHA256("savings-plan-rates-sp-1.json") == "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
}

// TestWhoIsLate: a hub that was down on the day has the final report made alone.
func TestWhoIsLate(t *testing.T) {
	t.Parallel()
	o := newOffice(tenant("111122223333", "kim@example.com"))
	if made, mailed := o.day(t, "2026-12-01"); made != "111122223333 final" || mailed != "kim@example.com" {
		t.Errorf("made %q, mailed %q", made, mailed)
	}
	o.closed = false
	if made, _ := newOfficeOf(o, tenant("444455556666")).day(t, "2026-12-01"); made != "444455556666 provisional" {
		t.Errorf("where AWS has not closed the quarter: %q", made)
	}
}

func newOfficeOf(like *office, tenants ...policy.Tenant) *office {
	o := newOffice(tenants...)
	o.closed = like.closed
	return o
}

// TestOneTenantsFailureIsItsOwn: the others get their reports, and it gets its own on the next day.
func TestOneTenantsFailureIsItsOwn(t *testing.T) {
	t.Parallel()
	o := newOffice(tenant("111122223333", "kim@example.com"), tenant("444455556666", "lee@example.com"))
	o.fails["111122223333"] = errors.New("no bill")
	o.now = time.Date(2026, 10, 3, 1, 0, 0, 0, time.UTC)
	if err := o.Due(t.Context(), o.now); err == nil || !strings.Contains(err.Error(), "report of 2026Q3 for shop: no bill") || !cmp.Equal(o.mails, []string{"lee@example.com"}) {
		t.Errorf("%v, mailed %q", err, o.mails)
	}
	delete(o.fails, "111122223333")
	if made, mailed := o.day(t, "2026-10-04"); made != "111122223333 provisional" || mailed != "kim@example.com" {
		t.Errorf("made %q, mailed %q", made, mailed)
	}
}

// TestMailsThatDoNotGo: people are told once of each; what may go later goes later, and nothing else is sent again.
func TestMailsThatDoNotGo(t *testing.T) {
	t.Parallel()
	o := newOffice(tenant("111122223333", "kim@example.com", "nobody@example.com", "lee@example.com"))
	o.says["kim@example.com"] = fmt.Errorf("%w: verify the sender", delivery.ErrNotNow)
	o.says["nobody@example.com"] = delivery.ErrRefused
	o.says["lee@example.com"] = errors.New("connection reset")
	for range 2 {
		if _, mailed := o.day(t, "2026-10-03"); mailed != "" {
			t.Errorf("mailed %q", mailed)
		}
	}
	var told []string
	for _, a := range o.alerts {
		told = append(told, a.What+"; "+a.Why)
	}
	const of = "the report 2026Q3 (provisional) of payer 111122223333 has not reached "
	if diff := cmp.Diff([]string{
		of + "kim@example.com: waiting; the mail cannot go now: verify the sender", of + "nobody@example.com: refused; the mail was refused", of + "lee@example.com: unclear; connection reset",
	}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	o.says = map[string]error{}
	if _, mailed := o.day(t, "2026-10-04"); mailed != "kim@example.com" {
		t.Errorf("mailed %q", mailed)
	}
}
