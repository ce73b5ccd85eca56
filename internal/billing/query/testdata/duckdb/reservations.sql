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
  exact_sum(line_item_usage_amount) AS amount,
  exact_sum(line_item_unblended_cost) AS recurring,
  exact_sum(reservation_amortized_upfront_fee_for_billing_period) AS upfront,
  exact_sum(reservation_unused_quantity) AS unused,
  COUNT(reservation_unused_normalized_unit_quantity) AS in_units,
  exact_sum(reservation_unused_normalized_unit_quantity) AS unused_units
FROM cur
WHERE billing_period BETWEEN '2026-07' AND '2026-09'
  AND line_item_line_item_type = 'RIFee'
  AND line_item_product_code IN ('AmazonEC2', 'AmazonRDS', 'AmazonDocDB', 'AmazonNeptune')
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
