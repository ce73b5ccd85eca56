package invoice

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/simulation"
)

// The payers of a sample organisation: its own, and that of an affiliate.
const (
	SamplePayer     fleet.AccountID = "900000000001"
	SampleAffiliate fleet.AccountID = "900000000002"
)

// sampleTerm is when a sample's commitments began; they last for three years.
var sampleTerm = Term{Start: time.Date(2025, time.November, 1, 0, 0, 0, 0, time.UTC), Years: 3}

// SamplePayers makes a believable organisation of the accounts that resources live in: the four accounts of simulation.Sample have one payer with
// an enterprise discount, credits, tax, Reserved Instances for most of production, and Savings Plans for its rest and for a part of development.
// All other accounts belong to an affiliate with a smaller Savings Plan of its own. The same specs and seed give the same payers.
func SamplePayers(specs []simulation.Spec, seed uint64) []Payer {
	own := []fleet.AccountID{simulation.SampleDev, simulation.SampleStage, simulation.SampleProd, simulation.SampleShared}
	others := map[fleet.AccountID]bool{}
	for i := range specs {
		if a := specs[i].Scope.Account; !slices.Contains(own, a) {
			others[a] = true
		}
	}
	prices := SampleCatalogue()
	random := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	main := Payer{
		ID: SamplePayer, Name: "Sample organisation", Accounts: own, EDP: decimal.NewFromInt(int64(4 + random.IntN(6))),
		Credits: money.USDOf(decimal.NewFromInt(int64(50 + 10*random.IntN(20)))), Tax: decimal.NewFromInt(10),
	}
	production := sizesOf(specs, prices, []fleet.AccountID{simulation.SampleProd, simulation.SampleShared})
	main.Reservations = sampleReservations(random, production)
	main.Plans = samplePlans(random, production, sizesOf(specs, prices, []fleet.AccountID{simulation.SampleDev, simulation.SampleStage}))
	payers := []Payer{main}
	if len(others) > 0 {
		accounts := slices.Sorted(maps.Keys(others))
		affiliate := Payer{ID: SampleAffiliate, Name: "Affiliate", Accounts: accounts, Tax: decimal.NewFromInt(10)}
		half := decimal.New(5, -1)
		if hourly := sizesOf(specs, prices, accounts).cost(commitments.EC2, commitments.Fargate).Mul(half).Round(2); hourly.IsPositive() {
			affiliate.Plans = []Plan{{
				ID: planID(seed, "affiliate"), Owner: accounts[0], Kind: commitments.ComputePlan, Hourly: money.USDOf(hourly), Term: sampleTerm,
				Off: decimal.NewFromInt(27),
			}}
		}
		payers = append(payers, affiliate)
	}
	return payers
}

// size is how many machines of a SKU run in the beginning, and what they cost an hour.
type size struct {
	sku   *sku
	key   shelfKey
	count int64
	cost  decimal.Decimal
}

type sizes []size

// sizesOf counts the machines of some accounts by SKU, in the order of their SKUs.
func sizesOf(specs []simulation.Spec, prices *Catalogue, accounts []fleet.AccountID) sizes {
	s := &shelf{catalogue: prices, skus: map[shelfKey]*sku{}}
	found := map[shelfKey]*size{}
	add := func(key shelfKey, count int64, units decimal.Decimal) {
		made := s.of(key)
		if made == nil {
			return
		}
		if found[key] == nil {
			found[key] = &size{sku: made, key: key}
		}
		found[key].count += count
		found[key].cost = found[key].cost.Add(made.list.Decimal().Mul(units).Mul(decimal.NewFromInt(count)))
	}
	one := decimal.NewFromInt(1)
	for i := range specs {
		spec := &specs[i]
		if !slices.Contains(accounts, spec.Scope.Account) || spec.State != fleet.Running {
			continue
		}
		key := shelfKey{what: anInstance, region: spec.Scope.Region, kind: spec.Type, product: spec.Product, multiAZ: spec.MultiAZ}
		switch spec.Kind {
		case fleet.ECSService:
			tasks := int64(spec.Size.Desired)
			add(shelfKey{what: fargateCPU, region: key.region}, tasks, decimal.NewFromInt(int64(spec.Task.CPU)).Div(decimal.NewFromInt(1024)))
			add(shelfKey{what: fargateGB, region: key.region}, tasks, decimal.NewFromInt(int64(spec.Task.MiB)).Div(decimal.NewFromInt(1024)))
			continue
		case fleet.RDSInstance, fleet.RDSCluster:
			key.what = aDatabase
		case fleet.AutoScalingGroup:
			key.product = cmp.Or(spec.Product, commitments.LinuxUNIX)
		default:
		}
		for _, m := range spec.Members {
			key.kind = m.Type
			add(key, int64(m.Count), one)
		}
		if len(spec.Members) == 0 {
			add(key, 1, one)
		}
	}
	var all sizes
	for _, f := range found {
		all = append(all, *f)
	}
	slices.SortFunc(all, func(a, b size) int {
		return cmp.Compare(a.sku.usageType+a.sku.operation, b.sku.usageType+b.sku.operation)
	})
	return all
}

