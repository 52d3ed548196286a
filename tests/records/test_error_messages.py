import pytest

from app.errors import InvalidDocument
from app.values.edtf.nodes import EdtfError
from app.values.edtf.value import parse_edtf

LONG = "x" * 1_000_000


def test_all_faults_come_at_once(faults):
    found = faults(
        {
            "titel": "x",
            "type": "batle",
            "date": "1967-13",
            "a/b~c": 1,
            "participants": [
                {"actor": "places/a", "role": "gest"},
                {"role": "host"},
                {"actor": "actors/a", "rol": "host"},
            ],
            "figures": [{"measure": "deaths", "low": 3, "best": 2}, {"measure": "deaths"}],
            "relations": [{"type": "part-of", "target": "actors/x", "date": {"edtf": "19"}}],
            "evidence": [
                {"property": "dat"},
                {"source": "sources/x", "stance": "suports", "property": "figures/x"},
                {"source": "sources/x", "property": "date", "value": "1"},
            ],
        }
    )
    assert found == {
        "/titel": "unknown_field",
        "/type": "unknown_term",
        "/date": "invalid_edtf",
        "/a~1b~0c": "unknown_field",
        "/participants/0/actor": "wrong_reference",
        "/participants/0/role": "unknown_term",
        "/participants/1/actor": "missing",
        "/participants/2/rol": "unknown_field",
        "/figures/0": "wrong_order",
        "/figures/1": "missing",
        "/relations/0/target": "wrong_relation",
        "/relations/0/date/edtf": "invalid_edtf",
        "/evidence/0/source": "missing",
        "/evidence/0/property": "unknown_property",
        "/evidence/1/stance": "unknown_term",
        "/evidence/2/value": "invalid_edtf",
    }


