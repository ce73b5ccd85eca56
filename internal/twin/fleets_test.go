package twin_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/money"
	"offpeak/internal/objects"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
	"offpeak/internal/twin"
	"offpeak/scheduler"
	"offpeak/scheduler/hours"
)

// affiliate is an account with a payer of its own.
const affiliate fleet.AccountID = "555555555555"

// soaking reports whether the long campaigns are to be run.
func soaking() bool { return os.Getenv("OFFPEAK_SOAK") == "1" }

// seeds is how many seeds a campaign plays: few of many, unless it is soaked.
func seeds(t testing.TB, few, many int) int {
	t.Helper()
	if soaking() {
		return many
	}
	t.Logf("ONLY A SUBSET: %d of %d seeds are played; OFFPEAK_SOAK=1 plays all", few, many)
	return few
}

// spread runs work for each number below n on all processors.
func spread(n int, work func(i int)) {
	var all sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}

// openingHours are the schedules of a fleet: in zones that change their clocks, in one that does not, and one without a day off.
func openingHours(t testing.TB) *scheduler.Rules {
	t.Helper()
	r := rules(t)
	r.Environments = append(r.Environments, fleet.Environment{Name: "affiliate", Accounts: []fleet.AccountID{affiliate}})
	for name, text := range map[string]string{
		"Europe/Berlin": "mon-fri 09:00-18:30", "America/New_York": "mon-fri 08:00-20:00", "Asia/Seoul": "daily 07:15-22:40", "UTC": "mon-thu 22:00-06:00",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		h, err := hours.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		r.Schedules[name] = scheduler.Compile(scheduler.Schedule{Name: name, Zone: zone, Pattern: hours.Windows(h.Windows...)})
	}
	return r
}

// periods are weeks, most of them with a change of clocks, of the quarter or of the year in them.
var periods = []string{
	"2026-03-05", "2026-03-26", "2026-06-26", "2026-07-06", "2026-09-28", "2026-10-22", "2026-10-29", "2026-12-28",
}

// pick draws one of some.
func pick[T any](r *rand.Rand, some ...T) T { return some[r.IntN(len(some))] }

// alwaysOn is a fleet that nobody but offpeak ever touches, and a machine of each payer's that is never stopped.
func alwaysOn(r *rand.Rand) []simulation.Spec {
	specs := []simulation.Spec{
		machine(r, 0, fleet.EC2Instance, simulation.SampleProd), machine(r, 1, fleet.RDSInstance, affiliate),
	}
	for i := range specs {
		specs[i].Tags = nil
	}
	for i := range 6 + r.IntN(7) {
		kind := fleet.EC2Instance
		if i > 1 {
			kind = pick(r, fleet.EC2Instance, fleet.EC2Instance, fleet.AutoScalingGroup, fleet.RDSInstance, fleet.RDSCluster, fleet.ECSService)
		}
		specs = append(specs, machine(r, 2+i, kind, pick(r, simulation.SampleDev, simulation.SampleDev, simulation.SampleStage, affiliate)))
	}
	return specs
}

