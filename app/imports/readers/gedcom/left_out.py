"""What lines of GEDCOM nothing was made of, for the notes of the report."""

from collections.abc import Iterator
from typing import Final

from app.imports.documents import (
    GEDCOM_DATES,
    GEDCOM_EXTENSIONS,
    GEDCOM_IDENTIFIERS,
    GEDCOM_MEDIA,
    GEDCOM_OTHER,
    GEDCOM_RESTRICTED,
)
from app.imports.readers.gedcom.dates import read_date
from app.imports.readers.gedcom.lines import Node
from app.imports.readers.gedcom.restrictions import is_restricted

_IDENTIFIERS: Final = frozenset(
    {"CHAN", "CREA", "RIN", "REFN", "UID", "EXID", "AFN", "RFN", "SUBM", "ANCI", "DESI"}
)
_MEDIA: Final = frozenset({"OBJE", "FILE"})


def notes_on(record: Node) -> tuple[str, ...]:
    """Return the notes on a record, or on what is below it, that nothing was made of, and on its dates and restrictions."""
    notes = [_note_on(tag) for tag in _unused(record)] if record.used else [_note_on(record.tag)]
    dates = (date for fact in record.below for date in fact.below if date.tag == "DATE" and date.used)
    # Words in parentheses are of the grammar.
    words = (date.value.strip() for date in dates)
    if any(one and one[0] != "(" and read_date(one).edtf is None for one in words):
        notes.append(GEDCOM_DATES)
    if is_restricted(record):
        notes.append(GEDCOM_RESTRICTED)
    return tuple(dict.fromkeys(notes))


def _unused(node: Node) -> Iterator[str]:
    waiting = [node]
    while waiting:
        for one in waiting.pop().below:
            if one.used:
                waiting.append(one)
            else:
                yield one.tag


def _note_on(tag: str) -> str:
    if tag.startswith("_"):
        return GEDCOM_EXTENSIONS
    if tag in _MEDIA:
        return GEDCOM_MEDIA
    return GEDCOM_IDENTIFIERS if tag in _IDENTIFIERS else GEDCOM_OTHER