@pytest.mark.parametrize(
    ("document", "pointer", "suggestion"),
    [
        ({"titel": "x"}, "/titel", "title"),
        ({"sumary": "x"}, "/sumary", "summary"),
        ({"type": "batle"}, "/type", "battle"),
        ({"participants": [{"actor": "actor/x"}]}, "/participants/0/actor", "actors/x"),
        ({"participants": [{"actor": "x"}]}, "/participants/0/actor", "actors/x"),
        ({"relations": [{"type": "part-off", "target": "events/x"}]}, "/relations/0/type", "part-of"),
        ({"relations": [{"type": "part-of", "target": "event/x"}]}, "/relations/0/target", "events/x"),
        ({"id": "Big Event"}, "/id", "big-event"),
        ({"date": {"edft": "1967", "edtf": "1967"}}, "/date/edft", "edtf"),
        ({"date": {"edtf": "1967", "calendar": "julien"}}, "/date/calendar", "julian"),
        ({"evidence": [{"source": "sources/x", "property": "dates"}]}, "/evidence/0/property", "date"),
        (
            {"evidence": [{"source": "sources/x", "selector": {"exakt": "x", "exact": "x"}}]},
            "/evidence/0/selector/exakt",
            "exact",
        ),
    ],
)
def test_what_may_have_been_meant_is_proposed(suggestions, document, pointer, suggestion):
    found = suggestions(document)
    assert found[pointer] == suggestion


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"id": "a--b"}, {"/id": "invalid_id"}),
        ({"id": "a\n"}, {"/id": "invalid_id"}),
        ({"id": "x" * 121}, {"/id": "too_long"}),
        ({"labels": {"e_s": "x"}}, {"/labels/e_s": "invalid_language"}),
        ({"labels": {"es": "x", "ES": "y"}}, {"/labels/ES": "duplicate"}),
        ({"labels": {"es": 7}}, {"/labels/es": "wrong_type"}),
        ({"labels": ["es"]}, {"/labels": "wrong_type"}),
        ({"aliases": "x"}, {"/aliases": "wrong_type"}),
        ({"aliases": [str(n) for n in range(1001)]}, {"/aliases": "too_long"}),
        ({"aliases": ["x" * 301]}, {"/aliases/0": "too_long"}),
        (
            {"geometries": [{"geometry": {"type": "Point", "coordinates": [0, 0]}}]},
            {"/geometries": "unknown_field"},
        ),
        ({"names": ["x"]}, {"/names/0": "wrong_type"}),
        ({"names": [{"language": "es"}]}, {"/names/0/name": "missing"}),
        ({"names": [{"name": "x", "language": "e_s"}]}, {"/names/0/language": "invalid_language"}),
        ({"names": [{"name": "x", "date": "x"}]}, {"/names/0/date": "invalid_edtf"}),
        (
            {"names": [{"name": "x", "date": "1900"}, {"name": "x"}] * 2},
            {"/names/2": "duplicate", "/names/3": "duplicate"},
        ),
        ({"names": [{"name": str(n)} for n in range(1001)]}, {"/names": "too_long"}),
        ({"tags": ["a", "b", "a"]}, {"/tags/2": "duplicate"}),
        (
            {"same_as": ["ftp://x.org/", "https://", "https://a b"]},
            dict.fromkeys(("/same_as/0", "/same_as/1", "/same_as/2"), "invalid_url"),
        ),
        (
            # The second is white space to ECMAScript, and not to the engine that the service uses.
            {"same_as": ["https://x.org/\x85", "https://x.org/\ufeff"]},
            {"/same_as/0": "invalid_text", "/same_as/1": "invalid_url"},
        ),
        ({"date": 1967}, {"/date": "wrong_type"}),
        ({"date": {"note": "x"}}, {"/date/edtf": "missing"}),
        ({"date": "1900-02-29"}, {"/date": "invalid_edtf"}),
        ({"date": "1" * 1001}, {"/date/edtf": "too_long"}),
        ({"places": [{"place": "places/a"}, {"place": "places/a"}]}, {"/places/1": "duplicate"}),
        ({"places": [{"place": "places/a", "precision_m": -1}]}, {"/places/0/precision_m": "out_of_range"}),
        ({"places": [{"place": "places/a", "precision_m": True}]}, {"/places/0/precision_m": "wrong_type"}),
        ({"participants": [{"actor": "actors/a"}, {"actor": "actors/a"}]}, {"/participants/1": "duplicate"}),
        ({"participants": ["actors/a"]}, {"/participants/0": "wrong_type"}),
        (
            {"participants": {}, "relations": [{"type": "part-of", "target": "events/x"}] * 2},
            {"/relations/1": "duplicate"},
        ),
        ({"figures": [{"measure": "deaths", "low": 10**400}]}, {"/figures/0/low": "out_of_range"}),
        ({"figures": [{"measure": "deaths", "low": float("nan"), "high": 1}]}, {"/figures/0": "missing"}),
        ({"figures": [{"measure": "deaths", "low": float("inf")}]}, {"/figures/0/low": "out_of_range"}),
        ({"figures": [{"measure": "deaths", "id": "a", "best": 1}] * 2}, {"/figures/1/id": "duplicate"}),
        ({"figures": [{"measure": "deaths", "high": 1, "best": 2}]}, {"/figures/0": "wrong_order"}),
        ({"summary": "a\x07"}, {"/summary": "invalid_text"}),
        ({"summary": "\udc00"}, {"/summary": "invalid_text"}),
        ({"summary": LONG}, {"/summary": "too_long"}),
        ({7: "x"}, {"": "invalid_text"}),
        ({"tags": [object()]}, {"/tags/0": "wrong_type"}),
        ({"geometry": {"type": "Point", "coordinates": [0, 0]}}, {"/geometry": "unknown_field"}),
        ({"parties": [{"actor": "actors/a"}]}, {"/parties": "unknown_field"}),
    ],
)
def test_faults_of_an_event(faults, document, found):
    if found == {"/figures/0": "missing"}:
        # NaN is no JSON: it arrives as null, and null is left out.
        document = {"figures": [{"measure": "deaths", "low": None}]}
    assert faults(document) == found


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Cuba\u200b", "Leave out character 5, U+200B ZERO WIDTH SPACE"),
        ("ab\u202edc", "Leave out character 3, U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u2067x\u2069", "Leave out character 1, U+2067 RIGHT-TO-LEFT ISOLATE"),
        ("\u200e\u200f\u00ad", "Give at least one character that can be seen"),
        ("\u3164", "Give at least one character that can be seen"),
        ("a\u2028b", "Write it on one line"),
    ],
)
def test_characters_that_are_not_seen_are_refused_by_name(read, title, said):
    with pytest.raises(InvalidDocument) as refused:
        read({"title": title, "aliases": [title]}, "actor")
    assert [(fault.pointer, fault.detail.startswith(said)) for fault in refused.value.faults] == [
        ("/title", True),
        ("/aliases/0", True),
    ]


@pytest.mark.parametrize(
    "title", ["\u05e9\u05dc\u05d5\u05dd\u200f", "\u0646\u200c\u0647", "👩\u200d🚀", "co\u00adop", "x"]
)
def test_characters_that_scripts_need_are_kept(read, title):
    assert read({"title": title}, "actor").title == title


