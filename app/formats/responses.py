"""Responses in any format but plain JSON, which `reading` and `listing` send themselves."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final, TypeVar

from app.errors import BadRequest, Fault
from app.formats import FORMATS
from app.formats.answer_schemas import answer_schema
from app.formats.format import Format, Projection, Use
from app.records.kinds import RecordKind
from app.web.responses import Headers

T = TypeVar("T")
_POLICY: Final = b"default-src 'none'; style-src 'unsafe-inline'"


async def iterate(things: Iterable[T]) -> AsyncIterator[T]:
    """Yield things as an asynchronous iterator."""
    for one in things:
        yield one


def view_of(form: Format, fields: Sequence[str]) -> Projection:
    """Return how much of records a format reads, where some of their fields are wanted."""
    return Projection([*fields, *form.keeps] if fields else (), form.beside)


def refuse_json_only(*names: str) -> None:
    """Refuse parameters that only JSON supports.

    Raises:
        BadRequest: there are any.
    """
    detail = "Only JSON has room for this: leave it out, or ask for format=json."
    faults = [Fault("only_in_json", detail, parameter=name) for name in names]
    if faults:
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)


def refuse_names(form: Format, *names: str) -> None:
    """Refuse parameters that choose among the names of records in a format that has titles as they were written.

    Raises:
        BadRequest: there are any, and the format is one.
    """
    if names and form.as_written:
        detail = (
            f"Titles are as they were written in format={form.name}, which has all names of a record or cites it: leave "
            "this out, or ask for another format."
        )
        faults = [Fault("titles_as_written", detail, parameter=name) for name in names]
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=faults)


def refuse_mark_elsewhere(form: str, *, bom: bool) -> None:
    """Refuse a byte order mark in any format, by its name, but CSV.

    Raises:
        BadRequest: one is asked for.
    """
    if bom and form != "csv":
        fault = Fault(
            "only_in_csv", "Only CSV can begin with it: leave it out, or ask for format=csv.", parameter="bom"
        )
        raise BadRequest("The query cannot be answered as it stands.", code="invalid_query", faults=[fault])


def file_headers(
    form: Format, name: str, query_string: bytes, kind: RecordKind | None, *, has_names: bool = False
) -> Headers:
    """Return the headers that a file in a format has besides its media type.

    `name` is the name that is suggested; `has_names` as `About` has it.
    """
    disposition = "attachment" if form.attachment else "inline"
    headers = [(b"content-disposition", f'{disposition}; filename="{name}{form.suffix}"'.encode())]
    if form.name == "svg":
        headers.append((b"content-security-policy", _POLICY))
    if form.name == "csv" and kind is not None:
        # The schema has the columns that were asked for.
        asked = [part for part in query_string.split(b"&") if part.startswith(b"fields=")]
        asked += [b"titles=chosen"] if has_names else []
        query = b"?" + b"&".join(asked) if asked else b""
        schema = b"/v1/formats/csv/" + kind.collection.encode() + query
        headers.append((b"link", b"<" + schema + b'>; rel="describedby"; type="application/json"'))
    return headers


def other_formats(use: Use) -> dict[str, Any]:
    """Return the OpenAPI media types of every format but JSON that a use has."""
    return {
        form.media_type: {"schema": answer_schema(form, one=use == Use.RECORD)}
        for form in FORMATS.values()
        if use in form.uses and form.name != "json"
    }
