"""What a format is: its name, its media type, its uses, and its writer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.util import find_spec
from typing import Final, Protocol

import orjson

from app.records.base import Record
from app.records.kinds import RecordKind
from app.records.scalars import CHOSEN_TITLE
from app.records.validation.document import load_stored

ALL_KINDS: Final = ("source", "place", "actor", "agreement", "mission", "event")

PACKED: Final = ".gz"
"""The suffix of a file that is compressed with gzip."""


class Use(StrEnum):
    """What a format can be used for."""

    RECORD = "record"
    LIST = "list"
    SEARCH = "search"
    GRAPH = "graph"
    EXPORT = "export"
    TIMELINE = "timeline"
    DENSITY = "density"


ITEMS: Final = frozenset({Use.RECORD, Use.LIST, Use.SEARCH, Use.EXPORT})
"""Wherever there are records."""


@dataclass(frozen=True, slots=True)
class About:
    """What a writer must know besides the items.

    Attributes:
        base: the address of the service, without a slash at its end, for ids that must be absolute.
        title: the title of the whole: a record's, or the name of a collection.
        kind: the kind of every item; None where kinds are mixed.
        one: whether it is a single record rather than a list.
        fields: the fields that were asked for; none: all.
        days: the first and last day of the time that places are shown at; None where no time is asked.
        has_names: whether records are shown with the names of a language or of a time: tables then have columns for
            what is told beside such a title.
        bom: whether a table in text begins with a byte order mark.
        address: where the whole can be had, if it can.
    """

    base: str
    title: str
    kind: RecordKind | None = None
    one: bool = False
    fields: tuple[str, ...] = ()
    days: tuple[int, int] | None = None
    has_names: bool = False
    bom: bool = False
    address: str | None = None


@dataclass(frozen=True)
class FormatItem:
    """A record as it is stored, with the records it refers to.

    Attributes:
        kind: the kind of record.
        document: its JSON, as it is stored or as a source has it; with the fields that were asked for.
        linked: what its references lead to, by reference, as far as the format asks for it. These records
            have only the members of a card; places have their geometry as well, and sources whom to credit.
            Shared with other items: it may hold more than this one refers to.
        is_named: whether its title was chosen among its names: the document then says so beside it
            (`CHOSEN_TITLE`), which is no part of the record.
    """

    kind: RecordKind
    document: str
    linked: Mapping[str, Record]
    is_named: bool = False

    @cached_property
    def record(self) -> Record:
        """The parsed document: only formats that need it pay for it."""
        if not self.is_named:
            return load_stored(self.kind, self.document)
        members = orjson.loads(self.document)
        own = {name: value for name, value in members.items() if name not in CHOSEN_TITLE}
        return load_stored(self.kind, orjson.dumps(own))

    @property
    def ref(self) -> str:
        """The reference to the record, such as `events/bay-of-pigs-invasion`."""
        return f"{self.kind.collection}/{self.record.id}"


class FormatWriter(Protocol):
    """Serializes items, a chunk at a time. One for each response; it may keep state.

    Attributes:
        held: how many bytes it buffers until the end, about.
    """

    held: int

    def begin(self) -> bytes:
        """Return what comes before the first item."""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return some items; nothing where they must wait for others."""

    def end(self) -> Iterable[bytes]:
        """Return what comes after the last item, in chunks."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Attributes:
        name: as in `format=`.
        media_type: as in `Accept`, with its profile where it has one.
        suffix: of a file, with its dot.
        rule: in a few sentences, what becomes of a record; `GET /v1/formats` shows it.
        writer: makes the writer of one response.
        streams: whether it can go on without end, so that a list has no limit unless one is given.
        attachment: whether a browser should save it rather than show it.
        uses: what it can be used for.
        beside: the kinds of linked records that it reads.
        keeps: fields that it needs, whatever `fields` says.
        parameters: of the media type, for the header.
        package: what must be installed for it.
        most: how many items fit into one response, where all of them must be held before any is written.
        as_written: whether its titles are those that were written, whichever names are wanted: it has all names of a
            record, each with its language and time, or cites it.
        threaded: whether even a few items take its writer too long for the event loop.
        has_addresses: whether it writes addresses of records, or other names made of the address of the service.
    """

    name: str
    media_type: str
    suffix: str
    rule: str
    writer: Callable[[About], FormatWriter]
    streams: bool = False
    attachment: bool = False
    uses: frozenset[Use] = ITEMS
    beside: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ("title",)
    parameters: str = ""
    package: str | None = None
    most: int | None = None
    as_written: bool = False
    threaded: bool = False
    has_addresses: bool = False

    @property
    def content_type(self) -> str:
        """The value of `Content-Type`."""
        return self.media_type + self.parameters

    @property
    def installed(self) -> bool:
        """Whether everything that it needs is there."""
        return self.package is None or find_spec(self.package) is not None


def is_packed(name: str) -> bool:
    """Return whether a file is compressed with gzip, by its name."""
    return name.lower().endswith(PACKED)


def suffix_among(name: str, suffixes: Iterable[str]) -> str | None:
    """Return the longest of some suffixes that a file's name ends with, compressed or not; None where there is none.

    `x.csl.json.gz` ends with `.csl.json`, where that is among them, and with `.json` only where it is not.
    """
    stem = name.lower().removesuffix(PACKED)
    return max((suffix for suffix in suffixes if stem.endswith(suffix)), key=len, default=None)


@dataclass(frozen=True, slots=True)
class Projection:
    """How much of records a format reads.

    Attributes:
        fields: the only fields of documents that are wanted; none: all.
        beside: the kinds of linked records that are wanted.
    """

    fields: Sequence[str] = ()
    beside: Sequence[str] = ()
