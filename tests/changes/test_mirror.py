"""The mirror script of the README, run as it stands there against a real server."""

import json
import re
import runpy
import sys
from pathlib import Path

import httpx
import pytest

from app.records.kinds import RECORD_KINDS

SCRIPT = Path(__file__).with_name("mirror_client.py")
README = Path(__file__).parents[2] / "README.md"


def mirrored(running, file):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [str(SCRIPT), running.url, str(file)])
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return json.loads(file.read_text())["documents"]


@pytest.fixture
def ask(server, api_key):
    """`ask("POST", "/v1/events", 201, {…})` writes; `ask.url` is where."""
    running = server("--no-seed")
    headers = {"Authorization": f"Bearer {api_key('write')}", "If-Match": "*"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=30) as client:

        def one(method, path, expected, document=None):
            answer = client.request(method, path, json=document)
            assert answer.status_code == expected, answer.text
            return answer.json() if answer.content else None

        one.url = running.url
        yield one


def live(ask):
    """Read every document as it is read under its own address."""
    return {
        ref: ask("GET", f"/v1/{ref}", 200)
        for kind in RECORD_KINDS
        for item in ask("GET", f"/v1/{kind.collection}?limit=1000", 200)["items"]
        for ref in [f"{kind.collection}/{item['id']}"]
    }


# A mirror follows either database in test_changes.py.
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_mirror_ends_with_the_same_documents(ask, tmp_path):
    file = tmp_path / "mirror.json"
    assert mirrored(ask, file) == live(ask) == {}
    for name in ("a", "b", "c"):
        ask("POST", "/v1/places", 201, {"id": name, "title": name.upper()})
    for number in range(60):
        places = [{"place": f"places/{'abc'[number % 2]}"}]
        ask("POST", "/v1/events", 201, {"id": f"e{number}", "title": f"E {number}", "places": places})
    assert len(mirrored(ask, file)) == 63
    assert mirrored(ask, file) == live(ask)
    ask("DELETE", "/v1/events/e1", 204)
    ask("DELETE", "/v1/events/e2", 204)
    ask("DELETE", "/v1/places/c", 204)
    merge = ask("POST", "/v1/merges", 201, {"from": "places/a", "into": "places/b"})
    found = mirrored(ask, file)
    assert found == live(ask)
    assert found.keys().isdisjoint({"events/e1", "events/e2", "places/a", "places/c"})
    ask("POST", "/v1/events/e2/restore", 200)
    ask("PUT", "/v1/events/e4", 200, {"title": "Otherwise"})
    assert mirrored(ask, file) == live(ask)
    ask("DELETE", f"/v1/merges/{merge['id']}", 409)
    ask("POST", "/v1/events/e4/revert", 200, {"to": 1})
    assert mirrored(ask, file) == live(ask)
    second = ask("POST", "/v1/merges", 201, {"from": "events/e5", "into": "events/e6"})
    assert mirrored(ask, file) == live(ask)
    ask("DELETE", f"/v1/merges/{second['id']}", 200)
    assert mirrored(ask, file) == live(ask)
    assert mirrored(ask, tmp_path / "another.json") == live(ask)


def test_the_readme_has_this_very_script():
    scripts = re.findall(r"```python\n(# mirror\.py.*?)```", README.read_text(), re.DOTALL)
    if not scripts:
        pytest.skip("the section is not in the README yet")
    assert scripts == [SCRIPT.read_text()]
