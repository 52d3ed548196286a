"""Seeding: fixtures, written through the write path."""
