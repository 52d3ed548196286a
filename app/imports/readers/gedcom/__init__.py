"""Reading GEDCOM 5.5.1 and FamilySearch GEDCOM 7: persons, families, sources and places as records.

Here belong its lines and encodings, its dates, and what its records become. That documents are valid, and which
records there are already, is looked at later, for all formats alike.
"""

from typing import Final

from app.imports.readers.file_format import FileFormat
from app.imports.readers.gedcom.read import read_gedcom

__all__ = ["FORMAT", "read_gedcom"]

FORMAT: Final = FileFormat(
    "gedcom",
    "GEDCOM",
    (".ged",),
    ("text/vnd.familysearch.gedcom",),
    lambda chunks, _: read_gedcom(chunks),
    lambda head: head.text.startswith("0 HEAD"),
)
