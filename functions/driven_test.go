package functions_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"offpeak/functions/invoke"
	"offpeak/internal/cloud/moto"
	"offpeak/internal/cloud/owner"
	"offpeak/internal/fleet"
)

// What follows lets the functions do all that they can do, so that no permission is theirs which nothing was ever seen to use.

// zoo is one of each kind that offpeak knows, in the spoke.
type zoo struct {
	*moto.Account
	machine string // may run as other types, and is of a stack
	all     []fleet.Resource
}

// zoo makes them, with a schedule tag.
func (s *stage) zoo(t *testing.T, schedule string) *zoo {
	t.Helper()
	a := moto.Start(t).Account(t, s.spoke)
	tags := func(more ...string) (tags fleet.Tags) {
		all := []fleet.Tag{{Key: "offpeak:schedule", Value: schedule}}
		for i := 0; i < len(more); i += 2 {
			all = append(all, fleet.Tag{Key: more[i], Value: more[i+1]})
		}
		return fleet.NewTags(all...)
	}
	z := &zoo{Account: a}
	z.machine = a.Launch(1, tags("offpeak:types", "m5.large+m4.large", "aws:cloudformation:stack-name", "shop"))[0]
	a.Launch(1, fleet.NewTags(fleet.Tag{Key: "Name", Value: "batch"}))
	a.Launch(1, tags(), func(in *ec2.RunInstancesInput) {
		in.InstanceMarketOptions = &ec2types.InstanceMarketOptionsRequest{MarketType: ec2types.MarketTypeSpot}
	})
	z.all = []fleet.Resource{
		{Kind: fleet.EC2Instance, ID: z.machine},
		{Kind: fleet.AutoScalingGroup, ID: "web", ARN: a.Group("web", fleet.Size{Min: 1, Max: 3, Desired: 2}, tags())},
		{Kind: fleet.RDSInstance, ID: "orders", ARN: a.Database("orders", tags("offpeak:snapshot", "1d"))},
		{Kind: fleet.RDSCluster, ID: "sales", ARN: a.Cluster("sales", tags("offpeak:snapshot", "1d"))},
		{Kind: fleet.ECSService, ID: "front", ARN: a.Service("shop", "front", fleet.Size{Min: 1, Max: 4, Desired: 2}, tags())},
	}
	return z
}

// awake tells what runs: of the machine, the group, the database, the cluster and the service.
func (z *zoo) awake(t *testing.T) string {
	t.Helper()
	machines, err := ec2.NewFromConfig(z.Config).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{z.machine}})
	groups, groupErr := autoscaling.NewFromConfig(z.Config).DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
	databases, databaseErr := rds.NewFromConfig(z.Config).DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	clusters, clusterErr := rds.NewFromConfig(z.Config).DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{})
	services, serviceErr := ecs.NewFromConfig(z.Config).DescribeServices(t.Context(), &ecs.DescribeServicesInput{Cluster: aws.String("shop"), Services: []string{"front"}})
	if err := errors.Join(err, groupErr, databaseErr, clusterErr, serviceErr); err != nil {
		t.Fatal(err)
	}
	machine := machines.Reservations[0].Instances[0]
	return fmt.Sprintf("%s %s, %d, %s, %s, %d", machine.InstanceType, machine.State.Name, aws.ToInt32(groups.AutoScalingGroups[0].DesiredCapacity),
		aws.ToString(databases.DBInstances[0].DBInstanceStatus), aws.ToString(clusters.DBClusters[0].Status), services.Services[0].DesiredCount)
}

// retag gives everything that opts in another schedule, as its owner would.
func (z *zoo) retag(t *testing.T, s *stage, schedule string) {
	t.Helper()
	for _, r := range z.all {
		r.Scope = z.Scope
		if err := owner.SetTag(t.Context(), s.access, &r, "offpeak:schedule", schedule); err != nil {
			t.Fatal(err)
		}
	}
}

// policyOf is a policy that finds accounts in the organization and one outside of it.
func (s *stage) policyOf(units []string, account fleet.AccountID, version string) string {
	const within = "210000000083" // nothing is in it
	return fmt.Sprintf("# %s\ntimezone: Asia/Seoul\nenvironments: {dev: {accounts: [%q]}}\nregions: [ap-northeast-2]\nobserve: 0s\n"+
		"accounts: {organization: {in: [%s]}, list: [%q, %q], external_id: %s}\n", version, account, strings.Join(units, ", "), within, account, externalID)
}

var organizing sync.Mutex

