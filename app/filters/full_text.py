"""`q`: the query language of the full-text search, and its filter.

* A word is found as a whole word, in any part of the record's text; all words are required.
* `"a phrase"` is found as its words in a row, within one title, name, summary, tag, provision or note.
* `prefix*` is found at the beginning of a word, also at the end of a phrase: `"bay of p*"`.
* `-not`, before a word, a prefix or a phrase, excludes records that have it. A word with signs in it is
excluded as a phrase: `-O'Brien` excludes O'Brien, not everything with an o.
* ä and ae, ö, ø and oe, ü and ue, å and aa find each other; `Poet` does not find `Pot`.
* An ISBN is found with hyphens or without, of ten digits and of thirteen; a DOI alone, after `doi:` and in an address of doi.org.
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
from app.database.index.text_query import (
    AnyTerm,
    SearchTerm,
    TextQuery,
    Wanted,
    matches,
    question_parameters,
    spelled_alike,
    terms_of,
)
from app.filters.base import Condition, Filter
from app.records.kinds import RecordKind
from app.schemas.query_model import MayBeEmpty
from app.values.digraphs import word_form_spans
from app.values.identifiers import searched_doi, searched_isbn
from app.values.text_folding import tokens

TERMS_AT_ONCE: Final = 250
"""Terms of one full-text query; more of them are split into several."""

_QUOTES: Final = '"“”„‟«»＂'

_pieces: Final = re.compile(
    f"(?P<sign>(?<!\\S)-+)?(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?:[{_QUOTES}](?P<star>\\*)?|\\Z)"
    f"|(?P<bare>[^\\s{_QUOTES}]+))"
)


def parse_text(text: str) -> TextQuery:
    """Parse a query; every text is valid."""
    required: dict[Wanted, None] = {}
    excluded: dict[Wanted, None] = {}
    for piece in _pieces.finditer(text):
        phrase, bare = piece["phrase"], piece["bare"]
        negated = bool(piece["sign"])
        identifier = None if piece["star"] else _identifier(bare if phrase is None else phrase)
        if identifier is not None:
            terms = [identifier]
        elif phrase is None and not negated:
            terms = list(_bare_terms(bare))
        else:
            terms = _phrase(bare if phrase is None else phrase, starred=bool(piece["star"]))
        for term in terms:
            (excluded if negated else required)[term] = None
    return TextQuery(tuple(required), tuple(excluded))


def _identifier(text: str) -> Wanted | None:
    """Return what finds the ISBN or DOI that a text is; None where it is neither."""
    doi = searched_doi(text)
    if doi is not None:
        return next(iter(_phrase(doi, starred=False)), None)
    isbn = searched_isbn(text)
    if isbn is None:
        return None
    written, forms = isbn
    words = dict.fromkeys(tuple(tokens(one)) for one in (written, *forms))
    return AnyTerm(tuple(map(SearchTerm, words)))


def _phrase(text: str, *, starred: bool) -> list[Wanted]:
    spans = word_form_spans(text)
    if not spans:
        return []
    prefix = starred or text[spans[-1][2] :].startswith("*")
    return [spelled_alike([forms for forms, _, _ in spans], prefix=prefix)]


def _bare_terms(text: str) -> Iterator[Wanted]:
    """Tokenize text without spaces: tokens that touch each other are characters of one run."""
    run: list[tuple[str, ...]] = []
    end = -1
    for forms, start, stop in word_form_spans(text):
        if run and start > end:
            yield spelled_alike(run, prefix=text[end : end + 1] == "*")
            run = []
        run.append(forms)
        end = stop
    if run:
        yield spelled_alike(run, prefix=text[end : end + 1] == "*")


def _nothing() -> ColumnElement[bool]:
    return false()


class TextFilter(Filter):
    """`q`: full text."""

    q: Annotated[str | SkipJsonSchema[None], MayBeEmpty()] = Field(
        None,
        description='Full text: whole words, all required; `"a phrase"`, `prefix*`, `-not`; case and accents folded; ä and ae, ö and oe, ü and ue find each other. An ISBN is found with hyphens or without, a DOI with an address before it or without. '
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
    required, excluded = _portions(query.required), _portions(query.excluded)
    yield TextQuery(next(required, ()), next(excluded, ()))
    for some in required:
        yield TextQuery(some)
    for some in excluded:
        yield TextQuery((), some)


def _portions(wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, ...]]:
    """Divide what is wanted into portions of at most `TERMS_AT_ONCE` terms, every spelling counted."""
    portion: list[Wanted] = []
    left = TERMS_AT_ONCE
    for one in wanted:
        left -= len(terms_of(one))
        if left < 0:
            yield tuple(portion)
            portion, left = [], TERMS_AT_ONCE - len(terms_of(one))
        portion.append(one)
    if portion:
        yield tuple(portion)


def _clause(name: str, *, negated: bool) -> Callable[[], ColumnElement[bool]]:
    entries = tables.entry.c.pk
    return lambda: entries.not_in(matches(name)) if negated else entries.in_(matches(name))


def _said(query: TextQuery) -> str:
    """Describe what is searched for."""
    if query.asks_nothing:
        return "a word of the query (it has none, so nothing is found)"
    words = " and ".join(map(_term, query.required))
    without = " nor ".join(map(_term, query.excluded))
    found = " but not ".join(said for said in (words, without) if said)
    return f"{found} in their text" if words else f"not {without} in their text"


def _term(wanted: Wanted) -> str:
    said = [
        " ".join(term.words) + ("*" if term.prefix else "") for term in terms_of(wanted) if not term.beside
    ]
    return " or ".join(f"“{one}”" for one in said)
