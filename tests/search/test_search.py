"""Search over HTTP: matches, scores, snippets, pages; and `q` beside the other filters of lists."""

import re

import pytest

from app.filters.full_text import parse_text
from app.search.snippets import WINDOW, snippet

LOREM = "Nothing to be seen here, only words that fill a line and then another one. " * 8
RECORDS = [
    ("actor", {"id": "needle", "title": "Needle", "type": "person"}),
    ("event", {"id": "title", "title": "The needle is found", "date": "1990", "type": "battle"}),
    ("event", {"id": "alias", "title": "Haystack", "aliases": ["Where the needle was"], "date": "1980"}),
    (
        "event",
        {"id": "summary", "title": "Search", "summary": f"{LOREM}At last a needle! {LOREM}", "date": "1970"},
    ),
    ("event", {"id": "tag", "title": "Tailor", "tags": ["needle <b>work</b>"], "type": "battle"}),
    (
        "event",
        {"id": "both", "title": "Needle", "summary": "needle & thread: <script>alert('needle')</script>"},
    ),
    (
        "place",
        {
            "id": "istanbul",
            "title": "İstanbul",
            "names": [
                {"name": "Byzantion", "language": "grc", "date": "-0656/0330"},
                {"name": "Constantinople", "date": "0330/1930", "note": "until the Turkish Post insisted"},
            ],
        },
    ),
    ("place", {"id": "kyoto", "title": "京都", "summary": "東京ではない京都の大会"}),
    *((kind, {"id": "twin", "title": "Twin"}) for kind in ("event", "actor", "place")),
    ("actor", {"id": "chavez", "title": "Hugo Chávez", "aliases": ["El Comandante"]}),
    (
        "actor",
        {"id": "bohme", "title": "Jakob Böhme", "summary": f"{LOREM * 6} Er las die Bücher Böhmes in Århus."},
    ),
    ("actor", {"id": "boehme", "title": "Jakob Boehme"}),
    *(
        (
            ("event", "actor")[n % 2],
            {"id": f"many-{n}", "title": " ".join(["many"] + ["more"] * (n % 4)), "date": f"{1900 + n % 50}"},
        )
        for n in range(45)
    ),
]


