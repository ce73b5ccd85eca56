package query

import (
	"fmt"
	"strings"

	"offpeak/internal/billing"
)

// used restricts FOCUS to lines of usage: no correction of an earlier month, and nothing of a commitment that was not used.
func used(indent string) string {
	return "ChargeCategory = 'Usage'\n" + indent + "AND " + text("ChargeClass") + " = ''\n" + indent + "AND " + text("CommitmentDiscountStatus") + " <> 'Unused'"
}

// quantity is what FOCUS prices a line by.
const quantity = "COALESCE(PricingQuantity, ConsumedQuantity)"

// Costs asks what each account's usage of each SKU cost in each month.
func (d Dialect) Costs(p billing.Period) string {
	return `-- What each account's usage of each SKU came to in each month: quantity, and list, contracted and effective cost.
WITH line AS (
  SELECT
    date_trunc('month', ChargePeriodStart) AS month,
    ` + text("SubAccountId") + ` AS account,
    ` + text("ServiceName") + ` AS service,
    ` + text("SkuId") + ` AS sku,
    ` + text("PricingUnit") + ` AS unit,
    ` + text("RegionId") + ` AS region,
    ` + quantity + ` AS quantity,
    ListCost AS list,
    ContractedCost AS contract,
    EffectiveCost AS effective
  FROM ` + d.focus.over(p, "  ") + where("  ", d.within("ChargePeriodStart", p)...) + `
    AND ` + used("    ") + `
)
SELECT
  month, account, service, sku, unit, region,
  COUNT(*) AS lines,
  ` + d.sum("quantity") + ` AS quantity,
  ` + d.sum("list") + ` AS list,
  ` + d.sum("contract") + ` AS contract,
  ` + d.sum("effective") + ` AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6`
}

// Tagged asks what usage cost by the values of some tags.
func (d Dialect) Tagged(p billing.Period, tags ...[]string) string {
	values, places := "", "1, 2, 3"
	for i, keys := range tags {
		values += fmt.Sprintf("\n  %s AS tag%d,", strings.ReplaceAll(d.tag(keys), "\n    ", "\n  "), i+1)
		places += fmt.Sprintf(", %d", i+4)
	}
	return `-- What each account's usage cost in each month, by category of service and by the values of tags; empty where one is not there.
SELECT
  date_trunc('month', ChargePeriodStart) AS month,
  ` + text("SubAccountId") + ` AS account,
  ` + text("ServiceCategory") + ` AS service,` + values + `
  COUNT(*) AS lines,
  ` + d.sum("EffectiveCost") + ` AS effective
FROM ` + d.focus.over(p, "") + where("", d.within("ChargePeriodStart", p)...) + `
  AND ` + used("  ") + `
GROUP BY ` + places + `
ORDER BY ` + places
}

// tag is the value of the first of some tags that a line of FOCUS carries.
func (d Dialect) tag(keys []string) string { return d.entry("Tags", Spellings(keys)...) }

// Spellings are the keys of FOCUS's Tags under which some tags may stand, in their order.
func Spellings(keys []string) (all []string) {
	for _, k := range keys {
		all = append(all, billing.TagSpellings(k)...)
	}
	return all
}

// Patterns asks in which hours of the week each resource ran, and at what cost.
func (d Dialect) Patterns(p billing.Period, tags ...[]string) string {
	monday := "TIMESTAMP '" + billing.WeekOf(p.From).Format("2006-01-02 15:04:05") + "'"
	values, names, places := "", "", "1, 2, 3, 4, 5, 6, 7, 8, 9"
	for i, keys := range tags {
		values += fmt.Sprintf(",\n    %s AS tag%d", d.tag(keys), i+1)
		names += fmt.Sprintf("tag%d, ", i+1)
		places += fmt.Sprintf(", %d", i+10)
	}
	return `-- What each resource used of each SKU in each hour of the week (UTC, Monday 00:00 is 0): in which weeks, as bits, and at what cost.
WITH line AS (
  SELECT
    ` + text("SubAccountId") + ` AS account,
    ` + text("RegionId") + ` AS region,
    ` + text("ResourceId") + ` AS resource,
    ` + d.entry("Tags", GroupKeys()...) + ` AS scaling_group,
    ` + d.entry("Tags", ClusterKeys()...) + ` AS cluster,
    ` + text("SkuId") + ` AS sku,
    SkuMeter AS meter,
    ` + focusLine("    ") + ` AS line,
    date_diff('hour', ` + monday + `, ChargePeriodStart) % 168 AS hour,
    date_diff('week', ` + monday + `, ChargePeriodStart) AS week,
    ` + quantity + ` AS quantity,
    ContractedCost AS contract,
    EffectiveCost AS effective` + values + `
  FROM ` + d.focus.over(p, "  ") + where("  ", d.within("ChargePeriodStart", p)...) + `
    AND ` + used("    ") + `
    AND ServiceCategory IN (` + quoted(computing()) + `)
    AND (
      ` + like("SkuMeter", meters(), "      ") + `
    )
)
SELECT
  account, region,
  CASE WHEN scaling_group = '' THEN resource ELSE '' END AS resource,
  scaling_group, cluster, sku, meter, line, ` + names + `hour,
  ` + fmt.Sprintf(d.weeks, "CASE WHEN quantity > 0 THEN "+fmt.Sprintf(d.of, "week")+" ELSE 0 END") + ` AS weeks,
  COUNT(*) AS lines,
  ` + d.sum("quantity") + ` AS quantity,
  ` + d.sum("contract") + ` AS contract,
  ` + d.sum("effective") + ` AS effective
FROM line
GROUP BY ` + places + `
ORDER BY ` + places
}
