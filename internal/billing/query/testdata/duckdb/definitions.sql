-- the rest of x beside its nearest whole number, in trillionths, as a double
CREATE MACRO trillionths(x) AS
  (x - CAST(x AS BIGINT)) * 1e12;

-- the rest in units of 2^-46: its whole part is exact
CREATE MACRO high(x) AS
  (x - CAST(x AS BIGINT)) * 70368744177664;

-- by how much the exact rest exceeds trillionths, in units of 2^-93 * 5^-12: only its sign is used
CREATE MACRO excess(x) AS
  (CAST(CAST(high(x) AS BIGINT) AS DECIMAL(38, 0)) * 244140625
      - CAST(CAST(2 * trillionths(x) AS BIGINT) AS DECIMAL(38, 0)) * 8589934592) * 140737488355328
      + CAST(CAST((high(x) - CAST(high(x) AS BIGINT)) * 140737488355328 AS BIGINT) AS DECIMAL(38, 0)) * 244140625;

-- trillionths as a whole number, half away from zero
CREATE MACRO rest(x) AS
  CASE
    WHEN abs(trillionths(x) - CAST(trillionths(x) AS BIGINT)) <> 0.5
      THEN CAST(trillionths(x) AS BIGINT)
    WHEN excess(x) > 0
      OR (excess(x) = 0 AND x > 0)
      THEN CAST(trillionths(x) + 0.5 AS BIGINT)
    ELSE CAST(trillionths(x) - 0.5 AS BIGINT)
    END;

-- x as a decimal of twelve places
CREATE MACRO exact(x) AS
  CAST(CAST(x AS BIGINT) AS DECIMAL(38, 12)) + CAST(rest(x) AS DECIMAL(38, 0)) * 0.000000000001;

-- the sum of x as decimals of twelve places, zero if there is none
CREATE MACRO exact_sum(x) AS
  COALESCE(CAST(SUM(CAST(x AS BIGINT)) AS DECIMAL(38, 12))
    + CAST(SUM(rest(x)) AS DECIMAL(38, 0)) * 0.000000000001, 0)
