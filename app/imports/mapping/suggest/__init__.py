"""A first draft of a mapping, from the names of columns and the first rows.

A draft may be incomplete and must not be wrong. What follows from the data beyond doubt is written as it
is; what is likely is marked `# guess`, and an import refuses it until somebody confirms it; what cannot be
known is left open with `# choose`, and no import begins until it is filled in; what a mapping cannot
express is named in a comment.
"""

from collections.abc import Iterable

from app.imports.mapping.suggest.compose import composed
from app.imports.mapping.suggest.sample import sample_of

__all__ = ["suggest_mapping"]


def suggest_mapping(name: str, form: str, pieces: Iterable[bytes], kind: str | None = None) -> str:
    """Draft a mapping for the table of that file name, in YAML.

    `form` is `csv`, `spreadsheet`, `geojson`, `json` or `ndjson`.
    `kind` is the kind of record that a row is, where somebody has said so; else it is guessed, or left open.

    Raises:
        InvalidDocument: not one row of it can be read.
    """
    return composed(name, sample_of(form, pieces), kind)
