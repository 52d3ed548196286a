"""Terms of the vocabularies: loaded with the schema, added and changed by keys with `admin`.

The built-in terms change only with the program's version. A relation and its inverse are written together,
so that neither is ever seen without the other.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from app.database import tables
from app.database.index.database_version import bump_version
from app.database.vocabulary import StoredTerm, find_term, read_terms, require_scheme, term_json
from app.errors import Conflict, Fault, Forbidden, InvalidDocument, NotFound, nearest
from app.records.kinds import RECORD_KINDS
from app.records.validation.document import model_faults
from app.records.vocabulary import RELATIONS, Join, Term, Vocabulary

_term = tables.term.c
_ROLES: Final = {"participant-role": "participant", "party-role": "party", "place-role": "place"}
_TYPES: Final = {kind.type_scheme: kind.kind for kind in RECORD_KINDS}
_MAX_TERMS: Final = 5000


def load_builtin_terms(tx: Connection, vocabulary: Vocabulary) -> int:
    """Load the built-in terms into the database; returns how many were new or had changed.

    Terms that were added here stay; a built-in one of the same id replaces it. A term that is no longer
    built in stays as well, since records may use it.
    """
    known = {
        (row.scheme, row.id): row
        for row in tx.execute(select(_term.scheme, _term.id, _term.position, _term.document, _term.added))
    }
    changed = 0
    for scheme in vocabulary.schemes:
        for position, term in enumerate(vocabulary.terms(scheme)):
            document = term_json(term).decode()
            row = known.get((scheme, term.id))
            if row is None:
                _insert(tx, scheme, term, position, added=False)
            elif row.added or row.position != position or row.document != document:
                tx.execute(
                    update(tables.term)
                    .where(_term.scheme == scheme, _term.id == term.id)
                    .values(position=position, document=document, added=False, revision=_term.revision + 1)
                )
            else:
                continue
            changed += 1
    if changed:
        begin_change(tx)
        bump_version(tx, 1)
    return changed


def begin_change(tx: Connection) -> None:
    """Change the vocabulary's version, before anything that is to be changed is read.

    The row is locked from here on: other changes of terms wait, and writes that used the old terms have
    committed already, and are seen, or find at their end that the vocabulary has changed.
    """
    tx.execute(update(tables.database).values(vocabulary=secrets.randbits(62)))


def read_term(raw: Any, term_id: str | None = None) -> Term:
    """Validate a term that a client sent, under the id of its address where it has one.

    Raises:
        InvalidDocument: with every fault.
    """
    faults: list[Fault] = []
    if isinstance(raw, Mapping) and term_id is not None:
        if raw.get("id", term_id) != term_id:
            faults.append(Fault("wrong_id", "Leave the id out, or send that of the address.", "/id"))
        raw = {**raw, "id": term_id}
    faulty = {fault.pointer for fault in faults}
    faults += [fault for fault in model_faults(raw, Term) if fault.pointer not in faulty]
    if faults:
        raise InvalidDocument("The term breaks one or more rules.", faults=faults)
    return Term.model_validate(raw)


def existing_term(tx: Connection, scheme: str, term_id: str) -> StoredTerm:
    """Find a term; raises `NotFound` where there is none, with the one that was probably meant."""
    found = find_term(tx, scheme, term_id)
    if found is None:
        # Not from the cache, which a transaction that is changing terms may not use.
        near = nearest(term_id, tx.execute(select(_term.id).where(_term.scheme == scheme)).scalars())
        raise NotFound(
            f"There is no such term in this vocabulary; /v1/vocabularies/{scheme} lists those there are.",
            extra={"nearest": near} if near else None,
        )
    return found


def create_term(tx: Connection, scheme: str, term: Term) -> StoredTerm:
    """Add a term; the inverse of a new relation is made with it where there is none yet.

    Raises:
        Conflict: the scheme has the term already, or 5,000 terms.
        InvalidDocument: the term and its inverse do not hold together.
    """
    require_scheme(scheme)
    if find_term(tx, scheme, term.id) is not None:
        detail = "The vocabulary has this term; change it with PUT or PATCH and If-Match."
        raise Conflict(detail, code="id_in_use", faults=[Fault("id_in_use", detail, "/id")])
    count, last = tx.execute(
        select(func.count(), func.coalesce(func.max(_term.position), -1)).where(_term.scheme == scheme)
    ).one()
    if count >= _MAX_TERMS:
        raise Conflict(f"The vocabulary has {_MAX_TERMS} terms, which is as many as it can have.")
    _insert(tx, scheme, term, last + 1, added=True)
    inverse = _missing_inverse(tx, scheme, term)
    if inverse is not None:
        _insert(tx, scheme, inverse, last + 2, added=True)
    _check(tx, scheme, term)
    bump_version(tx, 1)
    return StoredTerm(scheme, term, 1, added=True)


def replace_term(tx: Connection, current: StoredTerm, term: Term) -> StoredTerm:
    """Change a term that was added here; a relation's inverse follows the kinds it joins.

    Raises:
        Forbidden: the term ships with the program.
        Conflict: records are joined in ways that it would no longer allow, or its inverse would change.
        InvalidDocument: the term and its inverse do not hold together.
    """
    _refuse_builtin(current)
    if current.term.inverse != term.inverse:
        raise Conflict(
            "A relation keeps its inverse; delete the pair and add it anew.",
            faults=[Fault("inverse_fixed", "Keep the inverse as it is.", "/inverse")],
        )
    if current.scheme == RELATIONS:
        _refuse_lost_joins(tx, current.term, term)
        if term.inverse != term.id:
            inverse = find_term(tx, RELATIONS, term.inverse or "")
            if inverse is not None and inverse.added:
                _update(tx, inverse, inverse.term.model_copy(update={"joins": _inverted(term.joins)}))
    _update(tx, current, term)
    _check(tx, current.scheme, term)
    bump_version(tx, 1)
    return StoredTerm(current.scheme, term, current.revision + 1, added=True)


def delete_term(tx: Connection, current: StoredTerm) -> None:
    """Delete a term that was added here; a relation goes with its inverse.

    Raises:
        Forbidden: the term ships with the program.
        Conflict: a record uses it.
    """
    _refuse_builtin(current)
    names = {current.term.id, current.term.inverse or current.term.id}
    if any(_is_used(tx, current.scheme, name) for name in names):
        raise Conflict("Records use this term; change them first.", code="referenced")
    tx.execute(
        delete(tables.term).where(_term.scheme == current.scheme, _term.id.in_(names), _term.added.is_(True))
    )
    bump_version(tx, 1)


def _refuse_builtin(current: StoredTerm) -> None:
    if not current.added:
        raise Forbidden(
            "This term ships with the program and is the same everywhere; add one of your own.",
            code="builtin_term",
        )


def _insert(tx: Connection, scheme: str, term: Term, position: int, *, added: bool) -> None:
    tx.execute(
        insert(tables.term).values(
            scheme=scheme,
            id=term.id,
            position=position,
            document=term_json(term).decode(),
            revision=1,
            added=added,
        )
    )


def _update(tx: Connection, current: StoredTerm, term: Term) -> None:
    tx.execute(
        update(tables.term)
        .where(_term.scheme == current.scheme, _term.id == current.term.id)
        .values(document=term_json(term).decode(), revision=current.revision + 1)
    )


def _inverted(joins: tuple[Join, ...]) -> tuple[Join, ...]:
    return tuple(Join(from_=join.to, to=join.from_) for join in joins)


def _missing_inverse(tx: Connection, scheme: str, term: Term) -> Term | None:
    """Make the inverse of a relation, with an id made from its own."""
    if scheme != RELATIONS or term.inverse in (None, term.id):
        return None
    if find_term(tx, scheme, term.inverse or "") is not None:
        return None
    label = (term.inverse or "").replace("-", " ").capitalize()
    return Term(id=term.inverse or "", label=label, inverse=term.id, joins=_inverted(term.joins))


def _check(tx: Connection, scheme: str, term: Term) -> None:
    own = f"/{scheme}/{term.id}"
    faults = read_terms(tx).faults()
    if faults:
        raise InvalidDocument(
            "The term does not hold together with the others.",
            faults=[
                Fault(
                    fault.code,
                    fault.detail,
                    (fault.pointer or "").removeprefix(own)
                    if (fault.pointer or "").startswith(own + "/")
                    else "/inverse",
                    suggestion=fault.suggestion,
                )
                for fault in faults
            ],
        )


def _pairs(term: Term) -> set[tuple[str, str]]:
    return {(start, end) for join in term.joins for start in join.from_ for end in join.to}


def _refuse_lost_joins(tx: Connection, old: Term, new: Term) -> None:
    lost = _pairs(old) - _pairs(new)
    if not lost:
        return
    link, target = tables.link.c, aliased(tables.record)
    used = {
        (start, end)
        for relation, turned in ((old.id, False), (old.inverse, True))
        for one, other in tx.execute(
            select(tables.record.c.kind, target.c.kind)
            .join(tables.link, link.record == tables.record.c.pk)
            .join(target, link.target == target.c.pk)
            .where(link.relation == relation)
            .distinct()
        )
        for start, end in [(other, one) if turned else (one, other)]
    }
    if used & lost:
        raise Conflict(
            "Records are joined by this relation in ways that it would no longer allow.",
            code="referenced",
            faults=[Fault("referenced", "Keep the kinds that are joined already.", "/joins")],
        )


def _is_used(tx: Connection, scheme: str, term_id: str) -> bool:
    entry, link, figure = tables.entry.c, tables.link.c, tables.figure.c
    if scheme in _TYPES:
        condition = select(entry.pk).where(entry.kind == _TYPES[scheme], entry.type == term_id)
    elif scheme in _ROLES:
        condition = select(link.record).where(link.relation == _ROLES[scheme], link.role == term_id)
    elif scheme == RELATIONS:
        condition = select(link.record).where(link.relation == term_id)
    elif scheme == "figure-measure":
        condition = select(figure.record).where(figure.measure == term_id)
    else:  # provisions have no index of their own
        condition = select(tables.record.c.pk).where(
            tables.record.c.kind == "agreement",
            tables.record.c.state == tables.LIVE,
            or_(tables.record.c.document.like(f'%"type":"{term_id}"%')),
        )
    return tx.execute(condition.limit(1)).first() is not None
