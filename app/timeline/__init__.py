"""Timelines: how many records there are in each bucket of time, from a day to a millennium.

Histograms of time extents are in `values.time_histogram`.
"""
