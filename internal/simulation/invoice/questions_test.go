package invoice_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
	"offpeak/internal/fleet"
	"offpeak/internal/local"
	"offpeak/internal/money"
	"offpeak/internal/simulation/invoice"
)

// ask asks a question that must have an answer.
func ask[Row any](t *testing.T, what string, rows []Row, err error) []Row {
	t.Helper()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%s: %d rows, %v", what, len(rows), err)
	}
	return rows
}

// answers is what a bill says, in the words of package billing.
type answers struct {
	products map[[2]string]billing.Product
	prices   map[string]billing.Price
	usage    map[time.Time][]billing.Usage
	plans    map[time.Time][]billing.PlanHour
	leases   []billing.Reservation
	rates    map[string]map[commitments.SKU]money.Rate
}

func TestEveryQuestionHasAnAnswerAndTheBillCanBeReplayed(t *testing.T) {
	t.Parallel()
	w, payers, period := organisation(t, 40, 3, 8)
	dir := t.TempDir()
	written, err := invoice.Write(t.Context(), w, payers[:1], invoice.SampleCatalogue(), period, dir)
	if err == nil {
		t.Error("an account that nobody pays for was not refused")
	}
	written, err = invoice.Write(t.Context(), w, payers, invoice.SampleCatalogue(), period, dir)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := export.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, gap := range opened.Gaps {
		if gap.Code.Withholds() {
			t.Errorf("the bill has a gap: %s", gap)
		}
	}
	a := asked(t, recount.Open(opened, payers[0].ID, 1), period, written.Payers[0].Dir)
	var check commitments.Reconciliation
	sum := decimal.Zero
	for at := period.From; at.Before(period.To); at = at.Add(time.Hour) {
		hour, billed := a.hour(t, at)
		hour.Commitments.NotSharing = map[fleet.AccountID]bool{}
		for _, account := range payers[0].NotSharing {
			hour.Commitments.NotSharing[account] = true
		}
		result := commitments.Bill(hour)
		check.Add(result.Commitments, billed)
		sum = sum.Add(result.OnDemand.Decimal())
	}
	residual, known := check.Residual()
	if !known || !residual.IsZero() {
		t.Errorf("the replay of the bill misses its commitments by %s of them: %v", residual, check.Differences())
	}
	near(t, "on demand, replayed from the bill", sum, written.Payers[0].OnDemand.Decimal())
}

// asked asks every question.
func asked(t *testing.T, e billing.Engine, p billing.Period, dir string) *answers {
	t.Helper()
	ctx := t.Context()
	a := answers{
		products: map[[2]string]billing.Product{}, prices: map[string]billing.Price{}, usage: map[time.Time][]billing.Usage{},
		plans: map[time.Time][]billing.PlanHour{}, rates: map[string]map[commitments.SKU]money.Rate{},
	}
	days, err := e.Days(ctx, p)
	for _, d := range ask(t, "days", days, err) {
		if d.Hours != 24 || d.Negative+d.Zero > 0 || d.Currency != "USD" {
			t.Errorf("a day is not billed whole: %+v", d)
		}
	}
	charges, err := e.Charges(ctx, p)
	found := map[string]bool{}
	for _, c := range ask(t, "charges", charges, err) {
		found[c.Category+c.Pricing+c.Discount] = true
	}
	want := map[string]bool{
		"UsageStandard": true, "UsageDynamic": true, "UsageCommittedUsed": true, "UsageCommittedUnused": true, "PurchaseStandard": true, "Tax": true, "Credit": true,
	}
	if diff := cmp.Diff(found, want); diff != "" {
		t.Errorf("sorts of charges (-got +want):\n%s", diff)
	}
	hours, err := e.Hours(ctx, p)
	categories := map[string]bool{}
	for _, h := range ask(t, "hours", hours, err) {
		categories[h.Service] = true
	}
	if diff := cmp.Diff(categories, map[string]bool{"Compute": true, "Databases": true, "Storage": true, "Networking": true}); diff != "" {
		t.Errorf("categories (-got +want):\n%s", diff)
	}
	standing, err := e.Standing(ctx, p)
	ask(t, "standing", standing, err)
	prices, err := e.Prices(ctx, p)
	for _, price := range ask(t, "prices", prices, err) {
		a.prices[price.SKU] = price
	}
	products, err := e.Products(ctx, p)
	for _, product := range ask(t, "products", products, err) {
		if !strings.Contains(product.UsageType, "HeavyUsage") {
			a.products[[2]string{product.SKU, product.Operation}] = product
		}
	}
	planHours, err := e.PlanHours(ctx, p)
	for _, h := range ask(t, "plan hours", planHours, err) {
		a.plans[h.Hour.UTC()] = append(a.plans[h.Hour.UTC()], h)
	}
	a.leases, err = e.Reservations(ctx, p)
	ask(t, "reservations", a.leases, err)
	rates, err := e.PlanRates(ctx, p)
	ask(t, "plan rates", rates, err)
	for u, err := range e.Usage(ctx, p) {
		if err != nil {
			t.Fatal(err)
		}
		a.usage[u.Hour.UTC()] = append(a.usage[u.Hour.UTC()], u)
	}
	a.readRates(t, dir, planHours, rates)
	return &a
}

