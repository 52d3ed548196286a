"""Records with links for tests of the graph, and plain searches over them, without a look at the index."""

import itertools
from collections import deque
from dataclasses import dataclass

from app.database.revisions import Attribution
from app.database.vocabulary import vocabulary_of
from app.records.kinds import kind_by_name
from app.records.references import links, own_reference
from app.records.source_view import source_views
from app.records.validation.document import validate_document
from app.values.edtf import value as edtf
from app.values.timespan import TemporalRelation, certain, possible
from app.writing.write import NewRevision, write


@dataclass
class Tie:
    """A link as its document has it."""

    source: str
    target: str
    relation: str
    role: str | None
    span: object

    @property
    def ends(self):
        return self.source, self.target


def fill(database, documents, source=None):
    """Write documents, given as (kind, raw) in an order in which references lead back; give their ties, as a source has them."""
    ties = []

    def work(tx):
        vocabulary = vocabulary_of(tx)
        for kind_name, group in itertools.groupby(documents, key=lambda each: each[0]):
            kind = kind_by_name(kind_name)
            drafts = [NewRevision(kind, validate_document(kind, raw, vocabulary)) for _, raw in group]
            write(tx, drafts, Attribution(by="test"))
            for draft in drafts:
                seen = draft.record if source is None else dict(source_views(draft.record)).get(source)
                if seen is None:
                    continue
                own = seen.date
                for link in links(seen):
                    date = link.date or (own.value if own is not None else None)
                    ref = own_reference(draft.record)
                    ties.append(Tie(ref, link.target, link.relation, link.role, date and date.span))

    database.write_now(work)
    return ties


DATES = (
    None, "1950", "1951-03", "1952-06-01/1953", "1954/..", "../1951", "1955~", "[1950,1956]", "{1950,1957}", "195X",
    "1953-01-01", "1956?", "{1951..1953,1958}", "1957/",
)  # fmt: skip
ROLES = (None, "host", "guest")


YEARS = (None, *(str(year) for year in range(1950, 1958)), "1951/1953", "../1952", "1955/..")


def random_documents(chance, actors=8, events=9, dates=DATES):
    """A tangle: events with participants and places, actors related to each other and to what was before."""
    documents = [("place", {"id": f"p{n}", "title": f"Place {n}"}) for n in range(2)]
    seen = [f"places/p{n}" for n in range(2)]
    for n in range(actors):
        raw = {"id": f"a{n}", "title": f"Actor {n}", "relations": []}
        others = [ref for ref in seen if ref.startswith("actors/")]
        for target in chance.sample(others, min(len(others), chance.choice((0, 0, 1, 2)))):
            relation = {"type": chance.choice(("ally-of", "member-of")), "target": target}
            date = chance.choice(dates)
            raw["relations"].append(relation | ({"date": date} if date else {}))
        date = chance.choice(dates)
        documents.append(("actor", raw | ({"date": date} if date else {})))
        seen.append(f"actors/a{n}")
    for n in range(events):
        raw = {"id": f"e{n}", "title": f"Event {n}"}
        chosen = {
            (f"actors/a{chance.randrange(actors)}", chance.choice(ROLES))
            for _ in range(chance.choice((0, 1, 2, 3)))
        }
        raw["participants"] = [
            {"actor": actor} | ({"role": role} if role else {}) for actor, role in sorted(chosen, key=str)
        ]
        if chance.random() < 0.2:
            raw["places"] = [{"place": f"places/p{chance.randrange(2)}"}]
        date = chance.choice(dates)
        documents.append(("event", raw | ({"date": date} if date else {})))
        seen.append(f"events/e{n}")
    return documents, seen


def with_evidence(chance, documents, source):
    """Give some of the documents evidence of a source: for some of what they say, against some, and for another date or role."""
    yield "source", {"id": source.partition("/")[2], "title": "Source"}
    for kind, raw in documents:
        items = [
            {
                "property": name,
                "source": source,
                "stance": chance.choice(("supports", "supports", "disputes")),
            }
            for name in ("date", "participants", "places", "relations")
            if raw.get(name) and chance.random() < 0.6
        ]
        if kind == "event" and chance.random() < 0.5:
            witness = {"actor": f"actors/a{chance.randrange(8)}", "role": "witness"}
            items = [
                {"property": "date", "source": source, "value": chance.choice(DATES[1:])},
                {"property": "participants", "source": source, "value": [witness]},
            ]
        yield kind, raw | ({"evidence": items} if items else {})


