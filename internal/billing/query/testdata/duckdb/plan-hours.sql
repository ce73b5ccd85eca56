-- What each Savings Plan committed to in each hour, and what of it was used.
SELECT
  date_trunc('hour', line_item_usage_start_date) AS hour,
  COALESCE(savings_plan_savings_plan_a_r_n, '') AS plan,
  COALESCE(line_item_usage_account_id, '') AS owner,
  COALESCE(savings_plan_offering_type, '') AS offering,
  COALESCE(savings_plan_region, '') AS region,
  COALESCE(savings_plan_instance_type_family, '') AS family,
  exact_sum(savings_plan_total_commitment_to_date) AS total,
  exact_sum(savings_plan_used_commitment) AS used
FROM cur
WHERE billing_period BETWEEN '2026-07' AND '2026-09'
  AND line_item_usage_start_date >= TIMESTAMP '2026-07-01 00:00:00'
  AND line_item_usage_start_date < TIMESTAMP '2026-10-01 00:00:00'
  AND line_item_line_item_type = 'SavingsPlanRecurringFee'
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6
