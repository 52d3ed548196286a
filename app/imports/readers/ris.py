"""Reading RIS: references of tagged lines (`TY  - BOOK` to `ER  -`) as sources.

A line without a tag goes on with the one before. Dates are year, month and day with slashes, and words behind the
third; names are `family, given, suffix`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from app.formats.citation_terms import TAGS, TYPES, TYPES_OF_REFERENCES, VARIABLES
from app.formats.csl import DATABASE
from app.imports.documents import ImportedDocument, noted, read_as, unreadable_line
from app.imports.readers.cited_sources import cited_source, is_own, known_parts, parts_of
from app.imports.readers.encoding import UTF8, detect_encoding, to_utf8
from app.imports.readers.file_format import FileFormat
from app.imports.readers.lines import NOT_UTF8, TOO_LONG, Line, cut_lines, without_mark

MAX_REFERENCE: Final = 2**20
"""The longest reference that is read, in characters."""

_TAGGED: Final = re.compile(r"([A-Z][A-Z0-9])  ?-(?: (.*)|\s*)$", re.DOTALL)
_DATE: Final = re.compile(r"([0-9]{4})(?:/([0-9]{1,2})?(?:/([0-9]{1,2})?(?:/(.*))?)?)?")

_MEMBERS: Final = {
    "title": ("TI", "T1", "CT"),
    **{member: (TAGS[variable],) for member, variable in VARIABLES.items() if variable in TAGS},
    "container": ("T2", "JO", "JF", "BT", "JA", "J2"),
    "issue": ("IS", "M1"),
    "publisher": ("PB",),
}
"""The tags of each member that is one line; the first that is there counts."""

_IGNORED: Final = frozenset({"TY", "ID", "ER", "DP", "C1", "M3", "L1", "L2", "L3", "L4", "LB", "LK"})
_SAYS_LITTLE: Final = frozenset({"GEN", "UNPB", "ART"})


def read_ris(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read references, one at a time.

    Raises:
        WrongEncoding: bytes do not fit the encoding, or it cannot be told.
    """
    encoding, whole = detect_encoding(chunks)
    notes = () if encoding == UTF8 else (read_as(encoding),)
    yield from noted(_read(cut_lines(without_mark(to_utf8(whole, encoding)), passing=True)), notes)


