"""Texts attached to sources, and whether quotations from them still match.

How selectors are matched is in `values.text_selectors`.
"""
