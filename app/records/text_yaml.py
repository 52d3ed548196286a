"""YAML 1.2 in which every scalar is text: `1967` is no number, `no` is no truth value.

What is a number is decided by the field that holds it, not by how it looks (evidence.md, Seeds).
"""

from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from app.errors import Fault, InvalidDocument

_SCALARS: Final = ("bool", "int", "float", "null", "timestamp")


class _TextConstructor(SafeConstructor):
    """Constructs every scalar as the text that stands there."""


for _name in _SCALARS:
    _TextConstructor.add_constructor(f"tag:yaml.org,2002:{_name}", SafeConstructor.construct_yaml_str)


def read_text_yaml(text: str) -> Any:
    """Read YAML 1.2 into lists, dicts and strings.

    Raises:
        InvalidDocument: where it is no YAML, or a mapping has a key twice; the detail names the line.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    yaml.Constructor = _TextConstructor
    try:
        return yaml.load(text)
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        where = "" if mark is None else f" near line {mark.line + 1}"
        raise InvalidDocument(faults=[Fault("invalid_yaml", f"Write YAML 1.2, each key once{where}.", "")]) from None
