package actuator_test

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

const ec2Kind = fleet.EC2Instance

// What EC2 said is recorded: the wording of hibernation and one-time Spot from issues and transcripts of users, the rest from the API reference.
func TestWhatEC2RefusesIsSortedAndToldInItsWords(t *testing.T) {
	const id = "i-00000000000000001"
	for _, row := range []struct {
		name   string
		change plan.Change
		status int
		code   string
		says   string
		class  failure.Class
		calls  int // attempts of the change
	}{
		{"stop protection", plan.Stop{}, 400, "OperationNotPermitted", "The instance 'i-00000000000000001' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", failure.Protected, 1},
		{"a denied role", plan.Stop{}, 403, "UnauthorizedOperation", "You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/offpeak/offpeak is not authorized to perform: ec2:StopInstances on resource: arn:aws:ec2:ap-northeast-2:111122223333:instance/i-00000000000000001 with an explicit deny in a service control policy.", failure.Denied, 1},
		{"gone since the look", plan.Stop{}, 400, "InvalidInstanceID.NotFound", "The instance ID 'i-00000000000000001' does not exist", failure.Gone, 1},
		{"one-time Spot", plan.Stop{}, 400, "UnsupportedOperation", "You can't stop the Spot Instance 'i-00000000000000001' because it is associated with a one-time Spot Instance request. You can only stop Spot Instances associated with persistent Spot Instance requests.", failure.InvalidState, 1},
		{"moto hibernates what was not launched for it", plan.Hibernate{}, 400, "UnsupportedHibernationConfiguration", "The instance can't be hibernated because it was not configured at launch for hibernation: i-00000000000000001", failure.InvalidState, 1},
		{"hibernation agent not ready", plan.Hibernate{}, 400, "UnsupportedOperation", "Instance is not ready to hibernate yet, retry in a few minutes", failure.InTransition, 1},
		{"moto starts what is terminated", plan.Start{}, 400, "IncorrectInstanceState", "The instance 'i-00000000000000001' is not in a state from which it can be started.", failure.InTransition, 1},
		{"moto has capacity without end", plan.Start{}, 500, "InsufficientInstanceCapacity", "We currently do not have sufficient m5.large capacity in the Availability Zone you requested (ap-northeast-2a).", failure.Capacity, 1},
		{"vCPU quota", plan.Start{}, 400, "VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to.", failure.Quota, 1},
		{"throttled", plan.Start{}, 503, "RequestLimitExceeded", "Request limit exceeded.", failure.Throttled, 3},
		{"credentials ran out", plan.Stop{}, 400, "ExpiredToken", "The security token included in the request is expired", failure.Denied, 1},
		{"EC2 is down", plan.Stop{}, 500, "InternalError", "An internal error has occurred", failure.Unreachable, 3},
	} {
		t.Run(row.name, func(t *testing.T) {
			state := "running"
			if !plan.SwitchesOff(row.change) {
				state = "stopped"
			}
			m := newMachines(state, id)
			m.refuse = func(*box, string, url.Values) answer { return ec2Error(row.status, row.code, row.says) }
			err := newActuator(open(t, m)).Act(t.Context(), actionsOn(ec2Kind, seoul, row.change, id))[0]
			if got := failure.Of(err); got != row.class {
				t.Errorf("class %q, want %q", got, row.class)
			}
			if want := row.change.Verb() + " " + id + ": " + row.code + ": " + row.says; err == nil || err.Error() != want {
				t.Errorf("said\n%v\nwant\n%s", err, want)
			}
			if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != row.code {
				t.Error("the SDK's error is lost")
			}
			if got := len(m.calls) - 1; got != row.calls {
				t.Errorf("%d attempts, want %d", got, row.calls)
			}
		})
	}
}

func TestWhatOnlySTSCanReadIsLeftOut(t *testing.T) {
	m := newMachines("running", "i-1")
	m.refuse = func(*box, string, url.Values) answer {
		return ec2Error(403, "UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q0m6XSnuUMCm")
	}
	err := newActuator(open(t, m)).Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Stop{}, "i-1"))[0]
	if got, want := fmt.Sprint(err), "stop i-1: UnauthorizedOperation: You are not authorized to perform this operation."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An instance is looked at before it is touched.
