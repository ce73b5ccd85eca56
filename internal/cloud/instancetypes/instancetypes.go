// Package instancetypes asks AWS what instance types a region has, what they are, and in which zones they can be had.
//
// In goes a scope; out come a market.Catalog and market.Offerings. AWS's records are understood by package market, as those in files are, so that both
// mean the same. The package judges no type, and keeps nothing: both answers are the same for every account but for zones that an account has not
// enabled.
package instancetypes

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"offpeak/internal/cloud"
	"offpeak/internal/fleet"
	"offpeak/internal/market"
)

// The most that AWS puts on a page.
const (
	mostTypes     = 100
	mostOfferings = 1000
)

// Reader asks AWS. It is safe for concurrent use.
type Reader struct {
	clients *cloud.Clients[*ec2.Client]
}

// New returns a reader.
func New(a *cloud.Access) *Reader {
	return &Reader{cloud.NewClients(a, func(c aws.Config) *ec2.Client { return ec2.NewFromConfig(c) })}
}

// Catalog returns what the instance types of a region are.
func (r *Reader) Catalog(ctx context.Context, scope fleet.Scope) (*market.Catalog, error) {
	const call = "ec2:DescribeInstanceTypes"
	pages := ec2.NewDescribeInstanceTypesPaginator(r.clients.In(scope), &ec2.DescribeInstanceTypesInput{MaxResults: aws.Int32(mostTypes)})
	var specs []market.Spec
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed(call, scope, err)
		}
		for i := range page.InstanceTypes {
			s, err := specOf(&page.InstanceTypes[i])
			if err != nil {
				return nil, fmt.Errorf("%s in %s: %s: %w", call, scope.Region, page.InstanceTypes[i].InstanceType, err)
			}
			specs = append(specs, s)
		}
	}
	if len(specs) == 0 {
		return nil, fmt.Errorf("%s in %s: there are no instance types", call, scope.Region)
	}
	return market.NewCatalog(specs...), nil
}

// specOf understands a record. The SDK's names of its fields are those of AWS's JSON, which market reads: written and read again, none is left out
// by oversight.
func specOf(info *types.InstanceTypeInfo) (market.Spec, error) {
	text, err := json.Marshal(info)
	if err != nil {
		return market.Spec{}, err
	}
	var record market.Record
	if err := json.Unmarshal(text, &record); err != nil {
		return market.Spec{}, err
	}
	return record.Spec()
}

// Offerings returns which types can be had in which zones of a region.
func (r *Reader) Offerings(ctx context.Context, scope fleet.Scope) (market.Offerings, error) {
	const call = "ec2:DescribeInstanceTypeOfferings"
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(r.clients.In(scope), &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZone, MaxResults: aws.Int32(mostOfferings),
	})
	o := market.Offerings{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed(call, scope, err)
		}
		for _, f := range page.InstanceTypeOfferings {
			one := market.Offering{InstanceType: string(f.InstanceType), LocationType: string(f.LocationType), Location: aws.ToString(f.Location)}
			if err := o.Add(one); err != nil {
				return nil, fmt.Errorf("%s in %s: %w", call, scope.Region, err)
			}
		}
	}
	return o, nil
}

func failed(call string, scope fleet.Scope, err error) error {
	return fmt.Errorf("%s in %s: %w", call, scope.Region, cloud.Classify(err))
}
