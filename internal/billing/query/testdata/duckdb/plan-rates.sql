-- Each Savings Plan's price of one unit of each SKU that it covered.
WITH seen AS (
  SELECT DISTINCT
    COALESCE(savings_plan_savings_plan_a_r_n, '') AS plan,
    COALESCE(product_sku, '') AS sku,
    savings_plan_savings_plan_rate AS rate
  FROM cur
  WHERE billing_period BETWEEN '2026-07' AND '2026-09'
    AND line_item_usage_start_date >= TIMESTAMP '2026-07-01 00:00:00'
    AND line_item_usage_start_date < TIMESTAMP '2026-10-01 00:00:00'
    AND line_item_line_item_type = 'SavingsPlanCoveredUsage'
    AND savings_plan_savings_plan_rate IS NOT NULL
)
SELECT DISTINCT
  plan, sku,
  exact(rate) AS rate
FROM seen
ORDER BY 1, 2, 3
