"""Documents of an import, read as strictly as any other, before the database is asked anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.errors import AnnalsError, Fault, InvalidDocument, nearest
from app.records import RECORDS, RecordKind
from app.records.base import Record
from app.records.incoming import TERM, Incoming
from app.records.reading import read_record
from app.records.vocabulary import RELATIONS, SCHEMES, Join, Term, Vocabulary
from app.values.moments import parse_rfc3339
from app.verbs.terms import read_term

_KINDS: Final = {kind.kind: kind for kind in RECORDS}
_LAST_REVISION: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Validated:
    """What was made of one document.

    Attributes:
        incoming: as it came.
        kind: its kind, where it is a record.
        record: the record, where it has no faults. It has server fields only where they are to be kept.
        scheme: the vocabulary, where it is a term.
        term: the term.
        faults: what is wrong.
    """

    incoming: Incoming
    kind: RecordKind | None = None
    record: Record | None = None
    scheme: str = ""
    term: Term | None = None
    faults: tuple[Fault, ...] = ()


class Validator:
    """Reads documents under the terms there are and those that came before them."""

    def __init__(self, vocabulary: Vocabulary, *, keeps: bool) -> None:
        """Begin with the terms there are. With `keeps`, revisions and times are the documents' own."""
        self.vocabulary = vocabulary
        self._keeps = keeps

    def read(self, incoming: Incoming) -> Validated:
        """Validate one document."""
        raw = incoming.raw
        if raw is None:
            return Validated(incoming, faults=incoming.faults)
        named = raw.get("kind")
        if named == TERM:
            return self._term(incoming, raw)
        kind = _KINDS.get(named) if isinstance(named, str) else None
        if kind is None:
            detail = f"Say what kind of record it is: {', '.join(_KINDS)}."
            near = nearest(named, _KINDS) if isinstance(named, str) else None
            fault = Fault("unknown_kind", detail, "/kind", suggestion=near)
            return Validated(incoming, faults=(*incoming.faults, fault))
        try:
            record = read_record(kind, raw, self.vocabulary)
        except InvalidDocument as error:
            return Validated(incoming, kind, faults=(*incoming.faults, *error.faults))
        if incoming.faults:
            return Validated(incoming, kind, faults=incoming.faults)
        if self._keeps:
            kept = _kept(raw)
            if kept is not None:
                record = record.model_copy(update=kept)
        return Validated(incoming, kind, record)

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
            return Validated(incoming, faults=(fault,))
        scheme = raw.get("scheme")
        if scheme not in SCHEMES:
            near = nearest(scheme, SCHEMES) if isinstance(scheme, str) else None
            fault = Fault("unknown_scheme", "Name one of the vocabularies.", "/scheme", suggestion=near)
            return Validated(incoming, faults=(fault,))
        members = {name: member for name, member in raw.items() if name not in ("kind", "scheme")}
        try:
            term = read_term(members)
        except AnnalsError as error:
            return Validated(incoming, faults=error.faults)
        self.learn(scheme, term)
        return Validated(incoming, scheme=scheme, term=term)


def _kept(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give revision and times as an export has them; None where any of them is missing or is none."""
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