@pytest.fixture(scope="module")
async def ask(anyio_backend, database_with, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(database_with(RECORDS)) as client:

        async def get(path="/v1/search", headers=None, **parameters):
            return await client.get(path, params=parameters or None, headers=headers)

        yield get


def refs(answer):
    assert answer.status_code == 200, answer.text
    return [one["ref"] for one in answer.json()["items"]]


async def test_the_title_counts_more_than_names_than_the_summary_than_the_rest(ask):
    answer = await ask(q="needle")
    assert refs(answer) == [
        "actors/needle",
        "events/both",
        "events/title",
        "events/alias",
        "events/summary",
        "events/tag",
    ]
    scores = [one["score"] for one in answer.json()["items"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    item = answer.json()["items"][2]
    assert list(item) == ["ref", "kind", "id", "title", "type", "date", "score", "snippet"]
    assert (item["kind"], item["type"], item["date"]["edtf"]) == ("event", "battle", "1990")


async def test_snippets_mark_what_was_found_and_escape_the_rest(ask):
    snippets = {one["id"]: one["snippet"] for one in (await ask(q="needle")).json()["items"]}
    assert snippets["title"] == "The <mark>needle</mark> is found"
    assert snippets["alias"] == "Where the <mark>needle</mark> was"
    assert snippets["tag"] == "<mark>needle</mark> &lt;b&gt;work&lt;/b&gt;"
    long = snippets["summary"]
    assert long[0] == long[-1] == "…"
    assert "At last a <mark>needle</mark>!" in long
    assert len(long) < 250
    both = (await ask(q="needle thread")).json()["items"][0]["snippet"]
    assert both == (
        "<mark>needle</mark> &amp; <mark>thread</mark>: "
        "&lt;script&gt;alert(&#x27;<mark>needle</mark>&#x27;)&lt;/script&gt;"
    )
    for one in snippets.values():
        assert re.sub(r"</?mark>", "", one).count("<") == 0


FILL = "Nothing to be seen here. " * 400


@pytest.mark.parametrize(
    ("summary", "q", "marked"),
    [
        (f"concatenated {FILL} the cat {FILL}", "cat", "<mark>cat</mark>"),
        (f"Ärger {FILL} die Ärzte {FILL}", "arzte", "<mark>Ärzte</mark>"),
        (f"Ärztekammer {FILL} die Ärzte {FILL}", '"die arz*"', "<mark>die Ärzte</mark>"),
        ("日本語の" * 2000 + "特別条約", "特別", "の<mark>特別</mark>条"),
        (f"{LOREM}{'ab' * 95} {LOREM}", "ab" * 95, f"<mark>{'ab' * 50}"),
        (f"{LOREM}{LOREM}", f'"{LOREM}"', "<mark>Nothing to be seen here, only words"),
    ],
)
def test_a_snippet_shows_what_was_found_however_long_the_text(summary, q, marked):
    found = snippet({"title": "Untitled", "summary": summary}, parse_text(q))
    assert marked in found
    assert found.count("<mark>") == found.count("</mark>") == 1
    assert len(found) < WINDOW + 50


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("chavez", "Hugo <mark>Chávez</mark>"),
        ('"hugo chav*"', "<mark>Hugo Chávez</mark>"),
        ("comand*", "El <mark>Comandante</mark>"),
        ("大会", "東京ではない京都の<mark>大会</mark>"),
        ("京都", "<mark>京都</mark>"),
    ],
)
async def test_snippets_of_accents_phrases_prefixes_and_characters(ask, q, expected):
    assert (await ask(q=q)).json()["items"][0]["snippet"] == expected


@pytest.mark.parametrize(
    "parameters", [{}, {"kind": "event"}, {"kind": "event,place"}, {"sort": "date"}, {"sort": "-title"}]
)
@pytest.mark.parametrize("path", ["/v1/search", "/v1/events"])
async def test_pages_hold_every_match_once_in_both_directions(ask, path, parameters):
    if path != "/v1/search":
        parameters = {name: value for name, value in parameters.items() if name != "kind"}
    whole = [one["id"] for one in (await ask(path, q="many", limit="1000", **parameters)).json()["items"]]
    assert len(whole) == len(set(whole)) == (45 if path == "/v1/search" and "kind" not in parameters else 23)
    page = (await ask(path, q="many", limit="7", **parameters)).json()
    forward, pages = [one["id"] for one in page["items"]], [page]
    while page["next"]:
        page = (await ask(page["next"])).json()
        forward += [one["id"] for one in page["items"]]
        pages.append(page)
    assert forward == whole
    for before in pages[-2::-1]:
        page = (await ask(page["prev"])).json()
        assert page["items"] == before["items"]
    assert page["prev"] is None


@pytest.mark.parametrize("sort", ["relevance", "title", "-title", "date", "-date", "updated", "-updated"])
async def test_records_of_one_id_in_several_kinds_are_told_apart(ask, sort):
    page = (await ask(q="twin", sort=sort, limit="1")).json()
    forward = [page["items"][0]["ref"]]
    while page["next"]:
        page = (await ask(page["next"])).json()
        forward.append(page["items"][0]["ref"])
    assert sorted(forward) == ["actors/twin", "events/twin", "places/twin"]
    backward = [page["items"][0]["ref"]]
    while page["prev"]:
        page = (await ask(page["prev"])).json()
        backward.append(page["items"][0]["ref"])
    assert backward[::-1] == forward


async def test_filters_apply_beside_the_text(ask):
    assert refs(await ask(q="needle", type="battle")) == ["events/title", "events/tag"]
    assert refs(await ask(q="needle", when="1975/1985")) == ["events/alias"]
    assert refs(await ask(q="needle", kind="actor")) == ["actors/needle"]
    assert refs(await ask(q="needle", sort="date", kind="event"))[:3] == [
        "events/summary",
        "events/alias",
        "events/title",
    ]
    answer = await ask("/v1/events", q="needle", count="exact", explain="true")
    assert answer.json()["count"] == 5
    for said in ("“needle”", "by relevance"):
        assert said in answer.json()["explanation"]


async def test_scores_are_the_same_in_every_order(ask):
    by_relevance = {one["id"]: one["score"] for one in (await ask(q="needle")).json()["items"]}
    by_date = {one["id"]: one["score"] for one in (await ask(q="needle", sort="-date")).json()["items"]}
    assert by_relevance == by_date
    assert (await ask(q="needle")).content == (await ask(q="needle")).content


@pytest.mark.parametrize("q", ["", " ", "!!!", '""', "-***", "xyzzy", "'; DROP TABLE text_index; --"])
async def test_what_finds_nothing(ask, q):
    answer = (await ask(q=q)).json()
    assert answer == {"items": [], "next": None, "prev": None}
    assert (await ask("/v1/events", q=q, count="exact", facets="type,decade,tag")).json()["count"] == 0


async def test_exclusions_alone_find_the_rest(ask):
    assert len(refs(await ask(q="-many", limit="1000"))) == len(RECORDS) - 45
    assert refs(await ask(q="needle -work -haystack -script")) == [
        "actors/needle",
        "events/title",
        "events/summary",
    ]


@pytest.mark.parametrize(
    ("parameters", "parameter", "code"),
    [
        ({}, "q", "missing_parameter"),
        ({"q": "x", "kind": "evnt"}, "kind", "unknown_value"),
        ({"q": "x", "fields": "title"}, "fields", "unknown_parameter"),
        ({"q": "x", "sort": "score"}, "sort", "unknown_value"),
        ({"q": "x", "limit": "0"}, "limit", "out_of_range"),
        ({"q": "x", "cursor": "x"}, "cursor", "invalid_cursor"),
        ({"q": ["x", "y"]}, "q", "repeated_parameter"),
    ],
)
async def test_what_is_wrong_is_named(ask, parameters, parameter, code):
    answer = await ask(**parameters)
    assert answer.status_code == 400
    assert [(fault["parameter"], fault["code"]) for fault in answer.json()["errors"]] == [(parameter, code)]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("Boehme", {"bohme": "Jakob <mark>Böhme</mark>", "boehme": "Jakob <mark>Boehme</mark>"}),
        ("Böhme", {"bohme": "Jakob <mark>Böhme</mark>", "boehme": "Jakob <mark>Boehme</mark>"}),
        ("Bohme", {"bohme": "Jakob <mark>Böhme</mark>"}),
        ('"Jakob Boehm*"', {"bohme": "<mark>Jakob Böhme</mark>", "boehme": "<mark>Jakob Boehme</mark>"}),
    ],
)
async def test_letters_written_as_two_are_found_and_marked(ask, q, found):
    items = (await ask(q=q)).json()["items"]
    assert {one["id"]: one["snippet"] for one in items} == found
    assert len({one["score"] for one in items}) == 1


