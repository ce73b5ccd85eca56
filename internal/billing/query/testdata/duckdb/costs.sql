-- What each account's usage of each SKU came to in each month: quantity, and list, contracted and effective cost.
WITH line AS (
  SELECT
    date_trunc('month', ChargePeriodStart) AS month,
    COALESCE(SubAccountId, '') AS account,
    COALESCE(ServiceName, '') AS service,
    COALESCE(SkuId, '') AS sku,
    COALESCE(PricingUnit, '') AS unit,
    COALESCE(RegionId, '') AS region,
    COALESCE(PricingQuantity, ConsumedQuantity) AS quantity,
    ListCost AS list,
    ContractedCost AS contract,
    EffectiveCost AS effective
  FROM focus
  WHERE billing_period BETWEEN '2026-07' AND '2026-09'
    AND ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
    AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
    AND ChargeCategory = 'Usage'
    AND COALESCE(ChargeClass, '') = ''
    AND COALESCE(CommitmentDiscountStatus, '') <> 'Unused'
)
SELECT
  month, account, service, sku, unit, region,
  COUNT(*) AS lines,
  exact_sum(quantity) AS quantity,
  exact_sum(list) AS list,
  exact_sum(contract) AS contract,
  exact_sum(effective) AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6
