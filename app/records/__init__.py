"""What exists: the six kinds of record as pydantic models, and what follows from a record alone.

A record is one JSON document, and the document is the only truth about it: every table but the one that
holds documents can be derived from it again. That leaves one thing to validate, one write path, and a
history that is a list of documents.

References, evidence, source views and serialization belong here; nothing that needs a database or HTTP
does.
"""

from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_collection, kind_by_name

__all__ = ["RECORD_KINDS", "RecordKind", "kind_by_collection", "kind_by_name"]
