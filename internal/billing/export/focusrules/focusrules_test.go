package focusrules_test

import (
	"errors"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"offpeak/internal/billing/export"
	"offpeak/internal/billing/export/focusrules"
)

var july = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// load reads the published rules, which are not part of the module.
func load(t *testing.T) *focusrules.Rules {
	t.Helper()
	const file = "../../../../../shared/data/focus/rules_v1.2.json"
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the rules of FOCUS 1.2 are not at %s", file)
	}
	rules, err := focusrules.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func number(n float64) *float64 { return &n }

// usage is an hour of an instance at its on-demand price; the other rows are made from it.
func usage() export.Focus {
	return export.Focus{
		AvailabilityZone: "ap-northeast-2a", BilledCost: 0.0416, BillingAccountID: "111111111111", BillingAccountName: "Acme", BillingAccountType: "Billing account",
		BillingCurrency: "USD", BillingPeriodStart: july, BillingPeriodEnd: july.AddDate(0, 1, 0), ChargeCategory: "Usage",
		ChargeDescription: "$0.0416 per On Demand Linux t3.medium Instance Hour", ChargeFrequency: "Usage-Based",
		ChargePeriodStart: july.Add(9 * time.Hour), ChargePeriodEnd: july.Add(10 * time.Hour), ConsumedQuantity: number(1), ConsumedUnit: "Hours",
		ContractedCost: 0.0416, ContractedUnitPrice: number(0.0416), EffectiveCost: 0.0416, InvoiceIssuerName: "Amazon Web Services, Inc.", ListCost: 0.0416,
		ListUnitPrice: number(0.0416), PricingCategory: "Standard", PricingCurrency: "USD", PricingCurrencyContractedUnitPrice: number(0.0416),
		PricingCurrencyEffectiveCost: number(0.0416), PricingCurrencyListUnitPrice: number(0.0416), PricingQuantity: number(1), PricingUnit: "Hours",
		ProviderName: "AWS", PublisherName: "Amazon Web Services, Inc.", RegionID: "ap-northeast-2", RegionName: "Asia Pacific (Seoul)",
		ResourceID: "arn:aws:ec2:ap-northeast-2:222222222222:instance/i-0a", ResourceName: "배치 서버", ResourceType: "Instance", ServiceCategory: "Compute",
		ServiceName: "Amazon Elastic Compute Cloud", ServiceSubcategory: "Virtual Machines", SKUID: "SKU1", SKUMeter: "BoxUsage",
		SKUPriceDetails: map[string]string{"InstanceType": "t3.medium", "x_Tenancy": "Shared"}, SKUPriceID: "SKU1.OD", SubAccountID: "222222222222",
		SubAccountName: "dev", SubAccountType: "Linked account", Tags: map[string]string{"env": "개발"}, XOperation: "RunInstances", XServiceCode: "AmazonEC2",
	}
}

func with(change func(*export.Focus)) export.Focus {
	row := usage()
	change(&row)
	return row
}

// covered is usage that a Savings Plan pays for.
func covered(row *export.Focus) {
	row.PricingCategory, row.BilledCost, row.EffectiveCost = "Committed", 0, 0.03
	row.CommitmentDiscountID, row.CommitmentDiscountCategory, row.CommitmentDiscountType = "arn:aws:savingsplans::111111111111:savingsplan/a", "Spend", "Compute Savings Plans"
	row.CommitmentDiscountStatus, row.CommitmentDiscountQuantity, row.CommitmentDiscountUnit = "Used", number(0.03), "USD"
}

func unused(row *export.Focus) {
	covered(row)
	row.CommitmentDiscountStatus, row.ConsumedQuantity, row.ConsumedUnit = "Unused", nil, ""
	row.ResourceID, row.ResourceName, row.ResourceType = row.CommitmentDiscountID, "", "Savings Plan"
	row.Tags, row.AvailabilityZone = nil, ""
}

// tax is of no resource, SKU or quantity.
func tax(row *export.Focus) {
	row.ChargeCategory, row.ChargeFrequency, row.PricingCategory, row.PricingUnit = "Tax", "Recurring", "", ""
	row.PricingQuantity, row.ListUnitPrice, row.ContractedUnitPrice, row.ConsumedQuantity, row.ConsumedUnit = nil, nil, nil, nil, ""
	row.PricingCurrencyContractedUnitPrice, row.PricingCurrencyListUnitPrice = nil, nil
	row.SKUID, row.SKUMeter, row.SKUPriceID, row.SKUPriceDetails = "", "", "", nil
	row.ResourceID, row.ResourceName, row.ResourceType, row.Tags, row.AvailabilityZone = "", "", "", nil, ""
}

func sample() []export.Focus {
	return []export.Focus{
		usage(),
		with(covered),
		with(unused),
		with(tax),
		with(func(row *export.Focus) {
			tax(row)
			row.ChargeCategory, row.ChargeFrequency = "Credit", "One-Time"
			row.BilledCost, row.EffectiveCost, row.ContractedCost, row.ListCost = -5, -5, -5, -5
		}),
		with(func(row *export.Focus) {
			row.PricingCategory, row.SKUMeter, row.SKUPriceID = "Dynamic", "SpotUsage", "SKU1.Spot"
		}),
	}
}

