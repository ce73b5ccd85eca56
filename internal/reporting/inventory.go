package reporting

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/reports"
)

// stockReach is how far from the quarter's end the inventory may be taken without a word.
const stockReach = 24 * time.Hour

// takeStock takes what the inventory shows of the tenant's accounts, and nothing of others': it goes into the report and beside it. What is missing of it, and that
// it is of another day than the quarter's last, are gaps.
func (m *maker) takeStock(ctx context.Context, accounts []fleet.AccountID) (err error) {
	all := m.Snapshots
	if m.Survey != nil {
		if all, err = m.Survey(ctx, accounts); err != nil {
			return err
		}
	}
	var gaps []string
	for i := range all {
		s := fleet.Snapshot{Taken: all[i].Taken}
		for k := range all[i].Resources {
			if slices.Contains(accounts, all[i].Resources[k].Scope.Account) {
				s.Resources = append(s.Resources, all[i].Resources[k])
			}
		}
		for _, gap := range all[i].Gaps {
			if place := placeOf(gap); place != "" && slices.Contains(accounts, fleet.AccountID(place[:accountDigits])) {
				s.Gaps = append(s.Gaps, gap)
				gaps = append(gaps, place)
			}
		}
		m.stock = append(m.stock, s)
	}
	if len(gaps) > 0 {
		slices.Sort(gaps)
		places := strings.Join(few(slices.Compact(gaps)), ", ")
		m.gap(reports.GapPartOfInventory, "the inventory lacks something of "+places, places)
	}
	if taken := m.taken(); len(m.stock) > 0 && taken.Sub(m.period.To).Abs() > stockReach {
		day := taken.UTC().Format(time.DateOnly)
		m.gap(reports.GapInventoryDay, fmt.Sprintf("the inventory is of %s, not of the quarter's end: what came or went between is not told apart", day), day)
	}
	return nil
}

// few are so many places as a gap names.
func few(places []string) []string {
	if len(places) > mostPlaces {
		return append(slices.Clone(places[:mostPlaces]), "…")
	}
	return places
}

func (m *maker) gap(code, says string, args ...string) {
	m.spent.Gaps = append(m.spent.Gaps, reports.Gap{Code: code, Says: says, Args: args})
}

// taken is when the inventory was taken, the last of it.
func (m *maker) taken() (at time.Time) {
	for i := range m.stock {
		if m.stock[i].Taken.After(at) {
			at = m.stock[i].Taken
		}
	}
	return at
}

const (
	accountDigits = 12
	mostPlaces    = 20 // that a gap names
)

// place is how gaps of an inventory begin that tell of an account, or of one of its regions.
var place = regexp.MustCompile(`^\d{12}(/[a-z0-9-]+)?\b`)

// placeOf is the account or the region of a gap; empty where it tells of none, as of a record in a file.
func placeOf(gap string) string { return place.FindString(gap) }

// inventory is what was seen of the tenant's accounts, as one snapshot, by which the report can be made again.
func (m *maker) inventory() *fleet.Snapshot {
	if len(m.stock) == 0 {
		return nil
	}
	all := &fleet.Snapshot{Taken: m.taken()}
	for i := range m.stock {
		all.Resources = append(all.Resources, m.stock[i].Resources...)
		all.Gaps = append(all.Gaps, m.stock[i].Gaps...)
	}
	slices.Sort(all.Gaps)
	all.Gaps = slices.Compact(all.Gaps)
	all.Sort()
	return all
}
