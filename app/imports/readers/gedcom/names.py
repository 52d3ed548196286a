"""What records of GEDCOM are called."""

import re
from typing import Final

from app.imports.readers.gedcom.dates import read_date
from app.imports.readers.gedcom.lines import Node

_YEAR: Final = re.compile(r"-?[0-9]{4}")
_TITLES: Final = {"SOUR": ("TITL", "ABBR"), "REPO": ("NAME",), "SUBM": ("NAME",)}


def personal_name(node: Node) -> str:
    """Return the name of a NAME line, without the slashes around the surname."""
    whole = " ".join(node.value.replace("/", " ").split())
    return whole or " ".join(
        filter(None, (node.text(tag) for tag in ("NPFX", "GIVN", "SPFX", "SURN", "NSFX")))
    )


def name_of(record: Node) -> str:
    """Return what a person, a source or a repository is called, on one line; empty where nothing says."""
    if record.tag == "INDI":
        names = (personal_name(node) for node in record.below if node.tag == "NAME")
    else:
        names = (record.text(tag) for tag in _TITLES.get(record.tag, ()))
    return next(filter(None, names), "")


def birth_year(record: Node) -> str:
    """Return the first year that the date of a birth has; empty where there is none."""
    for fact in record.below:
        if fact.tag == "BIRT":
            for node in fact.below:
                found = _YEAR.search(read_date(node.value).edtf or "") if node.tag == "DATE" else None
                if found is not None:
                    return found[0]
    return ""
