-- Each month's line of each Reserved Instance and reserved DB instance: what it cost, upfront fee included, what it reserved and what was not used.
SELECT
  bill_billing_period_start_date AS month,
  COALESCE(reservation_reservation_a_r_n, '') AS lease,
  COALESCE(line_item_usage_account_id, '') AS owner,
  COALESCE(product_sku, '') AS sku,
  COALESCE(line_item_operation, '') AS operation,
  COALESCE(reservation_availability_zone, '') AS zone,
  COALESCE(reservation_start_time, '') AS start_time,
  COALESCE(reservation_end_time, '') AS end_time,
  COALESCE(reservation_number_of_reservations, '') AS reservations,
  COALESCE(reservation_normalized_units_per_reservation, '') AS units,
  COALESCE(reservation_total_reserved_units, '') AS reserved,
  COALESCE(CAST(SUM(CAST(CAST(line_item_usage_amount AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 1e12) - CAST(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 70368744177664) - CAST(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 70368744177664) - CAST(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND line_item_usage_amount > 0)
      THEN CAST(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((line_item_usage_amount - CAST(line_item_usage_amount AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS amount,
  COALESCE(CAST(SUM(CAST(CAST(line_item_unblended_cost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 1e12) - CAST(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 70368744177664) - CAST(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 70368744177664) - CAST(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND line_item_unblended_cost > 0)
      THEN CAST(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((line_item_unblended_cost - CAST(line_item_unblended_cost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS recurring,
  COALESCE(CAST(SUM(CAST(CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 1e12) - CAST(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 70368744177664) - CAST(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 70368744177664) - CAST(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND reservation_amortized_upfront_fee_for_billing_period > 0)
      THEN CAST(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((reservation_amortized_upfront_fee_for_billing_period - CAST(reservation_amortized_upfront_fee_for_billing_period AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS upfront,
  COALESCE(CAST(SUM(CAST(CAST(reservation_unused_quantity AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 1e12) - CAST(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 70368744177664) - CAST(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 70368744177664) - CAST(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND reservation_unused_quantity > 0)
      THEN CAST(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((reservation_unused_quantity - CAST(reservation_unused_quantity AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS unused,
  COUNT(reservation_unused_normalized_unit_quantity) AS in_units,
  COALESCE(CAST(SUM(CAST(CAST(reservation_unused_normalized_unit_quantity AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 1e12) - CAST(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 70368744177664) - CAST(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 70368744177664) - CAST(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND reservation_unused_normalized_unit_quantity > 0)
      THEN CAST(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((reservation_unused_normalized_unit_quantity - CAST(reservation_unused_normalized_unit_quantity AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS unused_units
FROM (
  SELECT * FROM billing.cur WHERE v = 'cur-july' AND billing_period = '2026-07'
  UNION ALL
  SELECT * FROM billing.cur WHERE v = 'cur-august' AND billing_period = '2026-08'
  UNION ALL
  SELECT * FROM billing.cur WHERE v = 'cur-september' AND billing_period = '2026-09'
) AS delivered
WHERE line_item_line_item_type = 'RIFee'
  AND line_item_product_code IN ('AmazonEC2', 'AmazonRDS', 'AmazonDocDB', 'AmazonNeptune')
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
