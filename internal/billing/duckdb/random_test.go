//go:build cgo

package duckdb_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/fleet"
)

const payer fleet.AccountID = "111111111111"

var (
	july   = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	august = july.AddDate(0, 1, 0)
	both   = billing.Period{From: july, To: july.AddDate(0, 2, 0)}
)

// random draws rows of bills: what is null, empty, negative, zero, doubled, out of order, tagged in Korean, committed, Spot, in a second currency.
type random struct{ *rand.Rand }

func newRandom(seed uint64) random { return random{rand.New(rand.NewPCG(seed, 12))} }

func pick[T any](r random, from ...T) T { return from[r.IntN(len(from))] }

// amount is a double as bills have them, and worse: sums that just round, numbers half way between two decimals, large, tiny and below zero.
func (r random) amount() float64 {
	var x float64
	switch r.IntN(8) {
	case 0:
		x = 0
	case 1:
		x = float64(r.IntN(100_000)) / 10_000
	case 2:
		x = r.Float64()
	case 3:
		x = (float64(r.IntN(2_000_000_000)) + 0.5) / 1e12 // half way, as near as doubles come
	case 4:
		x = math.Ldexp(float64(2*r.IntN(1<<20)+1), -13) // exactly half way: 10^12 is 2^12 times an odd number
	case 5:
		x = r.Float64() * 1e9
	case 6:
		x = r.Float64() * 1e-9
	default:
		x = 0.0416 * r.Float64()
	}
	if r.IntN(5) == 0 {
		x = -x
	}
	return x
}

func (r random) maybe() *float64 {
	if r.IntN(5) == 0 {
		return nil
	}
	x := r.amount()
	return &x
}

func (r random) hour(month time.Time) time.Time {
	return month.Add(time.Duration(r.IntN(40)) * 11 * time.Hour).Add(time.Duration(r.IntN(4)/3*r.IntN(3_600_000)) * time.Millisecond)
}

func (r random) tags() map[string]string {
	if r.IntN(6) == 0 {
		return nil
	}
	tags := map[string]string{}
	for range r.IntN(4) {
		tags[pick(r, "user_env", "user_팀", "user_cost_center", "aws_created_by", "env", "cost-center", "o'brien")] = pick(r, "dev", "개발", "결제-플랫폼", "", "o'brien")
	}
	for _, key := range []string{
		"aws_autoscaling_group_name", "aws:autoscaling:groupName", "aws_ecs_service_name", "aws:ecs:serviceName", "aws_ecs_cluster_name", "aws:ecs:clusterName",
	} {
		if r.IntN(5) == 0 {
			tags[key] = pick(r, "web", "배치", "", "worker-"+key)
		}
	}
	return tags
}

