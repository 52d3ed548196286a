"""The two databases: connections, statements compiled for each, errors of the drivers made ours.

No table is known here.
"""
