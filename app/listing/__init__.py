"""Lists: from a query to a page of documents, with counts and facets.

A filter is `filters`'; a search that ranks is `relevance` here, what is shown of its matches is `search`'s.
"""
