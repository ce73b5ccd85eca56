package functions_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"offpeak/autospot/experience"
	"offpeak/functions/invoke"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
	"offpeak/internal/market"
	"offpeak/internal/optimizer"
)

// spotStage is a stage with AutoSpot's queue, and one Auto Scaling group that is played: the stand-in mixes no lifecycles and launches all that is
// asked for.
type spotStage struct {
	*stage
	clerk *clerk

	mu      sync.Mutex
	base    string // its OnDemandBaseCapacity
	members []string
	updates []url.Values
}

const (
	playedGroup = "web"
	playedTypes = "<member><InstanceType>m5.large</InstanceType></member><member><InstanceType>m6i.large</InstanceType></member>"
)

func setSpot(t *testing.T, spoke fleet.AccountID, policy string) *spotStage {
	t.Helper()
	s := &spotStage{stage: set(t, spoke), base: "1", members: []string{"i-0000000000000000a", "i-0000000000000000b"}}
	s.push(t, "observe: 0s\n"+policy)
	made, err := sqs.NewFromConfig(s.access.Config(fleet.Scope{})).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("offpeak-spot-" + string(spoke))})
	if err != nil {
		t.Fatal(err)
	}
	s.queue = aws.ToString(made.QueueUrl)
	s.group(t, playedGroup, 0) // of which IAM is asked
	s.clerk = newClerk(t, s.server)
	s.clerk.instead = s.play
	s.env = append(s.env, "OFFPEAK_SPOT_QUEUE_URL="+s.queue, "AWS_ENDPOINT_URL="+s.clerk.URL)
	if err := (&hub.Accounts{Store: s.store}).Meet(t.Context(), []fleet.Scope{s.spoke}, time.Now().AddDate(0, -1, 0)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *spotStage) arn() fleet.ARN {
	return fleet.ARN(fmt.Sprintf("arn:aws:autoscaling:%s:%s:autoScalingGroup:1:autoScalingGroupName/%s", s.spoke.Region, s.spoke.Account, playedGroup))
}

// play answers what concerns the group.
func (s *spotStage) play(call string, form url.Values) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch _, action, _ := strings.Cut(call, ":"); action {
	case "DescribeAutoScalingGroups":
		var members strings.Builder
		for _, id := range s.members {
			fmt.Fprintf(&members, "<member><InstanceId>%s</InstanceId><InstanceType>m5.large</InstanceType><AvailabilityZone>ap-northeast-2a</AvailabilityZone><LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus><ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>", id)
		}
		return fmt.Sprintf(`<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult><AutoScalingGroups><member>
<AutoScalingGroupName>%s</AutoScalingGroupName><AutoScalingGroupARN>%s</AutoScalingGroupARN><MinSize>1</MinSize><MaxSize>6</MaxSize><DesiredCapacity>3</DesiredCapacity>
<CapacityRebalance>true</CapacityRebalance><AvailabilityZones><member>ap-northeast-2a</member></AvailabilityZones><CreatedTime>2026-01-01T00:00:00Z</CreatedTime>
<MixedInstancesPolicy><LaunchTemplate><LaunchTemplateSpecification><LaunchTemplateId>lt-1</LaunchTemplateId><Version>3</Version></LaunchTemplateSpecification><Overrides>%s</Overrides></LaunchTemplate>
<InstancesDistribution><OnDemandBaseCapacity>%s</OnDemandBaseCapacity><OnDemandPercentageAboveBaseCapacity>0</OnDemandPercentageAboveBaseCapacity><SpotAllocationStrategy>price-capacity-optimized</SpotAllocationStrategy></InstancesDistribution></MixedInstancesPolicy>
<Instances>%s</Instances><Tags><member><Key>offpeak:spot</Key><Value>yes</Value></member></Tags></member></AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>`,
			playedGroup, s.arn(), playedTypes, s.base, members.String())
	case "UpdateAutoScalingGroup":
		s.updates = append(s.updates, form)
		s.base = form.Get("MixedInstancesPolicy.InstancesDistribution.OnDemandBaseCapacity")
		return "<UpdateAutoScalingGroupResponse></UpdateAutoScalingGroupResponse>"
	case "DescribeInstances":
		if form.Get("Filter.1.Name") != "instance-id" {
			return "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>"
		}
		var members strings.Builder
		for i, id := range s.members {
			lifecycle := ""
			if i > 0 {
				lifecycle = "<instanceLifecycle>spot</instanceLifecycle><spotInstanceRequestId>sir-1</spotInstanceRequestId>"
			}
			fmt.Fprintf(&members, `<item><instanceId>%s</instanceId><instanceType>m5.large</instanceType><instanceState><name>running</name></instanceState><placement><availabilityZone>ap-northeast-2a</availabilityZone></placement>
<platformDetails>Linux/UNIX</platformDetails><launchTime>2026-01-01T00:00:00Z</launchTime><rootDeviceType>ebs</rootDeviceType>%s</item>`, id, lifecycle)
		}
		return fmt.Sprintf("<DescribeInstancesResponse><reservationSet><item><reservationId>r-1</reservationId><ownerId>%s</ownerId><instancesSet>%s</instancesSet></item></reservationSet></DescribeInstancesResponse>", s.spoke.Account, members.String())
	case "DescribeAutoScalingInstances":
		id := form.Get("InstanceIds.member.1")
		if !slices.Contains(s.members, id) {
			return ""
		}
		return fmt.Sprintf("<DescribeAutoScalingInstancesResponse><DescribeAutoScalingInstancesResult><AutoScalingInstances><member><InstanceId>%s</InstanceId><AutoScalingGroupName>%s</AutoScalingGroupName></member></AutoScalingInstances></DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>", id, playedGroup)
	case "DescribeLaunchTemplateVersions":
		return `<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item><launchTemplateId>lt-1</launchTemplateId><versionNumber>3</versionNumber><launchTemplateData><imageId>ami-1</imageId><instanceType>m5.large</instanceType></launchTemplateData></item></launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>`
	}
	return ""
}

