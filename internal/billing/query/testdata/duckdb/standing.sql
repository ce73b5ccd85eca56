-- What each volume, address and database's storage cost in each day, whether or not anything ran, at contracted cost.
SELECT
  date_trunc('day', ChargePeriodStart) AS day,
  COALESCE(SubAccountId, '') AS account,
  COALESCE(ResourceId, '') AS resource,
  COALESCE(SkuMeter, '') AS meter,
  bit_count(bit_or(1 << hour(ChargePeriodStart))) AS hours,
  exact_sum(ContractedCost) AS cost
FROM focus
WHERE billing_period BETWEEN '2026-07' AND '2026-09'
  AND ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
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
