WITH every_form AS (
  SELECT *, 'published' AS status FROM forms
  UNION ALL BY NAME
  SELECT *, 'held' AS status FROM quarantine.forms
),
failed AS (
  SELECT form_id,
    count(*) FILTER (severity = 'critical') AS critical_findings,
    count(*) FILTER (severity = 'warning') AS warning_findings,
    count(*) FILTER (severity = 'info') AS info_findings,
    string_agg(DISTINCT rule_id, ', ' ORDER BY rule_id) FILTER (severity = 'critical') AS critical_rules
  FROM checks WHERE status = 'fail' AND form_id <> '' GROUP BY form_id
),
-- what a printed name may begin with: the full name of a division, without its prefecture, and its own name where no other has it
names AS (
  SELECT r.region_code, r.full_name AS name FROM regions r
  UNION
  SELECT r.region_code, province.region_name || r.region_name
  FROM regions r JOIN regions province ON province.region_code = left(r.region_code, 2) || '0000'
  WHERE r.level = 'county'
  UNION
  SELECT r.region_code, parent.region_name || r.region_name FROM regions r JOIN regions parent ON parent.region_code = r.parent_code
  WHERE r.level = 'county'
  UNION
  SELECT min(region_code), region_name FROM regions GROUP BY region_name HAVING count(*) = 1
),
-- names that stand for one division only
keys AS (
  SELECT name, min(region_code) AS region_code, len(name) AS length FROM names GROUP BY name
  HAVING count(DISTINCT region_code) = 1 AND len(name) > 2
),
texts AS (
  SELECT DISTINCT name FROM (
    SELECT department AS name FROM every_form UNION ALL SELECT implementing_unit FROM every_form
    UNION ALL SELECT region FROM documents
  ) WHERE name <> ''
),
-- the longest of them that each text begins with, after a code or a number such as 219-
heads AS (
  SELECT t.name, arg_max(k.region_code, k.length) AS region_code
  FROM (SELECT name, han_name(name) AS begins, unnest(range(3, 25)) AS length FROM texts) t
  JOIN keys k ON k.length = t.length AND k.name = left(t.begins, t.length)
  GROUP BY t.name
),
placed AS (
  SELECT f.form_id,
    coalesce(
      CASE WHEN regexp_full_match(d.region, '[0-9]{6}') THEN d.region END, given.region_code
    ) AS given_code,
    d.region AS given,
    CASE
      WHEN department.region_code IS NULL THEN unit.region_code
      WHEN unit.region_code IS NULL THEN department.region_code
      -- the two must not contradict each other: one is a part of the other
      WHEN starts_with(unit.region_code, regexp_replace(department.region_code, '(00)+$', '')) THEN unit.region_code
      WHEN starts_with(department.region_code, regexp_replace(unit.region_code, '(00)+$', '')) THEN department.region_code
    END AS derived_code
  FROM every_form f
  JOIN documents d USING (document_id)
  LEFT JOIN heads given ON given.name = d.region
  LEFT JOIN heads department ON department.name = f.department
  LEFT JOIN heads unit ON unit.name = f.implementing_unit
),
region_of AS (
  SELECT p.form_id,
    CASE WHEN p.given <> '' THEN p.given_code ELSE p.derived_code END AS region_code,
    CASE WHEN p.given <> '' THEN coalesce(g.full_name, p.given) ELSE r.full_name END AS region,
    CASE WHEN p.given <> '' THEN 'source' WHEN p.derived_code IS NOT NULL THEN 'printed' END AS region_basis
  FROM placed p
  LEFT JOIN regions g ON g.region_code = p.given_code
  LEFT JOIN regions r ON r.region_code = p.derived_code
)
SELECT
  f.form_id, f.document_id, d.file_name, d.source_uri,
  'raw/' || left(f.document_id, 2) || '/' || f.document_id || '.pdf' AS archive_path,
  f.form_number, f.page_first, f.page_last, d.reader, f.template,
  f.status, CASE WHEN f.status = 'held' THEN c.critical_rules END AS held_by,
  coalesce(c.critical_findings, 0) AS critical_findings,
  coalesce(c.warning_findings, 0) AS warning_findings,
  coalesce(c.info_findings, 0) AS info_findings,
  r.region_code, r.region, r.region_basis,
  f.fiscal_year, f.department, f.implementing_unit, f.project_name,
  CASE WHEN coalesce(plain_name(f.implementing_unit), plain_name(f.department)) IS NOT NULL AND timeless_name(f.project_name) IS NOT NULL
    THEN coalesce(r.region_code, '') || '|' || coalesce(plain_name(f.implementing_unit), plain_name(f.department)) || '|' || timeless_name(f.project_name)
  END AS project_key,
  f.title, f.currency_unit, f.expected_goal_text, f.actual_goal_text,
  f.initial_budget_cny, f.annual_budget_cny, f.executed_cny,
  f.annual_budget_cny - f.initial_budget_cny AS adjusted_cny,
  f.annual_budget_cny - f.executed_cny AS unspent_cny,
  in_wan(f.initial_budget_cny) AS initial_budget_wan,
  in_wan(f.annual_budget_cny) AS annual_budget_wan,
  in_wan(f.executed_cny) AS executed_wan,
  in_wan(f.annual_budget_cny - f.initial_budget_cny) AS adjusted_wan,
  in_wan(f.annual_budget_cny - f.executed_cny) AS unspent_wan,
  f.execution_rate_pct,
  exact_percent(f.executed_cny, f.annual_budget_cny) AS recomputed_rate_pct,
  f.execution_rate_pct - exact_percent(f.executed_cny, f.annual_budget_cny) AS rate_difference_pct,
  f.execution_weight_points, f.execution_score_points, f.total_weight_points, f.total_score_points,
  f.rating, f.rating_derived, f.indicator_count
FROM every_form f
JOIN documents d USING (document_id)
LEFT JOIN failed c USING (form_id)
LEFT JOIN region_of r USING (form_id)
