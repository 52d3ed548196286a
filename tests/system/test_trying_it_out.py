"""What the docs page sends as it stands: each reading operation, and the bodies of writes, on both databases."""

import json
from typing import Any

import pytest
from documented import as_sent, example_of, openapi, prefilled

from app.records.kinds import RECORD_KINDS

pytestmark = pytest.mark.anyio

# What cannot be read as it stands, and why.
UNREADABLE = {
    "/v1/merges/{id}": (404, "nothing of the seeds was merged"),
    "/v1/sources/{id}/text": (403, "texts are read only where a setting says so"),
}


# Lists of what the seeds have none of.
EMPTY = {"/v1/merges"}


async def test_every_reading_operation_answers_what_the_page_asks(make_client, seeded_url, api_key):
    key = {"Authorization": f"Bearer {api_key('read', url=seeded_url)}"}
    asked = 0
    async with make_client(url=seeded_url) as client:
        for path, operations in openapi()["paths"].items():
            if "get" not in operations:
                continue
            address, query, headers = path, {}, dict(key)
            for one in operations["get"].get("parameters", ()):
                value = prefilled(one)
                assert not one.get("required") or value is not None, (path, one["name"])
                if value is None:
                    continue
                if one["in"] == "path":
                    address = address.replace(f"{{{one['name']}}}", as_sent(value))
                else:
                    (query if one["in"] == "query" else headers)[one["name"]] = as_sent(value)
            answer = await client.get(address, params=query, headers=headers)
            expected, _ = UNREADABLE.get(path, (200, ""))
            assert answer.status_code == expected, (path, answer.text)
            assert answer.text.startswith('{"items":[]') == (path in EMPTY), path
            asked += 1
    assert asked > 50


def test_nothing_that_need_not_be_given_is_filled_in():
    may_be_asked = set()
    for path, operations in openapi()["paths"].items():
        for method, operation in operations.items():
            for one in operation.get("parameters", ()):
                assert "example" not in one or one["in"] != "header", (method, path, one["name"])
                if "example" in one and not one["required"]:
                    may_be_asked.add((path, one["name"]))
    assert may_be_asked == {("/v1/dates", "edtf")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RECORD_KINDS, ids=lambda kind: kind.kind)
async def test_the_bodies_of_records_are_accepted(make_client, database_url, seeded_url, api_key, kind):
    described = openapi()["paths"]
    bodies = {
        name: one["value"]
        for name, one in described[f"/v1/{kind.collection}"]["post"]["requestBody"]["content"][
            "application/json"
        ]["examples"].items()
    }
    assert bodies["seeded"].keys() >= ({"title", "evidence"} if kind.kind != "source" else {"title", "date"})
    one = described[f"/v1/{kind.collection}/{{id}}"]
    named = {method: example_of(operation["parameters"][0]) for method, operation in one.items()}
    for url, body in ((seeded_url, bodies["seeded"]), (database_url, bodies.get("empty", bodies["seeded"]))):
        ref = f"/v1/{kind.collection}/{body['id']}"
        async with make_client(url=url) as client:
            key = {"Authorization": f"Bearer {api_key('write', url=url)}", "If-Match": "*"}
            made = await client.post(f"/v1/{kind.collection}", json=body, headers=key)
            assert (made.status_code, made.headers.get("location")) == (201, ref), made.text
            again = await client.post(f"/v1/{kind.collection}", json=body, headers=key)
            assert (again.status_code, again.json()["code"]) == (409, "id_in_use")
            assert (await client.put(ref, json=body, headers=key)).is_success
            for media_type, told in one["patch"]["requestBody"]["content"].items():
                patched = await client.patch(
                    ref, content=json.dumps(told["example"]), headers={**key, "Content-Type": media_type}
                )
                assert patched.status_code == 200, (media_type, patched.text)
            assert (await client.delete(ref, headers=key)).status_code == 204
            assert (await client.post(f"{ref}/restore", headers=key)).status_code == 200
            assert (await client.post(f"{ref}/revert", json={"to": 1}, headers=key)).status_code == 200
    assert {named[method] for method in ("put", "patch", "delete")} == {body["id"]}
    assert named["get"] != body["id"]


async def test_the_examples_of_merges_and_texts_go_with_those_of_records(make_client, seeded_url, api_key):
    described: dict[str, Any] = openapi()["paths"]
    async with make_client(url=seeded_url) as client:
        key = {"Authorization": f"Bearer {api_key('write', url=seeded_url)}"}
        for collection in ("events", "sources"):
            content = described[f"/v1/{collection}"]["post"]["requestBody"]["content"]["application/json"]
            made = await client.post(
                f"/v1/{collection}", json=content["examples"]["seeded"]["value"], headers=key
            )
            assert made.status_code == 201
        body = described["/v1/merges"]["post"]["requestBody"]["content"]["application/json"]["example"]
        merged = await client.post("/v1/merges", json=body, headers=key)
        assert merged.is_success, merged.text
        assert (await client.get("/v1/merges/1")).status_code == 200
        put = described["/v1/sources/{id}/text"]["put"]
        text = put["requestBody"]["content"]["text/plain"]["example"].encode()
        address = f"/v1/sources/{example_of(put['parameters'][0])}/text"
        attached = await client.put(address, content=text, headers={**key, "Content-Type": "text/plain"})
        assert attached.status_code == 201, attached.text
