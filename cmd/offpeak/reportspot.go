package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"offpeak/internal/market"
	"offpeak/internal/policy"
	"offpeak/internal/reporting"
)

// marketFlags add the flags that say what Spot costs: those of spot.
func (f *reportFlags) marketFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.spot.spotPrices, "spot-prices", "", "what \"aws ec2 describe-spot-price-history\" printed, of 30 days or more: then the report proposes what could move to Spot")
	flags.StringVar(&f.spot.catalog, "catalog", "", "with --spot-prices: what \"aws ec2 describe-instance-types\" printed, or a catalogue in CSV")
	flags.StringVar(&f.spot.offerings, "offerings", "", "with --spot-prices: in which zones types are to be had, as for \"offpeak spot\"")
	flags.StringVar(&f.spot.advisor, "advisor", "", "with --spot-prices: the Spot advisor's spot-advisor-data.json")
	flags.StringVar(&f.pricesFile, "prices", "", "with --spot-prices: on-demand prices per hour, CSV or JSON, beside those of the policy")
}

// market reads what Spot costs; nil where nobody told.
func (f *reportFlags) market(p *policy.Policy) (*market.Market, error) {
	s := &f.spot
	switch {
	case s.spotPrices == "" && s.catalog+s.offerings+s.advisor+f.pricesFile != "":
		return nil, usagef("--catalog, --offerings, --advisor and --prices go with --spot-prices: they say what could move to Spot")
	case s.spotPrices == "":
		return nil, nil
	case len(f.inventory) == 0 || s.catalog == "" || s.offerings == "":
		return nil, usagef("--spot-prices goes with --inventory, --catalog and --offerings: what is there, what could stand in for it, and where that is to be had")
	}
	s.inputs = f.inputs
	return s.market(sight{policy: p})
}

// offersOf are the offers that lie beside a report; nil where it was made without.
func offersOf(k *filedReport) (*reporting.Offers, error) {
	if k.manifest.SHA256(reporting.OffersFile) == "" {
		return nil, nil
	}
	name := filepath.Join(k.files, reporting.OffersFile)
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	offers := &reporting.Offers{}
	if err := json.Unmarshal(data, offers); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return offers, nil
}
