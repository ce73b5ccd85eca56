package membership_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"offpeak/internal/cloud"
	"offpeak/internal/cloud/membership"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/fleet"
	"offpeak/internal/hub"
)

var _ hub.Groups = (*membership.Reader)(nil)

func TestWhoseMemberItIs(t *testing.T) {
	t.Parallel()
	server := moto.Start(t)
	access, err := cloud.Open(t.Context(), server.Options())
	if err != nil {
		t.Fatal(err)
	}
	scope := fleet.Scope{Account: "900000000701", Region: "ap-northeast-2"}
	account := server.Account(t, scope)
	account.Group("web", fleet.Size{Min: 1, Max: 2, Desired: 1}, nil)
	alone := account.Launch(1, nil)[0]
	told, err := autoscaling.NewFromConfig(account.Config).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	member := aws.ToString(told.AutoScalingGroups[0].Instances[0].InstanceId)
	r := membership.New(access)
	for instance, want := range map[string]string{member: "web", alone: "", "i-0123456789abcdef0": ""} {
		if got, err := r.GroupOf(t.Context(), scope, instance); got != want || err != nil {
			t.Errorf("%s is of %q, not of %q: %v", instance, got, want, err)
		}
	}
}
