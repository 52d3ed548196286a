"""`GET /v1/dates`: a date explained, in EDTF or as people write it.

What dates mean is in `values.edtf` and `values.timespan`, how texts are read in `values.date_text`.
"""