// organized makes the hub's account the management account of an organization with a unit and an account in it, and returns root and unit.
func (s *stage) organized(t *testing.T) (units []string) {
	t.Helper()
	organizing.Lock()
	defer organizing.Unlock()
	c := organizations.NewFromConfig(s.access.Config(fleet.Scope{}))
	_, err := c.CreateOrganization(t.Context(), &organizations.CreateOrganizationInput{})
	if already := new(orgtypes.AlreadyInOrganizationException); err != nil && !errors.As(err, &already) {
		t.Fatal(err)
	}
	roots, err := c.ListRoots(t.Context(), &organizations.ListRootsInput{})
	if err != nil {
		t.Fatal(err)
	}
	root := roots.Roots[0].Id
	name := "unit-" + string(s.spoke.Account)
	unit, err := c.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{ParentId: root, Name: &name})
	if err != nil {
		t.Fatal(err)
	}
	return []string{aws.ToString(root), aws.ToString(unit.OrganizationalUnit.Id)}
}

// TestTheOrganizationIsAsked by the dispatcher: it enters an account outside of it, too, asks EC2 for regions where the account does not tell them,
// and takes back that something was said where telling it failed.
func TestTheOrganizationIsAsked(t *testing.T) {
	t.Parallel()
	s, x := troubled(t, "210000000082")
	units := s.organized(t)
	pushText(t, s, s.policyOf(units, elsewhere, "1"))
	x.begins(func(c call) (int, string) {
		switch {
		case c.path == "/listRegions":
			return http.StatusForbidden, `{"__type":"AccessDeniedException","message":"not authorized to perform: account:ListRegions"}`
		case c.service == "sns":
			return http.StatusForbidden, `<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not authorized</Message></Error></ErrorResponse>`
		}
		return refusesEntry("210000000083", "AccessDenied", "not authorized")(c)
	})
	dispatch := start(t, invoke.Build(t, "offpeak/functions/dispatch"), s.env...)
	if a := dispatch.Call(t, tick(time.Now()), patience); a.Failed != "" && !strings.Contains(a.Failed, "Authorization") {
		t.Errorf("%+v\n%s", a, dispatch.Logs())
	}
	if !dispatch.Logged("cannot be entered", 1) {
		t.Errorf("nothing was to be said\n%s", dispatch.Logs())
	}
	if kept := s.keys(t, "said/"); len(kept) != 0 {
		t.Errorf("%v are kept as said", kept)
	}
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	if f := failures(t, schedule.Call(t, batch(fleet.Scope{Account: elsewhere, Region: s.spoke.Region}), patience)); len(f) != 0 {
		t.Errorf("%v\n%s", f, schedule.Logs())
	}
}

// once answers a call in AWS's stead the first time.
func once(match func(call) bool, status int, text string) answered {
	var done sync.Once
	return func(c call) (out int, said string) {
		if match(c) {
			done.Do(func() { out, said = status, text })
		}
		return out, said
	}
}

func firstOf(all ...answered) answered {
	return func(c call) (int, string) {
		for _, a := range all {
			if status, text := a(c); status != 0 {
				return status, text
			}
		}
		return 0, ""
	}
}

func action(name string) func(call) bool {
	return func(c call) bool { return strings.Contains(c.body+"&", "Action="+name+"&") }
}

// TestEveryKindIsStoppedAndStarted by the worker, with all that may come with it: snapshots, of which old ones are removed, another type where there
// is no capacity, bounds of a service that are given back.
func TestEveryKindIsStoppedAndStarted(t *testing.T) {
	t.Parallel()
	s, x := troubled(t, "210000000081")
	at := time.Now().In(time.FixedZone("KST", 9*60*60)).Add(-time.Hour).Format("15:04")
	s.push(t, "observe: 0s\nschedules: {evening: {stop: [\"daily "+at+"\"]}}\n")
	s.env = append(s.env, "AWS_ENDPOINT_URL="+retold(t, x.URL))
	z := s.zoo(t, "stopped")
	z.Group("late", fleet.Size{Min: 1, Max: 1, Desired: 1}, fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: "evening"}))
	z.old(t, x)
	schedule := start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	sweeps := func(n int) {
		t.Helper()
		for range n {
			if f := failures(t, schedule.Call(t, s.wake(), patience)); len(f) != 0 {
				t.Fatalf("%v\n%s", f, schedule.Logs())
			}
		}
	}
	sweeps(1)
	s.enrolledBefore(t)
	schedule = start(t, invoke.Build(t, "offpeak/functions/schedule"), s.env...)
	sweeps(3)
	if got := z.awake(t); got != "m5.large stopped, 0, stopped, stopped, 0" {
		t.Errorf("after the stops: %s\n%s", got, schedule.Logs())
	}
	z.retag(t, s, "running")
	full := once(action("StartInstances"), http.StatusInternalServerError, `<Response><Errors><Error><Code>InsufficientInstanceCapacity</Code>`+
		`<Message>We currently do not have sufficient m5.large capacity</Message></Error></Errors><RequestID>1</RequestID></Response>`)
	x.begins(full)
	sweeps(4)
	if got := z.awake(t); got != "m4.large running, 2, available, available, 2" {
		t.Errorf("after the starts: %s\n%s", got, schedule.Logs())
	}
	kept, err := rds.NewFromConfig(z.Config).DescribeDBSnapshots(t.Context(), &rds.DescribeDBSnapshotsInput{SnapshotType: aws.String("manual")})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range kept.DBSnapshots {
		if strings.Contains(*one.DBSnapshotIdentifier, "20260101") {
			t.Errorf("%s is still there\n%s", *one.DBSnapshotIdentifier, schedule.Logs())
		}
	}
}

