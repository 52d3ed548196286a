"""Typed SQL views for people with SQL at hand: what the documents say, column by column.

A migration that changes them drops and makes them again from the text that it carries itself; this
module is where the first migration's text is composed for both databases.
"""

DATED = ("events", "actors", "agreements", "missions")
VIEWS = (*DATED, "participations", "parties")

_DATE_COLUMNS = {
    "date": ("date", "edtf"),
    "start_earliest": ("date", "start", "earliest"),
    "start_latest": ("date", "start", "latest"),
    "end_earliest": ("date", "end", "earliest"),
    "end_latest": ("date", "end", "latest"),
}
_KINDS = {"events": "event", "actors": "actor", "agreements": "agreement", "missions": "mission"}


def create_views(dialect: str) -> list[str]:
    """Give the statements that make the views on a database of the given dialect."""
    return [*(_dated(name, dialect) for name in DATED), *_lists(dialect)]


def drop_views() -> list[str]:
    """Give the statements that drop the views."""
    return [f"DROP VIEW {name}" for name in VIEWS]


def _text_at(document: str, path: tuple[str, ...], dialect: str) -> str:
    if dialect == "sqlite":
        return f"json_extract({document}, '$.{'.'.join(path)}')"
    return f"({document} #>> '{{{','.join(path)}}}')"


def _dated(name: str, dialect: str) -> str:
    document = "r.document" if dialect == "sqlite" else "r.document::json"
    columns = [
        "r.id",
        *(f"{_text_at(document, (field,), dialect)} AS {field}" for field in ("title", "type", "summary")),
        *(f"{_text_at(document, path, dialect)} AS {column}" for column, path in _DATE_COLUMNS.items()),
        "e.qualified",
        "e.contested",
        "r.revision",
        f"{_text_at(document, ('updated_at',), dialect)} AS updated_at",
    ]
    if name == "agreements":
        columns.append(f"{_text_at(document, ('in_force', 'edtf'), dialect)} AS in_force")
    if name == "missions":
        path = ("established_under", "agreement")
        columns.append(f"{_text_at(document, path, dialect)} AS established_under")
    return (
        f"CREATE VIEW {name} AS SELECT {', '.join(columns)} "
        "FROM record r JOIN entry e ON e.record = r.pk AND e.view = 0 "
        f"WHERE r.kind = '{_KINDS[name]}' AND r.state = 0"
    )


def _lists(dialect: str) -> list[str]:
    if dialect == "sqlite":
        participant, party, action = (
            "json_each(r.document, '$.participants') p",
            "json_each(r.document, '$.parties') p",
            "json_each(p.value, '$.actions') a ON true",
        )
        value, act = "p.value", "a.value"
    else:
        participant, party, action = (
            "json_array_elements(r.document::json -> 'participants') p(value)",
            "json_array_elements(r.document::json -> 'parties') p(value)",
            "json_array_elements(p.value -> 'actions') a(value) ON true",
        )
        value, act = "p.value", "a.value"
    participations = (
        "CREATE VIEW participations AS SELECT r.kind, r.id, "
        f"{_text_at(value, ('actor',), dialect)} AS actor, "
        f"{_text_at(value, ('role',), dialect)} AS role, "
        f"{_text_at(value, ('note',), dialect)} AS note "
        f"FROM record r CROSS JOIN {participant} "
        "WHERE r.state = 0 AND r.kind IN ('event', 'mission')"
    )
    parties = (
        "CREATE VIEW parties AS SELECT r.id AS agreement, "
        f"{_text_at(value, ('actor',), dialect)} AS actor, "
        f"{_text_at(value, ('role',), dialect)} AS role, "
        f"{_text_at(act, ('action',), dialect)} AS action, "
        f"{_text_at(act, ('date', 'edtf'), dialect)} AS date "
        f"FROM record r CROSS JOIN {party} LEFT JOIN {action} "
        "WHERE r.state = 0 AND r.kind = 'agreement'"
    )
    return [participations, parties]
