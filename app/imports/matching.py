"""Finds the records that documents of a mapping want: one match is the reference, several are a fault that lists them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final

import orjson

from app.database.engine.database import Database
from app.database.lookup import COLLECTIONS, find_by_keys, find_heads
from app.errors import Fault, quoted
from app.imports.documents import UNMATCHED, ImportedDocument
from app.imports.names_index import NamesIndex, name_key
from app.imports.wanted import Wanted
from app.values.json_pointer import escaped
from app.values.slug import slugify

_TOLD: Final = 5
_LEFT_OUT: Final = object()

_REFERENCES: Final = frozenset({"actor", "place", "source", "target", "agreement"})
"""The members without which what holds them is left out."""


class _Unresolved(Exception):
    """A record that cannot be chosen; with the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


class Matcher:
    """Resolves what documents want, a batch at a time."""

    def __init__(self, database: Database) -> None:
        """Begin; nothing is read before a document wants something."""
        self._database = database
        self._index: NamesIndex | None = None

    def close(self) -> None:
        """Delete what was read."""
        if self._index is not None:
            self._index.close()

    def resolved(self, batch: Sequence[ImportedDocument]) -> list[ImportedDocument]:
        """Return documents with references in place of what they wanted, and before each the records that are made for it."""
        wanted = {one for document in batch if document.wants for one in _wanted(document.raw)}
        if not wanted:
            return list(batch)
        if self._index is None:
            self._index = NamesIndex(self._database)
        found: dict[Wanted, set[str]] = {}
        for kind in {one.kind for one in wanted}:
            keys = {
                one: [(by, name_key(by, one.text)) for by in one.by] for one in wanted if one.kind == kind
            }
            ids = self._index.find(kind, chain.from_iterable(keys.values()))
            found |= {one: set().union(*(ids.get(key, ()) for key in of)) for one, of in keys.items()}
        made: list[ImportedDocument] = []
        for document in batch:
            if document.wants:
                made.extend(self._documents(self._index, document, found))
            else:
                made.append(document)
        return made

    def _documents(
        self, index: NamesIndex, document: ImportedDocument, found: dict[Wanted, set[str]]
    ) -> Iterator[ImportedDocument]:
        more: dict[tuple[str, str], ImportedDocument] = {}
        left_out = False

        def value(said: Any, pointer: str) -> Any:
            nonlocal left_out
            if isinstance(said, Wanted):
                record_id = self._chosen(said, found[said], pointer)
                if record_id is None and said.otherwise == "leave":
                    left_out = True
                    return _LEFT_OUT
                if record_id is None:
                    record_id, is_new = _named(index, said, pointer)
                    if is_new:
                        more[said.kind, record_id] = _made(said, record_id, document)
                return record_id if said.is_id else f"{COLLECTIONS[said.kind]}/{record_id}"
            if isinstance(said, list):
                items = [value(one, f"{pointer}/{at}") for at, one in enumerate(said)]
                return [one for one in items if one is not _LEFT_OUT]
            if isinstance(said, dict):
                members = {name: value(one, f"{pointer}/{escaped(name)}") for name, one in said.items()}
                if any(members.get(name) is _LEFT_OUT for name in _REFERENCES):
                    return _LEFT_OUT
                return {name: one for name, one in members.items() if one is not _LEFT_OUT}
            return said

        try:
            raw = value(dict(document.raw or {}), "")
        except _Unresolved as error:
            for kind, record_id in more:
                index.forget_made(kind, [record_id])
            yield replace(document, raw=None, faults=(*document.faults, error.fault), wants=False)
            return
        yield from more.values()
        notes = (*document.notes, UNMATCHED) if left_out else document.notes
        yield replace(document, raw=raw, notes=notes, wants=False)

    def _chosen(self, one: Wanted, ids: set[str], pointer: str) -> str | None:
        """Return the id of the record that matches; None where there is none, and that is no fault."""
        if len(ids) > 1:
            refs = [f"{COLLECTIONS[one.kind]}/{record_id}" for record_id in sorted(ids)]
            raise _Unresolved(self._several(one, refs, pointer))
        if not ids and one.otherwise == "fault":
            detail = f"No {one.kind} has this by {', '.join(one.by)}: import it first, or say `else: create` or `else: leave`."
            raise _Unresolved(_fault("no_match", detail, one, pointer))
        return next(iter(ids), None)

    def _several(self, one: Wanted, refs: Sequence[str], pointer: str) -> Fault:
        told = refs[:_TOLD]
        with self._database.snapshot() as connection:
            heads = find_heads(connection, told, lock=False)
            stored = find_by_keys(connection, [head.pk for head in heads.values()])
        titles = {record.ref: orjson.loads(record.document)["title"] for record in stored}
        names = [f"{ref} ({quoted(titles[ref])})" if ref in titles else ref for ref in told]
        names += [f"{len(refs) - _TOLD} more"] if len(refs) > _TOLD else []
        detail = f"Several records have this name: {', '.join(names)}. Write the reference into the table, or match by less"
        return _fault("several_matches", f"{detail}.", one, pointer)


def _wanted(said: Any) -> Iterator[Wanted]:
    if isinstance(said, Wanted):
        yield said
    elif isinstance(said, dict | list):
        inner: Iterable[Any] = said.values() if isinstance(said, dict) else said
        for one in inner:
            yield from _wanted(one)


def _named(index: NamesIndex, one: Wanted, pointer: str) -> tuple[str, bool]:
    """Choose the id of a record that is made for a name; returns also whether it is the first of that name."""
    record_id = slugify(one.text)
    if record_id is None:
        detail = "No record has this name, and no id can be made of it to create one."
        raise _Unresolved(_fault("no_id", detail, one, pointer))
    is_taken = ("id", record_id) in index.find(one.kind, [("id", record_id)])
    made = "other" if is_taken else index.made_as(one.kind, record_id, name_key("title", one.text))
    if made == "other":
        ref = f"{COLLECTIONS[one.kind]}/{record_id}"
        detail = (
            f"No record has this name, and {ref}, which would be created, is another's. Create it by hand."
        )
        raise _Unresolved(_fault("id_taken", detail, one, pointer))
    return record_id, made == "new"


def _made(one: Wanted, record_id: str, document: ImportedDocument) -> ImportedDocument:
    raw = {"kind": one.kind, "id": record_id, "title": one.text}
    members = frozenset(("id", "title"))
    return ImportedDocument(document.line, raw, if_missing=True, number=document.number, members=members)


def _fault(code: str, detail: str, one: Wanted, pointer: str) -> Fault:
    columns = ", ".join(map(quoted, one.columns))
    where = f" ({'column' if len(one.columns) == 1 else 'columns'} {columns})" if columns else ""
    return Fault(code, f"{detail.removesuffix('.')}{where}.", pointer, value=quoted(one.text))
