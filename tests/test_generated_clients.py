"""Clients that others' programs make of the OpenAPI document: they build, and the Python one reads, writes and pages."""

import importlib
import shutil
import subprocess
import sys

import orjson
import pytest

from app.imports.readers import MEDIA_TYPES

PROJECT = "annals_client"


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    from app.main import components, create_app
    from app.settings import Settings
    from app.web.openapi_document import describe

    file = tmp_path_factory.mktemp("openapi") / "openapi.json"
    app = create_app(Settings(database_url="sqlite:///nowhere.db"))
    file.write_bytes(orjson.dumps(describe(app, components())))
    return file


@pytest.fixture(scope="module")
def generated(document, tmp_path_factory):
    pytest.importorskip("openapi_python_client", reason="openapi-python-client is not installed")
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.yaml"
    # The generator's own formatting is of no use here.
    config.write_text(f"post_hooks: []\npackage_name_override: {PROJECT}\nproject_name_override: {PROJECT}\n")
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


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("generated")
def test_the_python_client_reads_writes_and_pages(server, api_key):
    running = server("--no-seed")
    with api("client").AuthenticatedClient(base_url=running.url, token=api_key("write")) as client:
        models = api("models")
        create, read = api("api.events.create_event"), api("api.events.get_event")
        replace, listing = api("api.events.replace_event"), api("api.events.list_events")
        for number in range(7):
            body = models.Event(
                kind="event", title=f"Event {number}", id=f"event-{number}", date=f"196{number}"
            )
            made = create.sync_detailed(client=client, body=body)
            assert made.status_code == 201, made.content
            assert made.parsed.title == f"Event {number}"
        found = read.sync(id="event-3", client=client)
        assert (found.title, found.revision, found.date.edtf) == ("Event 3", 1, "1963")
        found.title = "Renamed"
        answer = replace.sync_detailed(id="event-3", client=client, body=found, if_match='"1"')
        assert answer.status_code == 200, answer.content
        assert read.sync(id="event-3", client=client).revision == 2
        missing = read.sync_detailed(id="nothing", client=client)
        assert missing.status_code == 404
        assert missing.parsed.status == 404
        titles, cursor = [], None
        while True:
            answer = listing.sync_detailed(client=client, limit=3, **({"cursor": cursor} if cursor else {}))
            assert answer.status_code == 200, answer.content
            page = answer.parsed
            titles += [item.title for item in page.items]
            if page.next_ is None:
                break
            cursor = page.next_.partition("cursor=")[2].partition("&")[0]
        assert titles == ["Event 0", "Event 1", "Event 2", "Renamed", "Event 4", "Event 5", "Event 6"]


# What the generator does not know: texts and files as bodies.
UNKNOWN = ("text/plain", *MEDIA_TYPES)


def test_every_operation_is_in_the_python_client(generated):
    warned = generated.split("WARNING")[1:]
    assert [
        one for one in warned if not any(f"Unsupported content type {name}" in one for name in UNKNOWN)
    ] == []


def test_typescript_types_build(document, tmp_path):
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("npx is not installed")
    target = tmp_path / "api.d.ts"
    done = subprocess.run(
        [npx, "--yes", "openapi-typescript@7", str(document), "--output", str(target)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0 and (
        "E404" in done.stderr or "network" in done.stderr or "ENOTFOUND" in done.stderr
    ):
        pytest.skip("npm's registry cannot be reached")
    assert done.returncode == 0, done.stderr
    text = target.read_text()
    for name in ("Event:", "EventRecord:", "AgreementRecord:", "/v1/imports", "/v1/export"):
        assert name in text, name
