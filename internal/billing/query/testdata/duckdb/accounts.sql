-- The accounts that anything is charged to; whole months, as invoices are.
SELECT DISTINCT SubAccountId AS account
FROM focus
WHERE billing_period BETWEEN '2026-07' AND '2026-09'
  AND COALESCE(SubAccountId, '') <> ''
ORDER BY 1
