"""Search over all kinds, and completion of names.

How matches are ranked is `listing.relevance`'s.
"""
