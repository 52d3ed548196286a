"""Timelines over HTTP."""

from dataclasses import replace
from typing import Final

import orjson
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.database.engine.read_snapshot import ReadConnection
from app.filters import FILTERS, read_conditions
from app.filters.attributes import KIND, read_kinds
from app.listing.binding import bind_query, choose_driver
from app.listing.query import ListQuery
from app.listing.sorting import SORTS
from app.schemas.query import (
    EXPLAIN,
    FORMAT,
    POLICY,
    Parameter,
    Values,
    raise_faults,
    read_policy,
    refuse_unknown,
)
from app.settings import Settings
from app.timeline.schemas import timeline_operation
from app.timeline.service import LENGTHS, MOST_BUCKETS, TimelineQuestion, explain_timeline, timeline
from app.web.routes import AsgiRoute, CachedEndpoint, Computed, query_values, with_leniency

DEFAULT_BUCKET: Final = "decade"

BUCKET: Final = Parameter(
    "bucket",
    "How long a bucket is. Buckets are aligned by floor: the century `1900` is 1900-1999, the decade `-0040` "
    "is -0040 to -0031. With `when` they are those of its days alone, on a side where it is open as without it. Without "
    "`when` they run from the first to the last finite bound of the dates whose year is given in full, but where that "
    f"would be more than {MOST_BUCKETS:,} buckets, dates as long as that themselves do not count. If it is still more, "
    "that is refused, with a coarser bucket proposed.",
    {"type": "string", "enum": list(LENGTHS), "default": DEFAULT_BUCKET},
    "decade",
)

SPLIT: Final = Parameter(
    "split",
    "`type`: each bucket says as well how its records are spread over types.",
    {"type": "string", "enum": ["type"]},
    "type",
)

KINDS: Final = replace(
    KIND,
    description="Any of these kinds of record, with commas; events where nothing is said, agreements with `in_force_on`.",
    schema={**KIND.schema, "default": "event"},
)

TIMELINE_PARAMETERS: Final[tuple[Parameter, ...]] = (
    BUCKET,
    SPLIT,
    KINDS,
    *(parameter for one in FILTERS for parameter in one.parameters),
    POLICY,
    EXPLAIN,
    FORMAT,
)


class _Timeline(CachedEndpoint):
    """The operation `GET /v1/timeline`."""

    async def timeline(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/timeline`."""

        async def make(reading: ReadConnection) -> Computed:
            query, bucket, split = _read(query_values(scope))
            question = await choose_driver(reading, await bind_query(reading, query))
            members = await timeline(reading, TimelineQuestion(question, bucket, split))
            if query.explain:
                members["explanation"] = explain_timeline(query, bucket, split=split)
            return orjson.dumps(members), []

        await self.reply(scope, send, make)


def _read(values: Values) -> tuple[ListQuery, str, bool]:
    refuse_unknown(values, [parameter.name for parameter in TIMELINE_PARAMETERS])
    kind, kinds = read_kinds(values, default=("agreement" if values.all("in_force_on") else "event",))
    if values.all("in_force_on") and kind is not None and kind.kind != "agreement":
        values.refuse(
            "in_force_on", "wrong_kind", "Give `kind=agreement` with it: only agreements are in force."
        )
    conditions = [*read_conditions(values, kind), *kinds]
    bucket = values.choice("bucket", tuple(LENGTHS), DEFAULT_BUCKET)
    split = values.choice("split", ("type",), "") == "type"
    query = ListQuery(
        kind=kind,
        conditions=conditions,
        sort=SORTS["date"],
        limit=None,
        source=read_policy(values),
        explain=values.choice("explain", ("true", "false"), "false") == "true",
    )
    raise_faults(values)
    return query, bucket, split


def routes(app: FastAPI, settings: Settings) -> list[AsgiRoute]:
    """Return the operation."""
    answered = with_leniency(_Timeline.of(app, settings).timeline, TIMELINE_PARAMETERS)
    return [AsgiRoute("/v1/timeline", answered, **timeline_operation(TIMELINE_PARAMETERS))]
