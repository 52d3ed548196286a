"""RIS: what CSL-JSON says of a record, as a reference of tagged lines.

* `ID` is the reference, `M3` the type of the source here, and the last `UR` the permanent address of its record. Names of
  authors are as they stand in the record.
* A date that is a plain year, month or day is `PY` and `DA`. Any other is told in words, as the last part of `DA`, and in
  EDTF as `C1`.
* `DB` and `AV` are where a source is kept.
* Every value is one line, so that no text can be taken for a tag; line breaks become spaces.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from app.formats.bibtex import plain_parts
from app.formats.citation_terms import REFERENCE_TYPES, TAGS
from app.formats.csl import DATABASE, citation, plain_text
from app.formats.entries import EntryWriter
from app.formats.format import Format, FormatItem

_PAGES: Final = re.compile(r"([^\s,-]+)-([^\s,-]+)")


def _reference(item: FormatItem, base: str) -> str:
    cited = citation(item, base)
    lines = [("TY", REFERENCE_TYPES.get(cited["type"], "GEN")), ("ID", item.ref)]
    lines += _lines(cited, item)
    lines.append(("ER", ""))
    return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in lines) + "\r\n"


def _lines(cited: Mapping[str, Any], item: FormatItem) -> Iterator[tuple[str, str]]:
    yield "TI", cited["title"]
    for member, tag in (("authors", "AU"), ("editors", "A2")):
        for name in getattr(item.record, member, ()):
            yield tag, name
    if "issued" in cited:
        yield from _date(cited)
    permanent = cited["custom"]["permanent"]
    for variable, tag in TAGS.items():
        # Where it is kept is nothing but the address of the record, if nothing else is known.
        text = plain_text(cited, variable)
        if text is not None and text != permanent:
            yield tag, text
    if "page" in cited:
        ends = _PAGES.fullmatch(cited["page"])
        yield from zip(("SP", "EP"), ends.groups() if ends else (cited["page"],), strict=False)
    for keyword in item.record.tags:
        yield "KW", keyword
    if item.record.type is not None:
        yield "M3", item.record.type
    if "accessed" in cited and (parts := plain_parts(cited["accessed"])) is not None:
        yield "Y2", _parts(parts)
    for address in dict.fromkeys((cited["URL"], permanent)):
        yield "UR", address
    yield "DP", DATABASE


def _date(cited: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    parts = plain_parts(cited["issued"])
    if parts is None:
        yield "DA", f"///{cited['custom']['date']}"
        if cited["custom"].get("calendar") != "julian":
            yield "C1", cited["custom"]["edtf"]
    else:
        yield "PY", f"{parts[0]:04d}"
        yield "DA", _parts(parts)


def _parts(parts: Sequence[int]) -> str:
    year, *rest = parts
    return "/".join([f"{year:04d}", *(f"{part:02d}" for part in rest), *[""] * (3 - len(rest))])


RIS = Format(
    name="ris",
    media_type="application/x-research-info-systems",
    suffix=".ris",
    rule=(
        "A reference for each record, by what CSL-JSON has; `ID` is its own. A date that is no plain year, month or day is "
        "told in words in `DA`, and in EDTF as `C1`. No limit unless one is given."
    ),
    writer=partial(EntryWriter, _reference),
    streams=True,
    attachment=True,
    beside=("source",),
    parameters="; charset=utf-8",
    as_written=True,
    has_addresses=True,
)
