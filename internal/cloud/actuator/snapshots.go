package actuator

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/smithy-go"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
)

// A snapshot that is asked for is there before the stop, or nothing is stopped. RDS takes that of an instance itself, as part of the call that stops
// it. That of a cluster is taken first and the stop left to a later try, as nothing here waits: the act fails as being in transition until then.
//
// No tag says which snapshots are offpeak's: their names do. Only such ones are deleted, of the very database that is stopped, when they are older
// than they are to be kept, and never the newest that is available.

// Of a cluster's snapshot that was taken for an act that did not come to its end, and of what one act deletes.
const (
	snapshotFresh = 3 * time.Hour
	mostDeleted   = 10
)

// snapshot is one of offpeak's.
type snapshot struct {
	name, status, resource string
	created                time.Time
}

const available = "available"

// snapshots are those of one database that is to be stopped.
type snapshots struct {
	*run
	job
	client *rds.Client
	days   int
	of     database
}

func (s *snapshots) cluster() bool { return s.action.Subject.Kind == fleet.RDSCluster }

// stop takes a snapshot and stops, and deletes older snapshots before, so that they do not stand in the way of the quota.
func (s *snapshots) stop(ctx context.Context, look lookFunc, change func(context.Context, *rds.Client, string, bool) error) error {
	listed, err := s.list(ctx)
	if err != nil {
		return s.without(err)
	}
	name := snapshotName(s.id(), s.action.ID, s.action.At)
	if !s.cluster() {
		s.expire(ctx, listed)
		err := s.switchDatabase(ctx, s.client, look, func(ctx context.Context, client *rds.Client, id string, _ bool) error {
			_, err := client.StopDBInstance(ctx, &rds.StopDBInstanceInput{DBInstanceIdentifier: &id, DBSnapshotIdentifier: &name})
			return err
		}, s.id(), true)
		if err == nil {
			s.note(s.action.ID, "RDS takes the snapshot %s before the stop; it is kept %d days", name, s.days)
		}
		return err
	}
	taken, found := s.taken(listed)
	switch {
	case found && taken.status == available:
		err := s.switchDatabase(ctx, s.client, look, change, s.id(), true)
		if err == nil {
			s.note(s.action.ID, "stopped after the snapshot %s was taken; it is kept %d days", taken.name, s.days)
		}
		return err
	case found && taken.status == "creating":
		return refused(failure.InTransition, "the snapshot %s is being taken; the cluster is stopped when it is available", taken.name)
	case found:
		return refused(failure.InvalidState, "the snapshot %s is %s, so that the cluster is not stopped; delete it to have another one taken", taken.name, taken.status)
	}
	s.expire(ctx, listed)
	if _, err := s.client.CreateDBClusterSnapshot(ctx, &rds.CreateDBClusterSnapshotInput{
		DBClusterIdentifier: aws.String(s.id()), DBClusterSnapshotIdentifier: &name,
	}); err != nil {
		return s.without(said(err))
	}
	return refused(failure.InTransition, "the snapshot %s is being taken; the cluster is stopped when it is available", name)
}

// without is the error of a database that is left running for want of a snapshot.
func (s *snapshots) without(err error) error {
	return refused(failure.Of(err), "not stopped, as no snapshot can be taken: %w", err)
}

// taken returns the snapshot of a cluster that an earlier try of the act had taken, if it is still good.
func (s *snapshots) taken(listed []snapshot) (snapshot, bool) {
	for _, one := range slices.Backward(listed) {
		_, act, _ := partsOf(one.name)
		if act == actPart(s.action.ID) && s.ofThis(one) && (one.status != available || s.action.At.Sub(one.created) < snapshotFresh) {
			return one, true
		}
	}
	return snapshot{}, false
}

// expire deletes what is older than it is to be kept. What cannot be deleted bars nothing, and is noted.
func (s *snapshots) expire(ctx context.Context, listed []snapshot) {
	whole := slices.DeleteFunc(slices.Clone(listed), func(one snapshot) bool {
		return one.status != available || !s.ofThis(one)
	})
	if len(whole) == 0 {
		return
	}
	kept := time.Duration(s.days) * 24 * time.Hour
	deleted := 0
	for _, one := range whole[:len(whole)-1] { // the newest stays
		if s.action.At.Sub(one.created) <= kept || deleted == mostDeleted {
			return
		}
		if err := s.remove(ctx, one.name); err != nil {
			s.note(s.action.ID, "the snapshot %s of %s could not be deleted: %v", one.name, one.created.UTC().Format(time.DateOnly), err)
			return // the next would meet the same
		}
		deleted++
		s.note(s.action.ID, "deleted the snapshot %s of %s, which was to be kept %d days", one.name, one.created.UTC().Format(time.DateOnly), s.days)
	}
}

