-- What each account's usage cost in each month, by category of service and by the values of tags; empty where one is not there.
SELECT
  date_trunc('month', ChargePeriodStart) AS month,
  COALESCE(SubAccountId, '') AS account,
  COALESCE(ServiceCategory, '') AS service,
  COALESCE(
    NULLIF(element_at(Tags, 'Team'), ''),
    NULLIF(element_at(Tags, 'user_team'), ''),
    ''
  ) AS tag1,
  COUNT(*) AS lines,
  COALESCE(CAST(SUM(CAST(CAST(EffectiveCost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) - CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) - CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) - CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND EffectiveCost > 0)
      THEN CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS effective
FROM (
  SELECT * FROM billing.focus WHERE v = 'focus-july' AND billing_period = '2026-07'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-august' AND billing_period = '2026-08'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-september' AND billing_period = '2026-09'
) AS delivered
WHERE ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
  AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
  AND ChargeCategory = 'Usage'
  AND COALESCE(ChargeClass, '') = ''
  AND COALESCE(CommitmentDiscountStatus, '') <> 'Unused'
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
