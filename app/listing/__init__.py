"""Lists: from a query to a page of documents, with counts and facets.

A filter belongs in `filters`. Ranking by relevance is here (`relevance`); snippets of matches are
`search`'s.
"""
