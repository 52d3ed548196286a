"""Reading BibTeX and biblatex: entries as sources.

`entries` cuts a file into entries, one at a time, and those into fields; `latex` reads what TeX would print; `names`
divides lists of names; `reader` says which member of a source a field is. What is common to all bibliographies is
in `cited_sources`.
"""

from typing import Final

from app.imports.readers.bibtex.entries import begins_with_an_entry
from app.imports.readers.bibtex.reader import read_bibtex
from app.imports.readers.file_format import FileFormat

__all__ = ["FORMAT", "read_bibtex"]

FORMAT: Final = FileFormat(
    "bibtex",
    "BibTeX",
    (".bib",),
    ("application/x-bibtex",),
    lambda chunks, _: read_bibtex(chunks),
    lambda head: begins_with_an_entry(head.text),
)
