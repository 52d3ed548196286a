"""`GET /v1/dates`: an EDTF date explained.

What dates mean is in `values.edtf` and `values.timespan`.
"""
