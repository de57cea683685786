WITH every_indicator AS (
  SELECT * FROM indicators UNION ALL BY NAME SELECT * FROM quarantine.indicators
),
copied AS (
  SELECT DISTINCT record_id FROM checks WHERE rule_id = 'R28' AND status = 'fail' AND table_name = 'indicators'
)
SELECT
  i.indicator_id, i.form_id, f.status, f.held_by, i.indicator_number,
  f.fiscal_year, f.region_code, f.region, f.department, f.implementing_unit, f.project_name, f.project_key,
  i.level_1_label, i.level_2_label,
  coalesce(i.level_1_type, CASE
    WHEN i.level_2_type IN ('quantity', 'quality', 'timeliness') THEN 'output'
    WHEN i.level_2_type IN ('economic_benefit', 'social_benefit', 'ecological_benefit', 'sustainable_impact') THEN 'benefit'
    WHEN i.level_2_type = 'satisfaction' THEN 'satisfaction'
    WHEN i.level_2_type IN ('economic_cost', 'social_cost', 'ecological_cost') THEN 'cost'
  END) AS level_1_type,
  CASE
    WHEN i.level_1_type IS NOT NULL THEN 'printed'
    -- cost alone does not tell: it is a first level in one template and a second level of output in another
    WHEN i.level_2_type IS NOT NULL AND i.level_2_type <> 'cost' THEN 'second_level'
  END AS level_1_basis,
  i.level_2_type, i.indicator_name, i.target_text, i.actual_text,
  i.target_kind, i.target_operator, i.is_operator_printed, i.target_value, i.target_value_high, i.target_unit,
  i.target_date, i.target_date_operator, i.target_reason, i.target_value_base, i.target_unit_base,
  i.actual_operator, i.actual_value, i.actual_value_high, i.actual_unit, i.actual_date, i.actual_band, i.actual_reason,
  i.actual_value_base, i.actual_unit_base,
  i.attainment_ratio, i.is_met, i.attainment_basis, i.attainment_reason,
  CASE WHEN trim(i.actual_text) <> '' THEN c.record_id IS NOT NULL END AS is_copied_target,
  i.weight_points, i.score_points,
  CASE WHEN i.weight_points > 0 THEN i.score_points = i.weight_points END AS is_full_score,
  i.deviation_text
FROM every_indicator i
JOIN all_forms f USING (form_id)
LEFT JOIN copied c ON c.record_id = i.indicator_id
