-- What each resource used of each SKU in each hour by FOCUS alone: quantity, and list, billed and effective cost.
WITH line AS (
  SELECT
    date_trunc('hour', ChargePeriodStart) AS hour,
    COALESCE(SubAccountId, '') AS account,
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
    COALESCE(AvailabilityZone, '') AS zone,
    CASE
      WHEN PricingCategory = 'Dynamic' OR SkuMeter LIKE '%SpotUsage%' THEN 'SpotUsage'
      WHEN PricingCategory = 'Committed' AND CommitmentDiscountCategory = 'Spend' THEN 'SavingsPlanCoveredUsage'
      WHEN PricingCategory = 'Committed' THEN 'DiscountedUsage'
      ELSE 'Usage'
    END AS line,
    COALESCE(CommitmentDiscountId, '') AS commitment,
    COALESCE(PricingQuantity, ConsumedQuantity) AS quantity,
    CASE WHEN PricingCategory = 'Dynamic' OR SkuMeter LIKE '%SpotUsage%' THEN ContractedCost ELSE ListCost END AS list,
    BilledCost AS net,
    EffectiveCost AS effective
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
  hour, account, resource, scaling_group, cluster, sku, '' AS operation, zone, line, commitment,
  exact_sum(quantity) AS quantity,
  exact_sum(list) AS list,
  exact_sum(net) AS net,
  exact_sum(effective) AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
