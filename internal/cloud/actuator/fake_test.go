package actuator_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/actuator"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
)

var _ optimizer.Actuator = (*actuator.Actuator)(nil)

// seoul is the scope of all recorded tests.
var seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}

// keys opt in as the standard policy does.
var keys = fleet.KeysWithPrefix(fleet.DefaultPrefix)

// answer is what AWS says to a call, literally.
type answer struct {
	status int
	body   string
}

// replies plays AWS: it answers calls by their action, and keeps their names in order.
type replies struct {
	mu    sync.Mutex
	reply func(action string, form url.Values) answer
	calls []string
}

// RoundTrip answers a call of the query protocol, or of JSON 1.1, whose body is then the form's only value, under "json".
func (f *replies) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := request.Context().Err(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	form, action := url.Values{"json": {string(body)}}, request.Header.Get("X-Amz-Target")
	if _, target, ok := strings.Cut(action, "."); ok {
		action = target
	} else {
		if form, err = url.ParseQuery(string(body)); err != nil {
			return nil, err
		}
		action = form.Get("Action")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, action)
	a := f.reply(action, form)
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: request,
	}, nil
}

// open reaches a transport and nothing else, without pauses.
func open(t testing.TB, transport http.RoundTripper) *cloud.Access {
	t.Helper()
	o := moto.Recorded("https://recorded.invalid", seoul.Region)
	adjust := o.Adjust
	o.Adjust = func(c *aws.Config) {
		adjust(c)
		c.HTTPClient = &http.Client{Transport: transport}
	}
	return opened(t, o)
}

func opened(t testing.TB, o cloud.Options) *cloud.Access {
	t.Helper()
	o.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	access, err := cloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return access
}

// newActuator opts in by the standard keys.
func newActuator(access *cloud.Access) *actuator.Actuator {
	return actuator.New(access, actuator.Options{Keys: keys})
}

// subject names a resource in a scope.
func subject(kind fleet.Kind, scope fleet.Scope, id string) plan.Subject {
	return plan.Subject{ID: id, ARN: fleet.ARN("arn:test:" + kind.String() + ":" + id), Kind: kind, Scope: scope}
}

// actionsOn makes the same change of several resources.
func actionsOn(kind fleet.Kind, scope fleet.Scope, change plan.Change, ids ...string) []plan.Action {
	var actions []plan.Action
	for _, id := range ids {
		actions = append(actions, plan.Action{ID: "act-" + id, Subject: subject(kind, scope, id), Change: change})
	}
	return actions
}

// box is an instance of the played EC2.
type box struct {
	id, state, model, reason string
	tags                     map[string]string
	xml                      string // more elements
}

// machines is EC2 as far as starting and stopping goes, with what moto leaves out: a call is taken or refused as a whole, and whatever a test
// wants refused is.
type machines struct {
	replies
	boxes map[string]*box
	// refuse says what speaks against a change of one instance; a status of zero: nothing.
	refuse func(b *box, action string, form url.Values) answer
}

// newMachines plays EC2 with opted-in m5.large instances in one state.
func newMachines(state string, ids ...string) *machines {
	m := &machines{boxes: map[string]*box{}}
	for _, id := range ids {
		m.boxes[id] = &box{id: id, state: state, model: "m5.large", tags: map[string]string{"offpeak:schedule": "office"}}
	}
	m.reply = m.answerTo
	return m
}

// numbered returns ids i-001, i-002, ...
func numbered(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("i-%017x", i+1))
	}
	return ids
}

func (m *machines) answerTo(action string, form url.Values) answer {
	switch action {
	case "DescribeInstances":
		return m.describe(form)
	case "StartInstances", "StopInstances":
		return m.change(action, form)
	case "ModifyInstanceAttribute":
		b := m.boxes[form.Get("InstanceId")]
		if b.state != "stopped" {
			return ec2Error(400, "IncorrectInstanceState", "The instance '"+b.id+"' is not in the 'stopped' state.")
		}
		b.model = form.Get("InstanceType.Value")
		return answer{200, "<ModifyInstanceAttributeResponse><return>true</return></ModifyInstanceAttributeResponse>"}
	}
	return ec2Error(400, "InvalidAction", "The action "+action+" is not valid for this web service.")
}

func (m *machines) describe(form url.Values) answer {
	var items strings.Builder
	for i := 1; form.Has(fmt.Sprintf("Filter.1.Value.%d", i)); i++ {
		b := m.boxes[form.Get(fmt.Sprintf("Filter.1.Value.%d", i))]
		if b == nil {
			continue
		}
		var tags strings.Builder
		for _, key := range slices.Sorted(maps.Keys(b.tags)) {
			fmt.Fprintf(&tags, "<item><key>%s</key><value>%s</value></item>", key, b.tags[key])
		}
		fmt.Fprintf(&items, `<item><reservationId>r-1</reservationId><instancesSet><item><instanceId>%s</instanceId><instanceState><name>%s</name></instanceState>
<instanceType>%s</instanceType><stateReason><code>%s</code></stateReason><placement><availabilityZone>ap-northeast-2a</availabilityZone></placement>
<architecture>x86_64</architecture><virtualizationType>hvm</virtualizationType><enaSupport>true</enaSupport><tagSet>%s</tagSet>%s</item></instancesSet></item>`,
			b.id, b.state, b.model, b.reason, tags.String(), b.xml)
	}
	return answer{200, "<DescribeInstancesResponse><reservationSet>" + items.String() + "</reservationSet></DescribeInstancesResponse>"}
}

func (m *machines) change(action string, form url.Values) answer {
	var named []*box
	for i := 1; form.Has(fmt.Sprintf("InstanceId.%d", i)); i++ {
		b := m.boxes[form.Get(fmt.Sprintf("InstanceId.%d", i))]
		if m.refuse != nil {
			if a := m.refuse(b, action, form); a.status != 0 {
				return a
			}
		}
		named = append(named, b)
	}
	for _, b := range named {
		b.state = map[string]string{"StartInstances": "pending", "StopInstances": "stopping"}[action]
	}
	return answer{200, "<" + action + "Response></" + action + "Response>"}
}

// ec2Error is EC2's form of an error.
func ec2Error(status int, code, message string) answer {
	return answer{status, fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>`, code, message)}
}

// queryError is the form of an error of Auto Scaling and RDS.
func queryError(status int, code, message string) answer {
	return answer{status, fmt.Sprintf(`<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>`+
		`<RequestId>ea966190-f9aa-478e-9ede-example</RequestId></ErrorResponse>`, code, message)}
}

// tally counts names.
func tally(names []string) map[string]int {
	counts := map[string]int{}
	for _, n := range names {
		counts[n]++
	}
	return counts
}
