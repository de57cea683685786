WITH counted AS (
  -- what is published counts; a form that is held back only where nothing of the same project and year is published
  SELECT * FROM all_forms
  WHERE project_key IS NOT NULL AND fiscal_year IS NOT NULL
  QUALIFY status = 'published' OR count(*) FILTER (status = 'published') OVER (PARTITION BY project_key, fiscal_year) = 0
),
by_year AS (
  SELECT project_key, fiscal_year,
    count(*) AS form_count, string_agg(form_id, ' ' ORDER BY form_id) AS form_ids, min(status) AS status,
    min(region_code) AS region_code, min(region) AS region,
    min(department) AS department, min(implementing_unit) AS implementing_unit, min(project_name) AS project_name,
    CASE WHEN count(initial_budget_cny) = count(*) THEN sum(initial_budget_cny) END AS initial_budget_cny,
    CASE WHEN count(annual_budget_cny) = count(*) THEN sum(annual_budget_cny) END AS annual_budget_cny,
    CASE WHEN count(executed_cny) = count(*) THEN sum(executed_cny) END AS executed_cny,
    CASE WHEN count(*) = 1 THEN min(execution_rate_pct) END AS execution_rate_pct,
    CASE WHEN count(*) = 1 THEN min(total_score_points) END AS total_score_points,
    CASE WHEN count(*) = 1 THEN min(rating) END AS rating
  FROM counted GROUP BY project_key, fiscal_year
)
SELECT
  n.project_key || '|' || n.fiscal_year AS project_year_id,
  n.*,
  exact_percent(n.executed_cny, n.annual_budget_cny) AS recomputed_rate_pct,
  count(*) OVER (PARTITION BY n.project_key) AS year_count,
  p.form_ids AS previous_form_ids,
  p.annual_budget_cny AS previous_annual_budget_cny,
  p.executed_cny AS previous_executed_cny,
  p.execution_rate_pct AS previous_execution_rate_pct,
  exact_percent(p.executed_cny, p.annual_budget_cny) AS previous_recomputed_rate_pct,
  p.total_score_points AS previous_total_score_points,
  p.rating AS previous_rating,
  n.annual_budget_cny - p.annual_budget_cny AS budget_change_cny,
  n.executed_cny - p.executed_cny AS executed_change_cny,
  n.total_score_points - p.total_score_points AS score_change_points
FROM by_year n
LEFT JOIN by_year p ON p.project_key = n.project_key AND p.fiscal_year = n.fiscal_year - 1
