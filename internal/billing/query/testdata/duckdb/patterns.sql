-- What each resource used of each SKU in each hour of the week (UTC, Monday 00:00 is 0): in which weeks, as bits, and at what cost.
WITH line AS (
  SELECT
    COALESCE(SubAccountId, '') AS account,
    COALESCE(RegionId, '') AS region,
    COALESCE(ResourceId, '') AS resource,
    COALESCE(
      NULLIF(Tags['aws_autoscaling_group_name'], ''),
      NULLIF(Tags['aws:autoscaling:groupName'], ''),
      NULLIF(Tags['aws_ecs_service_name'], ''),
      NULLIF(Tags['aws:ecs:serviceName'], ''),
      ''
    ) AS scaling_group,
    COALESCE(
      NULLIF(Tags['aws_ecs_cluster_name'], ''),
      NULLIF(Tags['aws:ecs:clusterName'], ''),
      ''
    ) AS cluster,
    COALESCE(SkuId, '') AS sku,
    SkuMeter AS meter,
    CASE
      WHEN PricingCategory = 'Dynamic' OR SkuMeter LIKE '%SpotUsage%' THEN 'SpotUsage'
      WHEN PricingCategory = 'Committed' AND CommitmentDiscountCategory = 'Spend' THEN 'SavingsPlanCoveredUsage'
      WHEN PricingCategory = 'Committed' THEN 'DiscountedUsage'
      ELSE 'Usage'
    END AS line,
    date_diff('hour', TIMESTAMP '2026-06-29 00:00:00', ChargePeriodStart) % 168 AS hour,
    date_diff('week', TIMESTAMP '2026-06-29 00:00:00', ChargePeriodStart) AS week,
    COALESCE(PricingQuantity, ConsumedQuantity) AS quantity,
    ContractedCost AS contract,
    EffectiveCost AS effective,
    COALESCE(
      NULLIF(Tags['Team'], ''),
      NULLIF(Tags['user_team'], ''),
      ''
    ) AS tag1
  FROM focus
  WHERE billing_period BETWEEN '2026-07' AND '2026-09'
    AND ChargePeriodStart >= TIMESTAMP '2026-07-01 00:00:00'
    AND ChargePeriodStart < TIMESTAMP '2026-10-01 00:00:00'
    AND ChargeCategory = 'Usage'
    AND COALESCE(ChargeClass, '') = ''
    AND COALESCE(CommitmentDiscountStatus, '') <> 'Unused'
    AND ServiceCategory IN ('Compute', 'Databases')
    AND (
      SkuMeter LIKE '%BoxUsage%'
      OR SkuMeter LIKE '%SpotUsage%'
      OR SkuMeter LIKE '%DedicatedUsage%'
      OR SkuMeter LIKE '%HostUsage%'
      OR SkuMeter LIKE '%UnusedBox%'
      OR SkuMeter LIKE '%UnusedDed%'
      OR SkuMeter LIKE '%InstanceUsage%'
      OR SkuMeter LIKE '%Multi-AZUsage%'
      OR SkuMeter LIKE '%Multi-AZClusterUsage%'
      OR SkuMeter LIKE '%ServerlessUsage%'
      OR SkuMeter LIKE '%ServerlessV2Usage%'
      OR SkuMeter LIKE '%ServerlessV2IOOptimizedUsage%'
      OR SkuMeter LIKE '%Fargate-vCPU-Hours%'
      OR SkuMeter LIKE '%Fargate-GB-Hours%'
      OR SkuMeter LIKE '%Fargate-ARM-vCPU-Hours%'
      OR SkuMeter LIKE '%Fargate-ARM-GB-Hours%'
      OR SkuMeter LIKE '%Fargate-Windows-vCPU-Hours%'
      OR SkuMeter LIKE '%Fargate-Windows-GB-Hours%'
      OR SkuMeter LIKE '%Lambda-GB-Second%'
      OR SkuMeter LIKE '%Lambda-Provisioned-GB-Second%'
      OR SkuMeter LIKE '%Lambda-Provisioned-Concurrency%'
    )
)
SELECT
  account, region,
  CASE WHEN scaling_group = '' THEN resource ELSE '' END AS resource,
  scaling_group, cluster, sku, meter, line, tag1, hour,
  bit_or(CASE WHEN quantity > 0 THEN CAST(1 AS BIGINT) << week ELSE 0 END) AS weeks,
  COUNT(*) AS lines,
  exact_sum(quantity) AS quantity,
  exact_sum(contract) AS contract,
  exact_sum(effective) AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