// machine draws a resource.
func machine(r *rand.Rand, number int, kind fleet.Kind, account fleet.AccountID) simulation.Spec {
	region := pick[fleet.Region](r, "ap-northeast-2", "ap-northeast-2", "us-east-1")
	schedule := pick(r, "office", "weekdays-late", "Europe/Berlin", "America/New_York", "Asia/Seoul", "UTC")
	s := simulation.Spec{Habits: []simulation.Habit{simulation.LeavesOn{}}, Resource: fleet.Resource{
		Kind: kind, Scope: fleet.Scope{Account: account, Region: region}, State: fleet.Running, Created: day("2026-01-05"),
		Tags: fleet.NewTags(fleet.Tag{Key: "offpeak:schedule", Value: schedule}),
	}}
	name := fmt.Sprintf("%c-%02d", 'a'+int(kind), number)
	arn := func(service, resource string) fleet.ARN {
		return fleet.ARN(fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, account, resource))
	}
	instance := pick(r, "m5.large", "t3.medium", "c6i.large", "c6i.xlarge", "m6i.large", "m6i.xlarge", "r6i.large", "t3.large")
	system := pick(r, "Linux/UNIX", "Linux/UNIX", "Windows", "Red Hat Enterprise Linux", "SUSE Linux")
	size := 1 + r.IntN(4)
	switch kind {
	case fleet.EC2Instance:
		s.ID, s.Type, s.Product = fmt.Sprintf("i-%017x", 0xa00+number), instance, system
		s.ARN = arn("ec2", "instance/"+s.ID)
		s.Volumes = []simulation.Volume{{ID: fmt.Sprintf("vol-%017x", 0xb00+number), Type: "gp3", GB: 30}}
	case fleet.AutoScalingGroup:
		s.ID, s.Product, s.Size = name, system, fleet.Size{Min: size, Max: 2 * size, Desired: size + r.IntN(size+1)}
		s.Members = []fleet.Members{{Type: instance, Count: s.Size.Desired}}
		s.ARN = arn("autoscaling", "autoScalingGroup:0a0a0a0a-0000-4000-8000-000000000000:autoScalingGroupName/"+name)
	case fleet.RDSInstance:
		s.ID, s.Type, s.Product = name, pick(r, "db.t4g.medium", "db.m6g.large", "db.r6g.large", "db.m5.xlarge"), pick(r, "postgres", "mysql", "mariadb")
		s.MultiAZ, s.ARN = r.IntN(3) == 0, arn("rds", "db:"+name)
		s.Volumes = []simulation.Volume{{Type: "gp3", GB: 100}}
	case fleet.RDSCluster:
		s.ID, s.Product, s.ARN = name, pick(r, "aurora-postgresql", "aurora-mysql", "docdb", "neptune"), arn("rds", "cluster:"+name)
		s.Members = []fleet.Members{{Type: pick(r, "db.r6g.large", "db.t4g.medium", "db.r6g.xlarge"), Count: 1 + r.IntN(3)}}
	default:
		s.ID, s.Parent, s.Product, s.Size = name, "main", "FARGATE", fleet.Size{Desired: size}
		s.Task = pick(r, simulation.Task{CPU: 256, MiB: 512}, simulation.Task{CPU: 512, MiB: 1024}, simulation.Task{CPU: 1024, MiB: 3072}, simulation.Task{CPU: 4096, MiB: 8192})
		s.ARN = arn("ecs", "service/main/"+name)
	}
	return s
}

// twoPayers draws what the payers of a fleet agreed with AWS: discounts, Reserved Instances for some of its machines, and Savings Plans of every
// kind for a part of them. Some payers have none.
func twoPayers(r *rand.Rand, specs []simulation.Spec) []invoice.Payer {
	payers := []invoice.Payer{
		{ID: invoice.SamplePayer, Accounts: []fleet.AccountID{simulation.SampleDev, simulation.SampleStage, simulation.SampleProd}},
		{ID: invoice.SampleAffiliate, Accounts: []fleet.AccountID{affiliate}},
	}
	for i := range payers {
		p := &payers[i]
		p.EDP, p.Tax = decimal.NewFromInt(int64(r.IntN(12))), decimal.NewFromInt(10)
		p.Credits = money.USDOf(decimal.NewFromInt(int64(r.IntN(3) * 5)))
		if r.IntN(8) == 0 {
			continue
		}
		owner := func() fleet.AccountID { return pick(r, p.Accounts...) }
		for j := range specs {
			if s := &specs[j]; slices.Contains(p.Accounts, s.Scope.Account) && r.IntN(2) == 0 {
				p.Reservations = append(p.Reservations, reserved(r, s, owner(), specs)...)
			}
		}
		for kind := commitments.EC2InstancePlan; kind <= commitments.DatabasePlan; kind++ {
			if r.IntN(3) == 0 {
				continue
			}
			plan := invoice.Plan{
				ID: fmt.Sprintf("%08d-0000-4000-8000-00000000000%d", i, kind), Owner: owner(), Kind: kind, Term: term(r), Payment: pick(r, invoice.NoUpfront, invoice.PartialUpfront, invoice.AllUpfront),
				Hourly: money.USDOf(decimal.New(int64(3+r.IntN(60)), -2)), Off: decimal.NewFromInt(int64(15 + r.IntN(40))),
			}
			if kind == commitments.EC2InstancePlan {
				plan.Region, plan.Family = "ap-northeast-2", pick(r, "m5", "c6i", "m6i", "t3")
			}
			p.Plans = append(p.Plans, plan)
		}
	}
	return payers
}