func (r random) focus(month time.Time) export.Focus {
	at := r.hour(month)
	row := export.Focus{
		AvailabilityZone: pick(r, "", "ap-northeast-2a", "ap-northeast-2c"), BilledCost: r.amount(), BillingAccountID: string(payer), BillingAccountType: "Management",
		BillingCurrency: pick(r, "USD", "USD", "KRW"), BillingPeriodStart: month, BillingPeriodEnd: month.AddDate(0, 1, 0),
		ChargeCategory: pick(r, "Usage", "Usage", "Usage", "Purchase", "Tax", "Credit", "Adjustment"), ChargeClass: pick(r, "", "", "", "Correction"),
		ChargeFrequency: "Usage-Based", ChargePeriodStart: at, ChargePeriodEnd: at.Add(time.Hour),
		CommitmentDiscountCategory: pick(r, "", "Usage", "Spend"), CommitmentDiscountID: pick(r, "", "arn:aws:savingsplans::1:savingsplan/a", "arn:aws:ec2:x:1:reserved-instances/b"),
		CommitmentDiscountStatus: pick(r, "", "Used", "Unused"), ConsumedQuantity: r.maybe(), ContractedCost: r.amount(), ContractedUnitPrice: r.maybe(),
		EffectiveCost: r.amount(), InvoiceID: pick(r, "", "EUINV26-1", "EUINV26-2"), ListCost: r.amount(), ListUnitPrice: r.maybe(),
		PricingCategory: pick(r, "", "Standard", "Committed", "Dynamic"), PricingQuantity: r.maybe(), PricingUnit: pick(r, "", "Hrs", "GB-Mo"), ProviderName: "AWS",
		ResourceID:      pick(r, "", "i-1", "i-2", "arn:aws:rds:ap-northeast-2:1:db:결제", "vol-1"),
		ServiceCategory: pick(r, "Compute", "Databases", "Storage", "Analytics"), ServiceName: pick(r, "Amazon Elastic Compute Cloud", "Amazon Relational Database Service"),
		RegionID: pick(r, "", "ap-northeast-2", "us-east-1"), ServiceSubcategory: "Other", SKUID: pick(r, "", "SKU1", "SKU2"),
		SKUMeter: pick(r, "", "APN2-BoxUsage:m5.large", "SpotUsage:c6g.large", "EBS:VolumeUsage.gp3", "APN2-EBS:VolumeIOUsage", "APN2-RDS:Multi-AZ-GP3-Storage",
			"RDS:StorageIOUsage", "APN2-PublicIPv4:IdleAddress", "Fargate-EphemeralStorage-GB-Hours", "APN2-Fargate-ARM-vCPU-Hours:perCPU", "APN2-InstanceUsage:db.r6g.large"),
		SubAccountID: pick(r, "", "222222222222", "333333333333"), Tags: r.tags(),
	}
	if r.IntN(20) == 0 { // exactly the same price later or at the same time, or none
		row.ListUnitPrice = row.ContractedUnitPrice
	}
	return row
}

func (r random) cur(month time.Time) export.CUR {
	at := r.hour(month)
	row := export.CUR{
		BillPayerAccountID: string(payer), BillBillingPeriodStartDate: month, BillBillingPeriodEndDate: month.AddDate(0, 1, 0), BillBillType: "Anniversary",
		LineItemUsageAccountID: pick(r, "222222222222", "333333333333"),
		LineItemLineItemType:   pick(r, "Usage", "Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", "SavingsPlanRecurringFee", "RIFee", "Tax", "SavingsPlanNegation"),
		LineItemUsageStartDate: at, LineItemUsageEndDate: at.Add(time.Hour), LineItemCurrencyCode: "USD",
		LineItemProductCode: pick(r, "AmazonEC2", "AmazonEC2", "AmazonRDS", "AmazonDocDB", "AmazonECS", "AWSLambda", "ElasticMapReduce", "AmazonElastiCache"),
		LineItemUsageType: pick(r, "", "BoxUsage:m5.large", "APN2-SpotUsage:m5.large", "APN2-DedicatedUsage:c5.large", "EBS:VolumeUsage.gp3", "APN2-InstanceUsage:db.r6g.large",
			"Multi-AZUsage:db.r6g.large", "RDS:Multi-AZ-GP2-Storage", "APN2-Fargate-vCPU-Hours:perCPU", "Fargate-ARM-GB-Hours", "SpotUsage-Fargate-GB-Hours",
			"Fargate-EphemeralStorage-GB-Hours", "Lambda-GB-Second-ARM", "APN2-Request"),
		LineItemOperation: pick(r, "", "RunInstances", "RunInstances:0002", "CreateDBInstance:0014"), LineItemAvailabilityZone: pick(r, "", "ap-northeast-2a"),
		LineItemResourceID: pick(r, "", "i-1", "i-2", "arn:aws:ecs:ap-northeast-2:1:task/x/y"), LineItemUsageAmount: r.maybe(), LineItemNormalizationFactor: pick(r, nil, new(float64), r.maybe()),
		LineItemUnblendedCost: r.amount(), LineItemNetUnblendedCost: r.maybe(), Product: r.product(),
		ProductInstanceType: pick(r, "", "m5.large", "db.r6g.large", "metal"), ProductRegionCode: pick(r, "", "ap-northeast-2"), ProductSKU: pick(r, "", "SKU1", "SKU2"),
		PricingPublicOnDemandCost: r.maybe(), PricingUnit: pick(r, "", "Hrs"), ReservationReservationARN: pick(r, "", "arn:ri/1", "arn:ri/2"),
		ReservationEffectiveCost: r.maybe(), ReservationNumberOfReservations: pick(r, "", "1", "3"), ReservationNormalizedUnitsPerReservation: pick(r, "", "4", "0.5"),
		ReservationStartTime: pick(r, "", "2026-01-01T00:00:00Z"), ReservationEndTime: pick(r, "", "2026-12-31T23:59:59.999Z"), ReservationTotalReservedUnits: pick(r, "744", "720.0"),
		ReservationUnusedQuantity: r.maybe(), ReservationUnusedNormalizedUnitQuantity: r.maybe(), ReservationAmortizedUpfrontFeeForBillingPeriod: r.maybe(),
		SavingsPlanSavingsPlanARN: pick(r, "", "arn:sp/1", "arn:sp/2"), SavingsPlanSavingsPlanEffectiveCost: r.maybe(),
		SavingsPlanSavingsPlanRate: pick(r, nil, r.maybe(), new(float64)), SavingsPlanTotalCommitmentToDate: r.maybe(), SavingsPlanUsedCommitment: r.maybe(),
		SavingsPlanOfferingType: pick(r, "", "ComputeSavingsPlans"), SavingsPlanInstanceTypeFamily: pick(r, "", "m5"), SavingsPlanRegion: pick(r, "", "ap-northeast-2"), ResourceTags: r.tags(),
	}
	return row
}

