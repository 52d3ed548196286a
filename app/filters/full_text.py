"""`q`: the query language of the full-text search, and its filter.

* A word is found as a whole word, in any part of the record's text; all words are required.
* `"a phrase"` is found as its words in a row, within one title, name, summary, tag, provision or note.
* `prefix*` is found at the beginning of a word, also at the end of a phrase: `"bay of p*"`.
* `-not`, before a word, a prefix or a phrase, excludes records that have it. A word with signs in it is
excluded as a phrase: `-O'Brien` excludes O'Brien, not everything with an o.
* Case and accents are folded; other signs separate words and mean nothing. Writing without spaces between
words (Chinese, Japanese, Thai, Khmer, …) is cut into its characters, and a run of it is a phrase.

No input is invalid. A query that only excludes finds everything else; a text without a single word finds
nothing, rather than everything.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated, Final

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema
from sqlalchemy import ColumnElement, false

from app.database import tables
from app.database.index.text_query import SearchTerm, TextQuery, matches, question_parameters
from app.filters.base import Condition, Filter
from app.records.kinds import RecordKind
from app.schemas.query_model import MayBeEmpty
from app.values.text_folding import token_spans

TERMS_AT_ONCE: Final = 250
"""Terms of one full-text query; more of them are split into several."""

_QUOTES: Final = '"“”„‟«»＂'

_pieces: Final = re.compile(
    f"(?P<sign>(?<!\\S)-+)?(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?:[{_QUOTES}](?P<star>\\*)?|\\Z)"
    f"|(?P<bare>[^\\s{_QUOTES}]+))"
)


def parse_text(text: str) -> TextQuery:
    """Parse a query; every text is valid."""
    required: dict[SearchTerm, None] = {}
    excluded: dict[SearchTerm, None] = {}
    for piece in _pieces.finditer(text):
        phrase, bare = piece["phrase"], piece["bare"]
        negated = bool(piece["sign"])
        if phrase is None and not negated:
            terms = list(_bare_terms(bare))
        else:
            terms = _phrase(bare if phrase is None else phrase, starred=bool(piece["star"]))
        for term in terms:
            (excluded if negated else required)[term] = None
    return TextQuery(tuple(required), tuple(excluded))


def _phrase(text: str, *, starred: bool) -> list[SearchTerm]:
    spans = token_spans(text)
    if not spans:
        return []
    prefix = starred or text[spans[-1][2] :].startswith("*")
    return [SearchTerm(tuple(token for token, _, _ in spans), prefix)]


def _bare_terms(text: str) -> Iterator[SearchTerm]:
    """Tokenize text without spaces: tokens that touch each other are characters of one run."""
    run: list[str] = []
    end = -1
    for token, start, stop in token_spans(text):
        if run and start > end:
            yield SearchTerm(tuple(run), text[end : end + 1] == "*")
            run = []
        run.append(token)
        end = stop
    if run:
        yield SearchTerm(tuple(run), text[end : end + 1] == "*")


def _nothing() -> ColumnElement[bool]:
    return false()


class TextFilter(Filter):
    """`q`: full text."""

    q: Annotated[str | SkipJsonSchema[None], MayBeEmpty()] = Field(
        None,
        description='Full text: whole words, all required; `"a phrase"`, `prefix*`, `-not`; case and accents folded. '
        "Sorted by relevance where no sort is given. Only exclusions: all that has none of them; "
        "no word at all: nothing.",
        examples=["doctors -oil"],
    )

    def conditions(self, kind: RecordKind | None) -> Sequence[Condition]:
        """Ask for what has the words; a blank query finds nothing."""
        del kind
        if self.q is None:
            return ()
        query = parse_text(self.q)
        sentence = f"that have {_said(query)}"
        if query.asks_nothing:
            return (Condition(shape=("q", "nothing"), clause=_nothing, sentence=sentence, text=query),)
        return [
            Condition(
                shape=("q", n, bool(part.required)),
                clause=_clause(f"q_{n}", negated=not part.required),
                keys=partial(matches, f"q_{n}") if part.required else None,
                parameters=question_parameters(f"q_{n}", part),
                sentence=sentence if n == 0 else "",
                text=part if n == 0 else None,
            )
            for n, part in enumerate(_parts(query))
        ]


def _parts(query: TextQuery) -> Iterator[TextQuery]:
    """Split a query of very many terms into several, which together mean the same."""
    first_excluded = query.excluded[:TERMS_AT_ONCE]
    yield TextQuery(query.required[:TERMS_AT_ONCE], first_excluded)
    for start in range(TERMS_AT_ONCE, len(query.required), TERMS_AT_ONCE):
        yield TextQuery(query.required[start : start + TERMS_AT_ONCE])
    for start in range(TERMS_AT_ONCE, len(query.excluded), TERMS_AT_ONCE):
        yield TextQuery((), query.excluded[start : start + TERMS_AT_ONCE])


def _clause(name: str, *, negated: bool) -> Callable[[], ColumnElement[bool]]:
    entries = tables.entry.c.pk
    return lambda: entries.not_in(matches(name)) if negated else entries.in_(matches(name))


def _said(query: TextQuery) -> str:
    """Describe what is searched for."""
    if query.asks_nothing:
        return "a word of the query (it has none, so nothing is found)"
    words = " and ".join(_term(one) for one in query.required if isinstance(one, SearchTerm))
    without = " nor ".join(_term(one) for one in query.excluded)
    found = " but not ".join(said for said in (words, without) if said)
    return f"{found} in their text" if words else f"not {without} in their text"


def _term(term: SearchTerm) -> str:
    said = " ".join(term.words) + ("*" if term.prefix else "")
    return f"“{said}”"
