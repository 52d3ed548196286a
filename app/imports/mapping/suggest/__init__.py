"""A first draft of a mapping, from the names of columns and the first rows.

A draft may be incomplete and must not be wrong. What follows from the data beyond doubt is written as it
is; what is likely is marked `# guess`, and an import refuses it until somebody confirms it; what cannot be
known is left out, with a comment that ends in `# choose` in its place, or where somebody is asked an empty
value, with which no import begins; the kind of the rows is such a value always. What a mapping cannot express is
named in a comment.
"""

from collections.abc import Iterable

from app.imports.mapping.suggest.compose import composed
from app.imports.mapping.suggest.sample import sample_of

__all__ = ["suggest_mapping"]


def suggest_mapping(
    name: str,
    form: str,
    pieces: Iterable[bytes],
    kind: str | None = None,
    sheet: str | None = None,
    *,
    asks: bool = False,
) -> str:
    """Draft a mapping for the table of that file name, in YAML.

    `form` is `csv`, `spreadsheet`, `geojson`, `json` or `ndjson`.
    `sheet` is the one of a spreadsheet that is meant, where several have rows.
    `kind` is the kind of record that a row is, where somebody has said so; else it is guessed, or left open.
    With `asks` what cannot be known is an empty value that somebody will be asked for, else it is left out.

    Raises:
        InvalidDocument: not one row of it can be read.
    """
    return composed(name, sample_of(form, pieces, sheet), kind, asks=asks)
