"""Lists by relevance: full-text matches, ranked."""
