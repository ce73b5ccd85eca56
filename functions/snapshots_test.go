package functions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"

	"offpeak/functions/invoke"
	"offpeak/internal/ledger"
)

// TestDatabasesAreStoppedWithASnapshot: that of an instance is part of its stop, and a cluster's comes a sweep before; the ledger names both.
func TestDatabasesAreStoppedWithASnapshot(t *testing.T) {
	t.Parallel()
	s := set(t, "210000000073")
	s.push(t, "observe: 0s\nschedules: {closed: {always: stopped, snapshot: 7d}}\n")
	client := rds.NewFromConfig(s.access.Config(s.spoke))
	tags := []rdstypes.Tag{{Key: aws.String("offpeak:schedule"), Value: aws.String("closed")}}
	_, err := client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("orders"), DBInstanceClass: aws.String("db.m6g.large"), Engine: aws.String("postgres"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("root"), MasterUserPassword: aws.String("secret-secret"), Tags: tags,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateDBCluster(t.Context(), &rds.CreateDBClusterInput{
		DBClusterIdentifier: aws.String("sales"), Engine: aws.String("aurora-postgresql"), MasterUsername: aws.String("root"), MasterUserPassword: aws.String("secret-secret"), Tags: tags,
	}); err != nil {
		t.Fatal(err)
	}
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	states := func() string {
		t.Helper()
		i, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{DBInstanceIdentifier: aws.String("orders")})
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: aws.String("sales")})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(i.DBInstances[0].DBInstanceStatus) + ", " + aws.ToString(c.DBClusters[0].Status)
	}
	for sweep, want := range []string{"available, available", "stopped, available", "stopped, stopped"} {
		if f := failures(t, schedule.Call(t, s.wake(), patience)); len(f) != 0 || states() != want {
			t.Fatalf("sweep %d: %s, want %s; %v\n%s", sweep+1, states(), want, f, schedule.Logs())
		}
	}
	var told []string
	for e, err := range (ledger.Book{Store: s.store}).Read(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), s.spoke) {
		if err != nil {
			t.Fatal(err)
		}
		if e.State == ledger.Applied || e.State == ledger.Failed {
			told = append(told, e.ID+" "+string(e.State)+" "+string(e.Class)+strings.Join(e.Notes, "; "))
		}
	}
	text := strings.Join(told, "\n")
	for _, want := range []string{
		"orders applied RDS takes the snapshot offpeak-orders-", "sales failed in-transition", "sales applied stopped after the snapshot offpeak-sales-",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the ledger does not say %q:\n%s", want, text)
		}
	}
	listed, err := client.DescribeDBClusterSnapshots(t.Context(), &rds.DescribeDBClusterSnapshotsInput{SnapshotType: aws.String("manual")})
	if err != nil || len(listed.DBClusterSnapshots) != 1 || len(listed.DBClusterSnapshots[0].TagList) != 0 {
		t.Errorf("one snapshot of the cluster, without tags: %+v, %v", listed, err)
	}
}
