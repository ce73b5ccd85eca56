package functions_test

import (
	"encoding/json"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"offpeak/functions/invoke"
	"offpeak/infra/permit"
)

// bazaar plays what the stand-in lacks of Spot: what EC2 offers, and instance refreshes.
type bazaar struct {
	mu      sync.Mutex
	refresh string   // the status of the group's newest refresh; empty: there is none
	did     []string // of calls about refreshes, those that change something
}

// kinds are the types that the bazaar has, all alike.
var kinds = []string{"m5.large", "m5a.large", "m5n.large", "m6a.large", "m6i.large"}

// stall is what DescribeInstanceTypes tells of a type.
func stall(kind string) string {
	list := func(name string, items ...string) string {
		return "<" + name + "><item>" + strings.Join(items, "</item><item>") + "</item></" + name + ">"
	}
	return "<item><instanceType>" + kind + "</instanceType>" + list("supportedUsageClasses", "on-demand", "spot") + list("supportedRootDeviceTypes", "ebs") +
		list("supportedVirtualizationTypes", "hvm") + list("supportedBootModes", "legacy-bios", "uefi") + "<bareMetal>false</bareMetal><hypervisor>nitro</hypervisor><processorInfo>" +
		list("supportedArchitectures", "x86_64") + "<manufacturer>Intel</manufacturer></processorInfo><vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>8192</sizeInMiB></memoryInfo>" +
		"<instanceStorageSupported>false</instanceStorageSupported><burstablePerformanceSupported>false</burstablePerformanceSupported>" +
		"<ebsInfo><ebsOptimizedSupport>default</ebsOptimizedSupport><ebsOptimizedInfo><baselineBandwidthInMbps>650</baselineBandwidthInMbps><maximumBandwidthInMbps>4750</maximumBandwidthInMbps></ebsOptimizedInfo><nvmeSupport>required</nvmeSupport></ebsInfo>" +
		"<networkInfo><networkPerformance>Up to 10 Gigabit</networkPerformance><maximumNetworkInterfaces>3</maximumNetworkInterfaces><defaultNetworkCardIndex>0</defaultNetworkCardIndex>" +
		list("networkCards", "<networkCardIndex>0</networkCardIndex><baselineBandwidthInGbps>0.75</baselineBandwidthInGbps><maximumNetworkInterfaces>3</maximumNetworkInterfaces>") +
		"<enaSupport>required</enaSupport><efaSupported>false</efaSupported></networkInfo></item>"
}

// each tells of every type in every zone.
func each(call, set string, tell func(kind, zone string) string) string {
	var items strings.Builder
	for _, kind := range kinds {
		for _, zone := range []string{"ap-northeast-2a", "ap-northeast-2b"} {
			items.WriteString("<item><instanceType>" + kind + "</instanceType>" + tell(kind, zone) + "</item>")
		}
	}
	return "<" + call + "Response><" + set + ">" + items.String() + "</" + set + "></" + call + "Response>"
}

func (b *bazaar) answer(call string, form url.Values) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch call {
	case "ec2:DescribeInstanceTypes":
		var items strings.Builder
		for _, kind := range kinds {
			items.WriteString(stall(kind))
		}
		return "<DescribeInstanceTypesResponse><instanceTypeSet>" + items.String() + "</instanceTypeSet></DescribeInstanceTypesResponse>"
	case "ec2:DescribeInstanceTypeOfferings":
		return each("DescribeInstanceTypeOfferings", "instanceTypeOfferingSet", func(_, zone string) string {
			return "<locationType>availability-zone</locationType><location>" + zone + "</location>"
		})
	case "ec2:DescribeInstances": // of which the stand-in knows no filter by lifecycle
		if form.Get("Filter.1.Name") == "instance-lifecycle" {
			return "<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>"
		}
	case "ec2:DescribeSpotPriceHistory":
		from := time.Now().AddDate(0, 0, -31).UTC().Format(time.RFC3339)
		return each("DescribeSpotPriceHistory", "spotPriceHistorySet", func(_, zone string) string {
			return "<productDescription>Windows</productDescription><spotPrice>0.0350</spotPrice><timestamp>" + from + "</timestamp><availabilityZone>" + zone + "</availabilityZone><availabilityZoneId>apne2-az" + zone[len(zone)-1:] + "</availabilityZoneId>"
		})
	case "ec2:GetSpotPlacementScores":
		return "<GetSpotPlacementScoresResponse><spotPlacementScoreSet><item><region>ap-northeast-2</region><availabilityZoneId>apne2-aza</availabilityZoneId><score>9</score></item><item><region>ap-northeast-2</region><availabilityZoneId>apne2-azb</availabilityZoneId><score>7</score></item></spotPlacementScoreSet></GetSpotPlacementScoresResponse>"
	case "servicequotas:ListServiceQuotas":
		return `{"Quotas":[{"QuotaCode":"L-34B43A08","Value":640.0}]}`
	case "autoscaling:DescribeInstanceRefreshes":
		member := ""
		if b.refresh != "" {
			member = "<member><InstanceRefreshId>r-1</InstanceRefreshId><Status>" + b.refresh + "</Status></member>"
		}
		return "<DescribeInstanceRefreshesResponse><DescribeInstanceRefreshesResult><InstanceRefreshes>" + member + "</InstanceRefreshes></DescribeInstanceRefreshesResult></DescribeInstanceRefreshesResponse>"
	case "autoscaling:StartInstanceRefresh":
		b.refresh, b.did = "InProgress", append(b.did, call)
		return "<StartInstanceRefreshResponse><StartInstanceRefreshResult><InstanceRefreshId>r-1</InstanceRefreshId></StartInstanceRefreshResult></StartInstanceRefreshResponse>"
	case "autoscaling:RollbackInstanceRefresh":
		b.refresh, b.did = "RollbackSuccessful", append(b.did, call)
		return "<RollbackInstanceRefreshResponse><RollbackInstanceRefreshResult><InstanceRefreshId>r-1</InstanceRefreshId></RollbackInstanceRefreshResult></RollbackInstanceRefreshResponse>"
	}
	return ""
}

