"""Records as a preview shows them: one line a member, one line an item of a list."""

import pytest

from app.cli.readable_record import MAX_VALUE_LENGTH, values_in_words


@pytest.mark.parametrize(
    ("member", "value", "shown"),
    [
        ("title", "Battle", ["Battle"]),
        ("precision_m", 1000, ["1000"]),
        ("date", "1994-12-14", ["14 December 1994 (1994-12-14)"]),
        ("date", {"edtf": "1994"}, ["1994"]),
        (
            "date",
            {
                "edtf": "1799-11-09",
                "calendar": "french-republican",
                "as_written": "18 brumaire an VIII",
                "note": "N",
            },
            ['9 November 1799 (1799-11-09), french-republican, written "18 brumaire an VIII", note "N"'],
        ),
        ("in_force", "1962/..", ["from 1962 onwards (1962/..)"]),
        ("labels", {"es": "Batalla", "fr": "Bataille"}, ["es: Batalla, fr: Bataille"]),
        ("tags", ["a", "b"], ["a, b"]),
        (
            "places",
            [{"place": "places/a", "role": "site", "note": "N"}, {"place": "places/b"}],
            ['places/a, site, note "N"', "places/b"],
        ),
        ("names", [{"name": "Byzantium", "date": "1994"}], ["Byzantium, 1994"]),
        ("figures", [{"id": "d", "measure": "deaths", "low": 51}], ["deaths 51 or more"]),
        ("figures", [{"measure": "deaths", "high": 1200}], ["deaths 1,200 or fewer"]),
        ("figures", [{"measure": "deaths", "low": 3, "best": 3, "high": 3}], ["deaths 3"]),
        (
            "figures",
            [
                {
                    "measure": "deaths",
                    "low": 12,
                    "best": 15,
                    "high": 20,
                    "group": "civilians",
                    "text": "some 15",
                }
            ],
            ['deaths 12 to 20, best 15, of civilians, "some 15"'],
        ),
        ("figures", [{"measure": "cost", "best": 1500.5, "unit": "USD"}], ["cost 1,500.5 USD"]),
        (
            "evidence",
            [
                {
                    "id": "e1",
                    "property": "date",
                    "source": "sources/s",
                    "selector": {"page": "12"},
                    "value": "1993",
                    "stance": "disputes",
                }
            ],
            ['sources/s on date, page "12", value "1993", stance "disputes"'],
        ),
        ("geometry", {"type": "Point", "coordinates": [2.5, 51]}, ["Point at longitude 2.5, latitude 51"]),
        (
            "geometry",
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
            ["Polygon of 4 positions"],
        ),
        (
            "parties",
            [{"actor": "actors/a", "actions": [{"action": "signed", "date": "2000-10-30"}]}],
            ["actors/a, actions signed, 30 October 2000 (2000-10-30)"],
        ),
        ("summary", "x" * 300, ["x" * (MAX_VALUE_LENGTH - 1) + "…"]),
        (
            "same_as",
            [f"https://e.org/{n}" for n in range(12)],
            [*(f"https://e.org/{n}" for n in range(10)), "and 2 more"],
        ),
    ],
)
def test_a_member_in_words(member, value, shown):
    assert values_in_words(member, value) == shown