// ofThis reports whether a snapshot is of this very database, and not of one that had its name before. Where RDS does not tell by which id it went,
// it was taken since this one was made.
func (s *snapshots) ofThis(one snapshot) bool {
	if one.resource != "" && s.of.resource != "" {
		return one.resource == s.of.resource
	}
	return !s.of.created.IsZero() && one.created.After(s.of.created)
}

func (s *snapshots) remove(ctx context.Context, name string) (err error) {
	if s.cluster() {
		_, err = s.client.DeleteDBClusterSnapshot(ctx, &rds.DeleteDBClusterSnapshotInput{DBClusterSnapshotIdentifier: &name})
	} else {
		_, err = s.client.DeleteDBSnapshot(ctx, &rds.DeleteDBSnapshotInput{DBSnapshotIdentifier: &name})
	}
	return said(err)
}

// list returns offpeak's own snapshots of the database, the oldest first.
func (s *snapshots) list(ctx context.Context) (listed []snapshot, err error) {
	if s.cluster() {
		listed, err = s.listOfCluster(ctx)
	} else {
		listed, err = s.listOfInstance(ctx)
	}
	listed = slices.DeleteFunc(listed, func(one snapshot) bool {
		id, _, ok := partsOf(one.name)
		return !ok || id != idPart(s.id())
	})
	slices.SortFunc(listed, func(a, b snapshot) int { return cmp.Or(a.created.Compare(b.created), cmp.Compare(a.name, b.name)) })
	return listed, said(err)
}

const manual = "manual"

func (s *snapshots) listOfInstance(ctx context.Context) (listed []snapshot, err error) {
	pages := rds.NewDescribeDBSnapshotsPaginator(s.client, &rds.DescribeDBSnapshotsInput{
		DBInstanceIdentifier: aws.String(s.id()), SnapshotType: aws.String(manual), MaxRecords: aws.Int32(100),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for i := range page.DBSnapshots {
			d := &page.DBSnapshots[i]
			if aws.ToString(d.SnapshotType) == manual && strings.EqualFold(aws.ToString(d.DBInstanceIdentifier), s.id()) {
				listed = append(listed, snapshot{
					aws.ToString(d.DBSnapshotIdentifier), aws.ToString(d.Status), aws.ToString(d.DbiResourceId), aws.ToTime(d.SnapshotCreateTime),
				})
			}
		}
	}
	return listed, nil
}

func (s *snapshots) listOfCluster(ctx context.Context) (listed []snapshot, err error) {
	pages := rds.NewDescribeDBClusterSnapshotsPaginator(s.client, &rds.DescribeDBClusterSnapshotsInput{
		DBClusterIdentifier: aws.String(s.id()), SnapshotType: aws.String(manual), MaxRecords: aws.Int32(100),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for i := range page.DBClusterSnapshots {
			d := &page.DBClusterSnapshots[i]
			if aws.ToString(d.SnapshotType) == manual && strings.EqualFold(aws.ToString(d.DBClusterIdentifier), s.id()) {
				listed = append(listed, snapshot{
					aws.ToString(d.DBClusterSnapshotIdentifier), aws.ToString(d.Status), aws.ToString(d.DbClusterResourceId), aws.ToTime(d.SnapshotCreateTime),
				})
			}
		}
	}
	return listed, nil
}

// The name of a snapshot: whose it is, of what, when the act was planned, and the act. Those of clusters have at most 63 characters.
var snapshotForm = regexp.MustCompile(`^offpeak-([a-z][a-z0-9-]*)-\d{8}t\d{6}-([0-9a-f]{8})$`)

func snapshotName(id, act string, at time.Time) string {
	return "offpeak-" + idPart(id) + "-" + at.UTC().Format("20060102t150405") + "-" + actPart(act)
}

// idPart is as much of an identifier as every name has room for.
func idPart(id string) string {
	const most = 30
	id = strings.ToLower(id)
	return strings.TrimRight(id[:min(len(id), most)], "-")
}

// actPart is the beginning of an act's id, which is hexadecimal.
func actPart(act string) string { return act[:min(len(act), 8)] }

func partsOf(name string) (id, act string, ours bool) {
	found := snapshotForm.FindStringSubmatch(strings.ToLower(name))
	if found == nil {
		return "", "", false
	}
	return found[1], found[2], true
}

// snapshotThere reports whether RDS refused a call because the snapshot that it asks for exists: a try before it may have got through.
func snapshotThere(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && strings.HasPrefix(api.ErrorCode(), "DBSnapshotAlreadyExists")
}
