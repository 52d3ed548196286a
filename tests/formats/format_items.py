import re

import orjson
import pytest
from hypothesis import strategies as st
from seed_vocabulary import VOCABULARY

from app.errors import InvalidDocument
from app.formats.format import About, FormatItem
from app.formats.serialize import write
from app.records.kinds import RECORD_KINDS, kind_by_name
from app.records.references import own_reference
from app.records.scalars import LINE_PATTERN
from app.records.serialization import to_canonical_json
from app.records.validation.document import load_stored, validate_document

BASE = "https://annals.example"

AWKWARD = (
    "]]>",
    "<script>alert(1)</script>",
    'a "quoted" \\ word',
    "semi; colon, comma",
    "=1+1",
    "-0043",
    "@SUM(A1)",
    "'=x",
    "[brackets]",
    "مؤتمر הסכם \u202eabc\u202c",
    "\ufffe\uffff",
    "e\u0301 \U0001f1e8\U0001f1fa 停戦",
    "a\u2068b",
)
DATES = (
    "1961",
    "1961-04-17",
    "1961-04-17/1961-04-20",
    "1961-04-17~",
    "196X",
    "1961?/1962~",
    "1962/..",
    "../1967",
    "/1967",
    "../..",
    "XXXX-01-03",
    "-0043-03-15",
    "-0043",
    "0000",
    "0001-01-01",
    "9999-12-31",
    "9999-12-30",
    "Y17000000002",
    "Y-170000002",
    "[1667,1668,1670..1672]",
    "{1960,1961-12}",
    "[..1984]",
    "1961-21",
    "2004-06-XX/2004-07-03",
    "Y-12345",
)

letters = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
words = st.one_of(st.sampled_from(AWKWARD), st.text(letters, min_size=1, max_size=60)).filter(
    lambda text: text.strip()
)
line = words.filter(lambda text: re.search(LINE_PATTERN, text) is not None)
text = st.one_of(words, st.lists(words, min_size=1, max_size=3).map("\n".join))
date = st.one_of(
    st.sampled_from(DATES), st.integers(-9999, 9999).map(lambda year: f"{'-' * (year < 0)}{abs(year):04d}")
)
number = st.one_of(st.integers(-(2**53), 2**53), st.floats(-1e9, 1e9))
ACTORS = ("actors/cuba", "actors/fidel-castro")
PLACES = ("places/havana", "places/fiji", "places/nowhere")


def term(scheme):
    return st.sampled_from([one.id for one in VOCABULARY.terms(scheme)])


def few(values):
    return st.lists(values, min_size=1, max_size=3)


@st.composite
def figures(draw):
    bounds = sorted(draw(st.lists(number, min_size=1, max_size=3)))
    names = {1: ["best"], 2: ["low", "high"], 3: ["low", "best", "high"]}[len(bounds)]
    figure = {"measure": draw(term("figure-measure")), **dict(zip(names, bounds, strict=True))}
    return figure | draw(st.fixed_dictionaries({}, optional={"unit": line, "group": line}))


