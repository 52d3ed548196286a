"""Bringing a mirror up to date: page by page through the changes feed, each page kept whole or not at all.

A record is read as it is now, which may be later than the change that named it; its own change comes later in the feed, and
it is read again then. So a mirror that has followed the feed to its end has the same documents as the service had. Two
things are in no change and are looked for at the end: records that were purged, or whose address is another now, by
counting; and vocabularies, by their entity tag.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.errors import BadRequest, Conflict, Unavailable
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

_FORKS: Final = 5
"""How often the service may be set back to an earlier state while it is followed."""

_ASKED_ABOUT: Final = 20
"""About how many changes the service is asked one by one, of those that it should still have: some may be purged."""

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


class _LostChange(Exception):
    """The number of a change is of a branch of the history that the service has lost.

    Attributes:
        last_common: the number of the last change that the service still has.
    """

    def __init__(self, last_common: int) -> None:
        """Say up to which number the service has the same."""
        super().__init__(last_common)
        self.last_common = last_common


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


def _last_common_in(problem: Mapping[str, Any]) -> int:
    last_common = problem.get("last_common")
    if not isinstance(last_common, int):
        detail = (
            "What answers is no Annals service: it says that changes are gone, and not which it still has."
        )
        raise BadRequest(detail)
    return last_common


class _Following:
    def __init__(self, mirror: MirrorFile, service: ServiceClient, progress: Progress) -> None:
        self._mirror = mirror
        self._service = service
        self._progress = progress
        self._done = Followed()

    def run(self) -> Followed:
        self._progress("following", 0, None)
        for tried in range(_FORKS):
            try:
                self._go_back()
                self._catch_up()
                self._look_for_what_no_change_says()
                break
            except _LostChange:
                if tried == _FORKS - 1:
                    detail = "The service is set back to earlier states again and again; try again later."
                    raise Unavailable(detail) from None
        self._read_terms()
        totals = self._mirror.totals()
        self._done.records, self._done.after = totals.records, totals.after
        return self._done

    def _go_back(self) -> None:
        """Go back to the last change that the service has as well, where it was set back to an earlier state."""
        recent = self._mirror.recent_changes()
        seen = [*self._mirror.older_changes(), *recent]
        if not seen or self._is_served(seen[-1]):
            return
        kept = self._last_common(seen, recent)
        if kept is None:
            detail = (
                "None of the last changes that this mirror followed is known to the service: it is another one, or was "
                "restored to a state from before them. Nothing was changed; give another file to begin a new mirror."
            )
            raise Conflict(detail, code="another_history")
        if kept in recent:
            # Changes of a record that was purged are gone too: then what follows is read once more, and is the same.
            lost = [one.ref for one in recent if one.seq > kept.seq]
        else:
            lost = [ref for kind in RECORD_KINDS for ref in self._that_differ(kind.collection)]
        self._read_anew(lost)
        with self._mirror.begin():
            self._mirror.remember((), kept.seq)
        self._done.went_back = True

    def _last_common(self, seen: Sequence[SeenChange], recent: Sequence[SeenChange]) -> SeenChange | None:
        """Return the last change that was followed and is still served; None where there is none.

        A service that knows that changes were lost says up to which number it has the same. It may be another service, and
        one whose database was replaced by an older copy knows nothing of it: so what is remembered is compared as well.
        """
        try:
            self._changes(self._mirror.after, 1)
        except _LostChange as lost:
            held = [one for one in seen if one.seq <= lost.last_common][-_ASKED_ABOUT:]
            return next(filter(self._is_served, reversed(held)), None)
        served = {one.identity for one in self._changes(recent[0].seq - 1)} if recent else set()
        return next((one for one in reversed(recent) if one.identity in served), None)

    def _changes(self, after: int, limit: int = _CHANGES) -> list[SeenChange]:
        """Read changes past a number.

        Raises:
            _LostChange: the number is of a branch of the history that the service has lost.
        """
        answer = self._service.get("/v1/changes", {"after": after, "limit": limit}, expected=(200, 410))
        page = self._service.object_of(answer)
        if answer.status_code == 410:
            raise _LostChange(_last_common_in(page))
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
                self._read_all(latest)
                self._mirror.remember(changes, changes[-1].seq)
        except BaseException:
            self._done.read, self._done.removed = read, removed
            raise

    def _read_anew(self, refs: Iterable[str]) -> None:
        """Read records as they are now, a thousand at a time."""
        left = list(dict.fromkeys(refs))
        for start in range(0, len(left), _CHANGES):
            with self._mirror.begin():
                self._read_all(dict.fromkeys(left[start : start + _CHANGES]))

    def _read_all(self, changes: Mapping[str, SeenChange | None]) -> None:
        """Read records, with the change of each that they are to have, and remove those that are not there any more."""
        found = set()
        for ref, document in self._documents(changes):
            self._put(ref, document, changes[ref])
            found.add(ref)
        for ref in changes.keys() - found:
            self._read_one(ref, changes[ref])

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
        try:
            return any(one.identity == change.identity for one in self._changes(change.seq - 1, 1))
        except _LostChange:
            return False

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
                    self._read_anew(self._that_differ(kind.collection))
                    break

    def _that_differ(self, collection: str) -> list[str]:
        """Look at every record of a collection, there and here, and return those that are not the same."""
        self._mirror.begin_listing()
        every = self._listed(
            f"/v1/{collection}", {"fields": "revision,updated_at", "sort": "title", "limit": _LISTED}
        )
        for count, one in enumerate(every, 1):
            self._mirror.list_one(f"{collection}/{one['id']}", one["revision"], one["updated_at"])
            self._progress("comparing", count, None)
        return [*self._mirror.not_listed(collection), *self._mirror.listed_otherwise()]

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
