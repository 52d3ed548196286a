"""The graph of records and their links: neighbourhoods and shortest paths."""
