package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"offpeak/internal/market"
	"offpeak/internal/objects"
	"offpeak/internal/policy"
	"offpeak/internal/reporting"
)

// marketFlags add the flags that say what Spot costs: those of spot.
func (f *reportFlags) marketFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.spot.spotPrices, "spot-prices", "", "what \"aws ec2 describe-spot-price-history\" printed, of 30 days or more: then the report proposes what could move to Spot; \"hub\" is what AutoSpot keeps beside the ledger, and the spot-offers.json of a report what was weighed for it")
	flags.StringVar(&f.spot.catalog, "catalog", "", "with --spot-prices: what \"aws ec2 describe-instance-types\" printed, or a catalogue in CSV")
	flags.StringVar(&f.spot.offerings, "offerings", "", "with --spot-prices: in which zones types are to be had, as for \"offpeak spot\"")
	flags.StringVar(&f.spot.advisor, "advisor", "", "with --spot-prices: the Spot advisor's spot-advisor-data.json")
	flags.StringVar(&f.pricesFile, "prices", "", "with --spot-prices: on-demand prices per hour, CSV or JSON, beside those of the policy")
}

// fromHub stands for a file where what AutoSpot keeps beside the ledger says what Spot costs.
const fromHub = "hub"

// costs are what it takes to say what could move to Spot: a market of files, where AutoSpot keeps one, or what was weighed before. All are nil where nobody told.
type costs struct {
	market *market.Market
	kept   objects.Store
	offers *reporting.Offers
}

// told reports whether anybody has told what Spot costs.
func (c *costs) told() bool { return c.market != nil || c.kept != nil || c.offers != nil }

// give gives them to a report.
func (c *costs) give(in *reporting.Input) { in.Market, in.Kept, in.Offers = c.market, c.kept, c.offers }

// costs reads what Spot costs.
func (f *reportFlags) costs(p *policy.Policy, ledger objects.Store) (c costs, err error) {
	s := &f.spot
	files := s.catalog + s.offerings + s.advisor + f.pricesFile
	switch {
	case s.spotPrices == "" && files != "":
		return c, usagef("--catalog, --offerings, --advisor and --prices go with --spot-prices: they say what could move to Spot")
	case s.spotPrices == "":
		return c, nil
	case len(f.inventory) == 0:
		return c, usagef("--spot-prices goes with --inventory: what is there that could move; beside a report of the hub it is %s", reporting.InventoryFile)
	}
	weighed := false
	if s.spotPrices != fromHub {
		if weighed, err = beginsWith(s.spotPrices, "taken"); err != nil {
			return c, usagef("--spot-prices: %w", err)
		}
	}
	switch {
	case (s.spotPrices == fromHub || weighed) && files != "":
		return c, usagef("--spot-prices %s says all that is to be known of the market: leave --catalog, --offerings, --advisor and --prices away", s.spotPrices)
	case s.spotPrices == fromHub:
		c.kept = ledger
	case weighed:
		c.offers, err = readOffers(s.spotPrices)
	case s.catalog == "" || s.offerings == "":
		return c, usagef("--spot-prices goes with --inventory, --catalog and --offerings: what is there, what could stand in for it, and where that is to be had")
	default:
		s.inputs = f.inputs
		c.market, err = s.market(sight{policy: p})
	}
	return c, err
}

// beginsWith reports whether a file is a JSON object whose first key is this one: what was weighed before is told from what the AWS CLI prints by it.
func beginsWith(name, key string) (bool, error) {
	file, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close() //nolint:errcheck // it is only read
	d := json.NewDecoder(file)
	open, err := d.Token()
	if err != nil || open != json.Delim('{') {
		return false, nil // its reader says what is wrong with it
	}
	first, err := d.Token()
	return err == nil && first == key, nil
}

// readOffers reads what Spot would cost as it lies beside a report.
func readOffers(name string) (*reporting.Offers, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	offers, err := reporting.ReadOffers(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return offers, nil
}

// offersOf are the offers that lie beside a report; nil where it was made without.
func offersOf(k *filedReport) (*reporting.Offers, error) {
	if k.manifest.SHA256(reporting.OffersFile) == "" {
		return nil, nil
	}
	return readOffers(filepath.Join(k.files, reporting.OffersFile))
}
