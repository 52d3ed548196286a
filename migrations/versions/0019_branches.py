"""Number the branches of the history: where it forks, versions and changes go on above those that were lost."""

import secrets
import time

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# The timeline of the server (manual, "Timelines"); NULL on a standby, and where the role may not see it.
TIMELINE = """
CREATE OR REPLACE FUNCTION annals_timeline() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RETURN NULL;
    END IF;
    RETURN ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer;
EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    """Begin with a history that has not forked."""
    op.add_column("database", sa.Column("branch", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("database", sa.Column("stamp", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("database", sa.Column("timeline", sa.Integer()))
    op.create_table(
        "branch",
        sa.Column("branch", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("timeline", sa.Integer()),
        sa.Column("last_common", sa.BigInteger(), nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    stamp = time.time_ns() // 1000
    op.get_bind().execute(
        sa.text("UPDATE database SET stamp = :stamp, version_tag = :tag"),
        {"stamp": stamp, "tag": f"1.{stamp}-{secrets.token_hex(6)}"},
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(TIMELINE)
        op.execute("UPDATE database SET timeline = annals_timeline()")


def downgrade() -> None:
    """Take them away; the version is its number and a token, as it was."""
    op.get_bind().execute(
        sa.text("UPDATE database SET version_tag = CAST(version AS TEXT) || '-' || :token"),
        {"token": secrets.token_hex(6)},
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION annals_timeline()")
    op.drop_table("branch")
    for name in ("timeline", "stamp", "branch"):
        op.drop_column("database", name)
