"""Maintenance of a database: check, reindex, doctor, backup, restore, purge, migrate.

The commands for them are `cli`'s.
"""
