-- What each resource used of each SKU in each hour of the week (UTC, Monday 00:00 is 0): in which weeks, as bits, and at what cost.
WITH line AS (
  SELECT
    COALESCE(SubAccountId, '') AS account,
    COALESCE(RegionId, '') AS region,
    COALESCE(ResourceId, '') AS resource,
    COALESCE(
      NULLIF(element_at(Tags, 'aws_autoscaling_group_name'), ''),
      NULLIF(element_at(Tags, 'aws:autoscaling:groupName'), ''),
      NULLIF(element_at(Tags, 'aws_ecs_service_name'), ''),
      NULLIF(element_at(Tags, 'aws:ecs:serviceName'), ''),
      ''
    ) AS scaling_group,
    COALESCE(
      NULLIF(element_at(Tags, 'aws_ecs_cluster_name'), ''),
      NULLIF(element_at(Tags, 'aws:ecs:clusterName'), ''),
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
      NULLIF(element_at(Tags, 'Team'), ''),
      NULLIF(element_at(Tags, 'user_team'), ''),
      ''
    ) AS tag1
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
  bitwise_or_agg(CASE WHEN quantity > 0 THEN bitwise_left_shift(CAST(1 AS BIGINT), CAST(week AS INTEGER)) ELSE 0 END) AS weeks,
  COUNT(*) AS lines,
  COALESCE(CAST(SUM(CAST(CAST(quantity AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((quantity - CAST(quantity AS BIGINT)) * 1e12) - CAST(((quantity - CAST(quantity AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((quantity - CAST(quantity AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((quantity - CAST(quantity AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((quantity - CAST(quantity AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((quantity - CAST(quantity AS BIGINT)) * 70368744177664) - CAST(((quantity - CAST(quantity AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((quantity - CAST(quantity AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((quantity - CAST(quantity AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((quantity - CAST(quantity AS BIGINT)) * 70368744177664) - CAST(((quantity - CAST(quantity AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND quantity > 0)
      THEN CAST(((quantity - CAST(quantity AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((quantity - CAST(quantity AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS quantity,
  COALESCE(CAST(SUM(CAST(CAST(contract AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((contract - CAST(contract AS BIGINT)) * 1e12) - CAST(((contract - CAST(contract AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((contract - CAST(contract AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((contract - CAST(contract AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((contract - CAST(contract AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((contract - CAST(contract AS BIGINT)) * 70368744177664) - CAST(((contract - CAST(contract AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((contract - CAST(contract AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((contract - CAST(contract AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((contract - CAST(contract AS BIGINT)) * 70368744177664) - CAST(((contract - CAST(contract AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND contract > 0)
      THEN CAST(((contract - CAST(contract AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((contract - CAST(contract AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS contract,
  COALESCE(CAST(SUM(CAST(CAST(effective AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((effective - CAST(effective AS BIGINT)) * 1e12) - CAST(((effective - CAST(effective AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((effective - CAST(effective AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((effective - CAST(effective AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((effective - CAST(effective AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((effective - CAST(effective AS BIGINT)) * 70368744177664) - CAST(((effective - CAST(effective AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((effective - CAST(effective AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((effective - CAST(effective AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((effective - CAST(effective AS BIGINT)) * 70368744177664) - CAST(((effective - CAST(effective AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND effective > 0)
      THEN CAST(((effective - CAST(effective AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((effective - CAST(effective AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
