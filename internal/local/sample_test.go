package local_test

import (
	"cmp"
	"testing"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

// What the sample fleet is there to show, on Friday evening and on Monday morning.
func TestSampleFleet(t *testing.T) {
	t.Parallel()
	type look map[string]string // by Name tag, else by id
	for moment, want := range map[string]look{
		"friday": {
			"dev-order-api-1":        "running since 2026-11-15T23:30:21Z m5.large Linux/UNIX",
			"dev-batch-1":            "stopped since 2026-11-19T21:04:11Z c5.xlarge Linux/UNIX",
			"dev-poc-gpu":            "running since 2026-11-17T04:05:47Z g4dn.xlarge Linux/UNIX [instance-store-data g4dn.xlarge]",
			"dev-old-image":          "running since 2024-05-02T01:00:00Z m3.medium Linux/UNIX [instance-store-root] [instance-store-data m3.medium]",
			"dev-spot-crawler":       "running since 2026-11-19T00:02:16Z c5.large Linux/UNIX spot-one-time",
			"dev-spot-ide":           "stopped since 2026-11-20T09:40:27Z m5.large Linux/UNIX spot-persistent",
			"dev-win-build":          "running since 2026-11-15T23:30:21Z m5.large Windows [hibernation-ready]",
			"dev-started-by-hand":    "running since 2026-11-20T10:32:05Z t3.small Linux/UNIX",
			"dev-public-demo":        "running since 2026-11-15T23:30:21Z t3.small Linux/UNIX [public-address 203.0.113.25]",
			"dev-bastion":            "running since 2026-03-02T01:12:44Z t3.micro Linux/UNIX",
			"dev-terminated":         "gone since 2026-11-20T10:03:37Z t3.micro Linux/UNIX",
			"eks-dev-node-1":         "running since 2026-11-11T17:14:50Z m5.xlarge Linux/UNIX [group-member eks-dev-ng-1-7ac1e2d0] [managed EKS node group ng-1]",
			"dev-shop-web":           "running 2/4/2 Linux/UNIX 2 x t3.medium",
			"dev-batch-workers":      "stopped 0/10/0",
			"dev-warm-checkout":      "running 1/3/1 Linux/UNIX 1 x m5.large [warm-pool]",
			"eks-dev-ng-1-7ac1e2d0":  "running 2/5/2 Linux/UNIX 2 x m5.xlarge [managed EKS node group ng-1]",
			"prod-shop-web":          "running 3/12/3 Linux/UNIX 3 x m5.large [protected-members 1]",
			"dev-shop-db":            "running db.t3.medium postgres",
			"dev-orders":             "running db.t3.medium mysql [replica-source dev-orders-ro]",
			"dev-orders-ro":          "running db.t3.medium mysql [read-replica dev-orders]",
			"dev-erp":                "running db.m5.large sqlserver-se in several zones [cannot-stop SQL Server in a Multi-AZ deployment]",
			"dev-aurora-1":           "running db.r6g.large aurora-postgresql [cluster-member dev-aurora]",
			"dev-aurora":             "running aurora-postgresql 2 x db.r6g.large",
			"dev-survey":             "running aurora-mysql [cannot-stop Aurora Serverless v1]",
			"dev-ledger":             "running db.m6gd.large postgres in several zones 3 x db.m6gd.large [cannot-stop a Multi-AZ DB cluster of RDS for postgres]",
			"prod-aurora":            "running aurora-postgresql 2 x db.r6g.large [cannot-stop a member of the global database orders-global]",
			"dev-shop-api":           "running 0/0/2 FARGATE",
			"dev-log-agent":          "running 0/0/2 FARGATE [daemon-service]",
			"dev-coupon":             "running 0/0/2 FARGATE [deploying]",
			"dev-notify":             "running 0/0/1 FARGATE [external-deployment CodeDeploy]",
			"dev-instance-scheduler": "running since 2026-11-15T23:30:21Z m5.large Linux/UNIX",
		},
		"monday": {
			"dev-order-api-1":       "stopped since 2026-11-20T10:36:08Z m5.large Linux/UNIX",
			"dev-search-1":          "stopped since 2026-11-21T05:00:33Z r5.large Linux/UNIX",
			"dev-release-rehearsal": "stopped since 2026-11-20T17:00:23Z m5.large Linux/UNIX",
			"dev-started-by-hand":   "stopped since 2026-11-20T13:32:19Z t3.small Linux/UNIX",
			"dev-weekend-load":      "stopped since 2026-11-22T23:00:12Z c5.2xlarge Linux/UNIX",
			"dev-jenkins":           "running since 2026-09-02T02:20:09Z m5.xlarge Linux/UNIX",
			"dev-shop-web":          "stopped 0/0/0",
			"dev-shop-db":           "stopped until 2026-11-27T10:36:30Z db.t3.medium postgres",
			"dev-aurora":            "stopped until 2026-11-27T10:36:30Z aurora-postgresql 2 x db.r6g.large",
			"dev-shop-api":          "stopped 0/0/0 FARGATE",
			"dev-coupon":            "stopped 0/0/0 FARGATE",
			"prod-aurora":           "running aurora-postgresql 2 x db.r6g.large [cannot-stop a member of the global database orders-global]",
		},
	} {
		s := sample(t, moment)
		seen := look{}
		for i := range s.Resources {
			r := &s.Resources[i]
			seen[cmp.Or(r.Name(), r.ID)] = words(r)
		}
		if len(seen) != len(s.Resources) || len(s.Gaps) > 0 {
			t.Errorf("%s: %d names for %d resources, gaps %q", moment, len(seen), len(s.Resources), s.Gaps)
		}
		for name, want := range want {
			if got := seen[name]; got != want {
				t.Errorf("%s, %s:\ngot  %s\nwant %s", moment, name, got, want)
			}
		}
	}
}

// All that runs in the sample fleet has a price in the sample price list, except for what has none per hour.
func TestSamplePrices(t *testing.T) {
	t.Parallel()
	prices, err := local.ReadPricesFile(sampleFleet + "/prices.csv")
	if err != nil {
		t.Fatal(err)
	}
	s := sample(t, "friday")
	prices.Apply(&s)
	for i := range s.Resources {
		r := &s.Resources[i]
		priceless := r.Kind == fleet.ECSService || r.ID == "dev-survey" || r.ID == "dev-batch-workers" || r.Lifecycle != fleet.OnDemand
		if r.Price.Known == priceless {
			t.Errorf("%s %s (%s): price known: %t", r.Kind, cmp.Or(r.Name(), r.ID), words(r), r.Price.Known)
		}
	}
}

func TestNotCheckedFollowsTheKinds(t *testing.T) {
	t.Parallel()
	s, err := read(local.Options{Taken: friday}, listed(t, "services", `{}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"permission to act", "CloudFormation stacks being updated", "scaling policies of ECS services"}
	if len(s.NotChecked) != len(want) {
		t.Fatalf("got %q, want %q", s.NotChecked, want)
	}
	for i := range want {
		if s.NotChecked[i] != want[i] {
			t.Errorf("got %q, want %q", s.NotChecked[i], want[i])
		}
	}
}
