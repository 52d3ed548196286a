"""Reading GEDCOM 5.5.1 and FamilySearch GEDCOM 7: persons, families, sources and places as records.

Here belong its lines and encodings, its dates, and what its records become. That documents are valid, and which
records there are already, is looked at later, for all formats alike.
"""

from app.imports.readers.gedcom.read import read_gedcom

__all__ = ["read_gedcom"]
