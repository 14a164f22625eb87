"""The tables of forms: drafts of what is half typed, and answers for which a customer's record has no field."""

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from cti.storage.tables import Id, Moment, metadata


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


form_drafts = Table(
    "form_drafts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("customer_id", Id, ForeignKey("customers.id", ondelete="CASCADE")),
    _text("number"),
    _text("call"),
    _text("form", None),
    _text("version", None),
    _text("values", None),  # JSON
    _text("revision"),
    _text("focus"),
    Column("at", Moment, nullable=False),
    Index(None, "user_id"),
    Index(None, "customer_id"),
    Index(None, "number"),
    Index(None, "at"),
)

form_answers = Table(
    "form_answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    _text("who"),
    _text("call"),
    _text("form", None),
    _text("version", None),
    _text("answers", None),  # JSON
    Index(None, "customer_id"),
)
