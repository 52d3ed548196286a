"""Which of its names a record is shown with: in lists, searches, suggestions, cards and by itself, by `lang` and `when`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reading.chosen_names import ChosenName, NameChoice, in_language
from app.values.edtf.value import parse_edtf

ISTANBUL = {
    "id": "istanbul",
    "title": "Istanbul",
    "labels": {"es": "Estambul", "pt-BR": "Istambul"},
    "names": [
        {"name": "Nova Roma", "language": "la", "date": "0324~/0330~"},
        {"name": "Byzantion", "language": "grc", "date": "-0656/0330"},
        {"name": "Constantinopla", "language": "es", "date": "0330/1930"},
        {"name": "Constantinople", "language": "en", "date": "0330/1930"},
        {"name": "Konstantiniyye", "date": "1453~/1930~"},
        {"name": "İstanbul", "language": "tr", "date": "1930/.."},
        {"name": "The City"},
    ],
    "date": "-0656/..",
    "relations": [{"type": "part-of", "target": "places/thrace"}],
    "evidence": [
        {"source": "sources/legend", "property": "relations/part-of/places/thrace"},
        {"source": "sources/legend", "property": "names/İstanbul"},
    ],
}
RECORDS = [
    ("place", ISTANBUL),
    ("place", {"id": "ankara", "title": "Ankara", "date": "1900/..", "labels": {"en": "Ankara"}}),
    ("place", {"id": "izmir", "title": "İzmir", "date": "1900/.."}),
    (
        "event",
        {
            "id": "siege",
            "title": "Fall of Constantinople",
            "date": "1453-04-06/1453-05-29",
            "labels": {"es": "Caída de Constantinopla"},
            "places": [{"place": place} for place in ("places/istanbul", "places/izmir", "places/thrace")],
            "evidence": [
                {"source": "sources/chronicle", "property": "places/places/istanbul"},
                {"source": "sources/chronicle", "property": "date"},
            ],
        },
    ),
    ("source", {"id": "chronicle", "title": "Chronicle", "labels": {"es": "Crónica"}}),
    ("source", {"id": "legend", "title": "Legend"}),
    (
        "place",
        {
            "id": "thrace",
            "title": "Thrace",
            "summary": "North of the sea.",
            "evidence": [{"source": "sources/legend", "property": "summary"}],
        },
    ),
]


@pytest.fixture(scope="module")
async def ask(anyio_backend, database_with, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(database_with(RECORDS)) as client:

        async def get(path, **parameters):
            return await client.get(path, params=parameters)

        yield get


def titles(item):
    return item["title"], item.get("title_language"), item.get("title_recorded")


CHOICES = [
    ({}, ("Istanbul", None, None)),
    ({"lang": "es"}, ("Estambul", "es", "Istanbul")),
    ({"lang": "ES-mx"}, ("Estambul", "es", "Istanbul")),
    ({"lang": "pt"}, ("Istambul", "pt-BR", "Istanbul")),
    ({"lang": "tr"}, ("İstanbul", "tr", "Istanbul")),  # a name that still holds
    ({"lang": "en"}, ("Istanbul", None, None)),  # a name that holds no more is none
    ({"lang": "fr"}, ("Istanbul", None, None)),
    ({"when": "0100"}, ("Byzantion", "grc", "Istanbul")),
    ({"when": "0330"}, ("Byzantion", "grc", "Istanbul")),  # certainly, before what is only possible
    ({"when": "0330", "lang": "la"}, ("Nova Roma", "la", "Istanbul")),
    ({"when": "0400"}, ("Constantinopla", "es", "Istanbul")),
    ({"when": "0400", "lang": "en"}, ("Constantinople", "en", "Istanbul")),
    ({"when": "0400", "lang": "es"}, ("Constantinopla", "es", "Istanbul")),
    ({"when": "0100", "lang": "es"}, ("Estambul", "es", "Istanbul")),  # the language comes first
    ({"when": "0100", "lang": "fr"}, ("Byzantion", "grc", "Istanbul")),
    ({"when": "2000"}, ("İstanbul", "tr", "Istanbul")),
    ({"when": "-0700"}, ("Istanbul", None, None)),
    ({"when": "1931-02-29/1950", "lang": "es"}, None),
]


@pytest.mark.parametrize(("parameters", "expected"), CHOICES)
async def test_a_record_is_shown_with_the_name_that_is_wanted(ask, parameters, expected):
    answer = await ask("/v1/places/istanbul", **parameters)
    if expected is None:
        assert answer.status_code == 400
        return
    assert titles(answer.json()) == expected
    plain = (await ask("/v1/places/istanbul")).json()
    told = {"title", "title_language", "title_recorded"}
    assert {k: v for k, v in answer.json().items() if k not in told} == {
        k: v for k, v in plain.items() if k not in told
    }


@pytest.mark.parametrize("path", ["/v1/places", "/v1/search"])
@pytest.mark.parametrize(("parameters", "expected"), [one for one in CHOICES if one[1]])
@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"fields": "title,date"},
        {"include": "incoming"},
        {"sort": "title", "q": "istanbul"},
        {"sort": "relevance", "q": "istanbul"},
    ],
)
async def test_a_list_shows_it_as_the_record_does(ask, path, shape, parameters, expected):
    if path == "/v1/search":
        shape = {"q": "istanbul"} | {name: value for name, value in shape.items() if name != "fields"}
    items = (await ask(path, **shape, **parameters)).json()["items"]
    found = [titles(item) for item in items if item["id"] == "istanbul"]
    assert found == ([expected] if parameters.get("when") != "-0700" else [])


async def test_a_list_keeps_all_else(ask):
    plain = (await ask("/v1/places", when="2000")).json()["items"]
    assert [titles(item) for item in plain] == [
        ("Ankara", None, None),
        ("İstanbul", "tr", "Istanbul"),
        ("İzmir", None, None),
    ]
    for item in plain:
        alone = (await ask(f"/v1/places/{item['id']}", when="2000")).json()
        del alone["linked"]
        assert item == alone
        assert list(item) == list(alone)


async def test_a_title_that_is_the_label_says_its_language(ask):
    items = (await ask("/v1/places", lang="en")).json()["items"]
    assert titles(items[0]) == ("Ankara", "en", None)


async def test_before_and_after_choose_no_name(ask):
    [item] = (await ask("/v1/places", when="-0657", relation="after", ids="istanbul")).json()["items"]
    assert titles(item) == ("Istanbul", None, None)


async def test_fields_without_a_title_have_none(ask):
    items = (await ask("/v1/places", lang="es", fields="date")).json()["items"]
    assert all("title" not in item and "title_language" not in item for item in items)
    record = (await ask("/v1/places/istanbul", lang="es", fields="date")).json()
    assert not {"title", "title_language", "title_recorded"} & record.keys()
    record = (await ask("/v1/places/istanbul", lang="es", fields="title")).json()
    assert titles(record) == ("Estambul", "es", "Istanbul")


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/v1/events", {"include": "linked"}),
        ("/v1/events", {"include": "linked", "policy": "source:sources/chronicle"}),
        ("/v1/events/siege", {}),
        ("/v1/search", {"q": "constantinople", "kind": "event", "include": "linked"}),
    ],
)
async def test_cards_have_the_names_of_then(ask, path, parameters):
    # The source says nothing of other names of the place, so the title is all that it has.
    of_source = ("Istanbul", None, None)
    wanted = of_source if "policy" in parameters else ("Constantinopla", "es", "Istanbul")
    linked = (await ask(path, when="1453", **parameters)).json()["linked"]
    assert titles(linked["places/istanbul"]) == wanted
    if "policy" not in parameters:
        assert titles(linked["places/izmir"]) == ("İzmir", None, None)
        assert titles(linked["sources/chronicle"]) == ("Chronicle", None, None)
        linked = (await ask(path, lang="es", **parameters)).json()["linked"]
        assert titles(linked["sources/chronicle"]) == ("Crónica", "es", "Chronicle")


async def referrers(ask, path, **parameters):
    found = (await ask(path, include="incoming", **parameters)).json()["incoming"]
    return found if isinstance(found, list) else found["places/thrace"]


def untitled(items):
    told = {"title", "title_language", "title_recorded"}
    return [{name: value for name, value in one.items() if name not in told} for one in items]


@pytest.mark.parametrize(("parameters", "expected"), [one for one in CHOICES if one[1]])
async def test_who_refers_to_a_record_is_shown_with_it(ask, parameters, expected):
    found = await referrers(ask, "/v1/places/thrace", **parameters)
    assert {one["ref"]: titles(one) for one in found} == {
        "places/istanbul": expected,
        "events/siege": ("Caída de Constantinopla", "es", "Fall of Constantinople")
        if parameters.get("lang", "").lower().startswith("es")
        else ("Fall of Constantinople", None, None),
    }
    assert untitled(found) == untitled(await referrers(ask, "/v1/places/thrace"))


@pytest.mark.parametrize(
    ("path", "of_all"), [("/v1/places", {"ids": "thrace,izmir"}), ("/v1/search", {"q": "thrace"})]
)
async def test_who_refers_to_the_records_of_a_page_is_shown_with_it(ask, path, of_all):
    for language, expected in (("es", ("Estambul", "es", "Istanbul")), ("fr", ("Istanbul", None, None))):
        found = await referrers(ask, path, **of_all, lang=language)
        assert [titles(one) for one in found if one["ref"] == "places/istanbul"] == [expected]
        assert untitled(found) == untitled(await referrers(ask, path, **of_all))


async def test_who_refers_to_it_is_shown_with_the_names_that_the_source_gives(ask):
    of_source = {"policy": "source:sources/legend"}
    for lang, expected in (("tr", ("İstanbul", "tr", "Istanbul")), ("es", ("Istanbul", None, None))):
        [found] = await referrers(ask, "/v1/places/thrace", lang=lang, **of_source)
        assert (found["ref"], titles(found)) == ("places/istanbul", expected)
        found = (await ask("/v1/places", include="incoming", lang=lang, **of_source)).json()["incoming"]
        assert [titles(one) for one in found["places/thrace"]] == [expected]


@pytest.mark.parametrize(("parameters", "expected"), [one for one in CHOICES if one[1]])
@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/graph", {"around": "events/siege"}),
        ("/v1/graph", {"around": "places/istanbul", "link": "part-of"}),
        ("/v1/graph/path", {"from": "places/istanbul", "to": "events/siege"}),
        ("/v1/graph/path", {"from": "places/istanbul", "to": "places/istanbul"}),
        ("/v1/graph/path", {"from": "events/siege", "to": "places/izmir", "all": "true"}),
    ],
)
async def test_the_graph_shows_it_as_the_record_does(ask, path, asked, parameters, expected):
    answer = await ask(path, **asked, **parameters)
    if answer.status_code == 404:
        # Nothing joins the two at that time.
        assert "when" in parameters
        return
    found = answer.json()
    nodes = found["paths"][0]["nodes"] if "paths" in found else found["nodes"]
    shown = {one["ref"]: titles(one) for one in nodes}
    assert shown.get("places/izmir", ("İzmir", None, None)) == ("İzmir", None, None)
    if "places/istanbul" in shown:
        assert shown["places/istanbul"] == expected
    else:
        assert "when" in parameters or "all" in asked


async def test_a_graph_in_another_format_has_the_same_titles(ask):
    text = (await ask("/v1/graph", around="places/istanbul", lang="es", format="graphml")).text
    assert ">Estambul<" in text
    assert ">Istanbul<" not in text


async def test_a_suggestion_is_shown_with_it(ask):
    [item] = (await ask("/v1/suggest", q="byzant", lang="es")).json()["items"]
    assert (*titles(item), item["match"]) == ("Estambul", "es", "Istanbul", "Byzantion")
    [item] = (await ask("/v1/suggest", q="byzant", when="0400", lang="en")).json()["items"]
    assert titles(item) == ("Constantinople", "en", "Istanbul")
    [item] = (await ask("/v1/suggest", q="byzant")).json()["items"]
    assert titles(item) == ("Istanbul", None, None)


@pytest.mark.parametrize(
    ("path", "parameters", "fault"),
    [
        ("/v1/places", {"lang": "español"}, ("lang", "invalid_language")),
        ("/v1/places/istanbul", {"when": "15th century"}, ("when", "invalid_edtf")),
        (
            "/v1/places/istanbul",
            {"lang": "es", "known_at": "2026-01-01T00:00:00Z"},
            ("lang", "conflicting_parameter"),
        ),
        ("/v1/suggest", {"q": "a", "lang": "-"}, ("lang", "invalid_language")),
    ],
)
async def test_what_cannot_be_asked_is_refused(ask, path, parameters, fault):
    answer = await ask(path, **parameters)
    assert answer.status_code == 400
    assert [(one["parameter"], one["code"]) for one in answer.json()["errors"]] == [fault]


async def test_what_was_read_in_another_language_is_not_written_as_the_title(writer):
    await writer.create("places", id="istanbul", title="Istanbul", labels={"es": "Estambul"})
    read = (await writer.get("places/istanbul", lang="es")).json()
    refused = await writer.put("places/istanbul", read)
    assert refused.status_code == 422
    assert {one["pointer"] for one in refused.json()["errors"]} == {"/title_language", "/title_recorded"}
    assert "lang" in refused.json()["errors"][0]["detail"]


async def test_a_map_of_one_place_shows_where_it_was_then(writer):
    dated = [
        {"geometry": {"type": "Point", "coordinates": [year / 100, 0]}, "date": f"{year}"}
        for year in (1500, 1600)
    ]
    await writer.create("places", id="moved", title="Moved", geometries=dated)
    for year in (1500, 1600):
        feature = (await writer.get("places/moved", when=year, format="geojson")).json()
        assert feature["geometry"]["coordinates"] == [year / 100, 0]
        assert feature["properties"]["title"] == "Moved"


async def test_the_question_says_it(ask):
    page = (await ask("/v1/places", lang="es", explain="true")).json()
    assert "with titles in es where there are any" in page["explanation"]


TAGS = st.sampled_from(
    ["es", "es-MX", "es-419", "zh-Hant", "zh-Hant-TW", "zh-Hans", "de-x-old", "de", "DE-at"]
)


@given(st.lists(TAGS, unique_by=str.lower), TAGS)
def test_a_tag_is_looked_up_from_the_longest_to_the_shortest(tags, wanted):
    found = in_language([ChosenName(tag, tag) for tag in tags], wanted)
    shortened = [wanted.lower()]
    while "-" in shortened[-1]:
        head = shortened[-1].rpartition("-")[0]
        shortened.append(head.removesuffix("-x"))
    lower = {tag.lower(): tag for tag in tags}
    exact = [lower[one] for one in shortened if one in lower]
    longer = [tag for tag in tags if tag.lower().startswith(wanted.lower() + "-")]
    assert (None if found is None else found.name) == next(iter(exact + longer), None)


def test_nothing_is_parsed_where_there_is_no_other_name():
    choice = NameChoice("es", (0, 1))
    document = '{"title":"A","summary":"names and labels"}'
    assert choice.stored(document) is document
    assert not NameChoice()
    assert NameChoice().signs == ()


def test_a_set_of_dates_is_asked_member_by_member():
    names = {"title": "A", "names": [{"name": "B", "date": {"edtf": "{1900,1950}"}}]}
    for year, expected in [("1900", "B"), ("1925", None), ("1950", "B")]:
        span = parse_edtf(year).span.bounds
        found = NameChoice(days=(span.s1, span.e2)).name_of(names)
        assert (found and found.name) == expected


def dated(name, date=None, language=None):
    given = {"name": name, "date": date and {"edtf": date}, "language": language}
    return {member: value for member, value in given.items() if value}


@pytest.mark.parametrize(
    ("when", "language", "expected"),
    [
        # Of two that certainly held, the one that is written first.
        ("1850", None, "First"),
        ("1850", "fr", "Second"),
        ("1850-06", "ru", "Москва"),
        ("1865", "zh", "北京"),
        # One with an open end certainly holds, one with an unknown end possibly.
        ("2000", None, "Open"),
        ("1750", None, "Doubtful"),
        ("1740", None, "Unknown end"),
        ("0001", None, "Unknown beginning"),
        # Years before ours, and what possibly holds at one end.
        ("-0450", None, "BCE"),
        ("-0300", "la", "Later BCE"),
        ("-0250", None, "Later BCE"),
        ("Y-170000002", None, "Unknown beginning"),
    ],
)
def test_which_of_several_names_held(when, language, expected):
    document = {
        "title": "X",
        "names": [
            dated("Unknown beginning", "/0100"),
            dated("BCE", "-0500/-0300"),
            dated("Later BCE", "-0300/-0200", "la"),
            dated("Doubtful", "1750?"),
            dated("Unknown end", "1720/"),
            dated("First", "1800/1900", "de"),
            dated("Second", "1800/1900", "fr"),
            dated("Москва", "1850", "ru"),
            dated("北京", "1860/1870", "zh-Hant"),
            dated("Open", "1950/.."),
        ],
    }
    bounds = parse_edtf(when).span.bounds
    found = NameChoice(language, (bounds.s1, bounds.e2)).name_of(document)
    assert found is not None
    assert found.name == expected
