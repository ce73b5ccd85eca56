package owner_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/inventory"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/owner"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

const (
	override = "offpeak:override"
	until    = "running until 2026-11-24 02:00, 야간 배포"
)

var (
	scope = fleet.Scope{Account: "750000000001", Region: "ap-northeast-2"}
	tags  = fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "office"}, fleet.Tag{Key: "팀", Value: "결제"})
)

// stand is an account with two of every kind; one of them is written to.
func stand(t *testing.T) (*cloud.Access, *inventory.Reader) {
	t.Helper()
	server := moto.Start(t)
	access, err := cloud.Open(t.Context(), server.Options())
	if err != nil {
		t.Fatal(err)
	}
	a := server.Account(t, scope)
	a.Launch(2, tags)
	for _, name := range []string{"a", "b"} {
		a.Group(name, fleet.Size{Min: 1, Max: 2, Desired: 1}, tags)
		a.Database(name, tags)
		a.Cluster(name, tags)
		a.Service("shop", name, fleet.Size{Desired: 1}, tags)
	}
	return access, inventory.New(access, inventory.Options{Keys: []string{"offpeak:schedule"}})
}

func read(t *testing.T, reader *inventory.Reader) map[fleet.ARN]fleet.Resource {
	t.Helper()
	s, err := reader.Snapshot(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	all := map[fleet.ARN]fleet.Resource{}
	for _, r := range s.Resources {
		all[r.ARN] = r
	}
	return all
}

// TestOneTagOfOneResourceIsWritten, and again, and a group does not pass it on to its instances.
func TestOneTagOfOneResourceIsWritten(t *testing.T) {
	t.Parallel()
	access, reader := stand(t)
	before := read(t, reader)
	done := map[fleet.Kind]fleet.ARN{}
	for arn, r := range before {
		if done[r.Kind] != "" {
			continue
		}
		done[r.Kind] = arn
		for _, value := range []string{"running until 2026-11-23 22:00", until} {
			if err := owner.SetTag(t.Context(), access, &r, override, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(done) != len(fleet.Kinds()) || len(before) != 2*len(fleet.Kinds()) {
		t.Fatalf("%d kinds, %d resources", len(done), len(before))
	}
	after := read(t, reader)
	for arn, r := range after {
		want := fleet.NewTags(before[arn].Tags...)
		if done[r.Kind] == arn {
			want = fleet.NewTags(append(want, fleet.Tag{Key: override, Value: until})...)
		}
		if fmt.Sprint(r.Tags) != fmt.Sprint(want) {
			t.Errorf("%s has %v, want %v", arn, r.Tags, want)
		}
	}
	groups, err := autoscaling.NewFromConfig(access.Config(scope)).DescribeAutoScalingGroups(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	written := 0
	for _, g := range groups.AutoScalingGroups {
		for _, tag := range g.Tags {
			if aws.ToString(tag.Key) != override {
				continue
			}
			if written++; aws.ToBool(tag.PropagateAtLaunch) {
				t.Errorf("%s passes it on to instances that it launches", aws.ToString(g.AutoScalingGroupName))
			}
		}
	}
	if written != 1 {
		t.Errorf("%d groups have it", written)
	}
}

// TestWhatCannotBeTaggedIsNamed has answers in AWS's own form (API references of EC2, RDS and ECS): moto tags what is not there, for everybody.
func TestWhatCannotBeTaggedIsNamed(t *testing.T) {
	t.Parallel()
	const (
		ofEC2  = `<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>1</RequestID></Response>`
		query  = `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>`
		asJSON = `{"__type":%q,"message":%q}`
	)
	for _, row := range []struct {
		kind          fleet.Kind
		form          string
		code, message string
		class         failure.Class
	}{
		{fleet.EC2Instance, ofEC2, "InvalidInstanceID.NotFound", "The instance ID 'web' does not exist", failure.Gone},
		{fleet.EC2Instance, ofEC2, "UnauthorizedOperation", "You are not authorized to perform this operation.", failure.Denied},
		{fleet.EC2Instance, ofEC2, "TagLimitExceeded", "The maximum number of Tags for a resource has been reached.", failure.Quota},
		{fleet.AutoScalingGroup, query, "AccessDenied", "User is not authorized to perform: autoscaling:CreateOrUpdateTags", failure.Denied},
		{fleet.RDSInstance, query, "DBInstanceNotFound", "The specified resource name does not match an RDS resource in this region.", failure.Gone},
		{fleet.RDSCluster, query, "DBClusterNotFoundFault", "DBCluster web not found.", failure.Gone},
		{fleet.ECSService, asJSON, "ServiceNotFoundException", "Service not found.", failure.Gone},
		{99, asJSON, "", "there is no tag for", failure.Other},
	} {
		t.Run(fmt.Sprintf("%s %s", row.kind, row.code), func(t *testing.T) {
			t.Parallel()
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, row.form, row.code, row.message)
			}))
			defer server.Close()
			access, err := cloud.Open(t.Context(), moto.Recorded(server.URL, scope.Region))
			if err != nil {
				t.Fatal(err)
			}
			r := fleet.Resource{Kind: row.kind, ID: "web", ARN: "arn:aws:rds:ap-northeast-2:750000000001:db:web", Scope: scope}
			err = owner.SetTag(t.Context(), access, &r, override, until)
			if failure.Of(err) != row.class || !strings.Contains(err.Error(), row.message) {
				t.Errorf("%v (%s), want %s", err, failure.Of(err), row.class)
			}
			if want := fmt.Sprintf("tag %s web with %s=%q: ", row.kind.Noun(), override, until); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v says not %s", err, want)
			}
			if (asked == 0) != (row.code == "") {
				t.Errorf("AWS was asked %d times", asked)
			}
		})
	}
}
