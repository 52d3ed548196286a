"""What fields are called elsewhere, for suggestions: by these names no similarity of letters leads to them."""

from collections.abc import Iterable
from typing import Final

from app.errors import nearest

_OTHER_NAMES: Final = {
    "author": ("authors",),
    "creator": ("authors",),
    "creators": ("authors",),
    "description": ("summary",),
    "editor": ("editors",),
    "header": ("title",),
    "heading": ("title",),
    "label": ("title",),
    "lang": ("language",),
    "license": ("licence",),
    "link": ("url",),
    "location": ("geometry", "places"),
    "name": ("title",),
    "people": ("participants", "parties"),
    "period": ("date",),
    "references": ("evidence",),
    "rights": ("licence",),
    "sources": ("evidence",),
    "time": ("date",),
    "when": ("date",),
    "where": ("geometry", "places"),
    "who": ("participants", "parties"),
    "year": ("date",),
}

_SERVER_FIELDS: Final = frozenset(("href", "revision", "created_at", "updated_at"))


def nearest_field(name: str, fields: Iterable[str]) -> str | None:
    """Return the field that is meant by a name: by another name of it, else by similarity; None where none is.

    What the server sets is never meant by who writes something else.
    """
    known = [field for field in fields if field not in _SERVER_FIELDS]
    for meant in _OTHER_NAMES.get(name.casefold(), ()):
        if meant in known:
            return meant
    return nearest(name, known)
