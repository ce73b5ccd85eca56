package local_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

const sampleFleet = "../../testdata/fleet"

// friday is when the sample fleet of that name was seen.
var friday = time.Date(2026, 11, 20, 10, 35, 0, 0, time.UTC)

// read reads texts as sources called a.json, b.json, ...
func read(opts local.Options, texts ...string) (fleet.Snapshot, error) {
	var sources []local.Source
	for i, text := range texts {
		sources = append(sources, local.Source{Name: fmt.Sprintf("%c.json", 'a'+i), Reader: strings.NewReader(text)})
	}
	return local.ReadInventory(sources, opts)
}

// one reads a text that holds one resource.
func one(t *testing.T, text string) fleet.Resource {
	t.Helper()
	s, err := read(local.Options{Taken: friday}, text)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Resources) != 1 {
		t.Fatalf("got %d resources, want 1", len(s.Resources))
	}
	return s.Resources[0]
}

// records are the records in testdata, one of each kind, as the AWS CLI prints them, by the list that holds them.
var records = map[string]string{
	"Reservations":      "instances.json",
	"AutoScalingGroups": "groups.json",
	"DBInstances":       "databases.json",
	"DBClusters":        "clusters.json",
	"services":          "services.json",
}

// listed returns an answer with the list's record after a change: members of the change replace the record's, null removes them. Of
// an EC2 instance, OwnerId changes the reservation.
func listed(t *testing.T, list, change string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + records[list])
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string][]map[string]any
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	record := answer[list][0]
	if list == "Reservations" {
		record = record["Instances"].([]any)[0].(map[string]any)
	}
	var changes map[string]any
	if err := json.Unmarshal([]byte(change), &changes); err != nil {
		t.Fatalf("%s: %v", change, err)
	}
	if owner, ok := changes["OwnerId"]; ok && list == "Reservations" {
		answer[list][0]["OwnerId"] = owner
		delete(changes, "OwnerId")
	}
	maps.Copy(record, changes)
	maps.DeleteFunc(record, func(_ string, value any) bool { return value == nil })
	text, err = json.Marshal(map[string]any{list: answer[list][:1]})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// words writes what matters of a resource in one line.
func words(r *fleet.Resource) string {
	var w []string
	add := func(holds bool, format string, args ...any) {
		if holds {
			w = append(w, fmt.Sprintf(format, args...))
		}
	}
	add(true, "%s", r.State)
	add(!r.Since.IsZero(), "since %s", r.Since.Format(time.RFC3339))
	add(!r.RestartsAt.IsZero(), "until %s", r.RestartsAt.Format(time.RFC3339))
	add(r.Kind.Sized(), "%s", r.Size)
	add(r.Type != "", "%s", r.Type)
	add(r.Product != "", "%s", r.Product)
	add(r.MultiAZ, "in several zones")
	add(r.ByAWS, "by AWS")
	add(r.Lifecycle != fleet.OnDemand, "%s", r.Lifecycle)
	for _, m := range r.Members {
		add(true, "%d x %s", m.Count, m.Type)
	}
	for _, t := range r.Traits {
		add(true, "[%s]", strings.TrimSpace(string(t.Kind)+" "+t.Detail))
	}
	return strings.Join(w, " ")
}

type row struct{ name, change, want string }

