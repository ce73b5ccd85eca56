package spend_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
	"offpeak/reports/spend"
)

const workerARN fleet.ARN = "arn:aws:ec2:ap-northeast-2:111122223333:instance/" + worker

// resource is the worker as the inventory knows it.
func resource(change func(*spend.Resource)) spend.Resource {
	r := spend.Resource{Resource: fleet.Resource{
		ID: worker, ARN: workerARN, Kind: fleet.EC2Instance, Scope: fleet.Scope{Account: dev, Region: seoul}, State: fleet.Running, Created: july.AddDate(-1, 0, 0), Type: "m5.large",
		Tags: fleet.NewTags(fleet.Tag{Key: "env", Value: "dev"}, fleet.Tag{Key: "Name", Value: "it's $(hostile)"}, fleet.Tag{Key: "Owner", Value: "kim"}),
	}}
	if change != nil {
		change(&r)
	}
	return r
}

// The worker runs day and night. Of the quarter's 2208 hours 1416 lie outside mon-fri 08:00-20:00: 141.60 dollars, which is 46.82 in a month of 730 hours.
func TestWhatAlwaysRuns(t *testing.T) {
	t.Parallel()
	always := func(change func(*run)) *bill { return (&bill{}).closed(quarter).ran(worker, july, quarter.To, change) }
	inTaken := func(change func(*spend.Resource)) func(*spend.Input) {
		return func(in *spend.Input) { in.Taken, in.Resources = true, []spend.Resource{resource(change)} }
	}
	trait := func(kind fleet.TraitKind) func(*spend.Input) {
		return inTaken(func(r *spend.Resource) { r.Traits = []fleet.Trait{{Kind: kind}} })
	}
	tagged := func(env string) func(*run) {
		return func(r *run) { r.tags = map[string]string{"env": env, "Team": "pay"} }
	}
	for _, row := range []struct {
		name   string
		run    func(*run)
		change func(*spend.Input)
		want   string // code and amount
	}{
		{"what its environment usually has", nil, nil, "idle-schedule 46.82 environment:dev"},
		{"known to the inventory", nil, inTaken(nil), "idle-schedule 46.82 environment:dev"},
		{"its environment has no usual schedule", tagged("stg"), nil, ""},
		{"it belongs to no environment", tagged("lab"), nil, ""},
		{"it is protected by its tag", tagged("prod"), nil, ""},
		{"it is protected by its account", func(r *run) { r.Account = prod }, nil, ""},
		{"the policy has no environments", nil, func(in *spend.Input) { in.Environments = nil }, ""},
		{"the inventory does not have it", nil, func(in *spend.Input) { in.Taken = true }, ""},
		{"the inventory knows another environment", nil, inTaken(func(r *spend.Resource) { r.Tags = fleet.NewTags(fleet.Tag{Key: "env", Value: "prod"}) }), ""},
		{"it is a member of a group", nil, trait(fleet.GroupMember), ""},
		{"somebody else runs it", nil, trait(fleet.Managed), ""},
		{"a public address that changes is no reason", nil, trait(fleet.PublicAddress), "idle-schedule 46.82 environment:dev"},
		{"Spot", func(r *run) { r.Line = billing.SpotUsage }, nil, ""},
		{"covered by commitments: nothing is gained", func(r *run) { r.Line = billing.PlanUsage }, nil, ""},
		{"opted in by the ledger and running all the same", nil, func(in *spend.Input) { in.OptedIn = []fleet.ARN{workerARN} }, "tighter-schedule 46.82 environment:dev"},
		{"opted in by its tag", nil, inTaken(func(r *spend.Resource) { r.OptedIn = true }), "tighter-schedule 46.82 environment:dev"},
		{"at the payer's prices", nil, func(in *spend.Input) { in.Factor = dec("2") }, "idle-schedule 93.63 environment:dev"},
		{"the bill cannot tell a database from a member of a cluster", func(r *run) {
			r.Resource, r.Meter = "arn:aws:rds:ap-northeast-2:111122223333:db:orders", "APN2-InstanceUsage:db.r6g.large"
		}, nil, ""},
		{"a function", func(r *run) { r.Meter = "APN2-Lambda-GB-Second" }, nil, ""},
		{"a task that no service runs", func(r *run) { r.Meter = "APN2-Fargate-vCPU-Hours:perCPU" }, nil, ""},
		{"a resource without an id", func(r *run) { r.Resource = "" }, nil, ""},
	} {
		in := input(t, always(row.run))
		if row.change != nil {
			row.change(&in)
		}
		got := ""
		for _, a := range of(t, in).Actions {
			got += a.Code + " " + a.Month.Display() + " " + a.Detail
		}
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestAProposalIsWhole(t *testing.T) {
	t.Parallel()
	in := input(t, (&bill{}).closed(quarter).ran(worker, july, quarter.To, nil))
	in.Taken, in.Resources = true, []spend.Resource{resource(nil)}
	got := of(t, in).Actions
	want := []reports.Action{{
		ID: got[0].ID, Code: "idle-schedule", ARN: workerARN, Name: "it's $(hostile)", Account: dev, Owner: "kim", Due: "2026-11-15", Month: got[0].Month, Resources: 1,
		Schedule: "office", Detail: "environment:dev", Tag: "offpeak:schedule=office",
		Command: `aws ec2 create-tags --region ap-northeast-2 --resources i-0123456789abcdef0 --tags '[{"Key":"offpeak:schedule","Value":"office"}]'`,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// tighter: what was opted in and keeps its hours is left alone.
func TestWhatKeepsItsScheduleIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		shut int
		want int
	}{{20, 0}, {22, 0}, {24, 1}} { // 55, 65 and 75 hours a week, of 60
		in := input(t, (&bill{}).closed(quarter).office(worker, 9, row.shut, nil, nil))
		in.OptedIn = []fleet.ARN{workerARN}
		if got := of(t, in).Actions; len(got) != row.want {
			t.Errorf("until %d: %+v", row.shut, got)
		}
	}
}

func TestGroupsServicesAndClusters(t *testing.T) {
	t.Parallel()
	b := (&bill{}).closed(quarter)
	both := func(first, second func(*run)) { // two of them
		b.ran("", july, quarter.To, first).ran("", july, quarter.To, second)
	}
	group := func(r *run) { r.Group = "web's" }
	both(group, group)
	task := func(meter string) func(*run) {
		return func(r *run) { r.Group, r.Cluster, r.Meter, r.SKU = "api", "shop", meter, meter }
	}
	both(task("APN2-Fargate-vCPU-Hours:perCPU"), task("APN2-Fargate-GB-Hours"))
	member := func(name string) func(*run) {
		return func(r *run) {
			r.Resource, r.Meter, r.SKU = "arn:aws:rds:ap-northeast-2:111122223333:db:"+name, "APN2-InstanceUsage:db.r6g.large", "R6G"
		}
	}
	both(member("orders-1"), member("orders-2"))
	scope := fleet.Scope{Account: dev, Region: seoul}
	tags := fleet.NewTags(fleet.Tag{Key: "env", Value: "dev"})
	in := input(t, b)
	in.Taken = true
	in.Resources = []spend.Resource{
		{Resource: fleet.Resource{ID: "web's", ARN: "arn:group", Kind: fleet.AutoScalingGroup, Scope: scope, Tags: tags}},
		{Resource: fleet.Resource{ID: "api", ARN: "arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api", Kind: fleet.ECSService, Parent: "shop", Scope: scope, Tags: tags}},
		{Resource: fleet.Resource{ID: "orders", ARN: "arn:aws:rds:ap-northeast-2:111122223333:cluster:orders", Kind: fleet.RDSCluster, Scope: scope, Tags: tags, Parts: []string{"orders-1", "orders-2"}}},
	}
	s := of(t, in)
	got := map[string]string{}
	for _, a := range s.Actions {
		got[a.Name] = a.Month.Display() + " " + a.Command
	}
	want := map[string]string{
		"web's":  `93.63 aws autoscaling create-or-update-tags --region ap-northeast-2 --tags '[{"Key":"offpeak:schedule","PropagateAtLaunch":false,"ResourceId":"web'\''s","ResourceType":"auto-scaling-group","Value":"office"}]'`,
		"api":    `93.63 aws ecs tag-resource --region ap-northeast-2 --resource-arn arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api --tags '[{"key":"offpeak:schedule","value":"office"}]'`,
		"orders": `93.63 aws rds add-tags-to-resource --region ap-northeast-2 --resource-name arn:aws:rds:ap-northeast-2:111122223333:cluster:orders --tags '[{"Key":"offpeak:schedule","Value":"office"}]'`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(s.Waste) != 1 || s.Waste[0].Count != 3 {
		t.Errorf("three things run off hours: %+v", s.Waste)
	}
	// Without the inventory a group has no ARN, and is proposed all the same; its id is of its region too.
	b.runs = b.runs[:2]
	b.runs[1].Region = "us-east-1"
	in.Taken, in.Resources = false, nil
	actions := of(t, in).Actions
	if len(actions) != 2 || actions[0].Name != "web's" || actions[0].ARN != "" || actions[0].ID == actions[1].ID {
		t.Errorf("groups of a bill alone: %+v", actions)
	}
}

// idle is an address or a volume that is charged in all days of the quarter, for so many hours of each.
func idle(resource, meter string, hours int64, cost string) (rows []billing.Standing) {
	for day := july; day.Before(quarter.To); day = day.AddDate(0, 0, 1) {
		rows = append(rows, billing.Standing{Day: day, Account: dev, Resource: resource, Meter: meter, Hours: hours, Cost: dec(cost)})
	}
	return rows
}

const address = "arn:aws:ec2:ap-northeast-2:111122223333:elastic-ip/eipalloc-0a1b2c3d4e5f60718"

func TestWhatWasNeverUsed(t *testing.T) {
	t.Parallel()
	const idleMeter, useMeter, volume = "APN2-PublicIPv4:IdleAddress", "APN2-PublicIPv4:InUseAddress", "vol-0123456789abcdef0"
	stopped := func(change func(*spend.Resource)) func(*spend.Input) {
		return func(in *spend.Input) {
			in.Taken = true
			in.Resources = []spend.Resource{resource(func(r *spend.Resource) {
				r.State, r.Attached = fleet.Stopped, []string{volume}
				if change != nil {
					change(r)
				}
			})}
		}
	}
	for _, row := range []struct {
		name     string
		standing []billing.Standing
		change   func(*spend.Input)
		want     []string // names, amounts and commands
		waste    string
	}{
		{"an address that nothing used", idle(address, idleMeter, 24, "0.12"), nil, []string{
			"eipalloc-0a1b2c3d4e5f60718 3.65 aws ec2 release-address --region ap-northeast-2 --allocation-id eipalloc-0a1b2c3d4e5f60718",
		}, "11.04"},
		{"one that was in use on one day", append(idle(address, idleMeter, 24, "0.12"), idle(address, useMeter, 1, "0.005")[3]), nil, nil, ""},
		{"one that is gone since", idle(address, idleMeter, 24, "0.12")[:60], nil, nil, "7.2"},
		{"one that is new", idle(address, idleMeter, 24, "0.12")[70:], nil, nil, "2.64"},
		{"one that belongs to something that is stopped", idle(address, idleMeter, 24, "0.12"), func(in *spend.Input) {
			in.Resources = []spend.Resource{resource(func(r *spend.Resource) { r.Attached = []string{"eipalloc-0a1b2c3d4e5f60718"} })}
		}, nil, "11.04"},
		{"one whose id is no allocation", idle("arn:aws:ec2:ap-northeast-2:111122223333:elastic-ip/x; rm -rf /", idleMeter, 24, "0.12"), nil, []string{" 3.65 "}, "11.04"},
		{"in a protected account", idle(address, idleMeter, 24, "0.12"), func(in *spend.Input) { in.Environments[2].Accounts = []fleet.AccountID{dev} }, nil, "11.04"},
		{"an instance that was stopped all the time, with its volume", idle(volume, "APN2-EBS:VolumeUsage.gp3", 24, "0.3"), stopped(nil), []string{
			"it's $(hostile) 9.13 aws ec2 create-image --region ap-northeast-2 --instance-id i-0123456789abcdef0 --name before-deletion-i-0123456789abcdef0" +
				" && aws ec2 terminate-instances --region ap-northeast-2 --instance-ids i-0123456789abcdef0",
		}, ""},
		{"what is opted in may be held off", idle(volume, "APN2-EBS:VolumeUsage.gp3", 24, "0.3"), stopped(func(r *spend.Resource) { r.OptedIn = true }), nil, ""},
		{"what is protected", idle(volume, "APN2-EBS:VolumeUsage.gp3", 24, "0.3"), stopped(func(r *spend.Resource) {
			r.Tags = fleet.NewTags(fleet.Tag{Key: "env", Value: "prod"})
		}), nil, ""},
		{"what was made within the quarter", idle(volume, "APN2-EBS:VolumeUsage.gp3", 24, "0.3"), stopped(func(r *spend.Resource) { r.Created = july.Add(time.Hour) }), nil, ""},
		{"what AWS does not say the age of", idle(volume, "APN2-EBS:VolumeUsage.gp3", 24, "0.3"), stopped(func(r *spend.Resource) { r.Created = time.Time{} }), nil, ""},
		{"what runs now", idle(volume, "APN2-EBS:VolumeUsage.gp3", 24, "0.3"), stopped(func(r *spend.Resource) { r.State = fleet.Running }), nil, ""},
		{"what costs nothing", nil, stopped(nil), nil, ""},
		{"somebody else's volume", idle("vol-0999999999abcdef0", "APN2-EBS:VolumeUsage.gp3", 24, "0.3"), stopped(nil), nil, ""},
	} {
		in := input(t, (&bill{standing: row.standing}).closed(quarter))
		if row.change != nil {
			row.change(&in)
		}
		s := of(t, in)
		var got []string
		for _, a := range s.Actions {
			name := a.Name
			if a.Command == "" {
				name = ""
			}
			got = append(got, name+" "+a.Month.Display()+" "+a.Command)
		}
		waste := ""
		for _, w := range s.Waste {
			waste += w.Amount.String()
		}
		if diff := cmp.Diff(row.want, got); diff != "" || waste != row.waste {
			t.Errorf("%s: waste %s, want %s; (-want +got)\n%s", row.name, waste, row.waste, diff)
		}
	}
	// An instance that ran for one hour was used.
	in := input(t, (&bill{standing: idle(volume, "APN2-EBS:VolumeUsage.gp3", 24, "0.3")}).closed(quarter).ran(worker, july, july.Add(time.Hour), nil))
	stopped(nil)(&in)
	if s := of(t, in); len(s.Actions) > 0 || s.Verdicts[0].Code == "delete" {
		t.Errorf("it ran once: %+v, %+v", s.Actions, s.Verdicts)
	}
}

// Off hours are wasted where somebody could switch off and nobody does.
func TestWhatRunsOffHours(t *testing.T) {
	t.Parallel()
	day := func(resource string, change func(*run)) func(*bill) {
		return func(b *bill) {
			b.ran(resource, at(t, "2026-07-06T00:00:00+09:00"), at(t, "2026-07-07T00:00:00+09:00"), change)
		}
	}
	b := (&bill{}).closed(quarter)
	for _, add := range []func(*bill){
		day("i-00000001", nil), day("i-00000002", func(r *run) { r.tags["env"] = "stg" }), day("i-00000003", func(r *run) { r.tags["env"] = "prod" }),
		day("i-00000004", func(r *run) { r.tags["env"] = "lab" }), day("i-00000005", nil), day("i-00000006", func(r *run) { r.Line, r.Effective = billing.PlanUsage, dec("0.05") }),
		day("fn", func(r *run) { r.Meter = "Lambda-GB-Second" }),
	} {
		add(b)
	}
	in := input(t, b)
	in.OptedIn = []fleet.ARN{"arn:aws:ec2:ap-northeast-2:111122223333:instance/i-00000005"}
	want := []reports.Waste{{Code: "off-hours", Amount: usd("3.25"), Count: 3}} // 13 hours of each, one of them for half the price
	if diff := cmp.Diff(want, of(t, in).Waste); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestWhatComesFromOutside(t *testing.T) {
	t.Parallel()
	rate, err := money.ParseRate("0.05")
	if err != nil {
		t.Fatal(err)
	}
	b := (&bill{charges: []billing.Charge{charge(0, "Usage", "A", "4", "0", func(c *billing.Charge) { c.Discount = "Unused" })}}).closed(quarter)
	in := input(t, b)
	if diff := cmp.Diff([]reports.Waste{{Code: "unused-commitment", Amount: usd("4")}}, of(t, in).Waste); diff != "" {
		t.Errorf("by FOCUS alone (-want +got)\n%s", diff)
	}
	in.Commitments = reports.Commitments{
		Known: true, Unused: usd("10"), Wasted: usd("7"), Suggested: &reports.Suggestion{Kind: "savings-plan", Hourly: rate, Less: true, Month: usd("36.5")},
	}
	in.CommitmentsUnused = 2
	in.Standing = []reports.Standing{
		{ARN: workerARN, Resource: "vol-1", Meter: "EBS:VolumeUsage.gp3", Hours: 900, Amount: usd("9")},
		{ARN: workerARN, Resource: "vol-1", Meter: "EBS:VolumeP-IOPS.io2", Hours: 900, Amount: usd("30")},
		{ARN: "arn:aws:ec2:ap-northeast-2:111122223333:instance/i-2", Resource: "vol-2", Meter: "EBS:VolumeUsage.gp3", Hours: 900, Amount: usd("0.5")},
	}
	s := of(t, in)
	if diff := cmp.Diff([]reports.Waste{{Code: "wasted-commitment", Amount: usd("7"), Count: 2}, {Code: "unused-commitment", Amount: usd("3"), Count: 2}}, s.Waste); diff != "" {
		t.Errorf("waste (-want +got)\n%s", diff)
	}
	want := []reports.Action{
		{Code: "commitment", Name: "savings-plan", Due: "2026-11-15", Month: pointer(usd("36.5")), Detail: "-0.05"},
		{Code: "still-billed", ARN: workerARN, Name: worker, Account: dev, Due: "2026-11-15", Month: pointer(usd("12.894021739130")), Resources: 1, Detail: "EBS:VolumeP-IOPS.io2"},
	}
	for i := range s.Actions {
		s.Actions[i].ID = ""
	}
	if diff := cmp.Diff(want, s.Actions); diff != "" {
		t.Errorf("actions (-want +got)\n%s", diff)
	}
}

// One resource has one proposal, the best; and the order of what goes in changes nothing.
func TestOneResourceHasOneProposal(t *testing.T) {
	t.Parallel()
	b := (&bill{}).closed(quarter).ran(worker, july, quarter.To, nil)
	for i := range 12 {
		b.ran(worker[:18]+string("0123456789ab"[i]), july, quarter.To, func(r *run) { r.Effective = dec("0.1").Add(dec("0.01").Mul(dec("1"))) })
	}
	in := input(t, b)
	in.OptedIn = []fleet.ARN{workerARN}
	in.Standing = []reports.Standing{{ARN: workerARN, Resource: "vol-1", Meter: "EBS:VolumeUsage.gp3", Hours: 9, Amount: usd("90")}}
	first := of(t, in)
	for _, a := range first.Actions {
		if n := len(slices.DeleteFunc(slices.Clone(first.Actions), func(o reports.Action) bool { return o.ARN != a.ARN })); n != 1 {
			t.Errorf("%s has %d proposals", a.ARN, n)
		}
	}
	if len(first.Actions) != 12 {
		t.Errorf("got %d proposals", len(first.Actions))
	}
	if !slices.IsSortedFunc(first.Actions, func(x, y reports.Action) int { return y.Month.Cmp(*x.Month) }) {
		t.Error("they are not in order")
	}
	code := func(s *spend.Spend) string {
		return s.Actions[slices.IndexFunc(s.Actions, func(a reports.Action) bool { return a.ARN == workerARN })].Code
	}
	more := in
	more.Standing = []reports.Standing{{ARN: workerARN, Resource: "vol-1", Meter: "EBS:VolumeUsage.gp3", Hours: 9, Amount: usd("900")}}
	if code(first) != "tighter-schedule" || code(of(t, more)) != "still-billed" {
		t.Errorf("the best of two: %s, %s", code(first), code(of(t, more)))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		r.Shuffle(len(b.runs), func(i, j int) { b.runs[i], b.runs[j] = b.runs[j], b.runs[i] })
		if diff := cmp.Diff(first, of(t, in)); diff != "" {
			t.Fatalf("in another order (-was +is)\n%s", diff)
		}
	}
	in.Due = "2027-02-15"
	for i, a := range of(t, in).Actions {
		if a.ID != first.Actions[i].ID {
			t.Errorf("%s has another id with another date", a.Name)
		}
	}
}
