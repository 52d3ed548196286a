"""`kind`: which kinds of record are asked, where a question goes to all of them."""

from collections.abc import Sequence

from app.errors import nearest
from app.queries.condition import Condition, Parameter, Values
from app.records import RECORDS, RecordKind, kind_named
from app.store import tables
from app.store.statement import AnyOf

KIND_NAMES = tuple(kind.kind for kind in RECORDS)

KIND = Parameter(
    "kind",
    "Any of these kinds of record, with commas.",
    {"type": "string", "enum": list(KIND_NAMES)},
    "event",
    repeatable=True,
)


def read_kinds(values: Values, default: Sequence[str] = ()) -> tuple[RecordKind | None, list[Condition]]:
    """Read `kind`: the kind where it is one, a condition where they are several, neither where it is all."""
    names = sorted(values.words("kind")) or list(default)
    for name in names:
        if name not in KIND_NAMES:
            values.refuse(
                "kind", "unknown_value", f"Choose among {', '.join(KIND_NAMES)}.", nearest(name, KIND_NAMES)
            )
    known = [name for name in names if name in KIND_NAMES]
    if len(known) == 1:
        return kind_named(known[0]), []
    if not known or len(known) == len(KIND_NAMES):
        return None, []
    return None, [
        Condition(
            shape=("kind",),
            clause=lambda: AnyOf.texts(tables.entry.c.kind, "kinds"),
            parameters={"kinds": known},
            sentence=f"that are {' or '.join(f'{kind_named(name).collection}' for name in known)}",
            quick=True,
        )
    ]
