"""Reading the XML of Gramps (1.5 and later): persons, events, places and sources as records.

Here belong its elements, its dates, and what its objects become; what it has in common with GEDCOM is beside it, in
`genealogical_dates` and `families`. That documents are valid is looked at later, for all formats alike.
"""

import re
from typing import Final

from app.imports.readers.file_format import FileFormat
from app.imports.readers.gramps.read import read_gramps

__all__ = ["FORMAT", "read_gramps"]

_ROOT: Final = re.compile(r"<database\s[^>]*gramps-project\.org/xml/")

FORMAT: Final = FileFormat(
    "gramps",
    "Gramps",
    (".gramps",),
    ("application/x-gramps-xml",),
    lambda chunks, _: read_gramps(chunks),
    lambda head: head.text.startswith("<") and _ROOT.search(head.text) is not None,
)
