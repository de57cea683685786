WITH every_place AS (
  SELECT * FROM evidence UNION ALL BY NAME SELECT * FROM quarantine.evidence
),
-- the columns that a printed place feeds, its own and those that are worked out from it
fed (table_name, column_name, feeds) AS (VALUES
  {feeds}
)
SELECT
  e.form_id, e.table_name, e.record_id, e.column_name, e.part_number,
  coalesce(fed.feeds, e.column_name) AS feeds,
  f.status, f.document_id, f.file_name, f.archive_path,
  e.page_number, e.x0, e.top, e.x1, e.bottom, e.printed_text, e.confidence
FROM every_place e
JOIN all_forms f USING (form_id)
LEFT JOIN fed USING (table_name, column_name)
