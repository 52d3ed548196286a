"""What is known of how far a replica has come, by the moments at which the primary was at its versions."""

from hypothesis import given
from hypothesis import strategies as st

from app.database.engine.replica_lag import PrimaryHistory

HISTORIES = st.lists(st.tuples(st.integers(0, 3), st.floats(0.1, 9)), min_size=1, max_size=60)


def seen(steps):
    """Make a history of (versions made, seconds gone by), and list what was seen: (order, moment)."""
    history, found, order, moment = PrimaryHistory(), [], 0, 0.0
    for made, gone in steps:
        order, moment = order + made, moment + gone
        history.note(order, moment)
        found.append((order, moment))
    return history, found


@given(HISTORIES, st.integers(-1, 200))
def test_a_state_is_complete_until_the_primary_was_last_seen_in_it_or_before(steps, order):
    history, found = seen(steps)
    reached = [moment for known, moment in found if known <= order]
    assert history.complete_until(order) == (reached[-1] if reached else None)


@given(HISTORIES)
def test_a_state_as_new_as_the_primary_is_not_behind(steps):
    history, found = seen(steps)
    assert history.seconds_behind(found[-1][0]) == 0
    assert history.seconds_behind(found[-1][0] + 1) == 0


@given(HISTORIES, st.integers(-1, 200))
def test_one_that_is_older_is_behind_by_what_has_gone_by(steps, order):
    history, found = seen(steps)
    reached = [moment for known, moment in found if known <= order] or [found[0][1]]
    assert history.seconds_behind(order) == found[-1][1] - reached[-1]


def test_nothing_is_known_before_the_primary_was_seen():
    history = PrimaryHistory()
    assert (history.complete_until(7), history.seconds_behind(7)) == (None, 0)


def test_after_an_older_state_was_put_in_place_nothing_is_known_of_before():
    history = PrimaryHistory()
    history.note(9, 1.0)
    history.note(5, 2.0)
    assert (history.complete_until(4), history.complete_until(5), history.complete_until(9)) == (
        None,
        2.0,
        2.0,
    )


def test_a_long_history_is_bounded():
    history = PrimaryHistory()
    for order in range(10_000):
        history.note(order, float(order))
    assert history.complete_until(9_999) == 9_999
    assert history.complete_until(0) is None
    assert history.complete_until(9_500) == 9_500
