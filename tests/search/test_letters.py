"""Letters of many scripts in all that searches: what folds, what is written as two, and what stays apart."""

import pytest

TITLES = {
    "lodz": "Łódź uprising",
    "dakovo": "Đakovo",
    "thordur": "Þórður Guðmundsson",
    "istanbul": "İstanbul kuşatması",
    "isik": "Işık Dağı",
    "files": "ﬁles of an oﬃce",
    "aegir": "Ægir",
    "zurich": "Zu\u0308rich",
    "street": "GROẞE STRAẞE",
    "ijssel": "Ĳsselmeer",
    "nguyen": "Nguyễn Đình Chiểu",
    "athens": "Ἀθῆναι Ἑλλάς",
    "kyiv": "Київ Ёлка",
    "poet": "Poet does",
    "pot": "Pot dos",
}

ASKED = [
    ("lodz", "lodz", "Łódź"),
    ("ŁODZ", "lodz", "Łódź"),
    ("dako*", "dakovo", "Đakovo"),
    ("thordur", "thordur", "Þórður"),
    ("ÞORÐUR", "thordur", "Þórður"),
    ("gudmundsson", "thordur", "Guðmundsson"),
    ("ISTANBUL", "istanbul", "İstanbul"),
    ("ıstanbul", "istanbul", "İstanbul"),
    ("isik", "isik", "Işık"),
    ("IŞIK", "isik", "Işık"),
    ("office", "files", "oﬃce"),
    ('"files of an off*"', "files", "ﬁles of an oﬃce"),
    ("aegir", "aegir", "Ægir"),
    ("äg*", "aegir", "Ægir"),
    ("zuerich", "zurich", "Zürich"),
    ("ZURICH", "zurich", "Zürich"),
    ("Zu\u0308r*", "zurich", "Zürich"),
    ('"grosse strasse"', "street", "GROẞE STRAẞE"),
    ("groesse", None, None),
    ("ijsselmeer", "ijssel", "Ĳsselmeer"),
    ("dinh", "nguyen", "Đình"),
    ("αθηναι", "athens", "Ἀθῆναι"),
    ("ΕΛΛΆΣ", "athens", "Ἑλλάς"),
    ("киів", "kyiv", "Київ"),
    ("ЕЛКА", "kyiv", "Ёлка"),
    ("poet", "poet", "Poet"),
    ("pot", "pot", "Pot"),
    ("does -dos", "poet", "does"),
]


@pytest.fixture(scope="module")
async def ask(anyio_backend, database_with, client_at):  # noqa: ARG001 - tells anyio to run it
    records = [("actor", {"id": name, "title": title}) for name, title in TITLES.items()]
    async with client_at(database_with(records)) as client:

        async def get(path, **parameters):
            answer = await client.get(path, params=parameters)
            assert answer.status_code == 200, answer.text
            return answer.json()["items"]

        yield get


@pytest.mark.parametrize(("q", "expected", "marked"), ASKED)
async def test_a_search_finds_and_marks_the_word(ask, q, expected, marked):
    found = await ask("/v1/search", q=q)
    assert [one["id"] for one in found] == ([] if expected is None else [expected])
    assert all(f"<mark>{marked}</mark>" in one["snippet"] for one in found)


@pytest.mark.parametrize(("q", "expected", "marked"), [one for one in ASKED if one[1] and "-" not in one[0]])
async def test_what_is_suggested_first_has_it(ask, q, expected, marked):  # noqa: ARG001 - of the table
    first = (await ask("/v1/suggest", q=q.strip('"*')))[0]
    assert first["id"] == expected


async def test_titles_are_sorted_by_letter_and_not_by_code_point(ask):
    titles = [one["title"] for one in await ask("/v1/actors", sort="title")]
    assert titles == [
        "Ægir",
        "Đakovo",
        "ﬁles of an oﬃce",
        "GROẞE STRAẞE",
        "Ĳsselmeer",
        "Işık Dağı",
        "İstanbul kuşatması",
        "Łódź uprising",
        "Nguyễn Đình Chiểu",
        "Poet does",
        "Pot dos",
        "Þórður Guðmundsson",
        "Zürich",
        "Ἀθῆναι Ἑλλάς",
        "Київ Ёлка",
    ]
