"""Whole data sets out, from one snapshot, in any format.

The formats are `formats`'; reading files back in is `imports`'s.
"""
