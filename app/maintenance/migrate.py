"""Preparing a database for this code: its schema, and the built-in terms."""

from app.database.engine.database import Database
from app.database.migrations import migrate
from app.records.vocabulary import load_vocabulary
from app.settings import data_dir
from app.vocabularies.service import load_builtin_terms


def prepare(database: Database, url: str) -> bool:
    """Migrate the database at `url` and load the built-in terms; any number of processes may call at once.

    Returns whether the schema had to be changed.

    Raises:
        InvalidDocument: the vocabulary that ships with the code has faults.
        Unavailable: the database cannot be reached.
    """
    vocabulary = load_vocabulary(data_dir("seed_data") / "vocabulary.yaml")
    return migrate(database, url, then=lambda tx: load_builtin_terms(tx, vocabulary))
