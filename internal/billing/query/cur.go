package query

import "offpeak/internal/billing"

// Products asks what CUR 2.0 says of the SKUs that run or are reserved.
func (d Dialect) Products(p billing.Period) string {
	return `-- What CUR 2.0 says of each SKU that ran or is reserved.
WITH seen AS (
  SELECT DISTINCT
    ` + text("product_sku") + ` AS sku,
    ` + text("line_item_operation") + ` AS operation,
    ` + text("line_item_product_code") + ` AS code,
    ` + text("line_item_usage_type") + ` AS usage_type,
    ` + text("product_region_code") + ` AS region,
    ` + text("product_instance_type") + ` AS type,
    ` + d.entry("product", system) + ` AS system,
    ` + d.entry("product", tenancy) + ` AS tenancy,
    ` + d.entry("product", database) + ` AS engine,
    ` + d.entry("product", deployment) + ` LIKE '` + multiAZ + `%' AS multi_az,
    ` + text("pricing_unit") + ` AS unit,
    COALESCE(line_item_normalization_factor, 0) AS factor
  FROM ` + d.cur.over(p, "  ") + where("  ", d.within("line_item_usage_start_date", p)...) + `
    AND (
      line_item_line_item_type = '` + fee + `' AND line_item_product_code IN (` + quoted(reservable()) + `)
      OR ` + usage() + ` AND (
        ` + runs("        ") + `
      )
    )
)
SELECT DISTINCT
  sku, operation, code, usage_type, region, type,
  COALESCE(regexp_extract(type, '^(.*)\.', 1), '') AS family,
  system, tenancy, engine, multi_az, unit,
  ` + d.exact("factor") + ` AS factor
FROM seen
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13`
}

// Usage asks what each resource used of each SKU in each hour.
func (d Dialect) Usage(p billing.Period) string {
	return `-- What each resource used of each SKU in each hour, by what covered it: quantity, and list, net and amortised cost.
WITH line AS (
  SELECT
    date_trunc('hour', line_item_usage_start_date) AS hour,
    ` + text("line_item_usage_account_id") + ` AS account,
    ` + text("line_item_resource_id") + ` AS resource,
    ` + d.entry("resource_tags", GroupKeys()...) + ` AS scaling_group,
    ` + d.entry("resource_tags", ClusterKeys()...) + ` AS cluster,
    ` + text("product_sku") + ` AS sku,
    ` + text("line_item_operation") + ` AS operation,
    ` + text("line_item_availability_zone") + ` AS zone,
    CASE WHEN line_item_line_item_type = 'Usage' AND line_item_usage_type LIKE '%` + spot + `%' THEN '` + spot + `' ELSE line_item_line_item_type END AS line,
    COALESCE(NULLIF(reservation_reservation_a_r_n, ''), savings_plan_savings_plan_a_r_n, '') AS commitment,
    line_item_usage_amount AS quantity,
    CASE WHEN line_item_line_item_type = 'Usage' AND line_item_usage_type LIKE '%` + spot + `%' THEN line_item_unblended_cost ELSE pricing_public_on_demand_cost END AS list,
    COALESCE(line_item_net_unblended_cost, line_item_unblended_cost) AS net,
    CASE line_item_line_item_type
      WHEN 'DiscountedUsage' THEN reservation_effective_cost
      WHEN 'SavingsPlanCoveredUsage' THEN savings_plan_savings_plan_effective_cost
      ELSE COALESCE(line_item_net_unblended_cost, line_item_unblended_cost)
    END AS effective
  FROM ` + d.cur.over(p, "  ") + where("  ", d.within("line_item_usage_start_date", p)...) + `
    AND ` + usage() + `
    AND (
      ` + runs("      ") + `
    )
)
SELECT
  hour, account, resource, scaling_group, cluster, sku, operation, zone, line, commitment,
  ` + d.sum("quantity") + ` AS quantity,
  ` + d.sum("list") + ` AS list,
  ` + d.sum("net") + ` AS net,
  ` + d.sum("effective") + ` AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`
}

