"""Questions to a database of `data`, each shape of them different tens of thousands of times over.

They are drawn from a seed that is not the data's, so that nothing was made to answer them.
"""

import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle
from urllib.parse import quote

import httpx
from data import Sizes
from documents import (
    MEASURES,
    ROLES,
    TAGS,
    THIS_YEAR,
    TYPES,
    WORDS_OF_EVENT,
    actor_title,
    day_of,
    places_of,
    written_year,
    year_of,
)
from words import rank_of, word

SEED = 20_261_201
# How often a shape is drawn for one that was not drawn before, at most.
MOST_DRAWS = 50

Draw = Callable[[random.Random, Sizes], str]


def window_of(chance: random.Random) -> str:
    """Write a time to ask for: as long as a day, and as centuries, and everything between."""
    year = year_of(chance)
    written = written_year(year)
    return chance.choice(
        (
            day_of(chance, year),
            f"{written}-{chance.randint(1, 12):02}",
            written,
            _years(chance, year, 1, 15),
            _years(chance, year, 16, 90),
            _years(chance, year, 100, 600),
        )
    )


def _years(chance: random.Random, year: int, least: int, most: int) -> str:
    last = min(year + chance.randint(least, most), THIS_YEAR)
    return f"{written_year(year)}/{written_year(last)}"


def handle_of(chance: random.Random) -> str:
    """Write the time between the two handles of the explorer's time line, of which each is at a round date."""
    year = year_of(chance)
    if chance.random() < 0.3:
        first, last = sorted(chance.sample(range(1, 13), 2))
        return f"{written_year(year)}-{first:02}/{written_year(year)}-{last:02}"
    unit = chance.choice((1, 1, 5, 10, 50, 100))
    first = year // unit * unit
    return f"{written_year(first)}/{written_year(first + unit * chance.randint(1, 25) - 1)}"


def narrowed(chance: random.Random) -> str:
    """Write another filter to go with the one that is measured: a type, half a century or more of time, both, or none."""
    kind, when = f"&type={chance.choice(TYPES)}", f"&when={_years(chance, year_of(chance), 50, 1000)}"
    return chance.choice((kind, when, kind + when, ""))


def one_record(chance: random.Random, sizes: Sizes) -> str:
    """Ask for an event."""
    return f"/v1/events/event-{chance.randrange(sizes.events)}"


def page(chance: random.Random, _: Sizes) -> str:
    """Ask for a page of 50 by type and overlapping dates."""
    return f"/v1/events?type={chance.choice(TYPES)}&when={window_of(chance)}&sort=date"


def _word_in(chance: random.Random, least: float, most: float) -> str:
    """Give a word that stands in so many of 100,000 records, in few about as likely as in many."""
    records = least * (most / least) ** chance.random()
    return word(rank_of(records, 100_000, WORDS_OF_EVENT))


def words_asked(chance: random.Random) -> str:
    """Write what is searched for, which 3 to 2,000 of 100,000 records have: a word, two, or the beginning of one."""
    sort = chance.random()
    if sort < 0.6:
        return _word_in(chance, 3, 2_000)
    if sort < 0.85:
        return f"{_word_in(chance, 2_000, 15_000)} {_word_in(chance, 300, 15_000)}"
    while True:
        beginning = _word_in(chance, 3, 2_000)[:5]
        if not any(word(rank).startswith(beginning) for rank in range(100)):
            return f"{beginning}*"


def search(chance: random.Random, _: Sizes) -> str:
    """Ask for a search page of 20."""
    return f"/v1/search?q={quote(words_asked(chance))}&limit=20"


def list_with_words(chance: random.Random, _: Sizes) -> str:
    """Ask for a list of 20 events by the words that searches have."""
    return f"/v1/events?q={quote(words_asked(chance))}&limit=20"


def by_participant(chance: random.Random, sizes: Sizes) -> str:
    """Ask for what somebody took part in, mostly as something."""
    role = f":{chance.choice(ROLES)}" if chance.random() < 0.7 else narrowed(chance)
    return f"/v1/events?participant=actors/actor-{int(sizes.actors * chance.random() ** 2)}{role}"


def by_place(chance: random.Random, sizes: Sizes) -> str:
    """Ask for what happened at a place, or anywhere in a region."""
    return f"/v1/events?place=places/place-{int(sizes.places * chance.random() ** 2)}{narrowed(chance)}"


@cache
def _points(places: int) -> list[tuple[float, float]]:
    points = (place["geometry"] for place in places_of(places))
    return [tuple(point["coordinates"]) for point in points if point["type"] == "Point"]


def by_box(chance: random.Random, sizes: Sizes) -> str:
    """Ask for what happened in a box around some place, of a tenth of a degree to thirty."""
    longitude, latitude = chance.choice(_points(sizes.places))
    half = 0.05 * 300 ** chance.random()
    west, east = max(longitude - half, -180), min(longitude + half, 180)
    south, north = max(latitude - half, -90), min(latitude + half, 90)
    also = narrowed(chance)
    return f"/v1/events?bbox={west:.2f},{south:.2f},{east:.2f},{north:.2f}{also}"


