"""Whole data sets out, from one snapshot, in any format."""
