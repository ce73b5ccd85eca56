package local_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"offpeak/internal/fleet"
	"offpeak/internal/local"
)

func TestGroups(t *testing.T) {
	t.Parallel()
	const closed = `"MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0`
	check(t, "AutoScalingGroups", []row{
		{"as it is", `{}`, "running 2/4/2 2 x t3.medium"},
		{"closed", `{` + closed + `, "Instances": []}`, "stopped 0/0/0"},
		{"closed by its own scaling, free to come back", `{"MinSize": 0, "DesiredCapacity": 0, "Instances": []}`, "stopped 0/4/0"},
		{
			"closing: asked for nothing, and not empty yet",
			`{` + closed + `, "Instances": [{"InstanceType": "t3.medium", "LifecycleState": "Terminating"}]}`, "changing 0/0/0 1 x t3.medium",
		},
		{"opening: nothing in service yet", `{"Instances": []}`, "running 2/4/2 [not-in-service 0 of 2]"},
		{
			"members of several types",
			`{"Instances": [{"InstanceType": "m5.large"}, {"InstanceType": "c5.large"}, {"InstanceType": "m5.large"}]}`, "running 2/4/2 1 x c5.large 2 x m5.large [not-in-service 0 of 2]",
		},
		{"being deleted", `{"Status": "Delete in progress"}`, "gone 2/4/2 2 x t3.medium [being-deleted]"},
		{"a warm pool", `{"WarmPoolConfiguration": {"MinSize": 0, "PoolState": "Stopped"}}`, "running 2/4/2 2 x t3.medium [warm-pool]"},
		{
			"protected and standby members",
			`{"Instances": [{"InstanceType": "a", "ProtectedFromScaleIn": true, "LifecycleState": "InService"}, {"InstanceType": "a", "LifecycleState": "Standby"},
				{"InstanceType": "a", "ProtectedFromScaleIn": true, "LifecycleState": "EnteringStandby"}]}`,
			"running 2/4/2 3 x a [not-in-service 1 of 2] [protected-members 2] [standby-members 2]",
		},
		{"an EKS node group", `{"Tags": [{"Key": "eks:nodegroup-name", "Value": "ng-1"}, {"Key": "eks:cluster-name", "Value": "dev"}]}`, "running 2/4/2 2 x t3.medium [managed EKS node group ng-1]"},
		{"the Cluster Autoscaler's", `{"Tags": [{"Key": "k8s.io/cluster-autoscaler/enabled", "Value": "true"}]}`, "running 2/4/2 2 x t3.medium [managed the Kubernetes Cluster Autoscaler]"},
		{"an ECS capacity provider's", `{"Tags": [{"Key": "AmazonECSManaged", "Value": ""}]}`, "running 2/4/2 2 x t3.medium [managed an ECS capacity provider]"},
	})
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	const usual = "db.t3.medium postgres"
	check(t, "DBInstances", []row{
		{"as it is", `{}`, "running " + usual},
		{"stopped, until AWS starts it", `{"DBInstanceStatus": "stopped", "AutomaticRestartTime": "2026-11-27T10:36:30+00:00"}`, "stopped until 2026-11-27T10:36:30Z " + usual},
		{"stopping", `{"DBInstanceStatus": "stopping"}`, "changing " + usual},
		{"available in part is not available: RDS would refuse to stop it", `{"DBInstanceStatus": "storage-optimization"}`, "changing " + usual},
		{"a word that nobody knows yet", `{"DBInstanceStatus": "reticulating-splines"}`, "changing " + usual},
		{"deleting", `{"DBInstanceStatus": "deleting"}`, "gone " + usual},
		{"in two zones", `{"MultiAZ": true}`, "running " + usual + " in several zones"},
		{"a read replica", `{"ReadReplicaSourceDBInstanceIdentifier": "orders"}`, "running " + usual + " [read-replica orders]"},
		{"a read replica of a cluster", `{"ReadReplicaSourceDBClusterIdentifier": "orders"}`, "running " + usual + " [read-replica orders]"},
		{"a source of replicas", `{"ReadReplicaDBInstanceIdentifiers": ["a", "b"], "ReadReplicaDBClusterIdentifiers": ["c"]}`, "running " + usual + " [replica-source a, b, c]"},
		{"a member of a cluster", `{"Engine": "aurora-mysql", "DBClusterIdentifier": "shop"}`, "running db.t3.medium aurora-mysql [cluster-member shop]"},
		{"RDS Custom", `{"Engine": "custom-oracle-ee"}`, "running db.t3.medium custom-oracle-ee [cannot-stop an RDS Custom instance]"},
		{"SQL Server in one zone", `{"Engine": "sqlserver-se"}`, "running db.t3.medium sqlserver-se"},
		{"SQL Server in two", `{"Engine": "sqlserver-se", "MultiAZ": true}`, "running db.t3.medium sqlserver-se in several zones [cannot-stop SQL Server in a Multi-AZ deployment]"},
		{"SQL Server mirrored", `{"Engine": "sqlserver-ee", "SecondaryAvailabilityZone": "ap-northeast-2c"}`, "running db.t3.medium sqlserver-ee [cannot-stop SQL Server in a Multi-AZ deployment]"},
		{"Oracle in two zones", `{"Engine": "oracle-ee", "MultiAZ": true}`, "running db.t3.medium oracle-ee in several zones"},
	})
}

