"""The start page: a box to search, what there is and when it was, and questions that the database at hand answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final
from urllib.parse import urlencode

from app.database.engine.read_snapshot import ReadConnection
from app.explorer.decades import decade_edtf, decade_label
from app.explorer.frequent_targets import frequent_targets
from app.explorer.pages import Site
from app.explorer.titles import titles_of
from app.listing.query import LIST_QUERIES
from app.listing.service import Page, list_records
from app.reading.chosen_names import NameChoice
from app.records.kinds import RECORD_KINDS, RecordKind
from app.web.typed_responses import FixedResponse

COUNTED_BY_LINKS: Final = 100_000
"""How many records are counted by whom they are linked with: of more, a sample of their links is."""

_LINKS: Final = ("participant", "place")


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
    is_counted = count <= COUNTED_BY_LINKS
    by = ["type", "decade", *(_LINKS if is_counted else ())]
    found = (await _first(reading, kind, {"facets": by})).more
    facets, decades = found["facets"], found["facets"]["decade"]
    contested = bool((await _first(reading, kind, {"contested": "true"})).documents)
    linked: Mapping[str, Sequence[str]]
    if is_counted:
        linked = {name: [one["value"] for one in facets[name]] for name in _LINKS}
    else:
        linked = await frequent_targets(reading, kind, _LINKS)
    titles = await titles_of(reading, [ref for name in _LINKS for ref in linked[name][:2]], NameChoice())
    participants = list(_named(linked["participant"][:2], titles))
    both = {"participant": [ref for ref, _ in participants]}
    about = _About(
        participants,
        list(_named(linked["place"][:1], titles)),
        len(participants) > 1 and bool((await _first(reading, kind, both)).documents),
        contested,
    )
    all_decades = decades and "decade" not in found.get("facets_truncated", ())
    return Contents(
        counts,
        kind,
        bool(decades),
        (_the(decades[0]["value"]), _the(decades[-1]["value"])) if all_decades else None,
        list(_questions(kind, facets, about)),
    )


@dataclass(frozen=True, slots=True)
class _About:
    """What questions can be about.

    Attributes:
        participants: references and titles of some that often took part.
        places: likewise, of a place where much happened.
        together: whether they took part in something together.
        contested: whether sources disagree on anything.
    """

    participants: Sequence[tuple[str, str]]
    places: Sequence[tuple[str, str]]
    together: bool
    contested: bool


def _the(decade: str) -> str:
    label = decade_label(decade)
    return f"the {label}" if label.endswith("s") else label


async def _count(reading: ReadConnection, kind: RecordKind) -> int:
    return int((await _first(reading, kind, {"count": "exact"})).more["count"])


async def _first(reading: ReadConnection, kind: RecordKind, asked: Mapping[str, Any]) -> Page:
    query = LIST_QUERIES[kind.kind].model_validate({"limit": "1", **asked})
    return await list_records(reading, query.question)


def _questions(kind: RecordKind, facets: Mapping[str, Any], about: _About) -> Iterator[Question]:
    def ask(words: str, **asked: str) -> Question:
        return Question(words, urlencode({"kind": kind.kind, **asked}, safe="/:,*~"))

    decade = max(facets["decade"], key=lambda one: (one["certain"], one["possible"]), default=None)
    if decade is not None:
        when, days = f"in {_the(decade['value'])}", decade_edtf(decade["value"])
        yield ask(f"What may have happened {when}?", when=days)
        yield ask(f"And what happened {when} for certain?", when=days, relation="within", certainty="certain")
    participants = about.participants
    if participants:
        ref, title = participants[0]
        yield ask(f"Where did {title} take part?", participant=ref, view="map")
        yield Question(
            f"Who had to do with {title}?", urlencode({"view": "network", "around": ref}, safe="/")
        )
    if about.together:
        both = f"{participants[0][1]} and {participants[1][1]}"
        refs = ",".join(ref for ref, _ in participants)
        yield ask(f"What did {both} take part in together?", participant=refs, view="timeline")
    for ref, title in about.places:
        yield ask(f"What happened in {title}?", place=ref)
    for one in facets["type"][:1]:
        words = one["value"].replace("-", " ")
        yield ask(f"When was there a record of type “{words}”?", type=one["value"], view="timeline")
    if about.contested:
        yield ask("On what do sources disagree?", contested="true")


def _named(refs: Iterable[str], titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((ref, titles[ref]) for ref in refs if ref in titles)
