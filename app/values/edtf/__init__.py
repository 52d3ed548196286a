"""Dates in EDTF (ISO 8601-2): text to value to bounds, and a label in English."""
