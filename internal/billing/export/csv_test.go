package export

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const csvHead = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,ChargeCategory,ChargeClass,ChargePeriodStart,CommitmentDiscountStatus,ConsumedQuantity,ContractedCost," +
	"ContractedUnitPrice,EffectiveCost,ListCost,ListUnitPrice,PricingCategory,PricingQuantity,PricingUnit,ProviderName,ResourceId,ServiceCategory,ServiceName,SkuId,SubAccountId,Tags\n"

func csvRow(payer, month, provider, tags string) string {
	return "1.5," + payer + ",USD," + month + ",Usage,NULL," + month + ",,2,1.5,0.75,1.5,2,1,Standard,2,Hrs," + provider + ",i-1,Compute,EC2,SKU1,222222222222," + tags + "\n"
}

func TestACSVFileIsReadByMonths(t *testing.T) {
	t.Parallel()
	b, err := openCSV(t, "\ufeff"+csvHead+csvRow("111111111111", "2026-07-01 00:00:00", "AWS", `"{""팀"": ""결제"", ""n"": 3}"`)+
		csvRow("111111111111", "2026-08-01T00:00:00Z", "AWS", "NULL")+csvRow("111111111111", "2026-07-01 00:00:00", "Microsoft", "{}")+
		csvRow("333333333333", "2026-07-01 00:00:00", "Amazon Web Services", "{}"))
	if err != nil {
		t.Fatal(err)
	}
	var read, codes []string
	for _, d := range b.Deliveries {
		read = append(read, string(d.Payer)+" "+d.Month.Format("2006-01")+" "+d.Named())
	}
	for _, g := range b.Gaps {
		if g.Code == CSVFile || g.Code == OtherProvider {
			codes = append(codes, string(g.Code)+" "+strings.Join(g.Args, " "))
		}
	}
	if got, want := strings.Join(read, ", "), "111111111111 2026-07 FOCUS_1_0_AWS, 111111111111 2026-08 FOCUS_1_0_AWS, 333333333333 2026-07 FOCUS_1_0_AWS"; got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	if got, want := strings.Join(codes, ", "), "csv-file , other-provider 1 Microsoft"; got != want {
		t.Errorf("gaps %s, want %s", got, want)
	}
	scan := b.Deliveries[0].Files[0].Scan()
	team, cost, start := scan.Entry("Tags", "팀"), scan.Double("BilledCost"), scan.Time("ChargePeriodStart")
	if !scan.Next() {
		t.Fatal(scan.Err())
	}
	if name, _ := team.At(0); name != "결제" || cost.Value[0] != 1.5 || start.Milli[0] != july.UnixMilli() {
		t.Errorf("read %q, %v, %d", name, cost.Value[0], start.Milli[0])
	}
	if err := scan.Close(); err != nil {
		t.Error(err)
	}
}

func TestACSVFileThatIsNone(t *testing.T) {
	t.Parallel()
	good := csvRow("111111111111", "2026-07-01 00:00:00", "AWS", "{}")
	for _, row := range []struct{ what, text, want string }{
		{"nothing", "", "it is empty"},
		{"another table", "a,b\n1,2\n", "its header has no BillingAccountId"},
		{"a column twice", strings.Replace(csvHead, "SkuId", "BilledCost", 1) + good, "the column BilledCost twice"},
		{"a row that is cut off", csvHead + good + "1.5,111111111111\n", "record on line 3: wrong number of fields"},
		{"a payer that would name a folder elsewhere", csvHead + csvRow("../../x", "2026-07-01 00:00:00", "AWS", "{}"), `line 2: BillingAccountId: "../../x" is no account of AWS`},
		{"no payer", csvHead + csvRow("", "2026-07-01 00:00:00", "AWS", "{}"), `BillingAccountId: "" is no account`},
		{"a cost that is no number", csvHead + good + strings.Replace(good, "1.5,", "NaN,", 1), `line 3: BilledCost: "NaN" is no number`},
		{"a month that is none", csvHead + csvRow("111111111111", "July", "AWS", "{}"), `"July" is no time (as 2026-07-01 00:00:00)`},
		{"tags that are no object", csvHead + csvRow("111111111111", "2026-07-01 00:00:00", "AWS", "[1]"), `Tags: "[1]" is no object of JSON`},
	} {
		if _, err := openCSV(t, row.text); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.what, err, row.want)
		}
	}
}

func openCSV(t testing.TB, text string) (*Bill, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "bill.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return OpenCSV(file, t.TempDir())
}

// FuzzOpenCSV holds that no text makes more than an error, and that what is read can be scanned.
func FuzzOpenCSV(f *testing.F) {
	f.Add(csvHead + csvRow("111111111111", "2026-07-01 00:00:00", "AWS", `"{""a"": ""b""}"`))
	f.Add(csvHead + csvRow("111111111111", "2026-07-01 00:00:00", "AWS", "{}") + csvRow("1", "2026-08-01 00:00:00", "AWS", "null"))
	f.Add("BillingAccountId,BillingPeriodStart,ChargeCategory,BilledCost\n1,9999-99-01,,\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := openCSV(t, text)
		if err != nil {
			return
		}
		for _, d := range b.Deliveries {
			for _, file := range d.Files {
				scan := file.Scan()
				rows := int64(0)
				scan.Entry("Tags", "a")
				scan.Double("BilledCost")
				for scan.Next() {
					for range scan.Rows() {
						rows++
					}
				}
				if err := scan.Err(); err == nil && rows != d.Rows {
					t.Errorf("%d rows of %d", rows, d.Rows)
				}
				_ = scan.Close()
			}
		}
	})
}
