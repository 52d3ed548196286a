"""The client that openapi-generator makes of the OpenAPI document in Python: models that pydantic validates, and calls."""

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.clients

PROJECT = "annals_api"


@pytest.fixture(scope="module")
def generated(document, tmp_path_factory):
    program = Path(sys.executable).with_name("openapi-generator-cli")
    if shutil.which("java") is None:
        pytest.skip("java is not installed")
    if not program.exists():
        pytest.skip("openapi-generator-cli is not installed")
    for needed in ("dateutil", "urllib3"):
        pytest.importorskip(needed, reason="the client needs it")
    folder = tmp_path_factory.mktemp("client")
    done = subprocess.run(
        [
            *(program, "generate", "--input-spec", document, "--generator-name", "python"),
            *("--output", folder, "--package-name", PROJECT),
            *(
                "--global-property",
                "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
            ),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    sys.path.insert(0, str(folder))
    yield importlib.import_module(PROJECT)
    sys.path.remove(str(folder))


@pytest.fixture
def client(generated, server, api_key):
    running = server("--no-seed")
    configuration = generated.Configuration(host=running.url, access_token=api_key("write"))
    with generated.ApiClient(configuration) as made:
        yield made


def test_it_reads_writes_pages_searches_and_reads_problems(generated, client):
    events = generated.EventsApi(client)
    for number in range(7):
        body = generated.Event.from_dict(
            {"title": f"Event {number}", "id": f"event-{number}", "date": f"196{number}"}
        )
        record = events.create_event(body)
        assert (record.title, record.var_date.edtf) == (f"Event {number}", f"196{number}")
    found = events.get_event("event-3")
    assert (found.title, found.revision, found.var_date.start.earliest) == ("Event 3", 1, "1963-01-01")

    changes = generated.EventPatch(generated.EventMergePatch(title="Renamed", tags=["a"]))
    patched = events.patch_event("event-3", '"1"', changes)
    assert (patched.title, patched.tags, patched.revision) == ("Renamed", ["a"], 2)
    added = generated.AddOperation(op="add", path="/tags/-", value="b")
    operations = generated.EventPatch([generated.PatchOperation(added)])
    patched = events.patch_event("event-3", '"2"', operations)
    assert (patched.tags, patched.revision) == (["a", "b"], 3)

    meeting = generated.AnyDocument(generated.Event(kind="event", title="A meeting"))
    documents = generated.DocumentsInput([generated.ExportedItemInput(meeting)])
    report = generated.AcrossApi(client).create_import(documents, dry_run=True)
    assert report.created == 1

    titles, cursor = [], None
    while True:
        page = events.list_events(limit=3, cursor=cursor, facets=["decade"])
        assert [one.value for one in page.facets.decade] == ["1960"]
        titles += [item.title for item in page.items]
        if page.next is None:
            break
        cursor = page.next.partition("cursor=")[2].partition("&")[0]
    assert titles == [f"Event {n}" if n != 3 else "Renamed" for n in range(7)]

    page = generated.AcrossApi(client).search(q="renamed")
    assert [(item.kind, item.id) for item in page.items] == [("event", "event-3")]

    with pytest.raises(generated.exceptions.NotFoundException) as caught:
        events.get_event("event-33")
    problem = generated.Problem.from_json(caught.value.body)
    assert (problem.status, problem.code) == (404, "not_found")
    assert problem.near[0].ref.startswith("events/event-")
