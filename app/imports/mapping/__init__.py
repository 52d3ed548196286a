"""Mappings: what the columns of other people's tables mean, declared in YAML (see seed_data/mappings).

A mapping is compiled to functions of a row, which yield documents; validating those is the importer's
business.
"""

from app.imports.mapping.apply import read_mapped
from app.imports.mapping.declaration import Mapping, parse_mapping, read_mapping
from app.imports.mapping.joins import joined_file
from app.imports.mapping.suggest import suggest_mapping

__all__ = ["Mapping", "joined_file", "parse_mapping", "read_mapped", "read_mapping", "suggest_mapping"]
