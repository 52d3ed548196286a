"""Documents of an import, read as strictly as any other, before the database is asked anything."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.errors import AnnalsError, Fault, nearest
from app.records import RECORDS, kind_named
from app.records.base import Record
from app.records.cleaning import INVALID_TEXT, as_windows_1252
from app.records.incoming import MISREAD, TERM, Incoming
from app.records.reading import InvalidRecord, read_record, read_stored
from app.records.references import mentioned
from app.records.vocabulary import RELATIONS, SCHEMES, Join, Term, Vocabulary
from app.records.writing import to_revision_json
from app.values.moments import parse_rfc3339
from app.verbs.helping import Task, done
from app.verbs.terms import read_term

_KINDS: Final = {kind.kind: kind for kind in RECORDS}
_LAST_REVISION: Final = 2**31 - 1


class Validated(NamedTuple):
    """What was made of one document: texts and names alone, for it may come from another process.

    Attributes:
        line: the line that it begins on.
        if_missing: whether it gives way to a record that is there already.
        faults: what is wrong; of the rest there is only `named` then.
        notes: what was done to it before, as `Incoming` has it.
        named: the pointers and references of the records that a document with faults names.
        kind: its kind, where it is a record.
        id: the record's id, if it brings one.
        document: the record as a revision keeps it. It has server fields only where they are to be kept.
        mentions: what it refers to.
        quoted: the sources that it quotes.
        scheme: the vocabulary, where it is a term.
        term: the term.
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
    scheme: str = ""
    term: Term | None = None
    notes: tuple[str, ...] = ()

    def record(self) -> Record:
        """Read the record again."""
        return read_stored(kind_named(self.kind), self.document)


class Validator:
    """Reads documents under the terms there are and those that came before them."""

    def __init__(self, vocabulary: Vocabulary, *, keeps: bool) -> None:
        """Begin with the terms there are. With `keeps`, revisions and times are the documents' own."""
        self.vocabulary = vocabulary
        self._keeps = keeps

    def task(self, batch: Sequence[Incoming]) -> Task[list[Validated]]:
        """Give the validation of a batch, to be done now or later, here or elsewhere."""
        if any(one.raw is not None and one.raw.get("kind") == TERM for one in batch):
            # What comes after may use its terms.
            return done([self.read(one) for one in batch])
        return Task(read_batch, (self.vocabulary, self._keeps, batch))

    def read(self, incoming: Incoming) -> Validated:
        """Validate one document."""
        raw = incoming.raw
        if raw is None:
            return Validated(incoming.line, incoming.if_missing, faults=incoming.faults)
        named = raw.get("kind")
        if named == TERM:
            return self._term(incoming, raw)
        kind = _KINDS.get(named) if isinstance(named, str) else None
        if kind is None:
            detail = f"Say what kind of record it is: {', '.join(_KINDS)}."
            near = nearest(named, _KINDS) if isinstance(named, str) else None
            fault = Fault("unknown_kind", detail, "/kind", suggestion=near)
            return Validated(incoming.line, incoming.if_missing, faults=(*incoming.faults, fault))
        notes = incoming.notes
        try:
            try:
                record = read_record(kind, raw, self.vocabulary, earlier=incoming.faults)
            except InvalidRecord as error:
                mended = (
                    as_windows_1252(raw) if any(one.code == INVALID_TEXT for one in error.faults) else raw
                )
                if mended == raw:
                    raise
                notes = tuple(dict.fromkeys((*notes, MISREAD)))
                record = read_record(kind, mended, self.vocabulary, earlier=incoming.faults)
        except InvalidRecord as error:
            return Validated(
                incoming.line, incoming.if_missing, faults=error.faults, named=error.mentions, notes=notes
            )
        if self._keeps:
            kept = _kept(raw)
            if kept is not None:
                record = record.changed(**kept)
        evidence = record.evidence_items()
        return Validated(
            incoming.line,
            incoming.if_missing,
            kind=kind.kind,
            id=record.id,
            document=to_revision_json(record).decode(),
            mentions=mentioned(record),
            quoted=[
                item.source for item in evidence if item.selector is not None and item.source is not None
            ],
            notes=notes,
        )

    def learn(self, scheme: str, term: Term) -> None:
        """Let documents that come after use a term, and what it implies."""
        terms = [term]
        if (
            scheme == RELATIONS
            and term.inverse not in (None, term.id)
            and not self.vocabulary.has(scheme, term.inverse or "")
        ):
            joins = tuple(Join(from_=join.to, to=join.from_) for join in term.joins)
            terms.append(Term(id=term.inverse or "", label=term.inverse or "", inverse=term.id, joins=joins))
        self.vocabulary = self.vocabulary.adding(scheme, terms)

    def _term(self, incoming: Incoming, raw: Mapping[str, Any]) -> Validated:
        if not self._keeps:
            fault = Fault("needs_admin", "Terms are imported with a key that has the scope admin.", "/kind")
            return Validated(incoming.line, incoming.if_missing, faults=(fault,))
        scheme = raw.get("scheme")
        if scheme not in SCHEMES:
            near = nearest(scheme, SCHEMES) if isinstance(scheme, str) else None
            fault = Fault("unknown_scheme", "Name one of the vocabularies.", "/scheme", suggestion=near)
            return Validated(incoming.line, incoming.if_missing, faults=(fault,))
        members = {name: member for name, member in raw.items() if name not in ("kind", "scheme")}
        try:
            term = read_term(members)
        except AnnalsError as error:
            return Validated(incoming.line, incoming.if_missing, faults=(*incoming.faults, *error.faults))
        if incoming.faults:
            return Validated(incoming.line, incoming.if_missing, faults=incoming.faults)
        self.learn(scheme, term)
        return Validated(incoming.line, incoming.if_missing, scheme=scheme, term=term)


def read_batch(vocabulary: Vocabulary, keeps: bool, batch: Sequence[Incoming]) -> list[Validated]:  # noqa: FBT001 - the arguments of a task
    """Validate documents none of which is a term."""
    return list(map(Validator(vocabulary, keeps=keeps).read, batch))


def _kept(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give revision and times as an export has them; None where any of them is missing or is none."""
    if "revision" not in raw:
        return None
    revision, created, updated = (raw.get(name) for name in ("revision", "created_at", "updated_at"))
    if type(revision) is not int or not 1 <= revision <= _LAST_REVISION:
        return None
    if not isinstance(created, str) or not isinstance(updated, str):
        return None
    try:
        if parse_rfc3339(created) > parse_rfc3339(updated):
            return None
    except (ValueError, OverflowError):
        return None
    return {"revision": revision, "created_at": created, "updated_at": updated}
