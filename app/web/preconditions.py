"""Preconditions of writes: `If-Match` and `If-None-Match` (RFC 9110 §13.1)."""

import re
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from app.errors import BadRequest, Fault, PreconditionFailed, PreconditionRequired
from app.web.headers import header_values

_TAG: Final = re.compile(rb'[ \t]*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*')
_REVISION: Final = re.compile(rb"([1-9][0-9]{0,9})(?:-.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class EntityTags:
    """The value of one of the two headers: `*`, or a list of entity tags."""

    any: bool
    tags: tuple[tuple[bool, bytes], ...] = ()

    def strong_revisions(self) -> frozenset[int]:
        """Return the revisions that strong tags name; a weak tag never matches in `If-Match`."""
        return self._revisions(weak=False)

    def weak_revisions(self) -> frozenset[int]:
        """Return the revisions that weak tags name."""
        return self._revisions(weak=True)

    def _revisions(self, *, weak: bool) -> frozenset[int]:
        found = (_REVISION.fullmatch(tag) for is_weak, tag in self.tags if is_weak == weak)
        return frozenset(int(match[1]) for match in found if match)


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

    def require(self, revision: int | None = None) -> None:
        """Raise `PreconditionRequired` where they are missing; `revision` is that of the record, where there is one."""
        if not self.are_missing:
            return
        if revision is None:
            raise PreconditionRequired(
                "Say what you mean to do: send If-None-Match: * to create the record, or to change one If-Match with "
                "the ETag of what you read.",
                faults=[Fault("missing_header", "Send the record's ETag, or * for any.", header="If-Match")],
            )
        raise PreconditionRequired(
            f"Say which revision you mean to change: send the ETag of what you read in If-Match. Its number in quotes is "
            f'enough: If-Match: "{revision}" is the record as it is now.',
            faults=[
                Fault(
                    "missing_header",
                    "Send the revision that you read, in quotes, or * for any.",
                    header="If-Match",
                    suggestion=f'"{revision}"',
                )
            ],
            extra={"revision": revision},
        )

    def hold_for(self, revision: int) -> bool:
        """Return whether the preconditions hold for a record's revision."""
        wanted, unwanted = self.if_match, self.if_none_match
        if wanted is not None and not wanted.any and revision not in wanted.strong_revisions():
            return False
        return unwanted is None or not (unwanted.any or revision in unwanted.strong_revisions())


def read_preconditions(scope: Scope) -> Preconditions:
    """Parse both headers of a request.

    Raises:
        BadRequest: one of them is malformed.
    """
    return Preconditions(_tags(scope, "If-Match"), _tags(scope, "If-None-Match"))


def precondition_failed(
    href: str | None, revision: int, etag: str, conditions: Preconditions
) -> PreconditionFailed:
    """Make the error for a request that names another revision than the current one.

    It has the current entity tag and, where `href` has a history, links to what has changed since.
    """
    wanted = conditions.if_match or EntityTags(any=False)
    weak = wanted.weak_revisions()
    seen = max((one for one in wanted.strong_revisions() | weak if one < revision), default=None)
    headers: dict[str, str] = {"ETag": etag}
    extra: dict[str, object] = {"etag": etag, "revision": revision}
    if revision in weak:
        return PreconditionFailed(
            f'If-Match takes strong entity tags alone, and W/"{revision}" is weak: something between, such as a proxy that '
            f'compresses answers, has made it so. Nothing has changed since; send If-Match: "{revision}".',
            faults=[
                Fault("weak_entity_tag", "Send it without W/.", header="If-Match", suggestion=f'"{revision}"')
            ],
            headers=headers,
            extra=extra,
        )
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
