-- Each SKU's unit prices by the month's last line that bills it on demand or committed; of several in that hour, the highest.
WITH seen AS (
  SELECT
    date_trunc('month', ChargePeriodStart) AS month,
    COALESCE(SkuId, '') AS sku,
    COALESCE(PricingUnit, '') AS unit,
    ListUnitPrice AS list,
    ContractedUnitPrice AS contract,
    MAX(ChargePeriodStart) AS last
  FROM focus
  WHERE billing_period BETWEEN '2026-07' AND '2026-09'
    AND ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
    AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
    AND ChargeCategory = 'Usage'
    AND COALESCE(ChargeClass, '') = ''
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
  exact(list) AS list,
  exact(contract) AS contract
FROM ranked
WHERE place = 1
ORDER BY 1, 2, 3
