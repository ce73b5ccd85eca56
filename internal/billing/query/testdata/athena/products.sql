-- What CUR 2.0 says of each SKU that ran or is reserved.
WITH seen AS (
  SELECT DISTINCT
    COALESCE(product_sku, '') AS sku,
    COALESCE(line_item_operation, '') AS operation,
    COALESCE(line_item_product_code, '') AS code,
    COALESCE(line_item_usage_type, '') AS usage_type,
    COALESCE(product_region_code, '') AS region,
    COALESCE(product_instance_type, '') AS type,
    COALESCE(element_at(product, 'operating_system'), '') AS system,
    COALESCE(element_at(product, 'tenancy'), '') AS tenancy,
    COALESCE(element_at(product, 'database_engine'), '') AS engine,
    COALESCE(element_at(product, 'deployment_option'), '') LIKE 'Multi-AZ%' AS multi_az,
    COALESCE(pricing_unit, '') AS unit,
    COALESCE(line_item_normalization_factor, 0) AS factor
  FROM (
    SELECT * FROM billing.cur WHERE v = 'cur-july' AND billing_period = '2026-07'
    UNION ALL
    SELECT * FROM billing.cur WHERE v = 'cur-august' AND billing_period = '2026-08'
    UNION ALL
    SELECT * FROM billing.cur WHERE v = 'cur-september' AND billing_period = '2026-09'
  ) AS delivered
  WHERE line_item_usage_start_date >= TIMESTAMP '2026-07-01 00:00:00'
    AND line_item_usage_start_date < TIMESTAMP '2026-10-01 00:00:00'
    AND (
      line_item_line_item_type = 'RIFee' AND line_item_product_code IN ('AmazonEC2', 'AmazonRDS', 'AmazonDocDB', 'AmazonNeptune')
      OR line_item_line_item_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage') AND (
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
)
SELECT DISTINCT
  sku, operation, code, usage_type, region, type,
  COALESCE(regexp_extract(type, '^(.*)\.', 1), '') AS family,
  system, tenancy, engine, multi_az, unit,
  CAST(CAST(factor AS BIGINT) AS DECIMAL(38, 12)) + CAST((CASE
    WHEN abs(((factor - CAST(factor AS BIGINT)) * 1e12) - CAST(((factor - CAST(factor AS BIGINT)) * 1e12) AS BIGINT)) <> 0.5
      THEN CAST(((factor - CAST(factor AS BIGINT)) * 1e12) AS BIGINT)
    WHEN ((CAST(CAST(((factor - CAST(factor AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((factor - CAST(factor AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((factor - CAST(factor AS BIGINT)) * 70368744177664) - CAST(((factor - CAST(factor AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) > 0
      OR (((CAST(CAST(((factor - CAST(factor AS BIGINT)) * 70368744177664) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * ((factor - CAST(factor AS BIGINT)) * 1e12) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((((factor - CAST(factor AS BIGINT)) * 70368744177664) - CAST(((factor - CAST(factor AS BIGINT)) * 70368744177664) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625) = 0 AND factor > 0)
      THEN CAST(((factor - CAST(factor AS BIGINT)) * 1e12) + 0.5 AS BIGINT)
    ELSE CAST(((factor - CAST(factor AS BIGINT)) * 1e12) - 0.5 AS BIGINT)
    END) AS DECIMAL(38, 0)) * 0.000000000001 AS factor
FROM seen
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13
