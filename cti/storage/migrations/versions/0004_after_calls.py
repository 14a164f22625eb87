"""What is left to do after calls: outcomes, callbacks, tickets with their history."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# As they were at this revision, whatever becomes of those in tables.py.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def _text(name: str, default: str | None = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _user(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["users.id"], name=f"fk_{table}_{column}_users")


def _customer(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["customer_id"], ["customers.id"], name=f"fk_{table}_customer_id_customers", ondelete="SET NULL"
    )


def upgrade() -> None:
    op.create_table(
        "call_results",
        _text("call", None),
        sa.Column("user_id", Id, autoincrement=False, nullable=False),
        sa.Column("at", Moment, nullable=False),
        _text("outcome", None),
        _text("outcomes"),
        _text("queue"),
        sa.Column("customer_id", Id),
        _text("number"),
        _user("call_results", "user_id"),
        _customer("call_results"),
        sa.PrimaryKeyConstraint("call", "user_id", name="pk_call_results"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_call_results_at", "call_results", ["at"])
    op.create_index("ix_call_results_customer_id", "call_results", ["customer_id"])
    op.create_table(
        "callbacks",
        sa.Column("id", Id, nullable=False),
        _text("state", "open"),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("owner", Id),
        _text("queue"),
        _text("number", None),
        sa.Column("customer_id", Id),
        _text("note"),
        _text("call"),
        sa.Column("made_by", Id, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("done_at", Moment),
        sa.Column("done_by", Id),
        *(_user("callbacks", column) for column in ("owner", "made_by", "done_by")),
        _customer("callbacks"),
        sa.PrimaryKeyConstraint("id", name="pk_callbacks"),
    )
    op.create_index("ix_callbacks_state_due_at", "callbacks", ["state", "due_at"])
    op.create_index("ix_callbacks_customer_id", "callbacks", ["customer_id"])
    op.create_table(
        "tickets",
        sa.Column("id", Id, nullable=False),
        _text("kind", None),
        _text("state", "open"),
        _text("severity", "normal"),
        _text("level", "agent"),
        _text("category"),
        _text("title", None),
        _text("text"),
        sa.Column("owner", Id),
        _text("team"),
        _text("queue"),
        sa.Column("customer_id", Id),
        _text("number"),
        _text("call"),
        sa.Column("made_by", Id, nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("due_at", Moment),
        *(_user("tickets", column) for column in ("owner", "made_by")),
        _customer("tickets"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
    )
    op.create_index("ix_tickets_state_due_at", "tickets", ["state", "due_at"])
    op.create_index("ix_tickets_customer_id", "tickets", ["customer_id"])
    op.create_index("ix_tickets_owner", "tickets", ["owner"])
    op.create_table(
        "ticket_history",
        sa.Column("ticket_id", Id, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.Column("who", Id),
        _text("act", None),
        _text("text"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets.id"], name="fk_ticket_history_ticket_id_tickets", ondelete="CASCADE"
        ),
        _user("ticket_history", "who"),
        sa.PrimaryKeyConstraint("ticket_id", "position", name="pk_ticket_history"),
        sqlite_with_rowid=False,
    )
