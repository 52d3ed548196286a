"""A timeline as SVG 1.1: a bar for each bucket, self-contained: no script, nothing loaded.

A bar is as high as its bucket has possible records, and solid as far as they are certain; its `title` has the numbers.
Years are those that people write: 44 BCE, and none is 0. Colours follow `prefers-color-scheme`.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from app.formats.svg.axis import days_label, ticks, year_label
from app.formats.svg.layout import Scale, text_width
from app.formats.svg.style import MARGIN, STYLE, WIDTH
from app.formats.xml_text import xml_text
from app.timeline.schemas import Bucket, BucketCounts, Timeline
from app.values.calendar import day_of_iso, gregorian_from_days

_LEFT: Final = 72
_TOP: Final = 84
_PLOT: Final = 280
_BOTTOM: Final = _TOP + _PLOT
_INNER: Final = WIDTH - _LEFT - MARGIN
_TICKS: Final = 11
_LINES: Final = 5
_TICK_SIZE: Final = 11.5
_NARROW: Final = 6.0
"""A bar that is narrower has no outline, which would cover it."""

_BARS: Final = """.narrow{fill:var(--bar);fill-opacity:.45}.bars g:hover rect{fill-opacity:.75}"""


def timeline_svg(timeline: Timeline, title: str, question: str) -> bytes:
    """Draw a timeline; `question` says in a sentence what was counted."""
    items = timeline["items"]
    foot = list(_outside(timeline))
    height = _BOTTOM + 36 + 18 * len(foot)
    desc = " ".join([question, _told(items), *foot, "Solid is certain, pale is possible."])
    parts = [
        _head(height, title, desc),
        f'<text class="faint" x="{MARGIN}" y="58">{xml_text(_told(items))}</text>\n',
        _legend(),
        *(_chart(items) if items else [_nothing()]),
        *(
            f'<text class="faint" x="{MARGIN}" y="{_BOTTOM + 44 + 18 * at}">{xml_text(line)}</text>\n'
            for at, line in enumerate(foot)
        ),
        "</svg>\n",
    ]
    return "".join(parts).encode()


def _head(height: int, title: str, desc: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="t d">\n'
        f'<title id="t">{xml_text(title)}</title>\n<desc id="d">{xml_text(desc)}</desc>\n'
        f"<style>{STYLE}{_BARS}</style>\n"
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>\n'
        f'<text class="head" x="{MARGIN}" y="36">{xml_text(title)}</text>\n'
    )


def _named(bucket: Bucket) -> str:
    return days_label(bucket["start"], bucket["end"])


def _told(items: Sequence[Bucket]) -> str:
    if not items:
        return "Nothing here is dated."
    most = max(items, key=lambda one: one["possible"])
    whole = days_label(items[0]["start"], items[-1]["end"])
    return f"{whole}; most in {_named(most)}: {_counts(most)}."


def _counts(counts: BucketCounts) -> str:
    return f"{counts['certain']:,} certain, {counts['possible']:,} possible"


def _outside(timeline: Timeline) -> Iterator[str]:
    """Say how many records have no place in the picture."""
    items = timeline["items"]
    edges = (items[0]["start"], items[-1]["end"]) if items else (None, None)
    for word, day, counts in (
        ("Before", edges[0], timeline["before"]),
        ("After", edges[1], timeline["after"]),
    ):
        if counts["possible"]:
            at = f" {_edge(day, timeline['bucket'])}" if day is not None else ""
            yield f"{word}{at}: {_counts(counts)}."
    if timeline["undated"]:
        yield f"Without a date, or of a year that is not known: {timeline['undated']:,}."


def _edge(day: str, bucket: str) -> str:
    return (
        days_label(day, day)
        if bucket in ("day", "month")
        else year_label(gregorian_from_days(day_of_iso(day))[0])
    )


def _chart(items: Sequence[Bucket]) -> Iterator[str]:
    starts = [day_of_iso(one["start"]) for one in items]
    ends = [*starts[1:], day_of_iso(items[-1]["end"]) + 1]
    scale = Scale(starts[0], ends[-1], _INNER)
    most = max(1, *(one["possible"] for one in items))
    yield from _counts_axis(most)
    yield from _years_axis(scale, ends[-1] - 1)
    yield '<g class="bars">\n'
    for bucket, start, end in zip(items, starts, ends, strict=True):
        if bucket["possible"]:
            yield _bar(bucket, scale.x(start), scale.x(end), most)
    yield "</g>\n"


def _bar(bucket: Bucket, start: float, end: float, most: int) -> str:
    gap = min(4.0, (end - start) * 0.15)
    x, width = _LEFT + start + gap / 2, max(end - start - gap, 0.5)
    look = "narrow" if width < _NARROW else "possible"
    title = xml_text(f"{_named(bucket)}: {_counts(bucket)}")
    drawn = [
        f'<rect class="{name}" x="{x:.2f}" y="{_height(count, most):.2f}" width="{width:.2f}" '
        f'height="{_BOTTOM - _height(count, most):.2f}"/>'
        for name, count in ((look, bucket["possible"]), ("certain", bucket["certain"]))
        if count
    ]
    return f"<g><title>{title}</title>{''.join(drawn)}</g>\n"


def _height(count: int, most: int) -> float:
    return _BOTTOM - count / most * _PLOT


def _counts_axis(most: int) -> Iterator[str]:
    for count in range(0, most + 1, _step(most)):
        y = _height(count, most)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - MARGIN}"/>'
        yield f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{count:,}</text>\n'


def _step(most: int) -> int:
    """Return the smallest of 1, 2 and 5 times a power of ten by which few lines reach so far."""
    power = 1
    while True:
        for times in (1, 2, 5):
            if most <= times * power * _LINES:
                return times * power
        power *= 10


def _years_axis(scale: Scale, last: int) -> Iterator[str]:
    for tick in ticks(scale.first, last, _TICKS):
        x = _LEFT + scale.x(tick.day)
        half = text_width(tick.label, _TICK_SIZE) / 2
        at = min(max(x, half + 2), WIDTH - half - 2)
        yield f'<path class="grid" d="M{x:.1f} {_BOTTOM}v6"/>'
        yield f'<text class="tick" x="{at:.1f}" y="{_BOTTOM + 20}" text-anchor="middle">{xml_text(tick.label)}</text>\n'


def _legend() -> str:
    x, y = WIDTH - MARGIN - 200, 26
    return (
        f'<rect class="certain" x="{x}" y="{y}" width="30" height="12"/><text x="{x + 38}" y="{y + 10}">certain</text>'
        f'<rect class="possible" x="{x + 100}" y="{y}" width="30" height="12"/>'
        f'<text x="{x + 138}" y="{y + 10}">possible</text>\n'
    )


def _nothing() -> str:
    return f'<text class="faint" x="{MARGIN}" y="{_TOP + 14}">There is nothing to draw.</text>\n'
