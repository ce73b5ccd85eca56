-- What each account's usage cost in each hour, by category of service, at list, contracted and effective cost.
SELECT
  date_trunc('hour', ChargePeriodStart) AS hour,
  COALESCE(SubAccountId, '') AS account,
  COALESCE(ServiceCategory, '') AS service,
  COALESCE(CAST(SUM(CAST(CAST(ListCost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) - CAST(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((ListCost - CAST(ListCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) - CAST(((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((ListCost - CAST(ListCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) - CAST(((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND ListCost > 0)
      THEN CAST(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS list,
  COALESCE(CAST(SUM(CAST(CAST(ContractedCost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) - CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) - CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) - CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND ContractedCost > 0)
      THEN CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS contract,
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
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