// PlanHours asks what each Savings Plan committed to and used in each hour.
func (d Dialect) PlanHours(p billing.Period) string {
	return `-- What each Savings Plan committed to in each hour, and what of it was used.
SELECT
  date_trunc('hour', line_item_usage_start_date) AS hour,
  ` + text("savings_plan_savings_plan_a_r_n") + ` AS plan,
  ` + text("line_item_usage_account_id") + ` AS owner,
  ` + text("savings_plan_offering_type") + ` AS offering,
  ` + text("savings_plan_region") + ` AS region,
  ` + text("savings_plan_instance_type_family") + ` AS family,
  ` + d.sum("savings_plan_total_commitment_to_date") + ` AS total,
  ` + d.sum("savings_plan_used_commitment") + ` AS used
FROM ` + d.cur.over(p, "") + where("", d.within("line_item_usage_start_date", p)...) + `
  AND line_item_line_item_type = '` + recurring + `'
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6`
}

// Reservations asks for the monthly lines of reservations, of all billing months that the period touches. ReservationOf makes a reservation of a row.
func (d Dialect) Reservations(p billing.Period) string {
	return `-- Each month's line of each Reserved Instance and reserved DB instance: what it cost, upfront fee included, what it reserved and what was not used.
SELECT
  bill_billing_period_start_date AS month,
  ` + text("reservation_reservation_a_r_n") + ` AS lease,
  ` + text("line_item_usage_account_id") + ` AS owner,
  ` + text("product_sku") + ` AS sku,
  ` + text("line_item_operation") + ` AS operation,
  ` + text("reservation_availability_zone") + ` AS zone,
  ` + text("reservation_start_time") + ` AS start_time,
  ` + text("reservation_end_time") + ` AS end_time,
  ` + text("reservation_number_of_reservations") + ` AS reservations,
  ` + text("reservation_normalized_units_per_reservation") + ` AS units,
  ` + text("reservation_total_reserved_units") + ` AS reserved,
  ` + d.sum("line_item_usage_amount") + ` AS amount,
  ` + d.sum("line_item_unblended_cost") + ` AS recurring,
  ` + d.sum("reservation_amortized_upfront_fee_for_billing_period") + ` AS upfront,
  ` + d.sum("reservation_unused_quantity") + ` AS unused,
  COUNT(reservation_unused_normalized_unit_quantity) AS in_units,
  ` + d.sum("reservation_unused_normalized_unit_quantity") + ` AS unused_units
FROM ` + d.cur.over(p, "") + where("", append(d.months(p), "line_item_line_item_type = '"+fee+"'", "line_item_product_code IN ("+quoted(reservable())+")")...) + `
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`
}

// PlanRates asks for the Savings Plans' prices of what they covered.
func (d Dialect) PlanRates(p billing.Period) string {
	return `-- Each Savings Plan's price of one unit of each SKU that it covered.
WITH seen AS (
  SELECT DISTINCT
    ` + text("savings_plan_savings_plan_a_r_n") + ` AS plan,
    ` + text("product_sku") + ` AS sku,
    savings_plan_savings_plan_rate AS rate
  FROM ` + d.cur.over(p, "  ") + where("  ", d.within("line_item_usage_start_date", p)...) + `
    AND line_item_line_item_type = 'SavingsPlanCoveredUsage'
    AND savings_plan_savings_plan_rate IS NOT NULL
)
SELECT DISTINCT
  plan, sku,
  ` + d.exact("rate") + ` AS rate
FROM seen
ORDER BY 1, 2, 3`
}

// usage is the condition that a line item bills usage: LineOf in SQL.
func usage() string {
	return "line_item_line_item_type IN (" + quoted([]string{string(billing.OnDemand), string(billing.Reserved), string(billing.PlanUsage)}) + ")"
}
