package messages_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/messages"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

func open(t *testing.T, o cloud.Options) *cloud.Access {
	t.Helper()
	access, err := cloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return access
}

// queue makes a queue of moto's, and returns its URL and ARN.
func queue(t *testing.T, access *cloud.Access, name string) (url, arn string) {
	t.Helper()
	client := sqs.NewFromConfig(access.Config(fleet.Scope{}))
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	told, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: made.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn}})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(made.QueueUrl), told.Attributes["QueueArn"]
}

// received takes everything that a queue hands out now.
func received(t *testing.T, access *cloud.Access, url string) (bodies []string) {
	t.Helper()
	client := sqs.NewFromConfig(access.Config(fleet.Scope{}))
	for {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			return bodies
		}
		for _, m := range out.Messages {
			bodies = append(bodies, aws.ToString(m.Body))
		}
	}
}

// wakes are so many, of accounts numbered from one.
func wakes(n int) (all []hub.Wake) {
	for i := range n {
		all = append(all, hub.Wake{
			Scope:  fleet.Scope{Account: fleet.AccountID(fmt.Sprintf("%012d", i+1)), Region: "ap-northeast-2"},
			Reason: hub.Reconcile, Sent: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
		})
	}
	return all
}

func TestEveryWakeArrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	access := open(t, moto.Start(t).Options())
	url, _ := queue(t, access, "wakes")
	want := wakes(23)
	if err := messages.NewQueue(access, url).Send(t.Context(), append(want, hub.Wake{Scope: want[0].Scope, Delay: 10 * time.Minute})); err != nil {
		t.Fatal(err)
	}
	var got []hub.Wake
	for _, body := range received(t, access, url) {
		w, err := hub.ParseWake(body)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, w)
	}
	slices.SortFunc(got, func(a, b hub.Wake) int { return a.Scope.Compare(b.Scope) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the one that is kept back is not among them yet:\n%s", diff)
	}
}

func TestAMissingQueueIsSaid(t *testing.T) {
	t.Parallel()
	access := open(t, moto.Start(t).Options())
	url, _ := queue(t, access, "there")
	missing := strings.Replace(url, "/there", "/not-there", 1)
	err := messages.NewQueue(access, missing).Send(t.Context(), wakes(11))
	if failure.Of(err) != failure.Gone || !strings.Contains(err.Error(), "send 10 wakes to "+missing) || !strings.Contains(err.Error(), "send 1 wakes to") {
		t.Errorf("%v (%s)", err, failure.Of(err))
	}
	if err := messages.NewQueue(access, missing).Send(t.Context(), nil); err != nil {
		t.Errorf("nothing to send: %v", err)
	}
}

// batch is a call of SendMessageBatch as SQS gets it.
type batch struct {
	Entries []struct {
		ID    string `json:"Id"`
		Delay int    `json:"DelaySeconds"`
		Body  string `json:"MessageBody"`
	}
}