def neighbours(ties):
    found = {}
    for tie in ties:
        found.setdefault(tie.source, []).append((tie.target, tie))
        found.setdefault(tie.target, []).append((tie.source, tie))
    return found


def distances(ties, start, most=10**9):
    around = neighbours(ties)
    found, queue = {start: 0}, deque([start])
    while queue:
        here = queue.popleft()
        if found[here] == most:
            break
        for there, _ in around.get(here, ()):
            if there not in found:
                found[there] = found[here] + 1
                queue.append(there)
    return found


def simple_chains(ties, start, goal, length):
    """Every chain of records of that length, without a repetition."""
    around = neighbours(ties)

    def walk(trail):
        if len(trail) == length + 1:
            if trail[-1] == goal:
                yield tuple(trail)
            return
        for there in sorted({there for there, _ in around.get(trail[-1], ())}):
            if there not in trail:
                yield from walk([*trail, there])

    yield from walk([start])


def in_order(ties, chain):
    """Whether links can be chosen whose days never go back: every choice is tried."""
    between = {}
    for tie in ties:
        between.setdefault(frozenset(tie.ends), []).append(tie)
    hops = [
        [tie.span.bounds for tie in between[frozenset(pair)] if tie.span is not None]
        for pair in itertools.pairwise(chain)
    ]
    for choice in itertools.product(*hops):
        day = -(2**63)
        for bounds in choice:
            day = max(day, bounds.s1)
            if day > bounds.e2:
                break
        else:
            return True
    return False


def at(ties, when, certainty):
    asked = edtf.parse_edtf(when).span.bounds
    hold = certain if certainty == "certain" else possible
    return [
        tie
        for tie in ties
        if tie.span is not None and hold(TemporalRelation.OVERLAPS, tie.span, asked.s1, asked.e2)
    ]


CASES = (("1951", "possible"), ("1950/1960", "certain"), ("1956", "possible"), ("1953", "certain"))


def cases_of(every):
    """Parameters of a question of time, each with the ties that answer it; none asked at first."""
    yield {}, every
    for when, certainty in CASES:
        yield {"when": when, "certainty": certainty}, at(every, when, certainty)


async def get(client, path, status=200, **parameters):
    answer = await client.get(f"/v1/{path}", params=parameters)
    assert answer.status_code == status, answer.text
    return answer.json()


def told_edges(document):
    return sorted((e["source"], e["target"], e["relation"], e.get("role", "")) for e in document["edges"])


def check_chain(chain, ties, start, goal):
    refs = [node["ref"] for node in chain["nodes"]]
    assert (refs[0], refs[-1]) == (start, goal)
    assert chain["length"] == len(chain["hops"]) == len(refs) - 1
    known = {(tie.source, tie.target, tie.relation, tie.role) for tie in ties}
    for hop, pair in zip(chain["hops"], itertools.pairwise(refs), strict=True):
        assert {hop["source"], hop["target"]} == set(pair)
        assert (hop["source"], hop["target"], hop["relation"], hop.get("role")) in known
        assert isinstance(hop["evidence"], list)
    return tuple(refs)


def hub(width):
    return [
        ("place", {"id": "world", "title": "World"}),
        ("actor", {"id": "lone", "title": "Lone"}),
        (
            "actor",
            {"id": "friend", "title": "Friend", "relations": [{"type": "ally-of", "target": "actors/lone"}]},
        ),
        *(
            ("event", {"id": f"e{n}", "title": f"E{n}", "places": [{"place": "places/world"}]})
            for n in range(width)
        ),
        *(("actor", {"id": f"a{n}", "title": f"A{n}"}) for n in range(2)),
        *(
            (
                "event",
                {
                    "id": f"meeting-{n}",
                    "title": "Meeting",
                    "places": [{"place": "places/world"}],
                    "participants": [{"actor": f"actors/a{n}"}],
                },
            )
            for n in range(2)
        ),
    ]
