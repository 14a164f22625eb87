"""The tables of what is left to do after calls: outcomes, callbacks, tickets with their history."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from cti.storage.tables import Id, Moment, metadata


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


def _user(name: str, *, needed: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey("users.id"), nullable=not needed)


def _customer() -> Column[int]:
    return Column("customer_id", Id, ForeignKey("customers.id", ondelete="SET NULL"))


# What somebody says that a call came to.
call_results = Table(
    "call_results",
    metadata,
    Column("call", Text, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    _text("outcome", None),
    _text("outcomes"),
    _text("queue"),
    _customer(),
    _text("number"),
    Index(None, "at"),
    Index(None, "customer_id"),
    sqlite_with_rowid=False,
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Id, primary_key=True),
    _text("state", "open"),
    Column("due_at", Moment, nullable=False),
    _user("owner"),
    _text("queue"),
    _text("number", None),
    _customer(),
    _text("note"),
    _text("call"),
    _user("made_by", needed=True),
    Column("made_at", Moment, nullable=False),
    Column("done_at", Moment),
    _user("done_by"),
    Index("ix_callbacks_state_due_at", "state", "due_at"),
    Index(None, "customer_id"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Id, primary_key=True),
    _text("kind", None),
    _text("state", "open"),
    _text("severity", "normal"),
    _text("level", "agent"),
    _text("category"),
    _text("title", None),
    _text("text"),
    _user("owner"),
    _text("team"),
    _text("queue"),
    _customer(),
    _text("number"),
    _text("call"),
    _user("made_by", needed=True),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("due_at", Moment),
    Index("ix_tickets_state_due_at", "state", "due_at"),
    Index(None, "customer_id"),
    Index(None, "owner"),
)

ticket_history = Table(
    "ticket_history",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    _user("who"),
    _text("act", None),
    _text("text"),
    sqlite_with_rowid=False,
)