// retold changes what the stand-in says: groups were made long ago, so that a person may have changed them since their last edge, and Spot instances
// name the request that they are of.
func retold(t *testing.T, behind string) string {
	t.Helper()
	target, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`<CreatedTime>[^<]*</CreatedTime>`)
	public := regexp.MustCompile(`(?s)<association>.*?</association>`)
	const spot = "<instanceLifecycle>spot</instanceLifecycle>"
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			body = made.ReplaceAll(body, []byte("<CreatedTime>2026-01-01T00:00:00Z</CreatedTime>"))
			body = public.ReplaceAll(body, nil)
			body = bytes.ReplaceAll(body, []byte(spot), []byte(spot+"<spotInstanceRequestId>sir-12345678</spotInstanceRequestId>"))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return err
		},
	})
	t.Cleanup(front.Close)
	return front.URL
}

// enrolledBefore lets the hub have known everything in the spoke for two hours.
func (s *stage) enrolledBefore(t *testing.T) {
	t.Helper()
	keys := s.keys(t, "memory/")
	if len(keys) != 1 {
		t.Fatalf("%v", keys)
	}
	key, _, _ := strings.Cut(keys[0], " ")
	text, _, err := s.store.Read(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * time.Hour).UTC().Format(time.RFC3339)
	earlier := regexp.MustCompile(`"(enrolled|observed_since)":\s*"[^"]*"`).ReplaceAllString(string(text), `"$1":"`+long+`"`)
	s.overwrite(t, key, regexp.MustCompile(`"done":\s*\{[^}]*\},\s*`).ReplaceAllString(earlier, "")) // no edge had come by then
}

// old makes snapshots that are to be removed, which AWS lists as having been taken long ago.
func (z *zoo) old(t *testing.T, x *trouble) {
	t.Helper()
	client := rds.NewFromConfig(z.Config)
	var instances, clusters strings.Builder
	databases, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	listed, listErr := client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{})
	if err := errors.Join(err, listErr); err != nil {
		t.Fatal(err)
	}
	for day := 1; day <= 2; day++ {
		name := func(of string) *string {
			return aws.String(fmt.Sprintf("offpeak-%s-2026010%dt000000-0123abcd", of, day))
		}
		_, err := client.CreateDBSnapshot(t.Context(), &rds.CreateDBSnapshotInput{DBInstanceIdentifier: aws.String("orders"), DBSnapshotIdentifier: name("orders")})
		_, clusterErr := client.CreateDBClusterSnapshot(t.Context(), &rds.CreateDBClusterSnapshotInput{DBClusterIdentifier: aws.String("sales"), DBClusterSnapshotIdentifier: name("sales")})
		if err := errors.Join(err, clusterErr); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&instances, `<DBSnapshot><DBSnapshotIdentifier>%s</DBSnapshotIdentifier><DBInstanceIdentifier>orders</DBInstanceIdentifier><Status>available</Status><SnapshotType>manual</SnapshotType>`+
			`<SnapshotCreateTime>2026-01-0%dT00:00:00Z</SnapshotCreateTime><DbiResourceId>%s</DbiResourceId></DBSnapshot>`, *name("orders"), day, aws.ToString(databases.DBInstances[0].DbiResourceId))
		fmt.Fprintf(&clusters, `<DBClusterSnapshot><DBClusterSnapshotIdentifier>%s</DBClusterSnapshotIdentifier><DBClusterIdentifier>sales</DBClusterIdentifier><Status>available</Status><SnapshotType>manual</SnapshotType>`+
			`<SnapshotCreateTime>2026-01-0%dT00:00:00Z</SnapshotCreateTime><DbClusterResourceId>%s</DbClusterResourceId></DBClusterSnapshot>`, *name("sales"), day, aws.ToString(listed.DBClusters[0].DbClusterResourceId))
	}
	x.begins(firstOf(
		once(action("DescribeDBSnapshots"), http.StatusOK, `<DescribeDBSnapshotsResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBSnapshotsResult><DBSnapshots>`+
			instances.String()+`</DBSnapshots></DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>`),
		once(action("DescribeDBClusterSnapshots"), http.StatusOK, `<DescribeDBClusterSnapshotsResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeDBClusterSnapshotsResult><DBClusterSnapshots>`+
			clusters.String()+`</DBClusterSnapshots></DescribeDBClusterSnapshotsResult></DescribeDBClusterSnapshotsResponse>`),
	))
}
