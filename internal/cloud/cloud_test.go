package cloud_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

var (
	seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	tokyo = fleet.Scope{Account: "111122223333", Region: "ap-northeast-1"}
	other = fleet.Scope{Account: "444455556666", Region: "ap-northeast-2"}
)

// server answers calls with what answer returns, and notes what was asked.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func serve(t *testing.T, answer func(form string, n int) (status int, body string)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.asked = append(s.asked, string(body))
		n := len(s.asked)
		s.mu.Unlock()
		status, text := answer(string(body), n)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return s
}

// clock is a clock that moves when somebody sleeps.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept time.Duration
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.slept = c.now.Add(d), c.slept+d
	return ctx.Err()
}

func open(t *testing.T, url string, c *clock, role func(fleet.AccountID) (cloud.Role, bool)) *cloud.Access {
	t.Helper()
	a, err := cloud.Open(t.Context(), cloud.Options{
		Region: seoul.Region, RoleOf: role, Now: c.Now, Sleep: c.Sleep,
		Adjust: func(base *aws.Config) {
			base.BaseEndpoint = aws.String(url)
			base.Credentials = credentials.NewStaticCredentialsProvider("id", "secret", "")
			base.RetryMode = ""
			base.Retryer = func() aws.Retryer {
				return retry.NewStandard(func(o *retry.StandardOptions) { o.Backoff = noPause{} })
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

type noPause struct{}

func (noPause) BackoffDelay(int, error) (time.Duration, error) { return 0, nil }

func ec2Of(c aws.Config) *ec2.Client { return ec2.NewFromConfig(c) }

const started = `<StartInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><instancesSet/></StartInstancesResponse>`

const throttled = `<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>r</RequestID></Response>`

// TestCallsArePacedByTheirBuckets starts 3,000 instances: a thousand fit the bucket, the rest come at two a second.
func TestCallsArePacedByTheirBuckets(t *testing.T) {
	t.Parallel()
	s := serve(t, func(string, int) (int, string) { return http.StatusOK, started })
	c := &clock{now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}
	access := open(t, s.URL, c, nil)
	clients := cloud.NewClients(access, ec2Of)
	first, second := clients.In(seoul), clients.In(seoul)
	if first != second || first == clients.In(tokyo) {
		t.Error("one client for each scope, and the same each time")
	}
	start := func(scope fleet.Scope, calls int) {
		for call := range calls {
			ids := make([]string, 50)
			for i := range ids {
				ids[i] = fmt.Sprintf("i-%d-%d", call, i)
			}
			if _, err := clients.In(scope).StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: ids}); err != nil {
				t.Fatal(err)
			}
		}
	}
	start(seoul, 60)
	if want := 1000 * time.Second; c.slept < want || c.slept > want+time.Second {
		t.Errorf("slept %s, the quota asks for %s", c.slept, want)
	}
	before := c.slept
	start(tokyo, 5)
	if c.slept != before {
		t.Errorf("another region waited %s", c.slept-before)
	}
	if got := access.Calls().Attempts()["ec2:StartInstances"]; got != 65 {
		t.Errorf("counted %d calls", got)
	}
}

// TestAThrottledCallWaitsForItsBucket: AWS says that there is less left than was thought, so that the next try waits.
func TestAThrottledCallWaitsForItsBucket(t *testing.T) {
	t.Parallel()
	s := serve(t, func(_ string, n int) (int, string) {
		if n == 1 {
			return http.StatusServiceUnavailable, throttled
		}
		return http.StatusOK, started
	})
	c := &clock{now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}
	access := open(t, s.URL, c, nil)
	_, err := cloud.NewClients(access, ec2Of).In(seoul).StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: []string{"i-1"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.slept != 500*time.Millisecond {
		t.Errorf("waited %s before the second try", c.slept)
	}
	calls := access.Calls()
	if a, b := calls.Attempts()["ec2:StartInstances"], calls.Throttled()["ec2:StartInstances"]; a != 2 || b != 1 {
		t.Errorf("counted %d tries, %d of them throttled", a, b)
	}
}

// TestAnAccountIsEnteredOnceByItsRole: one role for all regions and clients of an account, with its external id; one's own account needs none.
func TestAnAccountIsEnteredOnceByItsRole(t *testing.T) {
	t.Parallel()
	const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>there</AccessKeyId>` +
		`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`
	s := serve(t, func(form string, _ int) (int, string) {
		if strings.Contains(form, "Action=AssumeRole") {
			return http.StatusOK, assumed
		}
		return http.StatusOK, started
	})
	c := &clock{now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)}
	access := open(t, s.URL, c, func(id fleet.AccountID) (cloud.Role, bool) {
		return cloud.Role{ARN: "arn:aws:iam::" + string(id) + ":role/offpeak", ExternalID: "secret-handshake"}, id == other.Account
	})
	clients := cloud.NewClients(access, ec2Of)
	osaka := fleet.Scope{Account: other.Account, Region: "ap-northeast-3"}
	for _, scope := range []fleet.Scope{seoul, other, osaka, other} {
		if _, err := clients.In(scope).StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: []string{"i-1"}}); err != nil {
			t.Fatal(err)
		}
	}
	roles := 0
	for _, asked := range s.asked {
		if strings.Contains(asked, "Action=AssumeRole") {
			roles++
			for _, want := range []string{"ExternalId=secret-handshake", "RoleSessionName=offpeak", "444455556666"} {
				if !strings.Contains(asked, want) {
					t.Errorf("%s is not in %s", want, asked)
				}
			}
		}
	}
	if roles != 1 {
		t.Errorf("the role was assumed %d times", roles)
	}
}

func TestClassesOfErrors(t *testing.T) {
	t.Parallel()
	api := func(code, message string) error {
		return fmt.Errorf("operation error: %w", &smithy.GenericAPIError{Code: code, Message: message})
	}
	for _, row := range []struct {
		err  error
		want failure.Class
	}{
		{nil, ""},
		{errors.New("something"), failure.Other},
		{api("RequestLimitExceeded", ""), failure.Throttled},
		{api("ThrottlingException", ""), failure.Throttled},
		{api("SlowDown", ""), failure.Throttled},
		{api("InvalidInstanceID.NotFound", ""), failure.Gone},
		{api("InvalidInstanceID.Malformed", ""), failure.Gone},
		{api("DBClusterNotFoundFault", ""), failure.Gone},
		{api("ServiceNotFoundException", ""), failure.Gone},
		{api("UnauthorizedOperation", "You are not authorized to perform this operation."), failure.Denied},
		{api("AccessDenied", "... is not authorized to perform: kms:CreateGrant on resource"), failure.Key},
		{api("OptInRequired", ""), failure.Denied},
		{api("ExpiredToken", ""), failure.Denied},
		{api("OperationNotPermitted", "The instance 'i-1' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."), failure.Protected},
		{api("OperationNotPermitted", "The instance is managed by an operator."), failure.Denied},
		{api("InsufficientInstanceCapacity", ""), failure.Capacity},
		{api("InsufficientDBInstanceCapacity", ""), failure.Capacity},
		{api("VcpuLimitExceeded", ""), failure.Quota},
		{api("SomeNewLimitExceeded", ""), failure.Quota},
		{api("KMSKeyNotAccessibleFault", ""), failure.Key},
		{api("InvalidKMSKey.Disabled", ""), failure.Key},
		{api("IncorrectInstanceState", ""), failure.InTransition},
		{api("InvalidDBClusterStateFault", ""), failure.InTransition},
		{api("UnsupportedOperation", ""), failure.InvalidState},
		{api("ScalingActivityInProgress", ""), failure.InTransition},
		{api("InternalError", ""), failure.Unreachable},
		{&smithy.GenericAPIError{Code: "NeverHeardOf", Fault: smithy.FaultServer}, failure.Unreachable},
		{api("NeverHeardOf", ""), failure.Other},
		{fmt.Errorf("send: %w", context.DeadlineExceeded), failure.Unreachable},
		{fmt.Errorf("send: %w", &net.DNSError{Err: "no such host"}), failure.Unreachable},
		{&failure.Error{Class: failure.Quota, Err: errors.New("known")}, failure.Quota},
	} {
		got := cloud.Classify(row.err)
		if failure.Of(got) != row.want {
			t.Errorf("%v: %q, want %q", row.err, failure.Of(got), row.want)
		}
		if row.err != nil && !errors.Is(got, row.err) {
			t.Errorf("%v became %v", row.err, got)
		}
	}
}

// TestErrorsAreSaidInWordsWithARemedy: the SDK's sentence is left out, and what a person can do is said.
func TestErrorsAreSaidInWordsWithARemedy(t *testing.T) {
	t.Parallel()
	api := func(code, message string) error {
		return fmt.Errorf("operation error EC2: DescribeInstances, https response error StatusCode: 403, RequestID: r, api error: %w", &smithy.GenericAPIError{Code: code, Message: message})
	}
	asked := func(beneath error) error {
		return fmt.Errorf("operation error STS: GetCallerIdentity, exceeded maximum number of attempts, 3: %w", &url.Error{Op: "Post", URL: "https://sts.eu-wst-1.amazonaws.com/", Err: beneath})
	}
	for _, row := range []struct {
		err          error
		text, remedy string
	}{
		{api("ExpiredToken", "The security token included in the request is expired"), "ExpiredToken: The security token included in the request is expired", "log in again"},
		{api("AuthFailure", "AWS was not able to validate the provided access credentials"), "AuthFailure: AWS was not able", "the region is not enabled"},
		{api("OptInRequired", "You are not subscribed"), "OptInRequired: You are not subscribed", "enable the region"},
		{api("RegionDisabledException", ""), "RegionDisabledException", "activate STS"},
		{api("AccountProblem", "There is a problem with your AWS account"), "AccountProblem: There is", "AWS Support"},
		{api("UnauthorizedOperation", "No. Encoded authorization failure message: abc"), "UnauthorizedOperation: No.", "let the role"},
		{api("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist."), "NonExistentQueue: The specified queue", "hub's stack"},
		{asked(&net.DNSError{Err: "no such host", IsNotFound: true}), "nothing of the name sts.eu-wst-1.amazonaws.com", "the region is one of AWS's"},
		{asked(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), "no answer from sts.eu-wst-1.amazonaws.com: dial: connection refused", "HTTPS_PROXY"},
		{
			errors.New("operation error STS: GetCallerIdentity, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata"),
			"there are no AWS credentials: no EC2 IMDS role found", "aws sso login",
		},
	} {
		got := cloud.Classify(row.err)
		if !strings.Contains(got.Error(), row.text) || strings.Contains(got.Error(), "operation error") || strings.Contains(got.Error(), "abc") {
			t.Errorf("%v is said as %q", row.err, got)
		}
		if !strings.Contains(failure.Remedy(got), row.remedy) {
			t.Errorf("%v: %q", got, failure.Remedy(got))
		}
	}
}
