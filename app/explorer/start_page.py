"""The start page: what this is, and questions that can be asked with a click."""

import html
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from app.explorer.page_style import STYLE, headers_of


@dataclass(frozen=True, slots=True)
class Example:
    """A question in words, and the request that asks it."""

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


def _page() -> str:
    questions = "\n".join(
        f'<li><a href="{html.escape(example.path.removeprefix("/"))}">{html.escape(example.question)}'
        f"<code>GET {html.escape(example.path)}</code></a></li>"
        for example in EXAMPLES
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="A database of historical events and the evidence for them">
<title>Annals</title>
<link rel="icon" href="docs/static/favicon.png">
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>Annals</h1>
<p class="lead">A database of historical events: who took part, what was agreed, where it happened, how well
the date is known, and what the sources say.</p>
<nav aria-label="Main">
<ul>
<li><a href="docs">Read the API</a></li>
<li><a href="v1">All collections</a></li>
<li><a href="docs/evidence">What evidence means</a></li>
<li><a href="openapi.json">OpenAPI</a></li>
</ul>
</nav>
</header>
<main>
<h2>Ask it something</h2>
<ol>
{questions}
</ol>
<h2>From a terminal</h2>
<pre tabindex="0" aria-label="Example command">curl -s 'http://localhost:8000/v1/events?when=1994&amp;explain=true'</pre>
</main>
<footer>
<p>A record is one document; dates are EDTF, and may be uncertain; every statement can name its source.
<a href="docs/problems">What errors mean</a>, <a href="readyz">whether it is ready</a>.</p>
</footer>
</body>
</html>
"""


_BODY: Final = _page().encode()


_HEADERS: Final = headers_of(STYLE, _BODY)


async def start(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with the start page."""
    await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
    await send({"type": "http.response.body", "body": _BODY})
