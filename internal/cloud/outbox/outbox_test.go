package outbox_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/outbox"
	"offpeak/internal/fleet"
	"offpeak/reports"
	"offpeak/reports/delivery"
)

const (
	from = "finops@example.com"
	to   = "kim@example.co.kr"
	set  = "offpeak-reports"
	mime = "From: finops@example.com\r\nTo: kim@example.co.kr\r\nSubject: =?utf-8?q?Q3?=\r\n\r\n3분기 보고서입니다.\r\n"
)

// recorded answers as SES was recorded to: each call by the next answer, the last one again and again.
type recorded struct {
	answers []answer
	asked   []map[string]any
}

type answer struct {
	status     int
	code, says string
	fault      error
}

func (r *recorded) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	var asked map[string]any
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	a := r.answers[min(len(r.asked), len(r.answers)-1)]
	r.asked = append(r.asked, asked)
	if a.fault != nil {
		return nil, a.fault
	}
	header, text := http.Header{}, `{"MessageId":"0100019a"}`
	if a.status != http.StatusOK {
		header.Set("X-Amzn-Errortype", a.code)
		said, err := json.Marshal(map[string]string{"message": a.says})
		if err != nil {
			return nil, err
		}
		text = string(said)
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: q, ContentLength: int64(len(text))}, nil
}

func (r *recorded) outbox(t *testing.T) *outbox.Outbox {
	t.Helper()
	o := moto.Recorded("http://127.0.0.1:1", moto.Region)
	adjust := o.Adjust
	o.Adjust = func(c *aws.Config) {
		adjust(c)
		c.HTTPClient = &http.Client{Transport: r}
	}
	access, err := cloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return outbox.New(access, outbox.Options{From: from, ConfigurationSet: set})
}

func TestWhatSESIsAsked(t *testing.T) {
	t.Parallel()
	r := &recorded{answers: []answer{{status: http.StatusOK}}}
	id := delivery.ID{Payer: "111122223333", Quarter: "2026Q3", State: reports.Final}
	message, err := r.outbox(t).Of(id).Send(t.Context(), to, []byte(mime))
	if err != nil || message != "0100019a" {
		t.Fatalf("%q, %v", message, err)
	}
	want := []map[string]any{{
		"FromEmailAddress": from, "ConfigurationSetName": set, "Destination": map[string]any{"ToAddresses": []any{to}},
		"Content": map[string]any{"Raw": map[string]any{"Data": base64.StdEncoding.EncodeToString([]byte(mime))}},
		"EmailTags": []any{
			map[string]any{"Name": "offpeak-payer", "Value": "111122223333"},
			map[string]any{"Name": "offpeak-quarter", "Value": "2026Q3"},
			map[string]any{"Name": "offpeak-state", "Value": "final"},
		},
	}}
	if diff := cmp.Diff(want, r.asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWhatBecameOfAMail: what never goes, what may go later, and what may have gone; and how often SES was asked.
func TestWhatBecameOfAMail(t *testing.T) {
	t.Parallel()
	refused := func(code, says string) []answer {
		return []answer{{status: http.StatusBadRequest, code: code, says: says}}
	}
	const bad = http.StatusTooManyRequests
	for _, test := range []struct {
		name    string
		answers []answer
		want    error // nil: nobody knows
		says    string
		asked   int
	}{
		{"no address", refused("BadRequestException", "Missing final '@domain'"), delivery.ErrRefused, "tenants, recipients", 1},
		{"content that SES does not take", refused("MessageRejected", "Address blacklisted."), delivery.ErrRefused, "suppression list", 1},
		{
			"a sender that is not verified", refused("MessageRejected", "Email address is not verified. The following identities failed the check in region US-EAST-1: finops@example.com"),
			delivery.ErrNotNow, "verify finops@example.com or its domain in us-east-1: set the DKIM records", 1,
		},
		{
			"a recipient, in the sandbox", refused("MessageRejected", "Email address is not verified. The following identities failed the check in region US-EAST-1: Kim@example.co.kr"),
			delivery.ErrNotNow, "SES is in its sandbox in us-east-1", 1,
		},
		{"a domain without MAIL FROM", refused("MailFromDomainNotVerifiedException", "Mail-From domain is not verified."), delivery.ErrNotNow, "MX record", 1},
		{"sending is paused", refused("SendingPausedException", "x"), delivery.ErrNotNow, "have it resumed", 1},
		{"the account is suspended", refused("AccountSuspendedException", "x"), delivery.ErrNotNow, "account dashboard", 1},
		{"a quota", refused("LimitExceededException", "x"), delivery.ErrNotNow, "Service Quotas", 1},
		{"a configuration set that is not there", []answer{{http.StatusNotFound, "NotFoundException", "Configuration set <offpeak-reports> does not exist.", nil}}, delivery.ErrNotNow, "deploy the hub's stack again", 1},
		{"a role that may not", []answer{{http.StatusForbidden, "AccessDeniedException", "not authorized to perform ses:SendRawEmail", nil}}, delivery.ErrNotNow, "ses:SendRawEmail", 1},
		{"too fast, for long", []answer{{bad, "TooManyRequestsException", "Maximum sending rate exceeded.", nil}}, delivery.ErrNotNow, "tried again", 3},
		{"a fault of SES's", []answer{{http.StatusInternalServerError, "InternalServiceErrorException", "x", nil}}, nil, "it may have gone", 1},
		{"a gateway's answer", []answer{{http.StatusBadGateway, "", "x", nil}}, nil, "it may have gone", 1},
		{"an answer that was lost", []answer{{fault: &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}}}, nil, "it may have gone", 1},
		{"no answer in time", []answer{{fault: context.DeadlineExceeded}}, nil, "it may have gone", 1},
		{"no way to SES", []answer{{fault: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}}, delivery.ErrNotNow, "SES was not reached", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &recorded{answers: test.answers}
			_, err := r.outbox(t).Send(t.Context(), to, []byte(mime))
			known := errors.Is(err, delivery.ErrRefused) || errors.Is(err, delivery.ErrNotNow)
			if err == nil || (test.want == nil && known) || (test.want != nil && !errors.Is(err, test.want)) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %v with %q", err, test.want, test.says)
			}
			if len(r.asked) != test.asked {
				t.Errorf("SES was asked %d times, want %d", len(r.asked), test.asked)
			}
		})
	}
}

