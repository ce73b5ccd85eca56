package billing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
)

func TestTagKeys(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"env": "user_env", "cost-center": "user_cost_center", "CostCenter": "user_cost_center", "Cost Center": "user_cost_center", "Name": "user_name", "팀": "user_팀",
		"aws:createdBy": "aws_created_by", "aws:autoscaling:groupName": "aws_autoscaling_group_name", "aws:ecs:clusterName": "aws_ecs_cluster_name",
		"karpenter.sh/nodepool": "user_karpenter_sh_nodepool", "ID": "user_id", "a--b": "user_a_b",
	} {
		if got := billing.TagKey(tag); got != want {
			t.Errorf("TagKey(%q) = %q, want %q", tag, got, want)
		}
	}
}

func TestTagSpellings(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string][]string{
		"Team": {"Team", "user_team"}, "aws:createdBy": {"aws:createdBy", "aws_created_by"}, "팀": {"팀", "user_팀"}, "user_team": {"user_team", "user_user_team"},
	} {
		if diff := cmp.Diff(billing.TagSpellings(tag), want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", tag, diff)
		}
	}
}
