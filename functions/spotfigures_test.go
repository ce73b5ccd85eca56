package functions_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// What AutoSpot's function may take in memory for two hundred groups, of the 1024 MB that it has.
const mostSpotMemory = 200 << 20

const (
	herds       = 200 // groups in a scope
	herdMembers = 5
	dailyPoints = 2 // changes of a pool's price
)

// ranch plays groups of five whose owners ask for Spot, of six types, and prices of a month for all that could stand in for them.
type ranch struct {
	bazaar
	account string
}

var herdKinds = []string{"m5.large", "c5.large", "r5.large", "m5.xlarge", "c5.xlarge", "m6i.2xlarge"}

func (h *ranch) answer(call string, form url.Values) string {
	from, _ := strconv.Atoi(form.Get("NextToken"))
	switch call {
	case "ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypeOfferings":
		return "" // the stand-in's: all that there are
	case "autoscaling:DescribeAutoScalingGroups":
		return h.groups(from)
	case "ec2:DescribeInstances":
		return h.members(form)
	case "ec2:DescribeLaunchTemplateVersions":
		id := form.Get("LaunchTemplateId")
		n, _ := strconv.Atoi(strings.TrimPrefix(id, "lt-"))
		return fmt.Sprintf(`<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item><launchTemplateId>%s</launchTemplateId><versionNumber>1</versionNumber><launchTemplateData><imageId>ami-1</imageId><instanceType>%s</instanceType></launchTemplateData></item></launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>`,
			id, herdKinds[n%len(herdKinds)])
	case "ec2:DescribeSpotPriceHistory":
		return h.history(form, from)
	}
	return h.bazaar.answer(call, form)
}

func (h *ranch) groups(from int) string {
	var out strings.Builder
	for n := from; n < min(from+100, herds); n++ {
		var members strings.Builder
		for m := range herdMembers {
			fmt.Fprintf(&members, "<member><InstanceId>i-%016x%d</InstanceId><InstanceType>%s</InstanceType><AvailabilityZone>ap-northeast-2%c</AvailabilityZone><LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus><ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>", n, m, herdKinds[n%len(herdKinds)], 'a'+m%3)
		}
		fmt.Fprintf(&out, `<member><AutoScalingGroupName>dev-%d</AutoScalingGroupName><AutoScalingGroupARN>arn:aws:autoscaling:ap-northeast-2:%s:autoScalingGroup:1:autoScalingGroupName/dev-%d</AutoScalingGroupARN>
<MinSize>1</MinSize><MaxSize>10</MaxSize><DesiredCapacity>%d</DesiredCapacity><AvailabilityZones><member>ap-northeast-2a</member><member>ap-northeast-2b</member><member>ap-northeast-2c</member></AvailabilityZones><CreatedTime>2026-01-01T00:00:00Z</CreatedTime>
<LaunchTemplate><LaunchTemplateId>lt-%d</LaunchTemplateId><Version>1</Version></LaunchTemplate><Instances>%s</Instances><Tags><member><Key>offpeak:spot</Key><Value>yes</Value></member></Tags></member>`, n, h.account, n, herdMembers, n, members.String())
	}
	next := ""
	if from+100 < herds {
		next = fmt.Sprintf("<NextToken>%d</NextToken>", from+100)
	}
	return "<DescribeAutoScalingGroupsResponse><DescribeAutoScalingGroupsResult><AutoScalingGroups>" + out.String() + "</AutoScalingGroups>" + next + "</DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>"
}

// members are those that are asked for by their ids.
func (h *ranch) members(form url.Values) string {
	var out strings.Builder
	if form.Get("Filter.1.Name") == "instance-id" {
		for i := 1; form.Has(fmt.Sprintf("Filter.1.Value.%d", i)); i++ {
			id := form.Get(fmt.Sprintf("Filter.1.Value.%d", i))
			n, _ := strconv.ParseInt(id[len("i-"):len("i-")+16], 16, 64)
			fmt.Fprintf(&out, `<item><instanceId>%s</instanceId><instanceType>%s</instanceType><instanceState><name>running</name></instanceState><placement><availabilityZone>ap-northeast-2%c</availabilityZone></placement>
<platformDetails>Linux/UNIX</platformDetails><launchTime>2026-01-01T00:00:00Z</launchTime><rootDeviceType>ebs</rootDeviceType></item>`, id, herdKinds[int(n)%len(herdKinds)], 'a'+(id[len(id)-1]-'0')%3)
		}
	}
	return fmt.Sprintf("<DescribeInstancesResponse><reservationSet><item><reservationId>r-1</reservationId><ownerId>%s</ownerId><instancesSet>%s</instancesSet></item></reservationSet></DescribeInstancesResponse>", h.account, out.String())
}

