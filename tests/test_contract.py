"""What clients rely on: the OpenAPI document as it was agreed, its parameters, and the order in which a write is checked."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import orjson
import pytest
from documented import SNAPSHOT, openapi, resolved

from app.database.api_keys import create_key


def test_the_openapi_document_is_the_one_that_was_agreed() -> None:
    """Write the file anew, and read its differences one by one, where a change is meant.

    `python tests/documented.py` writes it.
    """
    told = orjson.loads(orjson.dumps(openapi()))
    agreed = orjson.loads(SNAPSHOT.read_bytes())
    differences = list(different(agreed, told, "#"))
    assert differences == [], f"{len(differences)} differences"


def different(agreed: Any, told: Any, where: str) -> Iterator[str]:
    """Tell where two documents differ: to read two of 600 kB beside each other is no use."""
    if isinstance(agreed, dict) and isinstance(told, dict):
        for name in agreed.keys() | told.keys():
            at = f"{where}/{name}"
            if name not in told:
                yield f"{at} is gone"
            elif name not in agreed:
                yield f"{at} is new"
            else:
                yield from different(agreed[name], told[name], at)
    elif isinstance(agreed, list) and isinstance(told, list) and len(agreed) == len(told):
        for number, (one, other) in enumerate(zip(agreed, told, strict=True)):
            yield from different(one, other, f"{where}/{number}")
    elif agreed != told:
        yield f"{where}: {agreed!r} has become {told!r}"


def operations() -> list[tuple[str, str]]:
    return [(method, path) for path, methods in openapi()["paths"].items() for method in methods]


def query_parameters(method: str, path: str) -> set[str]:
    parameters = map(resolved, openapi()["paths"][path][method].get("parameters", []))
    return {one["name"] for one in parameters if one["in"] == "query"}


@pytest.fixture(scope="module")
async def client_and_key(
    databases: Any, migrated_template: str, client_at: Any, database_at: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    url = databases.fresh(migrated_template)
    with database_at(url) as database:
        token, _ = database.write_now(lambda tx: create_key(tx, "admin", ["admin"]))
    async with client_at(url) as client:
        yield client, token
    databases.drop(url)


# These pass over whatever stands in their query strings: load balancers put things there.
PROBES = ("/livez", "/readyz", "/version", "/metrics")


@pytest.mark.parametrize(("method", "path"), [one for one in operations() if one[1] not in PROBES])
async def test_an_operation_takes_the_parameters_that_it_documents_and_no_others(
    client_and_key: tuple[httpx.AsyncClient, str], method: str, path: str
) -> None:
    client, key = client_and_key
    documented = query_parameters(method, path)
    names = set().union(*(query_parameters(*one) for one in operations())) | {"nothing"}
    refused = set()
    # All that are unknown are named at once, up to a bound; with those that are known other things may be wrong first.
    unknown = sorted(names - documented)
    together = [unknown[at : at + 20] for at in range(0, len(unknown), 20)]
    for asked in (*([name] for name in sorted(documented)), *together):
        answer = await client.request(
            method,
            path.format(id="nothing", scheme="event-type", revision="1", collection="events", item="e1"),
            params=dict.fromkeys(asked, "x"),
            headers={"Authorization": f"Bearer {key}"},
        )
        faults = answer.json().get("errors", []) if answer.status_code == 400 else []
        refused |= {one["parameter"] for one in faults if one["code"] == "unknown_parameter"}
    assert names - refused == documented


# What can be wrong with a write, and the status of the answer that says so.
WRONGS = {
    "size": 413,
    "key": 401,
    "scope": 403,
    "query": 400,
    "accept": 406,
    "media type": 415,
    "json": 400,
    "document": 422,
    "condition": 428,
    "revision": 412,
}
ADMITTED = ("key", "scope", "query", "accept")
READ = ("size", *ADMITTED, "media type", "json")
JSON, MERGE_PATCH = "application/json", "application/merge-patch+json"
TERM = {"id": "eclipse", "label": "Eclipse"}
ITEM = {"basis": "external", "note": "Known to the editor."}

# Each write, with a good body; and in which order it is told of all that can be wrong with it.
WRITES = {
    "POST /v1/events": (JSON, {"title": "E"}, (*READ, "document")),
    "PUT /v1/events/one": (JSON, {"title": "E"}, (*READ[:-1], "condition", "json", "document", "revision")),
    "PATCH /v1/events/one": (MERGE_PATCH, {"title": "E"}, (*READ, "condition", "revision", "document")),
    "POST /v1/events/one/revert": (JSON, {"to": 1}, (*READ, "document", "condition", "revision")),
    "DELETE /v1/events/one": (None, None, (*ADMITTED, "condition", "revision")),
    "POST /v1/events/gone/restore": (None, None, ADMITTED),
    "POST /v1/events/one/evidence": (JSON, ITEM, (*READ, "condition", "revision", "document")),
    "PUT /v1/events/one/evidence/e1": (JSON, ITEM, (*READ, "condition", "revision", "document")),
    "DELETE /v1/events/one/evidence/e1": (None, None, (*ADMITTED, "condition", "revision")),
    "POST /v1/merges": (JSON, {"from": "events/two", "into": "events/one"}, (*READ, "document")),
    "POST /v1/vocabularies/event-type": (JSON, TERM, (*READ, "document")),
    "PUT /v1/vocabularies/event-type/seance": (JSON, TERM | {"id": "seance"}, (*READ, "document")),
    "PATCH /v1/vocabularies/event-type/seance": (MERGE_PATCH, {"label": "M"}, (*READ, "document")),
}


def admin_only(write: str) -> bool:
    return "/vocabularies/" in write


def written(write: str, wrong: set[str], keys: dict[str, str]) -> dict[str, Any]:
    """Make the request of a write, with all in it that is to be wrong."""
    media_type, body, _ = WRITES[write]
    method, path = write.split(" ")
    headers = {}
    if "key" not in wrong:
        needed = "admin" if admin_only(write) else "write"
        headers["Authorization"] = f"Bearer {keys['read' if 'scope' in wrong else needed]}"
    if "accept" in wrong:
        headers["Accept"] = "image/png"
    if "condition" not in wrong:
        headers["If-Match"] = '"99"' if "revision" in wrong else "*"
    content = b""
    if media_type is not None:
        headers["Content-Type"] = "image/png" if "media type" in wrong else media_type
        content = orjson.dumps({**(body or {}), "nonsense": 1} if "document" in wrong else body)
        if "json" in wrong:
            content = content[:-1]
        if "size" in wrong:
            content += b" " * 4096
    query = {"params": {"nothing": "1"}} if "query" in wrong else {}
    return {"method": method, "url": path, "headers": headers, "content": content, **query}


@pytest.mark.parametrize("write", WRITES)
async def test_what_is_wrong_with_a_write_is_told_in_this_order(
    make_client: Any, api_key: Any, write: str
) -> None:
    order = WRITES[write][2]
    keys = {scope: api_key(scope) for scope in ("read", "write", "admin")}
    admin = {"Authorization": f"Bearer {keys['admin']}"}
    async with make_client(max_body_bytes=2048) as client:
        for name in ("one", "two", "gone"):
            await client.post(
                "/v1/events", json={"id": name, "title": name, "evidence": [ITEM]}, headers=admin
            )
        await client.post(
            "/v1/vocabularies/event-type", json={"id": "seance", "label": "Séance"}, headers=admin
        )
        await client.delete("/v1/events/gone", headers={"If-Match": "*", **admin})
        for told, name in enumerate(order):
            answer = await client.request(**written(write, set(order[told:]), keys))
            assert answer.status_code == WRONGS[name], (name, answer.text)
            assert "nothing" in answer.text or name != "query"
        answer = await client.request(**written(write, set(), keys))
        assert answer.is_success, answer.text
