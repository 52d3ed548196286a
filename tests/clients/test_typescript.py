"""The types that openapi-typescript makes of the OpenAPI document."""

import shutil
import subprocess

import pytest


def test_types_build(document, tmp_path):
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
    for name in ("Event:", "EventRecord:", "EventMergePatch:", "JsonPatch:", "/v1/imports", "/v1/export"):
        assert name in text, name
