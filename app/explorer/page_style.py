"""How the pages look: one style, in the page itself, allowed by its digest and nothing else."""

import base64
import hashlib
from typing import Final

STYLE: Final = """
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
"""The style of every page."""


def headers_of(style: str, body: bytes) -> list[tuple[bytes, bytes]]:
    """Give the headers of a page with this style, which runs no script and loads nothing from elsewhere."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", policy.encode()),
    ]
