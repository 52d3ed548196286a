"""Validating a document before its transaction, with the vocabulary in force."""

from collections.abc import Awaitable, Callable
from functools import partial

from app.database.engine.database import Database
from app.database.vocabulary import VocabularyVersion, current_vocabulary, kept_vocabulary
from app.records.validation.document import InvalidRecord
from app.writing.resolve_references import add_dangling_references
from app.writing.submitted_document import SubmittedDocument

Run = Callable[[Callable[[], SubmittedDocument]], Awaitable[SubmittedDocument]]
"""Runs blocking work."""


async def validate(db: Database, reading: Callable[..., SubmittedDocument], run: Run) -> SubmittedDocument:
    """Validate a document; `reading` does it with a vocabulary that is `known`.

    Raises:
        InvalidRecord: with every fault, references that lead nowhere among them.
    """
    try:
        return await _under_vocabulary(db, reading, run)
    except InvalidRecord as error:
        raise await _refusal(db, error) from None


async def _under_vocabulary(
    db: Database, reading: Callable[..., SubmittedDocument], run: Run
) -> SubmittedDocument:
    async def read(known: VocabularyVersion) -> SubmittedDocument:
        return await run(partial(reading, known=known))

    # A document was validated with the vocabulary of a moment ago; the transaction validates it again
    # if that has changed. Only an invalid one must be validated with the current vocabulary before it
    # is refused.
    kept = kept_vocabulary(db)
    if kept is None:
        kept = await db.decide(current_vocabulary)
    try:
        return await read(kept)
    except InvalidRecord:
        in_force = await db.decide(current_vocabulary)
        if in_force.version == kept.version:
            raise
    return await read(in_force)


async def _refusal(db: Database, error: InvalidRecord) -> InvalidRecord:
    if not error.mentions:
        return error

    def look() -> InvalidRecord:
        with db.snapshot() as connection:
            return add_dangling_references(connection, error)

    return await db.in_thread(look)
