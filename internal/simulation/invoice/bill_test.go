package invoice_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/commitments"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/export/focusrules"
	"offpeak/internal/fleet"
	"offpeak/internal/simulation"
	"offpeak/internal/simulation/invoice"
)

// organisation is a sample with an affiliate, people, a Spot market, and commitments of every kind, of which some are bought within the period.
func organisation(tb testing.TB, resources, days int, seed uint64) (*simulation.World, []invoice.Payer, billing.Period) {
	tb.Helper()
	from := time.Date(2026, time.July, 30, 0, 0, 0, 0, time.UTC)
	w := simulation.New(seed, from, simulation.Faults{})
	w.Market().SetOnDemand(invoice.SampleCatalogue().Compute)
	specs := simulation.Sample(resources, seed)
	for i := range specs {
		if specs[i].Scope.Account == simulation.SampleShared {
			specs[i].Scope.Account = "555555555555"
		}
		if i%7 == 0 && specs[i].Kind == fleet.AutoScalingGroup {
			specs[i].Scaling.Mix = &simulation.Mix{Base: 1, SpotPercent: 80, Types: []string{"m5.large", "m6i.large"}}
		}
		if err := w.Add(specs[i]); err != nil {
			tb.Fatal(err)
		}
	}
	to := from.AddDate(0, 0, days)
	w.Advance(to)
	payers := invoice.SamplePayers(specs, seed)
	main := &payers[0]
	main.NotSharing = []fleet.AccountID{simulation.SampleStage}
	bought := invoice.Term{Start: from.AddDate(0, 0, 1), Years: 1}
	main.Plans = append(main.Plans, invoice.Plan{
		ID: "upfront", Owner: simulation.SampleDev, Kind: commitments.ComputePlan, Hourly: usd("0.5"), Term: bought, Payment: invoice.AllUpfront, Off: number("31"),
	})
	for i, zone := range []string{"", "ap-northeast-2a"} {
		main.Reservations = append(main.Reservations, invoice.Reservation{
			ID: "bought" + zone, Owner: simulation.SampleDev, Region: seoul, Zone: zone, Type: "m5.large", Product: "Linux/UNIX", Count: 2 + i, Term: bought,
			Payment: invoice.PartialUpfront, Off: number("35.5"),
		})
	}
	main.Reservations = append(main.Reservations, invoice.Reservation{
		ID: "lost", Owner: simulation.SampleDev, Region: seoul, Type: "m6i.xlarge", Product: "Windows", Count: 1, Term: bought, Off: number("30"),
	})
	return w, payers, billing.Period{From: from, To: to}
}

// monthly are sums by month.
type monthly map[time.Time]decimal.Decimal

func (m monthly) add(month time.Time, d decimal.Decimal) { m[month.UTC()] = m[month.UTC()].Add(d) }

func monthOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// books are an organisation's bills as they were written.
type books struct {
	world  *simulation.World
	payers []invoice.Payer
	period billing.Period
	bills  []bill
}

func TestTheBillsOfAnOrganisation(t *testing.T) {
	t.Parallel()
	var b books
	b.world, b.payers, b.period = organisation(t, 40, 4, 3)
	b.bills = written(t, b.world, b.payers, invoice.SampleCatalogue(), b.period)
	t.Run("the rows are the totals", b.rowsAreTotals)
	t.Run("commitments are used or lost", b.commitmentsAreUsedOrLost)
	t.Run("no row costs more than its list price", b.listPrices)
	t.Run("FOCUS rows keep the rules of FOCUS", b.rulesOfFocus)
}

func (a *books) rowsAreTotals(t *testing.T) {
	w, payers, period := a.world, a.payers, a.period
	totals, err := invoice.Total(t.Context(), w, payers, invoice.SampleCatalogue(), period)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range a.bills {
		total := totals.Payers[i]
		if len(total.Unpriced) > 0 {
			t.Errorf("%s: %v has no price in the sample's catalogue", total.Payer, total.Unpriced)
		}
		if got, want := fmt.Sprint(b.summary.Breakdown), fmt.Sprint(total.Breakdown); got != want {
			t.Errorf("%s: the summary of what was written is %s, the totals are %s", total.Payer, got, want)
		}
		want := monthly{}
		for _, h := range total.Hours {
			want.add(monthOf(h.Hour), h.Usage().Decimal())
		}
		got, billed, net, unblended := monthly{}, monthly{}, monthly{}, monthly{}
		for j := range b.focus {
			r := &b.focus[j]
			if r.ChargeCategory == "Usage" {
				got.add(r.BillingPeriodStart, exact(t, r.EffectiveCost))
			}
			billed.add(r.BillingPeriodStart, exact(t, r.BilledCost))
		}
		for j := range b.cur {
			r := &b.cur[j]
			net.add(r.BillBillingPeriodStartDate, exact(t, *r.LineItemNetUnblendedCost))
			unblended.add(r.BillBillingPeriodStartDate, exact(t, r.LineItemUnblendedCost))
			if r.DiscountTotalDiscount != nil && r.LineItemLineItemType != "SavingsPlanCoveredUsage" {
				unblended.add(r.BillBillingPeriodStartDate, exact(t, *r.DiscountTotalDiscount))
			}
		}
		for month := range want {
			near(t, string(total.Payer)+" effective cost of "+month.Format("2006-01"), got[month], want[month])
			near(t, string(total.Payer)+" billed cost of "+month.Format("2006-01"), billed[month], net[month])
		}
		sum := decimal.Zero
		for _, d := range billed {
			sum = sum.Add(d)
		}
		near(t, string(total.Payer)+" invoices", sum, cash(b.cur, &total, &payers[i], period, t))
		if len(total.Hours) != 4*24 || total.Hours[0].Hour != period.From {
			t.Errorf("%d hours from %s", len(total.Hours), total.Hours[0].Hour)
		}
	}
}

