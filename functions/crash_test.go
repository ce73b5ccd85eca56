package functions_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"offpeak/functions/invoke"
	"offpeak/internal/cloud/bucket"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/ledger"
)

// executioner stands before the stand-in, counts what is changed, and kills the function at one of its calls.
type executioner struct {
	*httptest.Server
	mu      sync.Mutex
	calls   int
	fatal   int  // the call at which the function dies; zero: none
	after   bool // it dies after the call was carried out, and never hears of it
	victim  *invoke.Function
	effects map[string]int // by what was stopped or shrunk
}

func newExecutioner(t *testing.T, behind *moto.Server) *executioner {
	t.Helper()
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	e := &executioner{effects: map[string]int{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		e.mu.Lock()
		defer e.mu.Unlock()
		if r.Context().Err() != nil {
			return // who called is dead, and AWS never hears of it
		}
		r = r.WithContext(context.WithoutCancel(r.Context())) // from here on AWS does what it was asked, whatever becomes of who asked
		e.calls++
		dies := e.calls == e.fatal
		if dies && !e.after {
			e.victim.Kill()
			return
		}
		answer := httptest.NewRecorder()
		proxy.ServeHTTP(answer, r)
		if answer.Code < http.StatusMultipleChoices {
			e.note(string(body)) // where nothing came of it, who asked asks again
		}
		if dies {
			e.victim.Kill()
			return
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(e.Close)
	return e
}

// note counts the changes that a call made.
func (e *executioner) note(body string) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return
	}
	switch form.Get("Action") {
	case "StopInstances":
		for key, values := range form {
			if strings.HasPrefix(key, "InstanceId.") {
				e.effects[values[0]]++
			}
		}
	case "UpdateAutoScalingGroup":
		e.effects[form.Get("AutoScalingGroupName")]++
	case "StopDBInstance":
		e.effects[form.Get("DBInstanceIdentifier")]++
	}
}

// arm begins to count calls anew, and sets the fatal one.
func (e *executioner) arm(fatal int, after bool, victim *invoke.Function) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.calls, e.fatal, e.after, e.victim = 0, fatal, after, victim
	clear(e.effects)
}

func (e *executioner) disarm() (calls int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fatal = 0
	return e.calls
}

// herd is twenty resources of three kinds, all of them to be stopped.
type herd struct {
	*stage
	instances, groups, databases []string
	scaling                      *autoscaling.Client
	rds                          *rds.Client
}

var originally = fleet.Size{Min: 2, Max: 6, Desired: 3}

func raise(t *testing.T, s *stage) *herd {
	t.Helper()
	h := &herd{stage: s, scaling: autoscaling.NewFromConfig(s.access.Config(s.spoke)), rds: rds.NewFromConfig(s.access.Config(s.spoke))}
	for range 14 {
		h.instances = append(h.instances, s.launch(t, "stopped"))
	}
	template, err := s.ec2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: aws.String("herd"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String("ami-12c6146b"), InstanceType: ec2types.InstanceTypeM5Large},
	})
	if err != nil {
		t.Fatal(err)
	}
	key, value := aws.String("offpeak:schedule"), aws.String("stopped")
	for i := range 3 {
		name := fmt.Sprintf("group-%d", i)
		_, err := h.scaling.CreateAutoScalingGroup(t.Context(), &autoscaling.CreateAutoScalingGroupInput{
			AutoScalingGroupName: &name, MinSize: aws.Int32(2), MaxSize: aws.Int32(6), DesiredCapacity: aws.Int32(3),
			AvailabilityZones: []string{string(s.spoke.Region) + "a"},
			LaunchTemplate:    &astypes.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplate.LaunchTemplateId},
			Tags:              []astypes.Tag{{ResourceId: &name, ResourceType: aws.String("auto-scaling-group"), Key: key, Value: value, PropagateAtLaunch: aws.Bool(false)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("database-%d", i)
		_, err = h.rds.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
			DBInstanceIdentifier: &id, Engine: aws.String("postgres"), DBInstanceClass: aws.String("db.m6g.large"), AllocatedStorage: aws.Int32(20),
			MasterUsername: aws.String("master"), MasterUserPassword: aws.String("long-enough"), Tags: []rdstypes.Tag{{Key: key, Value: value}},
		})
		if err != nil {
			t.Fatal(err)
		}
		h.groups, h.databases = append(h.groups, name), append(h.databases, id)
	}
	return h
}

// wakeAll lets everything run again, as it was.
func (h *herd) wakeAll(t *testing.T) {
	t.Helper()
	if _, err := h.ec2.StartInstances(t.Context(), &ec2.StartInstancesInput{InstanceIds: h.instances}); err != nil {
		t.Fatal(err)
	}
	for i := range h.groups {
		_, err := h.scaling.UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: &h.groups[i], MinSize: aws.Int32(2), MaxSize: aws.Int32(6), DesiredCapacity: aws.Int32(3),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.rds.StartDBInstance(t.Context(), &rds.StartDBInstanceInput{DBInstanceIdentifier: &h.databases[i]}); err != nil {
			t.Fatal(err)
		}
	}
}

