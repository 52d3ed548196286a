"""The faults of an import: each is stored with the job, and similar ones are grouped.

Faults are stored in the database, so that memory does not grow with them and a resumed job reports those
that were found before.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, func, select

from app.database import tables
from app.database.engine.statement import CompiledStatement
from app.database.index.insert_rows import insert_rows
from app.errors import Fault

MAX_FAULTS: Final = 1000
"""Faults that a report lists one by one."""

MAX_GROUPS: Final = 100
"""Groups of faults that a report has: the largest."""

LINES_OF_GROUP: Final = 10
"""Lines that are named for each group, the first."""

_CHUNK: Final = 1000
_INDEX: Final = re.compile(r"/\d+(?=/|$)")
_NUMBER: Final = re.compile(r"\d[\d.,:\-TZ]*")
_fault = tables.import_fault.c
_OF_JOB: Final = _fault.job == bindparam("job")

_AFTER: Final = CompiledStatement(
    select(_fault.position, _fault.fault)
    .where(_OF_JOB, _fault.position > bindparam("after"))
    .order_by(_fault.position)
    .limit(_CHUNK)
)

_GROUPS: Final = CompiledStatement(
    select(_fault.group_key, func.count().label("count"), func.min(_fault.position).label("first"))
    .where(_OF_JOB)
    .group_by(_fault.group_key)
    .order_by(func.count().desc(), func.min(_fault.position))
    .limit(MAX_GROUPS)
)

_OF_GROUP: Final = CompiledStatement(
    select(_fault.line, _fault.fault)
    .where(_OF_JOB, _fault.group_key == bindparam("group_key"))
    .order_by(_fault.position)
    .limit(_CHUNK)
)


class Origin(NamedTuple):
    """Where a document of an import comes from.

    Attributes:
        file: the name of its file.
        line: the line that it begins on.
        number: which feature of its file it is, where lines tell little.
        id: its id, if it brings one.
    """

    file: str
    line: int
    number: int | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class ImportFault:
    """One fault, and the document that it is in."""

    origin: Origin
    fault: Fault

    def to_dict(self) -> dict[str, Any]:
        """Return it as reports have it."""
        record_id = self.fault.record.partition("/")[2] if self.fault.record is not None else self.origin.id
        members = {
            "file": self.origin.file,
            "line": self.origin.line,
            "feature": self.origin.number,
            "id": record_id,
            "pointer": self.fault.pointer,
            "code": self.fault.code,
            "detail": self.fault.detail,
            "value": self.fault.value,
            "suggestion": self.fault.suggestion,
        }
        return {name: value for name, value in members.items() if value is not None}

    @property
    def group_key(self) -> int:
        """The same number for faults that differ only in their line, values and numbers."""
        alike = (
            self.origin.file,
            self.fault.code,
            general_pointer(self.fault.pointer or ""),
            _NUMBER.sub("0", self.fault.detail),
        )
        return int.from_bytes(
            blake2b("\0".join(alike).encode(errors="surrogatepass"), digest_size=8).digest(),
            "big",
            signed=True,
        )


def general_pointer(pointer: str) -> str:
    """Return a pointer for the items of a list in general: `/figures/*/best` for `/figures/3/best`."""
    return _INDEX.sub("/*", pointer)


def keep_faults(tx: Connection, job: int, first: int, faults: Iterable[ImportFault]) -> int:
    """Store faults of a job that has `first` of them already; returns how many there are then."""
    kept = [
        (job, position, one.group_key, one.origin.line, orjson.dumps(one.to_dict()).decode())
        for position, one in enumerate(faults, first)
    ]
    insert_rows(tx, tables.import_fault, kept)
    return first + len(kept)


def every_fault(connection: Connection, job: int) -> Iterator[dict[str, Any]]:
    """Yield all faults of a job in the order in which they were found, a few at a time."""
    after = -1
    while True:
        found = _AFTER.rows(connection, {"job": job, "after": after})
        for after, fault in found:  # noqa: B007 - the last of them is where to go on
            yield orjson.loads(fault)
        if len(found) < _CHUNK:
            return


def fault_groups(connection: Connection, job: int) -> list[dict[str, Any]]:
    """Return the faults of a job in groups of similar ones, the largest groups first.

    Each has the `file`, `code`, general `pointer` and `detail`, their number, their first lines, and the
    rest of the first one as an `example`.
    """
    groups = []
    for group_key, count, _ in _GROUPS.rows(connection, {"job": job}):
        found = _OF_GROUP.rows(connection, {"job": job, "group_key": group_key})
        first = orjson.loads(found[0][1])
        group = {"file": first["file"], "code": first["code"]}
        if "pointer" in first:
            group["pointer"] = general_pointer(first["pointer"])
        lines = list(dict.fromkeys(line for line, _ in found))[:LINES_OF_GROUP]
        group |= {"detail": first["detail"], "count": count, "lines": lines}
        groups.append(group | {"example": first})
    return groups