// cash is what invoices come to: what is used beside commitments, what is paid for commitments, taxes on it, less credits.
func cash(cur []export.CUR, total *invoice.PayerTotal, p *invoice.Payer, period billing.Period, tb testing.TB) decimal.Decimal {
	sum := total.OnDemand.Add(total.Spot).Add(total.Storage).Add(total.Addresses).Decimal()
	half := number("0.5")
	pay := func(hourly decimal.Decimal, term invoice.Term, payment invoice.Payment) {
		from := term.Start
		if from.Before(period.From) {
			from = period.From
		} else {
			years := decimal.NewFromInt(int64(term.Years) * 8760)
			sum = sum.Add(hourly.Mul(years).Mul([]decimal.Decimal{{}, half, decimal.NewFromInt(1)}[payment]))
		}
		hours := decimal.NewFromInt(int64(period.To.Sub(from) / time.Hour))
		sum = sum.Add(hourly.Mul(hours).Mul([]decimal.Decimal{decimal.NewFromInt(1), half, {}}[payment]))
	}
	prices := invoice.SampleCatalogue().Compute
	for _, r := range p.Reservations {
		list := prices[fleet.PriceKey{Region: r.Region, Type: r.Type, Product: r.Product, MultiAZ: r.MultiAZ}].Decimal()
		rate := list.Mul(decimal.NewFromInt(100).Sub(r.Off)).Shift(-2).Round(8)
		pay(rate.Mul(decimal.NewFromInt(int64(r.Count))), r.Term, r.Payment)
	}
	for _, s := range p.Plans {
		pay(s.Hourly.Decimal(), s.Term, s.Payment)
	}
	sum = sum.Add(sum.Mul(p.Tax).Shift(-2))
	credits := 0
	for i := range cur {
		if cur[i].LineItemLineItemType == "Credit" {
			credits++
			near(tb, "credits", exact(tb, cur[i].LineItemUnblendedCost).Neg(), p.Credits.Decimal())
		}
	}
	return sum.Sub(p.Credits.Decimal().Mul(decimal.NewFromInt(int64(credits))))
}

func (a *books) commitmentsAreUsedOrLost(t *testing.T) {
	payers, bills := a.payers, a.bills
	for i, b := range bills {
		used, effective := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
		lost := map[string]decimal.Decimal{}
		hour := func(arn string, at time.Time) string { return arn + at.Format(time.RFC3339) }
		for j := range b.cur {
			r := &b.cur[j]
			switch r.LineItemLineItemType {
			case "SavingsPlanCoveredUsage":
				effective[hour(r.SavingsPlanSavingsPlanARN, r.LineItemUsageStartDate)] = effective[hour(r.SavingsPlanSavingsPlanARN, r.LineItemUsageStartDate)].Add(exact(t, *r.SavingsPlanSavingsPlanEffectiveCost))
			case "SavingsPlanRecurringFee":
				used[hour(r.SavingsPlanSavingsPlanARN, r.LineItemUsageStartDate)] = exact(t, *r.SavingsPlanUsedCommitment)
				lost[r.SavingsPlanSavingsPlanARN] = lost[r.SavingsPlanSavingsPlanARN].Add(exact(t, *r.SavingsPlanTotalCommitmentToDate)).Sub(exact(t, *r.SavingsPlanUsedCommitment))
			case "DiscountedUsage":
				effective[r.ReservationReservationARN] = effective[r.ReservationReservationARN].Add(exact(t, *r.ReservationEffectiveCost))
				near(t, "parts of an effective cost", exact(t, *r.ReservationAmortizedUpfrontCostForUsage).Add(exact(t, *r.ReservationRecurringFeeForUsage)), exact(t, *r.ReservationEffectiveCost))
			case "RIFee":
				unused := exact(t, *r.ReservationUnusedAmortizedUpfrontFeeForBillingPeriod).Add(exact(t, *r.ReservationUnusedRecurringFee))
				paid := exact(t, *r.ReservationAmortizedUpfrontFeeForBillingPeriod).Add(exact(t, r.LineItemUnblendedCost))
				used[r.ReservationReservationARN] = used[r.ReservationReservationARN].Add(paid.Sub(unused))
				lost[r.ReservationReservationARN] = lost[r.ReservationReservationARN].Add(unused)
			}
		}
		if want := len(payers[i].Plans) + len(payers[i].Reservations); len(lost) != want {
			t.Errorf("%s: %d of %d commitments have fees", payers[i].ID, len(lost), want)
		}
		for name := range used {
			near(t, "used of "+name, effective[name], used[name])
		}
		unused := map[string]decimal.Decimal{}
		for j := range b.focus {
			if r := &b.focus[j]; r.CommitmentDiscountStatus == "Unused" {
				unused[r.CommitmentDiscountID] = unused[r.CommitmentDiscountID].Add(exact(t, r.EffectiveCost))
			}
		}
		total := decimal.Zero
		for arn, amount := range lost {
			near(t, "lost of "+arn, unused[arn], amount)
			total = total.Add(amount)
		}
		near(t, "lost", total, b.summary.Unused.Decimal())
	}
	if !bills[0].summary.Unused.Decimal().IsPositive() || !bills[0].summary.Spot.Decimal().IsPositive() {
		t.Error("the sample loses no commitment or has no Spot: it shows nothing")
	}
}