func (r random) product() map[string]string {
	if r.IntN(5) == 0 {
		return nil
	}
	return map[string]string{
		"operating_system": pick(r, "Linux", "Windows", ""), "tenancy": pick(r, "Shared", "Dedicated"), "database_engine": pick(r, "", "PostgreSQL"),
		"deployment_option": pick(r, "", "Single-AZ", "Multi-AZ", "Multi-AZ (readable standbys)"),
	}
}

// randomBill writes rows of two months, in any order within a month, into small files.
func randomBill(t testing.TB, seed uint64, rows int) *export.Bill {
	t.Helper()
	r := newRandom(seed)
	var focus []export.Focus
	var cur []export.CUR
	for _, month := range []time.Time{july, august} {
		for range rows {
			focus, cur = append(focus, r.focus(month)), append(cur, r.cur(month))
		}
		if r.IntN(2) == 0 { // a line that is there twice
			focus, cur = append(focus, focus[len(focus)-1]), append(cur, cur[len(cur)-1])
		}
	}
	return billOf(t, focus, cur, 1+rows/3)
}

// billOf writes rows as exports and opens them.
func billOf(t testing.TB, focus []export.Focus, cur []export.CUR, perFile int) *export.Bill {
	t.Helper()
	dir := t.TempDir()
	if len(focus) > 0 {
		write(t, dir, export.Export{Bucket: "bill", Name: "focus's 내보내기", RowsPerFile: perFile}, focus)
	}
	if len(cur) > 0 {
		write(t, dir, export.Export{Bucket: "bill", Name: "cur", RowsPerFile: perFile}, cur)
	}
	return opened(t, dir)
}

func write[R export.Row](t testing.TB, dir string, e export.Export, rows []R) {
	t.Helper()
	w, err := export.Create[R](dir, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// opened is the bill in a folder; a gap that withholds anything fails the test.
func opened(t testing.TB, dir string) *export.Bill {
	t.Helper()
	bill, err := export.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(bill.Gaps, func(g export.Gap) bool { return g.Code.Withholds() }); i >= 0 {
		t.Fatal(fmt.Sprint(bill.Gaps[i]))
	}
	return bill
}
