"""Connections, tables, and index rows derived from documents; look-ups that several features share.

Nothing here knows HTTP or a feature: statements of one feature lie in that feature.
"""
