"""Fixtures, written through the write path."""
