"""Merging two records that are one, and undoing that.

Redirecting reads of a merged record is up to the route classes of `web`.
"""
