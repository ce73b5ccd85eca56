package pillars_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/pillars"
	"offpeak/reports/words"
)

var (
	taken = time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC)
	seoul = fleet.Scope{Account: "111122223333", Region: "ap-northeast-2"}
)

// resource is opted in, but for those with the tag "out".
func resource(kind fleet.Kind, id string, change func(*fleet.Resource), tags ...string) fleet.Resource {
	r := fleet.Resource{ID: id, ARN: fleet.ARN("arn:" + id), Kind: kind, Scope: seoul, State: fleet.Running}
	if !slices.Contains(tags, "out") {
		tags = append(tags, "offpeak:schedule=office")
	}
	var all []fleet.Tag
	for _, t := range tags {
		key, value, _ := strings.Cut(t, "=")
		all = append(all, fleet.Tag{Key: key, Value: value})
	}
	r.Tags = fleet.NewTags(all...)
	if change != nil {
		change(&r)
	}
	return r
}

// with sets up a resource so.
func with(p fleet.Posture) func(*fleet.Resource) { return func(r *fleet.Resource) { r.Posture = &p } }

// of makes a resource a member of a group or a cluster, and gives it a type.
func of(kind fleet.TraitKind, whole, name string, p *fleet.Posture) func(*fleet.Resource) {
	return func(r *fleet.Resource) {
		r.Traits, r.Type, r.Posture = []fleet.Trait{{Kind: kind, Detail: whole}}, name, p
	}
}

func typed(name string) func(*fleet.Resource) { return func(r *fleet.Resource) { r.Type = name } }

// evidence is one check's, in short: what was found by name, of how many, how many are not known, and the value.
func evidence(t *testing.T, in *pillars.Input, code string) string {
	t.Helper()
	for _, e := range pillars.Of(in) {
		if e.Code != code {
			continue
		}
		var ids []string
		for _, arn := range e.Resources {
			ids = append(ids, strings.TrimPrefix(string(arn), "arn:"))
		}
		text := fmt.Sprintf("%s: %d of %d, %d unknown", strings.Join(ids, " "), e.Found, e.Looked, e.Unknown)
		if e.Value != nil {
			text += ", " + e.Value.String()
		}
		units := map[bool]string{true: reports.UnitPercent, false: reports.UnitHours}
		if want := units[e.Code != "sus-idle-hours"]; e.Value != nil && e.Unit != want || e.Value == nil && e.Unit != "" {
			t.Errorf("%s: its value is in %q, want %q", code, e.Unit, want)
		}
		return text
	}
	t.Fatalf("there is no check %s", code)
	return ""
}

const (
	ec2     = fleet.EC2Instance
	asg     = fleet.AutoScalingGroup
	rds     = fleet.RDSInstance
	cluster = fleet.RDSCluster
	ecs     = fleet.ECSService
)

