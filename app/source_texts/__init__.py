"""Texts attached to sources, and whether what is quoted from them still matches."""
