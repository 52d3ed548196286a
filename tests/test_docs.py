"""What is said about the service is true of it: every setting, filter and example."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from documented import as_sent, example_of

from app import __version__
from app.errors import AnnalsError
from app.filters import FILTERS
from app.listing.query import LIST_QUERIES
from app.main import components, create_app
from app.records.kinds import RECORD_KINDS
from app.settings import Settings
from app.web.openapi_document import describe

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CHANGELOG = (ROOT / ".github/CHANGELOG.md").read_text()
CURLS = [
    command
    for command in re.findall(r"^\$ curl (.*?[^\\])$", README, re.MULTILINE | re.DOTALL)
    if "$KEY" not in command
]
"""Those that read."""


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return describe(create_app(Settings()), components())


def settings_table() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        value = field.default
        written = ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        default = f"`{written.lower() if isinstance(value, bool) else written}`" if written else ""
        yield f"| `ANNALS_{name.upper()}` | {default} | {field.description} |"


def test_every_setting_is_in_the_readme_as_it_is_described_in_the_code() -> None:
    assert re.findall(r"^\| `ANNALS_.*$", README, re.MULTILINE) == list(settings_table())


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    # Of the tests, the benchmarks, and an option of one command.
    named = set(re.findall(r"`ANNALS_([A-Z_]+)`", README)) - {"TEST_POSTGRES", "BENCHMARK_DIR", "MIRROR_KEY"}
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_the_version_is_the_newest_in_the_changelog() -> None:
    newest, *_ = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", CHANGELOG, re.MULTILINE)
    assert newest == __version__


@pytest.mark.parametrize("kind", RECORD_KINDS, ids=lambda kind: kind.kind)
def test_every_parameter_of_a_list_is_described(description: dict[str, Any], kind: Any) -> None:
    told = description["paths"][f"/v1/{kind.collection}"]["get"]["parameters"]
    by_name = {parameter["name"]: parameter for parameter in told}
    for name, field in LIST_QUERIES[kind.kind].model_fields.items():
        assert by_name[name]["description"] == field.description


def test_every_filter_has_a_sentence_an_example_and_a_place_in_the_readme() -> None:
    for one in FILTERS:
        for name, field in one.model_fields.items():
            assert (field.description or "").endswith(".")
            assert field.examples
            assert f"`{name}" in README, name


def test_operations_are_told_in_full(description: dict[str, Any]) -> None:
    seen = set()
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["tags"], where
            assert operation["operationId"] not in seen, where
            assert len(operation["operationId"]) <= 40, where
            seen.add(operation["operationId"])
            if path.startswith("/v1"):
                assert operation.get("description"), where
                assert any(status.startswith("4") for status in operation["responses"]), where


def test_every_error_has_its_page_entry(description: dict[str, Any]) -> None:
    told = description["components"]["responses"]
    for error in AnnalsError.__subclasses__():
        if error.__module__ == AnnalsError.__module__:
            assert error.__name__ in told


# Parameters that mean something only beside another, as their descriptions say.
BESIDE = {
    "lang": "text",
    "order": "text",
    "calendar": "edtf",
    "near": "within_km",
    "within_km": "near",
    "action": "party",
    "certainty": "when",
    "relation": "when",
}


def asked(parameter: dict[str, Any]) -> str:
    """Give the example of a parameter as a client sends it."""
    return as_sent(example_of(parameter))


# Parameters of which one must be given.
ONE_OF = {"/v1/dates": ("edtf", "text")}

UNASKED = {
    "/v1/me": "it needs a key",
    "/v1/merges/{id}": "nothing of the seeds was merged",
    "/v1/sources/{id}/text": "texts are read only where a setting says so",
}


@pytest.mark.slow
@pytest.mark.anyio
async def test_every_example_of_a_reading_operation_is_answered(
    seeded_client: Any, description: dict[str, Any]
) -> None:
    refused, sent = [], 0
    for path, operations in description["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        given = {one["name"]: one for one in parameters if example_of(one) is not None}
        needed = {name for name, one in given.items() if one.get("required")}
        if "get" not in operations or path in UNASKED:
            continue
        for name in ("", *given):
            names = {name, BESIDE.get(name, ""), *needed}
            if path in ONE_OF and names.isdisjoint(ONE_OF[path]):
                names.add(ONE_OF[path][0])
            chosen = [given[one] for one in names if one in given]
            address = path
            for one in chosen:
                if one["in"] == "path":
                    address = address.replace(f"{{{one['name']}}}", asked(one))
            answer = await seeded_client.get(
                address,
                params={one["name"]: asked(one) for one in chosen if one["in"] == "query"},
                headers={one["name"]: asked(one) for one in chosen if one["in"] == "header"},
            )
            sent += 1
            if not answer.is_success:
                refused.append((path, name, answer.text))
    assert refused == []
    assert sent > 300


@pytest.mark.anyio
async def test_what_answers_400_where_it_is_missing_is_required(
    seeded_client: Any, description: dict[str, Any]
) -> None:
    for path, operations in description["paths"].items():
        parameters = operations.get("get", {}).get("parameters", [])
        if "get" not in operations or "{" in path:
            continue
        answer = await seeded_client.get(path)
        missing = (
            {
                one["parameter"]
                for one in answer.json().get("errors", [])
                if one["code"] == "missing_parameter"
            }
            if answer.status_code == 400
            else set()
        )
        assert missing == {one["name"] for one in parameters if one.get("required")}, path


@pytest.mark.anyio
async def test_every_example_of_an_import_is_taken(
    make_client: Any, api_key: Any, description: dict[str, Any]
) -> None:
    bodies = description["paths"]["/v1/imports"]["post"]["requestBody"]["content"]
    async with make_client() as client:
        for media_type, told in bodies.items():
            if told["schema"].get("format") == "binary":
                continue
            example = told["example"]
            headers = {"Authorization": f"Bearer {api_key('write')}"}
            body: dict[str, Any]
            if media_type == "multipart/form-data":
                # The client writes the parts, and the boundary into Content-Type.
                types = {name: one["contentType"] for name, one in told["encoding"].items()}
                body = {"files": {name: (None, part, types[name]) for name, part in example.items()}}
            else:
                headers["Content-Type"] = media_type
                body = {"content": example if isinstance(example, str) else json.dumps(example)}
            answer = await client.post("/v1/imports?dry_run=true", headers=headers, **body)
            assert answer.status_code == 200, (media_type, answer.text)
            report = answer.json()
            if media_type == "application/ld+json":
                # It is evidence of a record, which has to be there.
                assert [one["code"] for one in report["faults"]] == ["no_such_record"], answer.text
            else:
                assert report["created"] == 1, media_type


@pytest.mark.anyio
async def test_the_examples_of_writing_a_term_go_together(
    make_client: Any, api_key: Any, description: dict[str, Any]
) -> None:
    described = description["paths"]["/v1/vocabularies/{scheme}/{id}"]

    def body(method: str) -> list[tuple[str, Any]]:
        content = described[method]["requestBody"]["content"]
        return [(media_type, told["example"]) for media_type, told in content.items()]

    def address(method: str) -> str:
        named = {one["name"]: example_of(one) for one in described[method]["parameters"]}
        return f"/v1/vocabularies/{named['scheme']}/{named['id']}"

    async with make_client() as client:
        key = {"Authorization": f"Bearer {api_key('admin')}"}
        for method, condition in (("put", {"If-None-Match": "*"}), ("patch", {"If-Match": "*"})):
            for media_type, example in body(method):
                answer = await client.request(
                    method,
                    address(method),
                    content=json.dumps(example),
                    headers={"Content-Type": media_type, **key, **condition},
                )
                assert answer.is_success, (method, media_type, answer.text)
        assert (await client.delete(address("delete"), headers={"If-Match": "*", **key})).status_code == 204


def curl(command: str, key: str) -> dict[str, Any]:
    """Give the request that a command makes, as the client takes it."""
    words = iter(shlex.split(command.replace("\\\n", " ").replace("$KEY", key)))
    request: dict[str, Any] = {"method": None, "headers": {}}
    for word in words:
        if word == "-X":
            request["method"] = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            request["headers"][name] = value
        elif word == "-d":
            request["content"] = next(words).encode()
        else:
            request["url"] = word.removeprefix("localhost:8000")
    return request | {"method": request["method"] or "POST"}


@pytest.mark.anyio
async def test_the_readme_s_first_writes_do_what_it_says(
    make_client: Any, seeded_url: str, api_key: Any
) -> None:
    section = README.partition("\n## Writing\n")[2].partition("\n### ")[0]
    commands = re.findall(r"^\$ curl (.*?)(?=^\$|^```)", section, re.MULTILINE | re.DOTALL)
    key = api_key("read", "write", url=seeded_url)
    async with make_client(url=seeded_url) as client:
        answers = [await client.request(**curl(command, key)) for command in commands]
        assert [answer.status_code for answer in answers] == [201, 201, 200, 200]
        source, made, corrected, undone = (answer.json() for answer in answers)
        assert made["evidence"][0]["source"] == f"sources/{source['id']}"
        assert (made["revision"], corrected["date"]["edtf"], undone["date"]["edtf"]) == (
            1,
            "1994-12-14",
            "1994-12-15",
        )
        assert "places" in corrected
        assert "places" not in undone
        revisions = (await client.get(f"{made['href']}/revisions")).json()["items"]
        assert "he spoke on the day before" in [one.get("comment") for one in revisions]


@pytest.mark.anyio
@pytest.mark.parametrize("command", CURLS, ids=range(len(CURLS)))
async def test_the_readme_s_requests_are_answered(seeded_client: Any, command: str) -> None:
    words = shlex.split(command.replace("\\\n", " "))
    address = next(word for word in words if "localhost:8000" in word)
    parts = urlsplit(address if "://" in address else f"http://{address}")
    data = [words[n + 1].split("=", 1) for n, word in enumerate(words) if word == "--data-urlencode"]
    headers = dict(words[n + 1].split(": ", 1) for n, word in enumerate(words) if word == "-H")
    query = parts.query or None
    answer = await seeded_client.get(
        parts.path + (f"?{query}" if query else ""), params=dict(data) or None, headers=headers
    )
    assert answer.status_code == 200, answer.text
    if "items" in answer.text[:10]:
        assert answer.json()["items"], "an example that finds nothing shows nothing"
