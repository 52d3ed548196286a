"""Bringing a mirror up to date: page by page through the changes feed, each page kept whole or not at all.

A record is read as it is now, which may be later than the change that named it; its own change comes later in the feed, and
it is read again then. So a mirror that has followed the feed to its end has the same documents as the service had. Two
things are in no change and are looked for at the end: records that were purged, or whose address is another now, by
counting; and vocabularies, by their entity tag.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from app.errors import Conflict, Unavailable
from app.mirror.client import ServiceClient
from app.mirror.file import MirrorFile, SeenChange
from app.records.kinds import RECORD_KINDS
from app.records.scalars import split_reference

_CHANGES: Final = 1000
"""How many changes are read at a time."""

_DOCUMENTS: Final = 100
"""How many documents are read at a time; the service sends fewer where they are large."""

_LISTED: Final = 1000
"""How many records are listed at a time, where all have to be."""

_ROUNDS: Final = 3
"""How often the counts may differ because of writes in between, before every record is looked at."""

_AGAIN: Final = 10
"""How often a page is read while the service answers with a state that is older than the page."""

_AGAIN_SECONDS: Final = 1.0
_GONE: Final = (308, 404, 410)
"""What is answered of a record that was merged or renamed, purged, deleted."""

Progress = Callable[[str, int, int | None], None]
"""Called with the stage, how many documents are done, and how many there are, if known."""


@dataclass(slots=True)
class Followed:
    """What became of the mirror: how many documents were read and removed, what it has now, and up to which change."""

    read: int = 0
    removed: int = 0
    records: int = 0
    after: int = 0
    went_back: bool = field(default=False)


class _OlderState(Exception):
    """The service answered with a state older than the change that named the record, as a replica that lags may."""


def follow(mirror: MirrorFile, service: ServiceClient, progress: Progress) -> Followed:
    """Bring a mirror up to date.

    Raises:
        Conflict: the service has another history than the one that was followed.
        Unavailable: it cannot be reached, or answers with old states; what was read before is kept.
        Unauthorized, Forbidden, BadRequest: it refuses.
    """
    return _Following(mirror, service, progress).run()


class _Following:
    def __init__(self, mirror: MirrorFile, service: ServiceClient, progress: Progress) -> None:
        self._mirror = mirror
        self._service = service
        self._progress = progress
        self._done = Followed()

    def run(self) -> Followed:
        self._progress("following", 0, None)
        self._go_back()
        self._catch_up()
        self._look_for_what_no_change_says()
        self._read_terms()
        totals = self._mirror.totals()
        self._done.records, self._done.after = totals.records, totals.after
        return self._done

    def _go_back(self) -> None:
        """Go back to the last change that the service has as well, where it was restored to an earlier state."""
        seen = self._mirror.recent_changes()
        if not seen:
            return
        served = {(one.seq, one.revision, one.at) for one in self._changes(seen[0].seq - 1)}
        lost = [one for one in seen if (one.seq, one.revision, one.at) not in served]
        if not lost:
            return
        if len(lost) == len(seen):
            detail = (
                "None of the last changes that this mirror followed is known to the service: it is another one, or was "
                "restored to a state from before them. Nothing was changed; give another file to begin a new mirror."
            )
            raise Conflict(detail, code="another_history")
        # Changes of a record that was purged are gone too: then what follows is read once more, and is the same.
        with self._mirror.begin():
            for ref in dict.fromkeys(one.ref for one in lost):
                self._read_one(ref)
            self._mirror.remember((), lost[0].seq - 1)
        self._done.went_back = True

    def _changes(self, after: int) -> list[SeenChange]:
        page = self._service.read("/v1/changes", {"after": after, "limit": _CHANGES})
        return [SeenChange(one["seq"], one["ref"], one["revision"], one["at"]) for one in page["items"]]

    def _catch_up(self) -> int:
        """Follow the feed to its end; returns how many changes there were."""
        count = 0
        while changes := self._changes(self._mirror.after):
            count += len(changes)
            for tried in range(_AGAIN):
                try:
                    self._keep(changes)
                    break
                except _OlderState:
                    if tried == _AGAIN - 1:
                        detail = (
                            "The service answers with an older state than its own list of changes has, as a replica that "
                            "lags may. What was read before is kept; try again later."
                        )
                        raise Unavailable(detail) from None
                    self._service.wait(_AGAIN_SECONDS, "The service answers with an older state")
        return count

    def _keep(self, changes: list[SeenChange]) -> None:
        """Keep what a page of changes leads to."""
        read, removed = self._done.read, self._done.removed
        latest = {one.ref: one for one in changes}
        try:
            with self._mirror.begin():
                found = set()
                for ref, document in self._documents(latest):
                    self._put(ref, document, latest[ref])
                    found.add(ref)
                for ref in latest.keys() - found:
                    self._read_one(ref, latest[ref])
                self._mirror.remember(changes, changes[-1].seq)
        except BaseException:
            self._done.read, self._done.removed = read, removed
            raise

    def _documents(self, refs: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the documents of those records that there are."""
        by_collection: dict[str, list[str]] = defaultdict(list)
        for ref in refs:
            collection, record_id = split_reference(ref)
            by_collection[collection].append(record_id)
        for collection, ids in by_collection.items():
            for start in range(0, len(ids), _DOCUMENTS):
                some = ids[start : start + _DOCUMENTS]
                parameters: dict[str, str | int] = {
                    "ids": ",".join(some),
                    "limit": len(some),
                    "sort": "title",
                }
                for document in self._listed(f"/v1/{collection}", parameters):
                    yield f"{collection}/{document['id']}", document

    def _listed(self, path: str, parameters: dict[str, str | int]) -> Iterator[dict[str, Any]]:
        page = self._service.read(path, parameters)
        while True:
            yield from page["items"]
            if page["next"] is None:
                return
            page = self._service.read(page["next"])

    def _read_one(self, ref: str, change: SeenChange | None = None) -> None:
        """Read one record by its address, and remove it where it is not there any more.

        Raises:
            _OlderState: the service does not know the change yet that named it.
        """
        answer = self._service.get(f"/v1/{ref}", expected=(200, *_GONE))
        if answer.status_code == 200:
            document = self._service.object_of(answer)
            # Of what it refers to, as that was when this was read.
            document.pop("linked", None)
            self._put(ref, document, change)
            return
        if change is not None and answer.status_code == 404 and self._is_served(change):
            raise _OlderState
        self._done.removed += self._mirror.drop(ref)

    def _is_served(self, change: SeenChange) -> bool:
        """Return whether a change is still in the feed; those of a record that was purged are not."""
        page = self._service.read("/v1/changes", {"after": change.seq - 1, "limit": 1})
        return any(one["seq"] == change.seq and one["ref"] == change.ref for one in page["items"])

    def _put(self, ref: str, document: dict[str, Any], change: SeenChange | None) -> None:
        if change is not None and document["revision"] < change.revision:
            raise _OlderState
        self._mirror.put(ref, document)
        self._done.read += 1
        self._progress("following", self._done.read, None)

    def _look_for_what_no_change_says(self) -> None:
        """Compare the numbers of records, and where they differ every record, with those of the service."""
        for kind in RECORD_KINDS:
            for last in (*[False] * (_ROUNDS - 1), True):
                counted = self._service.read(
                    f"/v1/{kind.collection}", {"count": "exact", "limit": 1, "fields": "title"}
                )
                if counted["count"] == self._mirror.count(kind.collection):
                    break
                # Somebody may just have written.
                if self._catch_up() == 0 or last:
                    self._compare(kind.collection)
                    break

    def _compare(self, collection: str) -> None:
        """Look at every record of a collection: there and here."""
        self._mirror.begin_listing()
        every = self._listed(f"/v1/{collection}", {"fields": "title", "sort": "title", "limit": _LISTED})
        for count, one in enumerate(every, 1):
            self._mirror.listed([f"{collection}/{one['id']}"])
            self._progress("comparing", count, None)
        with self._mirror.begin():
            for ref in (*self._mirror.not_listed(collection), *self._mirror.missing()):
                self._read_one(ref)

    def _read_terms(self) -> None:
        """Read the vocabularies, unless they are as they were."""
        known = self._mirror.vocabulary
        headers = {} if known is None else {"If-None-Match": known}
        answer = self._service.get("/v1/vocabularies", expected=(200, 304), headers=headers)
        if answer.status_code == 304:
            return
        schemes = [one["scheme"] for one in self._service.object_of(answer)["items"]]
        terms = {scheme: self._service.read(f"/v1/vocabularies/{scheme}")["terms"] for scheme in schemes}
        with self._mirror.begin():
            self._mirror.replace_terms(terms, answer.headers.get("ETag"))
