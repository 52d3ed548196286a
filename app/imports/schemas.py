"""What `POST /v1/imports` takes and answers."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from app.errors import Fault
from app.imports.documents import NOTES
from app.imports.fault_log import LINES_OF_GROUP, MAX_FAULTS, MAX_GROUPS
from app.imports.jobs import MAX_GAVE_WAY
from app.imports.report import MAX_PREVIEWED, OnError
from app.imports.sync import MAX_MISSING, REASONS
from app.schemas.json_schema import described_by
from app.schemas.parameter_types import ParsedBy, TrueOrFalse, WholeNumber, invalid_value
from app.schemas.parameters import FormatParameter
from app.schemas.patches import Difference
from app.schemas.query_model import QueryModel
from app.values.one_line import MAX_LABEL_LENGTH, NOT_EMPTY_LINE_PATTERN, parse_line
from app.values.simplify import is_installed, parse_metres

KindName = Literal["source", "place", "actor", "agreement", "mission", "event"]


class TrialParameters(QueryModel):
    """Whether anything is written, and what is shown of it."""

    dry_run: TrueOrFalse = Field(
        default=False, description="Say what would become of each document, and write nothing."
    )
    preview: Annotated[int, WholeNumber(1, MAX_PREVIEWED)] | SkipJsonSchema[None] = Field(
        None,
        description="With `dry_run=true`: tell of so many documents, the first, what would become of each.",
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse a preview of what is written."""
        if self.preview is not None and not self.dry_run:
            detail = "A preview is of a trial: add dry_run=true."
            yield Fault("needs_dry_run", detail, parameter="preview")


def _distance(text: str) -> float:
    try:
        return parse_metres(text)
    except ValueError as error:
        raise invalid_value("out_of_range", f"{str(error).capitalize()}.") from None


