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
)
SELECT
  month, account, service, sku, unit, region,
  COUNT(*) AS lines,
  COALESCE(CAST(SUM(CAST(CAST(quantity AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((quantity - CAST(quantity AS BIGINT)) * 1e12) - CAST(((quantity - CAST(quantity AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((quantity - CAST(quantity AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((quantity - CAST(quantity AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((quantity - CAST(quantity AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((quantity - CAST(quantity AS BIGINT)) * 70368744177664) - CAST(((quantity - CAST(quantity AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((quantity - CAST(quantity AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((quantity - CAST(quantity AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((quantity - CAST(quantity AS BIGINT)) * 70368744177664) - CAST(((quantity - CAST(quantity AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND quantity > 0)
      THEN CAST(((quantity - CAST(quantity AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((quantity - CAST(quantity AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS quantity,
  COALESCE(CAST(SUM(CAST(CAST(list AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((list - CAST(list AS BIGINT)) * 1e12) - CAST(((list - CAST(list AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((list - CAST(list AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((list - CAST(list AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((list - CAST(list AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((list - CAST(list AS BIGINT)) * 70368744177664) - CAST(((list - CAST(list AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((list - CAST(list AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((list - CAST(list AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((list - CAST(list AS BIGINT)) * 70368744177664) - CAST(((list - CAST(list AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND list > 0)
      THEN CAST(((list - CAST(list AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((list - CAST(list AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS list,
  COALESCE(CAST(SUM(CAST(CAST(contract AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((contract - CAST(contract AS BIGINT)) * 1e12) - CAST(((contract - CAST(contract AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((contract - CAST(contract AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((contract - CAST(contract AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((contract - CAST(contract AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((contract - CAST(contract AS BIGINT)) * 70368744177664) - CAST(((contract - CAST(contract AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((contract - CAST(contract AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((contract - CAST(contract AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((contract - CAST(contract AS BIGINT)) * 70368744177664) - CAST(((contract - CAST(contract AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND contract > 0)
      THEN CAST(((contract - CAST(contract AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((contract - CAST(contract AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS contract,
  COALESCE(CAST(SUM(CAST(CAST(effective AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((effective - CAST(effective AS BIGINT)) * 1e12) - CAST(((effective - CAST(effective AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((effective - CAST(effective AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((effective - CAST(effective AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((effective - CAST(effective AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((effective - CAST(effective AS BIGINT)) * 70368744177664) - CAST(((effective - CAST(effective AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((effective - CAST(effective AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((effective - CAST(effective AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((effective - CAST(effective AS BIGINT)) * 70368744177664) - CAST(((effective - CAST(effective AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND effective > 0)
      THEN CAST(((effective - CAST(effective AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((effective - CAST(effective AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6
