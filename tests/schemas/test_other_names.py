"""Parameters by the names that they have elsewhere, over HTTP."""

import pytest

pytestmark = pytest.mark.anyio

LISTED = {
    "date": "when", "years": "when", "modified-since": "updated_since", "search": "q", "query": "q", "name": "q",
    "order": "sort", "order_by": "sort", "orderBy": "sort", "size": "limit", "per_page": "limit", "perPage": "limit", "page-size": "limit", "language": "lang", "locale": "lang",
    "actor": "participant", "radius": "within_km", "bounds": "bbox", "select": "fields",
    "expand": "include", "country": "place", "category": "type", "event_type": "type", "tags": "tag", "subject": "tag",
    "id": "ids", "tpye": "type", "lmit": "limit",
}  # fmt: skip
"""What stands for the parameter of a list; the last two are mistyped."""


@pytest.mark.parametrize(("name", "meant"), LISTED.items())
async def test_lists_say_what_to_give_instead(refused_writer, name, meant):
    [fault] = (await refused_writer.client.get(f"/v1/events?{name}=1")).json()["errors"]
    assert (fault["code"], fault["parameter"], fault["suggestion"]) == ("unknown_parameter", name, meant)
    assert f"`{meant}" in fault["detail"] or name in ("tpye", "lmit")


IN_OTHER_WORDS = {
    "from": "`when=1900/..`", "start": "`when=1900/..`", "begin": "`when=1900/..`", "start_date": "`when=1900/..`",
    "to": "`when=../1999`", "end": "`when=../1999`", "until": "`when=../1999`", "endYear": "`when=../1999`",
    "since": "`when=1990/..`", "before": "`when=1990&relation=before`", "direction": "`sort=-date`", "page": "`cursor`",
    "offset": "`cursor`", "skip": "`cursor`", "lat": "`near=23.13,-82.38`",
}  # fmt: skip
"""What is said with a parameter of a list, and not by its name with the same value."""


@pytest.mark.parametrize(("name", "said"), IN_OTHER_WORDS.items())
async def test_a_name_is_proposed_only_where_the_value_can_stay(refused_writer, name, said):
    [fault] = (await refused_writer.client.get(f"/v1/events?{name}=1900")).json()["errors"]
    assert (fault["code"], fault["parameter"]) == ("unknown_parameter", name)
    assert said in fault["detail"]
    assert "suggestion" not in fault


@pytest.mark.parametrize("name", ["beginn", "colour", "era", "foo", "starting"])
async def test_of_what_is_like_no_parameter_none_is_proposed(refused_writer, name):
    [fault] = (await refused_writer.client.get(f"/v1/events?{name}=1")).json()["errors"]
    assert "suggestion" not in fault


@pytest.mark.parametrize(
    ("path", "name", "meant"),
    [
        ("timeline", "date", "when"),
        ("timeline", "page", None),
        ("timeline", "language", None),
        ("graph?around=actors/a", "year", "when"),
        ("dates", "q", None),
        ("dates", "query", "text"),
        ("search", "query", "q"),
        ("suggest", "name", "q"),
        ("suggest", "size", "limit"),
        ("actors/a", "language", "lang"),
        ("actors/a", "page", None),
    ],
)
async def test_only_what_an_operation_has_is_proposed(refused_writer, path, name, meant):
    address = f"/v1/{path}{'&' if '?' in path else '?'}{name}=1"
    faults = (await refused_writer.client.get(address)).json()["errors"]
    [fault] = [one for one in faults if one["parameter"] == name]
    assert (fault["code"], fault.get("suggestion")) == ("unknown_parameter", meant)


@pytest.mark.parametrize("name", ["action", "in_force_on"])
async def test_what_agreements_alone_have_is_sent_there(client, name):
    [fault] = (await client.get(f"/v1/events?{name}=signed")).json()["errors"]
    assert "/v1/agreements" in fault["detail"]
    assert "suggestion" not in fault
