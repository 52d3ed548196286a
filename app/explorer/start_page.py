"""The start page: a box to search, what there is and when it was, and questions that the database at hand answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final
from urllib.parse import urlencode

from app.database.engine.read_snapshot import ReadConnection
from app.explorer.decades import decade_edtf, decade_label
from app.explorer.pages import Site
from app.explorer.titles import titles_of
from app.listing.query import LIST_QUERIES
from app.listing.service import Page, list_records
from app.reading.chosen_names import NameChoice
from app.records.kinds import RECORD_KINDS, RecordKind
from app.web.typed_responses import FixedResponse

_COUNTED_BY_LINKS: Final = 100_000
"""How many records are counted by whom they are linked with: of more, that takes too long for a start page."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question in words, and the query string with which the explorer is asked it."""

    words: str
    asked: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What the database has.

    Attributes:
        counts: the kinds of record that there are, each with how many.
        kind: the kind that is looked at first.
        dated: whether any of its records has a date.
        years: the first and the last decade in which its records may have been, in words, where these are known.
        questions: what can be asked about them.
    """

    counts: Sequence[tuple[RecordKind, int]] = ()
    kind: RecordKind | None = None
    dated: bool = False
    years: tuple[str, str] | None = None
    questions: Sequence[Question] = ()


async def render_start_page(reading: ReadConnection) -> FixedResponse[str]:
    """Render the page of a database that anyone may read."""
    return _page(await _contents(reading))


def start_page_without_contents() -> FixedResponse[str]:
    """Render the page of a database that is read with a key alone, of which it tells nothing."""
    return _page(None)


def _page(contents: Contents | None) -> FixedResponse[str]:
    return Site.at("/").kept_page("start.html", contents=contents)


async def _contents(reading: ReadConnection) -> Contents:
    counted = [(kind, await _count(reading, kind)) for kind in RECORD_KINDS[::-1]]
    counts = [(kind, count) for kind, count in counted if count]
    if not counts:
        return Contents()
    kind, count = next((one for one in counts if one[0].kind == "event"), max(counts, key=itemgetter(1)))
    by = ["type", "decade", *(["participant", "place"] if count <= _COUNTED_BY_LINKS else [])]
    found = (await _first(reading, kind, {"facets": by})).more
    facets, decades = found["facets"], found["facets"]["decade"]
    contested = bool((await _first(reading, kind, {"contested": "true"})).documents)
    linked = [one["value"] for name in ("participant", "place") for one in facets.get(name, ())[:2]]
    titles = await titles_of(reading, linked, NameChoice())
    all_decades = decades and "decade" not in found.get("facets_truncated", ())
    return Contents(
        counts,
        kind,
        bool(decades),
        (_the(decades[0]["value"]), _the(decades[-1]["value"])) if all_decades else None,
        list(_questions(kind, facets, titles, contested=contested)),
    )


def _the(decade: str) -> str:
    label = decade_label(decade)
    return f"the {label}" if label.endswith("s") else label


async def _count(reading: ReadConnection, kind: RecordKind) -> int:
    return int((await _first(reading, kind, {"count": "exact"})).more["count"])


async def _first(reading: ReadConnection, kind: RecordKind, asked: Mapping[str, Any]) -> Page:
    query = LIST_QUERIES[kind.kind].model_validate({"limit": "1", **asked})
    return await list_records(reading, query.question)


def _questions(
    kind: RecordKind, facets: Mapping[str, Any], titles: Mapping[str, str], *, contested: bool
) -> Iterator[Question]:
    def ask(words: str, **asked: str) -> Question:
        return Question(words, urlencode({"kind": kind.kind, **asked}, safe="/:,*~"))

    decade = max(facets["decade"], key=lambda one: (one["certain"], one["possible"]), default=None)
    if decade is not None:
        when, days = f"in {_the(decade['value'])}", decade_edtf(decade["value"])
        yield ask(f"What may have happened {when}?", when=days)
        yield ask(f"And what happened {when} for certain?", when=days, relation="within", certainty="certain")
    [*participants] = _named(facets.get("participant", ()), titles)
    if participants:
        ref, title = participants[0]
        yield ask(f"Where did {title} take part?", participant=ref, view="map")
        yield Question(
            f"Who had to do with {title}?", urlencode({"view": "network", "around": ref}, safe="/")
        )
    if len(participants) > 1:
        both = f"{participants[0][1]} and {participants[1][1]}"
        refs = ",".join(ref for ref, _ in participants)
        yield ask(f"What did {both} take part in together?", participant=refs, view="timeline")
    for ref, title in _named(facets.get("place", ())[:1], titles):
        yield ask(f"What happened in {title}?", place=ref)
    for one in facets["type"][:1]:
        words = one["value"].replace("-", " ")
        yield ask(f"When was there a record of type “{words}”?", type=one["value"], view="timeline")
    if contested:
        yield ask("On what do sources disagree?", contested="true")


def _named(values: Iterable[Mapping[str, Any]], titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((one["value"], titles[one["value"]]) for one in values if one["value"] in titles)
