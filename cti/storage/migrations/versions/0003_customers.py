"""Customers in full: addresses, marks, own fields, history, merges, imports and erasures."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As they were at this revision, whatever becomes of those in tables.py.
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Moment = sa.BigInteger().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")

_AT_ONCE = 10_000


def _text(name: str, default: str | None = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _of_customer(table: str, column: str = "customer_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["customers.id"], name=f"fk_{table}_{column}_customers", ondelete="CASCADE"
    )


def upgrade() -> None:
    _customers()
    op.create_table(
        "customer_addresses",
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *(_text(name) for name in ("kind", "province", "city", "district", "street", "postcode")),
        _of_customer("customer_addresses"),
        sa.PrimaryKeyConstraint("customer_id", "position", name="pk_customer_addresses"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "customer_marks",
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        _text("kind", None),
        _text("channel", None),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        _text("proof"),
        _text("who"),
        _of_customer("customer_marks"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_marks"),
    )
    op.create_table(
        "customer_history",
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        _text("who"),
        _text("field", None),
        _text("before"),
        _text("after"),
        _of_customer("customer_history"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_history"),
    )
    op.create_table(
        "customer_denials",
        sa.Column("e164", sa.Text(), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        _text("who"),
        _of_customer("customer_denials"),
        sa.PrimaryKeyConstraint("e164", "customer_id", name="pk_customer_denials"),
        sqlite_with_rowid=False,
    )
    for table in ("customer_marks", "customer_history", "customer_denials"):
        op.create_index(f"ix_{table}_customer_id", table, ["customer_id"])
    _decisions()


def _customers() -> None:
    for name, default in (("kind", "person"), ("owner", ""), ("id_number", ""), ("fields", "{}")):
        op.add_column("customers", _text(name, default))
    op.add_column("customers", sa.Column("do_not_call", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("customers", _text("created_by"))
    op.add_column("customers", _text("name_key"))
    op.add_column("customers", sa.Column("merged_into", Id, nullable=True))
    op.add_column("customer_numbers", sa.Column("verified_at", Moment, nullable=True))
    op.add_column("customer_numbers", sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False))
    _fill_name_keys(op.get_bind())
    has_one = sa.text("id_number <> ''")
    op.create_index(
        "ix_customers_id_number", "customers", ["id_number"], sqlite_where=has_one, postgresql_where=has_one
    )
    op.create_index("ix_customers_name_key", "customers", ["name_key"])


def _fill_name_keys(bind: sa.Connection) -> None:
    table = sa.table("customers", sa.column("id"), sa.column("name"), sa.column("name_key"))
    put = sa.update(table).where(table.c.id == sa.bindparam("of")).values(name_key=sa.bindparam("key"))
    last = 0
    while True:
        page = sa.select(table.c.id, table.c.name).where(table.c.id > last).order_by(table.c.id).limit(_AT_ONCE)
        rows = bind.execute(page).all()
        if not rows:
            return
        bind.execute(put, [{"of": row.id, "key": _key(row.name)} for row in rows])
        last = rows[-1].id


def _key(name: str) -> str:
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", name).casefold())
    return "".join(sorted(words))


def _decisions() -> None:
    op.create_table(
        "customer_merges",
        sa.Column("id", Id, nullable=False),
        sa.Column("kept", Id, nullable=False),
        sa.Column("gone", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        _text("who"),
        sa.Column("undone_at", Moment, nullable=True),
        _text("undone_by"),
        _text("moved", None),
        _of_customer("customer_merges", "kept"),
        _of_customer("customer_merges", "gone"),
        sa.PrimaryKeyConstraint("id", name="pk_customer_merges"),
    )
    op.create_index("ix_customer_merges_kept", "customer_merges", ["kept"])
    op.create_index("ix_customer_merges_gone", "customer_merges", ["gone"])
    op.create_table(
        "customer_imports",
        sa.Column("id", sa.Text(), nullable=False),
        _text("file", None),
        _text("who"),
        sa.Column("began_at", Moment, nullable=False),
        sa.Column("finished_at", Moment, nullable=True),
        *(
            sa.Column(name, Id, server_default="0", nullable=False)
            for name in ("rows_done", "added", "known", "updated", "refused", "report_bytes")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_customer_imports"),
    )
    op.create_table(
        "customer_erasures",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", Moment, nullable=False),
        _text("who"),
        _text("certificate", None),
        sa.PrimaryKeyConstraint("id", name="pk_customer_erasures"),
    )