func TestInstancesAreLookedAtFirst(t *testing.T) {
	office := map[string]string{"offpeak:schedule": "office"}
	for _, row := range []struct {
		state  string
		tags   map[string]string
		change plan.Change
		called bool
		class  failure.Class
		says   string
	}{
		{"running", office, plan.Stop{}, true, "", ""},
		{"running", office, plan.Hibernate{}, true, "", ""},
		{"stopped", office, plan.Start{}, true, "", ""},
		{"stopped", office, plan.Stop{}, false, "", ""},
		{"stopping", office, plan.Stop{}, false, "", ""},
		{"running", office, plan.Start{}, false, "", ""},
		{"pending", office, plan.Start{}, false, "", ""},
		{"pending", office, plan.Stop{}, false, failure.InTransition, "it is pending"},
		{"stopping", office, plan.Start{}, false, failure.InTransition, "it is stopping"},
		{"shutting-down", office, plan.Stop{}, false, failure.Gone, "no such instance"},
		{"terminated", office, plan.Start{}, false, failure.Gone, "no such instance"},
		{"", office, plan.Stop{}, false, failure.Gone, "no such instance"}, // not described at all
		{"running", nil, plan.Stop{}, false, failure.InvalidState, "do not opt it in any more"},
		{"running", map[string]string{"Offpeak:Schedule": "office"}, plan.Stop{}, false, failure.InvalidState, "do not opt it in any more"},
		{"running", map[string]string{"offpeak:schedule": "ignore"}, plan.Stop{}, false, failure.InvalidState, "do not opt it in any more"},
		{"running", map[string]string{"offpeak:schedule": " IGNORE "}, plan.Stop{}, false, failure.InvalidState, "do not opt it in any more"},
		{"stopped", map[string]string{"offpeak:schedule": "ignore"}, plan.Start{}, false, failure.InvalidState, "do not opt it in any more"},
		{"running", map[string]string{"offpeak:schedule": ""}, plan.Stop{}, true, "", ""}, // the environment's schedule
		{"hibernated", office, plan.Start{}, false, failure.InvalidState, "unknown state"},
	} {
		t.Run(fmt.Sprint(row.change.Verb(), " ", row.state, " ", row.tags), func(t *testing.T) {
			m := newMachines(row.state, "i-1")
			m.boxes["i-1"].tags = row.tags
			if row.state == "" {
				delete(m.boxes, "i-1")
			}
			err := newActuator(open(t, m)).Act(t.Context(), actionsOn(ec2Kind, seoul, row.change, "i-1"))[0]
			if got := failure.Of(err); got != row.class {
				t.Errorf("class %q, want %q: %v", got, row.class, err)
			}
			if err != nil && !strings.Contains(err.Error(), row.says) {
				t.Errorf("said %v, want something of %q", err, row.says)
			}
			if got := len(m.calls) == 2; got != row.called {
				t.Errorf("calls %v", m.calls)
			}
		})
	}
}

func TestHibernationIsAskedFor(t *testing.T) {
	m := newMachines("running", "i-1", "i-2")
	asked := map[string]string{}
	m.refuse = func(b *box, _ string, form url.Values) answer {
		asked[b.id] = form.Get("Hibernate")
		return answer{}
	}
	actions := slices.Concat(actionsOn(ec2Kind, seoul, plan.Hibernate{}, "i-1"), actionsOn(ec2Kind, seoul, plan.Stop{}, "i-2"))
	noErrors(t, newActuator(open(t, m)).Act(t.Context(), actions))
	if diff := cmp.Diff(asked, map[string]string{"i-1": "true", "i-2": ""}); diff != "" {
		t.Error(diff)
	}
}

// A bad instance among fifty costs two more calls where EC2 names it, and two for each halving where it does not.
func TestOneBadInstanceStandsAlone(t *testing.T) {
	ids := numbered(50)
	halvings := 2 * bits.Len(uint(len(ids)-1))
	for _, row := range []struct {
		name  string
		says  string
		extra int
	}{
		{"named", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", 2},
		{"not named", "An instance may not be stopped. Modify its 'disableApiStop' instance attribute and try again.%.0s", halvings},
	} {
		for _, bad := range []string{ids[0], ids[24], ids[25], ids[49]} {
			t.Run(row.name+" "+bad, func(t *testing.T) {
				m := newMachines("running", ids...)
				m.refuse = func(b *box, _ string, _ url.Values) answer {
					if b.id == bad {
						return ec2Error(400, "OperationNotPermitted", fmt.Sprintf(row.says, bad))
					}
					return answer{}
				}
				errs := newActuator(open(t, m)).Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Stop{}, ids...))
				for i, id := range ids {
					if got := failure.Of(errs[i]) == failure.Protected; got != (id == bad) {
						t.Errorf("%s: %v", id, errs[i])
					}
				}
				calls := tally(m.calls)
				if extra := calls["StopInstances"] - 1; extra > row.extra || calls["DescribeInstances"] != 1 {
					t.Errorf("%v, want 1 look and at most %d extra stops", calls, row.extra)
				}
			})
		}
	}
}

