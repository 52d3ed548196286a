"""What exists: six kinds of record, one document each, and how they are read, written and followed."""

from app.records.kinds import RECORDS, RecordKind, kind_named, kind_of_collection

__all__ = ["RECORDS", "RecordKind", "kind_named", "kind_of_collection"]
