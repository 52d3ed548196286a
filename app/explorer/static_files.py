"""What the pages load: style, scripts and the map's data, each under an address that changes with its content.

All of them lie below a folder whose name is a digest of them together, so that modules find each other by relative
addresses, and browsers may keep them for good.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from app.errors import NotFound
from app.web.typed_responses import FixedResponse

ROOT: Final = "explore/static"
"""Where the files are, below the address of the service."""

_OWN: Final = Path(str(files("app.explorer") / "static"))
_LEAFLET: Final = Path(str(files("xstatic.pkg.leaflet") / "data"))

_FROM_LEAFLET: Final = (
    "leaflet-src.esm.js",
    "leaflet.css",
    "images/layers.png",
    "images/layers-2x.png",
    "images/marker-icon.png",
    "images/marker-icon-2x.png",
    "images/marker-shadow.png",
)

_MEDIA_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}

_FOR_GOOD: Final = "public, max-age=31536000, immutable"


def _all() -> Iterator[tuple[str, Path]]:
    for path in sorted(_OWN.rglob("*")):
        if path.suffix in _MEDIA_TYPES:
            yield path.relative_to(_OWN).as_posix(), path
    for name in _FROM_LEAFLET:
        yield name, _LEAFLET / name


@cache
def _files() -> tuple[str, dict[str, Path]]:
    found = dict(_all())
    digest = hashlib.sha256()
    for name, path in found.items():
        digest.update(name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16], found


def address(name: str) -> str:
    """Return where a file is, below the address of the service.

    Raises:
        KeyError: there is no such file.
    """
    digest, found = _files()
    if name not in found:
        raise KeyError(name)
    return f"{ROOT}/{digest}/{name}"


def static_file(digest: str, name: str) -> FixedResponse[bytes]:
    """Give a file.

    Raises:
        NotFound: there is none of this name, or it has another content by now.
    """
    if digest != _files()[0] or name not in _files()[1]:
        raise NotFound("There is no such file; load the page again.")
    return _answer(name)


@cache
def _answer(name: str) -> FixedResponse[bytes]:
    path = _files()[1][name]
    return FixedResponse(path.read_bytes(), media_type=_MEDIA_TYPES[path.suffix], cache_control=_FOR_GOOD)
