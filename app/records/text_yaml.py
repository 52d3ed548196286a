"""Files of records and terms: YAML 1.2 in which every scalar is text.

What is a number is decided by the field that holds it, not by how it looks (evidence.md, Seeds).
"""

from typing import Any

from app.errors import Fault, InvalidDocument
from app.values.text_yaml import TextYamlError, load


def read_text_yaml(text: str) -> Any:
    """Read YAML 1.2 into lists, dicts and strings.

    Raises:
        InvalidDocument: where it is no YAML, or more than is taken; the detail names the line.
    """
    try:
        return load(text)
    except TextYamlError as error:
        raise InvalidDocument(
            faults=[Fault("invalid_yaml", f"Write YAML 1.2, each key once, near line {error.line}.", "")]
        ) from None
