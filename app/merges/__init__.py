"""Merging two records that are one, and undoing that."""
