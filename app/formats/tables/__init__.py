"""Tables: records as rows, written as CSV or Parquet.

What reads tables back is in `imports`, by the same columns.
"""
