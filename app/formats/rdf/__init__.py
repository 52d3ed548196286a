"""RDF: records as resources, written as JSON-LD or Turtle.

Linked Places, which is GeoJSON, is in `formats.geojson`.
"""
