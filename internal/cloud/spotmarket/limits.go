package spotmarket

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"offpeak/internal/cloud"
	"offpeak/internal/market"
)

const (
	mostQuotas    = 100  // of a page of Service Quotas
	mostInstances = 1000 // of a page of DescribeInstances
)

// quota asks how many vCPUs of Spot the account may have, once a day, and how many it has, each time.
func (a *asking) quota() {
	limits, asked, err := answer(a.ctx, a.Reader, a.now, question[map[string]int]{
		key: a.own("quotas"), fresh: aDay, ask: a.limits,
	})
	if err != nil && len(limits) == 0 {
		a.say("no quotas: %v", err)
		return
	}
	used, err := a.used()
	if err != nil {
		a.say("no quotas: how much is used of them is not known: %v", err)
		return
	}
	for _, class := range slices.Sorted(maps.Keys(limits)) {
		a.market.Quotas = append(a.market.Quotas, market.Quota{Class: class, Limit: limits[class], Used: used[class]})
	}
	a.say("%d quotas of Spot vCPUs: ListServiceQuotas, %s, and what runs now", len(limits), asked.Format("2006-01-02 15:04 UTC"))
}

// limits are the account's quotas by class.
func (a *asking) limits(ctx context.Context) (map[string]int, error) {
	classes, limits := map[string]string{}, map[string]int{}
	for _, q := range market.SpotQuotas() {
		classes[q.Code] = q.Class
	}
	pages := servicequotas.NewListServiceQuotasPaginator(a.quotas.In(a.scope), &servicequotas.ListServiceQuotasInput{
		ServiceCode: aws.String("ec2"), MaxResults: aws.Int32(mostQuotas),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("servicequotas:ListServiceQuotas in %s: %w", a.scope, cloud.Classify(err))
		}
		for _, q := range page.Quotas {
			if class := classes[aws.ToString(q.QuotaCode)]; class != "" && q.Value != nil {
				limits[class] = int(*q.Value)
			}
		}
	}
	return limits, nil
}

// used are the vCPUs of the Spot instances that run, by class. A type that the catalogue does not tell of counts as told by the instance itself.
func (a *asking) used() (map[string]int, error) {
	used := map[string]int{}
	pages := ec2.NewDescribeInstancesPaginator(a.machines.In(a.scope), &ec2.DescribeInstancesInput{MaxResults: aws.Int32(mostInstances), Filters: []types.Filter{
		{Name: aws.String("instance-lifecycle"), Values: []string{"spot"}},
		{Name: aws.String("instance-state-name"), Values: []string{"pending", "running"}},
	}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(a.ctx)
		if err != nil {
			return nil, fmt.Errorf("ec2:DescribeInstances in %s: %w", a.scope, cloud.Classify(err))
		}
		for _, reservation := range page.Reservations {
			for i := range reservation.Instances {
				if q, known := market.QuotaOf(string(reservation.Instances[i].InstanceType)); known {
					used[q.Class] += a.vCPUs(&reservation.Instances[i])
				}
			}
		}
	}
	return used, nil
}

func (a *asking) vCPUs(i *types.Instance) int {
	if s, known := a.market.Catalog.Of(string(i.InstanceType)); known {
		return s.VCPU
	}
	if c := i.CpuOptions; c != nil {
		return int(aws.ToInt32(c.CoreCount) * aws.ToInt32(c.ThreadsPerCore))
	}
	return 0
}

// leastKinds is how many types a score needs to say anything: of fewer it is always low (EC2 API, GetSpotPlacementScores).
const leastKinds = 3

// scores asks once a day how likely it is that Spot is had for all that could move. AWS limits how many different questions an account asks a day:
// when that is used up there is no score, on which nothing depends, and it is not asked for before the next day either.
func (a *asking) scores() {
	kinds := a.candidates()
	if len(kinds) < leastKinds {
		return
	}
	got, asked, err := answer(a.ctx, a.Reader, a.now, question[scored]{
		key: a.own("scores"), fresh: aDay, ask: func(ctx context.Context) (scored, error) { return a.placement(ctx, kinds) },
	})
	switch {
	case err != nil:
		a.say("no placement scores: %v", err)
		return
	case len(got.Zones) == 0:
		a.say("no placement scores: %s, %s", got.Why, asked.Format("2006-01-02 15:04 UTC"))
		return
	}
	var zones []string
	for _, zone := range slices.Sorted(maps.Keys(got.Zones)) {
		zones = append(zones, fmt.Sprintf("%s %d", zone, got.Zones[zone]))
	}
	a.say("placement scores of 10 for %d instances of %d types: %s; GetSpotPlacementScores, %s", got.Units, got.Types, strings.Join(zones, ", "), asked.Format("2006-01-02 15:04 UTC"))
}

// scored is what was answered: scores by zone id, or why there are none.
type scored struct {
	Units int            `json:"units"`
	Types int            `json:"types"`
	Zones map[string]int `json:"zones,omitempty"`
	Why   string         `json:"why,omitempty"`
}

// mostScored is how many types a question may name.
const mostScored = 1000

func (a *asking) placement(ctx context.Context, kinds []string) (scored, error) {
	kinds = kinds[:min(len(kinds), mostScored)]
	s := scored{Units: a.wanted.units, Types: len(kinds), Zones: map[string]int{}, Why: "AWS tells none"}
	out, err := a.machines.In(a.scope).GetSpotPlacementScores(ctx, &ec2.GetSpotPlacementScoresInput{
		TargetCapacity: aws.Int32(int32(s.Units)), InstanceTypes: kinds, //nolint:gosec // sizes of groups
		RegionNames: []string{string(a.scope.Region)}, SingleAvailabilityZone: aws.Bool(true),
	})
	if err != nil {
		s.Why = fmt.Sprintf("ec2:GetSpotPlacementScores in %s: %v", a.scope, cloud.Classify(err))
		return s, ctx.Err()
	}
	for _, z := range out.SpotPlacementScores {
		s.Zones[aws.ToString(z.AvailabilityZoneId)] = int(aws.ToInt32(z.Score))
	}
	return s, nil
}
