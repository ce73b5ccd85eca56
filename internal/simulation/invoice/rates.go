package invoice

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"offpeak/internal/billing/commitments"
	"offpeak/internal/fleet"
)

// planRates is the answer of `aws savingsplans describe-savings-plan-rates`: a plan's rates for everything that it could cover, which a bill
// tells of what it did cover alone.
type planRates struct {
	SavingsPlanID string     `json:"savingsPlanId"`
	SearchResults []planRate `json:"searchResults"`
}

// planRate is SavingsPlanRate of the Savings Plans API.
type planRate struct {
	Rate        string         `json:"rate"`
	Currency    string         `json:"currency"`
	Unit        string         `json:"unit"`
	ProductType string         `json:"productType"`
	ServiceCode string         `json:"serviceCode"`
	UsageType   string         `json:"usageType"`
	Operation   string         `json:"operation"`
	Properties  []rateProperty `json:"properties"`
}

type rateProperty struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// RatesFile is the name of the file that has a Savings Plan's rates, in its payer's folder.
func RatesFile(planID string) string { return "savings-plan-rates-" + planID + ".json" }

// productTypes are by service code.
var productTypes = map[string]string{
	"AmazonEC2": "EC2", "AmazonECS": "Fargate", "AmazonRDS": "RDS", "AmazonDocDB": "DocDB", "AmazonNeptune": "Neptune",
}

// writeRates writes the rates of each of a payer's plans.
func writeRates(dir string, b *builder) error {
	if len(b.payer.Plans) == 0 {
		return nil
	}
	all := b.everySKU()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write rates: %w", err)
	}
	for i := range b.payer.Plans {
		plan := &b.payer.Plans[i]
		answer := planRates{SavingsPlanID: plan.ID, SearchResults: []planRate{}}
		for _, s := range all {
			if rate, meant := plan.rate(s); meant {
				answer.SearchResults = append(answer.SearchResults, planRate{
					Rate: rate.String(), Currency: "USD", Unit: "Hrs", ProductType: productTypes[s.code], ServiceCode: s.code,
					UsageType: s.usageType, Operation: s.operation, Properties: rateProperties(s),
				})
			}
		}
		data, err := json.MarshalIndent(answer, "", "    ")
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, RatesFile(plan.ID)), append(data, '\n'), 0o644)
		}
		if err != nil {
			return fmt.Errorf("write the rates of %s: %w", plan.ID, err)
		}
	}
	return nil
}

func rateProperties(s *sku) []rateProperty {
	properties := []rateProperty{{"region", string(s.region)}}
	if s.product.Type != "" {
		properties = append(properties, rateProperty{"instanceType", s.product.Type}, rateProperty{"instanceFamily", s.product.Family})
	}
	if s.product.Compute == commitments.EC2 {
		properties = append(properties, rateProperty{"productDescription", s.product.Platform}, rateProperty{"tenancy", "shared"})
	}
	return properties
}

// everySKU is what commitments can cover: what the catalogue has, and what was used beyond that.
func (b *builder) everySKU() []*sku {
	found := map[string]*sku{}
	s := &shelf{catalogue: b.catalogue, skus: map[shelfKey]*sku{}}
	for key := range b.catalogue.Compute {
		if key.Product == "" {
			continue // stands for whatever product: there is no such SKU
		}
		what := anInstance
		if len(key.Type) > 3 && key.Type[:3] == "db." {
			what = aDatabase
		}
		if made := s.of(shelfKey{what: what, region: key.Region, kind: key.Type, product: key.Product, multiAZ: key.MultiAZ}); made != nil {
			found[made.id] = made
		}
	}
	for region := range b.catalogue.Fargate {
		for _, what := range []string{fargateCPU, fargateGB} {
			made := s.of(shelfKey{what: what, region: fleet.Region(region)})
			found[made.id] = made
		}
	}
	for _, k := range b.clock.classes {
		if k.sku.part == running {
			found[k.sku.id] = k.sku
		}
	}
	all := make([]*sku, 0, len(found))
	for _, made := range found {
		all = append(all, made)
	}
	slices.SortFunc(all, func(a, b *sku) int {
		return cmp.Or(cmp.Compare(a.usageType, b.usageType), cmp.Compare(a.operation, b.operation), cmp.Compare(a.id, b.id))
	})
	return all
}
