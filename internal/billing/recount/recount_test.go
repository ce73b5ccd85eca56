package recount_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
)

var (
	july   = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	period = billing.Period{From: july, To: july.AddDate(0, 1, 0)}
)

const payer, dev = "111111111111", "222222222222"

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func of(x float64) *float64 { return &x }

// open writes both exports, two rows to a file, and opens the recount over them.
func open(t *testing.T, focus []export.Focus, cur []export.CUR) *recount.Engine {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "focus", focus)
	write(t, dir, "cur", cur)
	bill, err := export.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return recount.Open(bill, payer, 2)
}

func write[R export.Row](t *testing.T, dir, name string, rows []R) {
	t.Helper()
	w, err := export.Create[R](dir, export.Export{Bucket: "bill", Name: name, RowsPerFile: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// same compares the rows of one question.
func same[T any](t *testing.T, want []T) func([]T, error) {
	return func(got []T, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

func TestQuestionsAboutFOCUS(t *testing.T) {
	t.Parallel()
	line := func(hour int, meter, resource string, cost float64) export.Focus {
		return export.Focus{
			BilledCost: cost, BillingAccountID: payer, BillingCurrency: "USD", BillingPeriodStart: july, ChargeCategory: "Usage", ConsumedQuantity: of(1),
			ChargePeriodStart: july.Add(time.Duration(hour) * time.Hour), ContractedCost: cost, ContractedUnitPrice: of(cost), EffectiveCost: cost, ListCost: 2 * cost,
			ListUnitPrice: of(2 * cost), PricingCategory: "Standard", PricingUnit: "Hrs", ResourceID: resource, ServiceCategory: "Compute",
			ServiceName: "Amazon Elastic Compute Cloud", SKUID: "SKU1", SKUMeter: meter, SubAccountID: dev,
		}
	}
	e := open(t, []export.Focus{
		line(30, "BoxUsage:m5.large", "i-1", 0.1), line(0, "BoxUsage:m5.large", "i-1", 0.1), line(0, "EBS:VolumeUsage.gp3", "vol-1", 0.01),
		line(1, "EBS:VolumeUsage.gp3", "vol-1", 0.02), line(1, "EBS:VolumeUsage.gp3", "", 0.04),
	}, nil)
	ctx := context.Background()
	same(t, []billing.Day{
		{Day: july, Payer: payer, Currency: "USD", Rows: 4, Hours: 2, Billed: dec("0.17")},
		{Day: july.AddDate(0, 0, 1), Payer: payer, Currency: "USD", Rows: 1, Hours: 1, Billed: dec("0.1")},
	})(e.Days(ctx, period))
	same(t, []billing.Charge{{
		Month: july, Payer: payer, Account: dev, Currency: "USD", Category: "Usage", Pricing: "Standard", Service: "Amazon Elastic Compute Cloud", Rows: 5,
		List: dec("0.54"), Contract: dec("0.27"), Effective: dec("0.27"), Billed: dec("0.27"),
	}})(e.Charges(ctx, period))
	same(t, []billing.HourCost{
		{Hour: july, Account: dev, Service: "Compute", List: dec("0.22"), Contract: dec("0.11"), Effective: dec("0.11")},
		{Hour: july.Add(time.Hour), Account: dev, Service: "Compute", List: dec("0.12"), Contract: dec("0.06"), Effective: dec("0.06")},
		{Hour: july.Add(30 * time.Hour), Account: dev, Service: "Compute", List: dec("0.2"), Contract: dec("0.1"), Effective: dec("0.1")},
	})(e.Hours(ctx, period))
	same(t, []billing.Standing{{Day: july, Account: dev, Resource: "vol-1", Meter: "EBS:VolumeUsage.gp3", Hours: 2, Cost: dec("0.03")}})(e.Standing(ctx, period))
	same(t, []billing.Price{{Month: july, SKU: "SKU1", Unit: "Hrs", List: dec("0.2"), Contract: dec("0.1")}})(e.Prices(ctx, period))
	if _, err := e.Products(ctx, period); err == nil {
		t.Error("products without CUR 2.0")
	}
}

func TestQuestionsAboutCUR(t *testing.T) {
	t.Parallel()
	item := func(kind string, change func(*export.CUR)) export.CUR {
		row := export.CUR{
			BillPayerAccountID: payer, BillBillingPeriodStartDate: july, LineItemUsageAccountID: dev, LineItemLineItemType: kind, LineItemUsageStartDate: july,
			LineItemProductCode: "AmazonEC2", LineItemUsageType: "BoxUsage:m5.large", ProductSKU: "SKU1",
		}
		change(&row)
		return row
	}
	e := open(t, nil, []export.CUR{
		item("SavingsPlanCoveredUsage", func(r *export.CUR) {
			r.SavingsPlanSavingsPlanARN, r.SavingsPlanSavingsPlanRate, r.LineItemUsageAmount = "arn:sp/1", of(0.07), of(1)
			r.SavingsPlanSavingsPlanEffectiveCost, r.PricingPublicOnDemandCost, r.LineItemNetUnblendedCost = of(0.07), of(0.1), of(0.1)
			r.ResourceTags = map[string]string{"aws_autoscaling_group_name": "web"}
			r.ProductInstanceType, r.Product, r.LineItemNormalizationFactor = "db.m5.large", map[string]string{"deployment_option": "Multi-AZ"}, of(4)
		}),
		item("SavingsPlanRecurringFee", func(r *export.CUR) {
			r.SavingsPlanSavingsPlanARN, r.SavingsPlanTotalCommitmentToDate, r.SavingsPlanUsedCommitment = "arn:sp/1", of(1), of(0.07)
			r.SavingsPlanOfferingType, r.LineItemProductCode, r.LineItemUsageType = "ComputeSavingsPlans", "ComputeSavingsPlans", "ComputeSP:1yrNoUpfront"
		}),
		item("RIFee", func(r *export.CUR) {
			r.LineItemUsageType, r.ReservationReservationARN, r.ReservationNumberOfReservations = "HeavyUsage:m5.large", "arn:ri/1", "1"
			r.ReservationTotalReservedUnits, r.LineItemUnblendedCost, r.ReservationUnusedQuantity = "744", 37.2, of(3)
		}),
		item("Usage", func(r *export.CUR) { r.LineItemUsageType = "EBS:VolumeUsage.gp3" }),
	})
	ctx := context.Background()
	same(t, []billing.Product{
		{SKU: "SKU1", Code: "AmazonEC2", UsageType: "BoxUsage:m5.large", Type: "db.m5.large", Family: "db.m5", MultiAZ: true, Factor: dec("4")},
		{SKU: "SKU1", Code: "AmazonEC2", UsageType: "HeavyUsage:m5.large", Factor: dec("0")},
	})(e.Products(ctx, period))
	same(t, []billing.PlanHour{{Hour: july, Plan: "arn:sp/1", Owner: dev, Offering: "ComputeSavingsPlans", Total: dec("1"), Used: dec("0.07")}})(e.PlanHours(ctx, period))
	same(t, []billing.Reservation{
		{Month: july, Lease: "arn:ri/1", Owner: dev, SKU: "SKU1", Count: dec("1"), Hourly: dec("0.05"), Unused: dec("3")},
	})(e.Reservations(ctx, period))
	same(t, []billing.PlanRate{{Plan: "arn:sp/1", SKU: "SKU1", Rate: dec("0.07")}})(e.PlanRates(ctx, period))
	var usage []billing.Usage
	for u, err := range e.Usage(ctx, period) {
		if err != nil {
			t.Fatal(err)
		}
		usage = append(usage, u)
	}
	same(t, []billing.Usage{{
		Hour: july, Account: dev, Group: "web", SKU: "SKU1", Line: billing.PlanUsage, Commitment: "arn:sp/1", Quantity: dec("1"), List: dec("0.1"), Net: dec("0.1"),
		Effective: dec("0.07"),
	}})(usage, nil)
}
