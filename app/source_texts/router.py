"""The texts of sources over HTTP: attach, read, remove, verify."""

from codecs import utf_8_decode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy import Connection

from app import errors
from app.errors import BadRequest, Fault, Forbidden, MergedInto, TooLarge, Unauthorized
from app.reading.service import find_live
from app.schemas.example_documents import EXAMPLE_DOCUMENTS, EXAMPLE_TEXT
from app.schemas.query_model import QueryModel
from app.source_texts.schemas import AttachedText, Verification
from app.source_texts.service import SOURCE, Attached, attach, attached_size, read_text, remove
from app.source_texts.verification import Work, gather, report
from app.web.auth import CHALLENGE
from app.web.cached_routes import RecordRoute
from app.web.client_addresses import counted_as
from app.web.dependencies import (
    Db,
    Principal,
    RawRequest,
    ServiceSettings,
    VerifyingTurns,
    WriterKey,
    read_access,
    write_access,
)
from app.web.headers import JSON_ONLY, header, negotiate
from app.web.openapi import path_id
from app.web.request_body import body_pieces, check_media_type, declared_length, read_body, too_large
from app.web.routes import FastRoute
from app.web.signatures import raises
from app.web.typed_responses import NO_STORE, TypedResponse
from app.writing.verification_process import LONG, examine_in_process, is_long

PLAIN: Final = "text/plain"
_PIECE: Final = 2**16
_PATH: Final = "/v1/sources/{id}/text"

_TEXT: Final = {
    PLAIN: {
        "schema": {"type": "string", "description": "UTF-8, exactly as it is: nothing is normalised."},
        "example": EXAMPLE_TEXT,
    }
}

SourceId = Annotated[str, path_id(SOURCE)]
# Texts of the seeds have a digest, which the example of a text has not.
TriedSourceId = Annotated[str, path_id(SOURCE, EXAMPLE_DOCUMENTS["source"]["id"])]
NoParameters = Annotated[QueryModel, Query()]

reads = APIRouter(route_class=RecordRoute, tags=["sources"], dependencies=[Depends(read_access)])
writes = APIRouter(route_class=FastRoute, tags=["sources"], dependencies=[Depends(write_access)])
verifying = APIRouter(route_class=FastRoute, tags=["sources"], dependencies=[Depends(read_access)])


@writes.put(
    _PATH,
    operation_id="attach_text",
    summary="Attach the text of a source",
    response_description="It was attached before; it is the same.",
    responses={201: {"description": "It is attached.", "model": AttachedText}},
    openapi_extra={"requestBody": {"required": True, "content": _TEXT}},
)
@raises(
    errors.NotAcceptable,
    errors.RequestTimeout,
    errors.Conflict,
    errors.Gone,
    errors.TooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidDocument,
    errors.DiskFull,
)
async def attach_text(
    id: TriedSourceId,  # noqa: A002 - the name of the path parameter
    query: NoParameters,  # noqa: ARG001 - there are none
    request: RawRequest,
    key: WriterKey,
    db: Db,
    settings: ServiceSettings,
) -> TypedResponse[AttachedText]:
    """For who has the text: evidence written from then on must match it.

    It is refused (422) where its SHA-256 or its length differs from what the record's `text` says. At most
    `ANNALS_MAX_TEXT_BYTES` (8 MiB).
    """
    scope = request.scope
    negotiate(scope, JSON_ONLY)
    check_media_type(scope, (PLAIN,))
    text = await read_body(scope, request.receive, settings.max_text_bytes, str(key.pk))
    _check_utf8(text)

    def work(tx: Connection) -> Attached:
        return attach(tx, id, text.decode())

    done = await db.write(work)
    location = (b"location", f"/v1/sources/{id}/text".encode())
    return TypedResponse.json(
        done.to_dict(id), status=201 if done.new else 200, cache_control=NO_STORE, headers=[location]
    )


@reads.get(
    _PATH,
    operation_id="get_text",
    summary="Read the text of a source",
    response_description="The text.",
    response_class=PlainTextResponse,
    responses={200: {"content": _TEXT}},
)
@raises(errors.NotAcceptable, errors.Gone, MergedInto)
async def get_text(
    id: SourceId,  # noqa: A002 - the name of the path parameter
    query: NoParameters,  # noqa: ARG001 - there are none
    request: RawRequest,
    db: Db,
    settings: ServiceSettings,
) -> TypedResponse[str]:
    """The attached text as it was given.

    403 unless `ANNALS_PUBLIC_TEXTS` is on: who runs the service must know that the licence of every attached text allows
    it.
    """
    if not settings.public_texts:
        raise Forbidden(
            "Texts of sources are not read here: whoever runs this service has not said that their licences allow it "
            "(ANNALS_PUBLIC_TEXTS). Evidence can be verified against them all the same.",
            code="texts_not_public",
        )
    negotiate(request.scope, {"text": PLAIN})
    body = (await db.answer(lambda reading: read_text(reading, id))).encode()
    return TypedResponse.stored(
        body,
        media_type="text/plain; charset=utf-8",
        headers=[(b"vary", b"Accept")],
        etag=f'"{sha256(body).hexdigest()[:24]}"',
    )


