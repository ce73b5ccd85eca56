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
  exact_sum(ListCost) AS list,
  exact_sum(ContractedCost) AS contract,
  exact_sum(EffectiveCost) AS effective,
  exact_sum(BilledCost) AS billed
FROM focus
WHERE billing_period BETWEEN '2026-07' AND '2026-09'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