@pytest.mark.parametrize(
    ("kind", "document", "found"),
    [
        ("agreement", {"in_force": "2000"}, {"/in_force": "not_an_interval"}),
        (
            "agreement",
            {"parties": [{"actor": "actors/a", "actions": [{"action": "sign"}]}]},
            {"/parties/0/actions/0/action": "unknown_term"},
        ),
        (
            "agreement",
            {"parties": [{"actor": "actors/a", "actions": [{"action": "signed", "date": "x"}]}]},
            {"/parties/0/actions/0/date": "invalid_edtf"},
        ),
        (
            "agreement",
            {"provisions": [{"obliges": ["places/a"]}]},
            {"/provisions/0/obliges/0": "wrong_reference"},
        ),
        ("agreement", {"provisions": [{"id": "a"}, {"id": "a"}]}, {"/provisions/1/id": "duplicate"}),
        (
            "mission",
            {"established_under": {"agreement": "events/a"}},
            {"/established_under/agreement": "wrong_reference"},
        ),
        ("mission", {"established_under": {}, "participants": []}, None),
        ("mission", {"parties": []}, {"/parties": "unknown_field"}),
        (
            "mission",
            {"geometry": {}, "colour": None},
            {"/geometry": "unknown_field", "/colour": "unknown_field"},
        ),
        ("event", {"places": [{"place": "places/a", "zz": ""}]}, {"/places/0/zz": "unknown_field"}),
        ("event", {"labels": {"es": ""}, "date": {"edtf": "1967", "label": ""}}, None),
        (
            "event",
            {
                "evidence": [
                    {"source": "sources/x", "property": "figures/none"},
                    {"source": "sources/x", "stance": "x"},
                ]
            },
            {"/evidence/0/property": "unknown_member", "/evidence/1/stance": "unknown_term"},
        ),
        (
            "source",
            {
                "text": {
                    "sha256": "0" * 64,
                    "characters": 10,
                    "sections": [{"title": "A", "start": 5, "end": 11}, {"title": "B", "start": 8, "end": 5}],
                }
            },
            {"/text/sections/0/end": "out_of_range", "/text/sections/1/end": "wrong_order"},
        ),
        ("source", {"evidence": [{"source": "sources/x"}]}, {"/evidence": "unknown_field"}),
        ("source", {"language": "Spanish!"}, {"/language": "invalid_language"}),
        ("source", {"accessed": "yesterday"}, {"/accessed": "invalid_edtf"}),
        ("source", {"isbn": "978-3-16-148410-1"}, {"/isbn": "invalid_isbn"}),
        ("source", {"isbn": "0-8044-2957-X"}, None),
        ("source", {"isbn": "0-8044-2957-1"}, {"/isbn": "invalid_isbn"}),
        ("source", {"isbn": "٩٧٨٣١٦١٤٨٤١٠٠"}, {"/isbn": "invalid_isbn"}),
        ("source", {"doi": "https://doi.org/10.1000/182"}, {"/doi": "invalid_doi"}),
        ("source", {"doi": "10.1000/18 2"}, {"/doi": "invalid_doi"}),
        ("source", {"text": {"sha256": "abc"}}, {"/text/sha256": "invalid_digest"}),
        (
            "source",
            {
                "text": {
                    "sha256": "0" * 64,
                    "characters": 5,
                    "sections": [{"title": "a", "start": 2, "end": 9}],
                }
            },
            {"/text/sections/0/end": "out_of_range"},
        ),
        (
            "source",
            {"text": {"sha256": "0" * 64, "sections": [{"title": "a", "start": 2, "end": 2}]}},
            {"/text/sections/0/end": "wrong_order"},
        ),
        ("place", {"places": [{"place": "places/a"}]}, {"/places": "unknown_field"}),
        ("actor", {"participants": [{"actor": "actors/a"}]}, {"/participants": "unknown_field"}),
    ],
)
def test_faults_of_the_other_kinds(faults, read, kind, document, found):
    if found is None:
        assert read(document, kind).kind == kind
    else:
        assert faults(document, kind) == found


def test_nothing_of_the_document_is_repeated(read):
    secret = "zq9-secret"
    with pytest.raises(InvalidDocument) as caught:
        read(
            {
                "type": secret,
                "date": secret,
                secret: 1,
                "relations": [{"type": secret, "target": secret}],
                "same_as": [secret],
            }
        )
    for fault in caught.value.faults:
        assert secret not in fault.detail
        assert fault.suggestion is None


def test_a_hidden_fault_is_told_and_one_that_pruning_makes_is_not(faults):
    document = {
        "figures": [{"id": "a", "measure": "deaths", "low": "x"}, {"measure": "deths", "best": 1}],
        "evidence": [
            {"source": "sources/x", "property": "figures/a"},
            {"source": "source/x", "property": "titles"},
            {"source": "sources/x", "selector": {"start": "x", "end": 3}},
        ],
    }
    assert faults(document) == {
        "/figures/0/low": "wrong_type",
        "/figures/1/measure": "unknown_term",
        "/evidence/1/source": "invalid_reference",
        "/evidence/1/property": "unknown_property",
        "/evidence/2/selector/start": "wrong_type",
    }


