-- What each Savings Plan committed to in each hour, and what of it was used.
SELECT
  date_trunc('hour', line_item_usage_start_date) AS hour,
  COALESCE(savings_plan_savings_plan_a_r_n, '') AS plan,
  COALESCE(line_item_usage_account_id, '') AS owner,
  COALESCE(savings_plan_offering_type, '') AS offering,
  COALESCE(savings_plan_region, '') AS region,
  COALESCE(savings_plan_instance_type_family, '') AS family,
  COALESCE(CAST(SUM(CAST(CAST(savings_plan_total_commitment_to_date AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 1e12) - CAST(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 70368744177664) - CAST(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 70368744177664) - CAST(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND savings_plan_total_commitment_to_date > 0)
      THEN CAST(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((savings_plan_total_commitment_to_date - CAST(savings_plan_total_commitment_to_date AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS total,
  COALESCE(CAST(SUM(CAST(CAST(savings_plan_used_commitment AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 1e12) - CAST(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 70368744177664) - CAST(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 70368744177664) - CAST(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND savings_plan_used_commitment > 0)
      THEN CAST(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((savings_plan_used_commitment - CAST(savings_plan_used_commitment AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS used
FROM (
  SELECT * FROM billing.cur WHERE v = 'cur-july' AND billing_period = '2026-07'
  UNION ALL
  SELECT * FROM billing.cur WHERE v = 'cur-august' AND billing_period = '2026-08'
  UNION ALL
  SELECT * FROM billing.cur WHERE v = 'cur-september' AND billing_period = '2026-09'
) AS delivered
WHERE line_item_usage_start_date >= TIMESTAMP '2026-07-01 00:00:00'
  AND line_item_usage_start_date < TIMESTAMP '2026-10-01 00:00:00'
  AND line_item_line_item_type = 'SavingsPlanRecurringFee'
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2, 3, 4, 5, 6
