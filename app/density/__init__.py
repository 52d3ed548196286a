"""Density: how many records there may and must be in each cell of a map.

What is stored of where records are is in `values.map_areas` and `database.index.place_sets`; what is counted beforehand, in
`values.map_totals`, `values.map_blocks` and `database.index.area_log`.
"""
