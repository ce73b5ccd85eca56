package export

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// aMonth fills a batch of rows as a simulation would: resources side by side, hour after hour.
func aMonth(rows []Focus, from int, prices []float64, tags []map[string]string) {
	july := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		n := from + i
		resource, hour := n%20000, (n/20000)%744
		at := july.Add(time.Duration(hour) * time.Hour)
		price := &prices[resource%len(prices)]
		one := &prices[0]
		cost := *price * (1 - float64(resource%7)/100)
		rows[i] = Focus{
			AvailabilityZone: "ap-northeast-2a", BilledCost: cost, BillingAccountID: "111111111111", BillingAccountName: "Acme", BillingAccountType: "Management",
			BillingCurrency: "USD", BillingPeriodStart: july, BillingPeriodEnd: july.AddDate(0, 1, 0), ChargeCategory: "Usage",
			ChargeDescription: "$0.0416 per On Demand Linux t3.medium Instance Hour", ChargeFrequency: "Usage-Based", ChargePeriodStart: at, ChargePeriodEnd: at.Add(time.Hour),
			ConsumedQuantity: one, ConsumedUnit: "Hrs", ContractedCost: cost, ContractedUnitPrice: price, EffectiveCost: cost, InvoiceIssuerName: "Amazon Web Services, Inc.",
			ListCost: *price, ListUnitPrice: price, PricingCategory: "Standard", PricingCurrency: "USD", PricingQuantity: one, PricingUnit: "Hrs", ProviderName: "AWS",
			PublisherName: "Amazon Web Services, Inc.", RegionID: "ap-northeast-2", RegionName: "Asia Pacific (Seoul)", ResourceID: resources[resource], ResourceType: "Instance",
			ServiceCategory: "Compute", ServiceName: "Amazon Elastic Compute Cloud", ServiceSubcategory: "Virtual Machines", SKUID: skus[resource%200], SKUMeter: "BoxUsage",
			SKUPriceDetails: details[resource%200], SKUPriceID: skus[resource%200], SubAccountID: accounts[resource%40], SubAccountName: accounts[resource%40], SubAccountType: "Linked",
			Tags: tags[resource%len(tags)], XOperation: "RunInstances", XServiceCode: "AmazonEC2",
		}
	}
}

var resources, skus, accounts, details = benchTexts()

func benchTexts() (r, s, a []string, d []map[string]string) {
	for i := range 20000 {
		r = append(r, fmt.Sprintf("arn:aws:ec2:ap-northeast-2:111111111111:instance/i-0%016x", i*7919))
	}
	for i := range 200 {
		s = append(s, fmt.Sprintf("SKU%013d", i))
		d = append(d, map[string]string{"InstanceType": fmt.Sprintf("t%d.medium", i), "OperatingSystem": "Linux", "x_tenancy": "Shared"})
	}
	for i := range 40 {
		a = append(a, fmt.Sprintf("2%011d", i))
	}
	return r, s, a, d
}

// benchRows is how many rows are written: OFFPEAK_BENCH_ROWS, or a million.
func benchRows(tb testing.TB) int {
	tb.Helper()
	text := os.Getenv("OFFPEAK_BENCH_ROWS")
	if text == "" {
		return 1_000_000
	}
	rows, err := strconv.Atoi(text)
	if err != nil || rows <= 0 {
		tb.Fatalf("OFFPEAK_BENCH_ROWS is %q and no number of rows", text)
	}
	return rows
}

// writeMonth writes rows as an organisation of 20,000 resources has them.
func writeMonth(tb testing.TB, dir string, rows int) {
	tb.Helper()
	const batch = 20_000
	prices := make([]float64, 300)
	for i := range prices {
		prices[i] = 0.0052 * float64(i+1)
	}
	var tags []map[string]string
	for i := range 500 {
		tags = append(tags, map[string]string{"env": "dev", "team": fmt.Sprintf("팀-%d", i%30), "project": fmt.Sprintf("p%d", i), "owner": "kim"})
	}
	buffer := make([]Focus, batch)
	w, err := Create[Focus](dir, Export{Bucket: "b", Name: "focus", RowsPerFile: max(rows, defaultRowsPerFile)})
	if err != nil {
		tb.Fatal(err)
	}
	for n := 0; n < rows; n += batch {
		aMonth(buffer, n, prices, tags)
		if err := w.Write(buffer[:min(batch, rows-n)]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkWriteFocus(b *testing.B) {
	rows := benchRows(b)
	var bytes int64
	for b.Loop() {
		dir := b.TempDir()
		writeMonth(b, dir, rows)
		info, err := os.Stat(filepath.Join(dir, "focus/data/BILLING_PERIOD=2026-07/focus-00001.zstd.parquet"))
		if err != nil {
			b.Fatal(err)
		}
		bytes = info.Size()
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(bytes)/float64(rows), "B/row")
}
