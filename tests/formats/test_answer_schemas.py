"""What answers in JSON formats hold against their components of the OpenAPI document, whose members here are all that there are."""

import inspect
from copy import deepcopy
from functools import cache

import jsonschema_rs
import orjson
import pytest
from documented import openapi
from format_items import about, documents, make, write_whole
from hypothesis import given, settings
from hypothesis import strategies as st

from app.formats import FORMATS, answer_types, citation_types
from app.formats.answer_schemas import answer_schema
from app.records.kinds import RECORD_KINDS

DRAWN = {
    "geojson": ("place", "agreement"),
    "lpf": ("place", "event"),
    "oa": ("event",),
    "timelinejs": ("event",),
    "csl": ("source", "event"),
}
"""The kinds whose records are drawn for a format: those of which it says most."""


@cache
def closed_components():
    """Give the components of the document; those of formats forbid members that they do not name."""
    components = deepcopy(openapi()["components"])
    for module in (answer_types, citation_types):
        for name, _ in inspect.getmembers(module, inspect.isclass):
            if name in components["schemas"]:
                components["schemas"][name].setdefault("additionalProperties", False)
    return components


@cache
def validator(form):
    """Give what validates a list in a format, which holds what a single record does."""
    schema = answer_schema(FORMATS[form], one=False)
    return jsonschema_rs.Draft202012Validator({**schema, "components": closed_components()})


@pytest.mark.parametrize("form", DRAWN)
@settings(max_examples=20)
@given(drawn=st.data())
def test_answers_have_no_members_but_those_that_are_documented(form, drawn):
    kind, raw = drawn.draw(documents(DRAWN[form]))
    told = orjson.loads(write_whole(FORMATS[form], [make(kind, raw)], about(kind)))
    assert [fault.message for fault in validator(form).iter_errors(told)] == []


@pytest.mark.parametrize("kind", [kind.kind for kind in RECORD_KINDS])
@pytest.mark.parametrize("form", DRAWN)
def test_an_answer_about_a_record_that_has_only_a_title_is_documented(form, kind):
    told = orjson.loads(write_whole(FORMATS[form], [make(kind, {"title": "A"})], about(kind)))
    assert [fault.message for fault in validator(form).iter_errors(told)] == []
