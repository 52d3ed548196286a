"""A timeline as CSV (RFC 4180): UTF-8, a header row, CRLF, a row for each bucket.

Columns: `bucket`, its day, month or first year (astronomical, so that `-0043` is 44 BCE); `start` and `end`, its first and last day;
`type`, where records are split by it; `certain` and `possible`. A bucket that is split has a row for each of its types,
empty for records without one; one without records has a single row. What lies outside of all buckets is in JSON alone.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final

from app.timeline.schemas import Bucket, Timeline

_BUCKET: Final = ("bucket", "start", "end")
_COUNTS: Final = ("certain", "possible")

Row = tuple[str | int, ...]


def timeline_csv(timeline: Timeline, *, split: bool, bom: bool) -> bytes:
    """Give a timeline as CSV; `bom`: it begins with a byte order mark."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\r\n")
    table.writerow([*_BUCKET, *(["type"] if split else []), *_COUNTS])
    for bucket in timeline["items"]:
        table.writerows(_split_rows(bucket) if split else [_row(bucket)])
    return (codecs.BOM_UTF8 if bom else b"") + buffer.getvalue().encode()


def _row(bucket: Bucket) -> Row:
    return bucket["bucket"], bucket["start"], bucket["end"], bucket["certain"], bucket["possible"]


def _split_rows(bucket: Bucket) -> Iterator[Row]:
    named = (bucket["bucket"], bucket["start"], bucket["end"])
    types = bucket.get("types")
    if not types:
        yield *named, "", bucket["certain"], bucket["possible"]
        return
    for one in types:
        yield *named, one.get("type", ""), one["certain"], one["possible"]
