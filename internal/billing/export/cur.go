package export

import "time"

// CUR is one row of AWS's Cost and Usage Report 2.0 (SQL table COST_AND_USAGE_REPORT): those of its columns that a replay of commitments, a counterfactual and
// the tie to an invoice need, among them every reservation_ and savings_plan_ column. An export may carry more; they are not read.
//
// Names and types: docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html and its pages for identity, bill, line item, product, pricing,
// reservation, savings plan, discount and resource tags columns; the acceptance test of Terraform's AWS provider queries the same names. Rates are text there, and
// so are counts of reservations; costs are doubles. AWS states no nullability, so whatever can be absent from some line item is nullable here, with the
// conventions of Focus.
//
// Keys of resource_tags: "user_" and the tag's key in the form that CUR gives column names, so that env is user_env and cost-center is user_cost_center; AWS's own
// tags begin with "aws_". Queries of AWS's Cloud Intelligence Dashboards show it (resource_tags['user_cost_center']); see billing.TagKey. Keys of product are the
// attributes of the price list in snake case, such as operating_system and deployment_option.
type CUR struct {
	IdentityLineItemID                                       string             `parquet:"identity_line_item_id"`
	IdentityTimeInterval                                     string             `parquet:"identity_time_interval"`
	BillPayerAccountID                                       string             `parquet:"bill_payer_account_id"`
	BillBillingPeriodStartDate                               time.Time          `parquet:"bill_billing_period_start_date,timestamp(millisecond)"`
	BillBillingPeriodEndDate                                 time.Time          `parquet:"bill_billing_period_end_date,timestamp(millisecond)"`
	BillInvoiceID                                            string             `parquet:"bill_invoice_id,optional"`
	BillBillType                                             string             `parquet:"bill_bill_type"`
	BillBillingEntity                                        string             `parquet:"bill_billing_entity,optional"`
	LineItemUsageAccountID                                   string             `parquet:"line_item_usage_account_id"`
	LineItemLineItemType                                     string             `parquet:"line_item_line_item_type"`
	LineItemUsageStartDate                                   time.Time          `parquet:"line_item_usage_start_date,timestamp(millisecond)"`
	LineItemUsageEndDate                                     time.Time          `parquet:"line_item_usage_end_date,timestamp(millisecond)"`
	LineItemProductCode                                      string             `parquet:"line_item_product_code"`
	LineItemUsageType                                        string             `parquet:"line_item_usage_type,optional"`
	LineItemOperation                                        string             `parquet:"line_item_operation,optional"`
	LineItemAvailabilityZone                                 string             `parquet:"line_item_availability_zone,optional"`
	LineItemResourceID                                       string             `parquet:"line_item_resource_id,optional"`
	LineItemUsageAmount                                      *float64           `parquet:"line_item_usage_amount,optional"`
	LineItemNormalizationFactor                              *float64           `parquet:"line_item_normalization_factor,optional"`
	LineItemNormalizedUsageAmount                            *float64           `parquet:"line_item_normalized_usage_amount,optional"`
	LineItemCurrencyCode                                     string             `parquet:"line_item_currency_code"`
	LineItemUnblendedRate                                    string             `parquet:"line_item_unblended_rate,optional"`
	LineItemUnblendedCost                                    float64            `parquet:"line_item_unblended_cost"`
	LineItemNetUnblendedRate                                 string             `parquet:"line_item_net_unblended_rate,optional"`
	LineItemNetUnblendedCost                                 *float64           `parquet:"line_item_net_unblended_cost,optional"`
	LineItemLineItemDescription                              string             `parquet:"line_item_line_item_description,optional"`
	Product                                                  map[string]string  `parquet:"product,optional"`
	ProductInstanceType                                      string             `parquet:"product_instance_type,optional"`
	ProductInstanceFamily                                    string             `parquet:"product_instance_family,optional"`
	ProductRegionCode                                        string             `parquet:"product_region_code,optional"`
	ProductSKU                                               string             `parquet:"product_sku,optional"`
	ProductServicecode                                       string             `parquet:"product_servicecode,optional"`
	ProductOperation                                         string             `parquet:"product_operation,optional"`
	ProductUsagetype                                         string             `parquet:"product_usagetype,optional"`
	PricingPublicOnDemandCost                                *float64           `parquet:"pricing_public_on_demand_cost,optional"`
	PricingPublicOnDemandRate                                string             `parquet:"pricing_public_on_demand_rate,optional"`
	PricingTerm                                              string             `parquet:"pricing_term,optional"`
	PricingUnit                                              string             `parquet:"pricing_unit,optional"`
	PricingRateCode                                          string             `parquet:"pricing_rate_code,optional"`
	PricingRateID                                            string             `parquet:"pricing_rate_id,optional"`
	PricingOfferingClass                                     string             `parquet:"pricing_offering_class,optional"`
	PricingPurchaseOption                                    string             `parquet:"pricing_purchase_option,optional"`
	PricingLeaseContractLength                               string             `parquet:"pricing_lease_contract_length,optional"`
	ReservationAmortizedUpfrontCostForUsage                  *float64           `parquet:"reservation_amortized_upfront_cost_for_usage,optional"`
	ReservationAmortizedUpfrontFeeForBillingPeriod           *float64           `parquet:"reservation_amortized_upfront_fee_for_billing_period,optional"`
	ReservationAvailabilityZone                              string             `parquet:"reservation_availability_zone,optional"`
	ReservationEffectiveCost                                 *float64           `parquet:"reservation_effective_cost,optional"`
	ReservationEndTime                                       string             `parquet:"reservation_end_time,optional"`
	ReservationModificationStatus                            string             `parquet:"reservation_modification_status,optional"`
	ReservationNetAmortizedUpfrontCostForUsage               *float64           `parquet:"reservation_net_amortized_upfront_cost_for_usage,optional"`
	ReservationNetAmortizedUpfrontFeeForBillingPeriod        *float64           `parquet:"reservation_net_amortized_upfront_fee_for_billing_period,optional"`
	ReservationNetEffectiveCost                              *float64           `parquet:"reservation_net_effective_cost,optional"`
	ReservationNetRecurringFeeForUsage                       *float64           `parquet:"reservation_net_recurring_fee_for_usage,optional"`
	ReservationNetUnusedAmortizedUpfrontFeeForBillingPeriod  *float64           `parquet:"reservation_net_unused_amortized_upfront_fee_for_billing_period,optional"`
	ReservationNetUnusedRecurringFee                         *float64           `parquet:"reservation_net_unused_recurring_fee,optional"`
	ReservationNetUpfrontValue                               *float64           `parquet:"reservation_net_upfront_value,optional"`
	ReservationNormalizedUnitsPerReservation                 string             `parquet:"reservation_normalized_units_per_reservation,optional"`
	ReservationNumberOfReservations                          string             `parquet:"reservation_number_of_reservations,optional"`
	ReservationRecurringFeeForUsage                          *float64           `parquet:"reservation_recurring_fee_for_usage,optional"`
	ReservationReservationARN                                string             `parquet:"reservation_reservation_a_r_n,optional"`
	ReservationStartTime                                     string             `parquet:"reservation_start_time,optional"`
	ReservationSubscriptionID                                string             `parquet:"reservation_subscription_id,optional"`
	ReservationTotalReservedNormalizedUnits                  string             `parquet:"reservation_total_reserved_normalized_units,optional"`
	ReservationTotalReservedUnits                            string             `parquet:"reservation_total_reserved_units,optional"`
	ReservationUnitsPerReservation                           string             `parquet:"reservation_units_per_reservation,optional"`
	ReservationUnusedAmortizedUpfrontFeeForBillingPeriod     *float64           `parquet:"reservation_unused_amortized_upfront_fee_for_billing_period,optional"`
	ReservationUnusedNormalizedUnitQuantity                  *float64           `parquet:"reservation_unused_normalized_unit_quantity,optional"`
	ReservationUnusedQuantity                                *float64           `parquet:"reservation_unused_quantity,optional"`
	ReservationUnusedRecurringFee                            *float64           `parquet:"reservation_unused_recurring_fee,optional"`
	ReservationUpfrontValue                                  *float64           `parquet:"reservation_upfront_value,optional"`
	SavingsPlanAmortizedUpfrontCommitmentForBillingPeriod    *float64           `parquet:"savings_plan_amortized_upfront_commitment_for_billing_period,optional"`
	SavingsPlanEndTime                                       string             `parquet:"savings_plan_end_time,optional"`
	SavingsPlanInstanceTypeFamily                            string             `parquet:"savings_plan_instance_type_family,optional"`
	SavingsPlanNetAmortizedUpfrontCommitmentForBillingPeriod *float64           `parquet:"savings_plan_net_amortized_upfront_commitment_for_billing_period,optional"`
	SavingsPlanNetRecurringCommitmentForBillingPeriod        *float64           `parquet:"savings_plan_net_recurring_commitment_for_billing_period,optional"`
	SavingsPlanNetSavingsPlanEffectiveCost                   *float64           `parquet:"savings_plan_net_savings_plan_effective_cost,optional"`
	SavingsPlanOfferingType                                  string             `parquet:"savings_plan_offering_type,optional"`
	SavingsPlanPaymentOption                                 string             `parquet:"savings_plan_payment_option,optional"`
	SavingsPlanPurchaseTerm                                  string             `parquet:"savings_plan_purchase_term,optional"`
	SavingsPlanRecurringCommitmentForBillingPeriod           *float64           `parquet:"savings_plan_recurring_commitment_for_billing_period,optional"`
	SavingsPlanRegion                                        string             `parquet:"savings_plan_region,optional"`
	SavingsPlanSavingsPlanARN                                string             `parquet:"savings_plan_savings_plan_a_r_n,optional"`
	SavingsPlanSavingsPlanEffectiveCost                      *float64           `parquet:"savings_plan_savings_plan_effective_cost,optional"`
	SavingsPlanSavingsPlanRate                               *float64           `parquet:"savings_plan_savings_plan_rate,optional"`
	SavingsPlanStartTime                                     string             `parquet:"savings_plan_start_time,optional"`
	SavingsPlanTotalCommitmentToDate                         *float64           `parquet:"savings_plan_total_commitment_to_date,optional"`
	SavingsPlanUsedCommitment                                *float64           `parquet:"savings_plan_used_commitment,optional"`
	Discount                                                 map[string]float64 `parquet:"discount,optional"`
	DiscountTotalDiscount                                    *float64           `parquet:"discount_total_discount,optional"`
	ResourceTags                                             map[string]string  `parquet:"resource_tags,optional"`
}
