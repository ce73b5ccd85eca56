-- What each account's usage cost in each hour, by category of service, at list, contracted and effective cost.
SELECT
  date_trunc('hour', ChargePeriodStart) AS hour,
  COALESCE(SubAccountId, '') AS account,
  COALESCE(ServiceCategory, '') AS service,
  exact_sum(ListCost) AS list,
  exact_sum(ContractedCost) AS contract,
  exact_sum(EffectiveCost) AS effective
FROM focus
WHERE billing_period BETWEEN '2026-07' AND '2026-09'
  AND ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
  AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
  AND ChargeCategory = 'Usage'
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
