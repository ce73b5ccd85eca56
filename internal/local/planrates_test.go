package local_test

import (
	"strings"
	"testing"

	"offpeak/internal/local"
)

func TestRatesOfASavingsPlan(t *testing.T) {
	t.Parallel()
	const printed = `{"savingsPlanId": "7a3c", "searchResults": [{"rate": "0.0718", "currency": "USD", "unit": "Hrs", "productType": "EC2", "serviceCode": "AmazonEC2",
		"usageType": "APN2-BoxUsage:m5.large", "operation": "RunInstances", "properties": [{"name": "region", "value": "ap-northeast-2"}]}]}`
	rates, err := local.ReadPlanRates("rates.json", strings.NewReader(printed))
	if err != nil {
		t.Fatal(err)
	}
	if len(rates) != 1 || rates[0].Plan != "7a3c" || rates[0].UsageType != "APN2-BoxUsage:m5.large" || rates[0].Operation != "RunInstances" || rates[0].Rate.String() != "0.0718" {
		t.Errorf("got %+v", rates)
	}
	for _, row := range []struct{ name, text, want string }{
		{"another listing", `{"Reservations": []}`, "savingsPlanId or searchResults is missing"},
		{"a rate that is none", strings.Replace(printed, "0.0718", "cheap", 1), ".searchResults[0].rate"},
		{"a rate below zero", strings.Replace(printed, "0.0718", "-1", 1), "negative"},
		{"yuan", strings.Replace(printed, "USD", "CNY", 1), `"CNY": only rates in USD are read`},
		{"torn", printed[:200], "rates.json: what"},
		{"nothing", "", "rates.json: what"},
	} {
		if got, err := local.ReadPlanRates("rates.json", strings.NewReader(row.text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, %v, want an error that says %q", row.name, got, err, row.want)
		}
	}
}

func FuzzPlanRates(f *testing.F) {
	f.Add(`{"savingsPlanId": "a", "searchResults": [{"rate": "1", "currency": "USD"}]}`)
	f.Add(`{"savingsPlanId": "a", "searchResults": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		rates, err := local.ReadPlanRates("f", strings.NewReader(text))
		if err == nil && rates == nil {
			t.Error("no rates and no error")
		}
	})
}
