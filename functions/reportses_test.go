package functions_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"offpeak/functions/invoke"
	"offpeak/internal/fleet"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

var provisional = delivery.ID{Payer: quarterPayer, Quarter: quarterName, State: reports.Provisional}

// receipts are what is kept of the mails of the provisional report: marks by address.
func (b *bureau) receipts(t *testing.T) map[string]delivery.Receipt {
	t.Helper()
	all := map[string]delivery.Receipt{}
	for _, key := range b.kept(t) {
		if strings.Contains(key, "/sent/") {
			var r delivery.Receipt
			b.object(t, key, &r)
			all[r.Address] = r
		}
	}
	return all
}

// made opens a bureau in which the provisional report was made and mailed to one.
func made(t *testing.T, spoke fleet.AccountID, recipient string) (*bureau, *invoke.Function) {
	t.Helper()
	b := openBureau(t, spoke, recipient)
	f := b.function(t)
	b.delivers(t, b.books.bill, "2026-06", "2026-07", "2026-08", "2026-09")
	if a := b.day(t, f, "2026-10-03"); a.Failed != "" {
		t.Fatalf("%s\n%s", a.Failed, f.Logs())
	}
	if got := addressed(b.postman.took()); got != recipient {
		t.Fatalf("mailed to %q, want %q\n%s", got, recipient, f.Logs())
	}
	return b, f
}

// TestMailsThatSESDoesNotTake: what SES says stands in the receipt, people are told it once with what to do, the files are there, who has the mail gets no second one, and what may go
// later goes on the next day.
func TestMailsThatSESDoesNotTake(t *testing.T) {
	t.Parallel()
	b, f := made(t, "210000000312", "first@example.com")
	for _, row := range []struct {
		name   string
		to     string
		says   []refused // to one try after the other; the last one for good
		mark   delivery.Mark
		remedy string // of what people are told; empty: nothing
		later  delivery.Mark
	}{
		{
			"the sandbox", "sandbox@example.com",
			[]refused{{400, "MessageRejected", "Email address is not verified. The following identities failed the check in region US-EAST-1: sandbox@example.com"}},
			delivery.Waiting, "ask for production access", delivery.Sent,
		},
		{
			"a sender that is not verified", "sender@example.com",
			[]refused{{400, "MessageRejected", "Email address is not verified. The following identities failed the check in region US-EAST-1: finops@example.com"}},
			delivery.Waiting, "verify finops@example.com or its domain", delivery.Sent,
		},
		{
			"the same, said otherwise", "sender2@example.com",
			[]refused{{400, "BadRequestException", "Email address not verified \"finops@example.com\""}},
			delivery.Waiting, "verify finops@example.com or its domain", delivery.Sent,
		},
		{
			"a MAIL FROM domain that is not verified", "domain@example.com",
			[]refused{{400, "MailFromDomainNotVerifiedException", "Mail-From domain is not verified"}},
			delivery.Waiting, "set its MX record", delivery.Sent,
		},
		{
			"throttled twice, then taken", "throttled@example.com",
			[]refused{{429, "TooManyRequestsException", "Maximum sending rate exceeded."}, {429, "TooManyRequestsException", "Maximum sending rate exceeded."}, {}},
			delivery.Sent, "", delivery.Sent,
		},
		{
			"a quota that is used up", "quota@example.com",
			[]refused{{400, "LimitExceededException", "Daily message quota exceeded."}},
			delivery.Waiting, "quota of this account is used up", delivery.Sent,
		},
		{
			"sending paused", "paused@example.com",
			[]refused{{400, "SendingPausedException", "Email sending has been disabled for this account."}},
			delivery.Waiting, "have it resumed", delivery.Sent,
		},
		{
			"an account that is suspended", "suspended@example.com",
			[]refused{{400, "AccountSuspendedException", "The account is suspended"}},
			delivery.Waiting, "have it resumed", delivery.Sent,
		},
		{
			"a configuration set that is gone", "set@example.com",
			[]refused{{404, "NotFoundException", "Configuration set <offpeak-reports> does not exist."}},
			delivery.Waiting, "deploy the hub's stack again", delivery.Sent,
		},
		{
			"an address that is none", "none@example.com",
			[]refused{{400, "MessageRejected", "Address is on the suppression list for your account"}},
			delivery.Refused, "put the address right", delivery.Refused,
		},
		{
			"nobody knows", "unclear@example.com",
			[]refused{{500, "InternalServiceErrorException", "internal error"}},
			delivery.Unclear, "it is not sent again", delivery.Unclear,
		},
	} {
		tried := 0
		b.postman.refuses(func(to string) refused {
			if to != row.to {
				return refused{}
			}
			tried++
			return row.says[min(tried, len(row.says))-1]
		})
		b.recipients(t, "first@example.com, "+row.to)
		b.news.since()
		for range 2 { // and the next day
			if a := b.day(t, f, "2026-10-04"); a.Failed != "" {
				t.Errorf("%s: %s", row.name, a.Failed)
			}
		}
		letters, receipt := b.postman.took(), b.receipts(t)[row.to]
		if receipt.Mark != row.mark || (row.mark == delivery.Sent) != (len(letters) == 1) || row.mark != delivery.Sent && len(letters) > 0 {
			t.Errorf("%s: %+v, mailed to %q", row.name, receipt, addressed(letters))
		}
		told := b.news.since()
		if row.remedy == "" && len(told) > 0 || row.remedy != "" && (len(told) != 1 || !strings.Contains(told[0], row.to) || !strings.Contains(told[0], row.remedy)) {
			t.Errorf("%s: people are told %q", row.name, told)
		}
		b.postman.refuses(nil)
		for range 2 {
			b.day(t, f, "2026-10-05")
		}
		want := ""
		if row.mark == delivery.Waiting {
			want = row.to
		}
		if got := addressed(b.postman.took()); got != want || b.receipts(t)[row.to].Mark != row.later {
			t.Errorf("%s, later: mailed to %q, %+v", row.name, got, b.receipts(t)[row.to])
		}
	}
	b.checkKept(t, "provisional")
}

