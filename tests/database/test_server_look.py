"""Whether the history of a primary goes on from the state of a replica, in histories that fork anywhere."""

import itertools
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from app.database.engine.server_look import Fork, ServerLook

FIRST_NUMBER = 7


@dataclass(frozen=True)
class State:
    """A state of a database, and every write that led to it."""

    forks: tuple[Fork, ...] = ()
    number: int = FIRST_NUMBER
    writes: frozenset[int] = frozenset()

    def look(self, *, is_forking=False):
        return ServerLook(self.number, self.number, "one", self.forks, is_forking, None)

    def wrote(self, write):
        return replace(self, number=self.number + 1, writes=self.writes | {write})

    def forked(self, begins):
        """Begin a branch as `app.database.engine.branches` does."""
        common = self.number
        if self.forks and self.number == self.forks[-1].begins - 1:
            common = self.forks[-1].last_common
        return replace(self, forks=(*self.forks, Fork(begins, common)), number=begins - 1)


STEPS = st.lists(st.tuples(st.sampled_from(["write", "write", "fork"]), st.integers(0, 99)), max_size=25)


def histories(steps):
    """Make branches, each of which forks from any state; return the states of each, in their order."""
    branches, numbers = [[State()]], itertools.count(1)
    for step, which in steps:
        number = next(numbers)
        if step == "write":
            branch = branches[which % len(branches)]
            branch.append(branch[-1].wrote(number))
        else:
            states = list(itertools.chain.from_iterable(branches))
            branches.append([states[which % len(states)].forked(number * 1000)])
    return branches


def pairs(steps):
    """Make pairs of a state and a primary's, and the last state of the primary's branch."""
    branches = histories(steps)
    for own, branch in itertools.product(itertools.chain.from_iterable(branches), branches):
        for primary in branch:
            yield own, primary, branch[-1]


@given(STEPS)
def test_a_history_goes_on_from_what_it_has_all_writes_and_forks_of(steps):
    """A replica of the same branch may have come further than the primary had when that was looked at."""
    for own, primary, last in pairs(steps):
        has_all = own.writes <= last.writes and own.forks == primary.forks[: len(own.forks)]
        assert own.look().goes_on_to(primary.look()) == has_all, (own, primary)


@given(STEPS)
def test_one_that_has_taken_over_begins_with_what_it_has(steps):
    for own, primary, _ in pairs(steps):
        taken_over, begun = primary.look(is_forking=True), primary.forked(10**6).look()
        assert own.look().goes_on_to(taken_over) == own.look().goes_on_to(begun), (own, primary)
