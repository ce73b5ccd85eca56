-- The accounts that anything is charged to; whole months, as invoices are.
SELECT DISTINCT SubAccountId AS account
FROM (
  SELECT * FROM billing.focus WHERE v = 'focus-july' AND billing_period = '2026-07'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-august' AND billing_period = '2026-08'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-september' AND billing_period = '2026-09'
) AS delivered
WHERE COALESCE(SubAccountId, '') <> ''
ORDER BY 1
