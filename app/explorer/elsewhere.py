"""The same question elsewhere: the addresses of the API that ask it, in every format that has room for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.explorer.query import PAGE_PARAMETERS, VIEW_PARAMETERS, Asked
from app.formats import FORMATS, formats_for
from app.formats.format import Use
from app.records.kinds import kind_by_name

_NOT_ASKED: Final = VIEW_PARAMETERS | PAGE_PARAMETERS
"""What does not say which records are looked at, and in which order."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the records of some kind, or those of a search, are had in one format, below the address of the service."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class FormatMenu:
    """A format, and the addresses that have the answer in it."""

    name: str
    media_type: str
    addresses: Sequence[Address]


def elsewhere(asked: Asked) -> Sequence[FormatMenu]:
    """Return where the API answers a question: a list for each kind, or a search among several."""
    search = asked.query.q is not None and len(asked.query.kinds) > 1
    return [
        FormatMenu(FORMATS[name].name, FORMATS[name].media_type, list(_addresses(asked, name, search=search)))
        for name in formats_for(Use.SEARCH if search else Use.LIST)
    ]


def _addresses(asked: Asked, form: str, *, search: bool) -> Iterator[Address]:
    # A format with all names of a record refuses to choose among them.
    left_out = {*_NOT_ASKED, *(["lang"] if FORMATS[form].as_written else [])}
    if not search:
        left_out.add("kind")
    pairs = [(name, value) for name, value in asked.pairs if name not in left_out]
    string = asked.string([*pairs, ("format", form)])
    if search:
        yield Address("search", f"v1/search?{string}")
        return
    for kind in asked.query.kinds:
        collection = kind_by_name(kind).collection
        yield Address(collection, f"v1/{collection}?{string}")
