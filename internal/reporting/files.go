package reporting

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"offpeak/internal/billing"
	"offpeak/reports/delivery"
)

// Names of the files that a report is made again by.
const (
	InventoryFile = "inventory.json"
	OffersFile    = "spot-offers.json"
	ratesPrefix   = "savings-plan-rates-"
)

// ReadOffers reads offers that lie beside a report.
func ReadOffers(data []byte) (*Offers, error) {
	var o Offers
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("read what Spot would cost, as it lies beside a report: %w", err)
	}
	if o.Taken.IsZero() || o.Offers == nil {
		return nil, fmt.Errorf("it holds no offers of Spot: name the %s that lies beside a report", OffersFile)
	}
	return &o, nil
}

// RatesFile reports whether a file of a report holds the rates of a Savings Plan.
func RatesFile(name string) bool { return strings.HasPrefix(name, ratesPrefix) }

// printedRates are a plan's rates as `aws savingsplans describe-savings-plan-rates` prints them.
type printedRates struct {
	Plan    string        `json:"savingsPlanId"`
	Results []printedRate `json:"searchResults"`
}

type printedRate struct {
	Rate      string `json:"rate"`
	Currency  string `json:"currency"`
	UsageType string `json:"usageType"`
	Operation string `json:"operation"`
}

// Files are what the report was made of beside ledger and bill. They lie beside it, and are no form of it.
func (m *Made) Files() (all []delivery.File, err error) {
	if m.Inventory != nil {
		data, err := json.Marshal(m.Inventory)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", InventoryFile, err)
		}
		all = append(all, delivery.File{Name: InventoryFile, Data: data})
	}
	if m.Offers != nil {
		data, err := json.Marshal(m.Offers)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", OffersFile, err)
		}
		all = append(all, delivery.File{Name: OffersFile, Data: data})
	}
	rates := slices.SortedFunc(slices.Values(m.Rates), func(a, b billing.PublishedRate) int {
		return cmp.Or(cmp.Compare(a.Plan, b.Plan), cmp.Compare(a.UsageType, b.UsageType), cmp.Compare(a.Operation, b.Operation))
	})
	for len(rates) > 0 {
		plan := printedRates{Plan: rates[0].Plan}
		for len(rates) > 0 && rates[0].Plan == plan.Plan {
			r := rates[0]
			plan.Results, rates = append(plan.Results, printedRate{r.Rate.String(), "USD", r.UsageType, r.Operation}), rates[1:]
		}
		data, err := json.MarshalIndent(plan, "", " ")
		if err != nil {
			return nil, fmt.Errorf("write the rates of %s: %w", plan.Plan, err)
		}
		all = append(all, delivery.File{Name: ratesPrefix + safe(plan.Plan) + ".json", Data: data})
	}
	return all, nil
}

// safe is a plan's id as a part of a file's name.
func safe(id string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '_'
	}, id)
}
