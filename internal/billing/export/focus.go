// Package export is the file format of a payer's billing exports as AWS Data Exports delivers them: FOCUS 1.2 and CUR 2.0, both hourly, as Parquet with one manifest
// for each export and billing period. Rows go in and come out as files beneath a folder; a folder goes in and comes out as the files that its manifests list, each
// with the manifest's name and SHA-256, and as a list of gaps: what is missing, torn, doubled or of another kind, and what to do about it.
// Amounts are doubles here because AWS delivers doubles; they become decimals once, in package billing. This package interprets no charge, sums nothing, decides
// nothing about what a gap means for a report, and reads no file that no manifest lists.
package export

import "time"

// Focus is one row of AWS's export "FOCUS 1.2 with AWS columns" (SQL table FOCUS_1_2_AWS): the 57 columns of FOCUS 1.2 in the order of the specification, then
// AWS's own x_Discounts, x_Operation and x_ServiceCode. There is no column for the usage type: what was used is said by SkuMeter, SkuPriceDetails, x_Operation
// and ChargeDescription.
//
// Names, types and nullability: docs.aws.amazon.com/cur/latest/userguide/table-dictionary-focus-1-2-aws-columns.html (string, double, timestamp_milliseconds,
// maps); the map types stand as map<string,string> and map<string,double> in the Glue table of AWS's Cloud Intelligence Dashboards
// (data-exports/deploy/data-exports-aggregation.yaml). InvoiceIssuerName and PublisherName are mandatory in FOCUS and may be null from AWS
// (table-dictionary-focus-1-2-aws-conformance.html).
//
// Keys of Tags: FOCUS forbids a prefix on the tags of the one scheme that users define, and AWS's published sample rows show user tags bare ("environment") — so
// resource tags stand under their own key here, with their own case; AWS's own keep "aws:".
//
// In a nullable column of text an empty string is null, a nil pointer is a null double and a nil map a null map; an empty map is an empty map. Times are UTC and
// carry milliseconds.
type Focus struct {
	AvailabilityZone                   string             `parquet:"AvailabilityZone,optional"`
	BilledCost                         float64            `parquet:"BilledCost"`
	BillingAccountID                   string             `parquet:"BillingAccountId"`
	BillingAccountName                 string             `parquet:"BillingAccountName,optional"`
	BillingAccountType                 string             `parquet:"BillingAccountType"`
	BillingCurrency                    string             `parquet:"BillingCurrency"`
	BillingPeriodEnd                   time.Time          `parquet:"BillingPeriodEnd,timestamp(millisecond)"`
	BillingPeriodStart                 time.Time          `parquet:"BillingPeriodStart,timestamp(millisecond)"`
	CapacityReservationID              string             `parquet:"CapacityReservationId,optional"`
	CapacityReservationStatus          string             `parquet:"CapacityReservationStatus,optional"`
	ChargeCategory                     string             `parquet:"ChargeCategory"`
	ChargeClass                        string             `parquet:"ChargeClass,optional"`
	ChargeDescription                  string             `parquet:"ChargeDescription,optional"`
	ChargeFrequency                    string             `parquet:"ChargeFrequency"`
	ChargePeriodEnd                    time.Time          `parquet:"ChargePeriodEnd,timestamp(millisecond)"`
	ChargePeriodStart                  time.Time          `parquet:"ChargePeriodStart,timestamp(millisecond)"`
	CommitmentDiscountCategory         string             `parquet:"CommitmentDiscountCategory,optional"`
	CommitmentDiscountID               string             `parquet:"CommitmentDiscountId,optional"`
	CommitmentDiscountName             string             `parquet:"CommitmentDiscountName,optional"`
	CommitmentDiscountQuantity         *float64           `parquet:"CommitmentDiscountQuantity,optional"`
	CommitmentDiscountStatus           string             `parquet:"CommitmentDiscountStatus,optional"`
	CommitmentDiscountType             string             `parquet:"CommitmentDiscountType,optional"`
	CommitmentDiscountUnit             string             `parquet:"CommitmentDiscountUnit,optional"`
	ConsumedQuantity                   *float64           `parquet:"ConsumedQuantity,optional"`
	ConsumedUnit                       string             `parquet:"ConsumedUnit,optional"`
	ContractedCost                     float64            `parquet:"ContractedCost"`
	ContractedUnitPrice                *float64           `parquet:"ContractedUnitPrice,optional"`
	EffectiveCost                      float64            `parquet:"EffectiveCost"`
	InvoiceID                          string             `parquet:"InvoiceId,optional"`
	InvoiceIssuerName                  string             `parquet:"InvoiceIssuerName,optional"`
	ListCost                           float64            `parquet:"ListCost"`
	ListUnitPrice                      *float64           `parquet:"ListUnitPrice,optional"`
	PricingCategory                    string             `parquet:"PricingCategory,optional"`
	PricingCurrency                    string             `parquet:"PricingCurrency,optional"`
	PricingCurrencyContractedUnitPrice *float64           `parquet:"PricingCurrencyContractedUnitPrice,optional"`
	PricingCurrencyEffectiveCost       *float64           `parquet:"PricingCurrencyEffectiveCost,optional"`
	PricingCurrencyListUnitPrice       *float64           `parquet:"PricingCurrencyListUnitPrice,optional"`
	PricingQuantity                    *float64           `parquet:"PricingQuantity,optional"`
	PricingUnit                        string             `parquet:"PricingUnit,optional"`
	ProviderName                       string             `parquet:"ProviderName"`
	PublisherName                      string             `parquet:"PublisherName,optional"`
	RegionID                           string             `parquet:"RegionId,optional"`
	RegionName                         string             `parquet:"RegionName,optional"`
	ResourceID                         string             `parquet:"ResourceId,optional"`
	ResourceName                       string             `parquet:"ResourceName,optional"`
	ResourceType                       string             `parquet:"ResourceType,optional"`
	ServiceCategory                    string             `parquet:"ServiceCategory"`
	ServiceName                        string             `parquet:"ServiceName"`
	ServiceSubcategory                 string             `parquet:"ServiceSubcategory"`
	SKUID                              string             `parquet:"SkuId,optional"`
	SKUMeter                           string             `parquet:"SkuMeter,optional"`
	SKUPriceDetails                    map[string]string  `parquet:"SkuPriceDetails,optional"`
	SKUPriceID                         string             `parquet:"SkuPriceId,optional"`
	SubAccountID                       string             `parquet:"SubAccountId,optional"`
	SubAccountName                     string             `parquet:"SubAccountName,optional"`
	SubAccountType                     string             `parquet:"SubAccountType,optional"`
	Tags                               map[string]string  `parquet:"Tags,optional"`
	XDiscounts                         map[string]float64 `parquet:"x_Discounts,optional"`
	XOperation                         string             `parquet:"x_Operation,optional"`
	XServiceCode                       string             `parquet:"x_ServiceCode,optional"`
}
