WITH of_department AS (
  SELECT *, coalesce(plain_name(department), plain_name(implementing_unit), '未填') AS department_key,
    annual_budget_cny IS NOT NULL AND executed_cny IS NOT NULL AS has_amounts
  FROM all_forms
)
SELECT
  concat_ws('|', coalesce(region_code, ''), department_key, coalesce(fiscal_year::VARCHAR, '')) AS department_year_id,
  min(coalesce(department, implementing_unit)) AS department, region_code, min(region) AS region, fiscal_year,
  count(*) AS form_count,
  count(*) FILTER (status = 'published') AS published_count,
  count(*) FILTER (status = 'held') AS held_count,
  count(*) FILTER (has_amounts) AS amounts_count,
  sum(annual_budget_cny) FILTER (has_amounts) AS annual_budget_cny,
  sum(executed_cny) FILTER (has_amounts) AS executed_cny,
  sum(unspent_cny) FILTER (has_amounts) AS unspent_cny,
  in_wan(sum(annual_budget_cny) FILTER (has_amounts)) AS annual_budget_wan,
  in_wan(sum(executed_cny) FILTER (has_amounts)) AS executed_wan,
  in_wan(sum(unspent_cny) FILTER (has_amounts)) AS unspent_wan,
  exact_percent(sum(executed_cny) FILTER (has_amounts), sum(annual_budget_cny) FILTER (has_amounts)) AS recomputed_rate_pct,
  count(*) FILTER (execution_rate_pct < 0 OR execution_rate_pct > 100) AS impossible_rate_count,
  count(*) FILTER (abs(rate_difference_pct) >= 0.1) AS wrong_rate_count,
  count(total_score_points) AS scored_count,
  exact_ratio(sum(total_score_points), count(total_score_points)) AS mean_score_points,
  count(*) FILTER (rating_derived = '优') AS excellent_count,
  count(*) FILTER (rating_derived = '良') AS good_count,
  count(*) FILTER (rating_derived = '中') AS fair_count,
  count(*) FILTER (rating_derived = '差') AS poor_count,
  sum(critical_findings) AS critical_findings,
  sum(warning_findings) AS warning_findings,
  sum(info_findings) AS info_findings
FROM of_department
GROUP BY region_code, department_key, fiscal_year
