"""Evidence over HTTP: what sources say of a record, what was read out of a source, and where evidence is thin."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.database.engine.database import cursor_secret
from app.database.engine.read_snapshot import ReadConnection
from app.errors import MergedInto
from app.evidence.coverage import MEASURED, SUPPORT, find_statements, measure
from app.evidence.schemas import (
    coverage_operation,
    evidence_operation,
    passages_operation,
    statements_operation,
)
from app.evidence.service import evidence_of, list_passages
from app.reading.service import find_live
from app.records.evidence_support import STATEMENT_PROPERTIES
from app.records.kinds import RECORD_KINDS, RecordKind
from app.schemas.query import (
    CURSOR,
    FORMAT,
    LIMIT,
    Parameter,
    Values,
    raise_faults,
    read_limit,
    refuse_unknown,
)
from app.settings import Settings
from app.values.cursor import Cursor, InvalidCursor, open_cursor
from app.web.responses import page_links, redirect
from app.web.routes import AsgiRoute, CachedEndpoint, Computed, query_values, with_leniency

_NAMES: Final = {kind.kind: kind for kind in RECORD_KINDS}

PROPERTY: Final = Parameter(
    "property",
    "One property alone: a field with its members, one member as evidence names it, or `record` for the record as a whole.",
    example="date",
)

KIND: Final = Parameter(
    "kind",
    "Records of one kind alone; of all kinds without it.",
    {"type": "string", "enum": list(MEASURED)},
    "event",
)

ABOUT: Final = Parameter(
    "property",
    "What the statements are about; `record`: that its subject was at all, so that with `support=none` the records "
    "without any source are listed, and with `support=one` those that rest on one.",
    {"type": "string", "enum": list(STATEMENT_PROPERTIES), "default": "record"},
    "summary",
)

HOW_WELL: Final = Parameter(
    "support",
    "How many independent sources stand behind them.",
    {"type": "string", "enum": list(SUPPORT), "default": "none"},
    "one",
)

_PASSAGES: Final = (LIMIT, CURSOR, FORMAT)
_SIDE_BY_SIDE: Final = (PROPERTY, FORMAT)
_COVERAGE: Final = (KIND, LIMIT, FORMAT)
_STATEMENTS: Final = (KIND, ABOUT, HOW_WELL, LIMIT, CURSOR, FORMAT)
_Make = Callable[[Scope, ReadConnection], Awaitable[Computed]]


@dataclass(frozen=True, slots=True)
class EvidenceReader(CachedEndpoint):
    """The operations on evidence that only read."""

    async def of_record(self, kind: RecordKind, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/{collection}/{id}/evidence`."""
        if kind.kind == "source":
            await self._following(scope, send, self._of_source)
        else:
            await self._following(scope, send, partial(self._of_record, kind))

    async def _following(self, scope: Scope, send: Send, make: _Make) -> None:
        try:
            await self.reply(scope, send, partial(make, scope))
        except MergedInto as merged:
            await redirect(scope, send, f"{merged.target}/evidence")

    async def _of_record(self, kind: RecordKind, scope: Scope, reading: ReadConnection) -> Computed:
        values = _known(scope, _SIDE_BY_SIDE)
        about = values.one("property")
        raise_faults(values)
        return orjson.dumps(await evidence_of(reading, kind, scope["path_params"]["id"], about)), []

    async def _of_source(self, scope: Scope, reading: ReadConnection) -> Computed:
        values = _known(scope, _PASSAGES)
        limit = read_limit(values) or 0
        source_id = scope["path_params"]["id"]
        purpose = f"evidence of sources/{source_id}".encode()
        cursor = await self._cursor(reading, values, purpose)
        raise_faults(values)
        first = (await find_live(reading, _NAMES["source"], source_id))[0]
        page = await list_passages(reading, first[6], limit, cursor)
        return await self._page(scope, reading, page.items, page.next, page.prev, purpose)

    async def coverage(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/coverage`."""

        async def make(reading: ReadConnection) -> Computed:
            values = _known(scope, _COVERAGE)
            kind, limit = _choice(values, "kind", MEASURED), read_limit(values) or 0
            raise_faults(values)
            return orjson.dumps(await measure(reading, kind, limit)), []

        await self.reply(scope, send, make)

    async def statements(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/coverage/statements`."""

        async def make(reading: ReadConnection) -> Computed:
            values = _known(scope, _STATEMENTS)
            kind = _choice(values, "kind", MEASURED)
            about = values.choice("property", STATEMENT_PROPERTIES, "record")
            support, limit = values.choice("support", SUPPORT, "none"), read_limit(values) or 0
            purpose = f"statements of {kind or 'all'} {about} {support}".encode()
            cursor = await self._cursor(reading, values, purpose)
            raise_faults(values)
            kinds = MEASURED if kind is None else (kind,)
            found = await find_statements(reading, kinds, about, support, limit, cursor)
            return await self._page(scope, reading, found.items, found.next, None, purpose)

        await self.reply(scope, send, make)

    async def _cursor(self, reading: ReadConnection, values: Values, purpose: bytes) -> Cursor | None:
        text = values.one("cursor")
        if text is None:
            return None
        try:
            return open_cursor(text, await cursor_secret(reading), purpose)
        except InvalidCursor:
            values.refuse("cursor", "invalid_cursor", "Take cursors from next or prev of the same list.")
            return None

    async def _page(
        self,
        scope: Scope,
        reading: ReadConnection,
        items: Sequence[object],
        following: Cursor | None,
        preceding: Cursor | None,
        purpose: bytes,
    ) -> Computed:
        secret = await cursor_secret(reading)
        sealed = [one.seal(secret, purpose) if one is not None else None for one in (following, preceding)]
        beside = page_links(scope, *sealed)
        body = orjson.dumps({"items": items, "next": beside.following, "prev": beside.preceding})
        return body, beside.headers


def _known(scope: Scope, parameters: Sequence[Parameter]) -> Values:
    values = query_values(scope)
    refuse_unknown(values, [parameter.name for parameter in parameters])
    return values


def _choice(values: Values, name: str, choices: Sequence[str]) -> str | None:
    return values.choice(name, choices, "") or None


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operations on evidence that only read."""
    reader = EvidenceReader.of(app, settings)
    of_records = [
        AsgiRoute(
            f"/v1/{kind.collection}/{{id}}/evidence",
            with_leniency(
                partial(reader.of_record, kind), _PASSAGES if kind.kind == "source" else _SIDE_BY_SIDE
            ),
            **(
                passages_operation(_PASSAGES)
                if kind.kind == "source"
                else evidence_operation(kind, _SIDE_BY_SIDE)
            ),
        )
        for kind in RECORD_KINDS
    ]
    return [
        *of_records,
        AsgiRoute("/v1/coverage", with_leniency(reader.coverage, _COVERAGE), **coverage_operation(_COVERAGE)),
        AsgiRoute(
            "/v1/coverage/statements",
            with_leniency(reader.statements, _STATEMENTS),
            **statements_operation(_STATEMENTS),
        ),
    ]
