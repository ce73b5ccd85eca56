package commitments_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
)

type billRow struct {
	name  string
	usage []commitments.Usage
	c     commitments.Commitments
	want  []string
}

func check(t *testing.T, rows []billRow) {
	t.Helper()
	for _, row := range rows {
		if diff := cmp.Diff(row.want, story(commitments.Bill(commitments.Hour{Usage: row.usage, Commitments: row.c}))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", row.name, diff)
		}
	}
}

func TestReservationsCover(t *testing.T) {
	t.Parallel()
	type usages = []commitments.Usage
	type reservations = []commitments.Reservation
	check(t, []billRow{
		{"nothing used, nothing bought", nil, commitments.Commitments{}, []string{"total 0"}},
		{
			"AWS, scenario 1: c4.large covers half of a c4.xlarge",
			usages{runs("A/i", linux("c4.xlarge"), "1", "0.2")},
			commitments.Commitments{Reservations: reservations{reserve("A/ri", 1, regional(linux("c4.large")), "0.06")}},
			[]string{"A/i: 0.5 by ri for 0.06, 0.5 on demand for 0.1", "ri: 0.06 of 0.06 used", "total 0.16"},
		},
		{
			"AWS, scenario 2: m3.2xlarge covers two large, then one of two xlarge",
			usages{
				runs("A/x1", linux("m3.xlarge"), "1", "0.4"), runs("A/x2", linux("m3.xlarge"), "1", "0.4"),
				runs("A/l1", linux("m3.large"), "1", "0.2"), runs("A/l2", linux("m3.large"), "1", "0.2"),
			},
			commitments.Commitments{Reservations: reservations{reserve("A/ri", 1, regional(linux("m3.2xlarge")), "0.4")}},
			[]string{
				"A/x1: 1 by ri for 0.2, 0 on demand for 0", "A/x2: 1 on demand for 0.4",
				"A/l1: 1 by ri for 0.1, 0 on demand for 0", "A/l2: 1 by ri for 0.1, 0 on demand for 0",
				"ri: 0.4 of 0.4 used", "total 0.8",
			},
		},
		{
			"AWS, scenario 3: the purchasing account first, though a linked account has smaller ones",
			usages{runs("A/2x", linux("m4.2xlarge"), "1", "0.8"), runs("B/x", linux("m4.xlarge"), "1", "0.4")},
			commitments.Commitments{Reservations: reservations{reserve("A/ri", 2, regional(linux("m4.xlarge")), "0.1")}},
			[]string{"A/2x: 1 by ri for 0.2, 0 on demand for 0", "B/x: 1 on demand for 0.4", "ri: 0.2 of 0.2 used", "total 0.6"},
		},
		{
			"AWS, scenario 4: another account's zonal one before one's own regional one, which then serves others",
			usages{runs("A/i", linux("m4.xlarge"), "1", "0.4"), runs("B/i", in("us-east-1b", linux("m4.xlarge")), "1", "0.4")},
			commitments.Commitments{Reservations: reservations{
				reserve("A/regional", 1, regional(linux("m4.xlarge")), "0.1"), reserve("C/zonal", 1, linux("m4.xlarge"), "0.2"),
			}},
			[]string{
				"A/i: 1 by zonal for 0.2, 0 on demand for 0", "B/i: 1 by regional for 0.1, 0 on demand for 0",
				"regional: 0.1 of 0.1 used", "zonal: 0.2 of 0.2 used", "total 0.3",
			},
		},
		{
			"no sharing: the owner's alone, the rest is lost",
			usages{runs("A/i", linux("m4.large"), "0.5", "0.2"), runs("B/i", linux("m4.large"), "1", "0.2")},
			commitments.Commitments{
				Reservations: reservations{reserve("A/ri", 1, regional(linux("m4.large")), "0.1")},
				NotSharing:   map[fleet.AccountID]bool{"B": true},
			},
			[]string{"A/i: 0.5 by ri for 0.05, 0 on demand for 0", "B/i: 1 on demand for 0.2", "ri: 0.05 of 0.1 used", "total 0.3"},
		},
		{
			"four times fifteen minutes are one hour",
			usages{
				runs("A/1", linux("m4.xlarge"), "0.25", "0.4"), runs("A/2", linux("m4.xlarge"), "0.25", "0.4"),
				runs("A/3", linux("m4.xlarge"), "0.25", "0.4"), runs("A/4", linux("m4.xlarge"), "0.25", "0.4"),
			},
			commitments.Commitments{Reservations: reservations{reserve("A/ri", 1, linux("m4.xlarge"), "0.1")}},
			[]string{
				"A/1: 0.25 by ri for 0.025, 0 on demand for 0", "A/2: 0.25 by ri for 0.025, 0 on demand for 0",
				"A/3: 0.25 by ri for 0.025, 0 on demand for 0", "A/4: 0.25 by ri for 0.025, 0 on demand for 0",
				"ri: 0.1 of 0.1 used", "total 0.1",
			},
		},
		{
			"Windows is not flexible",
			usages{runs("A/i", windows("m4.xlarge"), "1", "0.4")},
			commitments.Commitments{Reservations: reservations{reserve("A/ri", 2, regional(windows("m4.large")), "0.1")}},
			[]string{"A/i: 1 on demand for 0.4", "ri: 0 of 0.2 used", "total 0.6"},
		},
		{
			"g5 is not flexible, but its own type is covered in any zone",
			usages{runs("A/i", in("us-east-1c", linux("g5.xlarge")), "1", "1")},
			commitments.Commitments{Reservations: reservations{
				reserve("A/other", 2, regional(linux("g5.2xlarge")), "0.1"), reserve("A/same", 1, regional(linux("g5.xlarge")), "0.6"),
			}},
			[]string{"A/i: 1 by same for 0.6, 0 on demand for 0", "other: 0 of 0.2 used", "same: 0.6 of 0.6 used", "total 0.8"},
		},
		{
			"a zonal one covers neither another zone nor another size",
			usages{runs("A/b", in("us-east-1b", linux("m4.large")), "1", "0.2"), runs("A/x", linux("m4.xlarge"), "1", "0.4")},
			commitments.Commitments{Reservations: reservations{reserve("A/ri", 1, linux("m4.large"), "0.1")}},
			[]string{"A/b: 1 on demand for 0.2", "A/x: 1 on demand for 0.4", "ri: 0 of 0.1 used", "total 0.7"},
		},
		{
			"RDS: a Multi-AZ database takes twice the units of a flexible engine",
			usages{runs("A/db", database("db.r6g.large", "mysql", true), "1", "0.5")},
			commitments.Commitments{Reservations: reservations{reserve("A/ri", 1, database("db.r6g.large", "mysql", false), "0.15")}},
			[]string{"A/db: 0.5 by ri for 0.15, 0.5 on demand for 0.25", "ri: 0.15 of 0.15 used", "total 0.4"},
		},
		{
			"RDS: SQL Server matches class and deployment, not units",
			usages{runs("A/multi", database("db.r6g.large", "sqlserver-se", true), "1", "2"), runs("A/single", database("db.r6g.large", "sqlserver-se", false), "1", "1")},
			commitments.Commitments{Reservations: reservations{reserve("A/ri", 2, database("db.r6g.large", "sqlserver-se", false), "0.5")}},
			[]string{"A/multi: 1 on demand for 2", "A/single: 1 by ri for 0.5, 0 on demand for 0", "ri: 0.5 of 1 used", "total 3"},
		},
	})
}

