"""The start page: what this is, and questions that can be asked with a click."""

import base64
import hashlib
import html
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send


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

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5a6475; --paper: #fbfaf7; --card: #fff;
  --line: #ddd8cc; --accent: #8a3324 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e6e1; --soft: #a9afbb; --paper: #16191f;
  --card: #1e232b; --line: #353b46; --accent: #f0a58f } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif }
header, main, footer { max-width: 46rem; margin: 0 auto; padding: 0 1.25rem }
header { padding-top: 4rem }
h1 { font: 600 3rem/1.1 Georgia, "Times New Roman", serif; margin: 0 0 .6rem; letter-spacing: -.01em }
h2 { font: 600 1.35rem/1.3 Georgia, "Times New Roman", serif; margin: 2.6rem 0 .8rem }
.lead { font-size: 1.2rem; color: var(--soft); margin: 0 0 1.6rem }
a { color: var(--accent); text-underline-offset: .15em }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 4px }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; margin: 0 }
nav a { display: block; padding: .45rem 1rem; border: 1px solid var(--accent); border-radius: 999px;
  text-decoration: none; font-weight: 600 }
nav li:first-child a { background: var(--accent); color: var(--paper) }
ol { list-style: none; padding: 0; margin: 0; border: 1px solid var(--line); border-radius: 10px;
  background: var(--card); overflow: hidden }
ol li + li { border-top: 1px solid var(--line) }
ol a { display: block; padding: .8rem 1.1rem; text-decoration: none; color: inherit }
ol a:hover { background: var(--paper) }
ol a:focus-visible { outline-offset: -3px }
code { font: .88rem/1.5 ui-monospace, Menlo, Consolas, monospace; color: var(--accent);
  overflow-wrap: anywhere; display: block }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1.1rem;
  overflow-x: auto; margin: 0; font: .88rem/1.5 ui-monospace, Menlo, Consolas, monospace }
footer { color: var(--soft); padding-top: 2.5rem; padding-bottom: 4rem; font-size: .95rem }
"""

_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
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
<style>{_STYLE}</style>
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
_HEADERS: Final = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-length", str(len(_BODY)).encode()),
    (b"content-security-policy", _POLICY.encode()),
)


async def start(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with the start page."""
    await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
    await send({"type": "http.response.body", "body": _BODY})
