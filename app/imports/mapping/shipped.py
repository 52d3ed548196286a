"""The mappings that ship: files of seed_data/mappings, each for a data set that can be had freely."""

from functools import cache
from pathlib import Path
from typing import Final

from app.errors import Fault, InvalidDocument, nearest
from app.imports.mapping.declaration import Mapping, read_mapping
from app.settings import data_dir

_SUFFIX: Final = ".yaml"


def shipped_names() -> list[str]:
    """Return the names of the mappings that ship, in order."""
    return sorted(path.stem for path in _folder().glob(f"*{_SUFFIX}"))


def shipped_mapping_file(name: str) -> Path:
    """Return the file of a mapping that ships.

    Raises:
        InvalidDocument: there is none of that name.
    """
    fault = unknown_name(name)
    if fault is not None:
        raise InvalidDocument(fault.detail, faults=[fault])
    return _folder() / f"{name}{_SUFFIX}"


@cache
def shipped_mapping(name: str) -> Mapping:
    """Read a mapping that ships, once; raises as `shipped_mapping_file`."""
    return read_mapping(shipped_mapping_file(name))


def unknown_name(name: str) -> Fault | None:
    """Return the fault of a name that no mapping has that ships; None where one has it."""
    names = shipped_names()
    if name in names:
        return None
    detail = f"No mapping of this name ships; there are {', '.join(names)}."
    return Fault("unknown_mapping", detail, parameter="as", suggestion=nearest(name, names))


def _folder() -> Path:
    return data_dir("seed_data") / "mappings"