@writes.delete(
    _PATH,
    operation_id="remove_text",
    summary="Remove the text of a source",
    response_description="It is removed.",
    status_code=204,
)
@raises(errors.Conflict, errors.Gone, errors.DiskFull)
async def remove_text(
    id: TriedSourceId,  # noqa: A002 - the name of the path parameter
    query: NoParameters,  # noqa: ARG001 - there are none
    db: Db,
) -> TypedResponse[None]:
    """The evidence stays as it is."""
    await db.write(lambda tx: remove(tx, id))
    return TypedResponse.stored(b"", status=204, cache_control=NO_STORE)


@verifying.post(
    "/v1/sources/{id}/verify",
    operation_id="verify_source",
    summary="Verify what was read out of a source",
    response_description="What became of each.",
    openapi_extra={"requestBody": {"required": False, "content": _TEXT}},
)
@raises(
    errors.NotAcceptable,
    errors.RequestTimeout,
    errors.Gone,
    errors.TooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidDocument,
    MergedInto,
)
async def verify_source(
    id: SourceId,  # noqa: A002 - the name of the path parameter
    query: NoParameters,  # noqa: ARG001 - there are none
    request: RawRequest,
    key: Principal,
    db: Db,
    settings: ServiceSettings,
    turns: VerifyingTurns,
) -> TypedResponse[Verification]:
    """Looks up the selector of every item of evidence from the source in a text.

    That is the text in the body, or the attached one where the body is empty. Nothing is changed, and nothing is
    re-anchored. A text of more than `ANNALS_MAX_PUBLIC_TEXT_BYTES` (1 MiB), sent or attached, needs a key (401). Long
    texts take turns: who waits too long reads 503, with `Retry-After`.
    """
    scope, most = request.scope, settings.max_text_bytes
    limit = most if key is not None else min(most, settings.max_public_text_bytes)
    negotiate(scope, JSON_ONLY)
    if header(scope, b"content-length") not in (b"", b"0") or header(scope, b"transfer-encoding"):
        check_media_type(scope, (PLAIN,))
    found = await db.decide(lambda reading: find_live(reading, SOURCE, id), single=True)
    client = str(key.pk) if key else counted_as(scope, loopback=settings.rate_limit_loopback)
    async with turns.turn_when_needed(client) as take_turn:
        text = await _read_verified(request, limit, most, client, take_turn)
        if text is None:
            size = await db.decide(lambda reading: attached_size(reading, found[0][6]), single=True)
            if size > limit:
                raise _needs_key(limit)
            if is_long(size, ()):
                await take_turn()

        def gathered() -> Work:
            with db.snapshot() as connection:
                return gather(connection, id, text)

        work = await db.in_thread(gathered)
        if is_long(len(work.text), work.selectors):
            await take_turn()
        examined = await examine_in_process(work.text, work.selectors)
        return await db.in_thread(lambda: TypedResponse.json(report(work, examined), cache_control=NO_STORE))


async def _read_verified(
    request: Request,
    limit: int,
    most: int,
    client: str | None,
    take_turn: Callable[[], Awaitable[None]],
) -> bytearray | None:
    """Read the text to verify; None where the body is empty.

    A long one is not read before its turn, and one that needs a key and has none is not read at all
    where its length is declared.
    """
    declared = declared_length(request.scope) or 0
    if limit < declared <= most:
        raise _needs_key(limit)
    if LONG <= declared <= limit:
        await take_turn()
    text = bytearray()
    try:
        async for piece in body_pieces(request.scope, request.receive, limit, client):
            if len(text) + len(piece) >= LONG:
                await take_turn()
            text += piece
    except TooLarge:
        raise _needs_key(limit) if limit < most else too_large(most) from None
    _check_utf8(text)
    return text or None


def _check_utf8(text: bytes | bytearray) -> None:
    """Raise `BadRequest` where a text is not UTF-8. Decodes it in parts: as a whole it may take four times the memory."""
    with memoryview(text) as whole:
        at = 0
        try:
            while at < len(whole):
                piece = whole[at : at + _PIECE]
                at += utf_8_decode(piece, "strict", at + _PIECE >= len(whole))[1]
        except UnicodeDecodeError as error:
            fault = Fault("not_utf8", f"Byte {at + error.start} begins no character of UTF-8.", "")
            raise BadRequest("The text is not UTF-8.", code="not_utf8", faults=[fault]) from None


def _needs_key(limit: int) -> Unauthorized:
    return Unauthorized(
        f"A text of more than {limit} bytes is verified with a key alone: send Authorization: Bearer, then a key that "
        "has the scope read; or send a part of the text.",
        code="long_text_needs_key",
        headers={"WWW-Authenticate": CHALLENGE, "Connection": "close"},
        extra={"limit": limit},
    )


def takes_text(path: str) -> bool:
    """Return whether a path takes a text, which may be longer than other bodies."""
    return path.startswith("/v1/sources/") and path.endswith(("/text", "/verify"))