// check reads a list's record after each row's change.
func check(t *testing.T, list string, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			resource := one(t, listed(t, list, r.change))
			if got := words(&resource); got != r.want {
				t.Errorf("got  %s\nwant %s", got, r.want)
			}
		})
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	const usual = "running since 2026-11-15T23:30:21Z m5.large Linux/UNIX"
	check(t, "Reservations", []row{
		{"as it is", `{}`, usual},
		{"pending counts from its launch", `{"State": {"Code": 0, "Name": "pending"}}`, "changing since 2026-11-15T23:30:21Z m5.large Linux/UNIX"},
		{
			"stopped by a person, at the time in the reason",
			`{"State": {"Name": "stopped"}, "StateTransitionReason": "User initiated (2026-11-20 10:35:01 GMT)"}`,
			"stopped since 2026-11-20T10:35:01Z m5.large Linux/UNIX",
		},
		{"stopped, and AWS gives no reason", `{"State": {"Name": "stopped"}, "StateTransitionReason": ""}`, "stopped m5.large Linux/UNIX"},
		{
			"stopped, and the reason has no time",
			`{"State": {"Name": "stopped"}, "StateTransitionReason": "Server.ScheduledStop: Stopped due to scheduled retirement"}`,
			"stopped m5.large Linux/UNIX by AWS",
		},
		{
			"a start that failed after it was accepted",
			`{"State": {"Name": "stopped"}, "StateTransitionReason": "Client.InternalError: Client error on launch"}`,
			"stopped m5.large Linux/UNIX by AWS",
		},
		{
			"a shutdown inside the instance is a person's",
			`{"State": {"Name": "stopped"}, "StateTransitionReason": "Client.InstanceInitiatedShutdown: Instance initiated shutdown"}`,
			"stopped m5.large Linux/UNIX",
		},
		{
			"a time that there is not is no time",
			`{"State": {"Name": "stopped"}, "StateTransitionReason": "User initiated (2026-13-40 10:35:01 GMT)"}`,
			"stopped m5.large Linux/UNIX",
		},
		{"stopping", `{"State": {"Name": "stopping"}, "StateTransitionReason": "User initiated (2026-11-20 10:34:50 GMT)"}`, "changing since 2026-11-20T10:34:50Z m5.large Linux/UNIX"},
		{"shutting down is as good as gone", `{"State": {"Name": "shutting-down"}}`, "gone m5.large Linux/UNIX"},
		{"terminated", `{"State": {"Name": "terminated"}, "NetworkInterfaces": []}`, "gone m5.large Linux/UNIX"},
		{"running again: an old reason says nothing", `{"StateTransitionReason": "User initiated (2026-11-01 10:35:01 GMT)"}`, usual},
		{"milliseconds of the wire format", `{"LaunchTime": "2026-11-15T23:30:21.000Z"}`, usual},
		{"a workstation's offset", `{"LaunchTime": "2026-11-16T08:30:21+09:00"}`, usual},

		{"an old CLI prints no platform for Linux", `{"PlatformDetails": null}`, usual},
		{"and a word for Windows", `{"PlatformDetails": null, "Platform": "windows"}`, "running since 2026-11-15T23:30:21Z m5.large Windows"},
		{"the details say more", `{"PlatformDetails": "Windows with SQL Server Standard", "Platform": "windows"}`, "running since 2026-11-15T23:30:21Z m5.large Windows with SQL Server Standard"},

		{"running Spot is taken for one-time", `{"InstanceLifecycle": "spot", "SpotInstanceRequestId": "sir-abcd1234"}`, usual + " spot-one-time"},
		{
			"Spot that a person stopped must be persistent",
			`{"InstanceLifecycle": "spot", "State": {"Name": "stopped"}, "StateTransitionReason": "User initiated (2026-11-20 10:35:01 GMT)"}`,
			"stopped since 2026-11-20T10:35:01Z m5.large Linux/UNIX spot-persistent",
		},
		{
			"Spot that AWS stopped can be started by AWS alone",
			`{"InstanceLifecycle": "spot", "State": {"Name": "stopped"}, "StateTransitionReason": "Server.SpotInstanceShutdown: interrupted (2026-11-20 10:35:01 GMT)"}`,
			"stopped since 2026-11-20T10:35:01Z m5.large Linux/UNIX by AWS spot-one-time",
		},

		{"hibernation", `{"HibernationOptions": {"Configured": true}}`, usual + " [hibernation-ready]"},
		{"root on an instance store", `{"RootDeviceType": "instance-store"}`, usual + " [instance-store-root]"},
		{"a type with local disks", `{"InstanceType": "m5d.large"}`, "running since 2026-11-15T23:30:21Z m5d.large Linux/UNIX [instance-store-data m5d.large]"},
		{
			"an automatic address changes",
			`{"PublicIpAddress": "203.0.113.9", "NetworkInterfaces": [{"Association": {"IpOwnerId": "amazon", "PublicIp": "203.0.113.9"}}]}`,
			usual + " [public-address 203.0.113.9]",
		},
		{
			"an Elastic IP stays",
			`{"PublicIpAddress": "203.0.113.9", "NetworkInterfaces": [{"Association": {"IpOwnerId": "111122223333", "PublicIp": "203.0.113.9"}}]}`,
			usual,
		},
		{"an address of unknown origin is taken for automatic", `{"PublicIpAddress": "203.0.113.9"}`, usual + " [public-address 203.0.113.9]"},

		{"member of a group", `{"Tags": [{"Key": "aws:autoscaling:groupName", "Value": "web"}]}`, usual + " [group-member web]"},
		{
			"an EKS node carries both",
			`{"Tags": [{"Key": "aws:autoscaling:groupName", "Value": "web"}, {"Key": "kubernetes.io/cluster/dev", "Value": "owned"}, {"Key": "eks:nodegroup-name", "Value": "ng-1"}]}`,
			usual + " [group-member web] [managed EKS node group ng-1]",
		},
		{"a node of a cluster that kops made", `{"Tags": [{"Key": "kubernetes.io/cluster/dev", "Value": "owned"}]}`, usual + " [managed Kubernetes cluster dev]"},
		{"Karpenter", `{"Tags": [{"Key": "karpenter.sh/nodepool", "Value": "general"}]}`, usual + " [managed Karpenter node pool general]"},
		{"Karpenter, by any of its tags", `{"Tags": [{"Key": "karpenter.sh/discovery", "Value": "dev"}]}`, usual + " [managed Karpenter]"},
		{"Elastic Beanstalk", `{"Tags": [{"Key": "elasticbeanstalk:environment-name", "Value": "admin"}]}`, usual + " [managed Elastic Beanstalk environment admin]"},
		{"EMR", `{"Tags": [{"Key": "aws:elasticmapreduce:job-flow-id", "Value": "j-1"}]}`, usual + " [managed EMR cluster j-1]"},
		{"AWS Batch", `{"Tags": [{"Key": "AWSBatchServiceTag", "Value": "batch"}]}`, usual + " [managed AWS Batch]"},
		{"an operator", `{"Operator": {"Managed": true, "Principal": "eks.amazonaws.com"}}`, usual + " [managed the operator eks.amazonaws.com]"},
	})
}

