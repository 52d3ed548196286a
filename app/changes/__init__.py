"""The changes feed: every write in the order of commits, for who keeps a copy.

Revisions of one record are `history`'s.
"""