dates = st.one_of(
    date,
    st.fixed_dictionaries(
        {"edtf": date}, optional={"calendar": st.just("julian"), "note": text, "as_written": line}
    ),
    st.fixed_dictionaries({"edtf": date, "calendar": st.just("hebrew"), "as_written": line}),
)
relations = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("part-of"), "target": st.just("events/war")}, optional={"date": date, "note": text}
    ),
)
evidence = st.fixed_dictionaries(
    {"source": st.just("sources/book"), "selector": st.just({"start": 3, "end": 8, "exact": "\"a\\b'"})},
    optional={"note": text, "property": st.sampled_from(["date", "title"]), "stance": st.just("disputes")},
)
COMMON = {
    "summary": text,
    "labels": st.dictionaries(st.sampled_from(["es", "pt-BR", "zh-Hant"]), line, min_size=1),
    "aliases": few(line),
    "names": st.lists(
        st.fixed_dictionaries(
            {"name": line}, optional={"language": st.sampled_from(["es", "la"]), "date": dates, "note": text}
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda one: one["name"].strip(),
    ),
    "date": dates,
    "figures": few(figures()),
    "same_as": st.just(["https://www.wikidata.org/wiki/Q1", "https://example.org/a;b?c=%22&d='"]),
    "tags": few(line),
}
PLACED = {
    "places": few(
        st.fixed_dictionaries(
            {"place": st.sampled_from(PLACES)},
            optional={"role": term("place-role"), "note": text, "precision_m": st.just(50.5)},
        )
    )
}
ATTENDED = {
    "participants": few(
        st.fixed_dictionaries(
            {"actor": st.sampled_from(ACTORS)}, optional={"role": term("participant-role"), "note": text}
        )
    )
}
EVIDENCE = {"evidence": few(evidence)}
geometries = st.sampled_from(
    [
        {"type": "Point", "coordinates": [-82.37, 23.13]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "MultiPoint", "coordinates": [[179, -16], [-179, -17]]},
    ]
)
OWN = {
    "event": {**PLACED, **ATTENDED, **EVIDENCE, "relations": few(relations)},
    "actor": {**PLACED, **EVIDENCE},
    "mission": {
        **PLACED,
        **ATTENDED,
        **EVIDENCE,
        "established_under": st.just({"agreement": "agreements/pact", "provision": "oil"}),
    },
    "agreement": {
        **PLACED,
        **EVIDENCE,
        "in_force": st.sampled_from(["2000/..", "2000-10-30/2004"]),
        "parties": few(
            st.fixed_dictionaries(
                {"actor": st.sampled_from(ACTORS)},
                optional={
                    "role": term("party-role"),
                    "actions": st.just([{"action": "signed", "date": "2000-10-30"}]),
                },
            )
        ),
        "provisions": st.just(
            [
                {
                    "id": "oil",
                    "label": 'Oil; "crude"',
                    "text": "a\nb",
                    "obliges": ["actors/cuba"],
                    "benefits": ["actors/fidel-castro"],
                }
            ]
        ),
    },
    "place": {
        **EVIDENCE,
        "geometry": geometries,
        "geometries": few(
            st.fixed_dictionaries(
                {"geometry": geometries}, optional={"date": dates, "precision_m": st.just(50.5), "note": text}
            )
        ),
    },
    "source": {
        **PLACED,
        "authors": few(line),
        "editors": few(line),
        "container": line,
        "volume": line,
        "issue": line,
        "pages": line,
        "isbn": st.sampled_from(["978-3-16-148410-0", "080442957X"]),
        "doi": st.just("10.1000/182"),
        "archive": line,
        "shelfmark": line,
        "publisher": line,
        "language": st.just("es"),
        "url": st.just("https://example.org/x"),
        "accessed": st.sampled_from(["2024-05-01", "2024"]),
        "licence": line,
        "attribution": text,
        "text": st.just(
            {"sha256": "0" * 64, "characters": 20, "sections": [{"title": "A; b", "start": 0, "end": 20}]}
        ),
    },
}


@st.composite
def documents(draw, kinds=tuple(kind.kind for kind in RECORD_KINDS)):
    """Draw the kind and the raw document of a record."""
    kind = draw(st.sampled_from(kinds))
    fields = {"type": term(f"{kind}-type")}
    raw = draw(st.fixed_dictionaries({"title": line}, optional={**fields, **COMMON, **OWN[kind]}))
    for field, names in (("places", "place"), ("participants", "actor"), ("parties", "actor")):
        if field in raw:
            raw[field] = list({(part[names], part.get("role")): part for part in raw[field]}.values())
    for field in ("aliases", "tags", "authors", "editors"):
        if field in raw:
            # Told apart whatever cleaning makes of them.
            raw[field] = [f"{one} {number}" for number, one in enumerate(raw[field])]
    if kind == "source" and draw(st.booleans()):
        raw["authors"] = [*raw.get("authors", ()), "Vincent van Gogh", "Martin King, Jr."]
        raw["name_parts"] = [
            {"name": "Vincent van Gogh", "family": "van Gogh", "given": "Vincent"},
            {"name": "Martin King, Jr.", "family": "King", "given": "Martin", "suffix": "Jr."},
        ]
    if "relations" in raw:
        raw["relations"] = raw["relations"][:1]
    return kind, raw


def make(kind, raw, identifier="thing", **server):
    """Make an item of a raw document, as the store would give it."""
    try:
        record = validate_document(kind_by_name(kind), raw, VOCABULARY)
    except InvalidDocument as error:
        raise AssertionError(error.faults) from error
    record = record.changed(
        id=record.id or identifier,
        revision=server.get("revision", 3),
        created_at="2024-01-01T00:00:00.000000Z",
        updated_at="2024-02-03T04:05:06.000000Z",
    )
    record = record.changed(href=f"/v1/{own_reference(record)}")
    return FormatItem(kind_by_name(kind), to_canonical_json(record).decode(), LINKED)


def _linked():
    raw = {
        "places/havana": {"title": "Havana", "geometry": {"type": "Point", "coordinates": [-82.37, 23.13]}},
        "places/fiji": {
            "title": "Fiji",
            "geometry": {"type": "MultiPoint", "coordinates": [[179, -16], [-179, -17]]},
        },
        "places/nowhere": {"title": "Nowhere"},
        "actors/cuba": {"title": 'Cuba <&> "state"', "type": "state"},
        "actors/fidel-castro": {"title": "Fidel Castro", "type": "person"},
        "events/war": {"title": "War", "date": "1950/1953"},
        "agreements/pact": {"title": "Pact"},
        "sources/book": {
            "title": 'A book; "quoted"',
            "licence": "CC BY-SA 4.0",
            "attribution": "Thank <them>,\nall",
        },
    }
    found = {}
    for ref, document in raw.items():
        collection, identifier = ref.split("/")
        kind = next(kind for kind in RECORD_KINDS if kind.collection == collection)
        text = orjson.dumps({"kind": kind.kind, "id": identifier, **document})
        found[ref] = load_stored(kind, text)
    return found


LINKED = _linked()


def about(kind="event", *, one=False, fields=(), days=None):
    of = kind_by_name(kind) if kind else None
    return About(BASE, 'Events; <all> of "them"', of, one, tuple(fields), days)


@pytest.fixture
def battle():
    return make(
        "event",
        {
            "title": "Battle",
            "type": "battle",
            "date": "1961-04-17/1961-04-20",
            "places": [{"place": "places/havana", "role": "site"}],
            "participants": [
                {"actor": "actors/cuba", "role": "combatant"},
                {"actor": "actors/fidel-castro", "role": "leader"},
            ],
            "relations": [{"type": "part-of", "target": "events/war", "date": "1961"}],
            "figures": [{"measure": "deaths", "low": 100, "high": 200}],
            "evidence": [{"source": "sources/book", "property": "date", "selector": {"page": 3}}],
        },
        "battle",
    )


def write_whole(form, items, about):
    """Write a few items as one whole answer."""
    return b"".join(write(form, [items], about))
