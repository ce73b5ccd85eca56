// Package assets takes an inventory's snapshots into a report: what there is in all accounts, tagged or not, whose it is, and what came and went since
// the last quarter.
//
// In go snapshots, the keys of tags that name owners and schedules, and last quarter's inventory; out comes a reports.Assets. The package asks nobody what
// there is, and decides nothing.
package assets

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"offpeak/internal/fleet"
	"offpeak/reports"
)

// Input is what an inventory is made of.
type Input struct {
	// Snapshots are those of all scopes, of any age. Of a resource that is in several the latest counts.
	Snapshots []fleet.Snapshot
	// Accounts are the tenant's; others are left out. None means all.
	Accounts []fleet.AccountID
	// OwnerTags are the keys of tags that name whose a resource is, the first that it has counts; ScheduleTags those that opt it in. Case is ignored.
	OwnerTags, ScheduleTags []string
	// EnvironmentOf returns a resource's environment, empty where it has none; nil: none has.
	EnvironmentOf func(*fleet.Resource) string
	// Last is the inventory of the quarter before; nil where there is none.
	Last *reports.Assets
}

// Of makes the inventory. Without any snapshot it is not taken.
func Of(in *Input) reports.Assets {
	if len(in.Snapshots) == 0 {
		return reports.Assets{}
	}
	a := reports.Assets{Taken: true}
	for _, r := range fleet.Latest(in.Snapshots, in.Accounts) {
		a.Items = append(a.Items, in.asset(r))
	}
	owners, environments, kinds := map[string]int{}, map[string]int{}, map[string]int{}
	a.Tagged.Whole, a.OptedIn.Whole = int64(len(a.Items)), int64(len(a.Items))
	for i := range a.Items {
		x := &a.Items[i]
		owners[x.Owner]++
		environments[x.Environment]++
		kinds[x.Kind.String()]++
		if x.Owner != "" {
			a.Tagged.Part++
		}
		if x.Schedule != "" {
			a.OptedIn.Part++
		}
	}
	a.Owners, a.Environments, a.Kinds = counts(owners), counts(environments), counts(kinds)
	if in.Last != nil && in.Last.Taken {
		a.Came, a.Went = difference(a.Items, in.Last.Items), difference(in.Last.Items, a.Items)
	}
	return a
}

func (in *Input) asset(r *fleet.Resource) reports.Asset {
	a := reports.Asset{
		ARN: r.ARN, ID: r.ID, Name: r.Name(), Kind: r.Kind, Account: r.Scope.Account, Region: r.Scope.Region, Type: typeOf(r), Platform: r.Product, Zones: zonesOf(r),
		State: r.State.String(),
		Owner: first(r.Tags, in.OwnerTags), Schedule: first(r.Tags, in.ScheduleTags),
	}
	switch strings.ToLower(a.Schedule) {
	case "ignore", "no": // these opt out
		a.Schedule = ""
	}
	if in.EnvironmentOf != nil {
		a.Environment = in.EnvironmentOf(r)
	}
	if !r.Created.IsZero() {
		a.Created = r.Created.UTC().Format(time.DateOnly)
	}
	return a
}

// typeOf is what a resource runs on. A cluster of RDS in three zones has a class of its own.
func typeOf(r *fleet.Resource) string {
	if r.Type != "" {
		return r.Type
	}
	var types []string
	for _, m := range r.Members {
		types = append(types, m.Type)
	}
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(types))), ", ")
}

func zonesOf(r *fleet.Resource) []string {
	switch {
	case r.Posture != nil:
		return r.Posture.Zones
	case r.Launch != nil:
		return r.Launch.Zones
	default:
		return nil
	}
}

// first is the value of the first of the keys that is set.
func first(tags fleet.Tags, keys []string) string {
	for _, key := range keys {
		if value, _, ok := tags.GetFold(key); ok && strings.TrimSpace(value) != "" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// counts are the most frequent first, and those without a name last.
func counts(of map[string]int) (all []reports.Count) {
	for name, n := range of {
		all = append(all, reports.Count{Name: name, Count: n})
	}
	slices.SortFunc(all, func(a, b reports.Count) int {
		nameless := func(c reports.Count) int {
			if c.Name == "" {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(nameless(a), nameless(b)), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// difference are the ARNs of those that are among the first and not among the others; never nil.
func difference(of, without []reports.Asset) []string {
	known := map[fleet.ARN]bool{}
	for i := range without {
		known[without[i].ARN] = true
	}
	arns := []string{}
	for i := range of {
		if !known[of[i].ARN] {
			arns = append(arns, string(of[i].ARN))
		}
	}
	slices.Sort(arns)
	return arns
}
