"""Annals, a database of historical events with its evidence."""

__version__ = "0.1.0"
