"""SVG 1.1: a picture of when things were, self-contained: no script, nothing loaded.

* A bar is solid where something certainly was, and fades where it may have begun or ended; an open end is
solid to the edge, an unknown one is not. Pale with a broken outline: some time in there, or uncertain and
approximate throughout.
* What is too short for a bar is a mark: filled where something of it is certain, hollow where nothing is.
* Undated records, dates open on both sides and unknown years are left out; the picture says how many.
* Labels never cover each other: bars go into as many lanes as they need.
* Colours follow `prefers-color-scheme`; `title` and `desc` say what is shown, each bar has its own `title`.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.formats.credits import Credits
from app.formats.date_parts import dated
from app.formats.format import ITEMS, About, Format, FormatItem, Use
from app.formats.svg.axis import ticks, year_label
from app.formats.svg.layout import Piece, Placed, Scale, pieces_of, place, scale_for, text_width
from app.formats.svg.style import MARGIN, STYLE, WIDTH
from app.formats.xml_text import xml_attribute, xml_text
from app.values.calendar import gregorian_from_days
from app.values.timespan import OPEN_END, OPEN_START, Timespan

_INNER: Final = WIDTH - 2 * MARGIN
_TOP: Final = 96
_LANE: Final = 24
_BAR: Final = 12
_THIN: Final = 5
_MARK: Final = 10
_FONT: Final = 12.5
_MAX_LENGTH: Final = 64
_TICKS: Final = 11
_CREDIT_LINE: Final = 150
_CREDIT_LINES: Final = 4
_ENTRY_BYTES: Final = 4_000

_MEMBER_BYTES: Final = 1_000
"""The memory of a record, and of each member of a date that is a set, until it is drawn, about."""

_GRADIENTS: Final = (
    '<defs><linearGradient id="in"><stop class="none" offset="0"/><stop class="full" offset="1"/></linearGradient>'
    '<linearGradient id="out"><stop class="full" offset="0"/><stop class="none" offset="1"/></linearGradient></defs>'
)


@dataclass(frozen=True, slots=True)
class _Entry:
    ref: str
    title: str
    date: str
    span: Timespan

    @property
    def short(self) -> str:
        return self.title if len(self.title) <= _MAX_LENGTH else self.title[: _MAX_LENGTH - 1].rstrip() + "…"

    @property
    def width(self) -> float:
        return text_width(f"{self.short}  {self.date[:_MAX_LENGTH]}", _FONT)


class SvgWriter:
    """Collects dated records, and draws them at the end."""

    def __init__(self, about: About) -> None:
        """Draw one record or a list."""
        self._about = about
        self._entries: list[_Entry] = []
        self._left_out = 0
        self._credits = Credits()
        self.held = 0

    def begin(self) -> bytes:
        """Return nothing yet."""
        return b""

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Collect the dated items."""
        for item in items:
            record = item.record
            span = dated(record)
            if span is None or record.date is None or (span.bounds.start_open and span.bounds.end_open):
                self._left_out += 1
            else:
                self._entries.append(_Entry(item.ref, record.title, record.date.value.label, span))
                self.held += _ENTRY_BYTES + _MEMBER_BYTES * len(span.members)
                self._credits.add(item)
        return b""

    def end(self) -> Iterator[bytes]:
        """Draw the picture."""
        scale = scale_for((entry.span for entry in self._entries), _INNER)
        bars = [(pieces_of(entry.span, scale), entry.width) for entry in self._entries]
        placed, lanes = place(bars, _INNER, _MARK)
        bottom = _TOP + max(1, lanes) * _LANE + 8
        foot = list(self._foot())
        height = bottom + 30 + 18 * len(foot)
        parts = [self._head(height), *_axis(scale, bottom if self._entries else 0)]
        parts += [self._bar(self._entries[one.number], one) for one in placed]
        parts += [
            f'<text class="faint" x="{MARGIN}" y="{bottom + 38 + 18 * at}">{xml_text(line)}</text>\n'
            for at, line in enumerate(foot)
        ]
        yield "".join([*parts, "</svg>\n"]).encode()

    def _head(self, height: int) -> str:
        count = len(self._entries)
        summary = f"{count} dated {'record' if count == 1 else 'records'}"
        if count:
            years = [year_label(gregorian_from_days(day)[0], 3) for day in self._known_days()]
            summary += f", {years[0]} to {years[1]}" if years[0] != years[1] else f", {years[0]}"
        desc = (
            f"A timeline of {summary}. Solid bars are certain, fading ends are possible, pale bars with a broken "
            f"outline are uncertain. {self._said_left_out()}"
        )
        title = xml_text(self._about.title)
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">\n'
            f'<title id="t">{title}</title>\n<desc id="d">{xml_text(desc.strip())}</desc>\n'
            f"<style>{STYLE}</style>\n{_GRADIENTS}\n"
            f'<rect class="paper" width="{WIDTH}" height="{height}"/>\n'
            f'<text class="head" x="{MARGIN}" y="36">{title}</text>\n'
            f'<text class="faint" x="{MARGIN}" y="58">{xml_text(summary)}</text>\n{_legend()}'
        )

    def _known_days(self) -> tuple[int, int]:
        bounds = [entry.span.bounds for entry in self._entries]
        days = [
            day for one in bounds for day in (one.s1, one.s2, one.e1, one.e2) if OPEN_START < day < OPEN_END
        ]
        return min(days), max(days)

    def _said_left_out(self) -> str:
        if not self._left_out:
            return ""
        return f"{self._left_out} left out: undated, or of a year that is not known."

    def _foot(self) -> Iterator[str]:
        if self._left_out:
            yield self._said_left_out()
        lines = [line for credit in self._credits for line in _wrapped(credit.text)]
        yield from lines[:_CREDIT_LINES]
        if len(lines) > _CREDIT_LINES:
            yield "More sources are named in the records."

    def _bar(self, entry: _Entry, placed: Placed) -> str:
        top = _TOP + placed.lane * _LANE + 6
        address = xml_attribute(f"{self._about.base}/v1/{entry.ref}")
        over = placed.side == "above"
        anchor = ' text-anchor="end"' if placed.side == "left" else ""
        label = (
            f'<text x="{MARGIN + placed.label_x:.1f}" y="{top + (5 if over else 10)}"{anchor}>{_isolated(entry.short)} '
            f'<tspan class="faint" dx="2">{xml_text(entry.date[:_MAX_LENGTH])}</tspan></text>'
        )
        # Under a label that fits nowhere else there is room for a thin bar.
        drawn = _drawn(placed.pieces, top + 9, _THIN) if over else _drawn(placed.pieces, top, _BAR)
        return (
            f"<a href={address}><title>{xml_text(f'{entry.title} ({entry.date})')}</title>"
            f"{''.join(drawn)}{label}</a>\n"
        )


