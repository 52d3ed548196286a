"""What evidence means here, told with answers from this very database."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.types import Receive, Scope, Send

from app.database.engine.database import Database
from app.database.engine.read_snapshot import ReadConnection
from app.database.lookup import resolve_references
from app.evidence.coverage import measure
from app.evidence.service import evidence_of, list_passages
from app.explorer.page_style import STYLE, headers_of
from app.listing.query import read_list_query
from app.listing.service import list_records
from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_collection
from app.schemas.query import Values

_LOOKED_THROUGH: Final = 300
"""Passages of a source among which a telling one is chosen."""


_STYLE: Final = (
    STYLE
    + """
table { border-collapse: collapse; width: 100%; font-size: .97rem }
th, td { text-align: left; vertical-align: top; padding: .45rem .7rem .45rem 0; border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 600 } td.n { text-align: right; font-variant-numeric: tabular-nums }
dt { font-weight: 600; margin-top: .6rem } dd { margin: 0 }
p code, dt code, td code, dd code { display: inline } blockquote { margin: .8rem 0; padding-left: 1rem;
  border-left: 3px solid var(--accent) }
"""
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a database has to show: answers of the API, or None where it has none."""

    source: Mapping[str, Any] | None = None
    passage: Mapping[str, Any] | None = None
    side_by_side: Mapping[str, Any] | None = None
    contested: Mapping[str, Any] | None = None
    dispute: Mapping[str, Any] | None = None
    under_policy: tuple[int, int] | None = None
    coverage: Mapping[str, Any] | None = None


