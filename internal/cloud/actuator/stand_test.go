package actuator_test

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	machinetypes "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
)

// stand is AWS played by moto in an account of a test's own: access acts and is counted, seed is the config by which a test sets things up.
type stand struct {
	scope  fleet.Scope
	access *cloud.Access
	seed   aws.Config
	wire   *wire
}

// wire goes to moto, except for what a test answers itself.
type wire struct {
	mu sync.Mutex
	// before is asked before a call goes out, with its action; an answer with a status is given instead of moto's.
	before func(action, body string) answer
	after  func(action string)
}

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	_, action, ok := strings.Cut(request.Header.Get("X-Amz-Target"), ".")
	if !ok {
		_, action, _ = strings.Cut("&"+string(body), "&Action=")
		action, _, _ = strings.Cut(action, "&")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.before != nil {
		if a := w.before(action, string(body)); a.status != 0 {
			return &http.Response{
				StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
				Body: io.NopCloser(strings.NewReader(a.body)), Request: request,
			}, nil
		}
	}
	request.Body = io.NopCloser(strings.NewReader(string(body)))
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil {
		err = deployed(response)
	}
	if w.after != nil {
		w.after(action)
	}
	return response, err
}

// deployed ends the deployments of services, which go on for ever in moto. It reads all of an answer, so that a cut comes after it.
func deployed(response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(body), `"rolloutState": "IN_PROGRESS"`, `"rolloutState": "COMPLETED"`)
	response.Body, response.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	response.Header.Del("Content-Length")
	return nil
}

// stands returns moto with nothing in it yet.
func stands(t *testing.T, account fleet.AccountID) *stand {
	t.Helper()
	server := moto.Start(t)
	s := &stand{scope: fleet.Scope{Account: account, Region: "ap-northeast-2"}, wire: &wire{}}
	s.seed = opened(t, server.Options()).Config(s.scope)
	o := server.Options()
	adjust := o.Adjust
	o.Adjust = func(c *aws.Config) {
		adjust(c)
		c.HTTPClient = &http.Client{Transport: s.wire}
	}
	s.access = opened(t, o)
	return s
}

// calls returns what was called since the last time, but for entering the account.
func (s *stand) calls(before map[string]int) map[string]int {
	made := map[string]int{}
	for name, n := range s.access.Calls().Attempts() {
		if n -= before[name]; n > 0 && name != "sts:AssumeRole" {
			made[name] = n
		}
	}
	return made
}

// expect does actions and checks which calls that took.
func (s *stand) expect(t *testing.T, what string, errs []error, before, want map[string]int) {
	t.Helper()
	for i, err := range errs {
		if err != nil {
			t.Errorf("%s, action %d: %v", what, i, err)
		}
	}
	if diff := cmp.Diff(s.calls(before), want); diff != "" {
		t.Errorf("%s: calls (-got +want)\n%s", what, diff)
	}
}

// run launches opted-in instances, one reservation each.
func (s *stand) run(t *testing.T, n int, tags map[string]string) (ids []string) {
	t.Helper()
	var listed []machinetypes.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		listed = append(listed, machinetypes.Tag{Key: &key, Value: aws.String(tags[key])})
	}
	out, err := ec2.NewFromConfig(s.seed).RunInstances(t.Context(), &ec2.RunInstancesInput{
		ImageId: aws.String("ami-03cf127a"), InstanceType: "m5.large", MinCount: aws.Int32(int32(n)), MaxCount: aws.Int32(int32(n)),
		TagSpecifications: []machinetypes.TagSpecification{{ResourceType: "instance", Tags: listed}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range out.Instances {
		ids = append(ids, *i.InstanceId)
	}
	return ids
}

func (s *stand) states(t *testing.T, ids []string) map[machinetypes.InstanceStateName]int {
	t.Helper()
	out, err := ec2.NewFromConfig(s.seed).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: ids})
	if err != nil {
		t.Fatal(err)
	}
	states := map[machinetypes.InstanceStateName]int{}
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			states[i.State.Name]++
		}
	}
	return states
}
