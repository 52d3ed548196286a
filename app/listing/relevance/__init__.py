"""Lists by relevance: full-text matches, ranked.

How text is tokenized and indexed is in `values` and `database.index`; what a query may ask, in `filters.full_text`.
"""
