"""Mirrors of a service for tests, and exports to hold them against."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from app.mirror.client import ServiceClient
from app.mirror.file import MirrorFile
from app.mirror.service import Followed, follow


def mirrored(service: str, file: Path, key: str | None = None) -> Followed:
    """Bring a mirror of the service at an address up to date."""
    client = ServiceClient(service, key, lambda _: None)
    with MirrorFile.opened(file, service) as mirror:
        followed = follow(mirror, client, lambda *_: None)
    client.close()
    return followed


def held(file: Path) -> dict[str, Any]:
    """Return each document of a mirror by the record that it is of."""
    with closing(sqlite3.connect(file)) as opened:
        rows = opened.execute("SELECT ref, document FROM record").fetchall()
    return {ref: orjson.loads(document) for ref, document in rows}


def exported(lines: str) -> dict[str, Any]:
    """Return each document of an export as NDJSON by the record that it is of."""
    documents = map(orjson.loads, lines.splitlines())
    return {document["href"].removeprefix("/v1/"): document for document in documents}