var inventoryRows = []struct {
	says, code string
	resources  []fleet.Resource
	want       string
}{
	{"an owner by any of the keys, however they are written", "ops-owner", []fleet.Resource{resource(ec2, "a", nil, "OWNER=kim"), resource(ecs, "b", nil, "team=pay"), resource(rds, "c", nil, "Owner= "), resource(ec2, "d", nil)}, "c d: 2 of 4, 0 unknown"},
	{"what did not opt in is not looked at", "ops-owner", []fleet.Resource{resource(ec2, "a", nil, "out"), resource(ec2, "b", nil, "offpeak:schedule=ignore", "out")}, ": 0 of 0, 0 unknown"},
	{"what asks for Spot alone has opted in", "ops-owner", []fleet.Resource{resource(ec2, "a", nil, "out", "offpeak:spot=yes")}, "a: 1 of 1, 0 unknown"},
	{"a link to a runbook", "ops-runbook", []fleet.Resource{resource(ec2, "a", nil, "runbook=https://wiki/a"), resource(ec2, "b", nil)}, "b: 1 of 2, 0 unknown"},
	{"all cost allocation tags", "cost-tags", []fleet.Resource{resource(ec2, "a", nil, "Team=pay", "cost-center=7"), resource(ec2, "b", nil, "team=pay"), resource(ec2, "c", nil)}, "b c: 2 of 3, 0 unknown, 33.33"},

	{"IMDSv2 that is required, that is not, and what is not known", "sec-imdsv2", []fleet.Resource{
		resource(ec2, "a", with(fleet.Posture{IMDSv2: fleet.Yes})), resource(ec2, "b", with(fleet.Posture{IMDSv2: fleet.No})), resource(ec2, "c", with(fleet.Posture{})), resource(ec2, "d", nil),
	}, "b: 1 of 4, 2 unknown"},
	{"members of a group that opted in, tagged or not", "sec-imdsv2", []fleet.Resource{
		resource(asg, "web", nil), resource(ec2, "a", of(fleet.GroupMember, "web", "m5.large", &fleet.Posture{IMDSv2: fleet.No}), "out"),
		resource(ec2, "b", of(fleet.GroupMember, "other", "m5.large", &fleet.Posture{IMDSv2: fleet.No}), "out"),
	}, "a: 1 of 1, 0 unknown"},
	{"a group of which no instance was listed is not known", "sec-imdsv2", []fleet.Resource{resource(asg, "web", with(fleet.Posture{}))}, ": 0 of 1, 1 unknown"},
	{"databases and services require no IMDSv2", "sec-imdsv2", []fleet.Resource{resource(rds, "a", with(fleet.Posture{})), resource(ecs, "b", nil)}, ": 0 of 0, 0 unknown"},

	{"public addresses of instances, of databases and of the members of clusters", "sec-public-address", []fleet.Resource{
		resource(ec2, "a", with(fleet.Posture{Public: fleet.Yes})), resource(ec2, "b", with(fleet.Posture{Public: fleet.No})), resource(rds, "c", with(fleet.Posture{Public: fleet.Yes})), resource(rds, "d", nil),
		resource(cluster, "e", with(fleet.Posture{})), resource(rds, "f", of(fleet.ClusterMember, "e", "db.r6g.large", &fleet.Posture{Public: fleet.Yes}), "out"),
	}, "a c f: 3 of 5, 1 unknown"},
	{"a cluster whose members were not listed", "sec-public-address", []fleet.Resource{resource(cluster, "e", with(fleet.Posture{}))}, ": 0 of 1, 1 unknown"},

	{"each volume counts, a machine of which nobody looked at the volumes once", "sec-unencrypted-volume", []fleet.Resource{
		resource(ec2, "a", with(fleet.Posture{Volumes: []fleet.Disk{{ID: "vol-1", Encrypted: fleet.No}, {ID: "vol-2", Encrypted: fleet.Yes}, {ID: "vol-3"}}})), resource(ec2, "b", nil),
		resource(ec2, "c", with(fleet.Posture{})), resource(asg, "web", with(fleet.Posture{})),
	}, "aws:ec2:ap-northeast-2:111122223333:volume/vol-1: 1 of 5, 3 unknown"},
	{"a volume that two instances share counts once", "sec-unencrypted-volume", []fleet.Resource{
		resource(ec2, "a", with(fleet.Posture{Volumes: []fleet.Disk{{ID: "vol-1", Encrypted: fleet.No}}})), resource(ec2, "b", with(fleet.Posture{Volumes: []fleet.Disk{{ID: "vol-1", Encrypted: fleet.No}}})),
	}, "aws:ec2:ap-northeast-2:111122223333:volume/vol-1: 1 of 1, 0 unknown"},
	{"storage of databases, of a cluster once", "sec-unencrypted-volume", []fleet.Resource{
		resource(rds, "a", with(fleet.Posture{Encrypted: fleet.No})), resource(cluster, "e", with(fleet.Posture{Encrypted: fleet.No})),
		resource(rds, "f", of(fleet.ClusterMember, "e", "db.r6g.large", &fleet.Posture{Encrypted: fleet.No})),
	}, "a e: 2 of 2, 0 unknown"},
	{"gp2 of volumes and of databases", "perf-gp2", []fleet.Resource{
		resource(ec2, "a", with(fleet.Posture{Volumes: []fleet.Disk{{ID: "vol-1", Type: "gp2"}, {ID: "vol-2", Type: "gp3"}, {ID: "vol-3"}}})),
		resource(rds, "b", with(fleet.Posture{Storage: "gp2"})), resource(rds, "c", with(fleet.Posture{Storage: "aurora"})), resource(rds, "d", nil),
	}, "aws:ec2:ap-northeast-2:111122223333:volume/vol-1 b: 2 of 6, 2 unknown"},

	{"a group on Spot with types and zones enough", "rel-spot-diversity", []fleet.Resource{resource(asg, "a", mixed(0, []string{"x", "y", "z"}, false, "1", "2", "3"))}, ": 0 of 1, 0 unknown"},
	{"too few types", "rel-spot-diversity", []fleet.Resource{resource(asg, "a", mixed(0, []string{"x", "y", "y"}, false, "1", "2", "3"))}, "a: 1 of 1, 0 unknown"},
	{"too few zones", "rel-spot-diversity", []fleet.Resource{resource(asg, "a", mixed(0, []string{"x", "y", "z"}, false, "1", "2"))}, "a: 1 of 1, 0 unknown"},
	{"a mix that is all on demand", "rel-spot-diversity", []fleet.Resource{resource(asg, "a", mixed(100, []string{"x"}, false, "1"))}, ": 0 of 0, 0 unknown"},
	{"types that AWS picks are not known", "rel-spot-diversity", []fleet.Resource{resource(asg, "a", mixed(50, nil, true, "1", "2", "3")), resource(asg, "b", mixed(50, nil, true, "1"))}, "b: 1 of 2, 1 unknown"},
	{"zones that are not told are not known", "rel-spot-diversity", []fleet.Resource{resource(asg, "a", mixed(0, []string{"x", "y", "z"}, false))}, ": 0 of 1, 1 unknown"},
	{"a group without a mix whose instances are Spot has one type", "rel-spot-diversity", []fleet.Resource{
		resource(asg, "a", with(fleet.Posture{Zones: []string{"1", "2", "3"}})), resource(asg, "b", with(fleet.Posture{Zones: []string{"1"}})),
		resource(ec2, "i", func(r *fleet.Resource) {
			of(fleet.GroupMember, "a", "m5.large", nil)(r)
			r.Lifecycle = fleet.SpotOneTime
		}, "out"),
	}, "a: 1 of 1, 0 unknown"},
	{"a group of which nobody looked how it launches", "rel-spot-diversity", []fleet.Resource{resource(asg, "a", nil)}, ": 0 of 1, 1 unknown"},
	{"what AutoSpot saw does as well", "rel-spot-diversity", []fleet.Resource{resource(asg, "a", func(r *fleet.Resource) {
		r.Launch = &fleet.Launch{Zones: []string{"1"}, Mix: &fleet.Mix{Types: []string{"x"}}}
	})}, "a: 1 of 1, 0 unknown"},

	{"backups of databases, without replicas and members", "rel-backups", []fleet.Resource{
		resource(rds, "a", with(fleet.Posture{Backups: fleet.No})), resource(rds, "b", with(fleet.Posture{Backups: fleet.Yes})), resource(rds, "c", nil),
		resource(rds, "d", of(fleet.ReadReplica, "a", "db.m6g.large", &fleet.Posture{Backups: fleet.No})), resource(cluster, "e", with(fleet.Posture{Backups: fleet.Yes})),
		resource(rds, "f", of(fleet.ClusterMember, "e", "db.r6g.large", &fleet.Posture{Backups: fleet.No})),
	}, "a: 1 of 4, 1 unknown"},
	{"zones of databases", "rel-single-zone", []fleet.Resource{
		resource(rds, "a", with(fleet.Posture{MultiZone: fleet.No})), resource(rds, "b", func(r *fleet.Resource) { r.MultiAZ = true }), resource(rds, "c", nil), resource(cluster, "e", with(fleet.Posture{MultiZone: fleet.Yes})),
	}, "a: 1 of 4, 1 unknown"},

	{"generations, also of databases and of a group's members by type", "perf-previous-generation", []fleet.Resource{
		resource(ec2, "a", typed("m4.large")), resource(ec2, "b", typed("m7i.large")), resource(ec2, "c", typed("d2.xlarge")), resource(rds, "d", typed("db.r4.xlarge")), resource(rds, "e", typed("db.serverless")),
		resource(asg, "f", func(r *fleet.Resource) {
			r.Members = []fleet.Members{{Type: "m7i.large", Count: 2}, {Type: "t1.micro", Count: 1}}
		}), resource(asg, "g", nil),
	}, "a d f: 3 of 7, 3 unknown"},
	{"the share of Graviton", "sus-graviton", []fleet.Resource{
		resource(ec2, "a", typed("m7g.large")), resource(ec2, "b", typed("g5.xlarge")), resource(rds, "c", typed("db.t4g.micro")), resource(rds, "e", typed("db.serverless")),
		resource(asg, "f", func(r *fleet.Resource) {
			r.Members = []fleet.Members{{Type: "m7i.large", Count: 2}, {Type: "m7g.large", Count: 1}}
		}),
	}, "a c: 2 of 5, 1 unknown, 50"},
	{"a share of nothing is none", "sus-graviton", []fleet.Resource{resource(rds, "e", typed("db.serverless"))}, ": 0 of 1, 1 unknown"},
}

