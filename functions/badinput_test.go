package functions_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/functions/invoke"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

// pushFor makes a policy of several accounts and regions the current one.
func (s *stage) pushFor(t *testing.T, accounts, regions string) {
	t.Helper()
	text := fmt.Sprintf("timezone: Asia/Seoul\nobserve: 0s\nenvironments: {dev: {accounts: [%s]}}\naccounts: {list: [%s], external_id: %s}\nregions: [%s]\n", accounts, accounts, externalID, regions)
	b, _, err := hub.NewBundle("offpeak.yaml", []byte(text), func(string) ([]byte, error) { return nil, os.ErrNotExist }, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&hub.Policies{Store: s.store}).Push(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// overwrite puts something else into the place of an object.
func (s *stage) overwrite(t *testing.T, key, text string) {
	t.Helper()
	if err := s.store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if text == "" {
		return
	}
	if _, err := s.store.Create(t.Context(), key, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// TestAScopeThatCannotBeLookedAt is told with its class and a remedy, is not delivered again and again, and the other scope of the same batch is
// looked after.
func TestAScopeThatCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	const newer = `{"format":"offpeak-state/9","fence":7}`
	for i, row := range []struct {
		name   string
		state  string       // what stands in the place of its state
		region fleet.Region // where it is looked at
		ill    func(fleet.AccountID) answered
		class  string
		says   string
		remedy string
	}{
		{name: "denied role", ill: func(a fleet.AccountID) answered {
			return refusesEntry(a, "AccessDenied", "User: arn:aws:iam::123456789012:user/x is not authorized to perform: sts:AssumeRole")
		}, class: "denied", says: "not authorized to perform: sts:AssumeRole", remedy: "deploy offpeak's role in the account"},
		{name: "a role that may not list", ill: func(a fleet.AccountID) answered {
			return refusesEC2(a, "", "UnauthorizedOperation", "You are not authorized to perform this operation.")
		}, class: "denied", says: "UnauthorizedOperation: You are not authorized", remedy: "deploy offpeak's role in the account"},
		{name: "expired credentials", ill: func(a fleet.AccountID) answered {
			return refusesEntry(a, "ExpiredToken", "The security token included in the request is expired")
		}, class: "denied", says: "ExpiredToken: The security token", remedy: "the credentials have run out"},
		{name: "an opt-in region that is not enabled", region: "ap-east-1", ill: func(a fleet.AccountID) answered {
			return refusesEC2(a, "ap-east-1", "AuthFailure", "AWS was not able to validate the provided access credentials")
		}, class: "denied", says: "AuthFailure: AWS was not able to validate", remedy: "the region is not enabled in it: enable it"},
		{name: "a disabled region", region: "eu-south-2", ill: func(a fleet.AccountID) answered {
			return refusesEC2(a, "eu-south-2", "OptInRequired", "You are not subscribed to this service.")
		}, class: "denied", says: "OptInRequired", remedy: "enable the region in the account"},
		{name: "a region without STS", ill: func(a fleet.AccountID) answered {
			return refusesEntry(a, "RegionDisabledException", "STS is not activated in this region for account:"+string(a))
		}, class: "denied", says: "STS is not activated", remedy: "activate STS for the region"},
		{name: "account suspended", ill: func(a fleet.AccountID) answered {
			return refusesEC2(a, "", "Blocked", "Your account is currently blocked. Contact aws-verification@amazon.com if you have questions.")
		}, class: "denied", says: "Your account is currently blocked", remedy: "ask AWS Support"},
		{name: "a state written by a newer version", state: newer, class: "unreadable", says: "offpeak-state/9", remedy: "use the version of offpeak that wrote it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			well, sick := fleet.AccountID(fmt.Sprintf("2200000000%02d", i)), fleet.AccountID(fmt.Sprintf("2210000000%02d", i))
			s, x := troubled(t, well)
			region := s.spoke.Region
			if row.region != "" {
				region = row.region
			}
			s.pushFor(t, fmt.Sprintf("%q, %q", well, sick), "ap-northeast-2, "+string(region))
			id := s.launch(t, "stopped")
			if row.state != "" {
				s.overwrite(t, fmt.Sprintf("state/%s/%s.json", sick, region), row.state)
			}
			if row.ill != nil {
				x.begins(row.ill(sick))
			}
			schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
			wakes := batch(fleet.Scope{Account: sick, Region: region}, s.spoke)
			for range 2 { // the first sweep enrols, the second stops
				if f := failures(t, schedule.Call(t, wakes, patience)); len(f) != 0 {
					t.Fatalf("delivered again: %v\n%s", f, schedule.Logs())
				}
			}
			if state := s.state(t, id); state != ec2types.InstanceStateNameStopped {
				t.Errorf("the other scope did not go on: %s\n%s", state, schedule.Logs())
			}
			line := lineOf(schedule, "cannot be looked at")
			for _, want := range []string{`"class":"` + row.class + `"`, row.says, string(sick), `"remedy":"`} {
				if !strings.Contains(line, want) {
					t.Errorf("%s is missing in\n%s", want, line)
				}
			}
			if !x.said(row.remedy) || !x.said(row.says) {
				t.Errorf("people were not told %q and %q:\n%s", row.says, row.remedy, strings.Join(x.told, "\n"))
			}
			if row.state != "" {
				if data, _, err := s.store.Read(t.Context(), fmt.Sprintf("state/%s/%s.json", sick, region)); err != nil || string(data) != row.state {
					t.Errorf("what a newer version wrote was changed: %s, %v", data, err)
				}
			}
		})
	}
}

// lineOf waits for a line of a function's log: what it writes arrives a moment after its answer.
func lineOf(f *invoke.Function, text string) string {
	f.Logged(text, 1)
	for line := range strings.Lines(f.Logs()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}

// TestADispatchWithTrouble: an account or region that cannot be entered is a finding with class and remedy, told to people, and the others are woken.
func TestADispatchWithTrouble(t *testing.T) {
	t.Parallel()
	for i, row := range []struct {
		name    string
		regions string
		ill     func(fleet.AccountID) answered
		sent    int
		wants   []string
		told    string
	}{
		{
			"denied role", "ap-northeast-2", func(a fleet.AccountID) answered {
				return refusesEntry(a, "AccessDenied", "not authorized to perform: sts:AssumeRole")
			}, 1, []string{`"class":"denied"`, "cannot be entered by arn:aws:iam::", `"remedy":"Deploy offpeak's roles`}, "Deploy offpeak's roles",
		},
		{
			"unknown region", "ap-northeast-2, ap-notheast-2", nil, 2,
			[]string{`AWS has no region \"ap-notheast-2\"`, "Did you mean ap-northeast-2?", `"class":"other"`},
			"Did you mean ap-northeast-2?",
		},
		{
			"disabled region, and an opt-in region that is not enabled", "ap-northeast-2, ap-east-1, eu-south-2", func(a fleet.AccountID) answered {
				return func(c call) (int, string) {
					if c.account != a || c.path != "/listRegions" {
						return 0, ""
					}
					return http.StatusOK, `{"Regions":[{"RegionName":"ap-northeast-2","RegionOptStatus":"ENABLED_BY_DEFAULT"},` +
						`{"RegionName":"ap-east-1","RegionOptStatus":"DISABLED"},{"RegionName":"eu-south-2","RegionOptStatus":"DISABLING"}]}`
				}
			}, -1,
			[]string{`"class":"denied"`, "Region ap-east-1 of account", "is not looked into: it is disabled there", "it is disabling there", `"remedy":"Enable the region in the account`},
			"Enable the region in the account",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			well, sick := fleet.AccountID(fmt.Sprintf("2300000000%02d", i)), fleet.AccountID(fmt.Sprintf("2310000000%02d", i))
			s, x := troubled(t, well)
			s.pushFor(t, fmt.Sprintf("%q, %q", well, sick), row.regions)
			if row.ill != nil {
				x.begins(row.ill(sick))
			}
			dispatch := start(t, invoke.Build(t, "offpeak/functions/dispatch"), s.env...)
			n := sent(t, dispatch.Call(t, tick(time.Now()), patience))
			if row.sent >= 0 && n != row.sent {
				t.Errorf("%d wakes, want %d\n%s", n, row.sent, dispatch.Logs())
			}
			var woken []string
			for _, m := range s.receive(t).Records {
				woken = append(woken, m.Body)
			}
			if !slices.ContainsFunc(woken, func(body string) bool {
				return strings.Contains(body, string(well)) && strings.Contains(body, "ap-northeast-2")
			}) {
				t.Errorf("the account that is well is not woken: %v\n%s", woken, dispatch.Logs())
			}
			for _, want := range row.wants {
				if !dispatch.Logged(want, 1) {
					t.Errorf("%s is missing in\n%s", want, dispatch.Logs())
				}
			}
			if !x.said(row.told) {
				t.Errorf("people were not told %q: %v", row.told, x.told)
			}
		})
	}
}

// TestAPolicyThatIsBrokenOrGone: the one before stays in force, in processes that knew it and in new ones, and people are told.
func TestAPolicyThatIsBrokenOrGone(t *testing.T) {
	t.Parallel()
	for i, row := range []struct{ name, object, says string }{
		{"no JSON", "{", "is none that"},
		{"no policy", `{"format":"offpeak-policy/1","name":"offpeak.yaml","text":"timezone: Asia/Seul\n","pushed":"2026-11-20T00:00:00Z"}`, "Asia/Seul"},
		{"of a newer version", `{"format":"offpeak-policy/9"}`, "offpeak-policy/9"},
		{"gone", "", "the policy was deleted"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, x := troubled(t, fleet.AccountID(fmt.Sprintf("2400000000%02d", i)))
			s.push(t, "observe: 0s\n")
			id := s.launch(t, "stopped")
			dispatch := start(t, invoke.Build(t, "offpeak/functions/dispatch"), s.env...)
			schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
			if n := sent(t, dispatch.Call(t, tick(time.Now()), patience)); n != 1 {
				t.Fatalf("%d sent\n%s", n, dispatch.Logs())
			}
			if f := failures(t, schedule.Call(t, s.receive(t), patience)); len(f) != 0 {
				t.Fatal(f)
			}
			s.overwrite(t, hub.CurrentPolicy, row.object)
			late := start(t, invoke.Build(t, "offpeak/functions/dispatch"), s.env...)
			for _, d := range []*invoke.Function{dispatch, late} {
				if n := sent(t, d.Call(t, tick(time.Now().Truncate(time.Hour)), patience)); n != 1 {
					t.Errorf("the hourly look does not go on: %d\n%s", n, d.Logs())
				}
				if line := lineOf(d, "an older policy is in force"); !strings.Contains(line, row.says) {
					t.Errorf("%q is missing in %s", row.says, d.Logs())
				}
			}
			if !x.said("mend the policy") {
				t.Errorf("people were not told: %v", x.told)
			}
			if f := failures(t, schedule.Call(t, batch(s.spoke), patience)); len(f) != 0 || s.state(t, id) != ec2types.InstanceStateNameStopped {
				t.Errorf("the worker does not go on: %v, %s\n%s", f, s.state(t, id), schedule.Logs())
			}
			if line := lineOf(schedule, "an older policy is in force"); !strings.Contains(line, row.says) {
				t.Errorf("%q is missing in %s", row.says, schedule.Logs())
			}
		})
	}
}

// TestAMissingQueue is said with class and remedy, and who is due is woken as soon as there is one.
func TestAMissingQueue(t *testing.T) {
	t.Parallel()
	s, _ := troubled(t, "250000000001")
	s.push(t, "observe: 0s\n")
	missing := append(slices.Clone(s.env), "OFFPEAK_QUEUE_URL="+s.queue+"-that-is-not-there")
	dispatch := start(t, invoke.Build(t, "offpeak/functions/dispatch"), missing...)
	answer := dispatch.Call(t, tick(time.Now()), patience)
	if !strings.Contains(answer.Failed, "that-is-not-there") || !strings.Contains(answer.Failed, "queue does not exist") {
		t.Errorf("%+v", answer)
	}
	line := lineOf(dispatch, "tick failed")
	for _, want := range []string{`"class":"gone"`, `"remedy":"deploy the hub's stack`, "send 1 wakes to"} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is missing in\n%s", want, dispatch.Logs())
		}
	}
	mended := start(t, invoke.Build(t, "offpeak/functions/dispatch"), s.env...)
	if n := sent(t, mended.Call(t, tick(time.Now()), patience)); n != 1 {
		t.Errorf("%d wakes after it was mended\n%s", n, mended.Logs())
	}
}

