"""HTTP, of no feature: dispatch, negotiation, caching, conditions, limits, problems.

A path or a parameter of a feature lies in its `router`.
"""
