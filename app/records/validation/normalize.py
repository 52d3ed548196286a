"""Normalization before validation: text in NFC, empty members removed, characters refused that cannot be stored.

Almost every document needs none of it. Regular expressions over its JSON text find that out; only where one
matches is the document walked.
"""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson

from app.errors import Fault
from app.records.scalars import CONTROLS, MAX_FAULTS, MAX_NUMBER, MAX_TEXT
from app.values.json_pointer import escaped
from app.values.unicode_nfc import is_nfc, to_nfc
from app.values.windows1252 import put_right

MAX_DEPTH: Final = 32
"""How deep lists and objects may be nested."""

INVALID_TEXT: Final = "invalid_text"
"""The code of faults of text that cannot be stored."""

OWN_CHARACTERS: Final = frozenset({"exact", "prefix", "suffix"})
"""Members that quote a source to the letter and are never normalised."""

NUMERIC: Final = frozenset(
    {"low", "best", "high", "start", "end", "precision_m", "characters", "page", "paragraph", "coordinates"}
)
"""Members that hold numbers, for documents in which every scalar arrives as text."""

# Patterns that occur only in documents that need work; each is searched for by itself, at C speed.
_SUSPECT: Final = (b"\\u00", b"\\b", b"\\f", b"\x7f", b"null", b'""', b"[]", b"{}")

_LATIN_CONTROL: Final = re.compile(r"[\x80-\x9f]")
_CONTROL: Final = re.compile(f"[{CONTROLS}]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_MAX_DECOMPOSED_LENGTH: Final = 4 * MAX_TEXT
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,19}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")


class NormalizedDocument(NamedTuple):
    """A document that is ready to be validated.

    Attributes:
        document: what is left of it.
        faults: what cannot be kept.
        emptied: the pointers of members that were left out because there was nothing in them.
    """

    document: dict[str, Any]
    faults: Sequence[Fault] = ()
    emptied: Sequence[str] = ()


def encoded(document: dict[str, Any]) -> bytes:
    """Serialize a document, to measure and search it; None where it cannot be serialized."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return b""


def normalize_document(
    document: dict[str, Any], written: bytes, *, text_scalars: bool = False
) -> NormalizedDocument:
    """Return the document ready to be validated, and what was removed from it.

    `written` is the result of `encoded`. Texts are normalized to NFC, members that are null, `""`, `[]` or
    `{}` are removed, and with `text_scalars` numbers are parsed where a number is meant.
    """
    if written and not text_scalars and _spotless(written):
        return NormalizedDocument(document)
    walk = _Walk(text_scalars=text_scalars)
    return NormalizedDocument(walk.object(document, "", 0), walk.faults, walk.emptied)


def _spotless(written: bytes) -> bool:
    if any(sign in written for sign in _SUSPECT):
        return False
    text = written.decode()
    return text.isascii() or (_LATIN_CONTROL.search(text) is None and is_nfc(text))


def as_windows_1252(value: Any) -> Any:
    """Repair text that is Windows-1252 decoded as Latin-1, anywhere in a document except in quotations of a source."""
    match value:
        case str():
            return put_right(value)
        case dict():
            return {
                name: member if name in OWN_CHARACTERS else as_windows_1252(member)
                for name, member in value.items()
            }
        case list():
            return [as_windows_1252(item) for item in value]
    return value


class _Walk:
    """One pass over a document."""

    def __init__(self, *, text_scalars: bool) -> None:
        self.text_scalars = text_scalars
        self.faults: list[Fault] = []
        self.emptied: list[str] = []

    def object(
        self, members: dict[Any, Any], pointer: str, depth: int, *, keep_empty: bool = False
    ) -> dict[str, Any]:
        cleaned: dict[str, Any] = {}
        for name, member in members.items():
            if not isinstance(name, str) or _SURROGATE.search(name) or _CONTROL.search(name):
                self.fault(INVALID_TEXT, "Give names of members as text without control characters.", pointer)
                continue
            is_number = self.text_scalars and name in NUMERIC and not pointer.endswith("/labels")
            value = self.value(
                member,
                f"{pointer}/{escaped(name)}",
                depth + 1,
                to_the_letter=name in OWN_CHARACTERS,
                numeric=is_number,
                # An empty list of coordinates is a fault that `app.values.geojson` explains.
                keep_empty=keep_empty
                or (name == "geometry" and (depth == 0 or pointer.startswith("/geometries/"))),
            )
            if keep_empty or not is_empty(value):
                cleaned[to_nfc(name)] = value
            elif len(self.emptied) < MAX_FAULTS:
                self.emptied.append(f"{pointer}/{escaped(name)}")
        return cleaned

    def value(
        self,
        value: Any,
        pointer: str,
        depth: int,
        *,
        to_the_letter: bool = False,
        numeric: bool = False,
        keep_empty: bool = False,
    ) -> Any:
        match value:
            case str():
                return self.text(value, pointer, to_the_letter=to_the_letter, numeric=numeric)
            case None | bool():
                return value
            case int() | float():
                if not abs(value) <= MAX_NUMBER:
                    self.fault("out_of_range", "Give a number between -2^53 and 2^53.", pointer)
                    return 0
                return value
            case _ if depth > MAX_DEPTH:
                self.fault("too_deep", f"Nest lists and objects at most {MAX_DEPTH} deep.", pointer)
                return None
            case dict():
                return self.object(value, pointer, depth, keep_empty=keep_empty)
            case list() | tuple():
                return [
                    self.value(item, f"{pointer}/{index}", depth + 1, numeric=numeric, keep_empty=keep_empty)
                    for index, item in enumerate(value)
                ]
        self.fault("wrong_type", "Give text, a number, a list or an object.", pointer)
        return None

    def text(self, text: str, pointer: str, *, to_the_letter: bool, numeric: bool) -> str | int | float:
        if _SURROGATE.search(text):
            self.fault(INVALID_TEXT, "Give whole Unicode characters: half a surrogate pair is none.", pointer)
            return "?"
        if "\x00" in text if to_the_letter else _CONTROL.search(text):
            self.fault(INVALID_TEXT, "Leave out control characters.", pointer)
            return "?"
        if numeric:
            return _number(text)
        # Text that is too long in any form is refused later, so it is not normalized.
        return text if to_the_letter or len(text) > _MAX_DECOMPOSED_LENGTH else to_nfc(text)

    def fault(self, code: str, detail: str, pointer: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Fault(code, detail, pointer))


def is_empty(value: Any) -> bool:
    """Return whether a member is empty, so that it is removed."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def _number(text: str) -> str | int | float:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