func TestClusters(t *testing.T) {
	t.Parallel()
	const usual = "running aurora-postgresql"
	check(t, "DBClusters", []row{
		{"as it is", `{}`, usual},
		{"stopped, until AWS starts it", `{"Status": "stopped", "AutomaticRestartTime": "2026-11-27T10:36:30+00:00"}`, "stopped until 2026-11-27T10:36:30Z aurora-postgresql"},
		{"DocumentDB", `{"Engine": "docdb"}`, "running docdb"},
		{"Neptune", `{"Engine": "neptune"}`, "running neptune"},
		{"Serverless v1", `{"EngineMode": "serverless"}`, usual + " [cannot-stop Aurora Serverless v1]"},
		{"Serverless v2 is provisioned", `{"ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 4}}`, usual},
		{"multi-master", `{"EngineMode": "multimaster"}`, usual + " [cannot-stop an Aurora multi-master cluster]"},
		{"parallel query", `{"EngineMode": "parallelquery"}`, usual + " [cannot-stop an Aurora cluster of the engine mode parallelquery]"},
		{"global, by its engine mode", `{"EngineMode": "global"}`, usual + " [cannot-stop a member of a global database]"},
		{"global, by name", `{"GlobalClusterIdentifier": "orders"}`, usual + " [cannot-stop a member of the global database orders]"},
		{"global, by write forwarding", `{"GlobalWriteForwardingStatus": "enabled"}`, usual + " [cannot-stop a member of a global database]"},
		{
			"RDS in three zones", `{"Engine": "mysql", "MultiAZ": true, "DBClusterInstanceClass": "db.m6gd.large"}`,
			"running db.m6gd.large mysql in several zones [cannot-stop a Multi-AZ DB cluster of RDS for mysql]",
		},
		{"a replica", `{"ReplicationSourceIdentifier": "arn:aws:rds:us-east-1:111122223333:cluster:a"}`, usual + " [read-replica arn:aws:rds:us-east-1:111122223333:cluster:a]"},
		{"a source", `{"ReadReplicaIdentifiers": ["a"]}`, usual + " [replica-source a]"},
	})
}

func TestServices(t *testing.T) {
	t.Parallel()
	const usual = "running 0/0/2 FARGATE"
	check(t, "services", []row{
		{"as it is", `{}`, usual},
		{"at zero", `{"desiredCount": 0, "runningCount": 0}`, "stopped 0/0/0 FARGATE"},
		{"going to zero", `{"desiredCount": 0, "runningCount": 1}`, "changing 0/0/0 FARGATE"},
		{"still launching what is not wanted any more", `{"desiredCount": 0, "runningCount": 0, "pendingCount": 1}`, "changing 0/0/0 FARGATE"},
		{"opening", `{"runningCount": 0}`, usual + " [not-in-service 0 of 2]"},
		{"draining", `{"status": "DRAINING"}`, "gone 0/0/2 FARGATE [being-deleted]"},
		{"inactive", `{"status": "INACTIVE"}`, "gone 0/0/2 FARGATE"},
		{"a daemon", `{"schedulingStrategy": "DAEMON", "launchType": "EC2"}`, "running 0/0/2 EC2 [daemon-service]"},
		{"two deployments", `{"deployments": [{"rolloutState": "COMPLETED"}, {"rolloutState": "COMPLETED"}]}`, usual + " [deploying]"},
		{"one under way", `{"deployments": [{"rolloutState": "IN_PROGRESS"}]}`, usual + " [deploying]"},
		{"CodeDeploy", `{"deploymentController": {"type": "CODE_DEPLOY"}, "deployments": []}`, usual + " [external-deployment CodeDeploy]"},
		{"another controller", `{"deploymentController": {"type": "EXTERNAL"}, "deployments": []}`, usual + " [external-deployment a controller of its own]"},
		{
			"capacity providers", `{"launchType": null, "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "base": 1}, {"capacityProvider": "FARGATE_SPOT"}]}`,
			"running 0/0/2 FARGATE+FARGATE_SPOT",
		},
	})
}

