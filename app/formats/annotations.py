"""Web Annotations (W3C Web Annotation Data Model): each item of evidence as an annotation of its source.

* The target is the passage: the source by its `url`, else by the address of its record, with every way in which the place is
  known as a selector: TextPositionSelector, TextQuoteSelector, and FragmentSelector for page and paragraph. Evidence from
  outside the sources has the record itself as its target.
* The bodies are the statement (the record's address, with the property as a fragment), the source's record (`identifying`),
  the value that the source has (`describing`, as JSON), the editor's words (`commenting`), and stance, rank and basis as
  tags, as far as they are not what is assumed of rank and basis.
* What disputes a statement has the motivation `questioning`, anything else `linking`.
* One AnnotationPage has those of all the records, in their order.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from app.formats.format import About, Format, FormatItem
from app.records.base import Record
from app.records.source import Source

PROFILE: Final = "http://www.w3.org/ns/anno.jsonld"
"""The context of annotations, by which their media type is told from other JSON-LD."""

PDF_FRAGMENTS: Final = "http://tools.ietf.org/rfc/rfc3778"
"""The specification of fragments that name a page."""


class AnnotationWriter:
    """Writes a page of annotations."""

    held = 0

    def __init__(self, about: About) -> None:
        """Make addresses below that of the service."""
        self._about = about
        self._comma = b""

    def begin(self) -> bytes:
        """Open the page."""
        head = page_head(self._about.address, self._about.title)
        return orjson.dumps(head).removesuffix(b"}") + b',"items":['

    def chunk(self, items: Sequence[FormatItem]) -> bytes:
        """Return the annotations of each item."""
        found = b",".join(
            orjson.dumps(annotation(item.ref, evidence, item.linked, self._about.base))
            for item in items
            for evidence in orjson.loads(item.document).get("evidence", ())
        )
        comma, self._comma = self._comma, b"," if found else self._comma
        return comma + found if found else b""

    def end(self) -> tuple[bytes, ...]:
        """Close the page."""
        return (b"]}",)


def page_head(address: str | None, label: str) -> dict[str, Any]:
    """Return what a page of annotations has before its items."""
    named = {} if address is None else {"id": address}
    return {"@context": PROFILE, **named, "type": "AnnotationPage", "label": label}


def annotation(
    ref: str, evidence: Mapping[str, Any], linked: Mapping[str, Record], base: str
) -> dict[str, Any]:
    """Return an item of evidence of a record as an annotation.

    Args:
        ref: the reference to the record.
        evidence: the item, as the record's document has it.
        linked: the records of sources, by reference, as far as they are known.
        base: the address of the service.
    """
    return {
        "id": f"{base}/v1/{ref}/evidence/{evidence['id']}",
        "type": "Annotation",
        "motivation": "questioning" if evidence.get("stance") == "disputes" else "linking",
        "body": list(_bodies(ref, evidence, base)),
        "target": _target(ref, evidence, linked, base),
    }


def _bodies(ref: str, evidence: Mapping[str, Any], base: str) -> Iterator[dict[str, Any]]:
    statement: dict[str, Any] = {
        "type": "SpecificResource",
        "source": f"{base}/v1/{ref}",
        "purpose": "linking",
    }
    if "property" in evidence:
        statement["selector"] = {"type": "FragmentSelector", "value": evidence["property"]}
    yield statement
    if "source" in evidence:
        yield {
            "type": "SpecificResource",
            "source": f"{base}/v1/{evidence['source']}",
            "purpose": "identifying",
        }
    if "value" in evidence:
        value = orjson.dumps(evidence["value"]).decode()
        yield {"type": "TextualBody", "value": value, "format": "application/json", "purpose": "describing"}
    if "note" in evidence:
        yield _text(evidence["note"], "commenting")
    yield _text(evidence.get("stance", "supports"), "tagging")
    for name in ("rank", "basis"):
        if name in evidence:
            yield _text(evidence[name], "tagging")


def _text(value: str, purpose: str) -> dict[str, str]:
    return {"type": "TextualBody", "value": value, "format": "text/plain", "purpose": purpose}


def _target(
    ref: str, evidence: Mapping[str, Any], linked: Mapping[str, Record], base: str
) -> str | dict[str, Any]:
    named = evidence.get("source")
    if named is None:
        return f"{base}/v1/{ref}"
    source = linked.get(named)
    address = source.url if isinstance(source, Source) and source.url is not None else f"{base}/v1/{named}"
    selectors = list(_selectors(evidence.get("selector", {})))
    if not selectors:
        return address
    # Several selectors name the same passage, so that a program can use the one that it understands.
    return {
        "type": "SpecificResource",
        "source": address,
        "selector": selectors[0] if len(selectors) == 1 else selectors,
    }


def _selectors(selector: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "start" in selector:
        yield {"type": "TextPositionSelector", "start": selector["start"], "end": selector["end"]}
    if "exact" in selector:
        quote = {name: selector[name] for name in ("exact", "prefix", "suffix") if name in selector}
        yield {"type": "TextQuoteSelector", **quote}
    places = {name: selector[name] for name in ("page", "paragraph") if name in selector}
    if places:
        fragment = {
            "type": "FragmentSelector",
            "value": "&".join(f"{one}={at}" for one, at in places.items()),
        }
        is_pdf_page = places.keys() == {"page"} and isinstance(places["page"], int)
        yield fragment | ({"conformsTo": PDF_FRAGMENTS} if is_pdf_page else {})


OA = Format(
    name="oa",
    media_type=f'application/ld+json;profile="{PROFILE}"',
    suffix=".oa.jsonld",
    rule=(
        "The evidence alone, as Web Annotations: an AnnotationPage with an annotation for each item, whose target is the "
        "passage of the source and whose bodies are the statement that it bears on, value, note, stance, rank and basis. No "
        "limit unless one is given."
    ),
    writer=AnnotationWriter,
    streams=True,
    beside=("source",),
    keeps=("title", "evidence"),
    as_written=True,
    has_addresses=True,
)
