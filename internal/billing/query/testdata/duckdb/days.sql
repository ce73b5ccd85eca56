-- What FOCUS bills of each UTC day: its rows, its hours that have usage, usage below zero and of zero, and the billed cost.
SELECT
  date_trunc('day', ChargePeriodStart) AS day,
  COALESCE(BillingAccountId, '') AS payer,
  COALESCE(BillingCurrency, '') AS currency,
  COUNT(*) AS lines,
  bit_count(bit_or(CASE WHEN ChargeCategory = 'Usage' THEN 1 << hour(ChargePeriodStart) ELSE 0 END)) AS hours,
  COUNT(*) FILTER (WHERE ChargeCategory = 'Usage' AND ConsumedQuantity < 0) AS negative,
  COUNT(*) FILTER (WHERE ChargeCategory = 'Usage' AND ConsumedQuantity = 0) AS zero,
  exact_sum(BilledCost) AS billed
FROM focus
WHERE billing_period BETWEEN '2026-07' AND '2026-09'
  AND ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
  AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