// history pages through the prices of the types that are asked for, a thousand at a time, in three zones.
func (h *ranch) history(form url.Values, from int) string {
	var kinds []string
	for i := 1; form.Has(fmt.Sprintf("InstanceType.%d", i)); i++ {
		kinds = append(kinds, form.Get(fmt.Sprintf("InstanceType.%d", i)))
	}
	const days = 31
	total, now := len(kinds)*3*days*dailyPoints, time.Now()
	var out strings.Builder
	for n := from; n < min(from+1000, total); n++ {
		at := now.Add(-time.Duration(n%(days*dailyPoints)) * 24 * time.Hour / dailyPoints)
		zone := 'a' + rune(n/(days*dailyPoints)%3)
		fmt.Fprintf(&out, "<item><instanceType>%s</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>0.0%d</spotPrice><timestamp>%s</timestamp><availabilityZone>ap-northeast-2%c</availabilityZone><availabilityZoneId>apne2-az%c</availabilityZoneId></item>",
			kinds[n/(3*days*dailyPoints)], 350+n%40, at.UTC().Format(time.RFC3339), zone, zone)
	}
	next := ""
	if from+1000 < total {
		next = strconv.Itoa(from + 1000)
	}
	return "<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>" + out.String() + "</spotPriceHistorySet><nextToken>" + next + "</nextToken></DescribeSpotPriceHistoryResponse>"
}

// TestAutoSpotOfHundredsOfGroups holds what AutoSpot's function takes for two hundred groups and the whole catalogue of types, and prints what the page of
// costs counts with: what a day's look asks, what another on the same day does, and what an event costs that is of no moved group.
func TestAutoSpotOfHundredsOfGroups(t *testing.T) {
	t.Parallel()
	s := setSpot(t, "210000000065", "spot: {mode: advise}\n")
	front, _ := s.server.Priced(t, "0.1180000000")
	played := &ranch{account: string(s.spoke.Account)}
	c := newClerk(t, front)
	c.instead = played.answer
	s.env = append(s.env, "AWS_ENDPOINT_URL="+c.URL)
	autospot, interruption := s.run(t, "autospot"), s.run(t, "interruption")
	wake := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: fmt.Sprintf(`{"scope":{"account":%q,"region":%q},"reason":"spot"}`, s.spoke.Account, s.spoke.Region)}}}
	for _, what := range []string{"the first look", "another on the same day"} {
		c.since()
		answer := autospot.Call(t, wake, 10*time.Minute)
		if f := failures(t, answer); len(f) != 0 {
			t.Fatalf("%v\n%s", f, autospot.Logs())
		}
		reads, writes, others := besides(c.since())
		total := 0
		for _, n := range others {
			total += n
		}
		t.Logf("%s within %s, %d MB by then; S3: %d reads, %d writes; %d calls %v", what, answer.Took.Round(time.Millisecond), autospot.Memory(t)>>20, reads, writes, total, others)
	}
	if !autospot.Logged(fmt.Sprintf(`"asked":%d,"ready":%d`, herds, herds), 2) {
		t.Errorf("not all groups were looked at\n%s", autospot.Logs())
	}
	t.Logf("%d bytes of log", len(autospot.Logs()))
	if memory := autospot.Memory(t); memory > mostSpotMemory {
		t.Errorf("AutoSpot took %d MB, more than %d", memory>>20, mostSpotMemory>>20)
	}
	event := s.event("aws.ec2", "EC2 Spot Instance Interruption Warning", map[string]string{"instance-id": "i-0000000000000000b", "instance-action": "terminate"})
	for range 2 {
		c.since()
		answer := interruption.Call(t, event, patience)
		reads, writes, _ := besides(c.since())
		t.Logf("an event within %s, %d MB by then; S3: %d reads, %d writes", answer.Took.Round(time.Millisecond), interruption.Memory(t)>>20, reads, writes)
	}
	answer := autospot.Call(t, tick(time.Now()), patience)
	reads, writes, _ := besides(c.since())
	t.Logf("the day's tick within %s; S3: %d reads, %d writes", answer.Took.Round(time.Millisecond), reads, writes)
}
