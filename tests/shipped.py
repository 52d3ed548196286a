"""The files of the reference deployment, with addresses and folders of a test in place of those of its machines."""

from collections.abc import Mapping
from pathlib import Path

DEPLOYMENT = Path(__file__).parents[1] / ".github" / "deployment"


def shipped(name: str, replaced: Mapping[str, str] | None = None) -> str:
    """Read a file of the deployment; what is to be replaced has to be in it, so that no test runs a file of its own."""
    text = (DEPLOYMENT / name).read_text(encoding="utf-8")
    for old, new in (replaced or {}).items():
        assert old in text, f"{name} has no {old}"
        text = text.replace(old, new)
    return text


def shipped_environment() -> dict[str, str]:
    """Read the environment file of the service, as systemd does: no line of it is quoted or goes on in the next."""
    lines = shipped("annals.env").splitlines()
    assert not any(quote in line for line in lines for quote in "'\"\\" if not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
