"""Filters of templates, after a bar as in `{name|slug}`.

A filter does what its name says. A value that it does not understand is a fault, never cut or dropped.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from app.errors import nearest
from app.imports.mapping.errors import CellFault, MappingFault
from app.imports.mapping.text_verbs import clean, cut, plain, replaced
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import parse_edtf
from app.values.slug import slugify

_CALENDAR_DAY: Final = re.compile(r"-?\d{4,}-\d\d-\d\d", re.ASCII)

_MOMENT: Final = re.compile(
    r"(?P<day>-?\d{4,}-\d\d-\d\d)"
    r"(?:T|[ \t]+)"
    # A mere hour only after a T: `2009-02-20 10` may be anything.
    r"(?:(?:[01]?\d|2[0-4]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d+)?)?(?:[ ]?[AaPp]\.?[Mm]\.?)?"
    r"|(?<=T)(?:[01]\d|2[0-4])(?:[0-5]\d(?:(?:[0-5]\d|60)(?:[.,]\d+)?)?)?)"
    r"(?:[ ]?(?:Z|z|UTC|GMT|[+-](?:0\d|1[0-8])(?::?[0-5]\d)?))?",
    re.ASCII,
)


@lru_cache(maxsize=4096)  # cached, since names of places and people repeat
def _slug(text: str) -> str:
    found = slugify(text)
    if found is None:
        raise CellFault("no_id", "Nothing in this cell can be written in the letters and digits of an id.")
    return found


def _titled(text: str) -> str:
    return re.sub(r"\w+('\w+)?", lambda match: match[0][0].upper() + match[0][1:].lower(), text)


def _day(text: str) -> str:
    """Return the day of a moment (ISO 8601-1, 5.4.2, or with a blank for the T); a date is returned as it is."""
    if _CALENDAR_DAY.fullmatch(text):
        return text
    found = _MOMENT.fullmatch(text)
    if found is not None:
        return found["day"]
    try:
        parse_edtf(text)
    except EdtfError:
        detail = "Only a date, or a date with a time of day after it, has a day; this is neither."
        raise CellFault("not_a_date", detail) from None
    return text


FILTERS: Final[dict[str, Callable[[str], str]]] = {
    "slug": _slug,
    "lower": str.lower,
    "upper": str.upper,
    "title": _titled,
    "day": _day,
    "line": lambda text: " ".join(text.split()),
    "clean": clean,
    "plain": plain,
}
"""The filters of a column: `{name|slug}` as for an id, `|day` of a moment, `|line` on one line, …"""

MAX_CUT: Final = 1_000_000
"""The longest text that one can be cut to."""

_WITH_ARGUMENTS: Final = {"cut": "cut(300)", "replace": "replace('_', ' ')"}
_ARGUMENT: Final = r"""'[^']*'|"[^"]*"|[0-9]++"""
_FILTER: Final = re.compile(
    r"""\s*+(?P<name>[^|()'"\s]*+)\s*+"""
    rf"(?:\((?P<arguments>\s*+(?:(?:{_ARGUMENT})\s*+(?:,\s*+)?)*)\)\s*+)?(?:\||$)",
    re.ASCII,
)
_ONE_ARGUMENT: Final = re.compile(_ARGUMENT, re.ASCII)


def parse_filters(text: str) -> list[Callable[[str], str]]:
    """Parse the filters of a column, with bars between them: `slug`, `plain|cut(300)`, `replace('_', ' ')`.

    Raises:
        MappingFault: one of them is unknown, or its arguments are not those that it takes.
    """
    found = []
    at = 0
    while True:
        match = _FILTER.match(text, at)
        if match is None:
            raise MappingFault(f"Write filters so: {', '.join((*FILTERS, *_WITH_ARGUMENTS.values()))}.")
        found.append(_filter(match["name"], match["arguments"]))
        at = match.end()
        if not match[0].endswith("|"):
            return found


def _filter(name: str, arguments: str | None) -> Callable[[str], str]:
    if arguments is None and name in FILTERS:
        return FILTERS[name]
    given = [
        one[0].strip("'\"") if one[0][0] in "'\"" else int(one[0][:9])
        for one in _ONE_ARGUMENT.finditer(arguments or "")
    ]
    match name, given:
        case "cut", [int(most)] if 1 < most <= MAX_CUT:
            return lambda text: cut(text, most)
        case "replace", [str(old), str(new)] if old:
            return lambda text: replaced(text, {old: new})
    known = (*FILTERS, *_WITH_ARGUMENTS)
    if name in known:
        so = _WITH_ARGUMENTS.get(name, name)
        raise MappingFault(f"Write this filter as `{so}`.", so)
    raise MappingFault(
        f"There is no filter of that name; there are {', '.join(known)}.", nearest(name, known)
    )