// seeds is how many random worlds a property is tried in.
var seeds = map[bool]uint64{false: 60, true: 3000}[os.Getenv("OFFPEAK_SOAK") == "1"]

// Exactly the good instances are stopped, and each bad one has its own error, whatever is bad and wherever it stands.
func TestExactlyTheGoodAreStopped(t *testing.T) {
	kinds := []struct {
		code, says string
		class      failure.Class
	}{
		{"InvalidInstanceID.NotFound", "The instance ID '%s' does not exist", failure.Gone},
		{"InvalidInstanceID.NotFound", "The instance does not exist%.0s", failure.Gone},
		{"UnauthorizedOperation", "You are not authorized to perform this operation.%.0s", failure.Denied},
		{"OperationNotPermitted", "The instance '%s' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.", failure.Protected},
		{"IncorrectInstanceState", "Instance '%s' cannot be stopped as it has never reached the 'running' state.", failure.InTransition},
		{"SomethingNew", "EC2 has learned to refuse %s in another way", failure.Other},
		{"OperationNotPermitted", "You can't stop an instance that is managed by an operator.%.0s", failure.Denied},
		{"IncorrectInstanceState", "Not %s but i-00000000000000001 and i-00000000000000002 are wrong", failure.InTransition}, // a hint that misleads
	}
	for seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 4))
		ids := numbered(1 + random.IntN(120))
		bad := map[string]int{}
		for _, id := range ids {
			if random.IntN(10) < int(seed%10) {
				bad[id] = random.IntN(len(kinds))
			}
		}
		m := newMachines("running", ids...)
		m.refuse = func(b *box, _ string, _ url.Values) answer {
			if k, ok := bad[b.id]; ok {
				return ec2Error(400, kinds[k].code, fmt.Sprintf(kinds[k].says, b.id))
			}
			return answer{}
		}
		errs := newActuator(open(t, m)).Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Stop{}, ids...))
		for i, id := range ids {
			k, isBad := bad[id]
			switch {
			case isBad && (failure.Of(errs[i]) != kinds[k].class || m.boxes[id].state != "running"):
				t.Errorf("seed %d: %s is %s with %v, want %s", seed, id, m.boxes[id].state, errs[i], kinds[k].code)
			case isBad && !strings.HasPrefix(errs[i].Error(), "stop "+id+": "+kinds[k].code+": "+strings.Split(fmt.Sprintf(kinds[k].says, id), ".")[0]):
				t.Errorf("seed %d: %s has another's error: %v", seed, id, errs[i])
			case !isBad && (errs[i] != nil || m.boxes[id].state != "stopping"):
				t.Errorf("seed %d: %s is %s with %v", seed, id, m.boxes[id].state, errs[i])
			}
		}
		batches := (len(ids) + 49) / 50
		if stops, most := tally(m.calls)["StopInstances"], batches+2*min(len(ids)-1, 7*len(bad)); stops > most {
			t.Errorf("seed %d: %d stops for %d instances, %d of them bad; at most %d", seed, stops, len(ids), len(bad), most)
		}
	}
}

// What concerns all instances alike is not asked again in halves: a throttle would be made worse by it.
func TestWhatConcernsAllIsNotSplit(t *testing.T) {
	for _, row := range []struct {
		status int
		code   string
		stops  int // by the SDK's own retries
	}{
		{503, "RequestLimitExceeded", 3},
		{400, "ExpiredToken", 1},
		{401, "AuthFailure", 1},
		{400, "OptInRequired", 1},
		{500, "InternalError", 3},
	} {
		ids := numbered(50)
		m := newMachines("running", ids...)
		m.refuse = func(*box, string, url.Values) answer { return ec2Error(row.status, row.code, "of all") }
		errs := newActuator(open(t, m)).Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Stop{}, ids...))
		if slices.Contains(errs, nil) {
			t.Errorf("%s: some are said to have worked", row.code)
		}
		if stops := tally(m.calls)["StopInstances"]; stops != row.stops {
			t.Errorf("%s: %d stops, want %d", row.code, stops, row.stops)
		}
	}
}

