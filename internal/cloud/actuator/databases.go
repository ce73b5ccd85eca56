package actuator

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"offpeak/internal/cloud"
	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// database is a database or a cluster as RDS describes it.
type database struct {
	status   string
	resource string // AWS's own id for it, which another one of the same name does not have
	created  time.Time
	tags     fleet.Tags
}

// databases stops or starts databases, or clusters of them, of one scope: one look at all, then a call each. RDS has no call for several.
func (r *run) databases(ctx context.Context, kind fleet.Kind, jobs []job) {
	client := r.rds.In(jobs[0].scope())
	look, change := lookAtInstances, changeInstance
	if kind == fleet.RDSCluster {
		look, change = lookAtClusters, changeCluster
	}
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = j.id()
	}
	seen, err := looked(ctx, client, look, ids)
	if err != nil {
		r.failAll(jobs, err)
		return
	}
	for _, j := range jobs {
		stop, off := j.action.Change.(plan.Stop)
		if _, on := j.action.Change.(plan.Start); !on && !off {
			r.fail(j, refused(failure.Other, "a database has no such change"))
			continue
		}
		needed, err := r.databaseNeeds(seen, j.id(), off)
		if needed {
			if err = ended(ctx); err == nil && stop.SnapshotDays > 0 {
				s := &snapshots{run: r, client: client, job: j, days: stop.SnapshotDays, of: seen[strings.ToLower(j.id())]}
				err = s.stop(ctx, look, change)
			} else if err == nil {
				err = r.switchDatabase(ctx, client, look, change, j.id(), off)
			}
		}
		r.fail(j, err)
	}
}

// switchDatabase makes the call. RDS says InvalidDBInstanceState of everything from "already stopped" to "can never be stopped": what it meant is
// told by what the database is then.
func (r *run) switchDatabase(
	ctx context.Context, client *rds.Client, look lookFunc, change func(context.Context, *rds.Client, string, bool) error, id string, off bool,
) error {
	err := change(ctx, client, id, off)
	if err == nil || failure.Of(cloud.Classify(err)) != failure.InTransition && !snapshotThere(err) {
		return said(err)
	}
	seen, lookErr := looked(ctx, client, look, []string{id})
	if lookErr != nil {
		return said(err)
	}
	needed, now := r.databaseNeeds(seen, id, off)
	if needed {
		return refused(failure.InvalidState, "its status is %s, and RDS says %w", seen[strings.ToLower(id)].status, said(err))
	}
	return now
}

// databaseNeeds says whether a database must be changed: not what is as wanted already, or is on its way there.
func (r *run) databaseNeeds(seen map[string]database, id string, off bool) (bool, error) {
	d, found := seen[strings.ToLower(id)]
	if !found || d.status == "deleting" || d.status == "deleted" {
		return false, refused(failure.Gone, "there is no such database any more")
	}
	if err := r.optedIn(d.tags); err != nil {
		return false, err
	}
	startable := d.status == "stopped" || d.status == "inaccessible-encryption-credentials-recoverable" // to start it is what RDS asks for then
	switch {
	case off && (d.status == "stopped" || d.status == "stopping"), !off && (d.status == "available" || d.status == "starting"):
		return false, nil
	case off && d.status == "available", !off && startable:
		return true, nil
	case strings.HasPrefix(d.status, "inaccessible-encryption-credentials"):
		return false, refused(failure.Key, "its status is %s: RDS cannot use its KMS key", d.status)
	case slices.Contains(stuck, d.status) || strings.HasPrefix(d.status, "incompatible-"):
		return false, refused(failure.InvalidState, "its status is %s, in which RDS neither stops nor starts it, and which does not pass by itself", d.status)
	default:
		return false, refused(failure.InTransition, "its status is %s: wait until that is over", d.status)
	}
}

// stuck are the statuses that last until a person does something (RDS and Aurora user guides, viewing instance and cluster status). All others,
// of which there are many and new ones come, are those of work under way.
var stuck = []string{"failed", "restore-error", "insufficient-capacity", "storage-full", "cloning-failed", "migration-failed"}

// lookFunc describes databases, or clusters, by their identifiers in lower case, as RDS keeps them.
type lookFunc func(ctx context.Context, client *rds.Client, ids []string) (map[string]database, error)

func looked(ctx context.Context, client *rds.Client, look lookFunc, ids []string) (map[string]database, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	seen, err := look(ctx, client, ids)
	if failure.Of(cloud.Classify(err)) == failure.Gone {
		return nil, nil //nolint:nilnil // an empty answer by another name
	}
	return seen, said(err)
}

func lookAtInstances(ctx context.Context, client *rds.Client, ids []string) (map[string]database, error) {
	seen := map[string]database{}
	pages := rds.NewDescribeDBInstancesPaginator(client, &rds.DescribeDBInstancesInput{
		Filters:    []types.Filter{{Name: aws.String("db-instance-id"), Values: ids}},
		MaxRecords: aws.Int32(100),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for i := range page.DBInstances {
			d := &page.DBInstances[i]
			seen[strings.ToLower(aws.ToString(d.DBInstanceIdentifier))] = database{
				aws.ToString(d.DBInstanceStatus), aws.ToString(d.DbiResourceId), aws.ToTime(d.InstanceCreateTime), databaseTags(d.TagList),
			}
		}
	}
	return seen, nil
}

func lookAtClusters(ctx context.Context, client *rds.Client, ids []string) (map[string]database, error) {
	seen := map[string]database{}
	pages := rds.NewDescribeDBClustersPaginator(client, &rds.DescribeDBClustersInput{
		Filters:    []types.Filter{{Name: aws.String("db-cluster-id"), Values: ids}},
		MaxRecords: aws.Int32(100),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for i := range page.DBClusters {
			c := &page.DBClusters[i]
			seen[strings.ToLower(aws.ToString(c.DBClusterIdentifier))] = database{
				aws.ToString(c.Status), aws.ToString(c.DbClusterResourceId), aws.ToTime(c.ClusterCreateTime), databaseTags(c.TagList),
			}
		}
	}
	return seen, nil
}

func databaseTags(listed []types.Tag) fleet.Tags {
	tags := make([]fleet.Tag, len(listed))
	for i, t := range listed {
		tags[i] = fleet.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
	}
	return fleet.NewTags(tags...)
}

func changeInstance(ctx context.Context, client *rds.Client, id string, off bool) error {
	if off {
		_, err := client.StopDBInstance(ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: &id})
		return err
	}
	_, err := client.StartDBInstance(ctx, &rds.StartDBInstanceInput{DBInstanceIdentifier: &id})
	return err
}

func changeCluster(ctx context.Context, client *rds.Client, id string, off bool) error {
	if off {
		_, err := client.StopDBCluster(ctx, &rds.StopDBClusterInput{DBClusterIdentifier: &id})
		return err
	}
	_, err := client.StartDBCluster(ctx, &rds.StartDBClusterInput{DBClusterIdentifier: &id})
	return err
}
