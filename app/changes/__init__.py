"""The changes feed: every write in commit order, for mirrors.

Revisions of one record are `history`'s.
"""
