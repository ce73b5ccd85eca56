package inventory

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"offpeak/internal/described"
	"offpeak/internal/fleet"
)

const (
	mostRecords = 100 // of a page of RDS's
	// lookBack is how far back events are read, in minutes: a stop lasts seven days at most, and AWS keeps events for fourteen.
	lookBack = 8 * 24 * 60
)

// listDatabases lists databases and clusters, of RDS, Aurora, DocumentDB and Neptune alike. RDS filters by no tag: all are listed, joined while
// the members of clusters are still there, and then those kept that are asked for.
func (r *reading) listDatabases(ctx context.Context) error {
	client := r.databases.In(r.scope)
	var found []fleet.Resource
	add := func(kind fleet.Kind, name *string, resource fleet.Resource, err error) {
		if err != nil {
			r.leaveOut(kind, aws.ToString(name), err)
			return
		}
		found = append(found, resource)
	}
	instances := rds.NewDescribeDBInstancesPaginator(client, &rds.DescribeDBInstancesInput{MaxRecords: aws.Int32(mostRecords)})
	err := each(ctx, instances, func(page *rds.DescribeDBInstancesOutput) {
		for i := range page.DBInstances {
			record := databaseRecord(&page.DBInstances[i])
			resource, err := record.Resource()
			if r.options.Posture != nil {
				resource.Posture = record.Posture()
			}
			add(fleet.RDSInstance, &record.ID, resource, err)
		}
	})
	if err != nil {
		return r.failed("rds:DescribeDBInstances", err)
	}
	clusters := rds.NewDescribeDBClustersPaginator(client, &rds.DescribeDBClustersInput{MaxRecords: aws.Int32(mostRecords)})
	err = each(ctx, clusters, func(page *rds.DescribeDBClustersOutput) {
		for i := range page.DBClusters {
			record := clusterRecord(&page.DBClusters[i])
			resource, err := record.Resource()
			if r.options.Posture != nil {
				resource.Posture = record.Posture()
			}
			add(fleet.RDSCluster, &record.ID, resource, err)
		}
	})
	if err != nil {
		return r.failed("rds:DescribeDBClusters", err)
	}
	described.Join(found)
	for i := range found {
		if r.wants(&found[i]) {
			r.ofRDS = append(r.ofRDS, found[i])
		}
	}
	return r.readEvents(ctx)
}

// readEvents finds out since when databases and clusters are in their state, which their listings do not tell.
func (r *reading) readEvents(ctx context.Context) error {
	for _, source := range []struct {
		kind fleet.Kind
		name types.SourceType
	}{{fleet.RDSInstance, types.SourceTypeDbInstance}, {fleet.RDSCluster, types.SourceTypeDbCluster}} {
		asked := map[string]*fleet.Resource{}
		for i := range r.ofRDS {
			d := &r.ofRDS[i]
			if _, member := d.Trait(fleet.ClusterMember); d.Kind == source.kind && !member && r.planned(d) && d.State != fleet.Changing {
				asked[d.ID] = d
			}
		}
		if len(asked) == 0 {
			continue
		}
		events := map[string][]described.DatabaseEvent{}
		in := &rds.DescribeEventsInput{
			SourceType: source.name, Duration: aws.Int32(lookBack), EventCategories: []string{"notification"}, MaxRecords: aws.Int32(mostRecords),
		}
		err := each(ctx, rds.NewDescribeEventsPaginator(r.databases.In(r.scope), in), func(page *rds.DescribeEventsOutput) {
			for _, e := range page.Events {
				if name := aws.ToString(e.SourceIdentifier); asked[name] != nil {
					events[name] = append(events[name], described.DatabaseEvent{Source: name, At: instant(e.Date), Message: aws.ToString(e.Message)})
				}
			}
		})
		if err != nil {
			return r.unlessDenied("rds:DescribeEvents", "since when databases are in their state", err)
		}
		for name, d := range asked {
			described.Tell(d, events[name])
		}
	}
	return nil
}

func databaseRecord(d *types.DBInstance) described.Database {
	return described.Database{
		ID:                aws.ToString(d.DBInstanceIdentifier),
		ARN:               aws.ToString(d.DBInstanceArn),
		Status:            aws.ToString(d.DBInstanceStatus),
		Class:             aws.ToString(d.DBInstanceClass),
		Engine:            aws.ToString(d.Engine),
		Created:           instant(d.InstanceCreateTime),
		RestartsAt:        instant(d.AutomaticRestartTime),
		MultiAZ:           d.MultiAZ,
		SecondaryZone:     aws.ToString(d.SecondaryAvailabilityZone),
		SourceInstance:    aws.ToString(d.ReadReplicaSourceDBInstanceIdentifier),
		SourceCluster:     aws.ToString(d.ReadReplicaSourceDBClusterIdentifier),
		InstanceReplicas:  d.ReadReplicaDBInstanceIdentifiers,
		ClusterReplicas:   d.ReadReplicaDBClusterIdentifiers,
		ClusterIdentifier: aws.ToString(d.DBClusterIdentifier),
		Tags:              databaseTags(d.TagList),
		DatabasePosture: described.DatabasePosture{
			Zone: aws.ToString(d.AvailabilityZone), Public: d.PubliclyAccessible, Encrypted: d.StorageEncrypted,
			StorageType: aws.ToString(d.StorageType), BackupRetention: number(d.BackupRetentionPeriod),
		},
	}
}

func clusterRecord(c *types.DBCluster) described.Cluster {
	return described.Cluster{
		ID:               aws.ToString(c.DBClusterIdentifier),
		ARN:              aws.ToString(c.DBClusterArn),
		Status:           aws.ToString(c.Status),
		Class:            aws.ToString(c.DBClusterInstanceClass),
		Engine:           aws.ToString(c.Engine),
		EngineMode:       aws.ToString(c.EngineMode),
		Created:          instant(c.ClusterCreateTime),
		RestartsAt:       instant(c.AutomaticRestartTime),
		MultiAZ:          c.MultiAZ,
		Global:           aws.ToString(c.GlobalClusterIdentifier),
		GlobalForwarding: string(c.GlobalWriteForwardingStatus),
		Source:           aws.ToString(c.ReplicationSourceIdentifier),
		Replicas:         c.ReadReplicaIdentifiers,
		Tags:             databaseTags(c.TagList),
		Zones:            c.AvailabilityZones,
		DatabasePosture: described.DatabasePosture{
			Public: c.PubliclyAccessible, Encrypted: c.StorageEncrypted, StorageType: aws.ToString(c.StorageType), BackupRetention: number(c.BackupRetentionPeriod),
		},
	}
}

func databaseTags(listed []types.Tag) *[]described.Tag {
	tags := make([]described.Tag, len(listed))
	for i, t := range listed {
		tags[i] = described.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
	}
	return &tags
}