func TestWhatIsAttached(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, change, want string }{
		{
			"volumes in order, and none without an id",
			`{"BlockDeviceMappings": [{"Ebs": {"VolumeId": "vol-2"}}, {"Ebs": {"VolumeId": "vol-1"}}, {"DeviceName": "xvdc"}], "NetworkInterfaces": []}`, "vol-1 vol-2",
		},
		{"an interface counts with a public address alone", `{"BlockDeviceMappings": [], "NetworkInterfaces":
			[{"NetworkInterfaceId": "eni-1"}, {"NetworkInterfaceId": "eni-2", "Association": {"PublicIp": "203.0.113.9"}}]}`, "eni-2"},
	} {
		if got := strings.Join(one(t, listed(t, "Reservations", row.change)).Attached, " "); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestInstanceIdentity(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, change string
		opts         local.Options
		arn          fleet.ARN
	}{
		{"Seoul", `{"InstanceId": "i-1"}`, local.Options{}, "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-1"},
		{"China", `{"InstanceId": "i-1", "Placement": {"AvailabilityZone": "cn-north-1b"}}`, local.Options{}, "arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-1"},
		{"a local zone", `{"InstanceId": "i-1", "Placement": {"AvailabilityZone": "us-east-1-bos-1a"}}`, local.Options{}, "arn:aws:ec2:us-east-1:111122223333:instance/i-1"},
		{"a Wavelength zone", `{"InstanceId": "i-1", "Placement": {"AvailabilityZone": "us-east-1-wl1-bos-wlz-1"}}`, local.Options{}, "arn:aws:ec2:us-east-1:111122223333:instance/i-1"},
		{"an account with zeros in front", `{"InstanceId": "i-1", "OwnerId": "000022223333"}`, local.Options{}, "arn:aws:ec2:ap-northeast-2:000022223333:instance/i-1"},
		{"the same said twice", `{"InstanceId": "i-1"}`, local.Options{Account: "111122223333", Region: "ap-northeast-2"}, "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-1"},
		{
			"what the file does not tell", `{"InstanceId": "i-1", "Placement": {}, "OwnerId": ""}`,
			local.Options{Account: "444455556666", Region: "eu-west-1"},
			"arn:aws:ec2:eu-west-1:444455556666:instance/i-1",
		},
	} {
		row.opts.Taken = friday
		s, err := read(row.opts, listed(t, "Reservations", row.change))
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if got := s.Resources[0].ARN; got != row.arn {
			t.Errorf("%s: got %s, want %s", row.name, got, row.arn)
		}
	}
}

func TestInstanceFacts(t *testing.T) {
	t.Parallel()
	r := one(t, listed(t, "Reservations", `{}`))
	if got, want := r.Created.Format(time.RFC3339), "2026-03-02T01:12:44Z"; got != want {
		t.Errorf("created: got %s, want %s, when its primary interface was attached", got, want)
	}
	if got, want := r.Name(), "dev-order-api-1"; got != want {
		t.Errorf("name: got %s, want %s", got, want)
	}
	if got, _ := r.Tags.Get("Environment"); got != "개발" {
		t.Errorf("environment: got %s", got)
	}
	if r.Status != "running" || r.Kind != fleet.EC2Instance || r.Scope.Account != "111122223333" {
		t.Errorf("got %+v", r)
	}
}
