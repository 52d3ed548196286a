"""RIS: what CSL-JSON says of a record, as a reference of tagged lines.

* `ID` is the reference, `M3` the type of the source here, and the last `UR` the permanent address of its record. Names of
  authors are as they stand in the record: which part is the family's is not known.
* A date that is a plain year, month or day is `PY` and `DA`. Any other is told in words, as the last part of `DA`, and in
  EDTF as `C1`.
* Every value is one line, so that no text can be taken for a tag; line breaks become spaces.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from app.formats.bibtex import plain_parts
from app.formats.csl import citation
from app.formats.format import About, Format, FormatItem

REFERENCE_TYPES: Final[Mapping[str, str]] = {
    "article-journal": "JOUR",
    "article-newspaper": "NEWS",
    "book": "BOOK",
    "chapter": "CHAP",
    "classic": "CLSWK",
    "dataset": "DATA",
    "entry": "DBASE",
    "entry-encyclopedia": "ENCYC",
    "graphic": "ART",
    "legal_case": "CASE",
    "legislation": "STAT",
    "manuscript": "MANSCPT",
    "map": "MAP",
    "motion_picture": "MPCT",
    "pamphlet": "PAMP",
    "periodical": "JFULL",
    "personal_communication": "PCOMM",
    "report": "RPRT",
    "song": "SOUND",
    "thesis": "THES",
    "webpage": "ELEC",
}
"""The type of reference for each type of CSL; any other is `GEN`."""

_TAGS: Final[Mapping[str, str]] = {
    "publisher": "PB",
    "container-title": "T2",
    "version": "ET",
    "language": "LA",
    "license": "C2",
    "note": "N1",
    "abstract": "AB",
}
"""The tag for each variable of CSL that is plain text."""


class RisWriter:
    """Writes references."""

    held = 0

    def __init__(self, about: About) -> None:
        """Make addresses below that of the service."""
        self._base = about.base

    def begin(self) -> bytes:
        """Return nothing: references need no frame."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return a reference for each item."""
        return "".join(_reference(item, self._base) for item in items).encode()

    def end(self) -> tuple[bytes, ...]:
        """Return nothing: references need no frame."""
        return ()


def _reference(item: FormatItem, base: str) -> str:
    cited = citation(item, base)
    lines = [("TY", REFERENCE_TYPES.get(cited["type"], "GEN")), ("ID", item.ref)]
    lines += _lines(cited, item)
    lines.append(("ER", ""))
    return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in lines) + "\r\n"


def _lines(cited: Mapping[str, Any], item: FormatItem) -> Iterator[tuple[str, str]]:
    yield "TI", cited["title"]
    for author in cited.get("author", ()):
        yield "AU", author["literal"]
    if "issued" in cited:
        yield from _date(cited)
    for variable, tag in _TAGS.items():
        if variable in cited:
            yield tag, cited[variable]
    for keyword in item.record.tags:
        yield "KW", keyword
    if item.record.type is not None:
        yield "M3", item.record.type
    if "accessed" in cited and (parts := plain_parts(cited["accessed"])) is not None:
        yield "Y2", _parts(parts)
    for address in dict.fromkeys((cited["URL"], cited["custom"]["permanent"])):
        yield "UR", address
    yield "DP", "Annals"


def _date(cited: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    parts = plain_parts(cited["issued"])
    if parts is None:
        yield "DA", f"///{cited['custom']['date']}"
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
    writer=RisWriter,
    streams=True,
    attachment=True,
    beside=("source",),
    parameters="; charset=utf-8",
)
