"""Files into rows: CSV and Parquet, of any length, a row at a time."""
