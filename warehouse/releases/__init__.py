"""Releases: immutable folders of Parquet, what they hold, and how two of them differ."""
