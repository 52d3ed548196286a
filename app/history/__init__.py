"""Revisions of a record, and the differences between them.

A record as it was known at a moment is `reading`'s.
"""
