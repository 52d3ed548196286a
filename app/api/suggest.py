"""Suggestions over HTTP."""

from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from app.api.across import Across, Made, body_of, refuse_faults
from app.api.describing_across import suggest_operation
from app.api.leniency import leniently
from app.api.requests import query_values
from app.api.routing import RawRoute
from app.queries.condition import Parameter, Values
from app.queries.kinds import KIND, read_kinds
from app.queries.listquery import FORMAT, refuse_unknown
from app.settings import Settings
from app.store.reading import Reading
from app.verbs.suggesting import MOST_CHARACTERS, Suggesting, suggest

DEFAULT_LIMIT, MOST = 10, 50

SUGGEST_PARAMETERS: Final = (
    Parameter(
        "q",
        f"What has been typed so far, at most {MOST_CHARACTERS} characters; without a word in it nothing is found.",
        {"type": "string", "maxLength": MOST_CHARACTERS},
        "hugo ch",
    ),
    KIND,
    Parameter(
        "limit",
        "How many suggestions are wanted.",
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        5,
    ),
    FORMAT,
)


class _Suggest(Across):
    """The operation `GET /v1/suggest`."""

    async def suggest(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer `GET /v1/suggest`."""

        async def make(reading: Reading) -> Made:
            return body_of(await suggest(reading, _read(query_values(scope)))), []

        await self.reply(scope, send, make)


def _read(values: Values) -> Suggesting:
    refuse_unknown(values, [parameter.name for parameter in SUGGEST_PARAMETERS])
    given = values.all("q")
    if not given:
        values.refuse("q", "missing_parameter", "Say what has been typed so far.")
    elif len(given) > 1:
        values.refuse("q", "repeated_parameter", "Give this parameter once.")
    elif len(given[0]) > MOST_CHARACTERS:
        values.refuse("q", "too_long", f"No name has more than {MOST_CHARACTERS} characters.")
    kind, kinds = read_kinds(values)
    limit = values.one("limit") or str(DEFAULT_LIMIT)
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10 and 1 <= int(limit) <= MOST):
        values.refuse("limit", "out_of_range", f"Give a whole number from 1 to {MOST}.")
    refuse_faults(values)
    return Suggesting(given[0], kind, kinds, int(limit))


def routes(app: FastAPI, settings: Settings) -> list[RawRoute]:
    """Give the operation."""
    answered = leniently(_Suggest.of(app, settings).suggest, SUGGEST_PARAMETERS)
    return [RawRoute("/v1/suggest", answered, **suggest_operation(SUGGEST_PARAMETERS))]
