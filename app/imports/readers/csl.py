"""Reading CSL-JSON (1.0.2): citations as sources.

Years before 1 CE are negative without a year 0 in date parts; `literal` and `raw` are words.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from app.formats.citation_terms import LICENCE, SAYING_LITTLE, SOURCE_TYPES, TYPES, VARIABLES
from app.formats.csl import DATABASE
from app.imports.documents import ImportedDocument
from app.imports.json_values import object_of, objects_of
from app.imports.readers.cited_sources import cited_source, is_own, known_parts, parts_of
from app.imports.readers.file_format import FileFormat
from app.imports.readers.json import read_json
from app.values.edtf.text import is_edtf, year_text

_SPOKEN: Final = ("given", "dropping-particle", "non-dropping-particle", "family")
_SEASONS: Final = 20
"""What is added to a season of CSL, from 1 to 4, in EDTF."""
_PSEUDO_MONTHS: Final = range(13, 17)
"""What citation processors write for the seasons in place of a month, besides the numbers of EDTF."""

_READ: Final = frozenset(
    [
        *VARIABLES.values(),
        "id",
        "type",
        "title",
        "author",
        "editor",
        "issued",
        "accessed",
        "URL",
        "abstract",
        "keyword",
    ]
)
_IGNORED: Final = frozenset(
    {"source", "citation-key", "citation-label", "title-short", "container-title-short", "custom"}
)


def read_csl(chunks: Iterable[bytes]) -> Iterator[ImportedDocument]:
    """Read an array of citations, `items` of an object, or one citation.

    Raises:
        WrongEncoding: the text is in UTF-16 or UTF-32.
    """
    for read in read_json(chunks):
        yield read if read.raw is None or read.faults else _source(read.line, read.raw)


def _source(line: int, cited: Mapping[str, Any]) -> ImportedDocument:
    custom = object_of(cited.get("custom"))
    permanent = _text(custom.get("permanent"))
    key = _text(cited.get("citation-key")) or _text(cited.get("id"))
    own = cited.get("source") == DATABASE and is_own(key, permanent)
    kind = _text(cited.get("type"))
    said: dict[str, Any] = {
        "title": _text(cited.get("title")),
        "type": SOURCE_TYPES.get(kind),
        "authors": _names(cited.get("author")),
        "editors": _names(cited.get("editor")),
        **_name_parts(cited),
        "url": _text(cited.get("URL")),
        "accessed": _accessed(cited.get("accessed")),
        "date": _date(cited.get("issued")),
        "tags": _keywords(_text(cited.get("keyword"))),
        **{member: _text(cited.get(variable)) for member, variable in VARIABLES.items()},
    }
    summary = [_text(cited.get("abstract"))]
    if own:
        _restore(said, custom, permanent)
    else:
        summary.append(said.pop("attribution"))
    said["summary"] = "\n\n".join(one for one in summary if one)
    lost = not cited.keys() <= _READ | _IGNORED or (said["type"] is None and kind not in SAYING_LITTLE)
    return cited_source(line, key or None, said, own=own, left_out=lost and not own)


def _restore(said: dict[str, Any], custom: Mapping[str, Any], permanent: str) -> None:
    """Take what this service wrote beside the variables of CSL, and not what it wrote instead of others."""
    said["type"] = one if (one := _text(custom.get("type"))) in TYPES or one == "other" else None
    if edtf := _text(custom.get("edtf")):
        calendar = _text(custom.get("calendar"))
        # The words that a date in any other calendar needs are not in a citation.
        said["date"] = {
            "edtf": edtf,
            **({"calendar": calendar} if calendar in ("julian", "gregorian") else {}),
        }
    said["accessed"] = _text(custom.get("accessed"))
    said["licence"] = said["licence"] or _text(custom.get(LICENCE))
    if isinstance(custom.get("tags"), list):
        said["tags"] = custom["tags"]
    for member in ("url", "shelfmark"):
        if said[member] == permanent:
            del said[member]


def _names(said: Any) -> list[str]:
    names = map(_name, objects_of(said))
    return list(dict.fromkeys(name for name in names if name))


def _name(said: Mapping[str, Any]) -> str:
    if literal := _text(said.get("literal")):
        return literal
    spoken = " ".join(one for name in _SPOKEN if (one := _text(said.get(name))))
    return ", ".join(one for one in (spoken, _text(said.get("suffix"))) if one)


def _name_parts(cited: Mapping[str, Any]) -> dict[str, Any]:
    names = [one for role in ("author", "editor") for one in objects_of(cited.get(role))]
    return {"name_parts": known_parts(map(_parts, names))} if names else {}


def _parts(said: Mapping[str, Any]) -> dict[str, str] | None:
    if _text(said.get("literal")):
        return None
    given, dropping, particle, family = (_text(said.get(name)) for name in _SPOKEN)
    whole = " ".join(one for one in (particle, family) if one)
    return parts_of(whole, " ".join(one for one in (given, dropping) if one), _text(said.get("suffix")))


def _keywords(text: str) -> list[str]:
    parts = text.split(";" if ";" in text else ",")
    return list(dict.fromkeys(one.strip() for one in parts if one.strip()))


def _accessed(said: Any) -> str:
    found = _date(said)
    return found if isinstance(found, str) else found["edtf"]


def _date(said: Any) -> str | dict[str, str]:
    date = object_of(said)
    sides = date.get("date-parts")
    parts = [_edtf(one) for one in sides if isinstance(one, list) and one] if isinstance(sides, list) else []
    if not parts or None in parts:
        return _text(date.get("literal")) or _text(date.get("raw"))
    texts = [one for one in parts if one is not None]
    season = _text(date.get("season"))
    if season in ("1", "2", "3", "4") and len(texts) == 1 and re.fullmatch(r"-?[0-9]{4}", texts[0]):
        texts = [f"{texts[0]}-{_SEASONS + int(season)}"]
    circa = "~" if date.get("circa") not in (None, False, 0, "") else ""
    edtf = "/".join(f"{one}{circa}" for one in texts)
    # What is none is not to be read as other words: 2012-17 would be six years.
    return {"edtf": edtf} if is_edtf(edtf) else f"date-parts {orjson.dumps(sides).decode()}"


def _edtf(parts: list[Any]) -> str | None:
    """Return a year, month and day as EDTF; None where they are no numbers."""
    texts = [_text(one) for one in parts[:3]]
    texts = texts[: texts.index("")] if "" in texts else texts
    if not texts or not all(re.fullmatch(r"-?[0-9]{1,9}", one) for one in texts):
        return None
    year, *rest = map(int, texts)
    if len(rest) == 1 and rest[0] in _PSEUDO_MONTHS:
        rest = [rest[0] - _PSEUDO_MONTHS.start + _SEASONS + 1]
    return "-".join((year_text(year if year >= 0 else year + 1), *(f"{one:02d}" for one in rest)))


def _text(said: Any) -> str:
    text = str(said) if isinstance(said, str | int | float) else ""
    return text if text.strip() else ""


_MEMBER: Final = r'"(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|[-\w.]+)\s*,\s*'
_KINDS: Final = "|".join(
    sorted({*TYPES.values(), *SOURCE_TYPES} - {"article", "document", "collection", "map", "report"})
)
_BEGINS: Final = re.compile(rf'\[?\s*\{{\s*(?:(?!"kind"){_MEMBER}){{0,20}}"type"\s*:\s*"(?:{_KINDS})"')
_CSL_FOLLOWS: Final = re.compile(r'"(?:container-title|issued|date-parts|DOI|ISBN|author)"\s*:')

FORMAT: Final = FileFormat(
    "csl",
    "CSL-JSON",
    (".csl.json",),
    ("application/vnd.citationstyles.csl+json",),
    lambda chunks, _: read_csl(chunks),
    lambda head: _BEGINS.match(head.text) is not None and _CSL_FOLLOWS.search(head.text) is not None,
    within="json",
)
