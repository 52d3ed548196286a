"""Merging two records that are one, and undoing that; renaming a record, by the same means.

Redirecting reads of a merged record is up to the route classes of `web`.
"""
