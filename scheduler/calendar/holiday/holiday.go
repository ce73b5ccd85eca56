// Package holiday knows the public holidays of a few countries: in goes a country and a year, out come dates and names.
//
// Korea follows its law (korea.go); the United States (federal), Japan, Germany (nationwide) and the United Kingdom (England) follow
// github.com/rickar/cal, completed here. A year outside First to Last has no answer: lunar dates end there, and a year without them
// would look like one with fewer holidays. Days that a government declares ad hoc are known only once this package has been told.
package holiday

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"offpeak/scheduler/wall"
)

// First and Last are the years that the package knows, both included.
const (
	First = 2018
	Last  = 2037
)

// Day is one holiday on one date. Two holidays on one date are two Days.
type Day struct {
	Date wall.Date
	Name string // as the country's own almanac writes it, in its language; Japan's in English
}

// country computes a year's holidays in order of date.
type country struct {
	code string
	year func(year int) []Day
}

var countries = []country{
	{"DE", germany}, {"GB", england}, {"JP", japan}, {"KR", korea}, {"US", federal},
}

// tables holds the answers, all years one after the other, by country code.
var tables = sync.OnceValue(func() map[string][]Day {
	all := map[string][]Day{}
	for _, c := range countries {
		for year := First; year <= Last; year++ {
			all[c.code] = append(all[c.code], c.year(year)...)
		}
	}
	return all
})

// Codes returns the ISO 3166 codes of the countries, sorted.
func Codes() []string {
	var codes []string
	for _, c := range countries {
		codes = append(codes, c.code)
	}
	return codes
}

// All returns every holiday of a country from First to Last, sorted by date. The caller must not change the slice.
func All(code string) ([]Day, error) {
	days, ok := tables()[code]
	if !ok {
		return nil, fmt.Errorf("no built-in holidays for country %q: say one of %s", code, strings.Join(Codes(), ", "))
	}
	return days, nil
}

// sorted puts days in order of date and leaves those of one date as they stand.
func sorted(days []Day) []Day {
	slices.SortStableFunc(days, func(a, b Day) int { return int(a.Date - b.Date) })
	return days
}
