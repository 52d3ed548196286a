"""Preconditions of writes: `If-Match` and `If-None-Match` (RFC 9110 §13.1)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from starlette.types import Scope

from app.errors import BadRequest, Fault, PreconditionFailed, PreconditionRequired
from app.web.headers import header_values

_TAG: Final = re.compile(rb'[ \t]*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*')
_REVISION: Final = re.compile(rb"([1-9][0-9]{0,9})(?:-([^-]*)(?:-.*)?)?", re.DOTALL)
_HEXADECIMAL: Final = re.compile("[0-9a-f]+")


class NamedRevision(NamedTuple):
    """The revision that an entity tag names: its number, and what follows that, up to a hyphen."""

    number: int
    mark: str


@dataclass(frozen=True, slots=True)
class PresentRevision:
    """The revision that something is at, with which preconditions are compared.

    Attributes:
        number: its number.
        mark: what follows that in its entity tags, hexadecimal digits: a revision of the same number that was lost, as the
            database was set back to an earlier state, has others.
        has_unique_number: returns whether there cannot have been such a revision, so that the number stands for it alone.
    """

    number: int
    mark: str
    has_unique_number: Callable[[], bool]

    def is_marked(self, named: NamedRevision) -> bool:
        """Return whether a tag has a mark; those of earlier versions of the service, and mere numbers, have none."""
        return len(named.mark) == len(self.mark) and _HEXADECIMAL.fullmatch(named.mark) is not None

    def is_meant_by(self, named: NamedRevision) -> bool:
        """Return whether a tag names this revision and no other."""
        if named.number != self.number:
            return False
        return named.mark == self.mark if self.is_marked(named) else self.has_unique_number()

    def shortest_tag(self) -> str:
        """Return the shortest entity tag that names this revision and no other."""
        return f'"{self.number}"' if self.has_unique_number() else f'"{self.number}-{self.mark}"'


@dataclass(frozen=True, slots=True)
class EntityTags:
    """The value of one of the two headers: `*`, or a list of entity tags."""

    any: bool
    tags: tuple[tuple[bool, bytes], ...] = ()

    def revisions(self, *, weak: bool = False) -> Iterator[NamedRevision]:
        """Yield the revisions that strong tags name, or `weak` ones, which never match in `If-Match`."""
        found = (_REVISION.fullmatch(tag) for is_weak, tag in self.tags if is_weak == weak)
        return (NamedRevision(int(one[1]), (one[2] or b"").decode("latin-1")) for one in found if one)


@dataclass(frozen=True, slots=True)
class Preconditions:
    """The preconditions of a request."""

    if_match: EntityTags | None
    if_none_match: EntityTags | None

    @property
    def creates(self) -> bool:
        """Whether the request means to create a record: `If-None-Match: *` alone."""
        return self.if_match is None and self.if_none_match is not None and self.if_none_match.any

    @property
    def are_missing(self) -> bool:
        """Whether the request neither names a revision nor means to create a record."""
        return self.if_match is None and not self.creates

    def require(self, present: PresentRevision | None = None) -> None:
        """Raise `PreconditionRequired` where they are missing; `present` is the revision of what there is already."""
        if not self.are_missing:
            return
        if present is None:
            raise PreconditionRequired(
                "Say what you mean to do: send If-None-Match: * to create the record, or to change one If-Match with "
                "the ETag of what you read.",
                faults=[Fault("missing_header", "Send the record's ETag, or * for any.", header="If-Match")],
            )
        tag = present.shortest_tag()
        enough = "number" if present.has_unique_number() else "beginning"
        raise PreconditionRequired(
            f"Say which revision you mean to change: send the ETag of what you read in If-Match. Its {enough} in quotes is "
            f"enough: If-Match: {tag} is the record as it is now.",
            faults=[
                Fault(
                    "missing_header",
                    "Send the revision that you read, in quotes, or * for any.",
                    header="If-Match",
                    suggestion=tag,
                )
            ],
            extra={"revision": present.number},
        )

    def hold_for(self, present: PresentRevision) -> bool:
        """Return whether the preconditions hold for the revision that something is at."""
        wanted, unwanted = self.if_match, self.if_none_match
        if wanted is not None and not wanted.any and not any(map(present.is_meant_by, wanted.revisions())):
            return False
        # What may be the revision that is not to be there is taken for it.
        return unwanted is None or not (
            unwanted.any
            or any(
                one.number == present.number and (one.mark == present.mark or not present.is_marked(one))
                for one in unwanted.revisions()
            )
        )


def read_preconditions(scope: Scope) -> Preconditions:
    """Parse both headers of a request.

    Raises:
        BadRequest: one of them is malformed.
    """
    return Preconditions(_tags(scope, "If-Match"), _tags(scope, "If-None-Match"))


def precondition_failed(
    href: str | None,
    present: PresentRevision,
    etag: str,
    conditions: Preconditions,
    is_lost: Callable[[NamedRevision], bool] = lambda _: False,
) -> PreconditionFailed:
    """Make the error for a request that names another revision than the current one.

    It has the current entity tag and, where `href` has a history, links to what has changed since. `is_lost` returns
    whether an earlier revision, named with a mark, is none of that history.
    """
    revision = present.number
    wanted = conditions.if_match or EntityTags(any=False)
    weak = list(wanted.revisions(weak=True))
    named = [*wanted.revisions(), *weak]
    headers: dict[str, str] = {"ETag": etag}
    extra: dict[str, object] = {"etag": etag, "revision": revision}
    if any(map(present.is_meant_by, weak)):
        tag = present.shortest_tag()
        return PreconditionFailed(
            f"If-Match takes strong entity tags alone, and W/{tag} is weak: something between, such as a proxy that "
            f"compresses answers, has made it so. Nothing has changed since; send If-Match: {tag}.",
            faults=[Fault("weak_entity_tag", "Send it without W/.", header="If-Match", suggestion=tag)],
            headers=headers,
            extra=extra,
        )
    if any(
        (present.is_marked(one) and is_lost(one)) if one.number != revision else not present.is_meant_by(one)
        for one in named
    ):
        detail = (
            "The revision that If-Match names may be none of those there are: it was purged, or lost as the database was "
            "set back to an earlier state. Read it again and send its whole ETag, then repeat the change."
        )
        return PreconditionFailed(detail, headers=headers, extra=extra)
    seen = max((one.number for one in named if one.number < revision), default=None)
    if seen is None or href is None:
        told = (
            "This is here already: read it, and send If-Match to change it."
            if conditions.if_match is None
            else f"This is at revision {revision}, which If-Match does not name: read it again, then repeat the change."
        )
        return PreconditionFailed(told, headers=headers, extra=extra)
    difference = f"{href}/diff?from={seen}&to={revision}"
    told = "The record has been written since it was read; see what changed, then repeat the change."
    if weak:
        told += " If-Match takes strong entity tags alone: send the new one without W/."
    return PreconditionFailed(
        told,
        headers={**headers, "Link": f'<{difference}>; rel="related"; title="difference"'},
        extra={**extra, "difference": difference},
    )


def parse_entity_tags(value: bytes) -> EntityTags | None:
    """Parse a list of entity tags or `*`; None where it is malformed."""
    if value.strip() == b"*":
        return EntityTags(any=True)
    tags: list[tuple[bool, bytes]] = []
    at, separated = 0, True
    while at < len(value):
        if value[at] in b" \t,":
            separated = separated or value[at] == ord(",")
            at += 1
            continue
        match = _TAG.match(value, at)
        if match is None or not separated:
            return None
        tags.append((match[1] is not None, match[2]))
        at, separated = match.end(), False
    return EntityTags(any=False, tags=tuple(tags)) if tags else None


def _tags(scope: Scope, name: str) -> EntityTags | None:
    values = header_values(scope, name)
    if not values:
        return None
    tags = parse_entity_tags(b", ".join(values))
    if tags is None:
        raise BadRequest(
            f"{name} is malformed.",
            faults=[Fault("malformed_header", 'Send ETags as they were given, in quotes: "3".', header=name)],
        )
    return tags
