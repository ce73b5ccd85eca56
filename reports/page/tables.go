package page

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// each is how many resources one parcel of evidence holds: few enough to be read at once, and enough that there are not too many parcels.
const each = 500

// amount is what a resource has of the headline: by its schedule and by its move to Spot.
func amount(x *reports.Resource) money.USD {
	if x.Spot != nil {
		return x.Value().Add(*x.Spot)
	}
	return x.Value()
}

// resources is the table of resources.
func resources(r *reports.Report) table {
	all, n := r.Resources, len(r.Resources)
	bound := func(of func(*reports.Range) money.USD) func(int) *money.USD {
		return func(i int) *money.USD {
			if all[i].Interval == nil {
				return nil
			}
			a := of(all[i].Interval)
			if all[i].Spot != nil { // known to the cent, and in the amount beside it
				a = a.Add(*all[i].Spot)
			}
			return &a
		}
	}
	t := table{Rows: n, Each: each}
	t.Columns = []column{
		texts("name", n, func(i int) string { return either(all[i].Name, all[i].ID) }).searched(),
		texts("id", n, func(i int) string { return all[i].ID }).searched(),
		terms("team", n, func(i int) string { return all[i].Team }).filtered().searched(),
		terms("environment", n, func(i int) string { return all[i].Environment }).filtered().searched(),
		terms("account", n, func(i int) string { return string(all[i].Account) }).filtered().searched(),
		codes("kind", "kind", n, func(i int) string { return all[i].Kind.String() }).filtered(),
		terms("region", n, func(i int) string { return string(all[i].Region) }).filtered().searched().hidden(),
		causesOf(all),
		codes("origin", "origin", n, func(i int) string { return all[i].Origin }).filtered(),
		decimals("hours", "dec", n, func(i int) *decimal.Decimal { return &all[i].Hours }).showing(1),
		amounts("amount", n, func(i int) *money.USD { a := amount(&all[i]); return &a }),
		{Key: "interval", Type: "range"},
		amounts("low", n, bound(func(x *reports.Range) money.USD { return x.Low })).hidden(),
		amounts("high", n, bound(func(x *reports.Range) money.USD { return x.High })).hidden(),
	}
	t.Causes = byCause(r)
	t.prefix(all)
	return t
}

func either(name, id string) string {
	if strings.TrimSpace(name) == "" {
		return id
	}
	return name
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// causesOf is the column of the causes that a resource's amount has.
func causesOf(all []reports.Resource) column {
	c := codes("causes", "cause", len(all), func(i int) string {
		var names []string
		for _, part := range all[i].Causes {
			names = append(names, part.Name)
		}
		return strings.Join(names, " ")
	})
	c.Type = "codes"
	return c
}

// byCause holds for each cause what it has of every resource's amount.
func byCause(r *reports.Report) (columns []column) {
	var names []string
	for i := range r.Avoided.Causes {
		names = append(names, r.Avoided.Causes[i].Name)
	}
	parts := make([]map[string]money.USD, len(r.Resources))
	for i := range r.Resources {
		parts[i] = map[string]money.USD{}
		for _, part := range r.Resources[i].Causes {
			parts[i][part.Name] = parts[i][part.Name].Add(part.Amount)
			if !slices.Contains(names, part.Name) {
				names = append(names, part.Name)
			}
		}
	}
	for _, name := range names {
		columns = append(columns, amounts(visible(name), len(parts), func(i int) *money.USD {
			if a, ok := parts[i][name]; ok {
				return &a
			}
			return nil
		}))
	}
	return columns
}

// prefix packs the ARNs: most end in the id that stands in its column anyway.
func (t *table) prefix(all []reports.Resource) {
	places := map[string]int{}
	place := func(text string) int {
		at, ok := places[text]
		if !ok {
			at = len(t.Prefixes)
			places[text], t.Prefixes = at, append(t.Prefixes, text)
		}
		return at
	}
	t.Prefix = make([]int, len(all))
	for i := range all {
		arn := string(all[i].ARN)
		if before, ok := strings.CutSuffix(arn, all[i].ID); ok && visible(all[i].ID) == all[i].ID {
			t.Prefix[i] = place(visible(before))
			continue
		}
		t.Prefix[i] = -place(visible(arn)) - 1
	}
}

// of finds the rows of resources by ARN.
func of(r *reports.Report, n int, arn func(int) fleet.ARN) []int {
	rows := make(map[fleet.ARN]int, len(r.Resources))
	for i := range r.Resources {
		rows[r.Resources[i].ARN] = i
	}
	at := make([]int, n)
	for i := range n {
		row, ok := rows[arn(i)]
		if !ok {
			row = -1
		}
		at[i] = row
	}
	return at
}

// assets is the table of the inventory.
func assets(r *reports.Report) table {
	all, n := r.Assets.Items, len(r.Assets.Items)
	came := make(map[string]bool, len(r.Assets.Came))
	for _, arn := range r.Assets.Came {
		came[arn] = true
	}
	t := table{Rows: n, Of: of(r, n, func(i int) fleet.ARN { return all[i].ARN })}
	t.Columns = []column{
		texts("name", n, func(i int) string { return either(all[i].Name, all[i].ID) }).searched(),
		texts("id", n, func(i int) string { return all[i].ID }).searched(),
		codes("kind", "kind", n, func(i int) string { return all[i].Kind.String() }).filtered(),
		terms("type", n, func(i int) string { return all[i].Type }).searched(),
		terms("account", n, func(i int) string { return string(all[i].Account) }).filtered().searched(),
		terms("region", n, func(i int) string { return string(all[i].Region) }).filtered().searched(),
		terms("zones", n, func(i int) string { return strings.Join(all[i].Zones, " ") }).searched().hidden(),
		terms("platform", n, func(i int) string { return all[i].Platform }).filtered().searched().hidden(),
		codes("state", "asset-state", n, func(i int) string { return all[i].State }).filtered(),
		terms("environment", n, func(i int) string { return all[i].Environment }).filtered().searched(),
		terms("owner", n, func(i int) string { return all[i].Owner }).filtered().searched(),
		terms("schedule", n, func(i int) string { return all[i].Schedule }).filtered().searched(),
		terms("created", n, func(i int) string { return all[i].Created }),
	}
	if r.Assets.Came != nil {
		isNew := terms("is-new", n, func(i int) string {
			if came[string(all[i].ARN)] {
				return "yes"
			}
			return ""
		}).filtered()
		isNew.Type = "yes"
		t.Columns = append(t.Columns, isNew)
	}
	return t
}
