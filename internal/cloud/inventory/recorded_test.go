package inventory_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

var (
	seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	now   = time.Date(2026, 11, 23, 8, 0, 0, 123456789, time.UTC)
)

const key = "offpeak:schedule"

// asked is one call as AWS gets it.
type asked struct {
	operation string
	form      url.Values // of services that speak forms
	body      string     // of services that speak JSON
}

// answer is what AWS says to a call.
type answer func(asked) (status int, text string)

// always answers every call alike.
func always(text string) answer { return func(asked) (int, string) { return http.StatusOK, text } }

// inTurn gives one answer after the other.
func inTurn(texts ...string) answer {
	n := 0
	return func(asked) (int, string) { n++; return http.StatusOK, texts[n-1] }
}

// refused is an error with AWS's code, in the form of the service that is asked.
func refused(code string) answer {
	return func(q asked) (int, string) {
		switch {
		case q.form == nil:
			return http.StatusBadRequest, fmt.Sprintf(`{"__type":%q,"message":"you may not"}`, code)
		case strings.Contains(ec2Operations, q.operation):
			return http.StatusForbidden, "<Response><Errors><Error><Code>" + code + "</Code><Message>you may not</Message></Error></Errors><RequestID>1</RequestID></Response>"
		default:
			return http.StatusForbidden, "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>you may not</Message></Error><RequestId>1</RequestId></ErrorResponse>"
		}
	}
}

const ec2Operations = "DescribeInstances DescribeSpotInstanceRequests"

// recorded is an account that answers as it was recorded, and empty where nothing was.
type recorded struct {
	mu      sync.Mutex
	answers map[string]answer
	calls   []asked
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	call := asked{body: string(body)}
	if target := q.Header.Get("X-Amz-Target"); target != "" {
		call.operation = target[strings.LastIndexByte(target, '.')+1:]
	} else {
		call.form, _ = url.ParseQuery(call.body)
		call.operation = call.form.Get("Action")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
	status, text := http.StatusOK, "{}"
	if call.form != nil {
		text = fmt.Sprintf("<%[1]sResponse><%[1]sResult></%[1]sResult></%[1]sResponse>", call.operation)
	}
	if a := r.answers[call.operation]; a != nil {
		status, text = a(call)
	}
	w.WriteHeader(status)
	io.WriteString(w, text)
}

// made returns the calls of an operation.
func (r *recorded) made(operation string) (calls []asked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.calls {
		if c.operation == operation {
			calls = append(calls, c)
		}
	}
	return calls
}

// reader reads an account that answers so.
func reader(t testing.TB, answers map[string]answer) (*inventory.Reader, *cloud.Access, *recorded) {
	t.Helper()
	account := &recorded{answers: answers}
	server := httptest.NewServer(account)
	t.Cleanup(server.Close)
	access, err := cloud.Open(t.Context(), moto.Recorded(server.URL, seoul.Region))
	if err != nil {
		t.Fatal(err)
	}
	return inventory.New(access, inventory.Options{Keys: []string{key, "Schedule", key}, Now: func() time.Time { return now }}), access, account
}

// snapshot reads what is opted in, and fails where that fails.
func snapshot(t *testing.T, answers map[string]answer) (fleet.Snapshot, *recorded) {
	t.Helper()
	r, _, account := reader(t, answers)
	s, err := r.Snapshot(t.Context(), seoul)
	if err != nil {
		t.Fatal(err)
	}
	return s, account
}

// find returns a resource by its name.
func find(t *testing.T, s fleet.Snapshot, id string) fleet.Resource {
	t.Helper()
	for _, r := range s.Resources {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("%s is not in the snapshot: %v", id, names(s))
	return fleet.Resource{}
}

func names(s fleet.Snapshot) (ids []string) {
	for _, r := range s.Resources {
		ids = append(ids, r.ID)
	}
	return ids
}

// instances is an answer of DescribeInstances, all instances in one reservation.
func instances(next string, list ...string) string {
	return "<DescribeInstancesResponse><requestId>1</requestId><reservationSet><item><reservationId>r-1</reservationId><ownerId>111122223333</ownerId><instancesSet>" +
		strings.Join(list, "") + "</instancesSet></item></reservationSet>" + when("nextToken", next) + "</DescribeInstancesResponse>"
}

// instance is one opted-in instance; more holds further elements, state among them.
func instance(id, more string) string {
	return "<item><instanceId>" + id + "</instanceId><instanceType>m5.large</instanceType><launchTime>2026-11-20T00:30:00.000Z</launchTime>" +
		"<placement><availabilityZone>ap-northeast-2a</availabilityZone></placement><platformDetails>Linux/UNIX</platformDetails>" +
		"<tagSet><item><key>" + key + "</key><value>office</value></item></tagSet>" + more + "</item>"
}

const (
	running = "<instanceState><code>16</code><name>running</name></instanceState>"
	stopped = "<instanceState><code>80</code><name>stopped</name></instanceState>"
)

// when is an element, if there is something in it.
func when(name, text string) string {
	if text == "" {
		return ""
	}
	return "<" + name + ">" + text + "</" + name + ">"
}

// result is an answer in the form of RDS, Auto Scaling and CloudFormation.
func result(operation, text string) string {
	return "<" + operation + "Response><" + operation + "Result>" + text + "</" + operation + "Result></" + operation + "Response>"
}