func mixed(onDemand int, types []string, byAWS bool, zones ...string) func(*fleet.Resource) {
	return with(fleet.Posture{Zones: zones, Mix: &fleet.Mix{AboveBase: onDemand, Types: types, ByRequired: byAWS}})
}

func input(resources ...fleet.Resource) *pillars.Input {
	return &pillars.Input{
		Snapshots: []fleet.Snapshot{{Taken: taken, Resources: resources}}, Keys: fleet.KeysWithPrefix(fleet.DefaultPrefix),
		OwnerTags: []string{"owner", "Team"}, RunbookTags: []string{"runbook"}, CostTags: []string{"team", "cost-center"},
	}
}

func TestWhatAnInventoryShows(t *testing.T) {
	t.Parallel()
	for _, row := range inventoryRows {
		if got := evidence(t, input(row.resources...), row.code); got != row.want {
			t.Errorf("%s: %s\n got %s\nwant %s", row.code, row.says, got, row.want)
		}
	}
}

func TestTypesByName(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name               string
		previous, graviton string
	}{
		{"a1.large", "old", "yes"},
		{"m6gd.metal", "", "yes"},
		{"c7gn.16xlarge", "", "yes"},
		{"im4gn.large", "", "yes"},
		{"x2gd.medium", "", "yes"},
		{"g5g.xlarge", "", "yes"},
		{"hpc7g.4xlarge", "", "yes"},
		{"g4dn.xlarge", "", "no"},
		{"g6e.xlarge", "", "no"},
		{"gr6.4xlarge", "", "no"},
		{"c7i-flex.large", "", "no"},
		{"u-6tb1.metal", "?", "?"},
		{"u7i-12tb.224xlarge", "", "no"},
		{"mac2-m2.metal", "?", "no"},
		{"p6e-gb200.36xlarge", "", "no"},
		{"trn2u.48xlarge", "?", "no"},
		{"m10a.large", "", "no"},
		{"t2.micro", "", "no"},
		{"m5.large", "", "no"},
		{"p3dn.24xlarge", "old", "no"},
		{"d2.xlarge", "?", "no"},
		{"m5a.large", "", "no"},
		{"db.m3.large", "old", "no"},
		{"db.x2g.large", "", "yes"},
		{"db.x2iedn.large", "", "no"},
		{"r3.large", "old", "no"},
		{"", "?", "?"},
		{"banana", "?", "?"},
	} {
		r := resource(ec2, "x", typed(row.name))
		previous := map[string]string{"old": "x: 1 of 1, 0 unknown", "": ": 0 of 1, 0 unknown", "?": ": 0 of 1, 1 unknown"}[row.previous]
		if got := evidence(t, input(r), "perf-previous-generation"); got != previous {
			t.Errorf("%s: generation %s, want %s", row.name, got, previous)
		}
		graviton := map[string]string{"yes": "x: 1 of 1, 0 unknown, 100", "no": ": 0 of 1, 0 unknown, 0", "?": ": 0 of 1, 1 unknown"}[row.graviton]
		if got := evidence(t, input(r), "sus-graviton"); got != graviton {
			t.Errorf("%s: Graviton %s, want %s", row.name, got, graviton)
		}
	}
}

