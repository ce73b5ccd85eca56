package pricelist

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"offpeak/internal/money"
)

// product is one of GetProducts's answers: JSON in a JSON string.
type product struct {
	Product struct {
		SKU        string            `json:"sku"`
		Attributes map[string]string `json:"attributes"`
	} `json:"product"`
	Terms struct {
		OnDemand map[string]term `json:"OnDemand"`
	} `json:"terms"`
	Published time.Time `json:"publicationDate"`
}

// term is an offer: from when, and what it costs by dimension.
type term struct {
	Effective  time.Time            `json:"effectiveDate"`
	Dimensions map[string]dimension `json:"priceDimensions"`
}

type dimension struct {
	Unit         string            `json:"unit"`
	PricePerUnit map[string]string `json:"pricePerUnit"`
}

func parseProduct(text []byte) (*product, error) {
	p := new(product)
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("what AWS answered is not as its price list is: %w", err)
	}
	return p, nil
}

// hourly returns the price of an hour under the terms in force; false where there is none in USD. Zero stands for what is charged elsewhere
// and is none.
func (p *product) hourly(now time.Time) (money.Rate, bool) {
	return p.inForce(now, func(unit string) bool { return strings.EqualFold(unit, "Hrs") || strings.EqualFold(unit, "Hours") })
}

// inForce returns the price per unit, of units that are wanted, under the terms in force.
func (p *product) inForce(now time.Time, wanted func(unit string) bool) (money.Rate, bool) {
	var rate money.Rate
	var since time.Time
	found := false
	for _, t := range p.Terms.OnDemand {
		if t.Effective.After(now) || found && !t.Effective.After(since) {
			continue
		}
		for _, d := range t.Dimensions {
			if !wanted(d.Unit) {
				continue
			}
			if r, err := money.ParseRate(d.PricePerUnit["USD"]); err == nil && !r.IsZero() {
				rate, since, found = r, t.Effective, true
			}
		}
	}
	return rate, found
}
