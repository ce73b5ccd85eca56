-- What each resource used of each SKU in each hour, by what covered it: quantity, and list, net and amortised cost.
WITH line AS (
  SELECT
    date_trunc('hour', line_item_usage_start_date) AS hour,
    COALESCE(line_item_usage_account_id, '') AS account,
    COALESCE(line_item_resource_id, '') AS resource,
    COALESCE(
      NULLIF(resource_tags['aws_autoscaling_group_name'], ''),
      NULLIF(resource_tags['aws:autoscaling:groupName'], ''),
      NULLIF(resource_tags['aws_ecs_service_name'], ''),
      NULLIF(resource_tags['aws:ecs:serviceName'], ''),
      ''
    ) AS scaling_group,
    COALESCE(
      NULLIF(resource_tags['aws_ecs_cluster_name'], ''),
      NULLIF(resource_tags['aws:ecs:clusterName'], ''),
      ''
    ) AS cluster,
    COALESCE(product_sku, '') AS sku,
    COALESCE(line_item_operation, '') AS operation,
    COALESCE(line_item_availability_zone, '') AS zone,
    CASE WHEN line_item_line_item_type = 'Usage' AND line_item_usage_type LIKE '%SpotUsage%' THEN 'SpotUsage' ELSE line_item_line_item_type END AS line,
    COALESCE(NULLIF(reservation_reservation_a_r_n, ''), savings_plan_savings_plan_a_r_n, '') AS commitment,
    line_item_usage_amount AS quantity,
    CASE WHEN line_item_line_item_type = 'Usage' AND line_item_usage_type LIKE '%SpotUsage%' THEN line_item_unblended_cost ELSE pricing_public_on_demand_cost END AS list,
    COALESCE(line_item_net_unblended_cost, line_item_unblended_cost) AS net,
    CASE line_item_line_item_type
      WHEN 'DiscountedUsage' THEN reservation_effective_cost
      WHEN 'SavingsPlanCoveredUsage' THEN savings_plan_savings_plan_effective_cost
      ELSE COALESCE(line_item_net_unblended_cost, line_item_unblended_cost)
    END AS effective
  FROM cur
  WHERE billing_period BETWEEN '2026-07' AND '2026-09'
    AND line_item_usage_start_date >= TIMESTAMP '2026-07-01 00:00:00'
    AND line_item_usage_start_date < TIMESTAMP '2026-10-01 00:00:00'
    AND line_item_line_item_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
    AND (
      line_item_product_code IN ('AmazonEC2') AND (line_item_usage_type LIKE '%BoxUsage%'
        OR line_item_usage_type LIKE '%SpotUsage%'
        OR line_item_usage_type LIKE '%DedicatedUsage%'
        OR line_item_usage_type LIKE '%HostUsage%'
        OR line_item_usage_type LIKE '%UnusedBox%'
        OR line_item_usage_type LIKE '%UnusedDed%')
      OR line_item_product_code IN ('AmazonRDS', 'AmazonDocDB', 'AmazonNeptune') AND (line_item_usage_type LIKE '%InstanceUsage%'
        OR line_item_usage_type LIKE '%Multi-AZUsage%'
        OR line_item_usage_type LIKE '%Multi-AZClusterUsage%'
        OR line_item_usage_type LIKE '%ServerlessUsage%'
        OR line_item_usage_type LIKE '%ServerlessV2Usage%'
        OR line_item_usage_type LIKE '%ServerlessV2IOOptimizedUsage%')
      OR line_item_product_code IN ('AmazonECS', 'AmazonEKS') AND (line_item_usage_type LIKE '%Fargate-vCPU-Hours%'
        OR line_item_usage_type LIKE '%Fargate-GB-Hours%'
        OR line_item_usage_type LIKE '%Fargate-ARM-vCPU-Hours%'
        OR line_item_usage_type LIKE '%Fargate-ARM-GB-Hours%'
        OR line_item_usage_type LIKE '%Fargate-Windows-vCPU-Hours%'
        OR line_item_usage_type LIKE '%Fargate-Windows-GB-Hours%')
      OR line_item_product_code IN ('AWSLambda') AND (line_item_usage_type LIKE '%Lambda-GB-Second%'
        OR line_item_usage_type LIKE '%Lambda-Provisioned-GB-Second%'
        OR line_item_usage_type LIKE '%Lambda-Provisioned-Concurrency%')
    )
)
SELECT
  hour, account, resource, scaling_group, cluster, sku, operation, zone, line, commitment,
  exact_sum(quantity) AS quantity,
  exact_sum(list) AS list,
  exact_sum(net) AS net,
  exact_sum(effective) AS effective
FROM line
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
