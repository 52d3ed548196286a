"""SVG: records on a time line."""
