"""The tables beside a customer's row and numbers: addresses, marks, history, and what was decided about duplicates."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from cti.storage.tables import Id, Moment, metadata


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _of_customer(*, key: bool = False) -> Column[int]:
    return Column("customer_id", Id, ForeignKey("customers.id", ondelete="CASCADE"), primary_key=key, nullable=False)


customer_addresses = Table(
    "customer_addresses",
    metadata,
    _of_customer(key=True),
    Column("position", Integer, primary_key=True),
    *(_text(name) for name in ("kind", "province", "city", "district", "street", "postcode")),
    sqlite_with_rowid=False,
)

# Consent and do-not-call, never altered: the latest of a kind and channel counts.
customer_marks = Table(
    "customer_marks",
    metadata,
    Column("id", Id, primary_key=True),
    _of_customer(),
    _text("kind", None),  # "consent", "do_not_call"
    _text("channel", None),  # "call", "sms", "email", "any"
    Column("given", Boolean, nullable=False),  # else taken back
    Column("at", Moment, nullable=False),
    _text("proof"),
    _text("who"),
    Index(None, "customer_id"),
)

customer_history = Table(
    "customer_history",
    metadata,
    Column("id", Id, primary_key=True),
    _of_customer(),
    Column("at", Moment, nullable=False),
    _text("who"),
    _text("field", None),
    _text("before"),
    _text("after"),
    _text("source"),  # of an entry by form: NAME@VERSION
    Index(None, "customer_id"),
)

# "Not this person": who answered a call from that number was somebody else.
customer_denials = Table(
    "customer_denials",
    metadata,
    Column("e164", Text, primary_key=True),
    _of_customer(key=True),
    Column("at", Moment, nullable=False),
    _text("who"),
    Index(None, "customer_id"),
    sqlite_with_rowid=False,
)

customer_merges = Table(
    "customer_merges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kept", Id, ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Column("gone", Id, ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    _text("who"),
    Column("undone_at", Moment),
    _text("undone_by"),
    _text("moved", None),  # JSON: what undoing gives back
    Index(None, "kept"),
    Index(None, "gone"),
)

# How far an import is: written in the transaction of the rows themselves.
customer_imports = Table(
    "customer_imports",
    metadata,
    Column("id", Text, primary_key=True),  # a hash of the file and of how it is read
    _text("file", None),
    _text("who"),
    Column("began_at", Moment, nullable=False),
    Column("finished_at", Moment),
    *(
        Column(name, Id, nullable=False, server_default="0")
        for name in ("rows_done", "added", "known", "updated", "refused", "report_bytes")
    ),
)

# Proof that somebody was erased: no name and no number.
customer_erasures = Table(
    "customer_erasures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    _text("who"),
    _text("certificate", None),  # JSON
)
