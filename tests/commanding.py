"""The command line for tests, run in the process of the test."""

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import replicating

from app.__main__ import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)


@pytest.fixture
def annals(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., Ended]:
    """`annals("check", "--json", url=…)` runs a command; `columns` is how wide the screen is."""

    def run(*arguments: object, url: str, stdin: bytes = b"", columns: int = 160) -> Ended:
        monkeypatch.setenv("ANNALS_DATABASE_URL", url)
        monkeypatch.setenv("ANNALS_READ_DATABASE_URL", " ".join(replicating.standbys_of(url)))
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["annals", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsysbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsysbinary.readouterr()
        return Ended(int(ended.value.code or 0), out.decode(), err.decode())

    return run