def test_faults_are_bounded_and_the_answer_says_so(read):
    for size, count in ((500, 100), (5000, 100), (12_000, 1)):
        with pytest.raises(InvalidDocument) as caught:
            read({"title": "x", **{f"k{n}": n for n in range(size)}})
        assert len(caught.value.faults) == count
        assert "may have more" in caught.value.detail or count == 1


def wrong(numbers, total=5000):
    return [{"actor": f"actors/a{n}", "role": "gest" if n in numbers else "guest"} for n in range(total)]


def test_of_a_large_document_the_first_faults_of_each_list_are_told(faults, read):
    document = {
        "titel": "x",
        "participants": wrong({3000, 3001, 3100, 4999}),
        "tags": [*map(str, range(900)), "7", "8"],
        "evidence": [{"source": "sources/x", "property": "participants/actors/a4000"}],
    }
    assert faults(document) == {
        "/titel": "unknown_field",
        "/participants/3000/role": "unknown_term",
        "/participants/3001/role": "unknown_term",
        "/participants/3100/role": "unknown_term",
        "/tags/900": "duplicate",
        "/tags/901": "duplicate",
    }
    assert len(read({"participants": wrong(())}).participants) == 5000


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"participants": wrong((), 6000)}, {"/participants": "too_long"}),
        (
            {"labels": {f"k{n}": [1] * 30 for n in range(1001)}, "tags": [1] * 6000},
            {"/labels": "too_long", "/tags": "too_long"},
        ),
        (
            {"date": {"edtf": "1967", "a/b": [[0] * 6000] * 2}},
            dict.fromkeys(("/date/a~1b/0", "/date/a~1b/1"), "too_long"),
        ),
        ({f"k{n}": [[]] for n in range(6000)}, {"": "too_long"}),
    ],
)
def test_what_is_too_long_by_far_is_said_before_all_else(faults, document, found):
    assert faults(document) == found


def test_the_sets_of_a_record_are_bounded_together(read, faults):
    long_set = "[" + ",".join(str(1000 + n) for n in range(199)) + "]"
    relations = [
        {"type": "part-of", "target": f"events/e{n}", "date": long_set if n % 2 else "1967"}
        for n in range(100)
    ]
    assert read({"relations": relations[:26]}).relations
    found = faults({"relations": relations})
    assert set(found.values()) == {"too_long"}
    assert next(iter(found)) == "/relations/27/date"


@pytest.mark.parametrize(
    ("date", "suggestion"),
    [
        ("c. 1850", "1850~"),
        ({"edtf": "44 BC"}, "-0043"),
        ({"edtf": "44 BC", "calendar": "julian"}, "-0043"),
        ("15 Jan 1743/44", None),
        ({"edtf": "15 Jan 1743/44", "calendar": "julian"}, "1744-01-15"),
        ("3/4/1848", None),
        ("n.d.", None),
        ("x", None),
    ],
)
def test_a_refused_date_has_a_suggestion_where_it_can_mean_one_date(read, date, suggestion):
    evidence = [{"source": "sources/a", "property": "date", "value": date}]
    with pytest.raises(InvalidDocument) as caught:
        read({"title": "T", "type": "battle", "date": date, "evidence": evidence}, "event")
    found = {fault.pointer: fault.suggestion for fault in caught.value.faults if fault.code == "invalid_edtf"}
    where = "/edtf" if isinstance(date, dict) else ""
    assert found == {f"/date{where}": suggestion, f"/evidence/0/value{where}": suggestion}


def test_a_field_of_another_name_is_suggested_where_that_is_meant(read):
    for kind, named, meant in (
        ("source", "creators", "authors"),
        ("source", "Author", "authors"),
        ("event", "description", "summary"),
        ("event", "where", "places"),
        ("place", "where", "geometry"),
        ("agreement", "people", "parties"),
        ("event", "titel", "title"),
        ("event", "hrefs", None),
    ):
        with pytest.raises(InvalidDocument) as refused:
            read({"title": "T", named: "x"}, kind)
        [fault] = refused.value.faults
        assert (fault.code, fault.suggestion) == ("unknown_field", meant), named


def test_characters_of_a_date_are_counted_from_one(read):
    with pytest.raises(InvalidDocument) as refused:
        read({"title": "T", "date": "1967-1x"}, "event")
    assert "at character 5" in refused.value.faults[0].detail, refused.value.faults[0].detail
    with pytest.raises(EdtfError, match="at character 5") as error:
        parse_edtf("1967-1x")
    assert error.value.position == 4