// TestMailsThatComeBack: who did not get a mail, or complained of it, is not mailed that report again, and people are told once of each, however often SES tells and the day comes.
func TestMailsThatComeBack(t *testing.T) {
	t.Parallel()
	b, f := made(t, "210000000313", "kim@example.com")
	b.recipients(t, "kim@example.com, Lee@Example.com, lee@example.com")
	b.day(t, f, "2026-10-04")
	letters := b.postman.took()
	if len(letters) != 1 {
		t.Fatalf("mailed to %q", addressed(letters))
	}
	b.news.since()
	for _, event := range []map[string]any{
		comeBack("Email Bounced", provisional, letters[0], "bounce", map[string]any{
			"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": []map[string]any{{"emailAddress": "lee@example.com", "diagnosticCode": "smtp; 550 5.1.1"}},
		}),
		comeBack("Email Complaint Received", provisional, letter{to: "kim@example.com"}, "complaint", map[string]any{
			"complaintFeedbackType": "abuse", "complainedRecipients": []map[string]any{{"emailAddress": "kim@example.com"}},
		}),
	} {
		for range 2 {
			if a := f.Call(t, event, patience); a.Failed != "" {
				t.Fatalf("%s\n%s", a.Failed, f.Logs())
			}
		}
	}
	told := b.news.since()
	if len(told) != 2 || !strings.Contains(told[0], "smtp; 550 5.1.1") || !strings.Contains(told[1], "complained of it (abuse)") {
		t.Errorf("people are told %q", told)
	}
	b.nothing(t, f, "2026-10-05", "2026-10-06")
	if again := b.postman.took(); len(again) > 0 {
		t.Errorf("mailed to %q", addressed(again))
	}
	for address, r := range b.receipts(t) {
		if r.Mark != delivery.Bounced {
			t.Errorf("%s: %+v", address, r)
		}
	}
}

// comeBack is what SES tells of a mail, by EventBridge.
func comeBack(kind string, of delivery.ID, l letter, what string, detail map[string]any) map[string]any {
	tags := map[string][]string{"ses:configuration-set": {"offpeak-reports"}}
	for name, value := range of.Tags() {
		tags[name] = []string{value}
	}
	return map[string]any{"source": "aws.ses", "detail-type": kind, "detail": map[string]any{
		"eventType": what, "mail": map[string]any{"messageId": l.id, "destination": []string{l.to}, "tags": tags}, what: detail,
	}}
}

