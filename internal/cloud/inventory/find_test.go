package inventory_test

import (
	"slices"
	"strings"
	"testing"

	"offpeak/internal/cloud/inventory"
	"offpeak/internal/fleet"
)

// folded reads with a key that is compared without case, as Cloud Custodian's.
func folded(t *testing.T, answers map[string]answer) (fleet.Snapshot, *recorded) {
	t.Helper()
	_, access, r := reader(t, answers)
	s, err := inventory.New(access, inventory.Options{Keys: []string{key}, Folded: []string{"maid_offhours"}}).Snapshot(t.Context(), seoul)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

// under is an instance that runs and has one tag, under a key.
func under(tagKey, id string) string {
	return strings.ReplaceAll(instance(id, running), "<key>"+key+"</key>", "<key>"+tagKey+"</key>")
}

// TestAKeyInAnyCase: EC2's filters heed case, and so do those of the index of tags. What a wildcard brings beside it is left out.
func TestAKeyInAnyCase(t *testing.T) {
	t.Parallel()
	s, r := folded(t, map[string]answer{
		"DescribeInstances": always(instances("", under("Maid_OffHours", "i-0000000000000000a"), under("MAID_OFFHOURS", "i-0000000000000000b"),
			under("main_entrance", "i-0000000000000000c"), under("Offpeak:Schedule", "i-0000000000000000d"))),
		"DescribeAutoScalingGroups": always(groups(strings.ReplaceAll(group("web", ""), key, "Maid_Offhours"), strings.ReplaceAll(group("other", ""), key, "Team"))),
		"GetResources": always(`{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:ecs:ap-northeast-2:111122223333:service/shop/web","Tags":[{"Key":"MAID_offhours","Value":"x"}]},` +
			`{"ResourceARN":"arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api","Tags":[{"Key":"Team","Value":"x"}]}]}`),
		"DescribeServices": always(services()),
	})
	if got := names(s); !slices.Equal(got, []string{"i-0000000000000000a", "i-0000000000000000b", "web"}) {
		t.Errorf("got %v", got)
	}
	asked := r.made("DescribeInstances")[0].form
	if got := []string{asked.Get("Filter.1.Value.1"), asked.Get("Filter.1.Value.2")}; !slices.Equal(got, []string{key, "????_????????"}) {
		t.Errorf("EC2 is asked for %v", got)
	}
	if got := r.made("DescribeAutoScalingGroups")[0].form.Get("Filters.member.1.Name"); got != "" {
		t.Errorf("Auto Scaling's filters know no wildcards, and were asked for %s", got)
	}
	if calls := r.made("GetResources"); len(calls) != 1 || strings.Contains(calls[0].body, "TagFilters") {
		t.Errorf("the index of tags is asked once, for everything: %+v", calls)
	}
	if calls := r.made("DescribeServices"); len(calls) != 1 || !strings.Contains(calls[0].body, "shop/web") || strings.Contains(calls[0].body, "shop/api") {
		t.Errorf("got %+v", calls)
	}
}

// TestFind looks by name for what a listing of tags does not show: with filters, where a name that is gone would fail a call that names it.
func TestFind(t *testing.T) {
	t.Parallel()
	read, _, r := reader(t, map[string]answer{
		"DescribeInstances":         always(instances("", under("Name", "i-0000000000000000a"))),
		"DescribeAutoScalingGroups": always(groups(group("web", ""))),
		"DescribeDBInstances":       refused("DBInstanceNotFound"),
		"DescribeDBClusters":        always(clusters()),
		"DescribeServices":          always(`{"services":[],"failures":[{"arn":"x","reason":"MISSING"}]}`),
	})
	found, err := read.Find(t.Context(), seoul, []fleet.ARN{
		"arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0000000000000000a", "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-0000000000000000b",
		"arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:u:autoScalingGroupName/web", "arn:aws:rds:ap-northeast-2:111122223333:db:orders",
		"arn:aws:rds:ap-northeast-2:111122223333:cluster:ledger", "arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api", "something else",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(fleet.Snapshot{Resources: found}); !slices.Equal(got, []string{"i-0000000000000000a", "web"}) {
		t.Errorf("got %v", got)
	}
	if form := r.made("DescribeInstances")[0].form; form.Get("Filter.1.Name") != "instance-id" || form.Get("InstanceId.1") != "" {
		t.Errorf("asked with %v", form)
	}
	if form := r.made("DescribeDBClusters")[0].form; form.Get("Filters.Filter.1.Name") != "db-cluster-id" || form.Get("DBClusterIdentifier") != "" {
		t.Errorf("asked with %v", form)
	}
	if calls := len(r.calls); calls != 5 {
		t.Errorf("%d calls", calls)
	}
}
