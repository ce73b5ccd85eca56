-- Charges by billing month, account, invoice and sort, at list, contracted, effective and billed cost; whole months, as invoices are.
SELECT
  BillingPeriodStart AS month,
  COALESCE(BillingAccountId, '') AS payer,
  COALESCE(SubAccountId, '') AS account,
  COALESCE(BillingCurrency, '') AS currency,
  COALESCE(InvoiceId, '') AS invoice,
  COALESCE(ChargeCategory, '') AS category,
  COALESCE(ChargeClass, '') AS class,
  COALESCE(PricingCategory, '') AS pricing,
  COALESCE(ServiceName, '') AS service,
  COALESCE(CommitmentDiscountStatus, '') AS discount,
  COUNT(*) AS lines,
  COALESCE(CAST(SUM(CAST(CAST(ListCost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) - CAST(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((ListCost - CAST(ListCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) - CAST(((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((ListCost - CAST(ListCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) - CAST(((ListCost - CAST(ListCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND ListCost > 0)
      THEN CAST(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((ListCost - CAST(ListCost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS list,
  COALESCE(CAST(SUM(CAST(CAST(ContractedCost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) - CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) - CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) - CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND ContractedCost > 0)
      THEN CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((ContractedCost - CAST(ContractedCost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS contract,
  COALESCE(CAST(SUM(CAST(CAST(EffectiveCost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) - CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) - CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) - CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND EffectiveCost > 0)
      THEN CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((EffectiveCost - CAST(EffectiveCost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS effective,
  COALESCE(CAST(SUM(CAST(CAST(BilledCost AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) - CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) - CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) - CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND BilledCost > 0)
      THEN CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((BilledCost - CAST(BilledCost AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS billed
FROM (
  SELECT * FROM billing.focus WHERE v = 'focus-july' AND billing_period = '2026-07'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-august' AND billing_period = '2026-08'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-september' AND billing_period = '2026-09'
) AS delivered
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
