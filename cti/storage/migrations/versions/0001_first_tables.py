"""Customers with their numbers, calls, open calls, users and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# As they were at this revision, whatever becomes of those in tables.py.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("tags", sa.Text(), server_default="[]", nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "open_calls",
        sa.Column("switch", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("switch", "boot", "call", name="pk_open_calls"),
    )
    op.create_table(
        "switches",
        sa.Column("switch", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("switch", name="pk_switches"),
    )
    op.create_table(
        "users",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("must_change", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "calls",
        sa.Column("id", Id, autoincrement=False, nullable=False),
        sa.Column("switch", sa.Text(), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_e164", sa.Text(), nullable=True),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("customer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("dialled", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("answered_at", Moment, nullable=True),
        sa.Column("ended_at", Moment, nullable=False),
        sa.Column("wait_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("talk_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("hold_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("certain", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("ended_before", Moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_calls_customer_id_customers", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("switch", "boot", "call", name="uq_calls_switch_boot_call"),
    )
    op.create_index(
        "ix_calls_customer_e164_started_at_customer_id", "calls", ["customer_e164", "started_at", "customer_id"]
    )
    op.create_index("ix_calls_customer_id", "calls", ["customer_id"])
    op.create_index("ix_calls_started_at", "calls", ["started_at"])
    op.create_table(
        "customer_numbers",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("e164", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_customer_numbers_customer_id_customers", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "e164", name="pk_customer_numbers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_customer_numbers_e164_customer_id", "customer_numbers", ["e164", "customer_id"])
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("last_seen_at", Moment, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "call_connections",
        sa.Column("call_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), server_default="", nullable=False),
        sa.Column("began_at", Moment, nullable=False),
        sa.Column("answered_at", Moment, nullable=True),
        sa.Column("ended_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name="fk_call_connections_call_id_calls", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "position", name="pk_call_connections"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_call_connections_device_began_at", "call_connections", ["device", "began_at"])
    op.create_table(
        "call_parties",
        sa.Column("call_id", Id, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_parties_call_id_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "role", "position", name="pk_call_parties"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_call_parties_role_party_started_at", "call_parties", ["role", "party", "started_at"])
    op.create_table(
        "call_transfers",
        sa.Column("call_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_to", sa.Text(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_call_transfers_call_id_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "position", name="pk_call_transfers"),
        sqlite_with_rowid=False,
    )
