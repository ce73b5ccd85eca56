package actuator_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	databases "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/google/go-cmp/cmp"

	"offpeak/internal/failure"
	"offpeak/internal/fleet"
	"offpeak/internal/plan"
)

// evening is when the recorded stops are planned.
var evening = time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)

// stopKept is a stop with a snapshot that is kept a week, of an act whose id is a plan's.
func stopKept(kind fleet.Kind, scope fleet.Scope, id string, at time.Time) []plan.Action {
	actions := actionsOn(kind, scope, plan.Stop{SnapshotDays: 7}, id)
	actions[0].ID, actions[0].At = "0123456789abcdef", at
	return actions
}

// TestADatabaseIsStoppedWithASnapshot is the way of an instance and of a cluster, through RDS as moto plays it: a snapshot is there before it stops.
func TestADatabaseIsStoppedWithASnapshot(t *testing.T) {
	s := stands(t, "100000000006")
	client := rds.NewFromConfig(s.seed)
	tags := []databases.Tag{{Key: aws.String("offpeak:schedule"), Value: aws.String("office")}}
	if _, err := client.CreateDBInstance(t.Context(), &rds.CreateDBInstanceInput{
		DBInstanceIdentifier: aws.String("orders"), DBInstanceClass: aws.String("db.m6g.large"), Engine: aws.String("postgres"),
		AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("root"), MasterUserPassword: aws.String("secret-secret"), Tags: tags,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateDBCluster(t.Context(), &rds.CreateDBClusterInput{
		DBClusterIdentifier: aws.String("sales"), Engine: aws.String("aurora-postgresql"),
		MasterUsername: aws.String("root"), MasterUserPassword: aws.String("secret-secret"), Tags: tags,
	}); err != nil {
		t.Fatal(err)
	}
	act := newActuator(s.access)
	at := time.Now()
	s.expect(t, "an instance takes one call", act.Act(t.Context(), stopKept(fleet.RDSInstance, s.scope, "orders", at)), nil,
		map[string]int{"rds:DescribeDBInstances": 1, "rds:DescribeDBSnapshots": 1, "rds:StopDBInstance": 1})
	taken, err := client.DescribeDBSnapshots(t.Context(), &rds.DescribeDBSnapshotsInput{SnapshotType: aws.String("manual")})
	if err != nil || len(taken.DBSnapshots) != 1 {
		t.Fatalf("%+v, %v", taken, err)
	}
	name := "offpeak-orders-" + at.UTC().Format("20060102t150405") + "-01234567"
	if got := aws.ToString(taken.DBSnapshots[0].DBSnapshotIdentifier); got != name {
		t.Errorf("the snapshot is %s, not %s", got, name)
	}
	if got, want := act.Notes("0123456789abcdef"), []string{"RDS takes the snapshot " + name + " before the stop; it is kept 7 days"}; !slices.Equal(got, want) {
		t.Errorf("notes %q, not %q", got, want)
	}

	stop := stopKept(fleet.RDSCluster, s.scope, "sales", at)
	before := s.access.Calls().Attempts()
	first := act.Act(t.Context(), stop)[0]
	if failure.Of(first) != failure.InTransition || !strings.Contains(fmt.Sprint(first), "the snapshot offpeak-sales-") {
		t.Errorf("the snapshot of a cluster comes first: %v", first)
	}
	if diff := cmp.Diff(map[string]int{"rds:DescribeDBClusters": 1, "rds:DescribeDBClusterSnapshots": 1, "rds:CreateDBClusterSnapshot": 1}, s.calls(before)); diff != "" {
		t.Error(diff)
	}
	stop[0].At = at.Add(5 * time.Minute) // a later try of the same act
	before = s.access.Calls().Attempts()
	s.expect(t, "then it is stopped", act.Act(t.Context(), stop), before,
		map[string]int{"rds:DescribeDBClusters": 1, "rds:DescribeDBClusterSnapshots": 1, "rds:StopDBCluster": 1})
	out, err := client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: aws.String("sales")})
	if err != nil || aws.ToString(out.DBClusters[0].Status) != "stopped" {
		t.Errorf("%+v, %v", out, err)
	}
}

