-- What each resource used of each SKU in each hour, by what covered it: quantity, and list, net and amortised cost.
WITH line AS (
  SELECT
    date_trunc('hour', line_item_usage_start_date) AS hour,
    COALESCE(line_item_usage_account_id, '') AS account,
    COALESCE(line_item_resource_id, '') AS resource,
    COALESCE(
      NULLIF(element_at(resource_tags, 'aws_autoscaling_group_name'), ''),
      NULLIF(element_at(resource_tags, 'aws:autoscaling:groupName'), ''),
      NULLIF(element_at(resource_tags, 'aws_ecs_service_name'), ''),
      NULLIF(element_at(resource_tags, 'aws:ecs:serviceName'), ''),
      ''
    ) AS scaling_group,
    COALESCE(
      NULLIF(element_at(resource_tags, 'aws_ecs_cluster_name'), ''),
      NULLIF(element_at(resource_tags, 'aws:ecs:clusterName'), ''),
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
  FROM (
    SELECT * FROM billing.cur WHERE v = 'cur-july' AND billing_period = '2026-07'
    UNION ALL
    SELECT * FROM billing.cur WHERE v = 'cur-august' AND billing_period = '2026-08'
    UNION ALL
    SELECT * FROM billing.cur WHERE v = 'cur-september' AND billing_period = '2026-09'
  ) AS delivered
  WHERE line_item_usage_start_date >= TIMESTAMP '2026-07-01 00:00:00'
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
  COALESCE(CAST(SUM(CAST(CAST(list AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((list - CAST(list AS BIGINT)) * 1e12) - CAST(((list - CAST(list AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((list - CAST(list AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((list - CAST(list AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((list - CAST(list AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((list - CAST(list AS BIGINT)) * 70368744177664) - CAST(((list - CAST(list AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((list - CAST(list AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((list - CAST(list AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((list - CAST(list AS BIGINT)) * 70368744177664) - CAST(((list - CAST(list AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND list > 0)
      THEN CAST(((list - CAST(list AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((list - CAST(list AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS list,
  COALESCE(CAST(SUM(CAST(CAST(net AS BIGINT) AS DECIMAL(38, 0))) AS DECIMAL(38, 12))
    + CAST(SUM(CAST((CASE
    WHEN abs(((net - CAST(net AS BIGINT)) * 1e12) - CAST(((net - CAST(net AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((net - CAST(net AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((net - CAST(net AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((net - CAST(net AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((net - CAST(net AS BIGINT)) * 70368744177664) - CAST(((net - CAST(net AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((net - CAST(net AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((net - CAST(net AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((net - CAST(net AS BIGINT)) * 70368744177664) - CAST(((net - CAST(net AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND net > 0)
      THEN CAST(((net - CAST(net AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((net - CAST(net AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0))) AS DECIMAL(38, 0)) * 0.000000000001, 0) AS net,
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