// awsRates are those of an example on AWS's page on how Savings Plans apply (an earlier edition).
var (
	nine     = linux("c5.9xlarge")
	biggest  = windows("c5.24xlarge")
	vCPU     = commitments.Product{Compute: commitments.Fargate, Region: "us-west-1"}
	memory   = commitments.Product{Compute: commitments.Lambda, Region: "us-west-1"} // stands for the page's Fargate memory: another SKU
	awsUsage = []commitments.Usage{
		runs("A/nine", nine, "1", "4"), runs("A/biggest", biggest, "1", "10"), runs("A/vcpu", vCPU, "10", "1.5"), runs("A/memory", memory, "5", "2"),
	}
	awsCompute  = card{skuOf(nine): "2", skuOf(biggest): "8", skuOf(vCPU): "1", skuOf(memory): "1"}
	awsInstance = card{skuOf(nine): "1", skuOf(biggest): "6"}
)

func TestSavingsPlansCover(t *testing.T) {
	t.Parallel()
	type usages = []commitments.Usage
	type plans = []commitments.Plan
	large := linux("m5.large")
	check(t, []billRow{
		{
			"AWS: 25 dollars of Compute Savings Plan cover everything", awsUsage,
			commitments.Commitments{Plans: plans{computePlan("A/sp", "25", awsCompute)}},
			[]string{
				"A/nine: 1 by sp for 2, 0 on demand for 0", "A/biggest: 1 by sp for 8, 0 on demand for 0",
				"A/vcpu: 10 by sp for 10, 0 on demand for 0", "A/memory: 5 by sp for 5, 0 on demand for 0", "sp: 25 of 25 used", "total 25",
			},
		},
		{
			"the highest percentage first, of equal ones the lower rate; the line on which it runs out is covered in part", awsUsage,
			commitments.Commitments{Plans: plans{computePlan("A/sp", "6", awsCompute)}},
			[]string{
				"A/nine: 0.5 by sp for 1, 0.5 on demand for 2", "A/biggest: 1 on demand for 10", "A/vcpu: 10 on demand for 15",
				"A/memory: 5 by sp for 5, 0 on demand for 0", "sp: 6 of 6 used", "total 33",
			},
		},
		{
			"EC2 Instance Savings Plans before Compute ones, though these could take the same", awsUsage,
			commitments.Commitments{Plans: plans{computePlan("A/compute", "17", awsCompute), instancePlan("A/instance", "c5", "4", awsInstance)}},
			[]string{
				"A/nine: 1 by instance for 1, 0 on demand for 0", "A/biggest: 0.5 by instance for 3, 0.25 by compute for 2, 0.25 on demand for 2.5",
				"A/vcpu: 10 by compute for 10, 0 on demand for 0", "A/memory: 5 by compute for 5, 0 on demand for 0",
				"compute: 17 of 17 used", "instance: 4 of 4 used", "total 23.5",
			},
		},
		{
			"the owner's usage first, whatever the percentage; then others that share",
			usages{
				runs("A/low", biggest, "1", "10"), runs("B/high", nine, "1", "4"), runs("C/high", nine, "1", "4"),
			},
			commitments.Commitments{Plans: plans{computePlan("A/sp", "9", awsCompute)}, NotSharing: map[fleet.AccountID]bool{"B": true}},
			[]string{
				"A/low: 1 by sp for 8, 0 on demand for 0", "B/high: 1 on demand for 4", "C/high: 0.5 by sp for 1, 0.5 on demand for 2",
				"sp: 9 of 9 used", "total 15",
			},
		},
		{
			"Reserved Instances before Savings Plans",
			usages{runs("A/i", large, "1", "0.1")},
			commitments.Commitments{
				Reservations: []commitments.Reservation{reserve("B/ri", 1, regional(linux("m5.medium")), "0.04")},
				Plans:        plans{computePlan("A/sp", "1", card{skuOf(large): "0.05"})},
			},
			[]string{"A/i: 0.5 by ri for 0.04, 0.5 by sp for 0.025, 0 on demand for 0", "ri: 0.04 of 0.04 used", "sp: 0.025 of 1 used", "total 1.04"},
		},
		{
			"of several plans of a kind, the pair of the highest percentage first",
			usages{runs("A/i", large, "1", "1")},
			commitments.Commitments{Plans: plans{
				computePlan("A/one-year", "1", card{skuOf(large): "0.7"}), computePlan("A/three-years", "0.25", card{skuOf(large): "0.5"}),
			}},
			[]string{
				"A/i: 0.5 by three-years for 0.25, 0.5 by one-year for 0.35, 0 on demand for 0",
				"one-year: 0.35 of 1 used", "three-years: 0.25 of 0.25 used", "total 1.25",
			},
		},
		{
			"no rate, no coverage; no family, no coverage; databases only by their own plan",
			usages{runs("A/i", large, "1", "1"), runs("A/db", database("db.r6g.large", "mysql", false), "1", "1")},
			commitments.Commitments{Plans: plans{
				computePlan("A/sp", "1", card{"eu-west-1 m5.large": "0.5", skuOf(database("db.r6g.large", "mysql", false)): "0.5"}),
				instancePlan("A/c5", "c5", "1", card{skuOf(large): "0.5"}),
			}},
			[]string{"A/i: 1 on demand for 1", "A/db: 1 on demand for 1", "c5: 0 of 1 used", "sp: 0 of 1 used", "total 4"},
		},
		{
			"one SKU at two contracted prices: the percentage is against each line's own",
			usages{runs("A/cheap", large, "1", "0.6"), runs("A/dear", large, "1", "1")},
			commitments.Commitments{Plans: plans{computePlan("A/sp", "0.5", card{skuOf(large): "0.5"})}},
			[]string{"A/cheap: 1 on demand for 0.6", "A/dear: 1 by sp for 0.5, 0 on demand for 0", "sp: 0.5 of 0.5 used", "total 1.1"},
		},
		{
			"an EC2 Instance Savings Plan is for its region, a Compute Savings Plan for every one",
			usages{runs("A/i", abroad(large), "1", "1")},
			commitments.Commitments{Plans: plans{
				computePlan("A/compute", "0.2", card{skuOf(abroad(large)): "0.8"}), instancePlan("A/m5", "m5", "1", card{skuOf(abroad(large)): "0.5"}),
			}},
			[]string{"A/i: 0.25 by compute for 0.2, 0.75 on demand for 0.75", "compute: 0.2 of 0.2 used", "m5: 0 of 1 used", "total 1.95"},
		},
		{
			"a Database Savings Plan covers what reserved databases leave, and nothing else",
			usages{runs("A/db", database("db.r6g.xlarge", "mysql", false), "1", "1"), runs("A/i", large, "1", "1")},
			commitments.Commitments{
				Reservations: []commitments.Reservation{reserve("A/ri", 1, database("db.r6g.large", "mysql", false), "0.3")},
				Plans: plans{{
					ID: "db-sp", Owner: "A", Kind: commitments.DatabasePlan, Hourly: usd("1"),
					Rates: card{skuOf(large): "0.5", skuOf(database("db.r6g.xlarge", "mysql", false)): "0.8"}.rates(),
				}},
			},
			[]string{
				"A/db: 0.5 by ri for 0.3, 0.5 by db-sp for 0.4, 0 on demand for 0", "A/i: 1 on demand for 1",
				"db-sp: 0.4 of 1 used", "ri: 0.3 of 0.3 used", "total 2.3",
			},
		},
		{
			"a plan dearer than the contracted price is not applied; usage of zero or below costs nothing",
			usages{runs("A/i", large, "1", "0.1"), runs("A/none", large, "0", "0.1"), runs("A/minus", large, "-1", "0.1")},
			commitments.Commitments{Plans: plans{computePlan("A/sp", "1", card{skuOf(large): "0.11"})}},
			[]string{"A/i: 1 on demand for 0.1", "A/none: 0 on demand for 0", "A/minus: 0 on demand for 0", "sp: 0 of 1 used", "total 1.1"},
		},
		{
			"what does not divide is cut at the thirtieth place of the quantity; the money is exact",
			usages{runs("A/i", large, "1", "0.6")},
			commitments.Commitments{Plans: plans{computePlan("A/sp", "0.1", card{skuOf(large): "0.3"})}},
			[]string{
				"A/i: 0.333333333333333333333333333333 by sp for 0.1, 0.666666666666666666666666666667 on demand for 0.4", "sp: 0.1 of 0.1 used", "total 0.5",
			},
		},
	})
}

