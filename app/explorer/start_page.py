"""The start page: what this service is, and example requests to click."""

from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from app.explorer.pages import render_page


@dataclass(frozen=True, slots=True)
class Example:
    """An example: a question in words, and the request for it."""

    question: str
    path: str


EXAMPLES: Final = (
    Example("What happened in 1994?", "/v1/events?when=1994"),
    Example("And what happened then for certain?", "/v1/events?when=1994&relation=within&certainty=certain"),
    Example("What happened on a 14 December, whatever the year?", "/v1/events?on_day=12-14"),
    Example("Where did Fidel Castro take part?", "/v1/events?participant=actors/fidel-castro"),
    Example("What was agreed in October 2000?", "/v1/agreements?when=2000-10"),
    Example("How is an uncertain date read?", "/v1/dates?edtf=1967-03~/1975"),
)

_PAGE: Final = render_page("start.html", "style.css", examples=EXAMPLES)


async def start(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with the start page."""
    await send({"type": "http.response.start", "status": 200, "headers": list(_PAGE.headers)})
    await send({"type": "http.response.body", "body": _PAGE.body})
