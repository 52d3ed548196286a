"""What exists: six kinds of record, one document each, and how they are read, written and followed."""

from app.records.kinds import RECORD_KINDS, RecordKind, kind_by_collection, kind_by_name

__all__ = ["RECORD_KINDS", "RecordKind", "kind_by_collection", "kind_by_name"]
