package market_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/fleet"
	"offpeak/internal/market"
	"offpeak/internal/money"
)

func TestFargateMeter(t *testing.T) {
	t.Parallel()
	for usage, want := range map[string]string{
		"APN2-Fargate-vCPU-Hours:perCPU":               "Fargate-vCPU-Hours:perCPU",
		"Fargate-GB-Hours":                             "Fargate-GB-Hours", // us-east-1 has no prefix in old lines
		"EUC1-SpotUsage-Fargate-ARM-vCPU-Hours:perCPU": "SpotUsage-Fargate-ARM-vCPU-Hours:perCPU",
		"USE1-SpotUsage-Fargate-GB-Hours":              "SpotUsage-Fargate-GB-Hours",
		"APN2-Fargate-EphemeralStorage-GB-Hours":       "",
		"USE1-Fargate-Windows-vCPU-Hours:perCPU":       "",
		"APN2-SpotUsage:m5.large":                      "",
		"m5.large":                                     "",
		"":                                             "",
	} {
		if meter, found := market.FargateMeter(usage); found != (want != "") || found && meter != want {
			t.Errorf("%s: %q (%t), want %q", usage, meter, found, want)
		}
	}
}

func priced(t *testing.T, region fleet.Region, rows ...string) fleet.Prices {
	t.Helper()
	prices := fleet.Prices{}
	for i := 0; i < len(rows); i += 2 {
		rate, err := money.ParseRate(rows[i+1])
		if err != nil {
			t.Fatal(err)
		}
		prices[fleet.PriceKey{Region: region, Type: rows[i]}] = rate
	}
	return prices
}

// TestFargateOf takes only what is whole, each region and architecture for itself; and of Windows there is no Spot.
func TestFargateOf(t *testing.T) {
	t.Parallel()
	prices := priced(
		t, "ap-northeast-2", "Fargate-vCPU-Hours:perCPU", "0.04656", "Fargate-GB-Hours", "0.00511", "SpotUsage-Fargate-vCPU-Hours:perCPU", "0.0139",
		"SpotUsage-Fargate-GB-Hours", "0.002", "Fargate-ARM-vCPU-Hours:perCPU", "0.0373", "Fargate-ARM-GB-Hours", "0.0041", "m5.large", "0.118",
	)
	for key, rate := range priced(t, "us-east-1", "Fargate-ARM-vCPU-Hours:perCPU", "0.04", "Fargate-ARM-GB-Hours", "0.004", "SpotUsage-Fargate-ARM-vCPU-Hours:perCPU", "0.01", "SpotUsage-Fargate-ARM-GB-Hours", "0.001") {
		prices[key] = rate
	}
	m := &market.Market{Fargate: market.FargateOf(prices)}
	if len(m.Fargate) != 2 {
		t.Fatalf("%+v", m.Fargate)
	}
	for _, row := range []struct {
		region   fleet.Region
		platform string
		percent  int
		known    bool
	}{
		{"ap-northeast-2", "", 60, true}, // of vCPUs 70, of memory 60.8
		{"ap-northeast-2", "Linux", 60, true},
		{"ap-northeast-2", "LINUX/X86_64", 60, true},
		{"ap-northeast-2", "LINUX/ARM64", 0, false}, // of which there is no Spot price
		{"us-east-1", "linux/arm64", 75, true},
		{"us-east-1", "LINUX", 0, false},
		{"ap-northeast-2", "WINDOWS_SERVER_2022_CORE/X86_64", 0, false},
		{"ap-northeast-2", "WINDOWS_SERVER_2022_CORE", 0, false},
	} {
		if percent, known := m.FargateDiscount(row.region, row.platform); percent != row.percent || known != row.known {
			t.Errorf("%+v: %d (%t)", row, percent, known)
		}
	}
	if percent, known := (*market.Market)(nil).FargateDiscount("us-east-1", ""); percent != 0 || known {
		t.Error("of no market something is known")
	}
}

func entry(unit, usd, region string) string {
	return `{"unit":"` + unit + `","price":{"USD":"` + usd + `"},"attributes":{"aws:region":"` + region + `","aws:sku":"x"}}`
}

func TestReadFargateSpot(t *testing.T) {
	t.Parallel()
	text := `{"manifest":{"x":[1]},"prices":[` + strings.Join([]string{
		entry("vCPU-Hours", "0.01288871", "us-east-1"), entry("GB-Hours", "0.00141527", "us-east-1"), entry("ARM-vCPU-Hours", "0.007149", "ap-south-2"),
		entry("Windows-vCPU-Hours", "0.1", "us-east-1"), entry("GB-Hours", "0.00141527", "us-east-1"),
	}, ",") + `]}`
	got, err := market.ReadFargateSpot("f", strings.NewReader(text))
	want := priced(t, "us-east-1", "SpotUsage-Fargate-vCPU-Hours:perCPU", "0.01288871", "SpotUsage-Fargate-GB-Hours", "0.00141527")
	for key, rate := range priced(t, "ap-south-2", "SpotUsage-Fargate-ARM-vCPU-Hours:perCPU", "0.007149") {
		want[key] = rate
	}
	if diff := cmp.Diff(got, want, cmp.Comparer(money.Rate.Equal)); diff != "" || err != nil {
		t.Errorf("%v (-got +want)\n%s", err, diff)
	}
	for _, row := range []struct{ text, want string }{
		{"", "f: is empty"},
		{"unit,price\n", "f: is no JSON object"},
		{`{"prices":[]}`, "f: tells no price of Spot tasks"},
		{`{"spot_advisor":{}}`, "f: $: holds no prices"},
		{`{"prices":[` + entry("GB-Hours", "0.1", "") + `]}`, "f: $.prices[0].attributes[aws:region]: missing"},
		{`{"prices":[` + entry("GB-Hours", "free", "us-east-1") + `]}`, `f: $.prices[0].price.USD: is "free" (expected a price such as 0.0139)`},
		{`{"prices":[` + entry("GB-Hours", "0", "us-east-1") + `]}`, `is "0" (expected`},
		{`{"prices":[` + entry("GB-Hours", "1", "us-east-1") + "," + entry("GB-Hours", "2", "us-east-1") + `]}`, `is "2" (expected the 1 that stood before for GB-Hours in "us-east-1")`},
	} {
		if _, err := market.ReadFargateSpot("f", strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, want %s", row.text, err, row.want)
		}
	}
}

func FuzzReadFargateSpot(f *testing.F) {
	f.Add([]byte(`{"prices":[` + entry("vCPU-Hours", "0.01288871", "us-east-1") + "," + entry("ARM-GB-Hours", "0.001", "ap-south-2") + `]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		prices, err := market.ReadFargateSpot("f", bytes.NewReader(text))
		says(t, err)
		for key, rate := range prices {
			if _, is := market.FargateMeter(key.Type); err == nil && (!is || key.Region == "" || rate.IsZero()) {
				t.Errorf("%+v: %s", key, rate)
			}
		}
	})
}
