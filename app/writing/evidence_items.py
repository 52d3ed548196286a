"""Single items of a record's evidence, written as patches of the record: there is one write path.

Faults are told where they are in the item, which is what the client sent.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import orjson
from sqlalchemy import Connection

from app.database.lookup import find
from app.errors import Conflict, Fault, InvalidDocument, NotFound, nearest
from app.records.kinds import RecordKind
from app.values.json_patch import Patch

_MEMBER: Final = "evidence"


def adding(item: Any) -> Patch:
    """Give the patch that adds an item at the end; raises `Conflict` where another has its id."""

    def patch(document: Any) -> Any:
        items = document.setdefault(_MEMBER, [])
        if isinstance(item, Mapping) and item.get("id") in {one["id"] for one in items}:
            detail = "The record has an item of this id: replace it with PUT, or leave the id out."
            raise Conflict(detail, code="id_in_use", faults=[Fault("id_in_use", detail, "/id")])
        items.append(item)
        return document

    return patch


def replacing(item_id: str, item: Any) -> Patch:
    """Give the patch that puts an item in the place of another; raises as `position_of`, and where its id is another."""

    def patch(document: Any) -> Any:
        items = document.get(_MEMBER, [])
        at = position_of(items, item_id)
        if isinstance(item, Mapping):
            if item.get("id", item_id) != item_id:
                detail = "Leave the id out, or send that of the address."
                raise InvalidDocument(detail, faults=[Fault("wrong_id", detail, "/id")])
            items[at] = {**item, "id": item_id}
        else:
            items[at] = item
        return document

    return patch


def removing(item_id: str) -> Patch:
    """Give the patch that takes an item away; raises as `position_of`."""

    def patch(document: Any) -> Any:
        items = document.get(_MEMBER, [])
        del items[position_of(items, item_id)]
        return document

    return patch


def item_json(document: str, item_id: str | None = None) -> tuple[str, bytes]:
    """Return the id and the JSON of an item of a stored document, the last one where none is named; raises `NotFound`."""
    items = orjson.loads(document).get(_MEMBER, [])
    found = items[-1] if item_id is None else items[position_of(items, item_id)]
    return found["id"], orjson.dumps(found)


def position_of(items: Sequence[Mapping[str, Any]], item_id: str) -> int:
    """Return the position of an item.

    Raises:
        NotFound: there is no item of this id, with the one that was probably meant.
    """
    ids = [one["id"] for one in items]
    if item_id not in ids:
        near = nearest(item_id, ids)
        detail = "The record has no evidence of this id; GET …/evidence lists what it has, POST adds an item."
        raise NotFound(detail, code="unknown_evidence", extra={"nearest": near} if near else None)
    return ids.index(item_id)


@contextmanager
def faults_within_item(
    tx: Connection, kind: RecordKind, record_id: str, item_id: str | None = None
) -> Iterator[None]:
    """Tell faults of a record where they are in an item of its evidence, or in one that is added where none is named.

    Raises:
        InvalidDocument: as the block does; faults elsewhere in the record say so.
    """
    try:
        yield
    except InvalidDocument as error:
        current = find(tx, kind, record_id)
        items = orjson.loads(current.document).get(_MEMBER, []) if current is not None else []
        at = len(items) if item_id is None else position_of(items, item_id)
        faults = [_within(fault, f"/{_MEMBER}/{at}") for fault in error.faults]
        raise InvalidDocument(
            error.detail, code=error.code, faults=faults, headers=error.headers, extra=error.extra
        ) from None


def _within(fault: Fault, place: str) -> Fault:
    pointer = fault.pointer or ""
    if pointer == place or pointer.startswith(f"{place}/"):
        return dataclasses.replace(fault, pointer=pointer.removeprefix(place))
    if not pointer or pointer == "/id":
        return fault
    return dataclasses.replace(
        fault, pointer="", detail=f"Elsewhere in the record, at {pointer}: {fault.detail}"
    )
