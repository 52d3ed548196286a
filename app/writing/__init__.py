"""Every write: the rules of each operation, and the one write path.

HTTP of no single operation - keys, replays, bodies - is `web`'s.
"""