// TestWhatChangesBetweenPlanAndAct: as the intents are written, one resource is deleted, and of another the tag is taken away. Both are looked at
// again just before they are touched, and left; the third is stopped. What lost its tag is then known to be there and not opted in.
func TestWhatChangesBetweenPlanAndAct(t *testing.T) {
	t.Parallel()
	s, x := troubled(t, "250000000002")
	s.push(t, "observe: 0s\n")
	gone, untagged, stopped := s.launch(t, "stopped"), s.launch(t, "stopped"), s.launch(t, "stopped")
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	if f := failures(t, schedule.Call(t, batch(s.spoke), patience)); len(f) != 0 {
		t.Fatalf("%v\n%s", f, schedule.Logs())
	}
	var once sync.Once
	x.begins(func(c call) (int, string) {
		if c.method == http.MethodPut && strings.Contains(c.path, "intent") {
			once.Do(func() {
				_, err := s.ec2.TerminateInstances(t.Context(), &ec2.TerminateInstancesInput{InstanceIds: []string{gone}})
				_, untag := s.ec2.DeleteTags(t.Context(), &ec2.DeleteTagsInput{Resources: []string{untagged}, Tags: []ec2types.Tag{{Key: aws.String("offpeak:schedule")}}})
				if err != nil || untag != nil {
					t.Error(err, untag)
				}
			})
		}
		return 0, ""
	})
	for range 2 {
		if f := failures(t, schedule.Call(t, batch(s.spoke), patience)); len(f) != 0 {
			t.Fatalf("%v\n%s", f, schedule.Logs())
		}
	}
	for id, want := range map[string]ec2types.InstanceStateName{
		gone: ec2types.InstanceStateNameTerminated, untagged: ec2types.InstanceStateNameRunning, stopped: ec2types.InstanceStateNameStopped,
	} {
		if got := s.state(t, id); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
	if !schedule.Logged("do not opt it in any more", 1) || !schedule.Logged(`"class":"gone"`, 1) || !schedule.Logged(`"class":"invalid-state"`, 1) {
		t.Errorf("%s", schedule.Logs())
	}
	words := s.entries(t)
	for word, want := range map[string]int{"intent stop": 3, "applied stop": 1, "failed stop": 2, "released": 1, "verified": 1} {
		if n := count(words, word); n != want {
			t.Errorf("%d of %q, want %d: %v", n, word, want, words)
		}
	}
}

func count(words []string, word string) (n int) {
	for _, w := range words {
		if w == word {
			n++
		}
	}
	return n
}
