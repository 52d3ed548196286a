"""Components in the order in which they can be written, against their definition."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from app.imports.write_order import strongly_connected_components


@given(
    st.integers(1, 12).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))))
    )
)
def test_components_are_circles_and_come_after_what_they_lead_to(graph):
    count, edges = graph
    starts, ends = array("q", [0]), array("q")
    for node in range(count):
        ends.extend(sorted(end for start, end in edges if start == node))
        starts.append(len(ends))
    found = list(strongly_connected_components(starts, ends))
    assert sorted(node for component in found for node in component) == list(range(count))
    reach = {node: {node} for node in range(count)}
    for _ in range(count):
        for start, end in edges:
            for node in range(count):
                if start in reach[node]:
                    reach[node].add(end)
    place = {node: at for at, component in enumerate(found) for node in component}
    for node in range(count):
        for other in range(count):
            mutual = other in reach[node] and node in reach[other]
            assert (place[node] == place[other]) == mutual
            if other in reach[node]:
                assert place[other] <= place[node]


def test_a_long_chain_is_no_recursion():
    count = 200_000
    starts = array("q", range(count))
    starts.append(count - 1)
    ends = array("q", range(1, count))
    assert [component[0] for component in strongly_connected_components(starts, ends)] == list(
        range(count - 1, -1, -1)
    )
