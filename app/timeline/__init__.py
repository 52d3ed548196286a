"""Timelines: how many records there are in each year, decade or century.

Histograms of time extents are in `values.time_histogram`.
"""
