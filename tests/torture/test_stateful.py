"""What the write side does, against a model in plain Python: runs of random steps, on both databases.

A few runs with every test run; under the marker `torture` 500 runs of 50 steps, or as many as ANNALS_TEST_RUNS says.
"""

import os
from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from hypothesis.strategies import integers, lists, sampled_from
from sqlalchemy import select

from app.database import tables
from app.database.engine.database import Database
from app.database.revisions import Attribution
from app.database.vocabulary import known_vocabulary
from app.errors import AnnalsError
from app.maintenance.check import check
from app.merges import rename as renaming
from app.merges import service as merging
from app.merges import undo as unmerging
from app.records.kinds import kind_by_name
from app.writing import service as editing
from app.writing.submitted_document import SubmittedDocument

RUNS = int(os.environ.get("ANNALS_TEST_RUNS", "500"))
EDIT = Attribution("model")
EVENTS = [f"events/e{number}" for number in range(5)]
PLACES = [f"places/p{number}" for number in range(5)]
ANY = sampled_from(EVENTS + PLACES)
SOME_PLACES = lists(sampled_from(PLACES), max_size=3, unique=True)
FOLDED = {
    "Ärger": "arger",
    "Battle": "battle",
    "battle 2": "battle 2",
    "Zebra": "zebra",
    "Éclair": "eclair",
    "1967": "1967",
}
TITLES = sampled_from(list(FOLDED))
LIVE, DELETED, MERGED, RENAMED = (
    tables.LIVE,
    tables.DELETED,
    tables.MERGED,
    tables.RENAMED,
)


class Refused(Exception):
    """The model does not allow it."""


@dataclass(eq=False)
class Kept:
    """What the model knows of a record, or of the id that one had; `number` is its place in the order of making."""

    number: int
    ref: str
    state: int = LIVE
    into: "Kept | None" = None
    document: tuple = ()
    history: list = field(default_factory=list)


@dataclass
class Merged:
    """What the model knows of a merge: what was merged, and which revision it made of what referred to it."""

    source: Kept
    moves: dict
    undone: bool = False


class Model:
    """The rules, told as simply as they can be."""

    def __init__(self):
        self.records, self.changes, self.merges = {}, [], []
        self.made = 0

    def live(self, ref):
        if ref not in self.records or self.records[ref].state != LIVE:
            raise Refused
        return self.records[ref]

    def end(self, ref):
        """Follow merges and renamings."""
        one = self.records.get(ref)
        while one is not None and one.state in (MERGED, RENAMED):
            one = one.into
        return ref if one is None else one.ref

    def resolved(self, document):
        title, places = document
        found = [self.live(self.end(ref)).ref for ref in places]
        return title, tuple(dict.fromkeys(found))

    def with_present_ids(self, document):
        """Give a document with the ids that renamed records have now; what was merged keeps its own."""
        title, places = document
        found = [self.end(ref) if self.records[ref].state == RENAMED else ref for ref in places]
        return title, tuple(dict.fromkeys(found))

    def referring(self, ref):
        found = [one for one in self.records.values() if one.state == LIVE and ref in one.document[1]]
        return sorted(found, key=lambda one: one.number)

    def make(self, ref, state=LIVE):
        self.made += 1
        self.records[ref] = Kept(self.made, ref, state)
        return self.records[ref]

    def log(self, one, action, document):
        one.history.append((action, document))
        if document is not None:
            one.document, one.state, one.into = document, LIVE, None
        self.changes.append((action, one, len(one.history)))

    def change(self, ref, action, document):
        """Log a change, where it is one."""
        if self.live(ref).document != document:
            self.log(self.records[ref], action, document)

    def create(self, ref, document):
        if ref in self.records:
            raise Refused
        document = self.resolved(document)
        self.log(self.make(ref), "create", document)

    def update(self, ref, document):
        self.change(ref, "update", self.resolved(document))

    def delete(self, ref):
        one = self.live(ref)
        if self.referring(ref):
            raise Refused
        one.state = DELETED
        self.log(one, "delete", None)

    def restore(self, ref):
        if ref not in self.records or self.records[ref].state != DELETED:
            raise Refused
        self.log(self.records[ref], "restore", self.resolved(self.records[ref].document))

    def revert(self, ref, to):
        history = self.live(ref).history
        if to > len(history) or history[to - 1][1] is None:
            raise Refused
        self.change(ref, "revert", self.resolved(history[to - 1][1]))

    def rename(self, ref, to):
        """Give a record another id: no other's, but one that it had itself, which is then swapped with the present one."""
        one = self.live(ref)
        if ref == to:
            return
        left = self.records.get(to)
        if left is not None and not (left.state == RENAMED and left.into is one):
            raise Refused
        referring, document = self.referring(ref), one.document
        if left is None:
            left = self.make(to, RENAMED)
        self.records[to], self.records[ref] = one, left
        one.ref, left.ref = to, ref
        left.into, left.document = one, document
        self.log(one, "rename", document)
        for other in referring:
            self.log(other, "rename", self.resolved(other.document))
        self.log(left, "rename", None)

    def merge(self, source, target):
        if source == target or source.split("/")[0] != target.split("/")[0]:
            raise Refused
        one, into = self.live(source), self.live(target)
        moved = self.referring(source)
        one.state, one.into = MERGED, into
        for other in moved:
            self.log(other, "merge", self.resolved(other.document))
        self.log(one, "merge", None)
        self.merges.append(Merged(one, {other: len(other.history) for other in moved}))

    def undo(self, number):
        if number >= len(self.merges) or self.merges[number].undone:
            raise Refused
        merge = self.merges[number]
        for one, revision in merge.moves.items():
            left_as = self.with_present_ids(one.history[revision - 1][1])
            if one.state != LIVE or one.document != left_as:
                raise Refused
        source = merge.source
        before = {one: one.history[revision - 2][1] for one, revision in merge.moves.items()}
        source.state, target, source.into = LIVE, source.into, None
        try:
            back = {source: self.resolved(source.document)}
            back |= {one: self.resolved(document) for one, document in before.items()}
        except Refused:
            source.state, source.into = MERGED, target
            raise
        for one, document in back.items():
            self.log(one, "unmerge", document)
        merge.undone = True


