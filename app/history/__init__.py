"""Revisions of a record, and the differences between them.

A record as of a past moment is `reading`'s.
"""
