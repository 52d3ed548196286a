"""Sources: the documents that say what the database holds."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from app.records.base import PlaceLinks, Record
from app.records.historical_date import checked_edtf
from app.records.list_rules import ErrorLocation, raise_errors, unique_items
from app.records.parts import Part
from app.records.scalars import (
    MAX_ITEMS,
    Count,
    Digest,
    Doi,
    Isbn,
    Language,
    Line,
    LongLine,
    Note,
    WebAddress,
    rule_error,
)
from app.records.term_fields import SourceType


class Section(Part):
    """A named stretch of a text."""

    title: Line = Field(description="Its heading.", examples=["The agreement of 2000"])
    start: Count = Field(description="Its first character, in Unicode code points from 0.", examples=[0])
    end: Count = Field(description="The character after its last.", examples=[1840])


class SourceText(Part):
    """What identifies a source's text; the text itself is no part of the record."""

    sha256: Digest = Field(
        description="SHA-256 of the text in UTF-8, in hexadecimal.",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    )
    characters: Count | None = Field(
        default=None, description="Its length in Unicode code points.", examples=[18230]
    )
    sections: tuple[Section, ...] = Field(
        default=(), max_length=MAX_ITEMS, description="Its parts, in order."
    )

    @model_validator(mode="after")
    def _within(self, info: ValidationInfo) -> Self:
        if info.context is None:
            return self
        faults: list[tuple[ErrorLocation, PydanticCustomError]] = []
        for index, section in enumerate(self.sections):
            place = ("sections", index, "end")
            if section.start >= section.end:
                faults.append((place, rule_error("wrong_order", "Give an end that lies after the start.")))
            elif self.characters is not None and section.end > self.characters:
                detail = "Give sections that lie within the characters of the text."
                faults.append((place, rule_error("out_of_range", detail)))
        if faults:
            raise_errors(faults)
        return self


def spoken_name(given: str, family: str, suffix: str | None) -> str:
    """Return a name as authors and editors have it: given name first, the suffix after a comma."""
    return f"{given} {family}, {suffix}" if suffix else f"{given} {family}"


class NameParts(Part):
    """The parts of a name of which the given name comes first, where they are known."""

    name: Line = Field(
        description="The name, as `authors` or `editors` has it.", examples=["Vincent van Gogh"]
    )
    family: Line = Field(description="The family name, with its particles.", examples=["van Gogh"])
    given: Line = Field(description="The given names.", examples=["Vincent"])
    suffix: Line | None = Field(default=None, description="What comes after the name.", examples=["Jr."])


class Source(Record):
    """A book, article, treaty, court record, letter or any other document."""

    kind: Literal["source"] = Field(
        description="Always `source`. Set by the server.", json_schema_extra={"readOnly": True}
    )
    type: SourceType | None = Field(default=None, description="What sort of document.", examples=["article"])
    places: PlaceLinks = ()
    authors: Annotated[tuple[Line, ...], AfterValidator(unique_items())] = Field(
        default=(), max_length=1000, description="Who wrote it, in order.", examples=[["Ernesto Cardenal"]]
    )
    editors: Annotated[tuple[Line, ...], AfterValidator(unique_items())] = Field(
        default=(), max_length=1000, description="Who edited it, in order.", examples=[["Ana Ruiz"]]
    )
    name_parts: Annotated[tuple[NameParts, ...], AfterValidator(unique_items("name"))] = Field(
        default=(),
        max_length=2000,
        description="Which part of whose name is the family name, for those authors and editors of whom it is known. Others are "
        "cited by their whole name, as organisations are.",
    )
    container: Line | None = Field(
        default=None,
        description="The title of what it appeared in: a journal, a book, a series of documents.",
        examples=["Revista de Historia"],
    )
    volume: Line | None = Field(default=None, description="The volume of that.", examples=["12"])
    issue: Line | None = Field(default=None, description="The issue of that.", examples=["3"])
    pages: Line | None = Field(default=None, description="Its pages in that.", examples=["45-67"])
    isbn: Isbn | None = Field(
        default=None,
        description="Its ISBN, of ten or thirteen digits, with hyphens or without.",
        examples=["978-3-16-148410-0"],
    )
    doi: Doi | None = Field(
        default=None,
        description="Its Digital Object Identifier (ISO 26324), without an address before it.",
        examples=["10.1000/182"],
    )
    archive: Line | None = Field(
        default=None, description="The archive or library that has it.", examples=["Archivo Nacional de Cuba"]
    )
    shelfmark: Line | None = Field(
        default=None,
        description="Where it is there: fonds, box, shelfmark.",
        examples=["Fondo Exteriores, legajo 12"],
    )
    publisher: Line | None = Field(default=None, description="Who published it.")
    language: Language | None = Field(
        default=None, description="Its language, a BCP 47 tag.", examples=["es"]
    )
    url: WebAddress | None = Field(default=None, description="Where it can be read.")
    accessed: Annotated[str, Field(max_length=40), AfterValidator(checked_edtf)] | None = Field(
        default=None, description="When it was read there: a day in EDTF.", examples=["2024-05-01"]
    )
    licence: LongLine | None = Field(
        default=None, description="The terms it may be used under.", examples=["CC BY-SA 4.0"]
    )
    attribution: Note | None = Field(default=None, description="The words that its use must carry.")
    text: SourceText | None = Field(default=None, description="What identifies its text.")

    @model_validator(mode="after")
    def _named(self, info: ValidationInfo) -> Self:
        if info.context is None or not self.name_parts:
            return self
        names = {*self.authors, *self.editors}
        faults: list[tuple[ErrorLocation, PydanticCustomError]] = []
        for index, one in enumerate(self.name_parts):
            if one.name not in names:
                detail = "Give a name as `authors` or `editors` has it, or leave its parts out."
                faults.append((("name_parts", index, "name"), rule_error("unknown_member", detail)))
            elif one.name != spoken_name(one.given, one.family, one.suffix):
                detail = (
                    "Give the parts that the name consists of: given name, family name and, after a comma, the suffix. Leave "
                    "out those of a name in another order, which is cited as it stands."
                )
                faults.append((("name_parts", index, "family"), rule_error("wrong_order", detail)))
        if faults:
            raise_errors(faults)
        return self
