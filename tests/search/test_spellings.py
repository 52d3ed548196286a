"""Names that are written with one letter or with two, as people of six countries write them, in all that searches."""

import re

import pytest

NAMES = """
Müller/Mueller Böhme/Boehme Göthe/Goethe Jörg/Joerg Köln/Koeln Düsseldorf/Duesseldorf Münster/Muenster Österreich/Oesterreich
Überlingen/Ueberlingen Ärmelkanal/Aermelkanal Gäßner/Gaessner Händel/Haendel Schröder/Schroeder Kübler/Kuebler
Köhler/Koehler Bülow/Buelow Führer/Fuehrer Brüning/Bruening Göring/Goering Dönitz/Doenitz Römer/Roemer Jäger/Jaeger
Krüger/Krueger Schönbrunn/Schoenbrunn Zürich/Zuerich Tübingen/Tuebingen Würzburg/Wuerzburg Lübeck/Luebeck Nürnberg/Nuernberg
Århus/Aarhus Ålborg/Aalborg Åland/Aaland Håkon/Haakon Gård/Gaard Pålsson/Paalsson Småland/Smaaland Ångström/Aangstroem
Øresund/Oeresund Ørsted/Oersted København/Koebenhavn Tromsø/Tromsoe Søren/Soeren Bjørn/Bjoern Rønne/Roenne Jørgensen/Joergensen
Straße/Strasse Weiß/Weiss Großglockner/Grossglockner Gauß/Gauss Preußen/Preussen Meißen/Meissen Fußach/Fussach
Œuvre/Oeuvre Cœur/Coeur Sœur/Soeur Æthelred/Aethelred Ælfric/Aelfric Cæsar/Caesar Færøerne/Faeroeerne Ærø/Aeroe
Mälaren/Maelaren Göteborg/Goeteborg Malmö/Malmoe Övertorneå/Oevertorneaa Jyväskylä/Jyvaeskylae Fürstenfeldbrück/Fuerstenfeldbrueck
"""
PAIRS = [name.split("/") for name in NAMES.split()]
PLAIN = {"Poet", "Pot", "Muller", "Kohler", "Bruning", "Israel", "Michael", "Duel", "Gaunt"}
RECORDS = [
    *(
        ("actor", {"id": f"n{number}-{way}", "title": f"Anna {name} Erste", "summary": f"Die {name} war da."})
        for number, pair in enumerate(PAIRS)
        for way, name in enumerate(pair)
    ),
    *(("place", {"id": name.lower(), "title": name}) for name in PLAIN),
]


@pytest.fixture(scope="module")
async def ask(anyio_backend, database_with, client_at):  # noqa: ARG001 - tells anyio to run it
    async with client_at(database_with(RECORDS)) as client:

        async def get(path, **parameters):
            answer = await client.get(path, params=parameters)
            assert answer.status_code == 200, answer.text
            return answer.json()["items"]

        yield get


def test_the_list_is_long_enough():
    assert len(PAIRS) >= 60


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    ["{}", '"{}"', '"anna {} erste"', "{start}*", '"anna {start}*"'],
)
async def test_either_spelling_finds_both(ask, asked):
    missed = []
    for number, pair in enumerate(PAIRS):
        for name in pair:
            q = asked.format(name, start=name[:-1])
            found = {item["id"] for item in await ask("/v1/search", q=q, kind="actor")}
            if not {f"n{number}-0", f"n{number}-1"} <= found:
                missed.append((q, sorted(found)))
    assert missed == []


async def test_either_spelling_excludes_both(ask):
    for number, pair in list(enumerate(PAIRS))[::4]:
        for name in pair:
            found = {item["id"] for item in await ask("/v1/search", q=f"anna -{name}", limit=1000)}
            assert len(found) == 2 * len(PAIRS) - 2, name
            assert not {f"n{number}-0", f"n{number}-1"} & found, name


async def test_a_snippet_marks_either_spelling(ask):
    unmarked = []
    for pair in PAIRS:
        for name in pair:
            for item in await ask("/v1/search", q=name, kind="actor"):
                marked = re.findall("<mark>(.*?)</mark>", item["snippet"])
                if not marked or marked[0] not in pair:
                    unmarked.append((name, item["title"], marked))
    assert unmarked == []


@pytest.mark.slow
async def test_either_spelling_completes_both(ask):
    missed = []
    for number, pair in enumerate(PAIRS):
        for name in pair:
            for typed in (name[:-1], f"{name} ers"):
                found = {item["id"] for item in await ask("/v1/suggest", q=typed, limit=50)}
                if not {f"n{number}-0", f"n{number}-1"} <= found:
                    missed.append((typed, sorted(found)))
    assert missed == []


@pytest.mark.parametrize("name", sorted(PLAIN))
async def test_other_words_are_not_taken_for_each_other(ask, name):
    assert [item["id"] for item in await ask("/v1/search", q=name, kind="place")] == [name.lower()]


async def test_a_letter_without_its_mark_finds_what_has_it(ask):
    for q, found in [
        ("Kohler", "Köhler"),
        ("Bruning", "Brüning"),
        ("Arhus", "Århus"),
        ("Sjoren", None),
        ("Muller", "Müller"),
    ]:
        titles = {item["title"] for item in await ask("/v1/search", q=q, kind="actor")}
        assert titles == ({f"Anna {found} Erste"} if found else set()), q
