"""Names that parameters have elsewhere: what is told of one that an operation does not know."""

from collections.abc import Collection
from typing import Final, NamedTuple

from app.errors import Fault, nearest

UNKNOWN_PARAMETER: Final = "unknown_parameter"


class Advice(NamedTuple):
    """What to do instead of giving a parameter by another name.

    Attributes:
        parameter: the parameter that the advice is about; without it an operation has no use for the advice.
        words: what to do, to follow a semicolon.
        suggested: whether the parameter can stand in its place, with the value that was given.
    """

    parameter: str
    words: str
    suggested: bool = True


_WHEN: Final = Advice(
    "when", "give the time with `when`, as in `when=1990/1999`, `when=1990/..` or `when=1994`"
)
_FROM: Final = Advice(
    "when",
    "say from when on with `when`, as in `when=1900/..`; with an end, `when=1900/1999`",
    suggested=False,
)
_UNTIL: Final = Advice(
    "when",
    "say until when with `when`, as in `when=../1999`; with a beginning, `when=1900/1999`",
    suggested=False,
)
_SORT: Final = Advice("sort", "give the order with `sort`; a minus turns it round, as in `sort=-date`")
_CURSOR: Final = Advice(
    "cursor",
    "read on from the address in `next` of each page, which has a `cursor`; pages have no numbers",
    suggested=False,
)
_LIMIT: Final = Advice("limit", "give the number of items of a page with `limit`")
_Q: Final = Advice("q", "give the words that are searched for with `q`")
_TEXT: Final = Advice("text", "give a date in words with `text`")
_PARTICIPANT: Final = Advice(
    "participant", "give who took part with `participant`, as in `participant=actors/fidel-castro:host`"
)
_PLACE: Final = Advice("place", "give the place with `place`, as in `place=places/havana`")
_TYPE: Final = Advice("type", "give what they are with `type`: a term, or several with commas")
_TAG: Final = Advice("tag", "give a label with `tag`")
_IDS: Final = Advice("ids", "give the ids of records with `ids`, with commas between them")
_NEAR: Final = Advice(
    "near",
    "give a point with `near`, as in `near=23.13,-82.38`, and its distance with `within_km`",
    suggested=False,
)
_WITHIN: Final = Advice("within_km", "give the distance with `within_km`, in kilometres")
_BBOX: Final = Advice("bbox", "give a box with `bbox`, as in `bbox=-85,19.8,-74,23.3`")
_FIELDS: Final = Advice("fields", "give the fields that are wanted with `fields`, as in `fields=title,date`")
_INCLUDE: Final = Advice("include", "give what should come beside with `include`, as in `include=linked`")
_LANG: Final = Advice("lang", "give the language of titles with `lang`, as in `lang=es`")
_OF_AGREEMENTS: Final = Advice("party", "only agreements have it: see /v1/agreements", suggested=False)
_RELATION: Final = {
    name: Advice(
        "relation", f"give `when` with `relation={name}`, as in `when=1990&relation={name}`", suggested=False
    )
    for name in ("before", "after", "within", "contains", "overlaps")
}
_UPDATED: Final = Advice("updated_since", "give the moment since which it was written with `updated_since`")
_SINCE: Final = Advice(
    "updated_since",
    "give `updated_since` for what was written since a moment, `when=1990/..` for what happened since 1990",
    suggested=False,
)

_OTHER_NAMES: Final[dict[str, tuple[Advice, ...]]] = {
    **dict.fromkeys(("year", "years", "date", "dates", "time", "period"), (_WHEN,)),
    **dict.fromkeys(("from", "start", "begin", "datefrom", "startdate", "begindate"), (_FROM,)),
    **dict.fromkeys(("yearfrom", "startyear", "beginyear"), (_FROM,)),
    **dict.fromkeys(("to", "until", "end", "dateto", "enddate", "yearto", "endyear"), (_UNTIL,)),
    **{name: (advice,) for name, advice in _RELATION.items()},
    "since": (_SINCE, _FROM),
    **dict.fromkeys(("modifiedsince", "updatedafter"), (_UPDATED,)),
    **dict.fromkeys(("search", "query", "keyword", "keywords", "words", "name", "title"), (_Q, _TEXT)),
    "text": (_Q,),
    **dict.fromkeys(("order", "orderby", "ordering", "sortby"), (_SORT,)),
    **dict.fromkeys(("sortorder", "direction"), (_SORT._replace(suggested=False),)),
    **dict.fromkeys(("page", "pagenumber", "offset", "skip", "startindex", "next"), (_CURSOR,)),
    **dict.fromkeys(("size", "perpage", "pagesize", "rows", "top", "max", "maxresults"), (_LIMIT,)),
    **dict.fromkeys(("actor", "actors", "person", "people", "participants", "role"), (_PARTICIPANT,)),
    **dict.fromkeys(("location", "where", "places", "country", "city", "region"), (_PLACE,)),
    **dict.fromkeys(("category", "types", "eventtype"), (_TYPE,)),
    **dict.fromkeys(("tags", "label", "labels", "subject", "topic"), (_TAG,)),
    **dict.fromkeys(("id", "ref", "refs"), (_IDS,)),
    **dict.fromkeys(("lat", "lon", "lng", "latitude", "longitude", "point"), (_NEAR,)),
    **dict.fromkeys(("radius", "distance", "km"), (_WITHIN,)),
    **dict.fromkeys(("box", "bounds", "extent", "viewbox"), (_BBOX,)),
    **dict.fromkeys(("select", "columns", "properties", "field"), (_FIELDS,)),
    **dict.fromkeys(("expand", "embed"), (_INCLUDE,)),
    **dict.fromkeys(("language", "locale", "hl"), (_LANG,)),
    **dict.fromkeys(("action", "inforceon"), (_OF_AGREEMENTS,)),
}
"""What may be meant by a name, the likeliest first: small letters, without hyphens and underscores."""


def unknown_parameter(name: str, known: Collection[str]) -> Fault:
    """Make the fault for a parameter that an operation does not have, by those that it has: what to give instead."""
    plain = name.lower().replace("_", "").replace("-", "")
    meanings = _OTHER_NAMES.get(plain, ())
    advice = next((one for one in meanings if one.parameter in known), None)
    if advice is not None:
        words, meant = advice.words, advice.parameter if advice.suggested else None
    else:
        # What is known to mean something else is no misspelling.
        words, meant = "see /docs for those there are", None if meanings else nearest(name, known)
    detail = f"There is no such parameter here; {words}."
    return Fault(UNKNOWN_PARAMETER, detail, parameter=name[:100], suggestion=meant)
