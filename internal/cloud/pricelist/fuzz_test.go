package pricelist

import (
	"bytes"
	"testing"
	"time"

	"offpeak/internal/fleet"
)

var instant = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func FuzzProduct(f *testing.F) {
	f.Add([]byte(`{"product":{"attributes":{"usagetype":"BoxUsage:m5.large"},"sku":"X"},"terms":{"OnDemand":{"X.1":{"priceDimensions":{"X.1.1":{"unit":"Hrs","pricePerUnit":{"USD":"0.0960000000"}}},
		"effectiveDate":"2026-11-01T00:00:00Z"}}},"publicationDate":"2026-11-19T17:42:05Z"}`))
	f.Add([]byte(`{"terms":{"OnDemand":{"X":{"priceDimensions":{"Y":{"unit":"hours","pricePerUnit":{"USD":"-1e9"}}}}}}}`))
	question, _ := questionOf(fleet.PriceKey{Region: "us-east-1", Type: "m5.large", Product: "Linux/UNIX"})
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parseProduct(text)
		if err != nil {
			return
		}
		question.fits(p)
		if rate, ok := p.hourly(instant); ok && !rate.Decimal().IsPositive() {
			t.Errorf("%s passes for a price", rate)
		}
	})
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"format":"offpeak-prices/1","region":"us-east-1","prices":[{"type":"m5.large","product":"Windows","usd_per_hour":"0.188","asked":"2026-11-20T00:00:00Z"},
		{"type":"db.m5.large","product":"postgres","multi_az":true,"why":"none","asked":"2026-11-20T00:00:00Z"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parsePage(text)
		if err != nil || len(p.quotes) == 0 {
			return
		}
		region := fleet.Region("")
		for key := range p.quotes {
			region = key.Region
		}
		once, err := p.format(region, instant)
		if err != nil {
			return // years that JSON does not hold
		}
		again, err := parsePage(once)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, once)
		}
		if twice, err := again.format(region, instant); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("written as\n%s\nthen as\n%s, %v", once, twice, err)
		}
	})
}
