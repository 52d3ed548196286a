"""Annals, a database of historical events with its evidence."""

__version__ = "0.2.0"