// recorded is an SQS that answers calls one after the other, which moto, where every message is taken, cannot show.
func recorded(t *testing.T, answers ...string) (access *cloud.Access, calls func() []batch) {
	t.Helper()
	var mu sync.Mutex
	var seen []batch
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var b batch
		if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
			t.Error(err)
		}
		answer := `{"Successful":[],"Failed":[]}`
		if len(seen) < len(answers) {
			answer = answers[len(seen)]
		}
		seen = append(seen, b)
		if strings.Contains(answer, "__type") {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return open(t, moto.Recorded(server.URL, moto.Region)), func() []batch {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

const url = "https://sqs.us-east-1.amazonaws.com/123456789012/wakes"

func TestTenWakesACallAndADelayThatSQSTakes(t *testing.T) {
	t.Parallel()
	access, calls := recorded(t)
	all := wakes(23)
	want := map[int]time.Duration{0: -time.Second, 1: 90 * time.Second, 2: time.Hour, 22: 15 * time.Minute}
	for i, d := range want {
		all[i].Delay = d
	}
	if err := messages.NewQueue(access, url).Send(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	var sizes, delays []int
	for _, call := range calls() {
		sizes = append(sizes, len(call.Entries))
		ids := map[string]bool{}
		for _, e := range call.Entries {
			ids[e.ID] = true
			if e.Delay != 0 {
				delays = append(delays, e.Delay)
			}
			if strings.Contains(strings.ToLower(e.Body), "delay") {
				t.Errorf("the message speaks of its delay: %s", e.Body)
			}
		}
		if len(ids) != len(call.Entries) {
			t.Errorf("ids stand twice in a call: %v", ids)
		}
	}
	if !slices.Equal(sizes, []int{10, 10, 3}) || !slices.Equal(delays, []int{90, 900, 900}) {
		t.Errorf("calls of %v messages, delays %v", sizes, delays)
	}
}

// A call that SQS answers with success may have refused some of its messages.
func TestAWakeThatIsRefusedIsNamedAndTheOthersAreSent(t *testing.T) {
	t.Parallel()
	access, calls := recorded(t,
		`{"Successful":[],"Failed":[{"Id":"3","SenderFault":false,"Code":"InternalError","Message":"try again"},{"Id":"nonsense","Code":"x"}]}`,
		`{"__type":"com.amazonaws.sqs#AccessDenied","message":"you may not"}`)
	err := messages.NewQueue(access, url).Send(t.Context(), wakes(30))
	if err == nil || len(calls()) != 3 {
		t.Fatalf("%v after %d calls", err, len(calls()))
	}
	for _, part := range []string{"wake 000000000004/ap-northeast-2", "InternalError try again", "send 10 wakes", "you may not"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in: %v", part, err)
		}
	}
	if strings.Count(err.Error(), "wake 0") != 1 {
		t.Errorf("others are named too: %v", err)
	}
	if _, ok := errors.AsType[*failure.Error](err); !ok {
		t.Errorf("without a class: %v", err)
	}
}

var (
	seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	one   = hub.Alert{
		Scope: seoul, Resource: "arn:aws:rds:ap-northeast-2:111122223333:db:주문", What: "주문 did not start", Why: "insufficient capacity", Remedy: "choose another class",
	}
)

func TestAlertsArriveInOneMessage(t *testing.T) {
	t.Parallel()
	access := open(t, moto.Start(t).Options())
	inbox, arn := queue(t, access, "inbox")
	client := sns.NewFromConfig(access.Config(fleet.Scope{}))
	topic, err := client.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("alerts")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: &arn}); err != nil {
		t.Fatal(err)
	}
	told := messages.NewTopic(access, aws.ToString(topic.TopicArn))
	for _, alerts := range [][]hub.Alert{nil, {one, one}} {
		if err := told.Say(t.Context(), alerts); err != nil {
			t.Fatal(err)
		}
	}
	got := received(t, access, inbox)
	var mail struct{ Subject, Message string }
	if len(got) != 1 || json.Unmarshal([]byte(got[0]), &mail) != nil {
		t.Fatalf("received %q", got)
	}
	subject, message := messages.Mail([]hub.Alert{one, one})
	if mail.Subject != subject || mail.Message != message || !strings.Contains(message, "db:주문") {
		t.Errorf("received %+v", mail)
	}
	err = messages.NewTopic(access, aws.ToString(topic.TopicArn)+"-not").Say(t.Context(), []hub.Alert{one})
	if failure.Of(err) != failure.Gone || !strings.Contains(err.Error(), "send 1 alerts to arn:aws:sns:us-east-1:123456789012:alerts-not") {
		t.Errorf("a topic that is not there: %v (%s)", err, failure.Of(err))
	}
}

// TestAMailIsWhatSNSTakes: a subject is less than a hundred printable characters, a message less than 256 KiB of UTF-8.
func TestAMailIsWhatSNSTakes(t *testing.T) {
	t.Parallel()
	whole := hub.Alert{What: "the policy does not parse", Why: "line 3", Remedy: "push another"}
	long := hub.Alert{Scope: seoul, What: strings.Repeat("가\x7f\n", 80), Why: strings.Repeat("왜", 1000), Remedy: "r"}
	for name, row := range map[string]struct {
		alerts  []hub.Alert
		subject string
		says    []string
		parts   int
	}{
		"one":              {[]hub.Alert{one}, "offpeak: 주문 did not start", []string{"주문 did not start\n", "insufficient capacity", "choose another class", "111122223333/ap-northeast-2 arn:aws:rds"}, 1},
		"two":              {[]hub.Alert{one, one}, "offpeak: 2 alerts in 111122223333/ap-northeast-2", []string{"insufficient"}, 2},
		"of the hub":       {[]hub.Alert{whole}, "offpeak: the policy does not parse", []string{"line 3", "push another"}, 1},
		"two of the hub":   {[]hub.Alert{whole, whole}, "offpeak: 2 alerts", nil, 2},
		"of two accounts":  {[]hub.Alert{one, {Scope: fleet.Scope{Account: "444455556666"}, What: "x"}}, "offpeak: 2 alerts", []string{"Where:      444455556666\n"}, 2},
		"long":             {[]hub.Alert{long}, "offpeak: " + strings.Repeat("가??", 29) + "...", nil, 1},
		"more than it can": {slices.Repeat([]hub.Alert{long}, 200), "offpeak: 200 alerts in 111122223333/ap-northeast-2", []string{"more; \"offpeak status\" lists all"}, 0},
	} {
		subject, message := messages.Mail(row.alerts)
		if subject != row.subject {
			t.Errorf("%s: subject %q, want %q", name, subject, row.subject)
		}
		if utf8.RuneCountInString(subject) >= 100 || !utf8.ValidString(subject) || strings.ContainsFunc(subject, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%s: SNS refuses the subject %q", name, subject)
		}
		if len(message) >= 256<<10 || !utf8.ValidString(message) {
			t.Errorf("%s: SNS refuses a message of %d bytes", name, len(message))
		}
		for _, part := range row.says {
			if !strings.Contains(message, part) {
				t.Errorf("%s: %q is not in %.300q", name, part, message)
			}
		}
		if n := strings.Count(message, "What to do:"); row.parts > 0 && n != row.parts {
			t.Errorf("%s: %d alerts are told", name, n)
		}
		if strings.Contains(message, " /") {
			t.Errorf("%s: it names the scope of nothing: %q", name, message)
		}
	}
	_, message := messages.Mail(slices.Repeat([]hub.Alert{long}, 200))
	told := strings.Count(message, "What to do:")
	if !strings.Contains(message, fmt.Sprintf("... and %d more", 200-told)) || told < 50 {
		t.Errorf("%d of 200 are told, and then: %q", told, message[len(message)-80:])
	}
}

