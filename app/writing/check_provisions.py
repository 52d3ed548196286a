"""Provisions that missions are based on: each must be in its agreement when a mission first refers to it.

What a mission had already is not checked again, as with selectors (`app.writing.check_selectors`): somebody
who corrects a title should not first have to repair what somebody else has removed from an agreement. Nor
are records that an import brings with their own revision: they were valid where they come from, and an
export can be imported as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection

from app.database import tables
from app.database.lookup import find_heads, find_in_batches, follow_merges
from app.errors import Fault, nearest
from app.writing.batch import InvalidBatch, PendingWrite

_POINTER: Final = "/established_under/provision"


class MissionBasis(NamedTuple):
    """A mission that is based on a provision.

    Attributes:
        position: of its document in the batch.
        agreement: the reference to the agreement.
        provision: the provision's id in it.
    """

    position: int
    agreement: str
    provision: str


class UnknownProvisions(InvalidBatch):
    """Missions of a batch are based on provisions that their agreements do not have."""

    def __init__(self, found: Sequence[tuple[int, Fault]]) -> None:
        """Keep all faults."""
        super().__init__("The document refers to a provision that its agreement does not have.", found)


def refuse_unknown_provisions(
    tx: Connection, drafts: Sequence[PendingWrite], documents: Sequence[str]
) -> None:
    """Check the new bases of missions, by the documents that are written.

    Raises:
        UnknownProvisions: every mission whose provision is not in its agreement.
    """
    missions = []
    for position, draft in enumerate(drafts):
        if draft.kind.kind == "mission":
            replaced = draft.replaces.document if draft.replaces is not None else None
            kept = draft.record.revision is not None
            rests = new_basis(position, documents[position], replaced, kept=kept)
            if rests is not None:
                missions.append(rests)
    if not missions:
        return
    coming = {draft.ref: document for draft, document in zip(drafts, documents, strict=True)}
    found = unknown_provisions(
        tx, missions, lambda refs: [(ref, coming[ref]) for ref in refs if ref in coming]
    )
    if found:
        raise UnknownProvisions(found)


def new_basis(position: int, document: str, replaced: str | None, *, kept: bool) -> MissionBasis | None:
    """Return the basis of a mission, from its document and the one that it replaces; None if that has not changed.

    `kept`: whether it brings its revision, which counts where it replaces nothing.
    """
    if kept and replaced is None:
        return None
    rests, rested = _provision_of(document), _provision_of(replaced) if replaced is not None else None
    if rests is None or (rested is not None and rested[1] == rests[1]):
        return None
    return MissionBasis(position, *rests)


def _provision_of(document: str) -> tuple[str, str] | None:
    if '"provision":' not in document:
        return None
    under = orjson.loads(document).get("established_under", {})
    return (under["agreement"], under["provision"]) if "provision" in under else None


def unknown_provisions(
    tx: Connection,
    missions: Sequence[MissionBasis],
    coming: Callable[[Sequence[str]], Iterable[tuple[str, str]]],
) -> list[tuple[int, Fault]]:
    """Return the missions whose provision is not in their agreement, each with its fault.

    `coming` has the agreements that are about to be written, as references with their documents. An
    agreement that does not exist is reported elsewhere.
    """
    waiting: dict[str, list[MissionBasis]] = {}
    for one in missions:
        waiting.setdefault(one.agreement, []).append(one)
    found: list[tuple[int, Fault]] = []
    for documents_of in (coming, partial(stored_documents, tx)):
        for ref, document in documents_of(list(waiting)):
            ids = [part["id"] for part in orjson.loads(document).get("provisions", ())]
            lost = [one for one in waiting.pop(ref) if one.provision not in ids]
            found += [(one.position, _unknown(one.provision, ids)) for one in lost]
    return sorted(found, key=itemgetter(0))


def _unknown(provision: str, ids: Sequence[str]) -> Fault:
    detail = "The agreement has no such provision; give the id of one that it has, or leave this out."
    return Fault("unknown_provision", detail, _POINTER, suggestion=nearest(provision, ids), value=provision)


def stored_documents(tx: Connection, refs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield references to existing records with their documents, for merged ones those they ended in.

    They are read a few at a time: a caller that keeps none uses no more than some megabytes.
    """
    heads = find_heads(tx, refs, lock=False)
    merged = follow_merges(tx, [head for head in heads.values() if head.state in tables.MOVED])
    named: dict[int, list[str]] = {}
    for ref, head in heads.items():
        named.setdefault(merged[ref].pk if ref in merged else head.pk, []).append(ref)
    for one in find_in_batches(tx, list(named)):
        for ref in named[one.pk]:
            yield ref, one.document
