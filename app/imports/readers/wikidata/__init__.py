"""Reading entities of Wikidata (Wikibase's JSON): items as actors, events, places, agreements and sources.

What stands here is what the statements of an item are in a record. Times are `app.values.wikidata_time`'s; answers
of the query service are tables, and need a mapping.
"""

from typing import Final

from app.imports.readers.file_format import FileFormat
from app.imports.readers.wikidata.reader import begins_with_entities, read_wikidata

__all__ = ["FORMAT", "read_wikidata"]

FORMAT: Final = FileFormat(
    "wikidata",
    "entities of Wikidata",
    (),
    (),
    read_wikidata,
    lambda head: begins_with_entities(head.text),
    within="json",
)