// cost is what the machines of some sorts cost an hour at list prices.
func (s sizes) cost(sorts ...commitments.Compute) (sum decimal.Decimal) {
	for i := range s {
		if slices.Contains(sorts, s[i].sku.product.Compute) {
			sum = sum.Add(s[i].cost)
		}
	}
	return sum
}

// sampleReservations reserve about 60 percent of production's machines, type by type; of Linux a part of them as the family's smallest large.
func sampleReservations(random *rand.Rand, production sizes) []Reservation {
	var all []Reservation
	for _, s := range production {
		count := int(s.count * 6 / 10)
		payment := Payment(random.IntN(3))
		if count == 0 || s.sku.product.Compute == commitments.Fargate || s.sku.product.Type == "" {
			continue
		}
		r := Reservation{
			Owner: simulation.SampleProd, Region: s.key.region, Type: s.key.kind, Product: s.key.product, MultiAZ: s.key.multiAZ, Count: count,
			Term: sampleTerm, Payment: payment, Off: decimal.NewFromInt(int64(33 + 3*int(payment) + random.IntN(5))),
		}
		r.ID = fmt.Sprintf("sample-%s-%s", strings.ToLower(identity(s.sku.id)[:8]), strings.ReplaceAll(r.Type, ".", "-"))
		all = append(all, r)
	}
	return all
}

// samplePlans cover a part of what production has left and of what development uses by day.
func samplePlans(random *rand.Rand, production, development sizes) []Plan {
	var all []Plan
	add := func(name string, kind commitments.PlanKind, owner fleet.AccountID, hourly decimal.Decimal, percent int, payment Payment) {
		if hourly = hourly.Round(2); hourly.IsPositive() {
			all = append(all, Plan{
				ID: planID(random.Uint64(), name), Owner: owner, Kind: kind, Hourly: money.USDOf(hourly), Term: sampleTerm, Payment: payment,
				Off: decimal.NewFromInt(int64(percent)),
			})
		}
	}
	part := func(d decimal.Decimal, percent int64) decimal.Decimal { return d.Mul(decimal.New(percent, -2)) }
	compute := part(production.cost(commitments.EC2, commitments.Fargate), 20).Add(part(development.cost(commitments.EC2, commitments.Fargate), 30))
	add("compute", commitments.ComputePlan, simulation.SampleShared, compute, 28, NoUpfront)
	var family decimal.Decimal
	for _, s := range development {
		if s.sku.product.Family == "m5" && s.key.region == "ap-northeast-2" {
			family = family.Add(s.cost)
		}
	}
	if before := len(all); !family.IsZero() {
		add("m5", commitments.EC2InstancePlan, simulation.SampleDev, part(family, 25), 36, PartialUpfront)
		if len(all) > before {
			all[before].Region, all[before].Family = "ap-northeast-2", "m5"
		}
	}
	add("databases", commitments.DatabasePlan, simulation.SampleShared, part(development.cost(commitments.Database), 15), 22, NoUpfront)
	return all
}

// planID is a name of a Savings Plan, in the form of AWS's.
func planID(seed uint64, name string) string {
	h := strings.ToLower(identity("plan", name, fmt.Sprint(seed)))
	return fmt.Sprintf("%s-%s-4%s-8%s-%s", h[:8], h[8:12], h[12:15], h[1:4], h[4:16])
}
