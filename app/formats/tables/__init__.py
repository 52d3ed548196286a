"""Tables: records as rows, written as CSV or Parquet; read back by `imports`."""