def split(ref):
    collection, record_id = ref.split("/")
    return kind_by_name(collection.removesuffix("s")), record_id


def moved_with(document):
    """Give a place's dated geometries, which differ with its title."""
    title, _ = document
    here = {"type": "Point", "coordinates": [float(list(FOLDED).index(title)), 10]}
    there = {"type": "LineString", "coordinates": [[160, -10], [170, 10 + len(title)]]}
    return [{"geometry": here, "date": "1900/1950"}, {"geometry": there, "date": "[1950,1960~]"}]


def raw(document):
    title, places = document
    told = {"title": title, "names": [{"name": f"{title}, as it was", "date": "1900/1950"}]}
    return told | ({"places": [{"place": ref} for ref in places]} if places else {})


def content(text):
    if text is None:
        return None
    document = orjson.loads(text)
    return document["title"], tuple(one["place"] for one in document.get("places", ()))


class Writing(RuleBasedStateMachine):
    """The same steps in the model and in a database of their own."""

    databases = template = None

    def __init__(self):
        super().__init__()
        self.url = self.databases.fresh(self.template)
        self.db = Database.open(self.url, connections=1)
        self.model, self.merges = Model(), []

    def both(self, expected, verb):
        """Take a step in both: allowed in both, or refused in both."""
        try:
            expected()
        except Refused:
            allowed = False
        else:
            allowed = True
        refused = None
        try:
            done = self.db.write_now(verb)
        except AnnalsError as error:
            refused, done = error, None
        assert allowed == (refused is None), refused
        assert refused is None or refused.status < 500
        return done

    def sent(self, tx, ref, document):
        kind, record_id = split(ref)
        told = {**raw(document), "id": record_id}
        if ref in PLACES:
            told["geometries"] = moved_with(document)
        return SubmittedDocument.read(kind, told, known_vocabulary(tx), record_id)

    @rule(ref=ANY, title=TITLES, places=SOME_PLACES)
    def create(self, ref, title, places):
        document = (title, tuple(places) if ref in EVENTS else ())
        self.both(
            lambda: self.model.create(ref, document),
            lambda tx: editing.create_record(tx, split(ref)[0], self.sent(tx, ref, document), EDIT),
        )

    @rule(ref=ANY, title=TITLES, places=SOME_PLACES)
    def update(self, ref, title, places):
        document = (title, tuple(places) if ref in EVENTS else ())
        self.both(
            lambda: self.model.update(ref, document),
            lambda tx: editing.replace_record(
                tx, *split(ref), self.sent(tx, ref, document), EDIT, lambda _: None
            ),
        )

    @rule(ref=sampled_from(EVENTS), place=sampled_from(PLACES))
    def link(self, ref, place):
        if ref not in self.model.records:
            return
        title, places = self.model.records[ref].document
        self.update_to(ref, (title, tuple(dict.fromkeys((*places, place)))))

    def update_to(self, ref, document):
        self.both(
            lambda: self.model.update(ref, document),
            lambda tx: editing.patch_record(tx, *split(ref), lambda _: raw(document), EDIT, lambda _: None),
        )

    @rule(ref=ANY)
    def delete(self, ref):
        self.both(
            lambda: self.model.delete(ref),
            lambda tx: editing.delete_record(tx, *split(ref), EDIT, lambda _: None),
        )

    @rule(ref=ANY)
    def restore(self, ref):
        self.both(lambda: self.model.restore(ref), lambda tx: editing.restore_record(tx, *split(ref), EDIT))

    @rule(ref=ANY, to=integers(1, 6))
    def revert(self, ref, to):
        self.both(
            lambda: self.model.revert(ref, to),
            lambda tx: editing.revert_record(tx, *split(ref), to, EDIT, lambda _: None),
        )

    @rule(ref=ANY, number=integers(0, 4))
    def rename(self, ref, number):
        self.rename_both(ref, f"{ref[:-1]}{number}")

    @rule(place=sampled_from(PLACES), event=sampled_from(EVENTS), number=integers(0, 4))
    def rename_what_is_referred_to(self, place, event, number):
        """Rename a place of an event; both are made, and the event refers to it, where they can."""
        self.create(place, "1967", [])
        self.create(event, "Zebra", [])
        self.link(event, place)
        self.rename_both(place, f"places/p{number}")

    @rule(ref=ANY)
    def rename_back(self, ref):
        """Give the record that had an id that id again."""
        one = self.model.records.get(ref)
        if one is not None and one.state == RENAMED:
            self.rename_both(one.into.ref, ref)

    def rename_both(self, ref, to):
        self.both(
            lambda: self.model.rename(ref, to),
            lambda tx: renaming.rename_record(tx, *split(ref), to.split("/")[1], EDIT, lambda _: None),
        )

    @rule(source=ANY, into=ANY)
    def merge(self, source, into):
        self.merge_both(source, into)

    @rule(source=sampled_from(PLACES), into=sampled_from(PLACES))
    def merge_places(self, source, into):
        self.merge_both(source, into)

    def merge_both(self, source, target):
        made = self.both(
            lambda: self.model.merge(source, target),
            lambda tx: merging.merge_records(tx, source, target, EDIT, aliases=False),
        )
        if made is not None:
            self.merges.append(made.pk)

    @rule(number=integers(0, 3))
    def unmerge(self, number):
        pk = self.merges[number] if number < len(self.merges) else 2**31
        self.both(lambda: self.model.undo(number), lambda tx: unmerging.undo_merge(tx, pk, EDIT))

    @rule()
    def list_all(self):
        self.compare_lists()

    def compare_lists(self):
        """Compare counts, the order of titles and the links of what is there."""
        record, entry, link = (
            tables.record,
            tables.entry.c,
            tables.link.c,
        )
        target = record.alias("target")
        with self.db.snapshot() as connection:
            listed = connection.execute(
                select(record.c.kind, record.c.id, entry.title_key)
                .join(record, record.c.pk == entry.record)
                .where(entry.view == tables.CANONICAL_VIEW)
                .order_by(entry.title_key, record.c.id)
            ).all()
            linked = connection.execute(
                select(record.c.id, target.c.id)
                .join(record, record.c.pk == link.record)
                .join(target, target.c.pk == link.target)
                .where(link.view == tables.CANONICAL_VIEW)
            ).all()
        live = {ref: one for ref, one in self.model.records.items() if one.state == LIVE}
        expected = sorted(
            (FOLDED[one.document[0]], ref.split("/")[1], ref.split("/")[0][:-1]) for ref, one in live.items()
        )
        assert [(record_id, kind) for kind, record_id, _ in listed] == [one[1:] for one in expected]
        wanted = {
            (ref.split("/")[1], place.split("/")[1]) for ref, one in live.items() for place in one.document[1]
        }
        assert {tuple(row) for row in linked} == wanted

    def teardown(self):
        try:
            self.compare_lists()
            self.compare_history()
            assert check(self.db) == []
        finally:
            self.db.dispose()
            self.databases.drop(self.url)

    def compare_history(self):
        """Compare states, documents, revisions and changes of everything that ever was."""
        record, revision, change = (
            tables.record.c,
            tables.revision.c,
            tables.change.c,
        )
        into = tables.record.alias("into")
        with self.db.snapshot() as connection:
            stored = connection.execute(
                select(record.kind, record.id, record.state, record.document, into.c.id).join_from(
                    tables.record,
                    into,
                    into.c.pk == record.merged_into,
                    isouter=True,
                )
            ).all()
            revisions = connection.execute(
                select(record.kind, record.id, revision.revision, revision.action, revision.document)
                .join(tables.record, record.pk == revision.record)
                .order_by(revision.record, revision.revision)
            ).all()
            changes = connection.execute(
                select(change.action, record.kind, record.id, change.revision)
                .join(tables.record, record.pk == change.record)
                .order_by(change.seq)
            ).all()
        model = self.model.records
        assert {f"{kind}s/{record_id}": (state, into) for kind, record_id, state, _, into in stored} == {
            ref: (one.state, one.into and one.into.ref.split("/")[1]) for ref, one in model.items()
        }
        for kind, record_id, _, document, _ in stored:
            assert content(document) == model[f"{kind}s/{record_id}"].document
        found = {ref: [] for ref in model}
        for kind, record_id, number, action, document in revisions:
            found[f"{kind}s/{record_id}"].append((action, content(document)))
            assert number == len(found[f"{kind}s/{record_id}"])
        assert found == {ref: one.history for ref, one in model.items()}
        assert [(action, f"{kind}s/{record_id}", number) for action, kind, record_id, number in changes] == [
            (action, one.ref, number) for action, one, number in self.model.changes
        ]


def run(databases, template, runs, steps):
    Writing.databases, Writing.template = databases, template
    run_state_machine_as_test(
        Writing,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_few_runs_do_as_the_model_says(databases, migrated_template):
    run(databases, migrated_template, 5, 20)


@pytest.mark.torture
def test_many_runs_do_as_the_model_says(databases, migrated_template):
    run(databases, migrated_template, RUNS, 50)
