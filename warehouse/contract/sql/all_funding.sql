WITH every_line AS (
  SELECT * FROM funding UNION ALL BY NAME SELECT * FROM quarantine.funding
)
SELECT
  l.funding_id, l.form_id, f.status, f.held_by, l.line_number,
  f.fiscal_year, f.region_code, f.region, f.department, f.implementing_unit, f.project_name, f.project_key,
  l.source_label, l.source_type, l.initial_budget_cny, l.annual_budget_cny, l.executed_cny,
  l.weight_points, l.execution_rate_pct, exact_percent(l.executed_cny, l.annual_budget_cny) AS recomputed_rate_pct, l.score_points,
  l.initial_budget_text, l.annual_budget_text, l.executed_text, l.execution_rate_text, l.deviation_text,
  l.initial_budget_reason, l.annual_budget_reason, l.executed_reason, l.execution_rate_reason
FROM every_line l
JOIN all_forms f USING (form_id)
