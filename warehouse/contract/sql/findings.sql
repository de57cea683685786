SELECT
  concat_ws('/', c.document_id, nullif(c.form_id, ''), c.rule_id, c.table_name, nullif(c.record_id, '')) AS finding_id,
  c.rule_id, c.severity, r.title_zh AS rule_zh, r.title_en AS rule_en,
  c.form_id, c.document_id, d.file_name, c.page_number, c.table_name, c.record_id,
  f.status AS form_status, f.fiscal_year, f.region_code, f.region, f.department, f.implementing_unit, f.project_name,
  i.indicator_name,
  c.observed AS printed, c.expected, c.message AS message_zh, c.message_en
FROM checks c
LEFT JOIN rules r USING (rule_id)
LEFT JOIN documents d ON d.document_id = c.document_id
LEFT JOIN all_forms f ON f.form_id = c.form_id
LEFT JOIN (
  SELECT indicator_id, indicator_name FROM indicators
  UNION ALL SELECT indicator_id, indicator_name FROM quarantine.indicators
) i ON i.indicator_id = c.record_id
WHERE c.status = 'fail'
