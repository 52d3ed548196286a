"""Rows that are given to Postgres as JSON: they come in as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, Float, LargeBinary, MetaData, SmallInteger, Table

from app.database.engine import raw_sql as direct
from app.database.index.json_rows import given_rows, rows_as_json
from app.database.tables import KeyText

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)

KINDS = Table(
    "kinds",
    MetaData(),
    Column("number", BigInteger),
    Column("small", SmallInteger),
    Column("real", Float(53)),
    Column("flag", Boolean),
    Column("text", KeyText),
    Column("bytes", LargeBinary),
)
NAMES = tuple(str(column.name) for column in KINDS.columns)
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.integers(-(2**15), 2**15 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        st.binary(),
    ),
    max_size=5,
)


@pytest.fixture
def fetch(database):
    def rows(given_ones):
        asked = f"SELECT * FROM {given_rows(KINDS, NAMES, '%s')}"
        with database.snapshot() as connection:
            return direct.fetch_all(connection, asked, (rows_as_json(NAMES, given_ones),))

    return rows


def test_rows_come_in_as_they_are(fetch):
    @given(ROWS)
    def examine(given_ones):
        found = [(*row[:-1], bytes(row[-1])) for row in fetch(given_ones)]
        assert found == given_ones

    examine()


def test_what_is_in_no_column_is_refused(fetch):
    with pytest.raises(TypeError):
        fetch([(1, 1, 1.0, True, "a", object())])
