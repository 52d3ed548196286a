"""The graph of records and their links: neighbourhoods and shortest paths.

A list of what refers to one record is `reading`'s; how links become rows, `database.index`'s.
"""
