package reporting_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/internal/reporting"
)

// TestTheFilesThatAReportIsMadeAgainBy: rates a file each plan, as the AWS CLI prints them, in the same order whatever they came in; none where none were used.
func TestTheFilesThatAReportIsMadeAgainBy(t *testing.T) {
	t.Parallel()
	rate := func(plan, usage, price string) billing.PublishedRate {
		r, err := money.ParseRate(price)
		if err != nil {
			t.Fatal(err)
		}
		return billing.PublishedRate{Plan: plan, UsageType: usage, Operation: "RunInstances", Rate: r}
	}
	all := []billing.PublishedRate{rate("sp/2", "b", "0.02"), rate("sp-1", "b", "0.11"), rate("sp-1", "a", "0.10")}
	made := reporting.Made{Inventory: &fleet.Snapshot{Taken: time.Unix(1, 0)}, Rates: all}
	files, err := made.Files()
	if err != nil {
		t.Fatal(err)
	}
	var names, rates []string
	for _, f := range files {
		names = append(names, f.Name)
		if !reporting.RatesFile(f.Name) {
			continue
		}
		var printed struct { // as the AWS CLI prints it
			Plan    string              `json:"savingsPlanId"`
			Results []map[string]string `json:"searchResults"`
		}
		if err := json.Unmarshal(f.Data, &printed); err != nil {
			t.Fatal(err)
		}
		for _, r := range printed.Results {
			rates = append(rates, strings.Join([]string{printed.Plan, r["usageType"], r["operation"], r["rate"], r["currency"]}, " "))
		}
	}
	want := [][]string{
		{"inventory.json", "savings-plan-rates-sp-1.json", "savings-plan-rates-sp_2.json"},
		{"sp-1 a RunInstances 0.1 USD", "sp-1 b RunInstances 0.11 USD", "sp/2 b RunInstances 0.02 USD"},
	}
	if diff := cmp.Diff(want, [][]string{names, rates}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	made.Rates[0], made.Rates[2] = made.Rates[2], made.Rates[0]
	if again, err := made.Files(); err != nil || !cmp.Equal(files, again) {
		t.Errorf("the order of rates matters: %v", err)
	}
	if none, err := (&reporting.Made{}).Files(); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}