// group makes a group whose owner asks for Spot.
func (s *stage) group(t *testing.T, name string, size int32) {
	t.Helper()
	template, err := s.ec2.CreateLaunchTemplate(t.Context(), &ec2.CreateLaunchTemplateInput{
		LaunchTemplateName: &name, LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String("ami-12c6146b"), InstanceType: ec2types.InstanceTypeM5Large},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = autoscaling.NewFromConfig(s.access.Config(s.spoke)).CreateAutoScalingGroup(t.Context(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &name, MinSize: aws.Int32(min(size, 1)), MaxSize: aws.Int32(8), DesiredCapacity: &size, AvailabilityZones: []string{"ap-northeast-2a", "ap-northeast-2b"},
		LaunchTemplate: &astypes.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplate.LaunchTemplateId, Version: aws.String("1")},
		Tags: []astypes.Tag{{
			Key: aws.String("offpeak:spot"), Value: aws.String("yes"), ResourceId: &name, ResourceType: aws.String("auto-scaling-group"), PropagateAtLaunch: aws.Bool(false),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPeopleAndSpotByTheirRoles: who reads sees what could move and why not, and can move nothing; who operates moves a group and takes it back, by the
// role that AutoSpot has in the account.
func TestPeopleAndSpotByTheirRoles(t *testing.T) {
	t.Parallel()
	s, played := set(t, "210000000064"), &bazaar{}
	front, _ := s.server.Priced(t, "0.1180000000")
	c := newClerk(t, front)
	c.instead = played.answer
	s.env = append(s.env, "AWS_ENDPOINT_URL="+retold(t, c.URL))
	s.push(t, "observe: 0s\n")
	s.group(t, "dev-web", 4)

	reader := s.person(t, permit.ReaderRole)
	for _, row := range []struct {
		words []string
		code  int
		says  string
	}{
		{[]string{"spot", "--live"}, 0, "move  dev-web"},
		{[]string{"spot", "--live", "-v"}, 0, "in one zone: ap-northeast-2a 9, ap-northeast-2b 7 (GetSpotPlacementScores"},
		{[]string{"spot", "types", "m5.large", "--zone", "ap-northeast-2a"}, 0, "can stand in for m5.large"},
		{[]string{"spot", "apply", "dev-web", "--dry-run"}, 0, "move    dev-web"},
		{[]string{"spot", "apply", "dev-web", "--yes"}, 1, "denied"},
		{[]string{"spot", "rollback", "--all", "--dry-run"}, 0, "Nothing was moved"},
	} {
		if said, code := reader.types(t, row.words...); code != row.code || !strings.Contains(said, row.says) {
			t.Errorf("a reader types %v: %d\n%s", row.words, code, said)
		}
	}
	for _, text := range reader.denied() {
		if !strings.Contains(text, "s3:PutObject of {ARN:arn:aws:s3:::offpeak-"+string(s.spoke.Account)+"/") && !strings.Contains(text, ":role/"+permit.SpotRole) {
			t.Errorf("a reader is refused %s", text)
		}
	}
	if len(played.did) != 0 {
		t.Fatalf("a reader has done %v", played.did)
	}

	operator := s.person(t, permit.OperatorRole)
	for _, row := range []struct {
		words []string
		code  int
		says  string
	}{
		{[]string{"spot", "--live"}, 0, "move  dev-web"},
		{[]string{"spot", "apply", "dev-web", "--dry-run"}, 0, "move    dev-web"},
		{[]string{"spot", "apply", "dev-web", "--yes"}, 0, "1 of 1 done"},
		{[]string{"spot", "--live"}, 0, "its instance refresh is under way"},
		{[]string{"spot", "types", "m5.large", "--zone", "ap-northeast-2a"}, 0, "can stand in for m5.large"},
	} {
		if said, code := operator.types(t, row.words...); code != row.code || !strings.Contains(said, row.says) {
			t.Errorf("an operator types %v: %d\n%s", row.words, code, said)
		}
	}
	command := exec.CommandContext(t.Context(), invoke.Build(t, "offpeak/cmd/offpeak"), "spot", "rollback", "dev-web", "--yes", "-o", "json")
	command.Env, command.Dir = operator.env, operator.folder
	var came struct {
		Acts []struct{ ID, Came string }
		Done int
	}
	if printed, err := command.Output(); err != nil || json.Unmarshal(printed, &came) != nil || came.Done != 1 || len(came.Acts) != 1 || came.Acts[0].Came != "done" {
		t.Errorf("an operator takes it back: %v\n%s", err, printed)
	}
	if told, code := operator.types(t, "history", "dev-web"); code != 0 || !strings.Contains(told, "dev-web") {
		t.Errorf("its history: %d\n%s", code, told)
	}
	if denied := operator.denied(); len(denied) > 0 {
		t.Errorf("an operator is refused:\n%s", strings.Join(denied, "\n"))
	}
	if diff := cmp.Diff(played.did, []string{"autoscaling:StartInstanceRefresh", "autoscaling:RollbackInstanceRefresh"}); diff != "" {
		t.Errorf("what was done (-got +want)\n%s", diff)
	}
}
