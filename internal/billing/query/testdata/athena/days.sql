-- What FOCUS bills of each UTC day: its rows, its hours that have usage, usage below zero and of zero, and the billed cost.
SELECT
  date_trunc('day', ChargePeriodStart) AS day,
  COALESCE(BillingAccountId, '') AS payer,
  COALESCE(BillingCurrency, '') AS currency,
  COUNT(*) AS lines,
  bit_count(bitwise_or_agg(CASE WHEN ChargeCategory = 'Usage' THEN bitwise_left_shift(1, CAST(hour(ChargePeriodStart) AS INTEGER)) ELSE 0 END), 64) AS hours,
  COUNT(*) FILTER (WHERE ChargeCategory = 'Usage' AND ConsumedQuantity < 0) AS negative,
  COUNT(*) FILTER (WHERE ChargeCategory = 'Usage' AND ConsumedQuantity = 0) AS zero,
  COALESCE(CAST(SUM(CAST(CAST(BilledCost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) - CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) - CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) - CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND BilledCost > 0)
      THEN CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS billed
FROM (
  SELECT * FROM billing.focus WHERE v = 'focus-july' AND billing_period = '2026-07'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-august' AND billing_period = '2026-08'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-september' AND billing_period = '2026-09'
) AS delivered
WHERE ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
  AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
