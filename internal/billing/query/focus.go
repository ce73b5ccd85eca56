package query

import "offpeak/internal/billing"

// Accounts asks which accounts anything is charged to, in all billing months that the period touches.
func (d Dialect) Accounts(p billing.Period) string {
	return `-- The accounts that anything is charged to; whole months, as invoices are.
SELECT DISTINCT SubAccountId AS account
FROM ` + d.focus.over(p, "") + where("", append(d.months(p), text("SubAccountId")+" <> ''")...) + `
ORDER BY 1`
}

// Days asks what FOCUS bills of each day.
func (d Dialect) Days(p billing.Period) string {
	return `-- What FOCUS bills of each UTC day: its rows, its hours that have usage, usage below zero and of zero, and the billed cost.
SELECT
  date_trunc('day', ChargePeriodStart) AS day,
  ` + text("BillingAccountId") + ` AS payer,
  ` + text("BillingCurrency") + ` AS currency,
  COUNT(*) AS lines,
  ` + d.hoursOf("ChargePeriodStart", "ChargeCategory = 'Usage'") + ` AS hours,
  COUNT(*) FILTER (WHERE ChargeCategory = 'Usage' AND ConsumedQuantity < 0) AS negative,
  COUNT(*) FILTER (WHERE ChargeCategory = 'Usage' AND ConsumedQuantity = 0) AS zero,
  ` + d.sum("BilledCost") + ` AS billed
FROM ` + d.focus.over(p, "") + where("", d.within("ChargePeriodStart", p)...) + `
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3`
}

// Charges asks for the sums of charges, by sort and invoice, of all billing months that the period touches: an invoice is of a whole month, and may hold
// corrections of earlier ones.
func (d Dialect) Charges(p billing.Period) string {
	return `-- Charges by billing month, account, invoice and sort, at list, contracted, effective and billed cost; whole months, as invoices are.
SELECT
  BillingPeriodStart AS month,
  ` + text("BillingAccountId") + ` AS payer,
  ` + text("SubAccountId") + ` AS account,
  ` + text("BillingCurrency") + ` AS currency,
  ` + text("InvoiceId") + ` AS invoice,
  ` + text("ChargeCategory") + ` AS category,
  ` + text("ChargeClass") + ` AS class,
  ` + text("PricingCategory") + ` AS pricing,
  ` + text("ServiceName") + ` AS service,
  ` + text("CommitmentDiscountStatus") + ` AS discount,
  COUNT(*) AS lines,
  ` + d.sum("ListCost") + ` AS list,
  ` + d.sum("ContractedCost") + ` AS contract,
  ` + d.sum("EffectiveCost") + ` AS effective,
  ` + d.sum("BilledCost") + ` AS billed
FROM ` + d.focus.over(p, "") + where("", d.months(p)...) + `
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`
}

// Hours asks what each account's usage cost in each hour.
func (d Dialect) Hours(p billing.Period) string {
	return `-- What each account's usage cost in each hour, by category of service, at list, contracted and effective cost.
SELECT
  date_trunc('hour', ChargePeriodStart) AS hour,
  ` + text("SubAccountId") + ` AS account,
  ` + text("ServiceCategory") + ` AS service,
  ` + d.sum("ListCost") + ` AS list,
  ` + d.sum("ContractedCost") + ` AS contract,
  ` + d.sum("EffectiveCost") + ` AS effective
FROM ` + d.focus.over(p, "") + where("", d.within("ChargePeriodStart", p)...) + `
  AND ChargeCategory = 'Usage'
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3`
}

// Standing asks what goes on being charged while nothing runs.
func (d Dialect) Standing(p billing.Period) string {
	return `-- What each volume, address and database's storage cost in each day, whether or not anything ran, at contracted cost.
SELECT
  date_trunc('day', ChargePeriodStart) AS day,
  ` + text("SubAccountId") + ` AS account,
  ` + text("ResourceId") + ` AS resource,
  ` + text("SkuMeter") + ` AS meter,
  ` + d.hoursOf("ChargePeriodStart", "") + ` AS hours,
  ` + d.sum("ContractedCost") + ` AS cost
FROM ` + d.focus.over(p, "") + where("", d.within("ChargePeriodStart", p)...) + `
  AND ChargeCategory = 'Usage'
  AND ResourceId <> ''
  AND (
    ` + stands("    ") + `
  )
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4`
}

// Prices asks for each SKU's last unit prices in each month.
func (d Dialect) Prices(p billing.Period) string {
	return `-- Each SKU's unit prices by the month's last line that bills it on demand or committed; of several in that hour, the highest.
WITH seen AS (
  SELECT
    date_trunc('month', ChargePeriodStart) AS month,
    ` + text("SkuId") + ` AS sku,
    ` + text("PricingUnit") + ` AS unit,
    ListUnitPrice AS list,
    ContractedUnitPrice AS contract,
    MAX(ChargePeriodStart) AS last
  FROM ` + d.focus.over(p, "  ") + where("  ", d.within("ChargePeriodStart", p)...) + `
    AND ChargeCategory = 'Usage'
    AND ` + text("ChargeClass") + ` = ''
    AND PricingCategory IN ('Standard', 'Committed')
    AND SkuId <> ''
    AND ListUnitPrice IS NOT NULL
    AND ContractedUnitPrice IS NOT NULL
  GROUP BY 1, 2, 3, 4, 5
), ranked AS (
  SELECT
    month, sku, unit, list, contract,
    row_number() OVER (PARTITION BY month, sku, unit ORDER BY last DESC, list DESC, contract DESC) AS place
  FROM seen
)
SELECT
  month, sku, unit,
  ` + d.exact("list") + ` AS list,
  ` + d.exact("contract") + ` AS contract
FROM ranked
WHERE place = 1
ORDER BY 1, 2, 3`
}

// FocusUsage asks for usage by FOCUS alone: what a bill without CUR 2.0 can say of it. The meter and the category of the service tell what runs, since FOCUS has neither
// product codes of all services nor types of line items.
func (d Dialect) FocusUsage(p billing.Period) string {
	return `-- What each resource used of each SKU in each hour by FOCUS alone: quantity, and list, billed and effective cost.
WITH line AS (
  SELECT
    date_trunc('hour', ChargePeriodStart) AS hour,
    ` + text("SubAccountId") + ` AS account,
    ` + text("ResourceId") + ` AS resource,
    ` + d.entry("Tags", GroupKeys()...) + ` AS scaling_group,
    ` + d.entry("Tags", ClusterKeys()...) + ` AS cluster,
    ` + text("SkuId") + ` AS sku,
    ` + text("AvailabilityZone") + ` AS zone,
    ` + focusLine("    ") + ` AS line,
    ` + text("CommitmentDiscountId") + ` AS commitment,
    ` + quantity + ` AS quantity,
    CASE WHEN PricingCategory = 'Dynamic' OR SkuMeter LIKE '%` + spot + `%' THEN ContractedCost ELSE ListCost END AS list,
    BilledCost AS net,
    EffectiveCost AS effective
  FROM ` + d.focus.over(p, "  ") + where("  ", d.within("ChargePeriodStart", p)...) + `
    AND ` + used("    ") + `
    AND ServiceCategory IN (` + quoted(computing()) + `)
    AND (
      ` + like("SkuMeter", meters(), "      ") + `
    )
)
SELECT
  hour, account, resource, scaling_group, cluster, sku, '' AS operation, zone, line, commitment,
  ` + d.sum("quantity") + ` AS quantity,
  ` + d.sum("list") + ` AS list,
  ` + d.sum("net") + ` AS net,
  ` + d.sum("effective") + ` AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10`
}
