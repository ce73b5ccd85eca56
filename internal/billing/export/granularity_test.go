package export

import (
	"strings"
	"testing"
	"time"
)

// usage is a row of FOCUS of which only the time matters.
func usage(category string, from time.Time, lasts time.Duration) Focus {
	return Focus{
		BillingAccountID: "111111111111", BillingPeriodStart: july, BillingPeriodEnd: july.AddDate(0, 1, 0),
		ChargeCategory: category, ChargePeriodStart: from, ChargePeriodEnd: from.Add(lasts),
	}
}

func TestExportsThatAreNotHourlyAreNamed(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	noon := july.Add(12 * time.Hour)
	for _, c := range []struct {
		what string
		rows []Focus
		says string // empty if it is hourly
	}{
		{"usage by the hour", []Focus{usage("Usage", noon, time.Hour)}, ""},
		{"usage by the day", []Focus{usage("Usage", july, day), usage("Usage", july.Add(day), day)}, "24h0m0s"},
		{"usage by the month and the day", []Focus{usage("Usage", july, 31*day), usage("Usage", july, day)}, "24h0m0s"},
		{"storage by the day beside usage by the hour", []Focus{usage("Usage", july, day), usage("Usage", noon, time.Hour)}, ""},
		{"a fee by the hour beside usage by the day", []Focus{usage("Purchase", noon, time.Hour), usage("Usage", july, day)}, "24h0m0s"},
		{"fees alone", []Focus{usage("Purchase", july, 31*day)}, ""},
		{"no rows", nil, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, Export{Bucket: "b", Name: "focus", RowsPerFile: 1}, c.rows)
			said := notHourly(t, dir)
			if (said == "") != (c.says == "") || !strings.Contains(said, c.says) {
				t.Errorf("said %q, want %q", said, c.says)
			}
		})
	}
}

func TestCURThatIsNotHourlyIsNamed(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"} {
		rows := make([]CUR, 2)
		for i := range rows {
			setMonth(&rows[i], july)
			rows[i].LineItemLineItemType, rows[i].LineItemUsageStartDate, rows[i].LineItemUsageEndDate = "RIFee", july, july.Add(time.Hour)
		}
		rows[1].LineItemLineItemType, rows[1].LineItemUsageEndDate = kind, july.AddDate(0, 0, 1)
		dir := t.TempDir()
		write(t, dir, Export{Bucket: "b", Name: "cur"}, rows)
		if notHourly(t, dir) == "" {
			t.Errorf("%s by the day is not named", kind)
		}
	}
}

// notHourly is what Open says of an export that is read all the same.
func notHourly(t *testing.T, dir string) (said string) {
	t.Helper()
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range b.Gaps {
		if g.Code == NotHourly {
			said += g.What
			if len(b.Deliveries) != 1 {
				t.Errorf("it is withheld: %v", b.Gaps)
			}
		}
	}
	return said
}
