-- What each volume, address and database's storage cost in each day, whether or not anything ran, at contracted cost.
SELECT
  date_trunc('day', ChargePeriodStart) AS day,
  COALESCE(SubAccountId, '') AS account,
  COALESCE(ResourceId, '') AS resource,
  COALESCE(SkuMeter, '') AS meter,
  bit_count(bitwise_or_agg(bitwise_left_shift(1, CAST(hour(ChargePeriodStart) AS INTEGER))), 64) AS hours,
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
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS cost
FROM (
  SELECT * FROM billing.focus WHERE v = 'focus-july' AND billing_period = '2026-07'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-august' AND billing_period = '2026-08'
  UNION ALL
  SELECT * FROM billing.focus WHERE v = 'focus-september' AND billing_period = '2026-09'
) AS delivered
WHERE ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
  AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
  AND ChargeCategory = 'Usage'
  AND ResourceId <> ''
  AND (
    SkuMeter LIKE '%EBS:%' AND (SkuMeter LIKE '%VolumeUsage%'
      OR SkuMeter LIKE '%VolumeP-%'
      OR SkuMeter LIKE '%SnapshotUsage%')
    OR SkuMeter LIKE '%PublicIPv4:%'
    OR SkuMeter LIKE '%ElasticIP:%' AND (SkuMeter LIKE '%IdleAddress%')
    OR SkuMeter LIKE '%RDS:%' AND (SkuMeter LIKE '%StorageUsage%'
      OR SkuMeter LIKE '%-Storage%'
      OR SkuMeter LIKE '%PIOPS%'
      OR SkuMeter LIKE '%Throughput%'
      OR SkuMeter LIKE '%BackupUsage%')
    OR SkuMeter LIKE '%Aurora:%' AND (SkuMeter LIKE '%StorageUsage%'
      OR SkuMeter LIKE '%BackupUsage%')
  )
GROUP BY 1, 2, 3, 4
ORDER BY 1, 2, 3, 4