func usd(text string) money.USD {
	u, err := money.ParseUSD(text)
	if err != nil {
		panic(err)
	}
	return u
}

func act(resource, state string) reports.Act {
	return reports.Act{Resource: fleet.ARN("arn:" + resource), State: state}
}

func avoided(id, origin, hours string) reports.Resource {
	return reports.Resource{ARN: fleet.ARN("arn:" + id), Account: seoul.Account, Origin: origin, Figure: reports.Figure{Hours: decimal.RequireFromString(hours)}}
}

func TestWhatAReportShows(t *testing.T) {
	t.Parallel()
	other := resource(ec2, "z", func(r *fleet.Resource) { r.Scope.Account = "222233334444" })
	for _, row := range []struct {
		says, code string
		report     *reports.Report
		want       string
	}{
		{"acts that failed, once each resource, and those of which nobody saw the end", "ops-failed-acts", &reports.Report{Acts: []reports.Act{
			act("a", "verified"), act("a", "failed"), act("a", "applied"), act("b", "verified"), act("c", "applied"), act("c", "verified"), act("d", "intent"), act("e", "verified"), act("e", "verified"),
		}}, "a: 1 of 5, 2 unknown"},
		{"no acts", "ops-failed-acts", &reports.Report{}, ": 0 of 0, 0 unknown"},
		{"no report", "ops-failed-acts", nil, ": 0 of 2, 2 unknown"},
		{"hours outside working hours, by account in which something opted in", "cost-off-hours", &reports.Report{Usage: reports.Usage{OffHours: []reports.OffHours{
			{Account: seoul.Account, Amount: usd("25"), All: usd("75")}, {Account: "999999999999", Amount: usd("900"), All: usd("1000")},
		}}}, ": 1 of 2, 1 unknown, 33.33"},
		{"an account without any", "cost-off-hours", &reports.Report{Usage: reports.Usage{OffHours: []reports.OffHours{{Account: seoul.Account, Amount: usd("0"), All: usd("75")}}}}, ": 0 of 2, 1 unknown, 0"},
		{"hours that the bill does not tell", "cost-off-hours", &reports.Report{}, ": 0 of 2, 2 unknown"},
		{"what the bill charges and nothing uses", "cost-idle", &reports.Report{Checks: reports.Checks{Complete: reports.Held}, Waste: []reports.Waste{
			{Code: "idle-address", Count: 3}, {Code: "unattached-volume", Count: 2}, {Code: "off-hours", Count: 9},
		}}, ": 5 of 5, 0 unknown"},
		{"a bill that is not whole leaves it open", "cost-idle", &reports.Report{Checks: reports.Checks{Complete: reports.Failed}, Waste: []reports.Waste{{Code: "idle-address", Count: 3}}}, ": 3 of 4, 1 unknown"},
		{"no report leaves it open", "cost-idle", nil, ": 0 of 1, 1 unknown"},
		{"commitments of which some was not used", "cost-commitments", &reports.Report{Commitments: reports.Commitments{Known: true, Used: usd("90"), Unused: usd("30")}}, ": 1 of 1, 0 unknown, 75"},
		{"commitments that were used whole", "cost-commitments", &reports.Report{Commitments: reports.Commitments{Known: true, Used: usd("90")}}, ": 0 of 1, 0 unknown, 100"},
		{"no commitments", "cost-commitments", &reports.Report{Commitments: reports.Commitments{Known: true}}, ": 0 of 0, 0 unknown"},
		{"commitments that could not be replayed", "cost-commitments", &reports.Report{}, ": 0 of 1, 1 unknown"},
		{"idle hours: what has no baseline, and what is in no report, is not known", "sus-idle-hours", &reports.Report{Resources: []reports.Resource{
			avoided("a", "own", "100.5"), avoided("gone", "cohort", "20"), avoided("none", "own", "0"), avoided("new", "unproven", "77"),
		}}, "a gone: 2 of 5, 2 unknown, 120.5"},
		{"no report tells of idle hours", "sus-idle-hours", nil, ": 0 of 2, 2 unknown"},
	} {
		in := input(resource(ec2, "a", nil), other)
		in.Report = row.report
		if got := evidence(t, in, row.code); got != row.want {
			t.Errorf("%s: %s\n got %s\nwant %s", row.code, row.says, got, row.want)
		}
	}
}

