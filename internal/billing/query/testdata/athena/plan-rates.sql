-- Each Savings Plan's price of one unit of each SKU that it covered.
WITH seen AS (
  SELECT DISTINCT
    COALESCE(savings_plan_savings_plan_a_r_n, '') AS plan,
    COALESCE(product_sku, '') AS sku,
    savings_plan_savings_plan_rate AS rate
  FROM (
    SELECT * FROM billing.cur WHERE v = 'cur-july' AND billing_period = '2026-07'
    UNION ALL
    SELECT * FROM billing.cur WHERE v = 'cur-august' AND billing_period = '2026-08'
    UNION ALL
    SELECT * FROM billing.cur WHERE v = 'cur-september' AND billing_period = '2026-09'
  ) AS delivered
  WHERE line_item_usage_start_date >= TIMESTAMP '2026-07-01 00:00:00'
    AND line_item_usage_start_date < TIMESTAMP '2026-10-01 00:00:00'
    AND line_item_line_item_type = 'SavingsPlanCoveredUsage'
    AND savings_plan_savings_plan_rate IS NOT NULL
)
SELECT DISTINCT
  plan, sku,
  CAST(CAST(rate AS BIGINT) AS DECIMAL(38, 12)) + CAST((CASE
    WHEN abs(((rate - CAST(rate AS BIGINT)) * 1e12) - CAST(((rate - CAST(rate AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((rate - CAST(rate AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((rate - CAST(rate AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((rate - CAST(rate AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((rate - CAST(rate AS BIGINT)) * 70368744177664) - CAST(((rate - CAST(rate AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((rate - CAST(rate AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((rate - CAST(rate AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((rate - CAST(rate AS BIGINT)) * 70368744177664) - CAST(((rate - CAST(rate AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND rate > 0)
      THEN CAST(((rate - CAST(rate AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((rate - CAST(rate AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0)) * 0.000000000001 AS rate
FROM seen
ORDER BY 1, 2, 3
