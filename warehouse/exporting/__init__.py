"""Plain files of a release for tools that read no folder of Parquet: DuckDB, Excel, csv, one Parquet file a table."""
