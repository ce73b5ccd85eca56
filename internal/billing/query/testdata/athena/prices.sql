-- Each SKU's unit prices by the month's last line that bills it on demand or committed; of several in that hour, the highest.
WITH seen AS (
  SELECT
    date_trunc('month', ChargePeriodStart) AS month,
    COALESCE(SkuId, '') AS sku,
    COALESCE(PricingUnit, '') AS unit,
    ListUnitPrice AS list,
    ContractedUnitPrice AS contract,
    MAX(ChargePeriodStart) AS last
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
  CAST(CAST(list AS BIGINT) AS DECIMAL(38, 12)) + CAST((CASE
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
    END) AS DECIMAL(38, 0)) * 0.000000000001 AS list,
  CAST(CAST(contract AS BIGINT) AS DECIMAL(38, 12)) + CAST((CASE
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
    END) AS DECIMAL(38, 0)) * 0.000000000001 AS contract
FROM ranked
WHERE place = 1
ORDER BY 1, 2, 3