func TestWhatWasThrottledGoesAMomentLater(t *testing.T) {
	t.Parallel()
	r := &recorded{answers: []answer{{status: http.StatusTooManyRequests, code: "TooManyRequestsException", says: "Maximum sending rate exceeded."}, {status: http.StatusOK}}}
	if message, err := r.outbox(t).Send(t.Context(), to, []byte(mime)); err != nil || message == "" || len(r.asked) != 2 {
		t.Errorf("%q after %d calls: %v", message, len(r.asked), err)
	}
}

func TestNothingIsSentWhenTimeIsUp(t *testing.T) {
	t.Parallel()
	r := &recorded{answers: []answer{{status: http.StatusOK}}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.outbox(t).Send(ctx, to, []byte(mime)); !errors.Is(err, delivery.ErrNotNow) || len(r.asked) != 0 {
		t.Errorf("after %d calls: %v", len(r.asked), err)
	}
}

// TestAMailGoesByMoto sends by an SES that others wrote, and reads the mail back.
func TestAMailGoesByMoto(t *testing.T) {
	t.Parallel()
	server := moto.Start(t)
	access, err := cloud.Open(t.Context(), server.Options())
	if err != nil {
		t.Fatal(err)
	}
	sender := fmt.Sprintf("finops-%d@example.com", time.Now().UnixNano())
	box := outbox.New(access, outbox.Options{From: sender})
	if _, err := box.Send(t.Context(), to, []byte(mime)); !errors.Is(err, delivery.ErrNotNow) || !strings.Contains(err.Error(), "verify "+sender) {
		t.Errorf("before the sender is verified: %v", err)
	}
	if _, err := sesv2.NewFromConfig(access.Config(fleet.Scope{})).CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &sender}); err != nil {
		t.Fatal(err)
	}
	if message, err := box.Send(t.Context(), to, []byte(mime)); err != nil || message == "" {
		t.Fatalf("%q, %v", message, err)
	}
	answer, err := http.Get(server.URL + "/moto-api/data.json")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var data struct {
		SES struct {
			RawMessage []struct {
				Source string `json:"source"`
				Data   string `json:"raw_data"`
			}
		} `json:"ses"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&data); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range data.SES.RawMessage {
		if m.Source == sender {
			got = append(got, m.Data)
		}
	}
	if diff := cmp.Diff([]string{mime}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
