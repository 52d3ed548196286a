"""The start page: what this service is, and example requests to click."""

from dataclasses import dataclass
from typing import Final

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

START_PAGE: Final = render_page("start.html", "style.css", examples=EXAMPLES)
