"""Parameters by the names that they have elsewhere, over HTTP."""

import pytest

pytestmark = pytest.mark.anyio

LISTED = {
    "from": "when", "to": "when", "start": "when", "end": "when", "start_date": "when", "date": "when", "years": "when",
    "since": "updated_since", "before": "relation", "search": "q", "query": "q", "name": "q", "order": "sort",
    "order_by": "sort", "orderBy": "sort", "direction": "sort", "page": "cursor", "offset": "cursor", "skip": "cursor",
    "size": "limit", "per_page": "limit", "perPage": "limit", "page-size": "limit", "language": "lang", "locale": "lang",
    "actor": "participant", "lat": "near", "radius": "within_km", "bounds": "bbox", "select": "fields",
    "expand": "include", "country": "place", "category": "type", "event_type": "type", "tags": "tag", "subject": "tag",
    "id": "ids", "tpye": "type", "lmit": "limit",
}  # fmt: skip
"""What stands for the parameter of a list; the last two are mistyped."""


@pytest.mark.parametrize(("name", "meant"), LISTED.items())
async def test_lists_say_what_to_give_instead(refused_writer, name, meant):
    [fault] = (await refused_writer.client.get(f"/v1/events?{name}=1")).json()["errors"]
    assert (fault["code"], fault["parameter"], fault["suggestion"]) == ("unknown_parameter", name, meant)
    assert f"`{meant}" in fault["detail"] or name in ("tpye", "lmit")


@pytest.mark.parametrize(
    ("path", "name", "meant"),
    [
        ("timeline", "from", "when"),
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
