"""The tables of what goes with a call: what the dialplan knew, and what is being written while there is no record."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from cti.storage.tables import Id, Moment, metadata

call_data = Table(
    "call_data",
    metadata,
    Column("call_id", Id, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

live_notes = Table(
    "live_notes",
    metadata,
    Column("call", Text, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "user_id"),
    sqlite_with_rowid=False,
)
