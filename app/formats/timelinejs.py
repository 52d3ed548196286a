"""TimelineJS 3: the JSON that `TL.Timeline` takes.

* An undated record is left out, and so is one whose date is open on both sides or of an unknown year
(`XXXX-01-03`); `annals.left_out` counts them.
* Years before 1 CE are negative and there is no year 0, as TimelineJS shows them: 44 BCE is -44.
`display_date` is the date's own label, so that what is vague is not shown as a day.
* A date whose start is open is placed at its end; an ongoing one has no end.
* Past the years that JavaScript's dates can hold the scale is `cosmological`, which has only years.
* `headline` and `text` are read as HTML there, so text is escaped.
"""

import html
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from app.formats.credits import Credits, credits_of
from app.formats.date_parts import Parts, date_parts_of, dated
from app.formats.format import About, Format, FormatItem
from app.values.portions import batched

_HUMAN_YEARS: Final = range(-271_820, 275_760)
_MEMBERS: Final = ("year", "month", "day")


class TimelineWriter:
    """Collects slides: whether years alone must be used is known at the end."""

    def __init__(self, about: About) -> None:
        """Write one record or a list."""
        self._about = about
        self._slides: list[bytes] = []
        self._left_out = 0
        self._human = True
        self._credits = Credits()
        self.held = 0

    def begin(self) -> bytes:
        """Return nothing yet."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Collect a slide for each dated item."""
        for item in items:
            slide = self._slide(item)
            if slide is None:
                self._left_out += 1
            else:
                self._slides.append(orjson.dumps(slide))
                self.held += len(self._slides[-1])
                self._credits.add(item)
        return b""

    def end(self) -> Iterator[bytes]:
        """Yield the whole."""
        scale = "human" if self._human else "cosmological"
        told_beside: dict[str, Any] = {"left_out": self._left_out}
        if self._credits:
            told_beside["credits"] = [credit.members for credit in self._credits]
        yield b'{"scale":%b,"events":[' % orjson.dumps(scale)
        for number, some in enumerate(batched(self._slides)):
            yield (b"," if number else b"") + b",".join(some)
        yield b'],"annals":%b' % orjson.dumps(told_beside)
        if not self._about.one:
            title = {"text": {"headline": html.escape(self._about.title)}}
            yield b',"title":%b' % orjson.dumps(title)
        yield b"}"

    def _slide(self, item: FormatItem) -> dict[str, Any] | None:
        record = item.record
        span = dated(record)
        known = None if span is None else date_parts_of(span)
        if known is None or record.date is None:
            return None
        label = record.date.value.label
        slide: dict[str, Any] = {
            "unique_id": item.ref.replace("/", "-"),
            "start_date": self._date(known.start),
            "display_date": label,
            "text": {"headline": html.escape(record.title), "text": self._text(item)},
        }
        if known.end is not None:
            slide["end_date"] = self._date(known.end)
        if record.type is not None:
            slide["group"] = record.type
        return slide

    def _date(self, parts: Parts) -> dict[str, int]:
        self._human = self._human and parts[0] in _HUMAN_YEARS
        return dict(zip(_MEMBERS, parts, strict=False))

    def _text(self, item: FormatItem) -> str:
        record = item.record
        paragraphs = [html.escape(line) for line in (record.summary or "").splitlines() if line.strip()]
        paragraphs += [f"<small>{html.escape(credit.text)}</small>" for credit in credits_of(item)]
        paragraphs.append(f'<a href="{html.escape(self._about.base)}/v1/{item.ref}">{item.ref}</a>')
        return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


TIMELINEJS = Format(
    name="timelinejs",
    media_type="application/vnd.timelinejs+json",
    suffix=".timeline.json",
    rule=(
        "A slide for each dated record; undated ones are left out and counted in `annals.left_out`. Years before "
        "1 CE are negative without a year 0: 44 BCE is -44."
    ),
    writer=TimelineWriter,
    most=50_000,
    beside=("source",),
    keeps=("title", "date"),
    has_addresses=True,
)
