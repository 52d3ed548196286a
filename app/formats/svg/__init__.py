"""SVG: records on a time line.

Pages of HTML are `explorer`'s.
"""
