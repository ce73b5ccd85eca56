package spotmarket

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"offpeak/internal/cloud"
	"offpeak/internal/market"
	"offpeak/internal/market/kept"
)

const (
	mostQuotas    = 100  // of a page of Service Quotas
	mostInstances = 1000 // of a page of DescribeInstances
)

// quota asks how many vCPUs of Spot the account may have, once a day, and how many it has, each time.
func (a *asking) quota() {
	limits, asked, err := answer(a.ctx, a.Reader, a.now, question[map[string]int]{
		key: kept.OwnKey(a.scope, kept.Quotas), fresh: aDay, ask: a.limits,
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
