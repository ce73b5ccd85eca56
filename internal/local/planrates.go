package local

import (
	"fmt"
	"io"
	"os"

	"github.com/go-json-experiment/json"

	"offpeak/internal/billing"
	"offpeak/internal/money"
)

// planRatesLimit is the most bytes that one plan's rates may have: a Compute Savings Plan has some hundred thousand of them.
const planRatesLimit = 256 << 20

// planRates is what `aws savingsplans describe-savings-plan-rates` prints, as far as it is needed.
type planRates struct {
	Plan    string           `json:"savingsPlanId"`
	Results *[]publishedRate `json:"searchResults"`
}

type publishedRate struct {
	Rate      string `json:"rate"`
	Currency  string `json:"currency"`
	UsageType string `json:"usageType"`
	Operation string `json:"operation"`
}

// ReadPlanRates reads the rates of one Savings Plan as the AWS CLI prints them. Rates in another currency than US dollars are refused.
func ReadPlanRates(name string, r io.Reader) ([]billing.PublishedRate, error) {
	var answer planRates
	if err := json.UnmarshalRead(io.LimitReader(r, planRatesLimit), &answer); err != nil {
		return nil, fmt.Errorf("%s: what `aws savingsplans describe-savings-plan-rates` prints is expected: %w", name, err)
	}
	if answer.Plan == "" || answer.Results == nil {
		return nil, fmt.Errorf("%s: savingsPlanId or searchResults is missing (expected what `aws savingsplans describe-savings-plan-rates` prints)", name)
	}
	rates := make([]billing.PublishedRate, 0, len(*answer.Results))
	for i, result := range *answer.Results {
		rate, err := money.ParseRate(result.Rate)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%s: .searchResults[%d].rate: %w", name, i, err)
		case result.Currency != "USD":
			return nil, fmt.Errorf("%s: .searchResults[%d].currency is %.10q: only rates in USD are read", name, i, result.Currency)
		}
		rates = append(rates, billing.PublishedRate{Plan: answer.Plan, UsageType: result.UsageType, Operation: result.Operation, Rate: rate})
	}
	return rates, nil
}

// ReadPlanRatesFile reads the file of this name.
func ReadPlanRatesFile(name string) ([]billing.PublishedRate, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // nothing is lost by closing a file that was only read
	return ReadPlanRates(name, file)
}