def by_figure(chance: random.Random, _: Sizes) -> str:
    """Ask for what has a figure above, below or at a number."""
    bound = f"{chance.choice(('>', '>=', '<', '<=', '='))}{int(10 ** (5 * chance.random()))}"
    also = narrowed(chance)
    return f"/v1/events?figure={chance.choice(MEASURES)}{quote(bound)}{also}"


def _tag(chance: random.Random) -> str:
    return word(int(TAGS ** chance.random()) - 1)


def by_tag(chance: random.Random, _: Sizes) -> str:
    """Ask for what has a tag."""
    return f"/v1/events?tag={_tag(chance)}{narrowed(chance)}"


def by_title(chance: random.Random, _: Sizes) -> str:
    """Ask for a page in the order of titles."""
    return f"/v1/events?sort={chance.choice(('title', '-title'))}{narrowed(chance)}"


def suggestions(chance: random.Random, sizes: Sizes) -> str:
    """Ask for names as the explorer does while somebody writes one, now and then with a slip."""
    name = actor_title(chance.randrange(sizes.actors))
    written = name[: chance.randint(1, len(name))]
    if len(written) > 3 and chance.random() < 0.1:
        at = chance.randrange(1, len(written))
        written = written[:at] + chance.choice("aeioulnrst") + written[at + 1 :]
    kind = "&kind=actor" if chance.random() < 0.5 else ""
    return f"/v1/suggest?q={quote(written)}&limit=8{kind}"


def as_a_source_has_it(chance: random.Random, sizes: Sizes) -> str:
    """Ask for a page as a source has it."""
    return f"/v1/events?policy=source:sources/source-{int(sizes.sources * chance.random() ** 2)}{narrowed(chance)}"


def facets(chance: random.Random, sizes: Sizes) -> str:
    """Ask for what is counted beside a list that is filtered."""
    counted = chance.choice(("type", "type,decade", "century", "tag", "participant", "place", "type,source"))
    filtered = chance.choice(
        (
            f"when={window_of(chance)}",
            f"type={chance.choice(TYPES)}&when={window_of(chance)}",
            f"tag={_tag(chance)}",
            f"participant=actors/actor-{int(sizes.actors * chance.random() ** 2)}",
            f"place=places/place-{int(sizes.places * chance.random() ** 2)}",
            f"q={_word_in(chance, 3, 2_000)}",
        )
    )
    return f"/v1/events?{filtered}&facets={counted}&limit=1&fields=title"


def timeline_window(chance: random.Random, _: Sizes) -> str:
    """Ask for the time line of a window as the explorer does when one of its handles has moved."""
    kind = f"type={chance.choice(TYPES)}&" if chance.random() < 0.5 else ""
    return f"/v1/timeline?{kind}when={handle_of(chance)}&bucket=auto&split=type"


SHAPES: dict[str, Draw] = {
    "one record with `linked`": one_record,
    "page of 50 by type and dates": page,
    "search page of 20": search,
    "list of 20 by the same words": list_with_words,
    "by participant, mostly in a role": by_participant,
    "by place": by_place,
    "in a box": by_box,
    "by figure": by_figure,
    "by tag": by_tag,
    "in the order of titles": by_title,
    "as a source has it": as_a_source_has_it,
    "names while they are written": suggestions,
    "facets": facets,
    "time line of a window": timeline_window,
}
DEEP = "deep page of the same"
"""The shape whose questions only a database can tell: it gives the cursors."""


def questions(shape: Draw, sizes: Sizes, count: int) -> list[str]:
    """Draw paths of a shape, each of them once.

    Raises:
        RuntimeError: the shape does not have so many.
    """
    chance = random.Random(f"{SEED} {shape.__name__}")
    found: dict[str, None] = {}
    for _ in range(MOST_DRAWS * count):
        if len(found) == count:
            return list(found)
        found[shape(chance, sizes)] = None
    raise RuntimeError(f"{shape.__name__}: no more than {len(found):,} different questions")


def deep_questions(port: int, count: int) -> list[str]:
    """Walk lists by type and dates to their ends until so many pages are found that are not the first of one."""
    chance = random.Random(f"{SEED} {DEEP}")
    found: dict[str, None] = {}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for following in _nexts(client, chance):
            found[following] = None
            if len(found) == count:
                break
    paths = list(found)
    chance.shuffle(paths)
    return paths


def _nexts(client: httpx.Client, chance: random.Random) -> Iterator[str]:
    """Give the address of every page after the first of lists of many lengths, without end."""
    for kind in cycle(TYPES):
        year = year_of(chance)
        last = written_year(min(year + int(2000 * chance.random() ** 2), THIS_YEAR))
        path = f"/v1/events?type={kind}&when={written_year(year)}/{last}&sort=date"
        while True:
            answer = client.get(path)
            answer.raise_for_status()
            # The same as in the body, which would have to be read for it.
            if "next" not in answer.links:
                break
            path = answer.links["next"]["url"]
            yield path
