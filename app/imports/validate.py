"""Validation of imported documents, as strict as any other, before the database is queried."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import orjson

from app.errors import AnnalsError, Fault, nearest, quoted
from app.imports.documents import MISREAD, ImportedDocument
from app.imports.new_ids import named_by
from app.imports.simplified import simplified_geometries
from app.imports.worker import Task, done
from app.records.base import Record
from app.records.kinds import RECORD_KINDS, kind_by_name
from app.records.references import referenced_records
from app.records.serialization import to_revision_json
from app.records.validation.document import InvalidRecord, load_stored, validate_document
from app.records.validation.normalize import INVALID_TEXT, as_windows_1252
from app.records.vocabulary import RELATIONS, SCHEMES, TERM_KIND, Join, Term, Vocabulary
from app.values.json_pointer import unescaped
from app.values.timestamps import parse_rfc3339
from app.vocabularies.service import read_term

_KINDS: Final = {kind.kind: kind for kind in RECORD_KINDS}
_LAST_REVISION: Final = 2**31 - 1
_MAX_INTEGER_LENGTH: Final = 200


class Validated(NamedTuple):
    """The result of validating one document: plain texts and numbers, since it may come from another process.

    Attributes:
        line: the line that it begins on.
        if_missing: whether it gives way to an existing record.
        faults: what is wrong; apart from that only `named` is set then. None, and no `document`: the fault
            was reported for an earlier document.
        notes: what was done to it before, as in `ImportedDocument`.
        simplified: how many geometries were simplified, how many positions they had, and how many they have.
        named: the pointers and references of the records that an invalid document names.
        kind: its kind, where it is a record.
        id: the record's id, if it brings one.
        document: the record as a revision keeps it. It has server fields only where they are to be kept.
        mentions: what it refers to.
        quoted: the sources that it quotes.
        size: the bytes of the document.
        number: which feature of its file it is, where that says more than its line.
        brought_revision: the revision that it says it is.
        base_revision: the revision that it was completed from; see `ImportedDocument`.
        name: of a record without an id, what its id is made from.
        digest: of such a record, a number for what it says.
        scheme: the vocabulary, where it is a term.
        term: the term.
        more: what it adds to lists of a record that is there, as JSON; empty where it adds nothing.
    """

    line: int
    if_missing: bool
    faults: tuple[Fault, ...] = ()
    named: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    id: str | None = None
    document: str = ""
    mentions: Sequence[str] = ()
    quoted: Sequence[str] = ()
    size: int = 0
    number: int | None = None
    brought_revision: int | None = None
    base_revision: int | None = None
    name: str = ""
    digest: int = 0
    scheme: str = ""
    term: Term | None = None
    notes: tuple[str, ...] = ()
    simplified: tuple[int, int, int] = (0, 0, 0)
    more: str = ""

    def record(self) -> Record:
        """Load the record again."""
        return load_stored(kind_by_name(self.kind), self.document)


class Validator:
    """Validates documents with the current vocabulary and the terms that came before them."""

    def __init__(self, vocabulary: Vocabulary, *, keeps: bool, simplify: float | None = None) -> None:
        """Begin with the current vocabulary.

        With `keeps`, revisions and times are the documents' own. `simplify`: how many metres the outline of a
        geometry of too many positions may be moved by.
        """
        self.vocabulary = vocabulary
        self._keeps = keeps
        self._simplify = simplify

    def task(self, batch: Sequence[ImportedDocument]) -> Task[list[Validated]]:
        """Return the validation of a batch as a task, to be run now or later, in this process or another."""
        if any(one.raw is not None and one.raw.get("kind") == TERM_KIND for one in batch):
            # Later documents may use its terms.
            return done([self.read(one) for one in batch])
        return Task(read_batch, (self.vocabulary, self._keeps, self._simplify, batch))

    def read(self, incoming: ImportedDocument) -> Validated:
        """Validate one document."""
        raw = incoming.raw
        if raw is None:
            return _faulty(incoming, incoming.faults)
        named = raw.get("kind")
        if named == TERM_KIND:
            return self._term(incoming, raw)
        kind = _KINDS.get(named) if isinstance(named, str) else None
        if kind is None:
            detail = f"Say what kind of record it is: {', '.join(_KINDS)}."
            near = nearest(named, _KINDS) if isinstance(named, str) else None
            return _faulty(
                incoming, (*incoming.faults, Fault("unknown_kind", detail, "/kind", suggestion=near))
            )
        metres = incoming.simplify if self._simplify is None else self._simplify
        raw, simplified, not_simplified = simplified_geometries(raw, metres)
        notes = incoming.notes
        before = () if incoming.reported_before is None else (incoming.reported_before,)
        earlier = (*before, *incoming.faults, *not_simplified)
        try:
            try:
                record = validate_document(kind, raw, self.vocabulary, earlier=earlier)
            except InvalidRecord as error:
                mended = (
                    as_windows_1252(raw) if any(one.code == INVALID_TEXT for one in error.faults) else raw
                )
                if mended == raw:
                    raise
                notes = tuple(dict.fromkeys((*notes, MISREAD)))
                record = validate_document(kind, mended, self.vocabulary, earlier=earlier)
        except InvalidRecord as error:
            faults = [fault for fault in error.faults if fault not in before]
            return _faulty(replace(incoming, notes=notes), faults, error.mentions)
        if self._keeps:
            kept = _kept(raw)
            if kept is not None:
                record = record.changed(**kept)
        evidence = record.evidence_items()
        document = to_revision_json(record)
        name, digest = named_by(record) if record.id is None else ("", 0)
        return Validated(
            incoming.line,
            incoming.if_missing,
            kind=kind.kind,
            id=record.id,
            document=document.decode(),
            mentions=referenced_records(record),
            quoted=[
                item.source for item in evidence if item.selector is not None and item.source is not None
            ],
            notes=notes,
            size=len(document),
            number=incoming.number,
            brought_revision=_revision(raw),
            base_revision=incoming.base_revision,
            name=name,
            digest=digest,
            simplified=simplified,
            more="" if incoming.more is None else orjson.dumps(incoming.more).decode(),
        )

    def learn(self, scheme: str, term: Term) -> None:
        """Let later documents use a term, and what it implies."""
        terms = [term]
        if (
            scheme == RELATIONS
            and term.inverse not in (None, term.id)
            and not self.vocabulary.has(scheme, term.inverse or "")
        ):
            joins = tuple(Join(from_=join.to, to=join.from_) for join in term.joins)
            terms.append(Term(id=term.inverse or "", label=term.inverse or "", inverse=term.id, joins=joins))
        self.vocabulary = self.vocabulary.adding(scheme, terms)

    def _term(self, incoming: ImportedDocument, raw: Mapping[str, Any]) -> Validated:
        if not self._keeps:
            detail = "Terms are imported with a key that has the scope admin."
            return _faulty(incoming, (Fault("needs_admin", detail, "/kind"),))
        scheme = raw.get("scheme")
        if scheme not in SCHEMES:
            near = nearest(scheme, SCHEMES) if isinstance(scheme, str) else None
            fault = Fault("unknown_scheme", "Name one of the vocabularies.", "/scheme", suggestion=near)
            return _faulty(incoming, (fault,))
        members = {name: member for name, member in raw.items() if name not in ("kind", "scheme")}
        try:
            term = read_term(members)
        except AnnalsError as error:
            return _faulty(incoming, (*incoming.faults, *error.faults))
        if incoming.faults:
            return _faulty(incoming, incoming.faults)
        self.learn(scheme, term)
        return Validated(
            incoming.line,
            incoming.if_missing,
            id=term.id,
            number=incoming.number,
            scheme=scheme,
            term=term,
            notes=incoming.notes,
        )


def _faulty(
    incoming: ImportedDocument, faults: Sequence[Fault], named: Sequence[tuple[str, str]] = ()
) -> Validated:
    """Return the result for an invalid document: its faults, each with the value at fault."""
    raw = incoming.raw if incoming.raw is not None else {}
    record_id = raw.get("id")
    return Validated(
        incoming.line,
        incoming.if_missing,
        faults=tuple(_with_value(fault, raw) for fault in faults),
        named=tuple(named),
        id=quoted(record_id) if isinstance(record_id, str) and record_id else None,
        number=incoming.number,
        notes=incoming.notes,
    )


def _with_value(fault: Fault, raw: Mapping[str, Any]) -> Fault:
    """Add to a fault the text or number at its pointer."""
    if fault.value is not None or not fault.pointer:
        return fault
    found: Any = raw
    for token in fault.pointer[1:].split("/"):
        if isinstance(found, Mapping):
            found = found.get(unescaped(token))
        elif isinstance(found, list | tuple) and token.isascii() and token.isdigit():
            found = found[int(token)] if int(token) < len(found) else None
        else:
            return fault
    if isinstance(found, bool) or not isinstance(found, str | int | float) or found == "":
        return fault
    if isinstance(found, int) and found.bit_length() > _MAX_INTEGER_LENGTH:
        return fault
    return replace(fault, value=quoted(found))


def read_batch(
    vocabulary: Vocabulary,
    keeps: bool,  # noqa: FBT001 - the arguments of a task
    simplify: float | None,
    batch: Sequence[ImportedDocument],
) -> list[Validated]:
    """Validate a batch without terms."""
    return list(map(Validator(vocabulary, keeps=keeps, simplify=simplify).read, batch))


def _kept(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return revision and times as an export has them; None where any of them is missing or invalid."""
    revision, created, updated = _revision(raw), raw.get("created_at"), raw.get("updated_at")
    if revision is None:
        return None
    if not isinstance(created, str) or not isinstance(updated, str):
        return None
    try:
        if parse_rfc3339(created) > parse_rfc3339(updated):
            return None
    except (ValueError, OverflowError):
        return None
    return {"revision": revision, "created_at": created, "updated_at": updated}


def _revision(raw: Mapping[str, Any]) -> int | None:
    """Return the revision that a document brings; None where it brings none."""
    revision = raw.get("revision")
    return revision if type(revision) is int and 1 <= revision <= _LAST_REVISION else None
