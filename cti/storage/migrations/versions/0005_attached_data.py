"""What goes with a call: data of the dialplan, and the notes that are written before there is a record."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# As they were at this revision, whatever becomes of those in tables.py.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "call_data",
        sa.Column("call_id", Id, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_data_call_id_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "position", name="pk_call_data"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "live_notes",
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_live_notes_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call", "user_id", name="pk_live_notes"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_live_notes_user_id", "live_notes", ["user_id"])
