"""The query language, and that both databases find what a plain reading of the texts finds, in one order."""

import asyncio
from functools import partial
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from querying import list_query

from app.database import tables
from app.database.engine.database import Database
from app.database.engine.planner_statistics import refresh_statistics
from app.database.index.full_text import BREAK, LAST_IN_PHRASES, MAX_POSITIONS, PARTS, text_parts
from app.database.index.text_query import AnyTerm, SearchTerm, TextQuery, terms_of
from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.filters.full_text import parse_text
from app.listing.relevance import ranking as relevance
from app.listing.relevance import service as matching
from app.listing.service import list_page
from app.records.kinds import kind_by_name
from app.records.validation.document import validate_document
from app.values.text_folding import tokens
from app.writing.write import NewRevision, write


def words(*found, prefix=False, beside=()):
    return SearchTerm(found, prefix, tuple(beside))


def any_of(*terms):
    return AnyTerm(terms)


@pytest.mark.parametrize(
    ("text", "required", "excluded"),
    [
        ("war", [words("war")], []),
        ("War  PEACE war", [words("war"), words("peace")], []),
        ("Chávez", [words("chavez")], []),
        ('"bay of pigs" 1961', [words("bay", "of", "pigs"), words("1961")], []),
        ("rev*", [words("rev", prefix=True)], []),
        ('"bay of p*"', [words("bay", "of", "p", prefix=True)], []),
        ('"bay of p"*', [words("bay", "of", "p", prefix=True)], []),
        ('"bay* of"', [words("bay", "of")], []),
        ("oil -war", [words("oil")], [words("war")]),
        ('oil -"cold war"', [words("oil")], [words("cold", "war")]),
        ("oil -rev*", [words("oil")], [words("rev", prefix=True)]),
        ("-war", [], [words("war")]),
        ("cold-war", [words("cold"), words("war")], []),
        ("oil -cold-war", [words("oil")], [words("cold", "war")]),
        ("-O'Brien's", [], [words("o", "brien", "s")]),
        ("-O'Bri*", [], [words("o", "bri", prefix=True)]),
        ("l'accord", [words("l"), words("accord")], []),
        ("東京大会", [words("東", "京", "大", "会")], []),
        ("東京 大会*", [words("東", "京"), words("大", "会", prefix=True)], []),
        ("東京1964", [words("東", "京", "1964")], []),
        ("½", [words("1", "2")], []),
        ("cafe\u0301*", [words("cafe", prefix=True)], []),
        ('"un cafe\u0301*"', [words("un", "cafe", prefix=True)], []),
        ("東\ufe00京", [words("東", "京")], []),
        ('"never closed', [words("never", "closed")], []),
        ("«доктор Живаго»", [words("доктор", "живаго")], []),
        ("a OR b AND NOT c", [words(x) for x in ("a", "or", "b", "and", "not", "c")], []),
        (
            "col:umn NEAR(x, 3) ^y {a b}",
            [words(x) for x in ("col", "umn", "near", "x", "3", "y", "a", "b")],
            [],
        ),
        ("Poet does", [words("poet"), words("does")], []),
        ("Böhme", [any_of(words("bohme"), words("boehme"))], []),
        ("Bo\u0308h*", [any_of(words("boh", prefix=True), words("boeh", prefix=True))], []),
        ("oil -Århus", [words("oil")], [any_of(words("arhus"), words("aarhus"))]),
        (
            '"Goethe kam"',
            [any_of(words("goethe", "kam"), words("gothe", "kam", beside=[words("goethe")]))],
            [],
        ),
        (
            '"von Böh*"',
            [
                any_of(
                    words("von", "boh", prefix=True),
                    words("von", "boeh", prefix=True),
                )
            ],
            [],
        ),
        (
            '"von Goet*"',
            [
                any_of(
                    words("von", "goet", prefix=True),
                    words("von", "got", prefix=True, beside=[words("goet", prefix=True)]),
                )
            ],
            [],
        ),
        ("", [], []),
        ("  \t", [], []),
        ('""', [], []),
        ("!!! -- * -* (\"')", [], []),
        ("- war", [words("war")], []),
    ],
)
def test_what_is_written_is_understood(text, required, excluded):
    assert parse_text(text) == TextQuery(tuple(required), tuple(excluded))


@given(st.text(max_size=200))
def test_any_text_can_be_parsed_and_its_words_are_all_there(text):
    query = parse_text(text)
    wanted = [terms_of(one)[0] for one in (*query.required, *query.excluded)]
    assert {word for term in wanted for word in term.words} == set(tokens(text))


