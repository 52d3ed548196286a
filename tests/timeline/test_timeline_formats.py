"""A timeline as CSV and as SVG: the numbers of JSON in other forms."""

import csv
import io
from xml.etree import ElementTree as ET

import pytest

from app.timeline.picture import timeline_svg
from app.values.time_histogram import bucket_days, bucket_name

pytestmark = pytest.mark.anyio

NS = {"svg": "http://www.w3.org/2000/svg"}


async def write_some(writer):
    for number, (date, kind) in enumerate(
        [
            ("-0043-03-15", "battle"),
            ("0003", None),
            ("-0005/0012", "reform"),
            ("XXXX-01-03", None),
            (None, None),
        ]
    ):
        dated = {} if date is None else {"date": date}
        typed = {} if kind is None else {"type": kind}
        await writer.create("events", id=f"e{number}", title="E", **dated, **typed)


@pytest.mark.parametrize("more", [{}, {"when": "-0040/-0001"}, {"split": "type"}])
async def test_a_table_has_the_numbers(writer, more):
    await write_some(writer)
    asked = {"bucket": "decade"} | more
    told = (await writer.get("timeline", **asked)).json()
    answer = await writer.get("timeline", format="csv", **asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="timeline.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    split = "split" in more
    names = ["bucket", "start", "end", *(["type"] if split else []), "certain", "possible"]
    assert list(rows[0]) == names
    expected = []
    for bucket in told["items"]:
        each = bucket.get("types") or [{"certain": bucket["certain"], "possible": bucket["possible"]}]
        expected += [{name: str(({"type": ""} | bucket | one)[name]) for name in names} for one in each]
    assert rows == expected
    assert rows[0]["bucket"] == ("-0040" if "when" in more else "-0050")
    marked = await writer.get("timeline", format="csv", bom="true", **asked)
    assert marked.content == b"\xef\xbb\xbf" + answer.content


async def test_a_picture_has_the_numbers(writer):
    await write_some(writer)
    told = (await writer.get("timeline", bucket="decade")).json()
    answer = await writer.ask("GET", "/v1/timeline?bucket=decade", headers={"Accept": "image/svg+xml"})
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    root = ET.fromstring(answer.content)
    bars = {
        bar.findtext("svg:title", namespaces=NS): [one.get("class") for one in bar.findall("svg:rect", NS)]
        for bar in root.findall(".//svg:g[@class='bars']/svg:g", NS)
    }
    assert len(bars) == sum(bool(one["possible"]) for one in told["items"])
    # No year is 0, and 50 BCE is the first of its decade only in astronomical numbers.
    assert bars["51 BCE to 42 BCE: 1 certain, 1 possible"] == ["possible", "certain"]
    assert bars["1 BCE to 9 CE: 2 certain, 3 possible"] == ["possible", "certain"]
    desc = root.findtext("svg:desc", namespaces=NS)
    assert "Without a date, or of a year that is not known: 2." in desc
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "t d"


@pytest.mark.parametrize(
    ("asked", "title", "told", "bar"),
    [
        (
            {"bucket": "day", "when": "-0043-03-10/-0043-03-20"},
            "Events by day",
            "10 Mar 44 BCE to 20 Mar 44 BCE; most in 15 Mar 44 BCE: 1 certain, 1 possible.",
            "15 Mar 44 BCE: 1 certain, 1 possible",
        ),
        (
            {"bucket": "auto", "when": "-0001-12/0003-02"},
            "Events by month",
            "Dec 2 BCE to Feb 3 CE; most in Jan 3 CE: 1 certain, 3 possible.",
            "Feb 3 CE: 1 certain, 3 possible",
        ),
        (
            {"bucket": "millennium", "when": "-1000/0999"},
            "Events by millennium",
            "1001 BCE to 999 CE; most in 1 BCE to 999 CE: 2 certain, 3 possible.",
            "1001 BCE to 2 BCE: 2 certain, 2 possible",
        ),
    ],
)
async def test_a_picture_names_buckets_of_every_length(writer, asked, title, told, bar):
    await write_some(writer)
    answer = await writer.get("timeline", format="svg", **asked)
    root = ET.fromstring(answer.content)
    assert root.findtext("svg:title", namespaces=NS) == title
    assert told in root.findtext("svg:desc", namespaces=NS)
    assert bar in [
        one.findtext("svg:title", namespaces=NS) for one in root.iterfind(".//svg:g[@class='bars']/svg:g", NS)
    ]


async def test_what_a_format_has_no_room_for_is_refused(writer):
    for asked, parameter in (
        ({"format": "csv", "explain": "true"}, "explain"),
        ({"format": "svg", "split": "type"}, "split"),
        ({"format": "svg", "bom": "true"}, "bom"),
        ({"bom": "true"}, "bom"),
    ):
        refused = await writer.get("timeline", **asked)
        assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, parameter)
    for asked in ({"params": {"format": "xlsx"}}, {"headers": {"Accept": "application/geo+json"}}):
        answer = await writer.ask("GET", "/v1/timeline", **asked)
        assert answer.status_code == 406
        assert set(answer.json()["formats"]) == {"json", "csv", "svg"}
    told = {one["name"]: one["uses"] for one in (await writer.get("formats")).json()["items"]}
    assert {name for name, uses in told.items() if "timeline" in uses} == {"json", "csv", "svg"}


async def test_an_empty_timeline_is_a_table_and_a_picture(writer):
    assert (await writer.get("timeline", format="csv")).content == b"bucket,start,end,certain,possible\r\n"
    picture = ET.fromstring((await writer.get("timeline", format="svg")).content)
    assert "Nothing here is dated." in [text.text for text in picture.findall("svg:text", NS)]


def timeline_of(numbers, length):
    items = []
    for number in numbers:
        start, end = bucket_days(number, length)
        counts = {"certain": abs(number) % 7, "possible": abs(number) % 7 + 1}
        items.append({"bucket": bucket_name(number, length), "start": start, "end": end, **counts})
    none = {"certain": 0, "possible": 0}
    bucket = {1: "year", 10: "decade", 100: "century"}[length]
    return {
        "bucket": bucket,
        "items": items,
        "before": {"certain": 3, "possible": 1005},
        "after": none,
        "undated": 0,
    }


@pytest.mark.parametrize(
    ("numbers", "length"), [(range(-1000, 1000), 1), (range(-3, 2), 100), ([196], 10), ([10**9], 1)]
)
def test_a_picture_is_bounded_escaped_and_still(numbers, length):
    body = timeline_svg(timeline_of(numbers, length), "A <b> & c", 'Titles with "<script>" \x00')
    assert len(body) < 500_000
    root = ET.fromstring(body)
    assert {one.tag.partition("}")[2] for one in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "path",
        "text",
        "g",
    }
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on") or "href" in name]
    assert root.findtext("svg:title", namespaces=NS) == "A <b> & c"
    assert "1,005 possible" in root.findtext("svg:desc", namespaces=NS)
    for one in root.iter(f"{{{NS['svg']}}}rect"):
        assert 0 <= float(one.get("x", 0)) <= 1200
        assert float(one.get("height")) >= 0
    assert not [text.text for text in root.iter(f"{{{NS['svg']}}}text") if (text.text or "").startswith("-")]
