"""Seeding: fixtures, written through the write path.

The fixtures themselves are in `seed_data`; files of others are read by `imports`.
"""