def short(n):
    """Give a word of few letters, another one for each number."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return "z" + digits[n // 1296 % 36] + digits[n // 36 % 36] + digits[n % 36]


LONG = (
    " ".join(short(n) for n in range(LAST_IN_PHRASES - 5)) + " edge one two three four five six seven eight"
)
OFTEN = " ".join(f"echo e{n}" for n in range(MAX_POSITIONS + 20))
CORPUS = [
    {"title": "Cuba"},
    {
        "title": "War over Cuba",
        "aliases": ["Bay of Pigs", "Playa Girón"],
        "summary": "A landing that failed.",
    },
    {"title": "Landing", "aliases": ["Bay", "of Pigs"], "summary": "Not the bay of pigs, but another."},
    {"title": "Peace", "labels": {"es": "Paz en Cuba", "de": "Frieden"}, "tags": ["cold war", "oil"]},
    {"title": "The bay", "summary": "of pigs and of oil"},
    {"title": "Straße ohne Wiederkehr", "summary": "Ｆｕｌｌ width, ﬁne ligatures, Ærø and Łódź."},
    {"title": "東京大会", "summary": "一九六四年の東京オリンピック"},
    {"title": "京東", "aliases": ["大会東京"]},
    {"title": "Hội nghị", "summary": "Đà Nẵng, 1965"},
    {"title": "Война и мир", "summary": "Роман о войне"},
    {"title": "war war war peace", "summary": "peace war"},
    {
        "title": "It's 1/2 of O'Brien's \"quoted\" \\back\\ 'slash'",
        "summary": "a:b & c | d ! (e) <-> f:* 'g':1A",
    },
    {"title": "Long", "summary": LONG},
    {"title": "Echoes", "summary": OFTEN, "tags": ["echo chamber", "chamber echo"]},
    {"title": "Jakob Böhme", "aliases": ["Der Schuster von Görlitz"], "summary": "Århus, Müller, Bjørn"},
    {"title": "Jakob Boehme", "summary": "Ein Brief an Goethe; der Poet"},
    {"title": "Jakob Bohme", "summary": "Der Pot und die Göthe-Allee"},
    *(
        {
            "title": " ".join(
                ("cuba", "war", "peace", "oil", "bay")[(n * k) % 5] for k in (1, 2, 3)[: n % 3 + 1]
            ),
            "aliases": [("oil war", "peace bay", "cuba oil")[n % 3]],
            "summary": ("war of oil", "bay and peace", "cuba", "nothing")[n % 4],
            "tags": [("cold war", "oil bay")[n % 2]],
        }
        for n in range(40)
    ),
]


@pytest.fixture(scope="module")
def corpus(databases, migrated_template):
    url = databases.fresh(migrated_template)
    kind = kind_by_name("event")
    database = Database.open(url)
    try:

        def fill(tx):
            vocabulary = vocabulary_of(tx)
            records = [
                validate_document(kind, {"id": f"r-{n:03}", **one}, vocabulary)
                for n, one in enumerate(CORPUS)
            ]
            write(tx, [NewRevision(kind, record) for record in records], Attribution(by="test"))
            refresh_statistics(tx)
            return {
                record.id: list(text_parts(record, tables.CANONICAL_VIEW).laid_out()) for record in records
            }

        laid_out = database.write_now(fill)
    finally:
        database.dispose()
    yield url, laid_out
    databases.drop(url)


def has_any(wanted, letter, part):
    return any(
        stands(term, letter, part) and all(stands(one, letter, part) for one in term.beside)
        for term in terms_of(wanted)
    )


def stands(term, letter, part):
    wanted = [letter + word for word in term.words]
    for at in range(len(part) - len(wanted) + 1):
        here = part[at : at + len(wanted)]
        last = here[-1].startswith(wanted[-1]) if term.prefix else here[-1] == wanted[-1]
        if here[:-1] == wanted[:-1] and last:
            return True
    return False


def expected(query, laid_out):
    """Find what answers a query by reading all texts, in the order of relevance."""
    if query.asks_nothing:
        return []
    found = []
    for number, (name, parts) in enumerate(laid_out.items()):
        has = {
            term: [has_any(term, letter, part) for letter, part in zip(PARTS, parts, strict=True)]
            for term in (*query.required, *query.excluded)
        }
        if any(any(has[term]) for term in query.excluded):
            continue
        levels = [
            level
            for level in range(4)
            if all(any(has[term][: level + 1]) for term in query.required) and (query.required or level == 3)
        ]
        if levels:
            # The second forms of its words are no words of the title.
            title = parts[0][: parts[0].index(BREAK)] if BREAK in parts[0] else parts[0]
            found.append((levels[0], min(len(title), 99), number, name))
    return [name for *_, name in sorted(found)]


VOCABULARY = [
    "cuba",
    "war",
    "peace",
    "oil",
    "bay",
    "of",
    "pigs",
    "cold",
    "東京",
    "大会",
    "京",
    "мир",
    "echo",
    "e3",
    short(7),
    "jakob",
    "Böhme",
    "boehme",
    "bohme",
    "goethe",
    "göthe",
]
word = st.sampled_from(VOCABULARY)
term = st.one_of(
    word,
    st.lists(word, min_size=2, max_size=3).map(lambda some: f'"{" ".join(some)}"'),
    st.sampled_from(["c*", "wa*", '"bay o*"', "p*", "東*", "e*", "zcc*", "ł*", "*"]),
    st.sampled_from(["&", "'", "\\", ":*", "<->", "(", ")", '"', "NEAR", "a:b", "½"]),
)
queries = st.lists(st.tuples(st.sampled_from(["", "", "", "-"]), term), max_size=4).map(
    lambda some: " ".join(sign + one for sign, one in some)
)


async def asked(db, text, **more):
    pairs = [("q", text), ("limit", "1000"), *more.items()]
    query = list_query("event", pairs)
    _, rows = await db.decide(lambda reading: list_page(reading, query))
    return rows


def ids_of(rows):
    return [row[0].split('"id":"')[1].split('"')[0] for row in rows]


def run_examples(url, strategy, check, examples):
    with asyncio.Runner() as runner:
        db = Database.open(url)

        @given(strategy)
        @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
        def each(text):
            runner.run(check(db, text))

        try:
            each()
        finally:
            runner.run(db.close())


@pytest.mark.slow
def test_both_databases_find_what_reading_finds_in_the_same_order(corpus):
    url, laid_out = corpus

    async def check(db, text):
        assert ids_of(await asked(db, text)) == expected(parse_text(text), laid_out)

    run_examples(url, queries, check, 150)


@pytest.mark.slow
def test_common_words_are_found_in_the_same_order(corpus, monkeypatch):
    """What has many matches is read another way on each database; it finds the same, page by page."""
    url, laid_out = corpus
    for module in (relevance, matching):
        monkeypatch.setattr(module, "SORT_ALL_LIMIT", 0)
    stretches = cycle(((5, 20), (), (200,)))
    monkeypatch.setattr(matching.Statistics, "stretches", lambda *_: next(stretches))

    async def check(db, text):
        matching._many.pop(db.engine, None)
        found = expected(parse_text(text), laid_out)
        assert ids_of(await asked(db, text)) == found
        paged, cursor = [], {}
        while True:
            query = list_query("event", [("q", text), ("limit", "7"), *cursor.items()])
            page, rows = await db.decide(partial(list_page, query=query))
            paged += ids_of(rows)
            if page.next is None:
                break
            cursor = {"cursor": page.next}
        assert paged == found

    run_examples(url, queries, check, 80)


@pytest.mark.slow
def test_no_text_makes_it_fail(corpus):
    url, laid_out = corpus

    async def check(db, text):
        found = ids_of(await asked(db, text))
        assert found == expected(parse_text(text), laid_out)
        assert sorted(ids_of(await asked(db, text, sort="title"))) == sorted(found)

    some = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=60)
    run_examples(url, some, check, 100)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            '"bay of pigs"',
            {"r-001", "r-002"},
        ),  # an alias, a summary; not from one alias to the next, nor from title to summary
        ('"girón a"', set()),
        ('"pigs playa"', set()),
        ('"edge one"', {"r-012"}),
        ('"seven eight"', set()),  # too far into a long text for phrases
        ("eight", {"r-012"}),
        (f'"echo e{MAX_POSITIONS - 1}"', {"r-013"}),
        (f'"echo e{MAX_POSITIONS + 5}"', set()),  # too often for phrases
        (f"e{MAX_POSITIONS + 5}", {"r-013"}),
        ("strasse", {"r-005"}),
        ("lodz aero fine full", {"r-005"}),
        ("東京", {"r-006", "r-007"}),
        ("京東", {"r-007"}),
        ("da nang", {"r-008"}),
        ("ВОЙН*", {"r-009"}),
        ("g:1A", {"r-011"}),
        ("Boehme", {"r-014", "r-015"}),
        ("Böhme", {"r-014", "r-015", "r-016"}),
        ("Bohme", {"r-014", "r-016"}),
        ('"jakob boehme"', {"r-014", "r-015"}),
        ('"jakob böhme"', {"r-014", "r-015", "r-016"}),
        ('"schuster von goerl*"', {"r-014"}),
        ('"von görlitz"', {"r-014"}),
        ("goethe", {"r-015", "r-016"}),
        ("göthe", {"r-015", "r-016"}),
        ("poet", {"r-015"}),
        ("pot", {"r-016"}),
        ("aarhus mueller bjoern", {"r-014"}),
        ("arhus muller bjorn", {"r-014"}),
        ("jakob -boehme", {"r-016"}),
        ("jakob -böhme", set()),
    ],
)
async def test_boundaries_and_folding(corpus, text, found):
    db = Database.open(corpus[0])
    try:
        assert set(ids_of(await asked(db, text))) == found
    finally:
        await db.close()


async def test_a_query_of_thousands_of_words_is_asked_whole(corpus):
    db = Database.open(corpus[0])
    try:
        assert ids_of(await asked(db, " ".join(short(n) for n in range(2000)))) == ["r-012"]
        assert ids_of(await asked(db, " ".join(short(n) for n in range(2000)) + " missing")) == []
        without = " ".join(f"-x{n}" for n in range(600)) + f" -{short(7)}"
        assert "r-012" not in ids_of(await asked(db, without))
        assert len(await asked(db, without)) == len(CORPUS) - 1
    finally:
        await db.close()


def test_breaks_are_no_words():
    assert tokens(BREAK) == []