func TestKeysThatNobodyNamed(t *testing.T) {
	t.Parallel()
	in := &pillars.Input{Snapshots: []fleet.Snapshot{{Taken: taken, Resources: []fleet.Resource{resource(ec2, "a", nil, "owner=kim"), resource(ec2, "b", nil)}}}}
	for _, code := range []string{"ops-owner", "ops-runbook", "cost-tags"} {
		if got := evidence(t, in, code); got != ": 0 of 2, 2 unknown" {
			t.Errorf("%s without keys: %s", code, got)
		}
	}
}

func TestWithoutAnInventoryNothingIsFoundAbsent(t *testing.T) {
	t.Parallel()
	in := &pillars.Input{Report: &reports.Report{Resources: []reports.Resource{avoided("a", "own", "3"), avoided("b", "own", "0")}}}
	for _, e := range pillars.Of(in) {
		switch e.Code {
		case "ops-failed-acts", "cost-off-hours", "cost-idle", "cost-commitments", "sus-idle-hours":
		default:
			if e.Looked != 2 || e.Unknown != 2 || e.Found != 0 {
				t.Errorf("%s: %+v", e.Code, e)
			}
		}
	}
	if got := evidence(t, in, "sus-idle-hours"); got != "a: 1 of 2, 0 unknown, 3" {
		t.Errorf("got %s", got)
	}
}

