package fleet_test

import (
	"testing"

	"offpeak/internal/fleet"
)

func TestWhatAnARNTells(t *testing.T) {
	t.Parallel()
	seoul := fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
	for _, row := range []struct {
		arn   fleet.ARN
		kind  fleet.Kind
		scope fleet.Scope
	}{
		{"arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0a1", fleet.EC2Instance, seoul},
		{"arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:1c0f0000-0000-4000-8000-000000000000:autoScalingGroupName/web", fleet.AutoScalingGroup, seoul},
		{"arn:aws:rds:ap-northeast-2:111122223333:db:orders", fleet.RDSInstance, seoul},
		{"arn:aws:rds:ap-northeast-2:111122223333:cluster:db:orders", fleet.RDSCluster, seoul},
		{"arn:aws:ecs:ap-northeast-2:111122223333:service/dev/api", fleet.ECSService, seoul},
		{"arn:aws-cn:ec2:cn-north-1:111122223333:instance/i-0a1", fleet.EC2Instance, fleet.Scope{Account: "111122223333", Region: "cn-north-1"}},
		{"arn:aws:ec2:ap-northeast-2:111122223333:volume/vol-0a1", 0, seoul},
		{"arn:aws:rds:ap-northeast-2:111122223333:cluster-snapshot:orders", 0, seoul},
		{"arn:aws:ecs:ap-northeast-2:111122223333:instance/i-0a1", 0, seoul},
		{"x:aws:ec2:ap-northeast-2:111122223333:instance/i-0a1", 0, fleet.Scope{}},
		{"arn:aws:ec2:instance/i-0a1", 0, fleet.Scope{}},
		{"", 0, fleet.Scope{}},
	} {
		if kind, scope := fleet.KindOf(row.arn); kind != row.kind || scope != row.scope {
			t.Errorf("%s: kind %d in %s, want %d in %s", row.arn, kind, scope, row.kind, row.scope)
		}
	}
}
