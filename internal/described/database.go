package described

import (
	"slices"
	"strings"

	"offpeak/internal/fleet"
)

// Database is what is needed of an RDS instance in describe-db-instances. DocumentDB's and Neptune's instances stand there too.
type Database struct {
	ID                string  `json:"DBInstanceIdentifier"`
	ARN               string  `json:"DBInstanceArn"`
	Status            string  `json:"DBInstanceStatus"`
	Class             string  `json:"DBInstanceClass"`
	Engine            string  `json:"Engine"`
	Created           Instant `json:"InstanceCreateTime"`
	RestartsAt        Instant `json:"AutomaticRestartTime"`
	MultiAZ           *bool
	SecondaryZone     string   `json:"SecondaryAvailabilityZone"`
	SourceInstance    string   `json:"ReadReplicaSourceDBInstanceIdentifier"`
	SourceCluster     string   `json:"ReadReplicaSourceDBClusterIdentifier"`
	InstanceReplicas  []string `json:"ReadReplicaDBInstanceIdentifiers"`
	ClusterReplicas   []string `json:"ReadReplicaDBClusterIdentifiers"`
	ClusterIdentifier string   `json:"DBClusterIdentifier"`
	Tags              *[]Tag   `json:"TagList"`
	DatabasePosture
}

// Cluster is what is needed of a database cluster in describe-db-clusters: of Aurora, DocumentDB, Neptune, or of RDS in three zones.
type Cluster struct {
	ID               string  `json:"DBClusterIdentifier"`
	ARN              string  `json:"DBClusterArn"`
	Status           string  `json:"Status"`
	Class            string  `json:"DBClusterInstanceClass"` // of RDS in three zones alone
	Engine           string  `json:"Engine"`
	EngineMode       string  `json:"EngineMode"`
	Created          Instant `json:"ClusterCreateTime"`
	RestartsAt       Instant `json:"AutomaticRestartTime"`
	MultiAZ          *bool
	Global           string   `json:"GlobalClusterIdentifier"`
	GlobalForwarding string   `json:"GlobalWriteForwardingStatus"`
	Source           string   `json:"ReplicationSourceIdentifier"`
	Replicas         []string `json:"ReadReplicaIdentifiers"`
	Tags             *[]Tag   `json:"TagList"`
	Zones            []string `json:"AvailabilityZones"` // where its storage is: always three of Aurora's
	DatabasePosture
}

// databaseState sorts RDS's words, of which there are many and new ones come. What is neither available, stopped nor on its way out
// counts as changing: RDS accepts a stop or a start in no other state.
func databaseState(field, status string) (fleet.State, error) {
	switch status {
	case "":
		return fleet.StateUnknown, Missing(field, "a status such as available or stopped")
	case "available":
		return fleet.Running, nil
	case "stopped":
		return fleet.Stopped, nil
	case "deleting":
		return fleet.Gone, nil
	}
	return fleet.Changing, nil
}

// Resource makes a resource of a database.
func (d *Database) Resource() (fleet.Resource, error) {
	scope, _, err := identity("DBInstanceArn", d.ARN)
	if err != nil {
		return fleet.Resource{}, err
	}
	state, err := databaseState("DBInstanceStatus", d.Status)
	switch {
	case err != nil:
		return fleet.Resource{}, err
	case d.ID == "":
		return fleet.Resource{}, Missing("DBInstanceIdentifier", "a name")
	case d.Engine == "":
		return fleet.Resource{}, Missing("Engine", "an engine such as postgres")
	case d.Class == "":
		return fleet.Resource{}, Missing("DBInstanceClass", "a class such as db.m6g.large")
	}
	tags, err := optionalTags("TagList", d.Tags)
	if err != nil {
		return fleet.Resource{}, err
	}
	return fleet.Resource{
		ID:         d.ID,
		ARN:        fleet.ARN(d.ARN),
		Kind:       fleet.RDSInstance,
		Scope:      scope,
		State:      state,
		Status:     d.Status,
		Created:    d.Created.Time,
		RestartsAt: d.RestartsAt.Time,
		Type:       d.Class,
		Product:    d.Engine,
		MultiAZ:    isTrue(d.MultiAZ),
		Tags:       tags,
		Traits:     d.traits(),
	}, nil
}