func term(r *rand.Rand) invoice.Term {
	return invoice.Term{Start: day("2025-11-01").AddDate(0, 0, r.IntN(30)), Years: pick(r, 3, 3, 3)}
}

// reserved draws Reserved Instances for the machines of a resource; none for what AWS reserves none. Zonal ones are for instances alone: in
// which zone a group launches its members anew is AWS's to decide, and differs in two worlds for no reason that a bill could tell.
func reserved(r *rand.Rand, s *simulation.Spec, owner fleet.AccountID, specs []simulation.Spec) []invoice.Reservation {
	lease := invoice.Reservation{
		ID: "lease-" + s.ID, Owner: owner, Region: s.Scope.Region, Type: s.Type, Product: s.Product, MultiAZ: s.MultiAZ, Count: 1 + r.IntN(2), Term: term(r),
		Payment: pick(r, invoice.NoUpfront, invoice.PartialUpfront, invoice.AllUpfront), Off: decimal.NewFromInt(int64(25 + r.IntN(30))),
	}
	switch s.Kind {
	case fleet.ECSService:
		return nil
	case fleet.AutoScalingGroup, fleet.RDSCluster:
		lease.Type = s.Members[0].Type
	default:
		grouped := slices.ContainsFunc(specs, func(o simulation.Spec) bool { return len(o.Members) > 0 && o.Members[0].Type == s.Type })
		if s.Kind == fleet.EC2Instance && !grouped && r.IntN(2) == 0 {
			lease.Zone = string(s.Scope.Region) + pick(r, "a", "c")
		}
	}
	return []invoice.Reservation{lease}
}

// plainly opens a bill as it is.
func plainly(bill *export.Bill, payer fleet.AccountID) (billing.Engine, error) {
	return recount.Open(bill, payer, 1), nil
}

// audited lives twice and audits it; its bill is in the folder afterwards.
func audited(t testing.TB, c twin.Config, payers []invoice.Payer, folder string) (*twin.Audit, error) {
	c.Store = objects.NewMemory()
	l, err := twin.Live(t.Context(), c)
	if err != nil {
		return nil, err
	}
	if history := l.From.AddDate(0, 0, -29); l.Begin.Before(history) {
		l.Begin = history // what lies before is for habits to settle, and stands on no bill
	}
	return l.Audit(t.Context(), twin.Accounts{
		Payers: payers, Catalogue: invoice.SampleCatalogue(), Folder: folder, Rates: local.ReadPlanRatesFile, Open: plainly,
	})
}

// campaign audits so many seeds on all processors, and tells each of them, one after the other. A seed that cannot be audited fails the test.
func campaign(t *testing.T, n int, of func(seed int) (twin.Config, []invoice.Payer), tell func(seed int, a *twin.Audit)) {
	t.Helper()
	var one sync.Mutex
	folders := t.TempDir()
	spread(n, func(seed int) {
		c, payers := of(seed)
		folder := filepath.Join(folders, fmt.Sprint(seed))
		a, err := audited(t, c, payers, folder)
		one.Lock()
		defer one.Unlock()
		if err := errors.Join(err, os.RemoveAll(folder)); err != nil {
			t.Errorf("seed %d: %v", seed, err)
			return
		}
		tell(seed, a)
	})
}