// Where there is capacity for twenty of fifty alike, twenty start, and the rest is not asked for one by one.
func TestCapacityIsUsedUp(t *testing.T) {
	for _, free := range []int{0, 1, 20, 37, 49} {
		ids := numbered(50)
		m := newMachines("stopped", ids...)
		left := free
		m.reply = func(action string, form url.Values) answer {
			if action != "StartInstances" {
				return m.answerTo(action, form)
			}
			n := 0
			for form.Has(fmt.Sprintf("InstanceId.%d", n+1)) {
				n++
			}
			if n > left {
				return ec2Error(500, "InsufficientInstanceCapacity", "We currently do not have sufficient m5.large capacity in the Availability Zone you requested (ap-northeast-2a).")
			}
			left -= n
			return m.answerTo(action, form)
		}
		errs := newActuator(open(t, m)).Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Start{}, ids...))
		started := 0
		for i := range errs {
			switch failure.Of(errs[i]) {
			case "":
				started++
			case failure.Capacity:
			default:
				t.Errorf("%v", errs[i])
			}
		}
		if started != free {
			t.Errorf("%d started, there was capacity for %d", started, free)
		}
		if starts := tally(m.calls)["StartInstances"]; starts > 13 {
			t.Errorf("%d starts with capacity for %d", starts, free)
		}
	}
}

// Types that are short are told from those that are not by one call more.
func TestOneTypeIsShort(t *testing.T) {
	ids := numbered(50)
	m := newMachines("stopped", ids...)
	for i, id := range ids {
		if i%2 == 0 {
			m.boxes[id].model = "c5.large"
		}
	}
	m.refuse = func(b *box, _ string, _ url.Values) answer {
		if b.model == "c5.large" {
			return ec2Error(500, "InsufficientInstanceCapacity", "We currently do not have sufficient c5.large capacity in the Availability Zone you requested (ap-northeast-2a).")
		}
		return answer{}
	}
	errs := newActuator(open(t, m)).Act(t.Context(), actionsOn(ec2Kind, seoul, plan.Start{}, ids...))
	for i := range errs {
		if got := failure.Of(errs[i]) == failure.Capacity; got != (i%2 == 0) {
			t.Errorf("%s: %v", ids[i], errs[i])
		}
	}
	if starts := tally(m.calls)["StartInstances"]; starts > 13 {
		t.Errorf("%d starts", starts)
	}
}

// Once the context is done nothing is sent; what was cut off may have been carried out.
func TestNothingIsSentAfterTheEnd(t *testing.T) {
	ids := numbered(120)
	m := newMachines("running", ids...)
	ctx, cancel := context.WithCancel(t.Context())
	m.refuse = func(b *box, _ string, _ url.Values) answer {
		if b.id == ids[119] {
			cancel() // while the last batch is under way
		}
		return answer{}
	}
	act := newActuator(open(t, m))
	errs := act.Act(ctx, actionsOn(ec2Kind, seoul, plan.Stop{}, append(slices.Clone(ids[:40]), ids[119])...))
	calls := len(m.calls)
	for _, err := range errs {
		if err != nil && failure.Of(err) != failure.Unreachable {
			t.Errorf("cut off: %v", err)
		}
	}
	others := slices.Concat(
		actionsOn(ec2Kind, seoul, plan.Start{}, ids[:60]...),
		actionsOn(fleet.AutoScalingGroup, seoul, plan.Scale{}, "web"),
		actionsOn(fleet.RDSInstance, seoul, plan.Stop{}, "orders"),
		actionsOn(fleet.RDSCluster, seoul, plan.Stop{}, "orders"),
		actionsOn(fleet.ECSService, seoul, plan.Scale{}, "api"),
	)
	for _, err := range act.Act(ctx, others) {
		if failure.Of(err) != failure.Unreachable || !strings.Contains(err.Error(), "not tried") {
			t.Errorf("after the end: %v", err)
		}
	}
	if len(m.calls) != calls {
		t.Errorf("sent after the end: %v", m.calls[calls:])
	}
}

func TestWhatAKindCannotDoIsRefused(t *testing.T) {
	m := newMachines("running", "i-1")
	m.reply = func(action string, form url.Values) answer {
		if action == "DescribeDBInstances" || action == "DescribeDBClusters" {
			return answer{200, "<" + action + "Response><" + action + "Result/></" + action + "Response>"}
		}
		return m.answerTo(action, form)
	}
	actions := slices.Concat(
		actionsOn(ec2Kind, seoul, plan.Scale{}, "i-1"),
		actionsOn(fleet.RDSInstance, seoul, plan.Scale{}, "db"),
		actionsOn(fleet.RDSCluster, seoul, plan.Hibernate{}, "db"),
		actionsOn(fleet.Kind(99), seoul, plan.Stop{}, "x"),
	)
	for i, err := range newActuator(open(t, m)).Act(t.Context(), actions) {
		if failure.Of(err) != failure.Other {
			t.Errorf("%s of %s: %v", actions[i].Change.Verb(), actions[i].Subject.Kind, err)
		}
	}
}

func noErrors(t testing.TB, errs []error) {
	t.Helper()
	for i, err := range errs {
		if err != nil {
			t.Errorf("action %d: %v", i, err)
		}
	}
}
