"""Who is linked with whom: neighbourhoods and shortest paths."""
