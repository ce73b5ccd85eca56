package functions_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/functions/invoke"
	"offpeak/infra/permit"
	"offpeak/internal/cloud"
)

// pull sets the hub's kill switch as a person does, and takes it away where there is no word.
func pull(t *testing.T, access *cloud.Access, word string) {
	t.Helper()
	question, call := map[string]any{"Name": permit.KillSwitch, "Type": "String", "Value": word, "Overwrite": true}, "PutParameter"
	if word == "" {
		question, call = map[string]any{"Name": permit.KillSwitch}, "DeleteParameter"
	}
	if err := access.Ask(t.Context(), "ssm", "AmazonSSM."+call, question, &struct{}{}); err != nil {
		t.Fatal(err)
	}
}

// TestTheKillSwitch: a person sets the parameter, and the deployed worker holds from its next sweep on; nothing has to be deployed or pushed.
func TestTheKillSwitch(t *testing.T) {
	t.Parallel()
	s, x := troubled(t, "210000000085")
	s.push(t, "observe: 0s\n")
	pull(t, s.access, "nothing")
	stops, starts := s.launch(t, "stopped"), s.launch(t, "running")
	if _, err := s.ec2.StopInstances(t.Context(), &ec2.StopInstancesInput{InstanceIds: []string{starts}}); err != nil {
		t.Fatal(err)
	}
	const running, stopped = ec2types.InstanceStateNameRunning, ec2types.InstanceStateNameStopped
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), append(s.env, "OFFPEAK_KILL_SWITCH="+permit.KillSwitch)...)
	look := func(what string, first, second ec2types.InstanceStateName) {
		t.Helper()
		if f := failures(t, schedule.Call(t, batch(s.spoke), patience)); len(f) != 0 {
			t.Fatalf("%s: delivered again: %v\n%s", what, f, schedule.Logs())
		}
		if got, want := s.state(t, stops)+", "+s.state(t, starts), first+", "+second; got != want {
			t.Fatalf("%s: %s, want %s\n%s", what, got, want, schedule.Logs())
		}
	}
	look("enrolled", running, stopped)
	look("nothing", running, stopped)
	if line := lineOf(schedule, "acts are held"); !strings.Contains(line, `"kill_switch":2`) {
		t.Errorf("it is not said what is held: %s\n%s", line, schedule.Logs())
	}
	if x.said("kill switch") {
		t.Errorf("who pulls a switch knows it: %v", x.told)
	}
	pull(t, s.access, "") // somebody deletes it: in doubt nothing is done, openings neither
	look("none", running, stopped)
	look("none, again", running, stopped)
	if !x.said("the hub's kill switch cannot be read") || !x.said("deploying the hub's stack") || !strings.Contains(lineOf(schedule, "kill switch cannot be read"), `"class":"gone"`) {
		t.Errorf("nobody was told: %v\n%s", x.told, schedule.Logs())
	}
	pull(t, s.access, "no-stops")
	look("no-stops", running, running)
	pull(t, s.access, "off")
	look("off", stopped, running)
	if got := strings.Join(s.entries(t), ", "); !strings.HasPrefix(got, "enrolled, enrolled, intent start, applied start") || !strings.Contains(got, "intent stop, applied stop") {
		t.Errorf("the ledger says %s", got)
	}
}
