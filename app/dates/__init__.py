"""`GET /v1/dates`: an EDTF date explained.

What dates mean lies in `values.edtf` and `values.timespan`.
"""