// moved remembers that AutoSpot has moved the group.
func (s *spotStage) moved(t *testing.T) {
	t.Helper()
	states, now := optimizer.States{Store: s.store}, time.Now().UTC()
	state, _ := states.Load(t.Context(), s.spoke)
	held, err := states.Acquire(t.Context(), state, "test", now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	template := &fleet.Template{ID: "lt-1", Version: "3"}
	written := &fleet.Purchase{Template: template, Rebalance: true, Mix: &fleet.Mix{Base: 1, Strategy: "price-capacity-optimized", Types: []string{"m5.large", "m6i.large"}}}
	memory := (*fleet.Memory)(nil).Clone()
	memory.Spot[s.arn()] = fleet.Moved{
		Act: "act-1", At: now.Add(-time.Hour), Applied: true, Stage: fleet.OnSpot, Before: &fleet.Purchase{Template: template}, Written: written, Since: now.Add(-time.Hour),
		Profile: "default", Balance: fleet.Balance{Decided: 1},
	}
	if _, err := states.Release(t.Context(), held, &memory, time.Time{}, now); err != nil {
		t.Fatal(err)
	}
}

// run starts a function, with a recorder before it.
func (s *spotStage) run(t *testing.T, name string) *invoke.Function {
	t.Helper()
	return start(t, invoke.Build(t, "offpeak/functions/"+name), s.env...)
}

func (s *spotStage) made() (calls []string) {
	s.clerk.mu.Lock()
	defer s.clerk.mu.Unlock()
	for call := range s.clerk.calls {
		if service, _, _ := strings.Cut(call, ":"); service != "s3" && service != "sts" {
			calls = append(calls, call)
		}
	}
	slices.Sort(calls)
	return calls
}

// event is one as EventBridge delivers it.
func (s *spotStage) event(source, kind string, detail any) map[string]any {
	return map[string]any{
		"version": "0", "id": "e", "source": source, "detail-type": kind, "account": s.spoke.Account, "region": s.spoke.Region, "time": time.Now().UTC().Format(time.RFC3339),
		"resources": []string{"arn:aws:ec2:ap-northeast-2b:instance/i-0000000000000000b"}, "detail": detail,
	}
}

func (s *spotStage) launchFailed(message string) map[string]any {
	return s.event("aws.autoscaling", "EC2 Instance Launch Unsuccessful", map[string]string{
		"ActivityId": "0e9d8daa-1fb8-4d84-91e0-0c4e57800be4", "AutoScalingGroupName": playedGroup, "EC2InstanceId": "", "StatusCode": "Failed", "StatusMessage": message,
	})
}

// TestALaunchThatFailsRaisesTheBase is the whole way: AWS's event, the note of it, the wake, the look, the write, and nothing twice.
func TestALaunchThatFailsRaisesTheBase(t *testing.T) {
	t.Parallel()
	s := setSpot(t, "210000000061", "spot: {mode: act, commitments: none}\n")
	s.moved(t)
	interruption, autospot := s.run(t, "interruption"), s.run(t, "autospot")
	failed := s.launchFailed("Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity due to your request configuration. Please adjust your request and try again. Launching EC2 instance failed.")
	begun := time.Now()
	for range 3 { // EventBridge delivers at least once
		if a := interruption.Call(t, failed, patience); a.Failed != "" {
			t.Fatalf("%s\n%s", a.Failed, interruption.Logs())
		}
	}
	wakes := s.receive(t)
	if len(wakes.Records) != 1 {
		t.Fatalf("%d wakes for one event that came three times\n%s", len(wakes.Records), interruption.Logs())
	}
	for range 3 { // and so does SQS
		if f := failures(t, autospot.Call(t, wakes, patience)); len(f) != 0 {
			t.Fatalf("%v\n%s", f, autospot.Logs())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.updates) != 1 || s.base != "2" {
		t.Fatalf("%d writes, base %s\n%s", len(s.updates), s.base, autospot.Logs())
	}
	u := s.updates[0]
	if u.Get("MixedInstancesPolicy.LaunchTemplate.Overrides.member.2.InstanceType") != "m6i.large" || u.Get("MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.Version") != "3" || u.Get("CapacityRebalance") != "true" {
		t.Errorf("the policy is not written whole: %v", u)
	}
	if !autospot.Logged(`"cause":"no-spot"`, 1) {
		t.Errorf("the log does not tell the cause\n%s", autospot.Logs())
	}
	if words := strings.Join(s.entries(t), ", "); !strings.Contains(words, "intent move") || !strings.Contains(words, "applied move") {
		t.Errorf("the ledger says %s", words)
	}
	t.Logf("from the event to the write, deliveries and looks three times over: %s", time.Since(begun))
}

// TestAnInterruptionIsLearnt: one that AWS announced is counted, of the type that the look saw, once however often it is told.
func TestAnInterruptionIsLearnt(t *testing.T) {
	t.Parallel()
	s := setSpot(t, "210000000066", "spot: {mode: act, commitments: none}\n")
	s.moved(t)
	interruption, autospot := s.run(t, "interruption"), s.run(t, "autospot")
	taken := s.event("aws.ec2", "EC2 Spot Instance Interruption Warning", map[string]string{"instance-id": "i-0000000000000000b", "instance-action": "terminate"})
	for range 3 {
		if a := interruption.Call(t, taken, patience); a.Failed != "" {
			t.Fatalf("%s\n%s", a.Failed, interruption.Logs())
		}
	}
	wakes := s.receive(t)
	for range 3 {
		if f := failures(t, autospot.Call(t, wakes, patience)); len(f) != 0 {
			t.Fatalf("%v\n%s", f, autospot.Logs())
		}
	}
	data, _, err := s.store.Read(t.Context(), experience.Key(s.spoke))
	if err != nil {
		t.Fatalf("%v\n%s", err, autospot.Logs())
	}
	record, err := experience.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	counted := 0
	for _, pools := range record.Weeks {
		for pool, c := range pools {
			if pool == (market.Pool{Zone: "ap-northeast-2a", Type: "m5.large", Product: "Linux/UNIX"}) {
				counted += c.Interruptions
			}
		}
	}
	if counted != 1 || len(record.Counted) != 1 || len(record.Running[s.arn()]) != 1 || strings.Contains(autospot.Logs(), "own interruptions are not kept") {
		t.Errorf("counted %d: %s\n%s", counted, data, autospot.Logs())
	}
}

// TestWhatIsNotAutoSpotsCostsNothing: of instances in accounts where nothing was moved AWS is asked nothing, and nothing is kept.
func TestWhatIsNotAutoSpotsCostsNothing(t *testing.T) {
	t.Parallel()
	s := setSpot(t, "210000000062", "")
	f := s.run(t, "interruption")
	stranger := s.event("aws.ec2", "EC2 Spot Instance Interruption Warning", map[string]string{"instance-id": "i-0000000000000000b", "instance-action": "terminate"})
	stranger["account"] = "999988887777"
	for _, input := range []any{
		s.event("aws.ec2", "EC2 Spot Instance Interruption Warning", map[string]string{"instance-id": "i-0000000000000000b", "instance-action": "terminate"}),
		s.event("aws.ec2", "EC2 Instance Rebalance Recommendation", map[string]string{"instance-id": "i-0000000000000000b"}),
		s.event("aws.ec2", "EC2 Instance State-change Notification", map[string]string{"instance-id": "i-0000000000000000b", "state": "running"}),
		s.launchFailed("Max spot instance count exceeded. Launching EC2 instance failed."), stranger,
		json.RawMessage(`{"hello":"world"}`), json.RawMessage(`"hello"`), json.RawMessage(`{"source":"aws.ec2","detail-type":"EC2 Spot Instance Interruption Warning","detail":{"instance-id":"../../policy"}}`),
	} {
		if a := f.Call(t, input, patience); a.Failed != "" {
			t.Errorf("%v: %s\n%s", input, a.Failed, f.Logs())
		}
	}
	if calls := s.made(); len(calls) != 0 {
		t.Errorf("AWS was asked %v", calls)
	}
	if !f.Logged("input dropped", 2) {
		t.Errorf("not the two that are malformed were dropped, and no other was spoken of\n%s", f.Logs())
	}
	for key, err := range s.store.List(t.Context(), "notices/") {
		t.Errorf("%s was kept (%v)", key, err)
	}
}

// TestAChangedTagWakesAutoSpot: an owner tags three things within a moment, and AutoSpot is woken once, when that is over.
func TestAChangedTagWakesAutoSpot(t *testing.T) {
	t.Parallel()
	s := setSpot(t, "210000000067", "")
	f := s.run(t, "interruption")
	retagged := func(tags map[string]string) map[string]any {
		return s.event("aws.tag", "Tag Change on Resource", map[string]any{"changed-tag-keys": []string{"offpeak:spot"}, "service": "ec2", "resource-type": "instance", "version": 3, "tags": tags})
	}
	for _, input := range []any{
		retagged(map[string]string{"offpeak:spot": "yes", "aws:autoscaling:groupName": "web"}),
		retagged(map[string]string{"offpeak:spot": "yes"}), retagged(map[string]string{"offpeak:spot": "batch"}), retagged(nil),
	} {
		if a := f.Call(t, input, patience); a.Failed != "" {
			t.Errorf("%v: %s\n%s", input, a.Failed, f.Logs())
		}
	}
	kept := 0
	for key, err := range s.store.List(t.Context(), "notices/") {
		if kept++; err != nil || !strings.HasPrefix(key, "notices/tags/"+string(s.spoke.Account)) {
			t.Errorf("%s was kept (%v)", key, err)
		}
	}
	if calls := s.made(); kept == 0 || kept > 2 || len(calls) != 1 || !strings.HasPrefix(calls[0], "sqs:SendMessage") || !f.Logged(`"what":"tags-changed"`, kept) {
		t.Errorf("%d kept, AWS was asked %v\n%s", kept, calls, f.Logs())
	}
}

// TestANewPolicyWakesAutoSpot: the dispatcher, which wakes everybody for it, wakes AutoSpot too, and only for that.
func TestANewPolicyWakesAutoSpot(t *testing.T) {
	t.Parallel()
	s := setSpot(t, "210000000068", "spot: {mode: advise}\n")
	dispatch := s.run(t, "dispatch")
	for _, row := range []struct {
		name string
		want int
	}{{"a policy that was pushed", 1}, {"the same policy", 0}} {
		if a := dispatch.Call(t, tick(time.Now()), patience); a.Failed != "" {
			t.Fatalf("%s: %s\n%s", row.name, a.Failed, dispatch.Logs())
		}
		wakes := s.receive(t)
		if len(wakes.Records) != row.want || row.want > 0 && !strings.Contains(wakes.Records[0].Body, string(s.spoke.Account)) {
			t.Errorf("%s: %+v\n%s", row.name, wakes, dispatch.Logs())
		}
	}
}

// TestTheDaysTickOfAutoSpot wakes every scope, and where nobody asks for Spot the look asks what there is and no more.
func TestTheDaysTickOfAutoSpot(t *testing.T) {
	t.Parallel()
	s := setSpot(t, "210000000063", "spot: {mode: act, commitments: none}\n")
	s.clerk.instead = nil
	f := s.run(t, "autospot")
	if a := f.Call(t, tick(time.Now()), patience); a.Failed != "" || !f.Logged("AutoSpot's tick", 1) {
		t.Fatalf("%s\n%s", a.Failed, f.Logs())
	}
	wakes := s.receive(t)
	if len(wakes.Records) != 1 || !strings.Contains(wakes.Records[0].Body, string(s.spoke.Account)) {
		t.Fatalf("%+v", wakes)
	}
	wakes.Records = append(wakes.Records, events.SQSMessage{MessageId: "poison", Body: "hello"})
	if failed := failures(t, f.Call(t, wakes, patience)); len(failed) != 0 || !f.Logged("input dropped", 1) {
		t.Errorf("%v\n%s", failed, f.Logs())
	}
	for _, call := range s.made() {
		if strings.Contains(call, "Price") || strings.Contains(call, "pricing") || strings.Contains(call, "quota") || strings.Contains(call, "InstanceType") || strings.Contains(call, "Update") {
			t.Errorf("%s was called for nobody", call)
		}
	}
	if a := f.Call(t, json.RawMessage(`{"hello":"world"}`), patience); a.Failed != "" || !f.Logged("input dropped", 2) {
		t.Errorf("%s\n%s", a.Failed, f.Logs())
	}
}
