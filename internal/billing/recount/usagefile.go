package recount

import (
	"offpeak/internal/billing"
	"offpeak/internal/billing/export"
	"offpeak/internal/billing/query"
)

// usageFile reads usage from a file of either table.
type usageFile struct {
	reader                                  *reader
	start                                   times
	line                                    func(row int) billing.Line // empty if the row bills no running
	account, resource, sku, operation, zone *words
	group, cluster, commitment              entries
	// amount gives a row's four amounts, false where one is null.
	amounts func(row int, line billing.Line) [4]amount
}

type amount struct {
	value float64
	there bool
}

func amountOf(value float64, there bool) amount { return amount{value, there} }

func usageOfCUR(f export.File) *usageFile {
	r := newReader(f, query.CURColumns())
	is := r.classes()
	lease, plan := r.words("reservation_reservation_a_r_n"), r.words("savings_plan_savings_plan_a_r_n")
	quantity, list, unblended := r.doubles("line_item_usage_amount"), r.doubles("pricing_public_on_demand_cost"), r.doubles("line_item_unblended_cost")
	net, ofLease := r.doubles("line_item_net_unblended_cost"), r.doubles("reservation_effective_cost")
	ofPlan := r.doubles("savings_plan_savings_plan_effective_cost")
	return &usageFile{
		reader: r, start: r.times("line_item_usage_start_date"), account: r.words("line_item_usage_account_id"), resource: r.words("line_item_resource_id"),
		sku: r.words("product_sku"), operation: r.words("line_item_operation"), zone: r.words("line_item_availability_zone"),
		group: r.entries("resource_tags", query.GroupKeys()...), cluster: r.entries("resource_tags", query.ClusterKeys()...),
		line: func(row int) billing.Line {
			if c := is.of(row); c.runs {
				return c.line
			}
			return ""
		},
		commitment: entries{lease, plan},
		amounts: func(row int, line billing.Line) [4]amount {
			a := [4]amount{amountOf(quantity.at(row)), amountOf(list.at(row)), amountOf(net.at(row))}
			if line == billing.SpotUsage {
				a[1] = amountOf(unblended.at(row))
			}
			if !a[2].there {
				a[2] = amountOf(unblended.at(row))
			}
			switch line {
			case billing.Reserved:
				a[3] = amountOf(ofLease.at(row))
			case billing.PlanUsage:
				a[3] = amountOf(ofPlan.at(row))
			default:
				a[3] = a[2]
			}
			return a
		},
	}
}

func usageOfFocus(f export.File) *usageFile {
	r := newReader(f, query.FocusColumns())
	category, class, status, service := r.words("ChargeCategory"), r.words("ChargeClass"), r.words("CommitmentDiscountStatus"), r.words("ServiceCategory")
	meter, pricing, commitment := r.words("SkuMeter"), r.words("PricingCategory"), r.words("CommitmentDiscountCategory")
	priced, consumed := r.doubles("PricingQuantity"), r.doubles("ConsumedQuantity")
	list, contracted, billed, effective := r.doubles("ListCost"), r.doubles("ContractedCost"), r.doubles("BilledCost"), r.doubles("EffectiveCost")
	lines := map[[7]int32]billing.Line{} // of a file's few sorts of rows, by the numbers of their words
	return &usageFile{
		reader: r, start: r.times("ChargePeriodStart"), account: r.words("SubAccountId"), resource: r.words("ResourceId"), sku: r.words("SkuId"),
		operation: &words{names: []string{""}}, zone: r.words("AvailabilityZone"),
		group: r.entries("Tags", query.GroupKeys()...), cluster: r.entries("Tags", query.ClusterKeys()...),
		line: func(row int) billing.Line {
			sort := [...]int32{category.at(row), class.at(row), status.at(row), service.at(row), meter.at(row), pricing.at(row), commitment.at(row)}
			line, known := lines[sort]
			if !known {
				if category.text(row) == "Usage" && class.at(row) == 0 && status.text(row) != "Unused" && query.MeterRuns(service.text(row), meter.text(row)) {
					line = query.FocusLine(pricing.text(row), commitment.text(row), meter.text(row))
				}
				lines[sort] = line
			}
			return line
		},
		commitment: entries{r.words("CommitmentDiscountId")},
		amounts: func(row int, line billing.Line) [4]amount {
			a := [4]amount{amountOf(priced.at(row)), amountOf(list.at(row)), amountOf(billed.at(row)), amountOf(effective.at(row))}
			if !a[0].there {
				a[0] = amountOf(consumed.at(row))
			}
			if line == billing.SpotUsage {
				a[1] = amountOf(contracted.at(row))
			}
			return a
		},
	}
}
