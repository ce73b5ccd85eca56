package functions_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"offpeak/functions/invoke"
)

// What a function may take from its start to its first result, and in memory for a scope of 10,000 instances.
const (
	soonest    = 120 * time.Millisecond
	mostMemory = 400 << 20
)

// starts starts a function so often, each time before an AWS that answers at once, and returns how long it took until it asked for work and until it
// had answered, the fastest of each.
func starts(t testing.TB, c *clerk, s *stage, name string, input any, times int) (ready, answered time.Duration) {
	t.Helper()
	program := invoke.Build(t, "offpeak/functions/"+name)
	env := slices.Clone(s.env)
	env[len(env)-1] = "AWS_ENDPOINT_URL=" + c.URL
	ready, answered = time.Hour, time.Hour
	for range times + 1 { // the first one makes the answers known
		begun := time.Now()
		f := start(t, program, env...)
		if a := f.Call(t, input, patience); a.Failed != "" || strings.Contains(string(a.Body), "itemIdentifier") {
			t.Fatalf("%s %s\n%s", a.Failed, a.Body, f.Logs())
		}
		answered = min(answered, time.Since(begun))
		ready = min(ready, f.Ready)
		f.Stop()
	}
	return ready, answered
}

// TestStartToFirstResult: of some starts the fastest counts, as others use the processor too. What is measured is a tick at which nobody is due, and a
// sweep that finds all as it should be.
func TestStartToFirstResult(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000021")
	s.push(t, "observe: 0s\n")
	for range 3 {
		s.launch(t, "running")
	}
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	wake := events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: "m", Body: fmt.Sprintf(`{"scope":{"account":%q,"region":%q},"reason":"due"}`, s.spoke.Account, s.spoke.Region),
	}}}
	dispatch := start(t, invoke.Build(t, "offpeak/functions/dispatch"), s.env...)
	quiet := time.Now().Truncate(time.Hour).Add(30 * time.Minute)
	sent(t, dispatch.Call(t, tick(quiet), patience)) // wakes everybody because of the policy
	for range 2 {
		failures(t, schedule.Call(t, wake, patience)) // enrols
	}
	c := newClerk(t, s.server)
	c.knows = map[string]*httptest.ResponseRecorder{}
	for name, input := range map[string]any{"dispatch": tick(quiet), "schedule": wake} {
		ready, answered := starts(t, c, s, name, input, 8)
		t.Logf("%s: asks for work after %s, first result after %s", name, ready.Round(time.Millisecond), answered.Round(time.Millisecond))
		if answered > 4*soonest { // a loose bound: other tests run at the same time
			t.Errorf("%s: the first result comes after %s", name, answered)
		}
	}
}

// TestTenThousandInstancesFit lets the built function look after a scope of 10,000 instances that AWS describes in its own words.
func TestTenThousandInstancesFit(t *testing.T) {
	t.Parallel()
	const herd = 10_000
	s := set(t, "210000000022")
	s.push(t, "observe: 0s\n")
	c := newClerk(t, s.server)
	c.instead = func(call string, form url.Values) string {
		if call != "ec2:DescribeInstances" {
			return ""
		}
		return page(s, form.Get("NextToken"), herd)
	}
	env := slices.Clone(s.env)
	env[len(env)-1] = "AWS_ENDPOINT_URL=" + c.URL
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), env...)
	wake := events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: "m", Body: fmt.Sprintf(`{"scope":{"account":%q,"region":%q},"reason":"due"}`, s.spoke.Account, s.spoke.Region),
	}}}
	for _, what := range []string{"enrols", "finds nothing to do", "finds nothing to do"} {
		answer := schedule.Call(t, wake, patience)
		if f := failures(t, answer); len(f) != 0 {
			t.Fatalf("%v\n%s", f, schedule.Logs())
		}
		t.Logf("%s within %s, %d MB by then, %d calls of DescribeInstances", what, answer.Took.Round(time.Millisecond), schedule.Memory(t)>>20, c.since()["ec2:DescribeInstances"])
	}
	if enrolled := len(s.entries(t)); enrolled != herd {
		t.Errorf("%d entries of the ledger for %d instances", enrolled, herd)
	}
	if memory := schedule.Memory(t); memory > mostMemory {
		t.Errorf("the function took %d MB, more than %d", memory>>20, mostMemory>>20)
	}
}

// page is an answer of DescribeInstances: a thousand instances with what AWS tells of each beside what is needed.
func page(s *stage, token string, total int) string {
	from, _ := strconv.Atoi(token)
	var out strings.Builder
	out.WriteString("<DescribeInstancesResponse><requestId>1</requestId><reservationSet><item><reservationId>r-1</reservationId><ownerId>" +
		string(s.spoke.Account) + "</ownerId><instancesSet>")
	for i := from; i < min(from+1000, total); i++ {
		fmt.Fprintf(&out, `<item><instanceId>i-%017x</instanceId><imageId>ami-0123456789abcdef0</imageId><instanceState><code>16</code><name>running</name></instanceState>
<privateDnsName>ip-10-20-10-142.ap-northeast-2.compute.internal</privateDnsName><reason/><keyName>dev</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/>
<instanceType>m5.large</instanceType><launchTime>2026-03-02T01:12:44.000Z</launchTime><placement><availabilityZone>ap-northeast-2a</availabilityZone><tenancy>default</tenancy></placement>
<monitoring><state>disabled</state></monitoring><subnetId>subnet-0d5665e029b93d214</subnetId><vpcId>vpc-0330471b934acd8eb</vpcId><privateIpAddress>10.20.10.142</privateIpAddress>
<groupSet><item><groupId>sg-02445f5f90467469e</groupId><groupName>dev-app</groupName></item></groupSet><architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType>
<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-%017x</volumeId><status>attached</status><attachTime>2026-03-02T01:12:44.000Z</attachTime></ebs></item></blockDeviceMapping>
<platformDetails>Linux/UNIX</platformDetails><usageOperation>RunInstances</usageOperation><tagSet><item><key>offpeak:schedule</key><value>running</value></item>`, i, i)
		for t := range 10 {
			fmt.Fprintf(&out, "<item><key>team:cost-allocation-%d</key><value>a value that is as long as values are %d</value></item>", t, i)
		}
		out.WriteString("</tagSet></item>")
	}
	out.WriteString("</instancesSet></item></reservationSet>")
	if from+1000 < total {
		fmt.Fprintf(&out, "<nextToken>%d</nextToken>", from+1000)
	}
	out.WriteString("</DescribeInstancesResponse>")
	return out.String()
}