func (d *Database) traits() []fleet.Trait {
	var t traits
	t.of(fleet.ReadReplica, d.SourceInstance)
	t.of(fleet.ReadReplica, d.SourceCluster)
	t.of(fleet.ReplicaSource, strings.Join(slices.Concat(d.InstanceReplicas, d.ClusterReplicas), ", "))
	t.of(fleet.ClusterMember, d.ClusterIdentifier)
	switch {
	case strings.HasPrefix(d.Engine, "custom-"):
		t.when(true, fleet.CannotStop, "an RDS Custom instance")
	case strings.HasPrefix(d.Engine, "sqlserver-") && (isTrue(d.MultiAZ) || d.SecondaryZone != ""):
		t.when(true, fleet.CannotStop, "SQL Server in a Multi-AZ deployment")
	case d.ClusterIdentifier == "" && (strings.HasPrefix(d.Engine, "aurora") || d.Engine == "docdb" || d.Engine == "neptune"):
		t.when(true, fleet.CannotStop, "an instance of "+d.Engine+", which is stopped by the cluster")
	}
	return t
}

// Resource makes a resource of a database cluster.
func (c *Cluster) Resource() (fleet.Resource, error) {
	scope, _, err := identity("DBClusterArn", c.ARN)
	if err != nil {
		return fleet.Resource{}, err
	}
	state, err := databaseState("Status", c.Status)
	switch {
	case err != nil:
		return fleet.Resource{}, err
	case c.ID == "":
		return fleet.Resource{}, Missing("DBClusterIdentifier", "a name")
	case c.Engine == "":
		return fleet.Resource{}, Missing("Engine", "an engine such as aurora-postgresql")
	}
	tags, err := optionalTags("TagList", c.Tags)
	if err != nil {
		return fleet.Resource{}, err
	}
	return fleet.Resource{
		ID:         c.ID,
		ARN:        fleet.ARN(c.ARN),
		Kind:       fleet.RDSCluster,
		Scope:      scope,
		State:      state,
		Status:     c.Status,
		Created:    c.Created.Time,
		RestartsAt: c.RestartsAt.Time,
		Type:       c.Class,
		Product:    c.Engine,
		MultiAZ:    isTrue(c.MultiAZ),
		Tags:       tags,
		Traits:     c.traits(),
	}, nil
}

func (c *Cluster) traits() []fleet.Trait {
	var t traits
	t.of(fleet.ReadReplica, c.Source)
	t.of(fleet.ReplicaSource, strings.Join(c.Replicas, ", "))
	t.of(fleet.CannotStop, c.cannotStop())
	return t
}

// cannotStop says what kind of cluster StopDBCluster refuses, after the limitations in the guides of Aurora and RDS. Two more stand in no
// listing: blue/green deployments, and with an older AWS CLI membership of a global database.
func (c *Cluster) cannotStop() string {
	clustered := strings.HasPrefix(c.Engine, "aurora") || c.Engine == "docdb" || c.Engine == "neptune"
	switch {
	case c.EngineMode == "serverless":
		return "Aurora Serverless v1"
	case c.EngineMode == "multimaster":
		return "an Aurora multi-master cluster"
	case c.EngineMode == "parallelquery":
		return "an Aurora cluster of the engine mode parallelquery"
	case c.EngineMode == "global", c.GlobalForwarding != "":
		return "a member of a global database"
	case c.Global != "":
		return "a member of the global database " + c.Global
	case !clustered:
		return "a Multi-AZ DB cluster of RDS for " + c.Engine
	}
	return ""
}