// vault is RDS with one database and its snapshots, whose statuses and ages moto does not play.
type vault struct {
	replies
	status    string
	snapshots []stored
	refuse    map[string]answer // by action
	done      []string          // what changed
}

type stored struct {
	name, status, of, resource, kind string
	age                              time.Duration
}

func newVault(snapshots ...stored) *vault {
	v := &vault{status: "available", snapshots: snapshots, refuse: map[string]answer{}}
	v.reply = v.answerTo
	return v
}

// ours is a snapshot of an earlier evening.
func ours(days int) stored {
	at := evening.AddDate(0, 0, -days)
	return stored{name: "offpeak-orders-" + at.Format("20060102t150405") + "-aaaaaaaa", age: time.Duration(days) * 24 * time.Hour}
}

func (v *vault) answerTo(action string, form url.Values) answer {
	if refused, ok := v.refuse[action]; ok {
		return refused
	}
	of := "Instance"
	if strings.Contains(action, "Cluster") {
		of = "Cluster"
	}
	result := func(body string) answer {
		return answer{200, fmt.Sprintf("<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, body)}
	}
	const tag = "<TagList><Tag><Key>offpeak:schedule</Key><Value>office</Value></Tag></TagList>"
	switch action {
	case "DescribeDBInstances":
		return result("<DBInstances><DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier><DbiResourceId>db-NOW</DbiResourceId><InstanceCreateTime>2026-08-01T00:00:00Z</InstanceCreateTime><DBInstanceStatus>" +
			v.status + "</DBInstanceStatus>" + tag + "</DBInstance></DBInstances>")
	case "DescribeDBClusters":
		return result("<DBClusters><DBCluster><DBClusterIdentifier>orders</DBClusterIdentifier><DbClusterResourceId>db-NOW</DbClusterResourceId><ClusterCreateTime>2026-08-01T00:00:00Z</ClusterCreateTime><Status>" +
			v.status + "</Status>" + tag + "</DBCluster></DBClusters>")
	case "DescribeDBSnapshots", "DescribeDBClusterSnapshots":
		return result(v.listed(of))
	case "StopDBInstance", "StopDBCluster":
		v.status = "stopping"
		v.done = append(v.done, strings.TrimSpace(action+" "+form.Get("DBSnapshotIdentifier")))
	default:
		v.done = append(v.done, action+" "+form.Get("DBSnapshotIdentifier")+form.Get("DBClusterSnapshotIdentifier"))
	}
	return result("")
}

func (v *vault) listed(of string) string {
	element, resource := "DBSnapshot", "DbiResourceId"
	if of == "Cluster" {
		element, resource = "DBClusterSnapshot", "DbClusterResourceId"
	}
	var items strings.Builder
	for _, s := range v.snapshots {
		either := func(text, usual string) string {
			if text == "" {
				return usual
			}
			return text
		}
		fmt.Fprintf(&items, "<%[1]s><%[1]sIdentifier>%[2]s</%[1]sIdentifier><DB%[3]sIdentifier>%[4]s</DB%[3]sIdentifier><Status>%[5]s</Status>"+
			"<SnapshotType>%[6]s</SnapshotType><%[7]s>%[8]s</%[7]s><SnapshotCreateTime>%[9]s</SnapshotCreateTime></%[1]s>",
			element, s.name, of, either(s.of, "orders"), either(s.status, "available"), either(s.kind, "manual"), resource,
			strings.TrimPrefix(either(s.resource, "db-NOW"), "-"),
			evening.Add(-s.age).Format(time.RFC3339))
	}
	return fmt.Sprintf("<%[1]ss>%[2]s</%[1]ss>", element, items.String())
}

const fresh = "offpeak-orders-20261120t103000-01234567"

func TestOnlyOwnSnapshotsThatAreTooOldAreDeleted(t *testing.T) {
	for _, row := range []struct {
		name      string
		snapshots []stored
		deleted   []int // places
	}{
		{"none", nil, nil},
		{"seven days are not over seven days", []stored{ours(7), ours(1)}, nil},
		{"too old", []stored{ours(9), ours(8), ours(1)}, []int{0, 1}},
		{"the newest stays, however old it is", []stored{ours(40), ours(30)}, []int{0}},
		{"one alone stays", []stored{ours(40)}, nil},
		{"the newest that is available stays", []stored{ours(40), ours(30), {name: ours(1).name, status: "failed", age: time.Hour}}, []int{0}},
		{"a person's", []stored{{name: "offpeak-before-migration", age: 1000 * time.Hour}, {name: "orders-2026", age: 1000 * time.Hour}, ours(1)}, nil},
		{"another database's", []stored{{name: strings.Replace(ours(9).name, "orders", "stock", 1), of: "stock", age: ours(9).age}, ours(1)}, nil},
		{"a copy under another's name", []stored{{name: strings.Replace(ours(9).name, "orders", "stock", 1), age: ours(9).age}, ours(1)}, nil},
		{"one that had the same name before", []stored{{name: ours(9).name, resource: "db-BEFORE", age: ours(9).age}, ours(1)}, nil},
		{"one of which RDS does not tell whose it was, older than this one", []stored{{name: ours(200).name, resource: "-", age: ours(200).age}, ours(1)}, nil},
		{"one of which RDS does not tell whose it was", []stored{{name: ours(9).name, resource: "-", age: ours(9).age}, ours(1)}, []int{0}},
		{"AWS's own", []stored{{name: ours(9).name, kind: "automated", age: ours(9).age}, ours(1)}, nil},
		{"not whole", []stored{{name: ours(9).name, status: "creating", age: ours(9).age}, ours(1)}, nil},
	} {
		for _, kind := range []fleet.Kind{fleet.RDSInstance, fleet.RDSCluster} {
			v := newVault(row.snapshots...)
			_ = newActuator(open(t, v)).Act(t.Context(), stopKept(kind, seoul, "orders", evening))
			var want []string
			for _, place := range row.deleted {
				want = append(want, map[fleet.Kind]string{fleet.RDSInstance: "DeleteDBSnapshot ", fleet.RDSCluster: "DeleteDBClusterSnapshot "}[kind]+row.snapshots[place].name)
			}
			want = append(want, map[fleet.Kind]string{fleet.RDSInstance: "StopDBInstance ", fleet.RDSCluster: "CreateDBClusterSnapshot "}[kind]+fresh)
			if diff := cmp.Diff(want, v.done); diff != "" {
				t.Errorf("%s, %s:\n%s", row.name, kind, diff)
			}
		}
	}
}

func TestADatabaseWithoutItsSnapshotIsNotStopped(t *testing.T) {
	quota := queryError(400, "SnapshotQuotaExceeded", "Cannot create more than 100 manual snapshots")
	denied := queryError(403, "AccessDenied", "User: offpeak is not authorized to perform: rds:CreateDBSnapshot")
	of := func(status string, age time.Duration) stored {
		return stored{name: "offpeak-orders-20261120t102500-01234567", status: status, age: age}
	}
	for _, row := range []struct {
		name      string
		kind      fleet.Kind
		snapshots []stored
		refuse    map[string]answer
		class     failure.Class
		says      string
		done      []string
	}{
		{"quota of an instance", fleet.RDSInstance, nil, map[string]answer{"StopDBInstance": quota}, failure.Quota, "SnapshotQuotaExceeded", nil},
		{"quota of a cluster", fleet.RDSCluster, nil, map[string]answer{"CreateDBClusterSnapshot": quota}, failure.Quota, "not stopped, as no snapshot can be taken", nil},
		{"denied", fleet.RDSInstance, nil, map[string]answer{"StopDBInstance": denied}, failure.Denied, "not authorized", nil},
		{"listing denied", fleet.RDSInstance, nil, map[string]answer{"DescribeDBSnapshots": denied}, failure.Denied, "not stopped, as no snapshot can be taken", nil},
		{"still being taken", fleet.RDSCluster, []stored{of("creating", 5*time.Minute)}, nil, failure.InTransition, "is being taken", nil},
		{"failed", fleet.RDSCluster, []stored{of("failed", 5*time.Minute)}, nil, failure.InvalidState, "is failed", nil},
		{"taken", fleet.RDSCluster, []stored{of("available", 5*time.Minute)}, nil, "", "", []string{"StopDBCluster"}},
		{"taken hours ago", fleet.RDSCluster, []stored{of("available", 4*time.Hour)}, nil, failure.InTransition, fresh, []string{"CreateDBClusterSnapshot " + fresh}},
		{
			"taken for another act", fleet.RDSCluster,
			[]stored{{name: "offpeak-orders-20261120t102500-aaaaaaaa", age: 5 * time.Minute}},
			nil,
			failure.InTransition, fresh,
			[]string{"CreateDBClusterSnapshot " + fresh},
		},
		{
			"what is too old cannot be deleted", fleet.RDSInstance,
			[]stored{ours(9), ours(1)},
			map[string]answer{"DeleteDBSnapshot": denied},
			"", "",
			[]string{"StopDBInstance " + fresh},
		},
	} {
		v := newVault(row.snapshots...)
		v.refuse = row.refuse
		act := newActuator(open(t, v))
		err := act.Act(t.Context(), stopKept(row.kind, seoul, "orders", evening))[0]
		if failure.Of(err) != row.class || row.says != "" && !strings.Contains(fmt.Sprint(err), row.says) {
			t.Errorf("%s: %v (%s)", row.name, err, failure.Of(err))
		}
		if diff := cmp.Diff(row.done, v.done); diff != "" {
			t.Errorf("%s:\n%s", row.name, diff)
		}
		if row.name == "what is too old cannot be deleted" && !strings.Contains(strings.Join(act.Notes("0123456789abcdef"), "\n"), "could not be deleted") {
			t.Errorf("%s: no note says so", row.name)
		}
	}
}

// TestAStopThatGotThrough: RDS answers to a repeated call that the snapshot exists already.
func TestAStopThatGotThrough(t *testing.T) {
	for status, class := range map[string]failure.Class{"stopping": "", "available": failure.InvalidState} {
		v := newVault()
		play := v.reply
		v.reply = func(action string, form url.Values) answer {
			if action == "StopDBInstance" {
				v.status = status
				return queryError(400, "DBSnapshotAlreadyExists", "Cannot create the snapshot because one with the identifier "+form.Get("DBSnapshotIdentifier")+" already exists.")
			}
			return play(action, form)
		}
		if err := newActuator(open(t, v)).Act(t.Context(), stopKept(fleet.RDSInstance, seoul, "orders", evening))[0]; failure.Of(err) != class {
			t.Errorf("%s: %v", status, err)
		}
	}
}

// TestNamesOfSnapshots: 63 characters are what RDS allows of a cluster's, and no hyphen stands beside another.
func TestNamesOfSnapshots(t *testing.T) {
	for _, id := range []string{"a", "orders", strings.Repeat("a", 63), strings.Repeat("a", 29) + "-" + strings.Repeat("b", 33)} {
		v := newVault()
		play := v.reply
		var name string
		v.reply = func(action string, form url.Values) answer {
			a := play(action, form)
			if action == "StopDBInstance" {
				name = form.Get("DBSnapshotIdentifier")
			}
			a.body = strings.ReplaceAll(a.body, ">orders<", ">"+id+"<")
			return a
		}
		if err := newActuator(open(t, v)).Act(t.Context(), stopKept(fleet.RDSInstance, seoul, id, evening))[0]; err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if len(name) > 63 || !strings.HasPrefix(name, "offpeak-"+id[:min(len(id), 29)]) || strings.Contains(name, "--") || !strings.HasSuffix(name, "-20261120t103000-01234567") {
			t.Errorf("%s: %q", id, name)
		}
	}
}