func TestNormalisedUnits(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		instanceType string
		multiAZ      bool
		want         string
		known        bool
	}{
		{"t3.nano", false, "0.25", true},
		{"t3.micro", false, "0.5", true},
		{"m5.large", false, "4", true},
		{"m5.xlarge", false, "8", true},
		{"c5.9xlarge", false, "72", true},
		{"u-6tb1.112xlarge", false, "896", true},
		{"db.r6g.large", true, "8", true},
		{"db.t3.micro", true, "1", true},
		{"m5.metal", false, "0", false},
		{"m5.0xlarge", false, "0", false},
		{"", false, "0", false},
	} {
		got, known := commitments.Factor(row.instanceType, row.multiAZ)
		if got.String() != row.want || known != row.known {
			t.Errorf("%q: got %s, %v, want %s, %v", row.instanceType, got, known, row.want, row.known)
		}
	}
}

func TestCheckNamesWhatBillPassesOver(t *testing.T) {
	t.Parallel()
	hour := commitments.Hour{
		Usage: []commitments.Usage{runs("A/i", linux("m5.large"), "-1", "0.1")},
		Commitments: commitments.Commitments{
			Reservations: []commitments.Reservation{reserve("A/x", 0, linux("m5.large"), "0.1")},
			Plans:        []commitments.Plan{{ID: "x", Hourly: usd("-1")}},
		},
	}
	want := "usage i in A: quantity -1 is below zero\nreservation x: reserves 0 instances\ncommitment \"x\": an id must be there, and once\n" +
		"plan x: kind 0 is unknown\nplan x: commitment -1 is below zero"
	if got := hour.Check(); got == nil || got.Error() != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if got := (commitments.Hour{Usage: awsUsage}).Check(); got != nil {
		t.Errorf("a sound hour: got %v, want nil", got)
	}
}
