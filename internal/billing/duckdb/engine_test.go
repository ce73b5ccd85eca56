//go:build cgo

package duckdb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"offpeak/internal/billing"
	"offpeak/internal/billing/duckdb"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/recount"
)

// both engines answer, and agree.
func engines(t *testing.T, bill *export.Bill) map[string]billing.Engine {
	return map[string]billing.Engine{"DuckDB": engine(t, bill), "recount": recount.Open(bill, payer, 2)}
}

func dec(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func of(x float64) *float64 { return &x }

// line is a plain line of usage: an instance that ran from some instant of July on.
func line(hour time.Duration, change func(*export.Focus)) export.Focus {
	row := export.Focus{
		BilledCost: 0.1, BillingAccountID: string(payer), BillingCurrency: "USD", BillingPeriodStart: july, BillingPeriodEnd: august, ChargeCategory: "Usage",
		ChargePeriodStart: july.Add(hour * time.Hour), ChargePeriodEnd: july.Add((hour + 1) * time.Hour), ConsumedQuantity: of(1), ContractedCost: 0.1, ContractedUnitPrice: of(0.1),
		EffectiveCost: 0.1, ListCost: 0.2, ListUnitPrice: of(0.2), PricingCategory: "Standard", PricingQuantity: of(1), PricingUnit: "Hrs", ResourceID: "i-1",
		ServiceCategory: "Compute", ServiceName: "Amazon Elastic Compute Cloud", SKUID: "SKU1", SKUMeter: "APN2-BoxUsage:m5.large", SubAccountID: "222222222222",
	}
	if change != nil {
		change(&row)
	}
	return row
}

func TestDaysCountHoursOfUsage(t *testing.T) {
	t.Parallel()
	rows := []export.Focus{
		line(0, nil), line(0, nil), line(5, nil), line(23, func(r *export.Focus) { r.ConsumedQuantity = of(-1) }),
		line(7, func(r *export.Focus) { r.ConsumedQuantity = of(0) }),
		line(9, func(r *export.Focus) { r.ChargeCategory, r.ConsumedQuantity, r.BilledCost = "Tax", nil, 3 }),
		line(24, func(r *export.Focus) { r.BillingCurrency = "KRW" }),
	}
	want := []billing.Day{
		{Day: july, Payer: payer, Currency: "USD", Rows: 6, Hours: 4, Negative: 1, Zero: 1, Billed: dec("3.5")},
		{Day: july.AddDate(0, 0, 1), Payer: payer, Currency: "KRW", Rows: 1, Hours: 1, Billed: dec("0.1")},
	}
	for name, e := range engines(t, billOf(t, rows, nil, 0)) {
		got, err := e.Days(context.Background(), both)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestPricesAreTheLastOnes(t *testing.T) {
	t.Parallel()
	price := func(hour time.Duration, list, contract float64, change func(*export.Focus)) export.Focus {
		return line(hour, func(r *export.Focus) {
			r.ListUnitPrice, r.ContractedUnitPrice = &list, &contract
			if change != nil {
				change(r)
			}
		})
	}
	rows := []export.Focus{
		price(5, 0.3, 0.2, nil), price(5, 0.3, 0.25, func(r *export.Focus) { r.PricingCategory = "Committed" }), price(5, 0.2, 0.9, nil), price(1, 9, 9, nil),
		price(8, 9, 9, func(r *export.Focus) { r.PricingCategory = "Dynamic" }), price(9, 9, 9, func(r *export.Focus) { r.ChargeClass = "Correction" }),
		price(9, 9, 9, func(r *export.Focus) { r.ContractedUnitPrice = nil }), price(9, 9, 9, func(r *export.Focus) { r.SKUID = "" }),
	}
	want := []billing.Price{{Month: july, SKU: "SKU1", Unit: "Hrs", List: dec("0.3"), Contract: dec("0.25")}}
	for name, e := range engines(t, billOf(t, rows, nil, 0)) {
		got, err := e.Prices(context.Background(), both)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// An invoice is of a month, and may hold corrections of the month before: they belong to no hour of the period and are charged all the same.
func TestChargesAreOfWholeMonths(t *testing.T) {
	t.Parallel()
	late := line(-30, func(r *export.Focus) { r.ChargeClass, r.InvoiceID = "Correction", "EUINV1" })
	bill := billOf(t, []export.Focus{line(0, nil), line(500, nil), late}, nil, 0)
	day := billing.Period{From: july, To: july.AddDate(0, 0, 1)}
	for name, e := range engines(t, bill) {
		charges, err := e.Charges(context.Background(), day)
		if err != nil || len(charges) != 2 || charges[0].Rows != 2 || charges[1].Invoice != "EUINV1" || charges[1].Month != july {
			t.Errorf("%s: charges %v, %v", name, charges, err)
		}
		hours, err := e.Hours(context.Background(), day)
		if err != nil || len(hours) != 1 {
			t.Errorf("%s: hours %v, %v", name, hours, err)
		}
	}
}

func TestUsageOfCUR(t *testing.T) {
	t.Parallel()
	item := func(kind, usageType string, change func(*export.CUR)) export.CUR {
		row := export.CUR{
			BillPayerAccountID: string(payer), BillBillingPeriodStartDate: july, LineItemUsageAccountID: "222222222222", LineItemLineItemType: kind,
			LineItemUsageStartDate: july, LineItemProductCode: "AmazonEC2", LineItemUsageType: usageType, LineItemResourceID: "i-1", LineItemUsageAmount: of(0.5),
			LineItemUnblendedCost: 0.04, LineItemNetUnblendedCost: of(0.03), PricingPublicOnDemandCost: of(0.05), ProductSKU: "SKU1",
		}
		if change != nil {
			change(&row)
		}
		return row
	}
	rows := []export.CUR{
		item("Usage", "BoxUsage:m5.large", nil), item("Usage", "BoxUsage:m5.large", nil), // twice in the hour: stopped and started again
		item("Usage", "SpotUsage:m5.large", func(r *export.CUR) {
			r.LineItemNetUnblendedCost, r.ResourceTags = nil, map[string]string{"aws_autoscaling_group_name": "", "aws:autoscaling:groupName": "배치"}
		}),
		item("DiscountedUsage", "BoxUsage:m5.large", func(r *export.CUR) {
			r.ReservationReservationARN, r.ReservationEffectiveCost = "arn:ri/1", of(0.02)
			r.LineItemUnblendedCost, r.LineItemNetUnblendedCost = 0, of(0)
		}),
		item("SavingsPlanCoveredUsage", "BoxUsage:m5.large", func(r *export.CUR) {
			r.SavingsPlanSavingsPlanARN, r.SavingsPlanSavingsPlanEffectiveCost = "arn:sp/1", of(0.01)
			r.ResourceTags = map[string]string{"aws_ecs_service_name": "web", "aws_ecs_cluster_name": "shop"}
		}),
		item("Usage", "EBS:VolumeUsage.gp3", nil), item("SavingsPlanNegation", "BoxUsage:m5.large", nil), item("Tax", "", nil),
	}
	usage := func(group, cluster string, line billing.Line, commitment, quantity, list, net, effective string) billing.Usage {
		return billing.Usage{
			Hour: july, Account: "222222222222", Resource: "i-1", Group: group, Cluster: cluster, SKU: "SKU1", Line: line, Commitment: commitment,
			Quantity: dec(quantity), List: dec(list), Net: dec(net), Effective: dec(effective),
		}
	}
	want := []billing.Usage{
		usage("", "", billing.Reserved, "arn:ri/1", "0.5", "0.05", "0", "0.02"),
		usage("", "", billing.OnDemand, "", "1", "0.1", "0.06", "0.06"),
		usage("web", "shop", billing.PlanUsage, "arn:sp/1", "0.5", "0.05", "0.03", "0.01"),
		usage("배치", "", billing.SpotUsage, "", "0.5", "0.04", "0.04", "0.04"),
	}
	for name, e := range engines(t, billOf(t, nil, rows, 0)) {
		got, err := collected(e.Usage(context.Background(), both))
		if diff := cmp.Diff(any(want), got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, e := range engines(t, billOf(t, []export.Focus{line(0, nil)}, nil, 0)) {
		if _, err := e.Products(ctx, both); !errors.Is(err, billing.ErrNoExport) {
			t.Errorf("%s: no CUR 2.0: got %v", name, err)
		}
		for _, err := range e.Usage(ctx, both) {
			if !errors.Is(err, billing.ErrNoExport) {
				t.Errorf("%s: no CUR 2.0: got %v", name, err)
			}
		}
		if _, err := e.Days(ctx, billing.Period{From: august, To: july}); err == nil || !strings.Contains(err.Error(), "ends before it begins") {
			t.Errorf("%s: a period that ends before it begins: got %v", name, err)
		}
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := e.Hours(cancelled, both); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled: got %v", name, err)
		}
		days, err := e.Days(ctx, billing.Period{From: august.AddDate(1, 0, 0), To: august.AddDate(1, 1, 0)})
		if err != nil || len(days) > 0 {
			t.Errorf("%s: a month that is not there: got %v, %v", name, days, err)
		}
	}
	for name, e := range engines(t, billOf(t, []export.Focus{line(0, func(r *export.Focus) { r.BilledCost = math.NaN() })}, nil, 0)) {
		if days, err := e.Days(ctx, both); err == nil {
			t.Errorf("%s: not a number: got %v", name, days)
		}
	}
	if _, err := duckdb.Open(&export.Bill{Deliveries: []export.Delivery{{
		Table: export.FOCUS, Payer: payer, Month: july, Files: []export.File{{Path: filepath.Join(t.TempDir(), "none.parquet")}},
	}}}, payer, duckdb.Options{}); err == nil {
		t.Error("a file that is not there was opened")
	}
}

func TestCancelledWhileAsking(t *testing.T) {
	t.Parallel()
	bill := randomBill(t, 5, 10_000)
	for name, e := range engines(t, bill) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		var met error
		for _, err := range e.Usage(ctx, both) {
			met = err
		}
		cancel()
		if !errors.Is(met, context.DeadlineExceeded) {
			t.Errorf("%s: all usage within five milliseconds: got %v", name, met)
		}
		if days, err := e.Days(context.Background(), both); err != nil || len(days) == 0 {
			t.Errorf("%s: asked again: got %d days, %v", name, len(days), err)
		}
	}
}

// Another writer's files: no zone in the timestamps and microseconds, and columns that may be absent are.
func TestFilesOfAnotherWriter(t *testing.T) {
	t.Parallel()
	bill := randomBill(t, 9, 600)
	for _, row := range []struct{ name, focus, cur string }{
		{
			"all columns", "SELECT * REPLACE (ChargePeriodStart::TIMESTAMP AS ChargePeriodStart, BillingPeriodStart::TIMESTAMP AS BillingPeriodStart)",
			"SELECT * REPLACE (line_item_usage_start_date::TIMESTAMP AS line_item_usage_start_date)",
		},
		{
			"without those that may be absent", "SELECT * EXCLUDE (AvailabilityZone, CommitmentDiscountCategory, CommitmentDiscountId)",
			"SELECT * EXCLUDE (line_item_net_unblended_cost, product_instance_family, reservation_availability_zone, reservation_total_reserved_units," +
				" reservation_unused_normalized_unit_quantity, savings_plan_region) REPLACE (coalesce(line_item_usage_amount, 0) + 1e9 AS line_item_usage_amount)",
		},
		{"FOCUS 1.0 of AWS", "SELECT * EXCLUDE (" + since12 + ", SkuMeter), SkuMeter AS x_UsageType", "SELECT *"},
		{"FOCUS 1.0 of anybody", "SELECT * EXCLUDE (" + since12 + ", SkuMeter)", "SELECT *"},
	} {
		dir := t.TempDir()
		rewrite(t, bill, dir, map[export.Table]string{export.FOCUS: row.focus, export.CUR2: row.cur})
		agree(t, opened(t, dir), both)
	}
}

// since12 are the columns that FOCUS 1.0 has not, but for the meter.
const since12 = "InvoiceId, SkuPriceDetails, ServiceSubcategory, BillingAccountType, SubAccountType, CapacityReservationId, CapacityReservationStatus, PricingCurrency," +
	" PricingCurrencyContractedUnitPrice, PricingCurrencyEffectiveCost, PricingCurrencyListUnitPrice, CommitmentDiscountQuantity, CommitmentDiscountUnit"

// FOCUS 1.0 of AWS has the meter under another name: it answers what FOCUS 1.2 answers, but for the invoices.
func TestFOCUS10SaysWhatFOCUS12Says(t *testing.T) {
	t.Parallel()
	bill := randomBill(t, 11, 600)
	dir := t.TempDir()
	rewrite(t, bill, dir, map[export.Table]string{export.FOCUS: "SELECT * EXCLUDE (" + since12 + ", SkuMeter), SkuMeter AS x_UsageType", export.CUR2: "SELECT *"})
	want, got := agree(t, bill, both), agree(t, opened(t, dir), both)
	for question := range want {
		if question != "charges" && !cmp.Equal(got[question], want[question]) {
			t.Errorf("%s: FOCUS 1.0 answers otherwise", question)
		}
	}
	if cmp.Equal(got["charges"], want["charges"]) {
		t.Error("FOCUS 1.0 has invoices")
	}
}

// rewrite has a plain DuckDB write each delivery's rows into one file, with a manifest as AWS's.
func rewrite(t *testing.T, bill *export.Bill, dir string, selects map[export.Table]string) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("SET TimeZone = 'UTC'"); err != nil {
		t.Fatal(err)
	}
	for _, d := range bill.Deliveries {
		var paths []string
		for _, f := range d.Files {
			paths = append(paths, "'"+strings.ReplaceAll(f.Path, "'", "''")+"'")
		}
		month := "BILLING_PERIOD=" + d.Month.Format("2006-01")
		data, metadata := filepath.Join(dir, string(d.Table), "data", month), filepath.Join(dir, string(d.Table), "metadata", month)
		for _, folder := range []string{data, metadata} {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		statement := fmt.Sprintf("COPY (%s FROM read_parquet([%s], hive_partitioning = false)) TO '%s/x.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)",
			selects[d.Table], strings.Join(paths, ", "), data)
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		manifest := fmt.Sprintf(`{"dataFiles": ["s3://bill/%s/data/%s/x.parquet"]}`, d.Table, month)
		if err := os.WriteFile(filepath.Join(metadata, "x-Manifest.json"), []byte(manifest), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Folders have the names that people give them: some mean something else to DuckDB, and some depend on where one stands.
func TestFoldersOfAnyName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bill [2026] *? o'brien", "한국")
	write(t, dir, export.Export{Bucket: "bill", Name: "focus"}, []export.Focus{line(0, nil)})
	t.Chdir(filepath.Dir(dir))
	for _, name := range []string{dir, "한국", "./한국/../한국"} {
		e := engine(t, opened(t, name))
		if days, err := e.Days(context.Background(), both); err != nil || len(days) != 1 {
			t.Errorf("%s: got %v, %v", name, days, err)
		}
	}
}
