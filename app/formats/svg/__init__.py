"""SVG: records on a line of time."""
