package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"

	"offpeak/internal/billing/export"
)

// bend copies the exports of FOCUS in a bill and changes them on the way: bend focus-1.0 simulated/bill old
//
// What stories need beyond it, such as a bill without CUR 2.0, they make by copying folders.
func bend(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: bend HOW FROM TO")
	}
	from, to := ts.MkAbs(args[1]), ts.MkAbs(args[2])
	bill, err := export.Open(from)
	ts.Check(err)
	for _, d := range bill.Deliveries {
		if d.Table != export.FOCUS {
			continue
		}
		var rows []export.Focus
		for _, f := range d.Files {
			more, err := parquet.ReadFile[export.Focus](f.Path)
			ts.Check(err)
			rows = append(rows, more...)
		}
		ts.Check(bent(args[0], to, d.Month, rows))
	}
}

// bent writes one month's rows.
func bent(how, to string, month time.Time, rows []export.Focus) error {
	switch how {
	case "focus-1.0":
		var old []focusMetered
		for i := range rows {
			old = append(old, focusMetered{oldOf(&rows[i]), rows[i].SKUMeter})
		}
		return deliver(to, month, old)
	case "focus-1.0-bare":
		var old []focusOld
		for i := range rows {
			old = append(old, oldOf(&rows[i]))
		}
		return deliver(to, month, old)
	case "no-rows":
		return deliver(to, month, rows[:0])
	case "won":
		for i := range rows {
			rows[i].BillingCurrency = "KRW"
		}
	case "a-row-in-won":
		rows = append(rows, rows[0])
		rows[len(rows)-1].BillingCurrency = "KRW"
	case "an-odd-payer":
		for i := range rows {
			rows[i].BillingAccountID = "../../elsewhere"
		}
	case "hostile":
		bendNames(rows)
	case "not-utf-8":
		rows[0].ServiceName = "\xff\xfe"
	case "as-is":
	default:
		return fmt.Errorf("bend does not know %q", how)
	}
	return deliver(to, month, rows)
}

// deliver writes rows as an export with a manifest as AWS's.
func deliver[R any](to string, month time.Time, rows []R) error {
	period := "BILLING_PERIOD=" + month.Format("2006-01")
	data, metadata := filepath.Join(to, "focus", "data", period), filepath.Join(to, "focus", "metadata", period)
	for _, folder := range []string{data, metadata} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	if err := parquet.WriteFile(filepath.Join(data, "x.parquet"), rows); err != nil {
		return err
	}
	manifest := `{"dataFiles": ["s3://bill/focus/data/` + period + `/x.parquet"]}`
	return os.WriteFile(filepath.Join(metadata, "x-Manifest.json"), []byte(manifest), 0o644)
}

// focusOld is a row of FOCUS 1.0 as its specification has it, focusMetered as AWS delivers it.
type (
	focusOld struct {
		AvailabilityZone           string            `parquet:"AvailabilityZone,optional"`
		BilledCost                 float64           `parquet:"BilledCost"`
		BillingAccountID           string            `parquet:"BillingAccountId"`
		BillingCurrency            string            `parquet:"BillingCurrency"`
		BillingPeriodStart         time.Time         `parquet:"BillingPeriodStart,timestamp(millisecond)"`
		ChargeCategory             string            `parquet:"ChargeCategory"`
		ChargeClass                string            `parquet:"ChargeClass,optional"`
		ChargePeriodStart          time.Time         `parquet:"ChargePeriodStart,timestamp(millisecond)"`
		CommitmentDiscountCategory string            `parquet:"CommitmentDiscountCategory,optional"`
		CommitmentDiscountID       string            `parquet:"CommitmentDiscountId,optional"`
		CommitmentDiscountStatus   string            `parquet:"CommitmentDiscountStatus,optional"`
		ConsumedQuantity           *float64          `parquet:"ConsumedQuantity,optional"`
		ContractedCost             float64           `parquet:"ContractedCost"`
		ContractedUnitPrice        *float64          `parquet:"ContractedUnitPrice,optional"`
		EffectiveCost              float64           `parquet:"EffectiveCost"`
		ListCost                   float64           `parquet:"ListCost"`
		ListUnitPrice              *float64          `parquet:"ListUnitPrice,optional"`
		PricingCategory            string            `parquet:"PricingCategory,optional"`
		PricingQuantity            *float64          `parquet:"PricingQuantity,optional"`
		PricingUnit                string            `parquet:"PricingUnit,optional"`
		RegionID                   string            `parquet:"RegionId,optional"`
		ResourceID                 string            `parquet:"ResourceId,optional"`
		ServiceCategory            string            `parquet:"ServiceCategory"`
		ServiceName                string            `parquet:"ServiceName"`
		SKUID                      string            `parquet:"SkuId,optional"`
		SubAccountID               string            `parquet:"SubAccountId,optional"`
		Tags                       map[string]string `parquet:"Tags,optional"`
	}
	focusMetered struct {
		focusOld
		UsageType string `parquet:"x_UsageType,optional"`
	}
)

func oldOf(r *export.Focus) focusOld {
	return focusOld{
		r.AvailabilityZone, r.BilledCost, r.BillingAccountID, r.BillingCurrency, r.BillingPeriodStart, r.ChargeCategory, r.ChargeClass, r.ChargePeriodStart,
		r.CommitmentDiscountCategory, r.CommitmentDiscountID, r.CommitmentDiscountStatus, r.ConsumedQuantity, r.ContractedCost, r.ContractedUnitPrice, r.EffectiveCost,
		r.ListCost, r.ListUnitPrice, r.PricingCategory, r.PricingQuantity, r.PricingUnit, r.RegionID, r.ResourceID, r.ServiceCategory, r.ServiceName, r.SKUID, r.SubAccountID,
		r.Tags,
	}
}

// hostileNames are what somebody may have named a team or a resource.
func hostileNames() []string {
	return []string{
		`<script>document.title="ran"</script><img src=x onerror="document.title='ran'">`, `</script><script>document.title="ran"</script>`, `=HYPERLINK("http://evil.example","click")`, `+cmd|' /C calc'!A0`,
		"@SUM(1+1)*cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "\n=1+1", "\u202etxt.exe", "결제\U0001F680\U00020BB7", "a\x00b\x1b[31mred", strings.Repeat("긴이름", 100),
		`"quoted", with; a|pipe`, "｀＝1+1", "＝1+1", " =1+1", `{{.Tenant}}`, "Subject: x\r\nBcc: everybody@example.com", "]]>&amp;&#0;",
	}
}

// bendNames gives the owners' tag of each resource a hostile value, and some resources a hostile name.
func bendNames(rows []export.Focus) {
	names := hostileNames()
	of := map[string]string{}
	for i := range rows {
		r := &rows[i]
		if r.ResourceID == "" {
			continue
		}
		name, seen := of[r.ResourceID]
		if !seen {
			name = names[len(of)%len(names)]
			of[r.ResourceID] = name
		}
		r.Tags = map[string]string{"팀": name, name: name}
		if strings.HasPrefix(r.ResourceID, "vol-") {
			r.ResourceID = name
		}
		r.ServiceName = name
	}
}
