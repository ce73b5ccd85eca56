package functions_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"offpeak/functions/invoke"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

// clerk stands before the stand-in and counts the calls that are made: ec2:StopInstances, s3:GET.
type clerk struct {
	*httptest.Server
	// instead, if set, may answer in the stand-in's place: with what is not empty.
	instead func(call string, form url.Values) string
	// knows, if set, are answers by what was asked: the same question is answered at once by the same answer.
	knows map[string]*httptest.ResponseRecorder

	mu    sync.Mutex
	calls map[string]int
}

func newClerk(t testing.TB, behind *moto.Server) *clerk {
	t.Helper()
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := &clerk{calls: map[string]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host // signatures name it
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }, // who asked is gone
	}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		call := nameOf(r, body)
		c.mu.Lock()
		c.calls[call]++
		c.mu.Unlock()
		if form, err := url.ParseQuery(string(body)); c.instead != nil && err == nil {
			if text := c.instead(call, form); text != "" {
				w.Header().Set("Content-Type", "text/xml")
				_, _ = io.WriteString(w, text)
				return
			}
		}
		if c.knows != nil {
			c.again(w, r, call+" "+r.URL.String()+" "+string(body), proxy)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// again answers what was asked before without asking the stand-in.
func (c *clerk) again(w http.ResponseWriter, r *http.Request, question string, ask http.Handler) {
	c.mu.Lock()
	answer := c.knows[question]
	c.mu.Unlock()
	if answer == nil {
		answer = httptest.NewRecorder()
		ask.ServeHTTP(answer, r)
		c.mu.Lock()
		c.knows[question] = answer
		c.mu.Unlock()
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// nameOf tells a call by its signature's service, and by what each of AWS's protocols names it by.
func nameOf(r *http.Request, body []byte) string {
	service, operation := "unsigned", r.Method
	if parts := strings.Split(r.Header.Get("Authorization"), "/"); len(parts) > 3 {
		service = parts[3]
	}
	if form, err := url.ParseQuery(string(body)); err == nil && form.Get("Action") != "" {
		operation = form.Get("Action")
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		operation = target[strings.LastIndex(target, ".")+1:]
	}
	return service + ":" + operation
}

// since returns what was called since the last time, and begins anew.
func (c *clerk) since() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = map[string]int{}
	return calls
}

// launchIn runs instances that are to be stopped, each by a call of its own: the stand-in pages by calls.
func (s *stage) launchIn(t testing.TB, scope fleet.Scope, count int) {
	t.Helper()
	client := ec2.NewFromConfig(s.access.Config(scope))
	for range count {
		_, err := client.RunInstances(t.Context(), &ec2.RunInstancesInput{
			ImageId: aws.String("ami-12c6146b"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: ec2types.InstanceTypeM5Large,
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeInstance, Tags: []ec2types.Tag{
				{Key: aws.String("offpeak:schedule"), Value: aws.String("stopped")},
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// rounds are what sweeps of the same instances find one after the other.
var rounds = []string{"enrols", "stops", "verifies", "idles"}

// round is what one sweep of every scope took.
type round struct {
	calls map[string]int
	took  time.Duration
}

// sweep lets the built function look after all scopes in each round, one a call as it is deployed.
func (s *stage) sweep(t testing.TB, scopes []fleet.Scope) (made map[string]round, memory int) {
	t.Helper()
	c := newClerk(t, s.server)
	env := slices.Clone(s.env)
	env[len(env)-1] = "AWS_ENDPOINT_URL=" + c.URL
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), env...)
	schedule.WaitReady(t, patience)
	made = map[string]round{}
	c.since()
	for _, name := range rounds {
		begun := time.Now()
		for _, scope := range scopes {
			body := fmt.Sprintf(`{"scope":{"account":%q,"region":%q},"reason":"due"}`, scope.Account, scope.Region)
			wake := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: body}}}
			if f := failures(t, schedule.Call(t, wake, 10*time.Minute)); len(f) != 0 {
				t.Fatalf("%s: %v\n%s", name, f, schedule.Logs())
			}
		}
		made[name] = round{c.since(), time.Since(begun)}
	}
	return made, schedule.Memory(t)
}

// asked is what a sweep of scopes with so many instances each may call but for S3: the pages of what there is, and where something is to be done a look
// and a call for each fifty.
func asked(scopes, each int, acts bool) map[string]int {
	pages, batches := (each+999)/1000, 0
	if acts {
		batches = (each + 49) / 50
	}
	calls := map[string]int{
		"ec2:DescribeInstances": scopes * (pages + batches), "ec2:StopInstances": scopes * batches,
		"autoscaling:DescribeAutoScalingGroups": scopes, "rds:DescribeDBInstances": scopes, "rds:DescribeDBClusters": scopes, "tagging:GetResources": scopes,
	}
	maps.DeleteFunc(calls, func(_ string, n int) bool { return n == 0 })
	return calls
}

// besides are calls that are not about resources: those to the hub's own bucket.
func besides(calls map[string]int) (reads, writes int, others map[string]int) {
	others = map[string]int{}
	for name, n := range calls {
		switch {
		case name == "s3:GET":
			reads += n
		case strings.HasPrefix(name, "s3:"):
			writes += n
		default:
			others[name] = n
		}
	}
	return reads, writes, others
}

// spread is a hub with so many accounts, two regions each where there are several scopes, and the same number of instances in each.
func spread(t testing.TB, first, scopes, each int) (*stage, []fleet.Scope) {
	t.Helper()
	s := set(t, fleet.AccountID(fmt.Sprintf("2200000%05d", first)))
	all := []fleet.Scope{s.spoke}
	for i := 1; i < scopes; i++ {
		account := fleet.AccountID(fmt.Sprintf("2200000%05d", first+i/2))
		all = append(all, fleet.Scope{Account: account, Region: [...]fleet.Region{"ap-northeast-2", "eu-west-1"}[i%2]})
	}
	accounts := map[string]bool{}
	for _, scope := range all {
		accounts[fmt.Sprintf("%q", scope.Account)] = true
		s.launchIn(t, scope, each)
	}
	listed := strings.Join(slices.Sorted(maps.Keys(accounts)), ", ")
	text := fmt.Sprintf("timezone: Asia/Seoul\nenvironments: {dev: {accounts: [%s]}}\naccounts: {list: [%s], external_id: %s}\nregions: [ap-northeast-2, eu-west-1]\nobserve: 0s\n",
		listed, listed, externalID)
	pushText(t, s, text)
	return s, all
}

// TestCallsOfASweep holds what the built function calls against what a sweep may call. Only S3 is counted and not held: those are the hub's own.
func TestCallsOfASweep(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ first, scopes, each int }{{0, 1, 60}, {100, 4, 10}} {
		s, scopes := spread(t, row.first, row.scopes, row.each)
		made, memory := s.sweep(t, scopes)
		check(t, scopes, row.each, made)
		t.Logf("%d scopes of %d: %d MB", row.scopes, row.each, memory>>20)
	}
}

// batches are those in which so many acts are written down.
func batches(acts int) int { return (acts + 49) / 50 }

// check prints what sweeps took, and holds their calls against what they may be. The first one looks for an older ledger and for prices, too.
func check(t testing.TB, scopes []fleet.Scope, each int, made map[string]round) {
	t.Helper()
	for _, name := range rounds {
		reads, writes, others := besides(made[name].calls)
		total := 0
		for _, n := range others {
			total += n
		}
		t.Logf("%d x %d %s in %s: %d calls about resources %v; S3: %d reads, %d writes", len(scopes), each, name, made[name].took.Round(time.Millisecond),
			total, others, reads, writes)
		if diff := cmp.Diff(asked(len(scopes), each, name == "stops"), others); diff != "" && name != "enrols" {
			t.Errorf("%s: %s", name, diff)
		}
		// What the page of costs counts with: an act is a lease, intent, outcome, memory, wake and state, and its verification one less. Deletions are free.
		// A scope that is due at the same second as before has its wake already.
		most := (6 + 2*(batches(each)-1)) * len(scopes)
		if paid := made[name].calls["s3:PUT"]; name == "stops" && (paid > most || paid < most-len(scopes)) || name == "verifies" && paid > 5*len(scopes) {
			t.Errorf("%s: %d writes that are paid for", name, paid)
		}
		if name == "idles" && (writes != 0 || reads > 3*len(scopes)) {
			t.Errorf("%d writes and %d reads where nothing was to be done", writes, reads)
		}
	}
}

// BenchmarkSweepOf2000 lets the built function look after 2,000 instances, in one scope and in forty. The time is the stand-in's more than the
// function's; a thousand of the stops in one scope wait for fifty seconds, as the quota wants it.
func BenchmarkSweepOf2000(b *testing.B) {
	for i, count := range []int{1, 40} {
		b.Run(fmt.Sprintf("scopes=%d", count), func(b *testing.B) {
			for b.Loop() {
				each := 2000 / count
				s, scopes := spread(b, 1000*(i+1), count, each)
				made, memory := s.sweep(b, scopes)
				check(b, scopes, each, made)
				for _, name := range rounds {
					b.ReportMetric(made[name].took.Seconds(), "s-"+name)
				}
				b.ReportMetric(float64(memory)/(1<<20), "process-MB")
			}
		})
	}
}

func pushText(t testing.TB, s *stage, text string) {
	t.Helper()
	b, _, err := hub.NewBundle("offpeak.yaml", []byte(text), nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&hub.Policies{Store: s.store}).Push(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}