async def evidence_page(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer with the page; where reading needs a key, it tells no answers."""
    state = scope["app"].state
    # Adding up the whole database takes its time: a page serves until something is written.
    db: Database = state.db
    kept: tuple[str, bytes] | None = getattr(state, "evidence_page", None)
    if kept is None or kept[0] != await db.version():
        public = state.settings.public_reads

        async def read(reading: ReadConnection) -> tuple[str, Shown]:
            return await reading.version(), await _shown(reading) if public else Shown()

        version, shown = await db.answer(read)
        kept = state.evidence_page = (version, _page(shown).encode())
    body = kept[1]
    await send({"type": "http.response.start", "status": 200, "headers": headers_of(_STYLE, body)})
    await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})


async def _shown(db: ReadConnection) -> Shown:
    coverage = await measure(db, None, 1)
    sources = coverage["sources"]["items"]
    if not sources or not sources[0]["records"]:
        return Shown(coverage=coverage)
    source = sources[0]
    key = (await resolve_references(db, {"source": source["ref"]}))["source"]
    passages = (await list_passages(db, key, _LOOKED_THROUGH, None)).items
    quoted = [one for one in passages if "exact" in one["evidence"].get("selector", {})]
    passage = max(quoted, key=_tells, default=None)
    contested, dispute = await _contested(db)
    return Shown(
        source,
        passage,
        await _beside(db, passage["ref"], passage["evidence"].get("property")) if passage else None,
        contested,
        dispute,
        (await _count(db, ""), await _count(db, f"source:{source['ref']}")),
        coverage,
    )


def _tells(passage: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """Prefer passages that state something, a date best of all."""
    item = passage["evidence"]
    return "stance" not in item, "basis" not in item, item.get("property") == "date"


async def _beside(db: ReadConnection, ref: str, about: str | None) -> Mapping[str, Any]:
    kind, record_id = _split(ref)
    return await evidence_of(db, kind, record_id, about or "record")


async def _contested(db: ReadConnection) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    for kind in RECORD_KINDS:
        values = Values([("contested", "true"), ("limit", "1")])
        page = await list_records(db, read_list_query(values, kind))
        if page.documents:
            record: dict[str, Any] = orjson.loads(page.documents)
            told = await evidence_of(db, kind, record["id"], None)
            return record, next((one for one in told["items"] if one["contested"]), None)
    return None, None


async def _count(db: ReadConnection, policy: str) -> int:
    kind = kind_by_collection("events")
    values = Values([("count", "exact"), ("limit", "1"), *([("policy", policy)] if policy else [])])
    page = await list_records(db, read_list_query(values, kind))
    return int(page.more["count"])


def _split(ref: str) -> tuple[RecordKind, str]:
    collection, _, record_id = ref.partition("/")
    kind = kind_by_collection(collection)
    if kind is None:  # references of stored records lead into collections
        raise KeyError(collection)
    return kind, record_id


def _page(shown: Shown) -> str:
    sections = "".join(
        (
            _passage(shown),
            _side_by_side(shown),
            _contest(shown),
            _policy(shown),
            _verify(shown),
            _coverage(shown),
        )
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Annals: evidence</title>
<link rel="icon" href="static/favicon.png">
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>Evidence</h1>
<p class="lead">Sources disagree, and none of them is this database. What a record says can be traced to the passages that
say it; where sources differ, each is kept, and can be read, counted, filtered by and checked.</p>
</header>
<main>
{sections}
<h2>Citing</h2>
<p>A record changes; a revision does not. <code>…/revisions/N</code> is the permanent address of the document that was
read: its number is in <code>revision</code> and in the entity tag. <code>format=csl</code> gives a citation of it.</p>
</main>
<footer><p><a href="../docs">The API</a>, <a href="problems">what errors mean</a>, <a href="../">the start page</a>.</p></footer>
</body>
</html>
"""


def _passage(shown: Shown) -> str:
    said = """<h2>One item, one passage</h2>
<p>An item of evidence is one passage of one source that bears on one property of a record. It supports the record, disputes
it or only mentions the matter; <code>basis</code> tells whether the passage states it, an editor infers it, or it comes from
outside the sources. Of the text no more is quoted than finds the place.</p>"""
    if shown.passage is None or shown.source is None:
        return said + "<p>There is no evidence with a passage in this database yet.</p>"
    item = shown.passage["evidence"]
    selector = item["selector"]
    where = f", characters {selector['start']} to {selector['end']}" if "start" in selector else ""
    about = f"the {item['property']} of " if "property" in item else ""
    return f"""{said}
<blockquote>“{_text(selector["exact"])}”<br>{_text(shown.source["title"])}{where}</blockquote>
<p>bears on {_text(about)}{_link(shown.passage["ref"], shown.passage["title"])}.{_note(item)} Everything that was read out of
this source, in the order of its text: {_link(f"{shown.source['ref']}/evidence")}.</p>"""


def _side_by_side(shown: Shown) -> str:
    if shown.side_by_side is None:
        return ""
    rows = "".join(map(_rows, shown.side_by_side["items"]))
    about = shown.side_by_side["items"][0]["property"]
    path = f"{shown.side_by_side['ref']}/evidence?property={about}"
    return f"""<h2>Side by side</h2>
<p>What a record says, and next to it what each source holds: {_link(path)}.</p>
<table><tr><th>Says</th><th>What</th><th>How</th></tr>{rows}</table>"""


def _rows(told: Mapping[str, Any]) -> str:
    own = f"<tr><td>the record</td><td>{_value(told.get('value'))}</td><td><code>{_text(told['property'])}</code></td></tr>"
    return own + "".join(
        f"<tr><td>{_text(item.get('source', 'knowledge from elsewhere'))}</td><td>{_value(item.get('holds'))}</td>"
        f"<td>{_text(_manner(item))}{_note(item)}</td></tr>"
        for item in told["evidence"]
    )


def _manner(item: Mapping[str, Any]) -> str:
    side = "has a value of its own" if "value" in item else item.get("stance", "supports")
    words = [side, item.get("basis", "stated")]
    return ", ".join([*words, *([item["rank"]] if "rank" in item else [])]) + "."


def _contest(shown: Shown) -> str:
    said = """<h2>Contest</h2>
<p>A property is contested where a source disputes it or has a value of its own that is not deprecated. Lists find such
records with <code>contested=true</code>.</p>"""
    if shown.contested is None or shown.dispute is None:
        return said + "<p>Nothing in this database is contested yet.</p>"
    collection = shown.contested["href"].split("/")[2]
    return f"""{said}
<p>{_link(f"{collection}?contested=true")} begins with {_link(f"{collection}/{shown.contested['id']}", shown.contested["title"])}:</p>
<table><tr><th>Says</th><th>What</th><th>How</th></tr>{_rows(shown.dispute)}</table>"""


def _policy(shown: Shown) -> str:
    said = """<h2>One source’s database</h2>
<p><code>policy=source:…</code> reads a record or a list as one source has it: its values in place of the record’s, without
what it disputes and what it is silent on. Filters and sorting see what the reader sees.</p>"""
    if shown.source is None or shown.under_policy is None:
        return said
    own, seen = shown.under_policy
    return f"""{said}
<p>Of {own:,} events, {seen:,} remain under {_link(f"events?policy=source:{shown.source['ref']}")}.</p>"""


def _verify(shown: Shown) -> str:
    ref = shown.source["ref"] if shown.source is not None else "sources/ID"
    return f"""<h2>Verifying</h2>
<p>Texts are no part of the database. Whoever has one can check what was read out of it, and nothing is changed by that:</p>
<pre tabindex="0" aria-label="Example command">curl -s -H 'Content-Type: text/plain' --data-binary @TEXT http://localhost:8000/v1/{_text(ref)}/verify
annals verify {_text(ref)} TEXT</pre>
<dl>
<dt><code>exact</code></dt><dd>The phrase stands at its place.</dd>
<dt><code>moved</code></dt><dd>It stands once elsewhere, or with other white space or quotation marks; the answer says where.</dd>
<dt><code>ambiguous</code></dt><dd>It stands in several places, and what stands around it does not decide.</dd>
<dt><code>missing</code></dt><dd>It stands nowhere.</dd>
</dl>"""


def _coverage(shown: Shown) -> str:
    if shown.coverage is None:
        return ""
    rows = "".join(
        f"<tr><td>{_text(one['kind'])}</td><td>{_text(one['property'])}</td>"
        + "".join(f'<td class="n">{one[name]:,}</td>' for name in ("none", "one", "several"))
        + "</tr>"
        for one in shown.coverage["properties"]
        if one["none"]
    )
    counts = shown.coverage["statements"]
    table = f"<table><tr><th>Kind</th><th>About</th><th>No source</th><th>One</th><th>Several</th></tr>{rows}</table>"
    return f"""<h2>Where it is thin</h2>
<p>Of {sum(counts.values()):,} statements here, {counts["none"]:,} have no source, {counts["one"]:,} rest on one, and
{counts["several"]:,} on several independent ones: {_link("coverage")}. {"Those without a source are about:" if rows else ""}</p>
{table if rows else ""}"""


def _value(value: Any) -> str:
    match value:
        case None:
            return ""
        case {"label": str(label), "edtf": str(edtf)}:
            return f"{_text(label)} <code>{_text(edtf)}</code>"
        case str():
            return _text(value)
        case _:
            return f"<code>{_text(orjson.dumps(value).decode())}</code>"


def _note(item: Mapping[str, Any]) -> str:
    return f" <em>{_text(item['note'])}</em>" if "note" in item else ""


def _link(path: str, title: str | None = None) -> str:
    shown = _text(title) if title is not None else f"<code>GET /v1/{_text(path)}</code>"
    return f'<a href="../v1/{_text(path)}">{shown}</a>'


def _text(text: str) -> str:
    return html.escape(text)