// TestKilledBetweenWritingAndMailing: the function dies while it writes the files, when the report is there and nobody has it, and at a mail, before SES has taken it and when it has. The
// next day makes up for it: there is one report, and nobody gets it twice.
func TestKilledBetweenWritingAndMailing(t *testing.T) {
	t.Parallel()
	b := openBureau(t, "210000000314", "kim@example.com, lee@example.com")
	b.delivers(t, b.books.bill, "2026-06", "2026-07", "2026-08", "2026-09")
	dies := func(arm func(f *invoke.Function)) {
		t.Helper()
		f := b.function(t)
		arm(f)
		if a := b.day(t, f, "2026-10-03"); !strings.Contains(a.Failed, "the program ended") {
			t.Fatalf("it lives: %s\n%s", a.Failed, f.Logs())
		}
		b.front.watch(nil)
		f.Stop()
	}
	at := func(suffix string, times int) func(f *invoke.Function) {
		return func(f *invoke.Function) {
			b.front.watch(func(r *http.Request, status int) {
				if writes(r, suffix) && strings.Contains(r.URL.Path, "quarter=") {
					if times--; times == 0 {
						f.Kill()
					}
				}
			})
		}
	}
	dies(at("", 5))
	if kept := b.kept(t); len(kept) != 5 || slices.ContainsFunc(kept, func(key string) bool { return strings.HasSuffix(key, "/manifest.json") }) {
		t.Errorf("killed while it wrote, it has kept %q", kept)
	}
	dies(at("/manifest.json", 1))
	if got := b.postman.took(); len(got) > 0 || len(b.receipts(t)) > 0 {
		t.Errorf("killed when it had written, it mailed to %q", addressed(got))
	}
	before := b.kept(t)
	f := b.function(t)
	for range 2 {
		if a := b.day(t, f, "2026-10-04"); a.Failed != "" {
			t.Fatalf("%s\n%s", a.Failed, f.Logs())
		}
	}
	if got := addressed(b.postman.took()); got != "kim@example.com, lee@example.com" || len(b.kept(t)) != len(before)+2 {
		t.Errorf("the next day mails to %q and has %d files of %d", got, len(b.kept(t)), len(before))
	}
	for i, late := range []bool{false, true} {
		first, second := []string{"choi@example.com", "park@example.com"}[i], []string{"jung@example.com", "yoon@example.com"}[i]
		b.recipients(t, "kim@example.com, lee@example.com, "+first+", "+second)
		dies(func(f *invoke.Function) { b.postman.kills(f, late) })
		taken := addressed(b.postman.took())
		if (taken == first) != late || b.receipts(t)[first].Mark != delivery.Sending {
			t.Errorf("killed at a mail (late: %t), it mailed to %q, %+v", late, taken, b.receipts(t)[first])
		}
		b.backdate(t, first)
		b.news.since()
		for range 2 {
			b.day(t, f, "2026-10-05")
		}
		if got := addressed(b.postman.took()); got != second || b.receipts(t)[first].Mark != delivery.Unclear {
			t.Errorf("the next day (late: %t) mails to %q, %+v", late, got, b.receipts(t)[first])
		}
		if told := b.news.since(); len(told) != 1 || !strings.Contains(told[0], first) || !strings.Contains(told[0], "ask the recipient") {
			t.Errorf("people are told %q", told)
		}
	}
	b.checkedOnce(t)
}

// checkedOnce: what lies on the shelf beside one whole report are the files of the run that was killed, and no manifest names them.
func (b *bureau) checkedOnce(t *testing.T) {
	t.Helper()
	var m delivery.Manifest
	b.object(t, "reports/payer="+string(quarterPayer)+"/quarter="+quarterName+"/state=provisional/manifest.json", &m)
	beside := slices.DeleteFunc(b.kept(t), func(key string) bool { return !strings.Contains(key, "/v=") || strings.HasPrefix(key, m.Folder) })
	if len(beside) != 5 {
		t.Errorf("beside the report lie %q", beside)
	}
	for _, f := range m.Files {
		if delivery.HashOf(b.object(t, m.Folder+f.Name, nil)) != f.SHA256 {
			t.Errorf("%s is not what its manifest says", f.Name)
		}
	}
}

// backdate has a mark be of the day before.
func (b *bureau) backdate(t *testing.T, address string) {
	t.Helper()
	for _, key := range b.kept(t) {
		var r delivery.Receipt
		if !strings.Contains(key, "/sent/") {
			continue
		}
		if b.object(t, key, &r); r.Address != address {
			continue
		}
		r.At = r.At.Add(-24 * time.Hour)
		data, err := json.Marshal(r)
		if err == nil {
			err = b.shelf.Delete(t.Context(), key)
		}
		if err == nil {
			_, err = b.shelf.Create(t.Context(), key, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
