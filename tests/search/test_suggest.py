"""Suggestions: any word of any name by its beginning, one typo or two forgiven, the best first."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.suggest_sql import candidates
from app.search.typos import forgiven, typos, variants

NAMES = [
    ("actor", "Hugo Chávez", ["El Comandante"]),
    ("actor", "Hugo", []),
    ("actor", "Victor Hugo", []),
    ("event", "Meeting of Fidel Castro and Hugo Chávez in Havana", []),
    ("actor", "Fidel Castro", []),
    ("place", "Havana", ["La Habana"]),
    ("place", "Venezuela", []),
    ("event", "Venezuelan election", []),
    ("actor", "Владимир Ленин", []),
    ("place", "東京", ["Tokyo"]),
    ("place", "京都", []),
    ("actor", "Che", []),
    ("actor", "Ernesto Guevara", ["Che Guevara"]),
    *(("event", f"Congress {n} of the league", []) for n in range(30)),
    ("place", "हिन्दी", []),
    ("place", "대한민국", []),
    ("actor", "Conan", ["O'Brien"]),
    ("actor", "O'Brien", []),
    ("actor", "Jakob Böhme", []),
    ("actor", "Boehmer", []),
    ("place", "Århus", []),
    ("place", "Pot", []),
    ("place", "Poet", []),
]


RECORDS = [
    (kind, {"id": f"r-{n}", "title": title, **({"aliases": aliases} if aliases else {})})
    for n, (kind, title, aliases) in enumerate(NAMES)
]
RECORDS.append(
    ("place", {"id": "istanbul", "title": "İstanbul", "names": [{"name": "Byzantion", "date": "-0656/0330"}]})
)


@pytest.fixture(scope="module")
async def ask(anyio_backend, database_with, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(database_with(RECORDS)) as client:

        async def get(q, **parameters):
            return await client.get("/v1/suggest", params={"q": q, **parameters})

        yield get


async def titles(ask, q, **parameters):
    answer = await ask(q, **parameters)
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


MEETING = "Meeting of Fidel Castro and Hugo Chávez in Havana"


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("hugo", ["Hugo", "Hugo Chávez", "Victor Hugo", MEETING]),
        ("hug", ["Hugo", "Hugo Chávez", "Victor Hugo", MEETING]),
        ("Hugo Ch", ["Hugo Chávez", MEETING]),
        ("chavez hugo", ["Hugo Chávez", MEETING]),
        ("chá", ["Hugo Chávez", MEETING]),
        ("comand", ["Hugo Chávez"]),
        ("che", ["Che", "Ernesto Guevara"]),
        ("habana", ["Havana", MEETING]),
        ("ленин", ["Владимир Ленин"]),
        ("лен", ["Владимир Ленин"]),
        ("東", ["東京"]),
        ("東京", ["東京"]),
        ("toky", ["東京"]),
        ("o'bri", ["O'Brien", "Conan"]),  # a title before an alias that says the same
        # one typo: another letter, one too few, one too many, two swapped
        ("hvana", ["Havana", MEETING]),
        ("hawana", ["Havana", MEETING]),
        ("havanna", ["Havana", MEETING]),
        ("ahvana", ["Havana", MEETING]),
        ("guevra", ["Ernesto Guevara"]),
        ("guevr", ["Ernesto Guevara"]),
        ("лнин", ["Владимир Ленин"]),
        # where letters are too many to try each: another, or one too few
        ("हि्दी", ["हिन्दी"]),
        ("대함민국", ["대한민국"]),
        ("대한밍국", ["대한민국"]),
        # two, in words of eight letters and more
        ("vennezuala", ["Venezuela", "Venezuelan election"]),
        ("venazuola", ["Venezuela", "Venezuelan election"]),
        ("fidle casrto", ["Fidel Castro", MEETING]),
        # too many
        ("hvna", []),
        ("vanazuola", []),
        ("chi", []),
        # a letter that may be written as two
        ("boehm", ["Boehmer", "Jakob Böhme"]),
        ("böhm", ["Boehmer", "Jakob Böhme"]),
        ("jakob boehme", ["Jakob Böhme"]),
        ("aarh", ["Århus"]),
        ("aa", ["Århus"]),
        ("år", ["Århus"]),
        ("!!!", []),
        ("", []),
    ],
)
async def test_names_are_completed(ask, q, found):
    assert await titles(ask, q) == found


async def test_what_is_told_of_each(ask):
    item = (await ask("el coman")).json()["items"][0]
    assert item == {
        "ref": "actors/r-0",
        "kind": "actor",
        "id": "r-0",
        "title": "Hugo Chávez",
        "match": "El Comandante",
    }


@pytest.mark.parametrize("q", ["byz", "byzantion", "byzantoin"])
async def test_a_dated_name_is_completed_and_named(ask, q):
    [item] = (await ask(q)).json()["items"]
    assert (item["title"], item["match"]) == ("İstanbul", "Byzantion")


async def test_a_letter_written_as_two_is_no_typo(ask):
    assert (await titles(ask, "poet"))[0] == "Poet"
    assert (await titles(ask, "pot")) == ["Pot"]
    assert (await titles(ask, "boehme"))[:2] == ["Boehmer", "Jakob Böhme"]


async def test_kinds_and_limits(ask):
    assert await titles(ask, "hugo", kind="event") == [MEETING]
    assert await titles(ask, "h", kind="place,event") == ["Havana", MEETING]
    assert len(await titles(ask, "congress")) == 10
    assert len(await titles(ask, "congress", limit="25")) == 25
    assert await titles(ask, "congress 7") == ["Congress 7 of the league"]


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [
        ({}, "q"),
        ({"q": "x" * 301}, "q"),
        ({"q": "x", "limit": "51"}, "limit"),
        ({"q": "x", "limit": "-1"}, "limit"),
        ({"q": "x", "kind": "x"}, "kind"),
        ({"q": "x", "type": "battle"}, "type"),
    ],
)
async def test_what_is_wrong_is_named(client, parameters, parameter):
    answer = await client.get("/v1/suggest", params=parameters)
    assert answer.status_code == 400
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [parameter]


async def test_no_text_makes_it_fail(ask):
    chance = random.Random(3)
    letters = "aehugo東я½*\"'%_\\-¶ \t\u0301\U0001f600ß\u200b"
    for _ in range(150):
        q = "".join(chance.choice(letters) for _ in range(chance.randint(1, 30)))
        assert (await ask(q)).status_code == 200, q


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_what_most_words_begin_with_is_asked_last(dialect):
    (_, beginnings), (_, ending) = candidates("zimbabwe", dialect, prefix=True)
    starts = beginnings["starts"]
    assert starts[0] == "zimb"
    assert [len(start) for start in starts[1:]] == sorted(map(len, starts[1:]), reverse=True)
    assert ending["low"] == "ewba"


async def test_every_typo_that_is_forgiven_is_found(ask):
    chance = random.Random(5)
    for word, title in (("venezuela", "Venezuela"), ("guevara", "Ernesto Guevara"), ("congress", None)):
        for _ in range(40):
            typed = word
            for _ in range(forgiven(word)):
                at = chance.randrange(len(typed))
                typed = chance.choice(
                    [
                        typed[:at] + typed[at + 1 :],
                        typed[:at] + chance.choice("abcxyz") + typed[at:],
                        typed[:at] + chance.choice("abcxyz") + typed[at + 1 :],
                    ]
                )
            count = typos(word, typed, prefix=False)
            if count is not None and forgiven(typed) >= count:
                found = await titles(ask, typed)
                assert found if title is None else title in found, typed


@given(st.text("abcя", min_size=1, max_size=7), st.integers(0, 7), st.sampled_from("abcя"))
def test_variants_are_all_that_is_one_typo_away(word, at, letter):
    near = variants(word)
    assert word not in near
    for other in (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
    ):
        if other and other != word and (letter in word or letter.isascii() == word.isascii()):
            assert other in near


@pytest.mark.parametrize(
    ("meant", "typed", "prefix", "count"),
    [
        ("havana", "havana", False, 0),
        ("havana", "hvana", False, 1),
        ("havana", "hvaan", False, None),
        ("venezuela", "venezeula", False, 1),
        ("venezuela", "vnezeula", False, 2),
        ("venezuelan", "venezeul", True, 1),
        ("che", "cho", False, None),
    ],
)
def test_typos_are_counted(meant, typed, prefix, count):
    assert typos(meant, typed, prefix=prefix) == count