func (a *books) listPrices(t *testing.T) {
	one := decimal.NewFromInt(1)
	for _, b := range a.bills {
		hours := map[string]decimal.Decimal{}
		for j := range b.focus {
			r := &b.focus[j]
			if r.ChargeCategory != "Credit" && (r.ListCost < r.ContractedCost || r.ContractedCost < 0) {
				t.Fatalf("list %v, contracted %v: %+v", r.ListCost, r.ContractedCost, r)
			}
			if r.ListUnitPrice != nil && *r.ListUnitPrice < *r.ContractedUnitPrice {
				t.Fatalf("list price %v, contracted %v", *r.ListUnitPrice, *r.ContractedUnitPrice)
			}
		}
		for j := range b.cur {
			r := &b.cur[j]
			machine := r.ProductInstanceType != "" && slices.Contains([]string{"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"}, r.LineItemLineItemType)
			if machine {
				name := r.LineItemResourceID + r.LineItemUsageStartDate.Format(time.RFC3339)
				hours[name] = hours[name].Add(exact(t, *r.LineItemUsageAmount))
			}
		}
		for name, quantity := range hours {
			if !quantity.IsPositive() || quantity.Cmp(one) > 0 {
				t.Errorf("%s: %s hours within an hour", name, quantity)
			}
		}
	}
}

func (a *books) rulesOfFocus(t *testing.T) {
	const file = "../../../../shared/data/focus/rules_v1.2.json"
	if _, err := os.Stat(file); err != nil {
		t.Skip("the rules of FOCUS 1.2 are not here: ", err)
	}
	rules, err := focusrules.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range a.bills {
		report := rules.Check(export.FOCUS.Columns(), func(yield func(*export.Focus) bool) {
			for i := range b.focus { // the first rows, and those with which the last month ends
				if (i < 2000 || i > len(b.focus)-500) && !yield(&b.focus[i]) {
					return
				}
			}
		})
		if report.Rows < min(2000, len(b.focus)) || len(report.Evaluated) < 100 {
			t.Errorf("%d rows were held against %d rules", report.Rows, len(report.Evaluated))
		}
		for _, v := range report.Violations {
			// "ContractedUnitPrice might be null for certain product offerings", and so might ListUnitPrice: AWS's page on conformance gaps of FOCUS 1.2.
			withoutPrice := strings.Contains(v.Rule, "UnitPrice-C-00") && strings.Contains(v.Example, "UnitPrice=null") && strings.Contains(b.focus[v.First-1].PricingCategory, "Dynamic")
			if v.Binding() && !withoutPrice {
				t.Error(v)
			}
		}
	}
}

func TestTheSameWorldGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	w, payers, period := organisation(t, 20, 3, 6)
	var manifests [2][]string
	for i := range manifests {
		dir := t.TempDir()
		if _, err := invoice.Write(t.Context(), w, payers, invoice.SampleCatalogue(), period, dir); err != nil {
			t.Fatal(err)
		}
		for _, ending := range []string{".json", ".parquet"} {
			for _, name := range filesIn(t, dir, ending) {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				manifests[i] = append(manifests[i], strings.TrimPrefix(name, dir)+"\n"+string(data))
			}
		}
	}
	if !slices.Equal(manifests[0], manifests[1]) {
		t.Error("two bills of one world differ")
	}
	if diff := cmp.Diff(len(manifests[0]), 2*2*2*2+len(payers[0].Plans)+len(payers[1].Plans)); diff != "" {
		t.Errorf("files: two payers, two exports, two months, data and manifest, and rates (-got +want):\n%s", diff)
	}
}
