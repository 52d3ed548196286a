"""The client that openapi-python-client makes of the OpenAPI document: it has every operation, and they work."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.imports.readers import MEDIA_TYPES

pytestmark = pytest.mark.clients

PROJECT = "annals_client"

README = Path(__file__).parents[2] / "README.md"


def hook():
    """Give the hook of the generator's configuration, as README has it."""
    return re.search(r"^post_hooks:\n  - (.*)$", README.read_text(), re.MULTILINE)[1]


@pytest.fixture(scope="module")
def generated(document, tmp_path_factory):
    pytest.importorskip("openapi_python_client", reason="openapi-python-client is not installed")
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.yaml"
    options = {"post_hooks": [hook()], "package_name_override": PROJECT, "project_name_override": PROJECT}
    config.write_text(json.dumps(options))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate"),
            *("--path", str(document), "--meta", "none"),
            *("--output-path", str(folder / PROJECT), "--config", str(config)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stdout, done.stdout
    sys.path.insert(0, str(folder))
    yield done.stdout + done.stderr
    sys.path.remove(str(folder))


def api(module):
    return importlib.import_module(f"{PROJECT}.{module}")


def succeeded(answer):
    assert answer.status_code in {200, 201}, answer.content
    return answer.parsed


@pytest.fixture
def client(generated, server, api_key):
    assert generated
    running = server("--no-seed")
    with api("client").AuthenticatedClient(base_url=running.url, token=api_key("write")) as made:
        create, models = api("api.events.create_event"), api("models")
        for number in range(7):
            body = models.Event(title=f"Event {number}", id=f"event-{number}", date=f"196{number}")
            record = succeeded(create.sync_detailed(client=made, body=body))
            assert (record.title, record.date.edtf) == (f"Event {number}", f"196{number}")
        yield made


def test_it_reads_writes_pages_and_searches(client):
    models, types = api("models"), api("types")
    read, patch = api("api.events.get_event"), api("api.events.patch_event")
    found = read.sync(id="event-3", client=client)
    assert (found.title, found.revision, found.date.edtf) == ("Event 3", 1, "1963")
    assert found.date.start.earliest == "1963-01-01"
    assert found.tags is types.UNSET

    changes = models.EventMergePatch(title="Renamed", tags=["cold war"], summary=None)
    patched = succeeded(patch.sync_detailed(id="event-3", client=client, body=changes, if_match='"1"'))
    assert (patched.title, patched.tags, patched.revision) == ("Renamed", ["cold war"], 2)

    operations = [
        models.TestOperation(op="test", path="/title", value="Renamed"),
        models.AddOperation(op="add", path="/tags/-", value="1963"),
    ]
    patched = succeeded(patch.sync_detailed(id="event-3", client=client, body=operations, if_match='"2"'))
    assert (patched.tags, patched.revision) == (["cold war", "1963"], 3)

    importing = api("api.across.create_import")
    items = models.ExportedItemsInput([models.Event(title="A meeting", kind="event", date="1994")])
    report = succeeded(importing.sync_detailed(client=client, body=items, dry_run=True))
    assert (report.created, report.failed) == (1, 0)

    replace = api("api.events.replace_event")
    written = models.Event.from_dict(patched.to_dict() | {"title": "Renamed again"})
    replaced = succeeded(replace.sync_detailed(id="event-3", client=client, body=written, if_match='"3"'))
    assert (replaced.title, replaced.revision) == ("Renamed again", 4)

    listing, titles, cursor = api("api.events.list_events"), [], types.UNSET
    while cursor is not None:
        page = succeeded(
            listing.sync_detailed(
                client=client, limit=3, cursor=cursor, facets=[models.ListEventsFacetsItem("decade")]
            )
        )
        assert [one.value for one in page.facets.decade] == ["1960"]
        titles += [item.title for item in page.items]
        cursor = page.next_ and page.next_.partition("cursor=")[2].partition("&")[0]
    assert titles == [f"Event {n}" if n != 3 else "Renamed again" for n in range(7)]

    page = succeeded(api("api.across.search").sync_detailed(client=client, q="renamed"))
    assert [(item.kind, item.id, item.date.label) for item in page.items] == [("event", "event-3", "1963")]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_it_reads_problems(client):
    models = api("models")
    missing = api("api.events.get_event").sync_detailed(id="event-33", client=client)
    assert missing.status_code == 404
    assert (missing.parsed.status, missing.parsed.code) == (404, "not_found")
    assert missing.parsed.near[0].ref.startswith("events/event-")
    body = models.Event(title="Undone", date="the sixties")
    refused = api("api.events.create_event").sync_detailed(client=client, body=body)
    assert refused.status_code == 422
    assert [(one.pointer, one.code) for one in refused.parsed.errors] == [("/date", "invalid_edtf")]


# What the generator does not know: texts and files as bodies.
UNKNOWN = ("text/plain", *MEDIA_TYPES)


def test_every_operation_is_in_it(generated):
    warned = generated.split("WARNING")[1:]
    assert [
        one for one in warned if not any(f"Unsupported content type {name}" in one for name in UNKNOWN)
    ] == []
