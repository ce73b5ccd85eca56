package figures

import (
	"maps"
	"slices"

	"offpeak/internal/fleet"
	"offpeak/internal/money"
	"offpeak/reports"
)

// movedAlone are the resources that were moved to Spot and have no schedule: what the move brought is in the total, and must be found in a resource as all else is.
func (in *Input) movedAlone(net map[fleet.ARN]money.USD) (all []reports.Resource) {
	scheduled := map[fleet.ARN]bool{}
	for i := range in.Savings.Resources {
		scheduled[in.Savings.Resources[i].ARN] = true
	}
	for _, arn := range slices.Sorted(maps.Keys(net)) {
		if scheduled[arn] {
			continue
		}
		m := in.Moved[arn]
		team, _, _ := m.Tags.GetFold(in.Tags.Team)
		all = append(all, reports.Resource{
			ARN: arn, ID: m.ID, Name: m.Name(), Kind: m.Kind, Account: m.Scope.Account, Region: m.Scope.Region, Environment: m.Environment, Team: team,
			Origin: reports.OriginMoved, Enrolled: m.Since.UTC(), Figure: reports.Figure{Resources: 1, Adjusted: adjusted(money.USD{}, in.Savings.Commitments.Known)},
			Spot: new(net[arn]), Causes: in.causesOf(arn, money.USD{}, nil),
		})
	}
	return all
}
