"""What is said about the service is true of it: every setting, filter and example."""

import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.api.describing import components
from app.api.docs import describe
from app.errors import AnnalsError
from app.main import create_app
from app.queries.listquery import FILTERS, known_parameters
from app.records import RECORDS
from app.settings import Settings

README = (Path(__file__).parent.parent / "README.md").read_text()
CURLS = re.findall(r"^\$ curl (.*?[^\\])$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return describe(create_app(Settings()), components())


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"`ANNALS_{name.upper()}`" in README
    assert Settings.model_fields[name].description


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    named = set(re.findall(r"`ANNALS_([A-Z_]+)`", README)) - {"TEST_POSTGRES", "BENCHMARK_DIR"}
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.kind)
def test_every_parameter_of_a_list_is_described(description: dict[str, Any], kind: Any) -> None:
    told = description["paths"][f"/v1/{kind.collection}"]["get"]["parameters"]
    by_name = {parameter["name"]: parameter for parameter in told}
    for parameter in known_parameters(kind):
        assert by_name[parameter.name]["description"] == parameter.description


def test_every_filter_has_a_sentence_an_example_and_a_place_in_the_readme() -> None:
    for one in FILTERS:
        for parameter in one.parameters:
            assert parameter.description.strip().endswith(".")
            assert f"`{parameter.name}" in README, parameter.name


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


@pytest.mark.anyio
@pytest.mark.parametrize("command", CURLS, ids=range(len(CURLS)))
async def test_the_readme_s_requests_are_answered(seeded_client: Any, command: str) -> None:
    words = shlex.split(command.replace("\\\n", " "))
    if {"-X", "-d", "--data-binary", "-T"} & set(words):
        pytest.skip("it writes: tests/api has such requests")
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
