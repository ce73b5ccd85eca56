package market

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
)

// FargatePrice is what a vCPU and a GB of memory of a Fargate task on Linux cost an hour, on demand and on Spot. Windows has no Spot there.
type FargatePrice struct {
	Region           fleet.Region
	Architecture     string // X86_64, ARM64
	VCPU, GB         money.Rate
	SpotVCPU, SpotGB money.Rate
}

// The meters of Fargate, as bills and AWS's price list name them after a region's prefix. Those of ARM have ARM- after Fargate-, and those of Spot
// stand behind spotMeter.
const (
	fargateVCPU = "Fargate-vCPU-Hours:perCPU"
	fargateGB   = "Fargate-GB-Hours"
	armVCPU     = "Fargate-ARM-vCPU-Hours:perCPU"
	armGB       = "Fargate-ARM-GB-Hours"
	spotMeter   = "SpotUsage-"
)

var fargateMeters = []struct{ architecture, vcpu, gb string }{{"X86_64", fargateVCPU, fargateGB}, {"ARM64", armVCPU, armGB}}

// FargateMeter returns the meter of Fargate that a usage type of a bill or of the price list is, without its region's prefix; false where it is none of
// vCPUs or memory on Linux.
func FargateMeter(usage string) (meter string, found bool) {
	at := strings.Index(usage, spotMeter)
	if at < 0 {
		at = max(strings.Index(usage, "Fargate-"), 0)
	}
	meter = usage[at:]
	return meter, slices.Contains([]string{fargateVCPU, fargateGB, armVCPU, armGB}, strings.TrimPrefix(meter, spotMeter))
}

// FargateOf returns the prices of Fargate that a price list has, whose types are the meters of the bill without a region's prefix. What lacks one of the
// four is left out: what Spot saves is not known then.
func FargateOf(prices fleet.Prices) (found []FargatePrice) {
	regions := map[fleet.Region]bool{}
	for key := range prices {
		if _, is := FargateMeter(key.Type); is && !regions[key.Region] {
			regions[key.Region] = true
			found = append(found, fargateIn(key.Region, prices)...)
		}
	}
	slices.SortFunc(found, func(a, b FargatePrice) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Architecture, b.Architecture))
	})
	return found
}

func fargateIn(region fleet.Region, prices fleet.Prices) (found []FargatePrice) {
	of := func(meter string) money.Rate { return prices[fleet.PriceKey{Region: region, Type: meter}] }
	for _, m := range fargateMeters {
		p := FargatePrice{Region: region, Architecture: m.architecture, VCPU: of(m.vcpu), GB: of(m.gb), SpotVCPU: of(spotMeter + m.vcpu), SpotGB: of(spotMeter + m.gb)}
		if !p.VCPU.IsZero() && !p.GB.IsZero() && !p.SpotVCPU.IsZero() && !p.SpotGB.IsZero() {
			found = append(found, p)
		}
	}
	return found
}

// FargateDiscount is the percentage that Spot tasks cost less, rounded down, of vCPU or memory what saves less; false where it is not known. The
// platform is a service's, as LINUX/ARM64; without an architecture it is X86_64, AWS's default.
func (m *Market) FargateDiscount(region fleet.Region, platform string) (percent int, known bool) {
	system, architecture, found := strings.Cut(strings.ToUpper(platform), "/")
	if m == nil || strings.HasPrefix(system, "WINDOWS") {
		return 0, false
	}
	if !found {
		architecture = "X86_64"
	}
	for _, p := range m.Fargate {
		if p.Region == region && p.Architecture == architecture {
			return min(off(p.VCPU, p.SpotVCPU), off(p.GB, p.SpotGB)), !p.VCPU.IsZero() && !p.GB.IsZero()
		}
	}
	return 0, false
}

func off(full, reduced money.Rate) int {
	if full.IsZero() {
		return 0
	}
	hundred := decimal.NewFromInt(100)
	return int(hundred.Sub(reduced.Decimal().Mul(hundred).DivRound(full.Decimal(), 16)).Floor().IntPart())
}

const wantedFargateSpot = "the file of the Spot prices on AWS's page of Fargate prices"

// units are how that file names the meters.
var units = map[string]string{
	"vCPU-Hours": spotMeter + fargateVCPU, "GB-Hours": spotMeter + fargateGB, "ARM-vCPU-Hours": spotMeter + armVCPU, "ARM-GB-Hours": spotMeter + armGB,
}

// fargateSpot is an entry of the file. AWS documents it nowhere: what is not known in it is passed over.
type fargateSpot struct {
	Unit  string `json:"unit"`
	Price struct {
		USD string `json:"USD"`
	} `json:"price"`
	Attributes struct {
		Region string `json:"aws:region"`
	} `json:"attributes"`
}

// ReadFargateSpot reads what Fargate tasks cost on Spot now, from a source of this name that holds the file behind AWS's page of prices: AWS's price list
// has none of them. They come as a price list has them, by the meters of the bill.
func ReadFargateSpot(name string, r io.Reader) (fleet.Prices, error) {
	text, isJSON, err := begin(name, wantedFargateSpot, r)
	if err != nil {
		return nil, err
	}
	if !isJSON {
		return nil, fmt.Errorf("%s: is no JSON object; %s was expected", name, wantedFargateSpot)
	}
	prices := fleet.Prices{}
	err = records(newListing(name, wantedFargateSpot, text), "prices", func(s *fargateSpot) error {
		meter, ours := units[s.Unit]
		if !ours {
			return nil
		}
		if s.Attributes.Region == "" {
			return missing("attributes[aws:region]", "a region such as ap-northeast-2")
		}
		rate, err := money.ParseRate(s.Price.USD)
		if err != nil || rate.IsZero() {
			return unfit("price.USD", s.Price.USD, "a price such as 0.0139")
		}
		key := fleet.PriceKey{Region: fleet.Region(s.Attributes.Region), Type: meter}
		if before, twice := prices[key]; twice && !before.Equal(rate) {
			return unfit("price.USD", s.Price.USD, fmt.Sprintf("the %s that stood before for %s in %.40q", before, s.Unit, s.Attributes.Region))
		}
		prices[key] = rate
		return nil
	})
	if err == nil && len(prices) == 0 {
		err = errors.New(name + ": tells no price of Spot tasks; " + wantedFargateSpot + " was expected")
	}
	return prices, err
}
