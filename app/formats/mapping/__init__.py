"""Mappings: what the columns of other people's tables mean, declared in YAML (see seed_data/mappings)."""

from app.formats.mapping.applying import read_mapped
from app.formats.mapping.declaring import Mapping, read_mapping
from app.formats.mapping.joining import joined_file
from app.formats.mapping.suggesting import suggest_mapping

__all__ = ["Mapping", "joined_file", "read_mapped", "read_mapping", "suggest_mapping"]
