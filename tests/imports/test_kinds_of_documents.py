"""Of which kind documents are that do not say it: `--kind`, the file's name, or a fault that names the ways to say it."""

import json

import pytest

ROWS = "id,title\na,One\nb,Two\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(ROWS)
    return path


def test_rows_without_a_kind_are_told_every_way_to_say_it(annals, database_url, table):
    refused = annals("import", table, "--json", url=database_url)
    assert refused.code == 1
    fault = refused.json["faults"][0]
    assert fault["code"] == "missing_kind"
    for way in ("--kind", "kind=event", "events.csv", "--map", "--suggest-map"):
        assert way in fault["detail"]


@pytest.mark.parametrize("name", ["actor", "actors"])
def test_a_kind_is_given_to_all(annals, database_url, table, name):
    assert annals("import", table, "--kind", name, "--json", url=database_url).json["created"] == 2
    again = annals("import", table, "--kind", name, "--json", url=database_url)
    assert (again.code, again.json["unchanged"]) == (0, 2)


def test_a_kind_counts_more_than_the_name_and_less_than_the_document(annals, database_url, tmp_path):
    path = tmp_path / "events.ndjson"
    path.write_text(
        "".join(
            json.dumps(one) + "\n"
            for one in ({"id": "a", "title": "A"}, {"kind": "place", "id": "b", "title": "B"})
        )
    )
    assert annals("import", path, "--kind", "actor", "--json", url=database_url).json["created"] == 2
    exported = annals("export", "-", "--format", "ndjson", url=database_url).out.splitlines()
    assert {(one["kind"], one["id"]) for one in map(json.loads, exported)} == {("actor", "a"), ("place", "b")}


def test_a_kind_that_is_none_and_one_beside_a_mapping_are_refused(annals, database_url, table):
    unknown = annals("import", table, "--kind", "person", url=database_url)
    assert (unknown.code, "actor" in unknown.err) == (2, True)
    mapped = annals("import", table, "--kind", "actor", "--as", "ucdp-ged", url=database_url)
    assert (mapped.code, "the mapping says the kinds" in mapped.err) == (2, True)
