"""Dates in EDTF (ISO 8601-2): text to value to bounds, and a label in English.

How dates relate to each other is in `values.timespan`; a date with its calendar and notes, in `records`.
"""
