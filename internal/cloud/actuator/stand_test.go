package actuator_test

import (
	"bytes"
	"io"
	"net/http"
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

// stand is AWS played by moto in an account of a test's own: access acts and is counted, made and its config seed are what a test sets things up by.
type stand struct {
	scope  fleet.Scope
	access *cloud.Access
	made   *moto.Account
	seed   aws.Config
	wire   *wire
}

// wire goes to moto, and tells of every call when it has been answered.
type wire struct {
	mu    sync.Mutex
	after func(action string)
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
	request.Body = io.NopCloser(strings.NewReader(string(body)))
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil {
		err = readAll(response)
	}
	if w.after != nil {
		w.after(action)
	}
	return response, err
}

// readAll reads all of an answer, so that a cut comes after it.
func readAll(response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

// stands returns moto with nothing in it yet.
func stands(t *testing.T, account fleet.AccountID) *stand {
	t.Helper()
	server := moto.Start(t).Mended(t)
	s := &stand{scope: fleet.Scope{Account: account, Region: "ap-northeast-2"}, wire: &wire{}}
	s.made = server.Account(t, s.scope)
	s.seed = s.made.Config
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
