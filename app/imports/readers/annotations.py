"""Reading Web Annotations (W3C Web Annotation Data Model) as evidence of records that are there.

An annotation has the record as a body that is a SpecificResource, with the property as its fragment, and the source as
an `identifying` body or as its target, both by their addresses here. Its target's selectors are the place in the source;
its other bodies are the value (`describing`, JSON), the editor's words (`commenting`), and stance, rank and basis (`tagging`).
The item of evidence has the id that its address ends in, or one made of that address, and replaces one of the same id.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, get_args

import orjson

from app.errors import AnnalsError, Fault
from app.formats.annotations import PROFILE
from app.imports.documents import UNMAPPED, ImportedDocument
from app.imports.json_values import object_of, values_of
from app.imports.readers.file_format import FileFormat
from app.imports.readers.json import pieces
from app.records.scalars import KINDS, is_reference, split_reference
from app.records.term_fields import Basis, Rank, Stance
from app.values.slug import slugify
from app.values.strict_json import parse_json

MAX_BYTES: Final = 64 * 2**20
"""How much of annotations is held, as JSON: those of one record may stand anywhere in a file."""

_ITEMS: Final = ("items",)
_RECORD: Final = re.compile(r"https?://[^\s]+/v1/([a-z]+/[a-z0-9-]+)")
_EVIDENCE: Final = re.compile(r".*/v1/[a-z]+/[a-z0-9-]+/evidence/([a-z0-9-]+)")
_PLACE: Final = re.compile(r"(page|paragraph)=([^&]+)")
_NUMBER: Final = re.compile("[0-9]{1,15}")
_SOURCES: Final = "sources"
_TAGS: Final = {
    one: name
    for name, scale in (("stance", Stance), ("rank", Rank), ("basis", Basis))
    for one in get_args(scale)
}
"""What each tag is: a stance, a rank or a basis."""

_EVIDENCE_ALONE: Final = frozenset({"evidence"})
_NO_RECORD: Final = 'Name the record that this is evidence of: a body {"type": "SpecificResource", "source": "…/v1/events/x"}.'
_NO_SOURCE: Final = "Name the source by its address here, …/v1/sources/x: in a body whose purpose is identifying, or as the target."


@dataclass(slots=True)
class _Gathered:
    """The annotations of one record, with the line and number of the first of them."""

    line: int
    number: int
    evidence: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_whole: bool = True


def read_annotations(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read an AnnotationPage, an array of annotations, or one: a partial document for each record, once all are read.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    records: dict[str, _Gathered] = {}
    held = 0
    for number, piece in enumerate(pieces(chunks, _ITEMS), 1):
        held += len(piece.text)
        if held > MAX_BYTES:
            detail = f"A file of annotations may have {MAX_BYTES // 2**20} MiB: divide it."
            yield ImportedDocument(piece.line, faults=(Fault("too_large", detail, ""),), number=number)
            return
        read = piece.read()
        if read.raw is None or read.faults:
            yield ImportedDocument(piece.line, faults=read.faults, number=number)
            continue
        found = _Annotation(read.raw)
        if found.faults or found.record is None:
            yield ImportedDocument(piece.line, faults=tuple(found.faults), number=number)
            continue
        gathered = records.setdefault(found.record, _Gathered(piece.line, number))
        gathered.evidence[found.evidence["id"]] = found.evidence
        gathered.is_whole = gathered.is_whole and not found.lost
    for ref, one in records.items():
        collection, named = split_reference(ref)
        yield ImportedDocument(
            one.line,
            {"kind": KINDS[collection], "id": named, "evidence": list(one.evidence.values())},
            notes=() if one.is_whole else (UNMAPPED,),
            number=one.number,
            members=_EVIDENCE_ALONE,
            added=_EVIDENCE_ALONE,
            must_exist=True,
        )


class _Annotation:
    """One annotation.

    Attributes:
        record: the reference to the record that it is evidence of.
        evidence: the item.
        faults: why it cannot be read.
        lost: whether it says anything that evidence has no place for.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.record: str | None = None
        self.evidence: dict[str, Any] = {"id": _id(raw)}
        self.faults: list[Fault] = []
        self.lost = False
        self._words: list[str] = []
        if raw.get("type") != "Annotation":
            self.faults.append(Fault("not_an_annotation", "Give objects of type Annotation.", "/type"))
            return
        for body in values_of(raw.get("body")):
            self._read_body(body)
        if note := "\n\n".join(filter(None, self._words)):
            self.evidence["note"] = note
        if raw.get("motivation") == "questioning":
            self.evidence.setdefault("stance", "disputes")
        self._read_target(raw.get("target"))
        if self.record is None:
            self.faults.append(Fault("missing", _NO_RECORD, "/body"))
        if self.evidence.get("stance") == "supports":
            # As is assumed.
            del self.evidence["stance"]

    def _read_body(self, body: Any) -> None:
        said = body if isinstance(body, Mapping) else {"type": "SpecificResource", "source": body}
        if said.get("type") == "SpecificResource":
            ref = _reference(said.get("source"))
            if ref is None:
                self.lost = True
            elif ref.startswith(f"{_SOURCES}/"):
                self.evidence["source"] = ref
            else:
                self.record = ref
                selector = said.get("selector")
                if isinstance(selector, Mapping) and isinstance(selector.get("value"), str):
                    self.evidence["property"] = selector["value"]
            return
        self._read_text(said.get("purpose"), said.get("value"), said.get("format"))

    def _read_text(self, purpose: Any, value: Any, media_type: Any) -> None:
        if not isinstance(value, str):
            self.lost = True
        elif purpose == "describing" and media_type == "application/json":
            try:
                self.evidence["value"] = parse_json(value.encode())
            except AnnalsError:
                detail = (
                    "Write what the source has as JSON, in a describing body of the format application/json."
                )
                self.faults.append(Fault("invalid_json", detail, "/body", value=value[:60]))
        elif purpose == "tagging" and value in _TAGS:
            self.evidence[_TAGS[value]] = value
        elif purpose in ("commenting", None):
            self._words.append(value)
        else:
            self.lost = True

    def _read_target(self, target: Any) -> None:
        said = target if isinstance(target, Mapping) else {"source": target}
        ref = _reference(said.get("source"))
        if ref is not None and ref.startswith(f"{_SOURCES}/"):
            self.evidence.setdefault("source", ref)
        elif ref is not None and self.record is None:
            self.record = ref
        if "source" not in self.evidence and ref != self.record:
            self.faults.append(Fault("missing", _NO_SOURCE, "/target"))
        selector: dict[str, Any] = {}
        for one in values_of(said.get("selector")):
            self._read_selector(object_of(one), selector)
        if selector:
            self.evidence["selector"] = selector

    def _read_selector(self, said: Mapping[str, Any], selector: dict[str, Any]) -> None:
        kind = str(said.get("type"))
        names = {"TextPositionSelector": ("start", "end"), "TextQuoteSelector": ("exact", "prefix", "suffix")}
        if kind in names:
            selector |= {name: said[name] for name in names[kind] if said.get(name) not in (None, "")}
        elif kind == "FragmentSelector" and (places := _PLACE.findall(str(said.get("value")))):
            selector |= {name: int(at) if _NUMBER.fullmatch(at) else at for name, at in places}
        else:
            self.lost = True


def _id(raw: Mapping[str, Any]) -> str:
    """Return the id of the item: that of its address here, else one of its address or of all that it says."""
    address = raw.get("id")
    own = _EVIDENCE.fullmatch(address) if isinstance(address, str) else None
    if own is not None:
        return own[1]
    named = slugify(address.partition("://")[2] or address) if isinstance(address, str) else None
    text = orjson.dumps(dict(raw), option=orjson.OPT_SORT_KEYS)
    return named or f"a-{blake2b(text, digest_size=8).hexdigest()}"


def _reference(address: Any) -> str | None:
    found = _RECORD.fullmatch(address) if isinstance(address, str) else None
    return found[1] if found is not None and is_reference(found[1]) else None


_BEGINS: Final = re.compile(rf'\[?\s*\{{\s*"@context"\s*:\s*"{re.escape(PROFILE)}"')

FORMAT: Final = FileFormat(
    "oa",
    "Web Annotations",
    (".oa.jsonld",),
    ("application/ld+json",),
    lambda chunks, _: read_annotations(chunks),
    lambda head: _BEGINS.match(head.text) is not None,
    within="json",
)