class SimplifyParameter(QueryModel):
    """What is done to geometries of too many positions."""

    simplify: Annotated[float | None, ParsedBy(_distance)] = Field(
        None,
        description="A distance with its unit, `100m` or `1km`. Geometries of more than 10,000 positions, a fault otherwise, "
        "are simplified: positions are left out as long as no outline moves by more than this. Rings do not cross or "
        "vanish. The report tells how many positions became how many.",
        json_schema_extra={"pattern": "^[0-9]+([.][0-9]+)? ?(m|km)$"},
        examples=["100m"],
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse it where the library for it is missing."""
        if self.simplify is not None and not is_installed():
            detail = "This service has no shapely, which simplifies: install annals[simplify]."
            yield Fault("not_installed", detail, parameter="simplify")


def _label(text: str) -> str:
    try:
        label = parse_line(text, MAX_LABEL_LENGTH)
    except ValueError as error:
        raise invalid_value("out_of_range", str(error)) from None
    if not label:
        raise invalid_value("out_of_range", "Give a label.")
    return label


class SyncParameters(QueryModel):
    """What is told of data that are issued again and again."""

    sync: Annotated[
        str | None, ParsedBy(_label, pattern=NOT_EMPTY_LINE_PATTERN, max_length=MAX_LABEL_LENGTH)
    ] = Field(
        None,
        description="A label for data that are issued again and again. The report tells which records imports under it had "
        "and this one has not (`missing`).",
        examples=["acled"],
    )
    delete_missing: TrueOrFalse = Field(
        default=False,
        description="With `sync`: delete what is missing once everything is written, but for records that others refer to, "
        "that another label has, or that others wrote since. It needs `confirm`.",
    )
    confirm: str | SkipJsonSchema[None] = Field(
        None,
        description="The token that a dry run of the same body gave (`missing.confirm`): just what it listed may be deleted.",
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse to delete without a label, or unconfirmed."""
        if self.delete_missing and self.sync is None:
            yield Fault("needs_sync", "Name the label of the data: sync=LABEL.", parameter="delete_missing")
        if self.confirm is not None and not self.delete_missing:
            yield Fault("needs_delete_missing", "It confirms delete_missing=true.", parameter="confirm")


class ImportQuery(FormatParameter, SimplifyParameter, SyncParameters, TrialParameters):
    """How documents are imported."""

    on_error: OnError = Field(
        "stop",
        description="`stop`: the whole input is checked first, and nothing is written if there is a fault. `skip`: what "
        "has no fault, and refers to nothing that has, is written.",
    )
    kind: KindName | SkipJsonSchema[None] = Field(
        None,
        description="The kind of the documents that do not say theirs, such as the rows of a table without that column.",
    )
    as_: str | SkipJsonSchema[None] = Field(
        None,
        alias="as",
        description="Follow a mapping that ships (`annals mappings list`): the body is then a table of that data set, as CSV, "
        "a spreadsheet, GeoJSON, JSON or NDJSON.",
        examples=["ucdp-ged"],
    )
    replace: TrueOrFalse = Field(
        default=False,
        description="Rows of a table and features say what they have columns or properties for, and the rest of a record "
        "stays as it is. `true`: they are whole records, and what they do not have is removed. JSON documents always "
        "are.",
    )
    force: TrueOrFalse = Field(
        default=False,
        description="A document that brings an earlier `revision` than its record has, and says something else, is a "
        "fault (`stale_revision`). `true`: it is written over what was edited since.",
    )

    def rules(self) -> Iterator[Fault]:
        """Refuse to delete unconfirmed, mappings that there are not, and kinds beside a mapping, which says them."""
        if self.delete_missing and self.confirm is None and not self.dry_run:
            detail = "Give the token of a dry run, which lists what would be deleted."
            yield Fault("needs_confirm", detail, parameter="confirm")
        if self.as_ is None:
            return
        # Mappings are loaded where one is asked for.
        from app.imports.mapping.shipped import unknown_name

        fault = unknown_name(self.as_)
        if fault is not None:
            yield fault
        if self.kind is not None:
            yield Fault(
                "conflicting_parameters", "The mapping says the kinds: give as or kind.", parameter="kind"
            )


Count = Annotated[int, Field(ge=0)]
Line = Annotated[int, Field(ge=1)]
Feature = Annotated[int, Field(description="Which feature of a GeoJSON file it is.", ge=1)]


class ImportFault(TypedDict):
    """One fault, and where it is."""

    file: str
    line: Line
    feature: NotRequired[Feature]
    id: NotRequired[Annotated[str, Field(description="The id of the document, if it has one.")]]
    pointer: NotRequired[Annotated[str, Field(description="A JSON Pointer into the document.")]]
    code: str
    detail: str
    value: NotRequired[
        Annotated[str, Field(description="What was found there, at most 60 characters of it.", max_length=60)]
    ]
    suggestion: NotRequired[str]


class ImportFaultGroup(TypedDict):
    """Faults that are alike."""

    file: str
    code: str
    pointer: NotRequired[Annotated[str, Field(description="With `*` for the places of items in lists.")]]
    detail: Annotated[str, Field(description="Of the first; numbers in it may differ.")]
    count: Annotated[int, Field(description="How many there are in all.", ge=1)]
    lines: Annotated[list[Line], Field(description="The first of them.", max_length=LINES_OF_GROUP)]


class ImportNote(TypedDict):
    """What was done to documents, or to rows, before they were read."""

    code: Annotated[str, Field(json_schema_extra={"enum": [*NOTES]})]
    count: Annotated[int, Field(description="How many documents, or rows.", ge=0)]
    detail: str


class ImportKept(TypedDict):
    """A missing record that was not deleted."""

    ref: str
    code: Annotated[str, Field(json_schema_extra={"enum": [*REASONS]})]
    detail: str


class ImportMissing(TypedDict):
    """Records that imports under the label had, and this one has not."""

    count: Count
    refs: Annotated[
        list[str],
        Field(description="The first of them, in the order in which they were made.", max_length=MAX_MISSING),
    ]
    confirm: NotRequired[
        Annotated[str, Field(description="Of a dry run: the token that confirms just these.")]
    ]
    deleted: NotRequired[Annotated[int, Field(description="With `delete_missing`.", ge=0)]]
    kept: NotRequired[
        Annotated[list[ImportKept], Field(description="Those that were not deleted.", max_length=MAX_MISSING)]
    ]
    more_kept: NotRequired[Annotated[int, Field(description="Such ones beyond those.", ge=0)]]


class ImportPreview(TypedDict):
    """What would become of one document."""

    file: str
    line: Line
    feature: NotRequired[Feature]
    ref: str
    change: Literal["create", "update", "unchanged"]
    document: Annotated[
        dict[str, Any], described_by("AnyDocument"), Field(description="The record as it would be.")
    ]
    patch: NotRequired[
        Annotated[
            Difference,
            Field(description="Of an update: what would change, as a JSON Patch (RFC 6902)."),
        ]
    ]
    before: NotRequired[
        Annotated[
            dict[str, Any],
            described_by("DocumentMembers"),
            Field(
                description="Of an update: the members that would change or be removed, as they are.",
            ),
        ]
    ]


class ImportSimplified(TypedDict):
    """What became of geometries of too many positions."""

    geometries: Count
    positions_before: Count
    positions_after: Count


# `import` is a keyword of Python.
_ReportOfImport = TypedDict(
    "_ReportOfImport",
    {
        "import": NotRequired[
            Annotated[int, Field(description="The id of the import, unless it was refused or a trial.", ge=1)]
        ]
    },
)


class ImportReport(_ReportOfImport):
    """What became of the documents."""

    dry_run: bool
    read: Annotated[int, Field(description="Documents that were there.", ge=0)]
    created: Count
    updated: Annotated[int, Field(description="Written as a new revision, since they have changed.", ge=0)]
    unchanged: Count
    failed: Count
    gave_way: Annotated[
        int,
        Field(
            description="Of those unchanged, documents that were only to be there if there was none, and said something "
            "else than the one that there was.",
            ge=0,
        ),
    ]
    gave_way_to: NotRequired[
        Annotated[
            list[str],
            Field(
                description="The first of the records that these left as they were, each once.",
                max_length=MAX_GAVE_WAY,
                examples=[["actors/fidel-castro"]],
            ),
        ]
    ]
    removes: Annotated[
        dict[str, Line],
        Field(
            description="Members that records lose by being updated, each with the number of records.",
            examples=[{"date": 2, "evidence": 1}],
        ),
    ]
    fault_groups: Annotated[
        list[ImportFaultGroup],
        Field(
            description=f"All faults, those that are alike as one: the {MAX_GROUPS} groups with the most faults.",
            max_length=MAX_GROUPS,
        ),
    ]
    faults: Annotated[
        list[ImportFault], Field(description="The first thousand faults.", max_length=MAX_FAULTS)
    ]
    more_faults: NotRequired[Annotated[int, Field(description="Faults beyond those.", ge=0)]]
    notes: NotRequired[
        Annotated[
            list[ImportNote],
            Field(
                description="What was done to documents, or to rows, before they were read. None of it is a fault."
            ),
        ]
    ]
    simplified: NotRequired[Annotated[ImportSimplified, Field(description="With `simplify`.")]]
    missing: NotRequired[
        Annotated[
            ImportMissing,
            Field(
                description="With `sync`, where there are no faults: an incomplete import is compared with nothing."
            ),
        ]
    ]
    preview: NotRequired[
        Annotated[
            list[ImportPreview],
            Field(
                description="With `preview`: the first documents in the order of the file, without those that fail and "
                "those of which an earlier line says the same. It may have fewer where documents are large."
            ),
        ]
    ]
