"""Forms: drafts of what is half typed, further answers of customers, and which form an entry of history came from."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# As they were at this revision, whatever becomes of those in tables.py.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def _text(name: str, default: str | None = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default)


def _of(column: str, table: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=f"fk_{table}_{column}_{of}", ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "form_drafts",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("customer_id", Id),
        _text("number"),
        _text("call"),
        _text("form", None),
        _text("version", None),
        _text("values", None),
        _text("revision"),
        _text("focus"),
        sa.Column("at", Moment, nullable=False),
        _of("user_id", "form_drafts", "users"),
        _of("customer_id", "form_drafts", "customers"),
        sa.PrimaryKeyConstraint("id", name="pk_form_drafts"),
    )
    for column in ("user_id", "customer_id", "number", "at"):
        op.create_index(f"ix_form_drafts_{column}", "form_drafts", [column])
    op.create_table(
        "form_answers",
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        _text("who"),
        _text("call"),
        _text("form", None),
        _text("version", None),
        _text("answers", None),
        _of("customer_id", "form_answers", "customers"),
        sa.PrimaryKeyConstraint("id", name="pk_form_answers"),
    )
    op.create_index("ix_form_answers_customer_id", "form_answers", ["customer_id"])
    op.add_column("customer_history", _text("source"))
