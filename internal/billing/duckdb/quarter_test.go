//go:build cgo

package duckdb

import (
	"fmt"
	"math/rand/v2"
	"time"

	"offpeak/internal/billing/export"
)

// quarter is 92 days of a bill whose lines come back each hour: instances, databases, volumes, addresses and traffic of forty accounts, tagged.
type quarter struct {
	lines  []export.Focus // of one hour
	prices []float64
	random *rand.Rand
}

const quarterHours = 92 * 24

var quarterStart = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

// newQuarter makes a quarter of so many lines an hour.
func newQuarter(lines int) *quarter {
	q := &quarter{random: rand.New(rand.NewPCG(7, 92)), prices: make([]float64, lines)}
	tags := make([]map[string]string, 500)
	for i := range tags {
		tags[i] = map[string]string{"env": []string{"dev", "stg", "prod", "운영"}[i%4], "team": fmt.Sprintf("팀-%d", i%30), "project": fmt.Sprintf("p%d", i), "owner": "kim"}
	}
	for i := range lines {
		q.prices[i] = 0.0052 * float64(1+i%300)
		q.lines = append(q.lines, q.line(i, tags[i%len(tags)]))
	}
	return q
}

// sorts are the sorts of lines, some more frequent than others.
var sorts = []struct{ category, service, kind, meter, pricing, unit string }{
	{"Compute", "Amazon Elastic Compute Cloud", "instance/i-", "APN2-BoxUsage:m5.xlarge", "Standard", "Hrs"},
	{"Compute", "Amazon Elastic Compute Cloud", "instance/i-", "APN2-BoxUsage:c6g.large", "Standard", "Hrs"},
	{"Compute", "Amazon Elastic Compute Cloud", "instance/i-", "APN2-BoxUsage:r5.2xlarge", "Committed", "Hrs"},
	{"Compute", "Amazon Elastic Compute Cloud", "instance/i-", "APN2-SpotUsage:m5.large", "Dynamic", "Hrs"},
	{"Storage", "Amazon Elastic Compute Cloud", "volume/vol-", "APN2-EBS:VolumeUsage.gp3", "Standard", "GB-Mo"},
	{"Storage", "Amazon Elastic Compute Cloud", "volume/vol-", "APN2-EBS:VolumeUsage.gp2", "Standard", "GB-Mo"},
	{"Databases", "Amazon Relational Database Service", "db:", "APN2-InstanceUsage:db.r6g.large", "Standard", "Hrs"},
	{"Databases", "Amazon Relational Database Service", "db:", "APN2-RDS:GP3-Storage", "Standard", "GB-Mo"},
	{"Networking", "Amazon Virtual Private Cloud", "elastic-ip/eipalloc-", "APN2-PublicIPv4:InUseAddress", "Standard", "Hrs"},
	{"Networking", "AWS Data Transfer", "", "APN2-DataTransfer-Out-Bytes", "Standard", "GB"},
}

func (q *quarter) line(i int, tags map[string]string) export.Focus {
	s := sorts[i%len(sorts)]
	account, sku := fmt.Sprintf("2%011d", i%40), fmt.Sprintf("SKU%010d", i%300)
	row := export.Focus{
		AvailabilityZone: "ap-northeast-2a", BillingAccountID: "111111111111", BillingAccountName: "Acme", BillingAccountType: "Management", BillingCurrency: "USD",
		ChargeCategory: "Usage", ChargeDescription: "per " + s.unit + " of " + s.meter, ChargeFrequency: "Usage-Based", ConsumedUnit: s.unit, InvoiceIssuerName: "Amazon Web Services, Inc.",
		PricingCategory: s.pricing, PricingCurrency: "USD", PricingUnit: s.unit, ProviderName: "AWS", PublisherName: "Amazon Web Services, Inc.", RegionID: "ap-northeast-2",
		RegionName: "Asia Pacific (Seoul)", ServiceCategory: s.category, ServiceName: s.service, ServiceSubcategory: s.category, SKUID: sku, SKUMeter: s.meter, SKUPriceID: sku,
		SKUPriceDetails: map[string]string{"x_sku": sku, "x_region": "ap-northeast-2"}, SubAccountID: account, SubAccountName: account, SubAccountType: "Linked", Tags: tags,
		ListUnitPrice: &q.prices[i], XOperation: "RunInstances", XServiceCode: "AmazonEC2",
	}
	if s.kind != "" {
		row.ResourceID = fmt.Sprintf("arn:aws:ec2:ap-northeast-2:%s:%s%017x", account, s.kind, i*7919)
	}
	if s.pricing == "Committed" {
		row.CommitmentDiscountStatus, row.CommitmentDiscountID = "Used", fmt.Sprintf("arn:aws:savingsplans::111111111111:savingsplan/%d", i%5)
	}
	return row
}

// hour fills in the amounts of one hour: most lines run whole hours, a third of them a part, so that amounts differ as they do in bills.
func (q *quarter) hour(hour int) []export.Focus {
	at := quarterStart.Add(time.Duration(hour) * time.Hour)
	month := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
	quantities := make([]float64, 2*len(q.lines))
	for i := range q.lines {
		row, quantity, contract := &q.lines[i], &quantities[2*i], &quantities[2*i+1]
		*quantity, *contract = 1, q.prices[i]*0.97
		if i%3 == 0 {
			*quantity = q.random.Float64()
		}
		row.BillingPeriodStart, row.BillingPeriodEnd = month, month.AddDate(0, 1, 0)
		row.ChargePeriodStart, row.ChargePeriodEnd = at, at.Add(time.Hour)
		row.ConsumedQuantity, row.PricingQuantity, row.ContractedUnitPrice = quantity, quantity, contract
		row.ListCost, row.ContractedCost = *quantity*q.prices[i], *quantity**contract
		row.EffectiveCost, row.BilledCost = row.ContractedCost, row.ContractedCost
		if row.PricingCategory == "Committed" {
			row.EffectiveCost, row.BilledCost = row.ContractedCost*0.72, 0
		}
	}
	return q.lines
}

// write writes the quarter beneath dir.
func (q *quarter) write(dir string) error {
	w, err := export.Create[export.Focus](dir, export.Export{Bucket: "bill", Name: "focus"})
	if err != nil {
		return err
	}
	for hour := range quarterHours {
		if err := w.Write(q.hour(hour)); err != nil {
			return err
		}
	}
	return w.Close()
}
