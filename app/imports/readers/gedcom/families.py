"""Families of GEDCOM (FAM): what happened to the partners as events. Children say themselves whose they are."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, Final

from app.imports.readers.families import CHILD
from app.imports.readers.gedcom.citations import evidence_of, notes_of, pointed_to
from app.imports.readers.gedcom.facts import FAMILIAR, event_of, read_fact
from app.imports.readers.gedcom.index import PARTNERS, Index, Known
from app.imports.readers.gedcom.lines import Node
from app.imports.readers.gedcom.restrictions import restriction_on
from app.values.slug import slugify

_MAX_STEM: Final = 80


def read_family(record: Node, identifier: str, index: Index) -> Iterator[dict[str, Any]]:
    """Yield the documents of a family: an event for each thing that happened to its partners.

    What is said and cited of the family as a whole goes to its first event, and is left out where it has none: then the
    relations of its members alone tell of it.

    Raises:
        Malformed: something that it points to is not there, or a coordinate is none.
    """
    partners = [
        known for known in (_member(node, index) for node in record.all(*PARTNERS)) if known is not None
    ]
    for node in record.all(CHILD):
        _member(node, index)
    names = " and ".join(one.title or f"an unnamed person ({one.id})" for one in partners)
    stem = _stem(identifier, record.xref or "", partners)
    counts: dict[str, int] = {}
    documents = []
    for node in record.below:
        kind = FAMILIAR.get(node.tag)
        if kind is None:
            continue
        fact = read_fact(node, index)
        counts[kind.name] = counts.get(kind.name, 0) + 1
        which = f"-{counts[kind.name]}" if counts[kind.name] > 1 else ""
        name = f"{kind.name.replace(' ', '-')}-{stem}{which}"
        title = f"{kind.name.capitalize()} of {names or 'persons who are not named'}"
        documents.append(event_of(fact, kind, title, name, list(dict.fromkeys(one.id for one in partners))))
    if documents:
        words = [*restriction_on(record), *notes_of(record, index)]
        evidence = evidence_of(record, index)
        if words:
            documents[0]["summary"] = "\n".join(filter(None, (documents[0].get("summary"), *words)))
        if evidence:
            documents[0]["evidence"] = [*documents[0].get("evidence", ()), *evidence]
    yield from documents


def _stem(identifier: str, pointer: str, partners: Sequence[Known]) -> str:
    """Return what the ids of a family's events end with: every file has a family F1, but not of the same persons."""
    if not partners:
        return identifier
    whole = "-".join([*(one.id for one in partners), slugify(pointer) or "family"])
    if len(whole) <= _MAX_STEM:
        return whole
    return f"{whole[:_MAX_STEM].rstrip('-')}-{blake2b(whole.encode(), digest_size=4).hexdigest()}"


def _member(node: Node, index: Index) -> Known | None:
    return pointed_to(node, index, "INDI")
