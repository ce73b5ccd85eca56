-- What each account's usage cost in each month, by category of service and by the values of tags; empty where one is not there.
SELECT
  date_trunc('month', ChargePeriodStart) AS month,
  COALESCE(SubAccountId, '') AS account,
  COALESCE(ServiceCategory, '') AS service,
  COALESCE(
    NULLIF(Tags['Team'], ''),
    NULLIF(Tags['user_team'], ''),
    ''
  ) AS tag1,
  COUNT(*) AS lines,
  exact_sum(EffectiveCost) AS effective
FROM focus
WHERE billing_period BETWEEN '2026-07' AND '2026-09'
  AND ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
  AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
  AND ChargeCategory = 'Usage'
  AND COALESCE(ChargeClass, '') = ''
  AND COALESCE(CommitmentDiscountStatus, '') <> 'Unused'
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