// readRates reads what the plans cost of everything, and compares it with what they cost of what they covered.
func (a *answers) readRates(t *testing.T, dir string, plans []billing.PlanHour, covered []billing.PlanRate) {
	t.Helper()
	skus := map[[2]string]string{}
	for _, p := range a.products {
		skus[[2]string{p.UsageType, p.Operation}] = p.SKU
	}
	for _, plan := range plans {
		if a.rates[plan.Plan] != nil {
			continue
		}
		a.rates[plan.Plan] = map[commitments.SKU]money.Rate{}
		id := plan.Plan[strings.LastIndex(plan.Plan, "/")+1:]
		published, err := local.ReadPlanRatesFile(filepath.Join(dir, invoice.RatesFile(id)))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[[2]string]bool{}
		for _, r := range published {
			name := [2]string{r.UsageType, r.Operation}
			if seen[name] || r.Plan != id {
				t.Errorf("rates of %s: %v is there twice, or for %s", id, name, r.Plan)
			}
			seen[name] = true
			a.rates[plan.Plan][commitments.SKU(skus[name])] = r.Rate
		}
	}
	for _, c := range covered {
		if got := a.rates[c.Plan][commitments.SKU(c.SKU)].Decimal(); !got.Equal(c.Rate) {
			t.Errorf("%s: the rate of %s is %s in the file and %s in the bill", c.Plan, c.SKU, got, c.Rate)
		}
	}
}

// hour is what a replay is given for one hour, and what the bill says of its commitments.
func (a *answers) hour(t *testing.T, at time.Time) (h commitments.Hour, billed []commitments.Billed) {
	t.Helper()
	type name struct{ account, resource, sku, zone string }
	lines := map[name]int{}
	used := map[string]decimal.Decimal{}
	for _, u := range a.usage[at] {
		used[u.Commitment] = used[u.Commitment].Add(u.Effective)
		if u.Line == billing.SpotUsage {
			continue
		}
		n := name{string(u.Account), u.Resource, u.SKU, u.Zone}
		if i, seen := lines[n]; seen {
			h.Usage[i].Quantity = h.Usage[i].Quantity.Add(u.Quantity)
			continue
		}
		lines[n] = len(h.Usage)
		rate, err := money.RateOf(a.prices[u.SKU].Contract)
		if err != nil {
			t.Fatal(err)
		}
		product := a.product(u.SKU, u.Operation, u.Zone)
		h.Usage = append(h.Usage, commitments.Usage{
			Key: u.Resource, Account: u.Account, Product: &product, SKU: commitments.SKU(u.SKU), Quantity: u.Quantity, OnDemand: rate,
		})
	}
	for _, l := range a.leases {
		if at.Before(l.Start) || !at.Before(l.End) || l.Month.Month() != at.Month() {
			continue
		}
		rate, err := money.RateOf(l.Hourly.Round(12))
		if err != nil {
			t.Fatal(err)
		}
		h.Commitments.Reservations = append(h.Commitments.Reservations, commitments.Reservation{
			ID: commitments.CommitmentID(l.Lease), Owner: l.Owner, Product: a.product(l.SKU, "", l.Zone), Count: int(l.Count.IntPart()), Rate: rate,
		})
		hourly := rate.Decimal().Mul(l.Count)
		billed = append(billed, commitments.Billed{
			ID: commitments.CommitmentID(l.Lease), Used: money.USDOf(used[l.Lease]), Unused: money.USDOf(hourly.Sub(used[l.Lease])),
		})
	}
	for _, p := range a.plans[at] {
		h.Commitments.Plans = append(h.Commitments.Plans, commitments.Plan{
			ID: commitments.CommitmentID(p.Plan), Owner: p.Owner, Region: p.Region, Family: p.Family, Hourly: money.USDOf(p.Total), Rates: a.rates[p.Plan],
			Kind: map[string]commitments.PlanKind{
				"EC2InstanceSavingsPlans": commitments.EC2InstancePlan, "ComputeSavingsPlans": commitments.ComputePlan, "DatabaseSavingsPlans": commitments.DatabasePlan,
			}[p.Offering],
		})
		billed = append(billed, commitments.Billed{ID: commitments.CommitmentID(p.Plan), Used: money.USDOf(p.Used), Unused: money.USDOf(p.Total.Sub(p.Used))})
	}
	return h, billed
}

// product is what commitments tell apart, from CUR's words; without an operation that of any.
func (a *answers) product(sku, operation, zone string) commitments.Product {
	p, known := a.products[[2]string{sku, operation}]
	for name, other := range a.products {
		if !known && name[0] == sku {
			p = other
		}
	}
	product := commitments.Product{Region: p.Region, Type: p.Type, Factor: p.Factor, MultiAZ: p.MultiAZ}
	product.Family = p.Type[:max(0, strings.LastIndex(p.Type, "."))]
	switch p.Code {
	case "AmazonEC2":
		product.Compute, product.Zone, product.Tenancy = commitments.EC2, zone, commitments.DefaultTenancy
		product.Platform = map[string]string{"Linux": commitments.LinuxUNIX, "Windows": "Windows"}[p.System]
	case "AmazonECS":
		product.Compute = commitments.Fargate
	default:
		product.Compute, product.Platform = commitments.Database, strings.ToLower(strings.ReplaceAll(p.Engine, " ", "-"))
	}
	return product
}
