package spend_test

import (
	"slices"
	"testing"

	"offpeak/internal/billing"
	"offpeak/internal/fleet"
	"offpeak/reports"
	"offpeak/reports/spend"
)

// An instance costs 0.1 dollars an hour and would cost 0.04 on Spot: 43.80 less in a month of 730 hours. The figure is of the hours that the bill shows.
func TestCandidatesForSpot(t *testing.T) {
	t.Parallel()
	const groupARN = "arn:aws:autoscaling:ap-northeast-2:111122223333:autoScalingGroup:1:autoScalingGroupName/web"
	const serviceARN = "arn:aws:ecs:ap-northeast-2:111122223333:service/shop/api"
	always := func(change func(*run)) func(*bill) {
		return func(b *bill) { b.ran(worker, july, quarter.To, change) }
	}
	group := func(r *run) { r.Resource, r.Group = "", "web" }
	task := func(meter string) func(*run) {
		return func(r *run) { r.Resource, r.Group, r.Cluster, r.Meter, r.SKU = "", "api", "shop", meter, meter }
	}
	scope := fleet.Scope{Account: dev, Region: seoul}
	sized := func(kind fleet.Kind, arn fleet.ARN, id string) func(*spend.Input) {
		return func(in *spend.Input) {
			in.Resources = append(in.Resources, spend.Resource{Resource: fleet.Resource{ID: id, ARN: arn, Kind: kind, Scope: scope, Tags: fleet.NewTags(fleet.Tag{Key: "env", Value: "dev"})}})
			in.Offers[0].ARN = arn
		}
	}
	tag := `offpeak:spot=yes aws ec2 create-tags --region ap-northeast-2 --resources i-0123456789abcdef0 --tags '[{"Key":"offpeak:spot","Value":"yes"}]'`
	for _, row := range []struct {
		name   string
		runs   func(*bill)
		change func(*spend.Input)
		want   string
	}{
		{"always, and nobody asked for Spot", always(nil), nil, "43.80 0.1 > 0.04 USD/h " + tag},
		{"its owner asks for Spot", always(nil), func(in *spend.Input) { in.Offers[0].Asked = true }, "43.80 0.1 > 0.04 USD/h  offpeak spot apply " + string(workerARN)},
		{"office hours: 726 of 2208", func(b *bill) { b.office(worker, 9, 20, nil, nil) }, nil, "14.40 0.1 > 0.04 USD/h " + tag},
		{"at the payer's prices", always(nil), func(in *spend.Input) { in.Factor = dec("2") }, "87.60 0.1 > 0.04 USD/h " + tag},
		{"the bill is cheaper than the list: less is gained", always(func(r *run) { r.Contract, r.Effective = dec("0.07"), dec("0.07") }), nil, "21.90 0.1 > 0.04 USD/h " + tag},
		{"it is not known what commitments pay for: no figure", always(nil), func(in *spend.Input) { in.Offers[0].Doubt = "no bill was told" }, "- 0.1 > 0.04 USD/h " + tag},
		{"commitments cover it: Spot would be dearer", always(func(r *run) { r.Line, r.Effective = billing.PlanUsage, dec("0.06") }), nil, ""},
		{"it is Spot already", always(func(r *run) { r.Line = billing.SpotUsage }), nil, ""},
		{"the bill does not show it", func(*bill) {}, nil, ""},
		{"it is not there any more", func(b *bill) { b.ran(worker, july, july.AddDate(0, 1, 0), nil) }, func(in *spend.Input) { in.Taken, in.Resources = false, nil }, ""},
		{"less than a dollar", always(func(r *run) { r.Contract, r.Effective = dec("0.041"), dec("0.041") }), nil, ""},
		{"it is protected", always(nil), func(in *spend.Input) { in.Resources[0].Tags = fleet.NewTags(fleet.Tag{Key: "env", Value: "prod"}) }, ""},
		{"nobody offers anything", always(nil), func(in *spend.Input) { in.Offers = nil }, ""},
		{
			"two members of a group", func(b *bill) { b.ran("", july, quarter.To, group).ran("", july, quarter.To, group) }, sized(fleet.AutoScalingGroup, groupARN, "web"),
			`87.60 0.1 > 0.04 USD/h offpeak:spot=yes aws autoscaling create-or-update-tags --region ap-northeast-2 --tags '[{"Key":"offpeak:spot","PropagateAtLaunch":false,"ResourceId":"web","ResourceType":"auto-scaling-group","Value":"yes"}]'`,
		},
		{"tasks of a service, of which half are Spot and 68 percent cheaper", func(b *bill) {
			b.ran("", july, quarter.To, task("APN2-Fargate-vCPU-Hours:perCPU")).ran("", july, quarter.To, task("APN2-Fargate-GB-Hours"))
		}, func(in *spend.Input) {
			sized(fleet.ECSService, serviceARN, "api")(in)
			in.Offers[0] = spend.Offer{ARN: serviceARN, Spared: dec("0.34")}
		}, `49.64 -34% offpeak:spot=yes aws ecs tag-resource --region ap-northeast-2 --resource-arn ` + serviceARN + ` --tags '[{"key":"offpeak:spot","value":"yes"}]'`},
	} {
		b := (&bill{}).closed(quarter)
		row.runs(b)
		in := input(t, b)
		in.Usual, in.Tags.Spot = nil, "offpeak:spot"
		in.Taken, in.Resources = true, []spend.Resource{resource(nil)}
		in.OffersKnown, in.Offers = true, []spend.Offer{{ARN: workerARN, Now: rate(t, "0.1"), Spot: rate(t, "0.04")}}
		if row.change != nil {
			row.change(&in)
		}
		s, got := of(t, in), ""
		for _, a := range only(s, "spot") {
			got += shownUSD(a.Month) + " " + a.Detail + " " + a.Tag + " " + a.Command
		}
		if got != row.want {
			t.Errorf("%s: got\n%s, want\n%s", row.name, got, row.want)
		}
		if slices.Contains(gaps(s), reports.GapSpotPrices) {
			t.Errorf("%s: Spot was looked at", row.name)
		}
	}
}

// Where nobody told what Spot costs there is no candidate, and that is said; where there is no inventory either, that is what is said.
func TestNobodyToldWhatSpotCosts(t *testing.T) {
	t.Parallel()
	in := input(t, (&bill{}).closed(quarter).ran(worker, july, quarter.To, nil))
	for _, taken := range []bool{true, false} {
		in.Taken = taken
		if s := of(t, in); slices.Contains(gaps(s), reports.GapSpotPrices) != taken || len(only(s, "spot")) > 0 {
			t.Errorf("inventory %t: %v", taken, gaps(s))
		}
	}
}