def _drawn(pieces: Sequence[Piece], top: int, tall: int) -> Iterator[str]:
    start, end = min(piece.start for piece in pieces), max(piece.end for piece in pieces)
    if end - start < _MARK:
        look = "certain" if any(piece.shade == "certain" for piece in pieces) else "hollow"
        yield _mark(look, MARGIN + (start + end) / 2, top + tall / 2)
        return
    for piece in pieces:
        width = max(piece.end - piece.start, 1.5)
        yield (
            f'<rect class="{piece.shade}" x="{MARGIN + piece.start:.1f}" y="{top}" width="{width:.1f}" '
            f'height="{tall}"/>'
        )


def _mark(look: str, x: float, y: float) -> str:
    half = _MARK / 2
    return f'<path class="{look}" d="M{x:.1f} {y - half:.1f}l{half} {half}l-{half} {half}l-{half}-{half}z"/>'


def _axis(scale: Scale, bottom: int) -> Iterator[str]:
    if not bottom:
        yield f'<text class="faint" x="{MARGIN}" y="{_TOP + 14}">Nothing here is dated.</text>\n'
        return
    for tick in ticks(scale.first, scale.last, _TICKS):
        x = MARGIN + scale.x(tick.day)
        yield f'<path class="grid" d="M{x:.1f} {_TOP - 6}V{bottom}"/>'
        # A label at the very edge would be cut.
        half = text_width(tick.label, 11.5) / 2
        at = min(max(x, half + 2), WIDTH - half - 2)
        for y in (_TOP - 12, bottom + 14):
            yield f'<text class="tick" x="{at:.1f}" y="{y}" text-anchor="middle">{xml_text(tick.label)}</text>\n'


def _legend() -> str:
    x, y = WIDTH - MARGIN - 420, 26
    middle = y + _BAR / 2
    return (
        f'<rect class="certain" x="{x}" y="{y}" width="30" height="{_BAR}"/>{_mark("certain", x + 40, middle)}'
        f'<text x="{x + 50}" y="{y + 10}">certain</text>'
        f'<rect class="in" x="{x + 110}" y="{y}" width="15" height="{_BAR}"/>'
        f'<rect class="out" x="{x + 125}" y="{y}" width="15" height="{_BAR}"/>'
        f'<text x="{x + 146}" y="{y + 10}">possible ends</text>'
        f'<rect class="possible" x="{x + 244}" y="{y}" width="30" height="{_BAR}"/>'
        f'{_mark("hollow", x + 284, middle)}<text x="{x + 294}" y="{y + 10}">somewhere within</text>\n'
    )


def _wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split():
        if line and len(line) + len(word) >= _CREDIT_LINE:
            yield line
            line = ""
        line = f"{line} {word}".strip()[:_CREDIT_LINE]
    if line:
        yield line


def _isolated(text: str) -> str:
    """Isolate right-to-left text (Unicode Bidirectional Algorithm), so that what follows it keeps its place."""
    if any(unicodedata.bidirectional(one) in {"R", "AL"} for one in text):
        text = f"\u2068{text}\u2069"
    return xml_text(text)


SVG = Format(
    name="svg",
    media_type="image/svg+xml",
    suffix=".svg",
    rule=(
        "A timeline: bars solid where certain, fading where possible, pale where uncertain throughout. Undated "
        "records are left out and counted. Of `/v1/timeline`, a bar for each bucket: as high as its possible records, solid "
        "as far as they are certain."
    ),
    writer=SvgWriter,
    most=2_000,
    uses=ITEMS | {Use.TIMELINE},
    beside=("source",),
    keeps=("title", "date"),
    has_addresses=True,
)
