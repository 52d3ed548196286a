"""RDF: records as resources, written as JSON-LD or Turtle."""