class _Reference:
    """The lines of a reference so far, by their tags."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.size = 0
        self.values: dict[str, list[str]] = {}
        self._tag = ""
        # A value is joined when its last line is known: joining it for each would take time quadratic in its length.
        self._pieces: list[str] = []

    def take(self, tag: str, value: str) -> None:
        self.close()
        self.size += len(value) + len(tag)
        if self.size <= MAX_REFERENCE:
            self._tag = tag
            self._pieces.append(value.strip())

    def go_on(self, value: str) -> None:
        self.size += len(value)
        if self.size <= MAX_REFERENCE and self._tag and (piece := value.strip()):
            self._pieces.append(piece)

    def close(self) -> None:
        """Keep the value of the line with a tag, and of those that went on with it."""
        if self._tag:
            self.values.setdefault(self._tag, []).append(" ".join(filter(None, self._pieces)))
            self._pieces.clear()
            self._tag = ""

    def first(self, *tags: str) -> str:
        return next((one for tag in tags for one in self.values.get(tag, ()) if one), "")


def _read(lines: Iterable[Line]) -> Iterator[ImportedDocument]:
    reference: _Reference | None = None
    for number, data in lines:
        text = _decoded(data)
        if text is None:
            code, detail = ("line_too_long", TOO_LONG) if data is None else ("invalid_utf8", NOT_UTF8)
            yield unreadable_line(number, code, detail)
            continue
        tagged = _TAGGED.match(text.strip())
        if tagged is None:
            if reference is not None:
                reference.go_on(text)
            elif text.strip():
                yield unreadable_line(
                    number, "invalid_ris", "Begin each reference with a line such as TY  - BOOK."
                )
            continue
        tag, value = tagged[1], tagged[2] or ""
        if tag == "TY":
            if reference is not None:
                yield unreadable_line(reference.line, "invalid_ris", "End this reference with a line ER  -.")
            reference = _Reference(number)
        if reference is None:
            yield unreadable_line(
                number, "invalid_ris", "Begin each reference with a line such as TY  - BOOK."
            )
        elif tag == "ER":
            reference.close()
            yield _source(reference)
            reference = None
        else:
            reference.take(tag, value)
    if reference is not None:
        yield unreadable_line(reference.line, "invalid_ris", "End this reference with a line ER  -.")


def _decoded(data: bytes | None) -> str | None:
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        return None


def _source(found: _Reference) -> ImportedDocument:
    if found.size > MAX_REFERENCE:
        detail = f"A reference may have {MAX_REFERENCE:,} characters; this one has more."
        return unreadable_line(found.line, "line_too_long", detail)
    values = found.values
    permanent = next(reversed(values.get("UR", [])), "")
    key = found.first("ID")
    own = found.first("DP") == DATABASE and is_own(key, permanent)
    kind = found.first("TY")
    said: dict[str, Any] = {"type": TYPES_OF_REFERENCES.get(kind)}
    used = set(_IGNORED)
    lost = said["type"] is None and kind not in _SAYS_LITTLE
    if own:
        said["type"] = one if (one := found.first("M3")) in TYPES or one == "other" else None
    for member, tags in _MEMBERS.items():
        tag = next((one for one in tags if found.first(one)), None)
        if tag is not None and not (member == "attribution" and not own):
            used.add(tag)
            said[member] = found.first(tag)
            lost = lost or len(values[tag]) > 1
    if (
        said.get("isbn")
        and not own
        and kind not in ("BOOK", "CHAP", "EDBOOK", "EBOOK", "ECHAP", "CONF", "GEN", "RPRT", "THES")
    ):
        # The same tag has the ISSN of a journal.
        lost = True
        del said["isbn"]
    pages = [one for tag in ("SP", "EP") if (one := found.first(tag))]
    said["pages"] = "-".join(pages)
    for member, tags in (("authors", ("AU", "A1")), ("editors", ("A2", "ED"))):
        names = (name for tag in tags for name in values.get(tag, ()) if name)
        said[member] = list(dict.fromkeys(name if own else _name(name) for name in names))
    if not own and (said["authors"] or said["editors"]):
        everybody = (name for tag in ("AU", "A1", "A2", "ED") for name in values.get(tag, ()))
        said["name_parts"] = known_parts(map(_parts, everybody))
    said["tags"] = list(dict.fromkeys(one for one in values.get("KW", ()) if one))
    notes = [] if own else [one for one in values.get("N1", ()) if one]
    said["summary"] = "\n\n".join(dict.fromkeys((*filter(None, (found.first("AB", "N2"),)), *notes)))
    said["url"] = next((one for one in values.get("UR", ()) if not (own and one == permanent)), None)
    lost = lost or len(values.get("UR", ())) > 1 + own
    said["date"] = _date(found, own=own)
    accessed = _day(found.first("Y2"))
    said["accessed"] = accessed if isinstance(accessed, str) else accessed["edtf"]
    used |= {"SP", "EP", "AU", "A1", "A2", "ED", "KW", "AB", "N2", "N1", "UR", "PY", "Y1", "DA", "Y2"}
    lost = lost or not {tag for tag, some in values.items() if any(some)} <= used
    return cited_source(found.line, key or None, said, own=own, left_out=lost and not own)


def _name(text: str) -> str:
    family, *rest = (part.strip() for part in text.split(","))
    spoken = " ".join(one for one in (*rest[:1], family) if one)
    return ", ".join((spoken, *(one for one in rest[1:] if one)))


def _parts(text: str) -> dict[str, str] | None:
    parts = [part.strip() for part in text.split(",")]
    return parts_of(*parts) if len(parts) in (2, 3) and _name(text) else None


def _date(found: _Reference, *, own: bool) -> str | dict[str, str]:
    if own and (edtf := found.first("C1")):
        return {"edtf": edtf}
    return _day(found.first("DA") or found.first("PY", "Y1"))


def _day(text: str) -> str | dict[str, str]:
    """Return year, month and day as EDTF, or the words that stand instead."""
    parts = _DATE.fullmatch(text)
    if parts is None:
        return text.lstrip("/")
    year, month, day, words = parts.groups()
    if words and not month:
        return f"{words} {year}"
    return {"edtf": "-".join((year, *(one.zfill(2) for one in (month, day) if one)))}


FORMAT: Final = FileFormat(
    "ris",
    "RIS",
    (".ris",),
    ("application/x-research-info-systems",),
    lambda chunks, _: read_ris(chunks),
    lambda head: re.match(r"TY  - [A-Z]+\s*[\r\n]", head.text) is not None,
)