async def test_letters_written_as_two_are_found_far_into_a_text(ask):
    [item] = (await ask(q='"buecher boehmes"')).json()["items"]
    assert "Er las die <mark>Bücher Böhmes</mark> in Århus." in item["snippet"]


async def test_a_dated_name_is_found_as_an_alias_is(ask):
    [item] = (await ask(q="Constantinople")).json()["items"]
    assert (item["ref"], item["snippet"]) == ("places/istanbul", "<mark>Constantinople</mark>")
    assert item["score"] == 0.75, "in the band of other names, in a title of one word"
    assert refs(await ask(q='"byzantion constantinople"')) == [], "no phrase runs from one name to the next"
    assert refs(await ask(q="insisted")) == [], "a note on a name is no name"
    assert [one["id"] for one in (await ask("/v1/places", q="byzantion")).json()["items"]] == ["istanbul"]


async def test_relevance_needs_a_text(ask):
    answer = await ask("/v1/events", sort="relevance")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "missing_parameter"


async def test_a_cursor_is_bound_to_its_text(ask):
    following = (await ask(q="many", limit="5")).json()["next"]
    assert (await ask(following.replace("q=many", "q=more"))).status_code == 400


async def test_entity_tags_and_links(ask):
    answer = await ask(q="many", limit="5")
    assert answer.headers["link"].startswith("</v1/search?q=many&limit=5&cursor=")
    same = await ask(q="many", limit="5", headers={"If-None-Match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


async def test_a_write_is_found_at_once_and_gone_at_once(client, api_key):
    headers = {"Authorization": f"Bearer {api_key('read', 'write')}"}
    for title, found in (("A zebra crossing", 1), ("A pedestrian crossing", 0)):
        answer = await client.put(
            "/v1/events/crossing",
            json={"title": title},
            headers={**headers, **({"If-None-Match": "*"} if found else {"If-Match": "*"})},
        )
        assert answer.status_code in (200, 201), answer.text
        assert len((await client.get("/v1/search", params={"q": "zebra"})).json()["items"]) == found
        assert len((await client.get("/v1/suggest", params={"q": "zeb"})).json()["items"]) == found
