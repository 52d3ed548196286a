"""`GET /v1/dates`: what an EDTF value means."""

from functools import partial
from typing import Any, Final

import orjson
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.dates.schemas import EXAMPLE
from app.errors import BadRequest, Fault
from app.schemas.query import FORMAT, Parameter, refuse_faults, refuse_unknown
from app.values.calendar import Calendar
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import describe, parse_edtf
from app.values.entity_tag import entity_tag
from app.web.auth import authenticate
from app.web.caching import CachedResponse, send_cached
from app.web.headers import negotiate
from app.web.openapi import PLAIN_PROBLEMS, parameter_of, problem_responses
from app.web.routes import JSON_ONLY, AsgiRoute, query_values, with_leniency

_MAX_AGE: Final = 3600


EDTF: Final = Parameter(
    "edtf",
    "The value: EDTF (ISO 8601-2:2019), levels 0 to 2.",
    {"type": "string", "maxLength": 1000},
    "1967-03~/1975",
)


CALENDAR: Final = Parameter(
    "calendar",
    "The calendar that its digits are of. Bounds are always Gregorian.",
    {"type": "string", "enum": [one.value for one in Calendar], "default": Calendar.GREGORIAN.value},
    "gregorian",
)


DATE_PARAMETERS: Final = (EDTF, CALENDAR, FORMAT)


async def _explain(app: FastAPI, scope: Scope, _receive: Receive, send: Send) -> None:
    await authenticate(app, scope, "read")
    negotiate(scope, JSON_ONLY)
    values = query_values(scope)
    refuse_unknown(values, [parameter.name for parameter in DATE_PARAMETERS])
    text = values.one("edtf")
    calendar = values.choice("calendar", [one.value for one in Calendar], Calendar.GREGORIAN.value)
    if text is None and not values.faults:
        values.refuse("edtf", "missing_parameter", "Give an EDTF value, such as 1967-03.")
    refuse_faults(values)
    body = orjson.dumps(_explained(text or "", Calendar(calendar)))
    # The same value means the same as long as the code stays: it may be kept for a while.
    headers = [
        (b"content-type", b"application/json"),
        (b"cache-control", b"public, max-age=%d" % _MAX_AGE),
        (b"vary", b"Accept"),
    ]
    await send_cached(scope, send, CachedResponse("", entity_tag(0, body).encode(), headers, body))


def _explained(text: str, calendar: Calendar) -> dict[str, Any]:
    try:
        value = parse_edtf(text, calendar)
    except EdtfError as error:
        character = error.position + 1
        raise BadRequest(
            f"This is not an EDTF date: {error.reason}, at character {character}.",
            code="invalid_edtf",
            faults=[Fault("invalid_edtf", f"At character {character}: {error.reason}.", parameter="edtf")],
            extra={"character": character},
        ) from error
    return {"edtf": value.text, "calendar": calendar.value, "level": value.level, **describe(value)}


def routes(app: FastAPI) -> list[AsgiRoute]:
    """Give the operation."""
    schema = {
        "type": "object",
        "required": ["edtf", "calendar", "level", "start", "end", "qualified", "label"],
        "properties": {
            "edtf": {"type": "string", "description": "The value as it was given."},
            "calendar": {"type": "string", "enum": [one.value for one in Calendar]},
            "level": {
                "type": "integer",
                "enum": [0, 1, 2],
                "description": "The lowest level of the standard that has all of its notation.",
            },
            "start": {"$ref": "#/components/schemas/DayRange"},
            "end": {"$ref": "#/components/schemas/DayRange"},
            "qualified": {"type": "boolean", "description": "Whether it is uncertain or approximate."},
            "label": {"type": "string", "description": "The date for people to read."},
        },
    }
    return [
        AsgiRoute(
            "/v1/dates",
            with_leniency(partial(_explain, app), DATE_PARAMETERS),
            operation_id="explain_date",
            summary="Explain a date",
            description="What an EDTF value means: its bounds in days, whether it is qualified, how people write "
            "it. A value that is none is refused; `character` says where it goes wrong, counted from 1.",
            tags=["across"],
            responses={
                200: {
                    "description": "What it means.",
                    "content": {"application/json": {"schema": schema, "example": EXAMPLE}},
                },
                304: {"description": "The client has it already."},
                **problem_responses(*PLAIN_PROBLEMS),
            },
            openapi_extra={
                "parameters": [
                    parameter_of(EDTF) | {"required": True},
                    parameter_of(CALENDAR),
                    parameter_of(FORMAT),
                ]
            },
        )
    ]