// awake names what still runs.
func (h *herd) awake(t *testing.T) (names []string) {
	t.Helper()
	out, err := h.ec2.DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: h.instances})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out.Reservations {
		for _, i := range r.Instances {
			if i.State.Name != ec2types.InstanceStateNameStopped {
				names = append(names, aws.ToString(i.InstanceId))
			}
		}
	}
	groups, err := h.scaling.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: h.groups})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups.AutoScalingGroups {
		if *g.MaxSize != 0 || *g.DesiredCapacity != 0 {
			names = append(names, aws.ToString(g.AutoScalingGroupName))
		}
	}
	databases, err := h.rds.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range databases.DBInstances {
		if aws.ToString(d.DBInstanceStatus) != "stopped" {
			names = append(names, aws.ToString(d.DBInstanceIdentifier))
		}
	}
	return names
}

// forget deletes what is remembered, and leaves the ledger.
func (h *herd) forget(t *testing.T, store *bucket.Store) {
	t.Helper()
	for _, prefix := range []string{"state/", "memory/"} {
		for key, err := range store.List(t.Context(), prefix) {
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestKilledAtEveryCall kills the worker at each call to AWS of a sweep that stops twenty resources, before AWS hears of it and after, with
// memory kept and with memory lost, and lets it run again: everything is stopped, each thing once, and the sizes stand in the ledger.
func TestKilledAtEveryCall(t *testing.T) {
	t.Parallel()
	h := raise(t, set(t, "210000000004"))
	behind := newRecorder(t, h.env)
	behind.law.beneath = regexp.MustCompile(`^\d+-\d/`)
	guard := newExecutioner(t, &moto.Server{URL: behind.URL})
	program := invoke.Build(t, "offpeak/functions/schedule")
	name := "offpeak-" + string(h.spoke.Account)
	event := events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: "m", Body: fmt.Sprintf(`{"scope":{"account":%q,"region":%q}}`, h.spoke.Account, h.spoke.Region),
	}}}
	begin, died := time.Now(), 0
	step := 3
	if os.Getenv("OFFPEAK_SOAK") == "1" {
		step = 1
	} else {
		t.Log("ONLY A SUBSET: killed at every third call; OFFPEAK_SOAK=1 kills at each")
	}
	for call := 1; ; call += step {
		survived := false
		for variant := range 2 { // of the four, the other two at the next call
			after, lost := variant == 1, (variant+call)%2 == 1
			prefix := fmt.Sprintf("%d-%d/", call, variant)
			h.store = bucket.Open(h.access, name, prefix, moto.Region) // another hub each time, which remembers nothing
			h.push(t, "observe: 0s\n")
			env := append(slices.DeleteFunc(slices.Clone(h.env), func(v string) bool { return strings.HasPrefix(v, "AWS_ENDPOINT_URL=") }),
				"AWS_ENDPOINT_URL="+guard.URL, "OFFPEAK_PREFIX="+prefix, "AWS_ACCESS_KEY_ID=schedule")
			worker := invoke.Start(t, program, env...)
			if f := failures(t, worker.Call(t, event, patience)); len(f) > 0 { // enrols
				t.Fatalf("%v\n%s", f, worker.Logs())
			}
			guard.arm(call, after, worker)
			answer := worker.Call(t, event, patience)
			survived = answer.Failed == ""
			calls := guard.disarm()
			worker.Stop()
			if lost {
				h.forget(t, h.store)
			}
			again := invoke.Start(t, program, env...)
			for range 3 {
				again.Call(t, event, patience)
			}
			again.Stop()
			if !survived {
				died++
			}
			what := fmt.Sprintf("killed at call %d of %d (after it was carried out: %t, memory lost: %t)", call, calls, after, lost)
			h.verify(t, what, guard)
			h.wakeAll(t)
			if t.Failed() {
				t.Fatalf("%s\n%s", again.Logs(), strings.Join(h.entries(t), ", "))
			}
		}
		if survived {
			t.Logf("%d deaths, in %s", died, time.Since(begin).Round(time.Second))
			return
		}
	}
}

// verify checks what came of a sweep that was killed and repeated.
func (h *herd) verify(t *testing.T, what string, guard *executioner) {
	t.Helper()
	if awake := h.awake(t); len(awake) > 0 {
		t.Errorf("%s: %v run", what, awake)
	}
	guard.mu.Lock()
	defer guard.mu.Unlock()
	for _, id := range slices.Concat(h.instances, h.groups, h.databases) {
		if n := guard.effects[id]; n != 1 {
			t.Errorf("%s: %s was stopped %d times", what, id, n)
		}
	}
	intents := map[string]fleet.Size{}
	outcomes := map[string]bool{}
	for e, err := range (ledger.Book{Store: h.store}).Read(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), h.spoke) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case e.State == ledger.Intent && e.From != nil:
			intents[e.ID] = *e.From
		case e.State == ledger.Intent:
			intents[e.ID] = fleet.Size{}
		case e.State == ledger.Applied || e.State == ledger.Verified:
			outcomes[e.ID] = true
		}
	}
	for _, id := range slices.Concat(h.instances, h.groups, h.databases) {
		size, ok := intents[id]
		if !ok || !outcomes[id] {
			t.Errorf("%s: the ledger lacks intent (%t) or outcome (%t) of %s", what, ok, outcomes[id], id)
		}
		if slices.Contains(h.groups, id) && size != originally {
			t.Errorf("%s: the ledger says that %s had %s, it had %s", what, id, size, originally)
		}
	}
}
