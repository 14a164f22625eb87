"""Tickets, each changed in one transaction with the line of history that tells it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from cti.aftercall import ChangedMeanwhile, Ticket, TicketChange, TicketEntry, TicketKind
from cti.assist.tickets import LIVE
from cti.storage.after_tables import ticket_history, tickets
from cti.storage.engine import Database
from cti.storage.ids import new_id
from cti.storage.rows import clean
from cti.storage.tables import customers

MOST = 500  # in one answer
LONGEST = 10_000  # characters of a text

_PLAIN = ("kind", "state", "severity", "level", "category", "title", "team", "queue", "number", "call")


class SqlTickets:
    """A Tickets on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, ticket: Ticket, text: str = "") -> Ticket:
        row: dict[str, Any] = {name: clean(getattr(ticket, name)) for name in _PLAIN}
        row |= {name: getattr(ticket, name) for name in ("owner", "made_by", "made_at", "due_at")}
        row |= {"text": _long(ticket.text), "customer_id": ticket.customer, "changed_at": ticket.made_at}

        def work(connection: Connection) -> Ticket:
            number = new_id()
            connection.execute(insert(tickets), {"id": number, **row})
            _note(connection, number, TicketEntry(ticket.made_at, ticket.made_by, "made", text))
            return _one(connection, number)

        return await self._db.write(work)

    async def get(self, ticket: int) -> Ticket | None:
        return await self._db.read(lambda connection: _find(connection, ticket))

    async def history(self, ticket: int) -> list[TicketEntry]:
        here = ticket_history.c
        wanted = select(ticket_history).where(here.ticket_id == ticket).order_by(here.position)
        return await self._db.read(
            lambda connection: [TicketEntry(row.at, row.who, row.act, row.text) for row in connection.execute(wanted)]
        )

    async def change(self, ticket: int, change: TicketChange, *, seen: datetime | None = None) -> Ticket:
        names = ("state", "owner", "severity", "due_at", "level")
        changed = {name: value for name in names if (value := getattr(change, name)) is not None}

        def work(connection: Connection) -> Ticket:
            held = connection.execute(select(tickets).where(tickets.c.id == ticket).with_for_update()).first()
            if held is None:
                raise KeyError(ticket)
            if seen is not None and held.changed_at != seen:
                raise ChangedMeanwhile(ticket)
            at = max(datetime.now(UTC), held.changed_at + datetime.resolution)
            connection.execute(update(tickets).where(tickets.c.id == ticket).values(changed_at=at, **changed))
            _note(connection, ticket, change.entry)
            return _one(connection, ticket)

        return await self._db.write(work)

    async def search(
        self,
        *,
        live: bool = True,
        kinds: Sequence[TicketKind] = (),
        user: int | None = None,
        team: str | None = None,
        customer: int | None = None,
        limit: int = 200,
    ) -> list[Ticket]:
        here = tickets.c
        wanted = _all()
        if live:
            wanted = wanted.where(here.state.in_(LIVE))
        if kinds:
            wanted = wanted.where(here.kind.in_(list(kinds)))
        if user is not None:
            wanted = wanted.where(or_(here.owner == user, here.made_by == user))
        if team is not None:
            wanted = wanted.where(here.team == team)
        if customer is not None:
            wanted = wanted.where(here.customer_id == customer)
        return await self._rows(wanted.limit(max(0, min(limit, MOST))))

    async def late(self, *, now: datetime) -> list[Ticket]:
        here = tickets.c
        return await self._rows(_all().where(here.state.in_(LIVE), here.due_at <= now).limit(MOST))

    async def _rows(self, wanted: Select[Any]) -> list[Ticket]:
        here = tickets.c
        wanted = wanted.order_by(here.due_at.is_(None), here.due_at, here.id)
        return await self._db.read(lambda connection: [_ticket(row) for row in connection.execute(wanted)])


def _long(text: str) -> str:
    return text.replace("\0", "")[:LONGEST]


def _note(connection: Connection, ticket: int, entry: TicketEntry) -> None:
    here = ticket_history.c
    last = connection.execute(select(func.max(here.position)).where(here.ticket_id == ticket)).scalar()
    row = {"ticket_id": ticket, "position": 0 if last is None else last + 1, "at": entry.at, "who": entry.who}
    connection.execute(insert(ticket_history), {**row, "act": clean(entry.act), "text": _long(entry.text)})


def _all() -> Select[Any]:
    known = customers.c.name.label("customer_name")
    return select(tickets, known).join_from(tickets, customers, customers.c.id == tickets.c.customer_id, isouter=True)


def _find(connection: Connection, ticket: int) -> Ticket | None:
    row = connection.execute(_all().where(tickets.c.id == ticket)).first()
    return _ticket(row) if row else None


def _one(connection: Connection, ticket: int) -> Ticket:
    return _ticket(connection.execute(_all().where(tickets.c.id == ticket)).one())


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        **{name: getattr(row, name) for name in (*_PLAIN, "text", "owner", "made_by", "made_at", "due_at", "id")},
        customer=row.customer_id,
        name=row.customer_name or "",
        changed_at=row.changed_at,
    )
