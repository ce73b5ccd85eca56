package market

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"offpeak/internal/fleet"
)

const wantedAdvised = "spot-advisor-data.json, as AWS publishes it"

// advisor is what is needed of spot-advisor-data.json. AWS documents it nowhere: what is not known in it is passed over, and what is not in it is
// not known.
type advisor struct {
	Ranges []struct {
		Index *int `json:"index"`
		Max   *int `json:"max"` // the band's upper edge in percent
	} `json:"ranges"`
	Regions map[string]map[string]map[string]struct {
		Savings *int `json:"s"`
		Range   *int `json:"r"`
	} `json:"spot_advisor"`
}

// bandOf tells the band by its upper edge, as the file puts it: below 5 % is 5, and those above are the next one's beginning and one more.
func bandOf(most int) int {
	for band, edge := range []int{5, 11, 16, 22} {
		if most <= edge {
			return band
		}
	}
	return 4
}

// ReadAdvised reads how often Spot instances are interrupted, from a source of this name that holds AWS's spot-advisor-data.json. Regions, systems
// and types that it does not tell of are not in the result.
func ReadAdvised(name string, r io.Reader) (Advised, error) {
	text, isJSON, err := begin(name, wantedAdvised, r)
	if err != nil {
		return nil, err
	}
	if !isJSON {
		return nil, fmt.Errorf("%s: is no JSON object; %s was expected", name, wantedAdvised)
	}
	l := newListing(name, wantedAdvised, text)
	l.limit = advisorLimit
	var told advisor
	if err := l.decode(&told); err != nil {
		return nil, err
	}
	return told.advised(name)
}

func (a *advisor) advised(name string) (Advised, error) {
	bands := map[int]int{}
	for i, r := range a.Ranges {
		if r.Index == nil || r.Max == nil {
			return nil, fmt.Errorf("%s: $.ranges[%d]: lacks index or max; fetch the file again", name, i)
		}
		bands[*r.Index] = bandOf(*r.Max)
	}
	if len(bands) == 0 {
		return nil, fmt.Errorf("%s: $.ranges: is missing; %s was expected", name, wantedAdvised)
	}
	all := Advised{}
	for _, region := range slices.Sorted(maps.Keys(a.Regions)) {
		for _, system := range slices.Sorted(maps.Keys(a.Regions[region])) {
			types := a.Regions[region][system]
			for _, typeName := range slices.Sorted(maps.Keys(types)) {
				t := types[typeName]
				place := fmt.Sprintf("%s: $.spot_advisor[%.60q][%.60q][%.60q]", name, region, system, typeName)
				if t.Range == nil || t.Savings == nil {
					return nil, fmt.Errorf("%s: lacks r, its range, or s, its savings; fetch the file again", place)
				}
				band, known := bands[*t.Range]
				if !known || *t.Savings < 0 || *t.Savings > 100 {
					return nil, fmt.Errorf("%s: is in range %d with savings of %d %%, which cannot be; fetch the file again", place, *t.Range, *t.Savings)
				}
				all[AdvisedKey{Region: fleet.Region(region), OS: system, Type: typeName}] = Odds{Band: band, Savings: *t.Savings}
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: tells of no type; %s was expected", name, wantedAdvised)
	}
	return all, nil
}
