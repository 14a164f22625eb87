"""Teams, the queues of people, how agents spent their time, notes on calls, and the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As they were at this revision, whatever becomes of those in tables.py.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

_POSTGRES = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
"""
_SQLITE = """
CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
"""


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
        sa.UniqueConstraint("name", name="uq_teams_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "user_teams",
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("team_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_teams_user_id_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_user_teams_team_id_teams"),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_teams"),
    )
    op.create_index("ix_user_teams_team_id", "user_teams", ["team_id"])
    op.create_table(
        "user_queues",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("penalty", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_queues_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "queue", name="pk_user_queues"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "agent_states",
        sa.Column("user_id", Id, nullable=False),
        sa.Column("began_at", Moment, nullable=False),
        sa.Column("ended_at", Moment, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        *(_text(name) for name in ("reason", "base", "device", "call", "forced_by", "why")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_agent_states_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "began_at", name="pk_agent_states"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_agent_states_began_at", "agent_states", ["began_at"])
    op.create_index(
        "ix_agent_states_going_on", "agent_states", ["user_id"],
        sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "call_notes",
        sa.Column("call_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_notes_call_id_calls", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_call_notes_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "user_id", name="pk_call_notes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        *(_text(name) for name in ("whom", "what", "source")),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.add_column("sessions", _text("source"))
    op.add_column("sessions", _text("browser"))
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRES.split(";\n"):
            if statement.strip():
                op.execute(statement)
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(_SQLITE.format(verb=verb))
