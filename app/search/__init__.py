"""Search over all kinds, and completion of names.

Filtering and ranking are `filters`' and `listing.relevance`'s.
"""