// check writes rows as an export, reads the file and holds what it says against the rules.
func check(t *testing.T, rules *focusrules.Rules, rows []export.Focus) focusrules.Report {
	t.Helper()
	dir := t.TempDir()
	w, err := export.Create[export.Focus](dir, export.Export{Bucket: "b", Name: "focus"})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(rows), w.Close()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "focus/data/BILLING_PERIOD=2026-07/focus-00001.zstd.parquet")
	read, err := parquet.ReadFile[export.Focus](file)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(opened, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for _, c := range f.Root().Columns() {
		columns = append(columns, c.Name())
	}
	return rules.Check(columns, func(yield func(*export.Focus) bool) {
		for i := range read {
			if !yield(&read[i]) {
				return
			}
		}
	})
}

func TestAWrittenSampleKeepsEveryRule(t *testing.T) {
	t.Parallel()
	report := check(t, load(t), sample())
	for _, v := range report.Violations {
		t.Errorf("%s %s", v.Keyword, v)
	}
	why := map[string][]string{}
	for _, n := range report.Not {
		why[n.Why] = append(why[n.Why], n.Rule)
	}
	t.Logf("%d rules: %d evaluated on %d rows, %d gather others, %d not evaluated", report.Rules, len(report.Evaluated), report.Rows, len(report.Gathering), len(report.Not))
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		t.Logf("not evaluated, %d: %s: %v", len(why[reason]), reason, why[reason])
	}
	for _, n := range report.Corrected {
		t.Logf("held by its sentence: %s %s: %s", n.Rule, n.Sentence, n.Why)
	}
	if sum := len(report.Evaluated) + len(report.Gathering) + len(report.Not); sum != report.Rules {
		t.Errorf("%d rules are accounted for, of %d", sum, report.Rules)
	}
	if len(report.Evaluated) < 280 {
		t.Errorf("only %d rules were evaluated", len(report.Evaluated))
	}
}

func TestBrokenRowsBreakTheirRules(t *testing.T) {
	t.Parallel()
	rules := load(t)
	for _, c := range []struct {
		what   string
		change func(*export.Focus)
		breaks []string
	}{
		{"a category that is none", func(r *export.Focus) { r.ServiceCategory = "Rechnen" }, []string{"ServiceCategory-C-003-M", "ServiceName-C-005-C", "ServiceSubcategory-C-004-M"}},
		{"a subcategory of another category", func(r *export.Focus) { r.ServiceSubcategory = "Backup Storage" }, []string{"ServiceName-C-008-C", "ServiceSubcategory-C-004-M"}},
		{"usage without a quantity", func(r *export.Focus) { r.PricingQuantity = nil }, []string{"PricingQuantity-C-005-C", "PricingUnit-C-005-C"}},
		{"usage without a list price", func(r *export.Focus) { r.ListUnitPrice = nil }, []string{"ListUnitPrice-C-005-C"}},
		{"a product that is not the cost", func(r *export.Focus) { r.ListCost = 1 }, []string{"ListCost-C-009-C", "ListUnitPrice-C-010-C"}},
		{"a name without a commitment", func(r *export.Focus) { r.CommitmentDiscountName = "plan" }, []string{"CommitmentDiscountName-C-004-C"}},
		{"a name without a resource", func(r *export.Focus) { r.ResourceID = "" }, []string{"ResourceName-C-004-C", "ResourceType-C-004-C"}},
		{"a currency that is none", func(r *export.Focus) { r.BillingCurrency = "원" }, []string{"BillingCurrency-C-003-M", "BillingCurrency-C-006-M"}},
		{"an empty account", func(r *export.Focus) { r.BillingAccountID = "" }, []string{"BillingAccountId-C-003-M", "NullHandling-A-002-M", "StringHandling-A-007-M"}},
		{"an amount that is no number", func(r *export.Focus) { r.BilledCost = math.NaN() }, []string{"BilledCost-C-002-M", "BilledCost-C-004-M"}},
		{"a period that ends before it begins", func(r *export.Focus) { r.ChargePeriodEnd = july }, []string{"ChargePeriodEnd-C-004-M"}},
		{"a property of our own without its mark", func(r *export.Focus) { r.SKUPriceDetails = map[string]string{"tenancy": "Shared"} }, []string{"SkuPriceDetails-C-017-C"}},
		{"a status of older drafts", func(r *export.Focus) { covered(r); r.CommitmentDiscountStatus = "Active" }, []string{"CommitmentDiscountStatus-C-005-M"}},
		{"unused commitment on a resource", func(r *export.Focus) { unused(r); r.ResourceID = "i-0a" }, []string{"DiscountHandling-A-019-C"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			report := check(t, rules, []export.Focus{usage(), with(c.change)})
			var broken []string
			for _, v := range report.Violations {
				broken = append(broken, v.Rule)
				if v.First != 2 || v.Rows != 1 {
					t.Errorf("the second row of two breaks it: %s", v)
				}
			}
			if diff := cmp.Diff(c.breaks, broken); diff != "" {
				t.Errorf("rules that break (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAColumnThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	columns := slices.DeleteFunc(export.FOCUS.Columns(), func(name string) bool { return name == "ListCost" })
	report := load(t).Check(columns, func(func(*export.Focus) bool) {})
	var broken []string
	for _, v := range report.Violations {
		broken = append(broken, v.Rule+" "+v.Example)
	}
	if diff := cmp.Diff([]string{"CostAndUsage-D-032-M there is no column ListCost"}, broken); diff != "" {
		t.Errorf("rules that break (-want +got):\n%s", diff)
	}
}

func TestLoadRefusesWhatIsNotRules(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{"no JSON": "{", "no rules": "{}"} {
		file := filepath.Join(t.TempDir(), "rules.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := focusrules.Load(file); err == nil {
			t.Errorf("%s is read as rules", what)
		}
	}
}