// TestSubjectsEndAfterAWord: never within a character, and within a word only where one takes half of the line.
func TestSubjectsEndAfterAWord(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, what, want string }{
		{"what fits is whole", strings.Repeat("x", 90), strings.Repeat("x", 90)},
		{"a character more", strings.Repeat("x", 91), strings.Repeat("x", 87) + "..."},
		{"words", "the report 2026Q3 (final) of payer 111122223333 did not reach a-colleague-with-a-long-address@example.co.kr", "the report 2026Q3 (final) of payer 111122223333 did not reach..."},
		{"a word ends just there", strings.Repeat("x", 60) + " " + strings.Repeat("y", 26) + " and more", strings.Repeat("x", 60) + " " + strings.Repeat("y", 26) + "..."},
		{"a word ends a character later", strings.Repeat("x", 60) + " " + strings.Repeat("y", 27) + " and more", strings.Repeat("x", 60) + "..."},
		{"no comma before the dots", strings.Repeat("x", 80) + ", and then a lot more", strings.Repeat("x", 80) + ", and..."},
		{"Korean words", strings.Repeat("주문 서버 ", 20), strings.TrimSpace(strings.Repeat("주문 서버 ", 14)) + " 주문..."},
		{"one Korean word", strings.Repeat("가", 300), strings.Repeat("가", 87) + "..."},
		{"line breaks, control characters and what turns text around", "a\nb\x7fc\u202ed\u2028e", "a?b?c?d?e"},
		{"no UTF-8", "a\xffb", "a?b"},
	} {
		subject, _ := messages.Mail([]hub.Alert{{What: row.what}})
		if subject != "offpeak: "+row.want || utf8.RuneCountInString(subject) > 99 {
			t.Errorf("%s: %d characters %q, want %q", row.name, utf8.RuneCountInString(subject), subject, row.want)
		}
	}
}

// TestAnAlertIsNotLostForItsSubject: where SNS takes no Korean in a subject, as its documents once said, the alert goes with another one. What is refused for anything else
// is not sent again.
func TestAnAlertIsNotLostForItsSubject(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, what, code string
		subjects         []string
		sent             bool
	}{
		{"Korean is taken", "주문 did not start", "", []string{"offpeak: 주문 did not start"}, true},
		{"Korean is not", "주문 did not start", "InvalidParameter", []string{"offpeak: 주문 did not start", "offpeak: ?? did not start"}, true},
		{"something else is wrong", "web did not start", "InvalidParameter", []string{"offpeak: web did not start"}, false},
		{"who may not", "주문 did not start", "AuthorizationError", []string{"offpeak: 주문 did not start"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var subjects []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				subjects = append(subjects, q.FormValue("Subject"))
				if plain := !strings.ContainsFunc(q.FormValue("Subject"), func(r rune) bool { return r > '~' }); row.code != "" && (!row.sent || !plain) {
					w.WriteHeader(map[string]int{"InvalidParameter": http.StatusBadRequest, "AuthorizationError": http.StatusForbidden}[row.code])
					_, _ = fmt.Fprintf(w, `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>%s</Code><Message>Invalid parameter: Subject</Message></Error><RequestId>r</RequestId></ErrorResponse>`, row.code)
					return
				}
				_, _ = io.WriteString(w, `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>`)
			}))
			t.Cleanup(server.Close)
			access := open(t, moto.Recorded(server.URL, moto.Region))
			err := messages.NewTopic(access, "arn:aws:sns:us-east-1:123456789012:alerts").Say(t.Context(), []hub.Alert{{What: row.what}})
			if diff := cmp.Diff(row.subjects, subjects); diff != "" || (err == nil) != row.sent {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}
