package live_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/live"
	"offpeak/internal/optimizer"
	"offpeak/internal/plan"
	"offpeak/internal/policy"
)

const head = "timezone: Asia/Seoul\nenvironments: {dev: {tags: {Environment: [dev]}}}\n"

// load reads a policy whose first lines every test needs.
func load(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Load("offpeak.yaml", []byte(head+text), func(path string) ([]byte, error) { return nil, fmt.Errorf("no %s", path) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// border stands before moto: it keeps the bodies of STS's calls, and lets nobody into some accounts, which moto, where every role can be
// assumed, cannot show.
type border struct {
	*moto.Server
	mu      sync.Mutex
	entries []url.Values
}

func newBorder(t *testing.T, closed ...string) *border {
	t.Helper()
	b := &border{}
	target, err := url.Parse(moto.Start(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // signatures name it
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") == "AssumeRole" {
			b.mu.Lock()
			b.entries = append(b.entries, form)
			b.mu.Unlock()
			for _, account := range closed {
				if strings.Contains(form.Get("RoleArn"), account) {
					w.WriteHeader(http.StatusForbidden)
					fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>`+
						`<Message>User: arn:aws:iam::123456789012:user/x is not authorized to perform: sts:AssumeRole on resource: %s</Message></Error>`+
						`<RequestId>1</RequestId></ErrorResponse>`, form.Get("RoleArn"))
					return
				}
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	b.Server = &moto.Server{URL: front.URL}
	return b
}

// roles are those that were assumed, as often as they were, with their external ids.
func (b *border) roles() (all []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, form := range b.entries {
		all = append(all, strings.TrimSpace(form.Get("RoleArn")+" "+form.Get("ExternalId")))
	}
	slices.Sort(all)
	return all
}

func settings(s *moto.Server) live.Settings {
	o := s.Options()
	o.RoleOf = nil // Open sets it
	return live.Settings{Cloud: o, Region: "ap-northeast-2", Holder: "test"}
}

// open is the hub of a test, without a bucket where none is named.
func open(t *testing.T, s live.Settings) *live.Hub {
	t.Helper()
	reach := live.OpenAccounts
	if s.Bucket != "" {
		reach = live.Open
	}
	h, err := reach(t.Context(), s, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestAFunctionsSettings(t *testing.T) {
	t.Parallel()
	environment := map[string]string{
		"OFFPEAK_BUCKET": "b", "OFFPEAK_PREFIX": "p", "OFFPEAK_QUEUE_URL": "q", "OFFPEAK_TOPIC_ARN": "t", "AWS_REGION": "eu-west-1", "AWS_LAMBDA_LOG_STREAM_NAME": "h",
	}
	got := live.FromEnvironment(func(name string) string { return environment[name] })
	if got.Bucket != "b" || got.Prefix != "p" || got.Queue != "q" || got.Topic != "t" || got.Region != "eu-west-1" || got.Holder != "h" || got.Cloud.Session != "offpeak" {
		t.Errorf("%+v", got)
	}
}

// TestAHubThatCannotBeReached says what to set, or who was refused, before anything else is asked.
func TestAHubThatCannotBeReached(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error></ErrorResponse>`)
	}))
	t.Cleanup(refusing.Close)
	s := settings(&moto.Server{URL: refusing.URL})
	if _, err := live.Open(t.Context(), s, time.Now); err == nil || !strings.Contains(err.Error(), live.BucketVariable) || asked.Load() != 0 {
		t.Errorf("without a bucket: %v after %d calls", err, asked.Load())
	}
	s.Bucket = "b"
	if _, err := live.Open(t.Context(), s, time.Now); failure.Of(err) != failure.Denied || !strings.Contains(err.Error(), "ask AWS who is calling") || asked.Load() != 1 {
		t.Errorf("with expired credentials: %v (%s) after %d calls", err, failure.Of(err), asked.Load())
	}
}

// TestWhatCannotBeLookedIntoIsAFinding: a region that there is not, one that another partition has, a role that is missing.
func TestWhatCannotBeLookedIntoIsAFinding(t *testing.T) {
	t.Parallel()
	b := newBorder(t, "760000000002")
	h := open(t, settings(b.Server))
	p := load(t, `accounts: {list: ["760000000001", "760000000002", "123456789012"], role: offpeak-spoke, external_id: kr-7f3a91}
regions: [ap-northeast-2, ap-northeast-9, us-east-1]
`)
	scopes, findings, err := h.Scopes(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	want := []fleet.Scope{
		{Account: "123456789012", Region: "ap-northeast-2"},
		{Account: "123456789012", Region: "us-east-1"},
		{Account: "760000000001", Region: "ap-northeast-2"},
		{Account: "760000000001", Region: "us-east-1"},
	}
	if !slices.Equal(scopes, want) {
		t.Errorf("scopes %v, want %v", scopes, want)
	}
	missing, unknown := 0, 0
	for _, f := range findings {
		switch {
		case f.Account == "760000000002" && f.Class == failure.Denied && strings.Contains(f.Text, "offpeak-spoke") && f.Remedy != "":
			missing++
		case f.Region == "ap-northeast-9" && strings.Contains(f.Text, "ap-northeast-9") && f.Remedy != "":
			unknown++
		default:
			t.Errorf("unexpected: %+v", f)
		}
	}
	if missing != 1 || unknown == 0 {
		t.Errorf("findings: %+v", findings)
	}
	entered := []string{"arn:aws:iam::760000000001:role/offpeak-spoke kr-7f3a91", "arn:aws:iam::760000000002:role/offpeak-spoke kr-7f3a91"}
	if got := slices.Compact(b.roles()); !slices.Equal(got, entered) {
		t.Errorf("entered by %v, want %v: one's own account needs no role", got, entered)
	}
}

// TestAHubStaysOpenUnderAnotherPolicy: the same access, with the same credentials, looks for other tags; an account that comes later is entered by
// the role of the policy that names it.
func TestAHubStaysOpenUnderAnotherPolicy(t *testing.T) {
	t.Parallel()
	b := newBorder(t)
	h := open(t, settings(b.Server))
	first := fleet.Scope{Account: "760000000003", Region: "ap-northeast-2"}
	outside := fleet.Scope{Account: "760000000004", Region: "ap-northeast-2"}
	tag := func(key string) fleet.Tags { return fleet.NewTags(fleet.Tag{Key: key, Value: "office"}) }
	account := b.Account(t, first)
	old, custodian := account.Launch(1, tag("Zeitplan"))[0], account.Launch(1, tag("MAID_OffHours"))[0]
	there := b.Account(t, outside).Launch(1, tag("offpeak:schedule"))[0]
	b.mu.Lock()
	b.entries = nil
	b.mu.Unlock()

	seen := func(p *policy.Policy, scope fleet.Scope) (ids []string, hands hub.Hands) {
		t.Helper()
		hands, err := h.Under(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := hands.Inventory.(optimizer.Witness); !ok {
			t.Error("nobody can be asked since when groups are as they are")
		}
		s, err := hands.Inventory.Snapshot(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s.Resources {
			ids = append(ids, r.ID)
			if want := p.Prices.Of(&r); !want.Known || r.Price != want {
				t.Errorf("%s (%s %s %s) costs %v, want %v", r.ID, r.Type, r.Product, r.Lifecycle, r.Price, want)
			}
		}
		return ids, hands
	}
	one := load(t, priced+"tags: {schedule: [Zeitplan]}\naccounts: {list: [\"760000000003\"], role: offpeak-spoke}\n")
	two := load(t, priced+`tags: {custodian: {key: maid_offhours, default_tz: kst, offhour: 19, onhour: 8}}
accounts:
  list: ["760000000003"]
  role: another
  outside: [{account: "760000000004", role: "arn:aws:iam::760000000004:role/theirs", external_id: "x/1"}]
`)
	if got, _ := seen(one, first); !slices.Equal(got, []string{old}) {
		t.Errorf("under the first policy: %v, want %v", got, old)
	}
	if got, _ := seen(two, first); !slices.Equal(got, []string{custodian}) {
		t.Errorf("under the second policy: %v, want %v, by a key in any case", got, custodian)
	}
	got, hands := seen(two, outside)
	if !slices.Equal(got, []string{there}) {
		t.Errorf("outside: %v, want %v", got, there)
	}
	want := []string{"arn:aws:iam::760000000003:role/offpeak-spoke", "arn:aws:iam::760000000004:role/theirs x/1"}
	if roles := b.roles(); !slices.Equal(roles, want) {
		t.Errorf("entered by %v, want each of %v once", roles, want)
	}
	// The hands act where they look, and heed the policy's own keys.
	stop := func(scope fleet.Scope, id string) error {
		return hands.Actuator.Act(t.Context(), []plan.Action{{ID: id, Subject: plan.Subject{ID: id, Kind: fleet.EC2Instance, Scope: scope}, Change: plan.Stop{}}})[0]
	}
	if err := stop(outside, there); err != nil {
		t.Error(err)
	}
	if err := stop(first, old); failure.Of(err) != failure.InvalidState {
		t.Errorf("what the second policy does not opt in: %v (%s)", err, failure.Of(err))
	}
}

const priced = "prices: [{region: ap-northeast-2, type: m5.large, product: Linux/UNIX, usd_per_hour: \"0.118\"}]\n"

func TestAPolicyWithoutATagActsOnNothing(t *testing.T) {
	t.Parallel()
	h := open(t, settings(moto.Start(t)))
	if _, err := h.Under(&policy.Policy{}); err == nil || !strings.Contains(err.Error(), "no tag that opts in") {
		t.Errorf("%v", err)
	}
}

// TestTheHubKeepsItsThingsWhereItIsTold: beneath the prefix, in the hub's own account, and everything that is built reads there.
func TestTheHubKeepsItsThingsWhereItIsTold(t *testing.T) {
	t.Parallel()
	s := settings(moto.Start(t))
	s.Bucket, s.Prefix = "offpeak-live-test", "teams/pay"
	access, err := cloud.Open(t.Context(), moto.Start(t).Options())
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(access.Config(fleet.Scope{}))
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &s.Bucket}); err != nil {
		t.Fatal(err)
	}
	h := open(t, s)
	if h.Own() != moto.Home {
		t.Errorf("it calls as %s", h.Own())
	}
	if _, err := h.Worker().Look(t.Context(), hub.Wake{Scope: fleet.Scope{Account: "760000000005", Region: "us-east-1"}}); err == nil || !strings.Contains(err.Error(), "policy push") {
		t.Errorf("without a policy the worker says %v", err)
	}
	bundle, _, err := hub.NewBundle("offpeak.yaml", []byte(head+"accounts: {list: [\"760000000005\"]}\n"), nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Policies.Push(t.Context(), bundle); err != nil {
		t.Fatal(err)
	}
	out, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &s.Bucket})
	if err != nil || len(out.Contents) != 1 || aws.ToString(out.Contents[0].Key) != "teams/pay/"+hub.CurrentPolicy {
		t.Errorf("%v %v", out.Contents, err)
	}
	again := open(t, s)
	if held, err := again.Policies.Current(t.Context()); err != nil || held.Text != bundle.Text {
		t.Errorf("a new process reads %+v, %v", held, err)
	}
}

// TestProtectedAccountsAreEnteredToLookAlone: an account that only protected environments name has no role that acts.
func TestProtectedAccountsAreEnteredToLookAlone(t *testing.T) {
	t.Parallel()
	p, err := policy.Load("offpeak.yaml", []byte(`timezone: Asia/Seoul
environments:
  dev: {accounts: ["210000000081", "210000000083"]}
  prod: {accounts: ["210000000082"], protected: true}
  dr: {accounts: ["210000000083"], tags: {Environment: [dr]}, protected: true}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	plan := open(t, settings(moto.Start(t))).Enter(p)
	for id, want := range map[fleet.AccountID]string{
		"210000000081": "offpeak-schedule", "210000000082": "offpeak-read", "210000000083": "offpeak-schedule", "210000000084": "offpeak-schedule",
	} {
		if role, _ := plan.RoleOf(id); !strings.HasSuffix(role.ARN, ":role/"+want) {
			t.Errorf("%s is entered by %s, want %s", id, role.ARN, want)
		}
	}
}