func TestServiceIdentity(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, change, parent string }{
		{"the cluster in the ARN", `{}`, "dev-shop"},
		{
			"an ARN of before 2018", `{"serviceArn": "arn:aws:ecs:ap-northeast-2:111122223333:service/api", "clusterArn": "arn:aws:ecs:ap-northeast-2:111122223333:cluster/old-shop"}`,
			"old-shop",
		},
	} {
		r := one(t, listed(t, "services", row.change))
		if r.Parent != row.parent || r.Scope.String() != "111122223333/ap-northeast-2" {
			t.Errorf("%s: got %s in %s, want %s", row.name, r.Parent, r.Scope, row.parent)
		}
	}
	created := one(t, listed(t, "services", `{"createdAt": 1775547930.25}`)).Created
	if got, want := created.Format("2006-01-02T15:04:05.00Z07:00"), "2026-04-07T07:45:30.25Z"; got != want {
		t.Errorf("seconds since 1970: got %s, want %s", got, want)
	}
}

// A group's product and a cluster's members are what their parts tell, when the parts were listed.
func TestPartsCompleteTheWhole(t *testing.T) {
	t.Parallel()
	const inGroup = `{"InstanceId": "i-%d", "Platform": "windows", "PlatformDetails": "Windows", "Tags": [{"Key": "aws:autoscaling:groupName", "Value": "dev-shop-web"}]}`
	const inCluster = `{"DBInstanceIdentifier": "%[1]s", "DBInstanceArn": "arn:aws:rds:ap-northeast-2:111122223333:db:%[1]s", "DBClusterIdentifier": "dev-aurora", "DBInstanceClass": "db.r6g.large"}`
	s, err := read(local.Options{Taken: friday},
		listed(t, "AutoScalingGroups", `{}`), listed(t, "Reservations", fmt.Sprintf(inGroup, 1)), listed(t, "Reservations", fmt.Sprintf(inGroup, 2)),
		listed(t, "DBClusters", `{}`), listed(t, "DBInstances", fmt.Sprintf(inCluster, "a")), listed(t, "DBInstances", fmt.Sprintf(inCluster, "b")))
	if err != nil {
		t.Fatal(err)
	}
	want := map[fleet.Kind]string{fleet.AutoScalingGroup: "running 2/4/2 Windows 2 x t3.medium", fleet.RDSCluster: "running aurora-postgresql 2 x db.r6g.large"}
	for i := range s.Resources {
		r := &s.Resources[i]
		if want, ok := want[r.Kind]; ok && words(r) != want {
			t.Errorf("%s: got %s, want %s", r.ID, words(r), want)
		}
		if r.Kind == fleet.RDSCluster && !slices.Equal(r.Parts, []string{"a", "b"}) {
			t.Errorf("%s: its parts are %q, want a and b", r.ID, r.Parts)
		}
	}
}

// TestLocalDisks holds the rule for names against the specifications of all types.
func TestLocalDisks(t *testing.T) {
	t.Parallel()
	want := map[string]bool{ // gone from the lists, or not there yet
		"f1.2xlarge": true, "g2.2xlarge": true, "hs1.8xlarge": true, "cr1.8xlarge": true, "cc2.8xlarge": true, "m9gd.large": true, "p7.48xlarge": true,
		"m9g.large": false, "t5.micro": false, "u-12tb1.metal": false, "x2iezn.metal": false, "g5g.xlarge": false, "inf3.xlarge": false, "nonsense": false, "": false,
	}
	const specifications = "../../../shared/data/ec2/instance_types.csv"
	file, err := os.Open(specifications)
	if err != nil {
		t.Logf("SKIPPED: the specifications of instance types are not here (%s): only %d types are checked", specifications, len(want))
	} else {
		defer file.Close()
		rows, err := csv.NewReader(file).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		gigabytes := -1
		for i, column := range rows[0] {
			if column == "store_total_gb" {
				gigabytes = i
			}
		}
		for _, r := range rows[1:] {
			want[r[0]] = r[gigabytes] != "0" && r[gigabytes] != ""
		}
	}
	for instanceType, want := range want {
		if instanceType == "" {
			continue
		}
		r := one(t, strings.ReplaceAll(listed(t, "Reservations", `{"InstanceType": "TYPE"}`), "TYPE", instanceType))
		if _, got := r.Trait(fleet.InstanceStoreData); got != want {
			t.Errorf("%s: local disks %t, want %t", instanceType, got, want)
		}
	}
}
