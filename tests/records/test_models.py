from pathlib import Path

import jsonschema_rs
import orjson
import pytest

from app.records.kinds import RECORD_KINDS, kind_by_collection, kind_by_name
from app.records.serialization import to_canonical_json, to_revision_json
from app.records.validation.document import load_stored, validate_document
from app.records.vocabulary import read_text_yaml

SEEDS = Path(__file__).parents[2] / "seed_data"
FILES = {
    "source": "source",
    "place": "places",
    "actor": "actors",
    "agreement": "agreements",
    "mission": "missions",
    "event": "events",
}


def test_kinds_are_found_by_name_and_collection(kind):
    assert kind_by_name(kind.kind) is kind
    assert kind_by_collection(kind.collection) is kind
    assert kind_by_collection("nothing") is None


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_schemas_are_json_schema(kind, mode):
    schema = kind.model.model_json_schema(mode=mode)
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    assert schema["required"] == ["kind", "title"]


def test_every_field_is_described(kind):
    schema = kind.model.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["description"]
        for name, field in part.get("properties", {}).items():
            assert field.get("description"), (part["title"], name)


def test_server_fields_are_read_only_in_the_schema(kind):
    properties = kind.model.model_json_schema()["properties"]
    assert {name for name, field in properties.items() if field.get("readOnly")} == {
        "kind", "revision", "created_at", "updated_at", "href",
    }  # fmt: skip


def test_what_is_written_holds_to_the_schema(kind, vocabulary):
    schema = kind.model.model_json_schema(mode="serialization")
    for document in read_text_yaml(
        (SEEDS / "cuba-venezuela-cooperation" / f"{FILES[kind.kind]}.yaml").read_text()
    ):
        record = validate_document(kind, document, vocabulary, text_scalars=True)
        jsonschema_rs.validate(schema, orjson.loads(to_canonical_json(record)))


def test_fixtures_are_records_and_come_back_the_same(kind, vocabulary):
    for document in read_text_yaml(
        (SEEDS / "cuba-venezuela-cooperation" / f"{FILES[kind.kind]}.yaml").read_text()
    ):
        record = validate_document(kind, document, vocabulary, text_scalars=True)
        assert load_stored(kind, to_canonical_json(record)) == record
        assert load_stored(kind, to_revision_json(record)) == record
        assert validate_document(kind, orjson.loads(to_canonical_json(record)), vocabulary) == record


def test_examples_of_the_fields_are_valid(kind, vocabulary):
    for name, field in kind.model.model_fields.items():
        for example in field.examples or ():
            record = validate_document(kind, {"title": "Something", name: example}, vocabulary)
            assert getattr(record, name)


def test_load_order_puts_what_is_referred_to_first():
    assert [kind.kind for kind in RECORD_KINDS] == [
        "source",
        "place",
        "actor",
        "agreement",
        "mission",
        "event",
    ]


def test_records_do_not_change(read):
    record = read({"tags": ["a"]})
    with pytest.raises(ValueError, match="frozen"):
        record.title = "x"
    assert record.changed(title="y").title == "y"


@pytest.mark.parametrize(
    ("figure", "bounds"),
    [
        ({"best": 3}, (3, 3)),
        ({"low": 3}, (3, float("inf"))),
        ({"high": 3}, (0, 3)),
        ({"low": 1, "best": 2, "high": 3}, (1, 3)),
        ({"low": 1, "best": 2}, (1, float("inf"))),
        ({"text": "many"}, (0, float("inf"))),
        ({"high": -3}, (float("-inf"), -3)),
    ],
)
def test_bounds_of_a_figure(read, figure, bounds):
    assert read({"figures": [{"measure": "deaths", **figure}]}).figures[0].bounds() == bounds