func TestEveryCheckIsThereWithItsQuestion(t *testing.T) {
	t.Parallel()
	var codes []string
	for _, e := range pillars.Of(&pillars.Input{}) {
		codes = append(codes, e.Code)
		if !slices.Contains(reports.Pillars(), e.Pillar) || !strings.HasPrefix(e.Reference, "https://docs.aws.amazon.com/wellarchitected/latest/framework/") || pillars.Choice(&e) == "" {
			t.Errorf("%+v", e)
		}
		if prefix, _, ok := strings.Cut(e.Question, "0"); (!ok || !strings.HasPrefix(strings.ToUpper(e.Code), prefix[:3])) && e.Question != "COST10" || strings.Contains(pillars.Choice(&e), ".") {
			t.Errorf("%s bears on %s, %s", e.Code, e.Question, pillars.Choice(&e))
		}
	}
	if diff := cmp.Diff(codes, reports.EvidenceCodes()); diff != "" {
		t.Error(diff)
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	in := input(resource(ec2, "a", with(fleet.Posture{IMDSv2: fleet.No})), resource(ec2, "b", nil, "team=pay", "cost-center=7"))
	english := words.In(words.English)
	var got []string
	for _, n := range pillars.Notes("2026Q3", pillars.Of(in), english.Evidence) {
		if n.Choice == "sec_protect_compute_hardened_images" || n.Choice == "cost_monitor_usage_org_information" {
			got = append(got, n.Text)
		}
		if n.Choice == "rel_backing_up_data_automated_backups_data" {
			t.Errorf("nothing was looked at, and it is said: %s", n.Text)
		}
	}
	want := []string{"2026Q3 SEC06-BP02 Instances that do not require IMDSv2: 1 / 2 (? 1)", "2026Q3 COST03-BP02 Resources without cost allocation tags: 1 / 2; 50%"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
}

// anyFleet is a fleet made up from a seed; flipped turns all that is known of it around.
func anyFleet(seed uint64, flipped bool) []fleet.Resource {
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test's
	fact := func() fleet.Known {
		k := fleet.Known(r.IntN(3))
		if flipped && k != fleet.Unknown {
			k = fleet.Yes + fleet.No - k
		}
		return k
	}
	storage := func() string {
		k := fact()
		return map[fleet.Known]string{fleet.Unknown: "", fleet.Yes: "gp2", fleet.No: "gp3"}[k]
	}
	var all []fleet.Resource
	for i := range 1 + r.IntN(12) {
		kind := fleet.Kinds()[r.IntN(5)]
		tags := []string{[]string{"offpeak:schedule=x", "out"}[r.IntN(2)]}
		x := resource(kind, fmt.Sprintf("%s-%d", kind, i), nil, tags...)
		if r.IntN(4) > 0 {
			x.Posture = &fleet.Posture{IMDSv2: fact(), Public: fact(), Encrypted: fact(), Backups: fact(), MultiZone: fact(), Storage: storage()}
			for v := range r.IntN(3) {
				x.Posture.Volumes = append(x.Posture.Volumes, fleet.Disk{ID: fmt.Sprintf("vol-%d-%d", i, v), Type: storage(), Encrypted: fact()})
			}
		}
		if r.IntN(3) == 0 && kind == ec2 {
			x.Traits = []fleet.Trait{{Kind: fleet.GroupMember, Detail: fmt.Sprintf("auto-scaling-group-%d", r.IntN(i+1))}}
		}
		if r.IntN(3) == 0 && kind == rds {
			x.Traits = []fleet.Trait{{Kind: fleet.ClusterMember, Detail: fmt.Sprintf("rds-cluster-%d", r.IntN(i+1))}}
		}
		all = append(all, x)
	}
	return all
}

// TestCountsAddUp: what is looked at is found, or in order, or not known. What is in order is what is found of a fleet of which all is the other way round.
func TestCountsAddUp(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		resources := anyFleet(seed, false)
		got, turned := pillars.Of(input(resources...)), pillars.Of(input(anyFleet(seed, true)...))
		for i, e := range got {
			if e.Found != len(e.Resources) && e.Code != "cost-idle" || !slices.IsSorted(e.Resources) || len(slices.Compact(slices.Clone(e.Resources))) != len(e.Resources) {
				t.Fatalf("seed %d, %s: found %d: %v", seed, e.Code, e.Found, e.Resources)
			}
			switch e.Code {
			case "sec-imdsv2", "sec-public-address", "sec-unencrypted-volume", "rel-backups", "rel-single-zone", "perf-gp2":
				if e.Found+turned[i].Found+e.Unknown != e.Looked || turned[i].Looked != e.Looked {
					t.Fatalf("seed %d, %s: %d found, %d in order and %d unknown of %d", seed, e.Code, e.Found, turned[i].Found, e.Unknown, e.Looked)
				}
			default:
				if e.Found+e.Unknown > e.Looked {
					t.Fatalf("seed %d: %+v", seed, e)
				}
			}
		}
		slices.Reverse(resources)
		if diff := cmp.Diff(got, pillars.Of(input(resources...))); diff != "" {
			t.Fatalf("seed %d: the order of the input matters: %s", seed, diff)
		}
	}
}
