"""The tables, in SQLAlchemy Core: one description for SQLite and PostgreSQL. Migrations make them; see migrations/."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Return *moment* as SQLite keeps it: microseconds since 1970. A naive time raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


class Moment(TypeDecorator[datetime]):
    """An aware time, in UTC on the way out: microseconds since 1970 on SQLite, timestamptz on PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        micros = to_micros(value)
        return value if dialect.name == "postgresql" else micros

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return from_micros(value)


# SQLite numbers rows by itself only where the key is INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=default)


_HAS_ID_NUMBER = text("id_number <> ''")

# --- customers --------------------------------------------------------------------------------------------------

customers = Table(
    "customers",
    metadata,
    Column("id", Id, primary_key=True),
    _text("name", None),
    _text("company"),
    _text("note"),
    _text("tags", "[]"),  # a JSON list
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    _text("kind", "person"),  # or "company"
    _text("owner"),  # the user who looks after this customer
    _text("id_number"),
    _text("fields", "{}"),  # a JSON object: the fields that the settings declare
    Column("do_not_call", Boolean, nullable=False, server_default=false()),  # what customer_marks come to
    _text("created_by"),  # a user, or the import
    _text("name_key"),  # the name as duplicates are sought by it
    Column("merged_into", Id),  # this one is the same person as that one, who has the numbers now
    Index("ix_customers_id_number", "id_number", sqlite_where=_HAS_ID_NUMBER, postgresql_where=_HAS_ID_NUMBER),
    Index("ix_customers_name_key", "name_key"),
    sqlite_autoincrement=True,  # the id of an erased customer is never given to another
)

customer_numbers = Table(
    "customer_numbers",
    metadata,
    Column("customer_id", Id, ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True),
    Column("e164", Text, primary_key=True),
    _text("kind"),
    Column("position", Integer, nullable=False),  # 0 is the customer's main number
    Column("verified_at", Moment),
    Column("shared", Boolean, nullable=False, server_default=false()),  # by a family: it does not tell who calls
    Index(None, "e164", "customer_id"),
    sqlite_with_rowid=False,
)

# --- calls ------------------------------------------------------------------------------------------------------

calls = Table(
    "calls",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # from ids.py: grows with time
    _text("switch", None),
    _text("boot", None),  # which run of the switch: its call ids may come again in the next
    _text("call", None),
    _text("direction", None),
    _text("customer"),  # as the network gave it
    Column("customer_e164", Text),  # the same as a number, where it is one
    Column("customer_id", Id, ForeignKey("customers.id", ondelete="SET NULL")),  # where it is known who it was
    _text("customer_name"),
    _text("dialled"),
    _text("outcome", None),
    _text("ended_by", None),
    Column("started_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("ended_at", Moment, nullable=False),
    Column("wait_seconds", Float(53), nullable=False),
    Column("talk_seconds", Float(53), nullable=False),
    Column("hold_seconds", Float(53), nullable=False),
    Column("certain", Boolean, nullable=False, server_default=true()),
    Column("ended_before", Moment),
    UniqueConstraint("switch", "boot", "call"),
    Index(None, "customer_e164", "started_at", "customer_id"),
    Index(None, "started_at"),
    Index(None, "customer_id"),
)


def _call_id() -> Column[int]:
    return Column("call_id", Id, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)


# The lists of a record: who talked, who listened, which queues, in order.
call_parties = Table(
    "call_parties",
    metadata,
    _call_id(),
    Column("role", Text, primary_key=True),  # "agent", "supervisor", "queue"
    Column("position", Integer, primary_key=True),
    _text("party", None),
    Column("started_at", Moment, nullable=False),  # of the call: an agent's latest calls come from the index alone
    Index(None, "role", "party", "started_at"),
    sqlite_with_rowid=False,
)

call_transfers = Table(
    "call_transfers",
    metadata,
    _call_id(),
    Column("position", Integer, primary_key=True),
    _text("kind", None),
    _text("given_by", None),
    _text("given_to", None),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

call_connections = Table(
    "call_connections",
    metadata,
    _call_id(),
    Column("position", Integer, primary_key=True),
    _text("channel", None),
    _text("device", None),
    _text("role", None),
    _text("queue"),
    Column("began_at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("ended_at", Moment, nullable=False),
    Index(None, "device", "began_at"),
    sqlite_with_rowid=False,
)

# What a service that was killed goes on from.
open_calls = Table(
    "open_calls",
    metadata,
    Column("switch", Text, primary_key=True),
    Column("boot", Text, primary_key=True),
    Column("call", Text, primary_key=True),
    Column("seen_at", Moment, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

switches = Table(
    "switches",
    metadata,
    Column("switch", Text, primary_key=True),
    _text("boot", None),
    Column("seen_at", Moment, nullable=False),
)

_GOING_ON = text("ended_at IS NULL")

# --- people -----------------------------------------------------------------------------------------------------

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # case-folded
    _text("display_name", None),
    _text("role", None),
    _text("device"),
    _text("password_hash"),
    Column("must_change", Boolean, nullable=False, server_default=true()),
    Column("disabled", Boolean, nullable=False, server_default=false()),
    Column("created_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    _text("source"),  # the address that it began from
    _text("browser"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

teams = Table(
    "teams",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    sqlite_autoincrement=True,
)

user_teams = Table(
    "user_teams",
    metadata,
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("team_id", Id, ForeignKey("teams.id"), nullable=False),
    Index(None, "team_id"),
)

user_queues = Table(
    "user_queues",
    metadata,
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("queue", Text, primary_key=True),
    Column("penalty", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

agent_states = Table(
    "agent_states",
    metadata,
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("began_at", Moment, primary_key=True),
    Column("ended_at", Moment),  # NULL while it goes on
    _text("state", None),
    *(_text(name) for name in ("reason", "base", "device", "call", "forced_by", "why")),
    Index(None, "began_at"),
    Index("ix_agent_states_going_on", "user_id", sqlite_where=_GOING_ON, postgresql_where=_GOING_ON),
    sqlite_with_rowid=False,
)

call_notes = Table(
    "call_notes",
    metadata,
    _call_id(),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    _text("note", None),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

# Append-only, by triggers. Each hash covers its entry and the hash before it.
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    _text("who", None),
    _text("action", None),
    *(_text(name) for name in ("whom", "what", "source")),
    Column("hash", LargeBinary, nullable=False),
)
