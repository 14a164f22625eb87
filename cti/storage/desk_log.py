"""An agent's own calls with their notes, and the customers whom nobody answered: read out of the call records."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select

from cti.staff import DeskCall, MissedCall
from cti.storage.engine import Database
from cti.storage.rows import data_of
from cti.storage.tables import call_connections, call_notes, call_parties, calls, customers

MOST = 500  # calls in one answer
_ANSWERED = "answered"


class SqlDeskLog:
    """A DeskLog on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_phone(
        self, device: str, user: int, *, since: datetime | None = None, before: datetime | None = None, limit: int = 50
    ) -> list[DeskCall]:
        wanted = _at_phone(device, user, since, before).order_by(calls.c.started_at.desc(), calls.c.id.desc())
        wanted = wanted.add_columns(calls.c.id.label("row")).limit(max(0, min(limit, MOST)))
        return await self._db.read(lambda connection: _calls(connection, connection.execute(wanted).all()))

    async def note(self, call: str, device: str, user: int, text: str, *, at: datetime) -> DeskCall | None:
        wanted = _at_phone(device, user, None, None).add_columns(calls.c.id.label("row"))
        wanted = wanted.where(calls.c.call == call).order_by(calls.c.started_at.desc()).limit(1)

        def work(connection: Connection) -> DeskCall | None:
            found = connection.execute(wanted).first()
            if found is None:
                return None
            mine = and_(call_notes.c.call_id == found.row, call_notes.c.user_id == user)
            connection.execute(delete(call_notes).where(mine))
            if text:
                connection.execute(insert(call_notes), {"call_id": found.row, "user_id": user, "note": text, "at": at})
            return _calls(connection, connection.execute(wanted).all())[0]

        return await self._db.write(work)

    async def note_of(self, call: str, user: int) -> str:
        wanted = (
            select(call_notes.c.note)
            .join_from(call_notes, calls, calls.c.id == call_notes.c.call_id)
            .where(calls.c.call == call, call_notes.c.user_id == user)
            .order_by(calls.c.started_at.desc())
            .limit(1)
        )
        return await self._db.read(lambda connection: connection.execute(wanted).scalar()) or ""

    async def missed(self, device: str, queues: Sequence[str], *, since: datetime) -> list[MissedCall]:
        rang_here = calls.c.id.in_(select(call_connections.c.call_id).where(*_leg(device, since)))
        of_queues = calls.c.id.in_(
            select(call_parties.c.call_id).where(
                call_parties.c.role == "queue",
                call_parties.c.party.in_(list(queues)),
                call_parties.c.started_at >= since,
            )
        )
        wanted = (
            select(calls, customers.c.name.label("known"), _latest_queue(), rang_here.label("here"))
            .join_from(calls, customers, customers.c.id == calls.c.customer_id, isouter=True)
            .where(calls.c.direction == "inbound", calls.c.outcome != _ANSWERED, calls.c.started_at >= since)
            .where(or_(of_queues, rang_here))
            .order_by(calls.c.started_at.desc(), calls.c.id.desc())
            .limit(MOST)
        )

        def work(connection: Connection) -> list[MissedCall]:
            rows = connection.execute(wanted).all()
            numbers = {row.customer_e164 for row in rows if row.customer_e164}
            back = _called_back(connection, numbers, since)
            return [_missed(row, back.get(row.customer_e164 or "", [])) for row in rows]

        return await self._db.read(work)


def _at_phone(device: str, user: int, since: datetime | None, before: datetime | None) -> Select[Any]:
    leg = call_connections.c
    there = (
        select(
            leg.call_id,
            func.min(leg.began_at).label("rang_at"),
            func.min(leg.answered_at).label("picked_up_at"),
            func.max(leg.ended_at).label("left_at"),
        )
        .where(*_leg(device, since))
        .group_by(leg.call_id)
        .subquery()
    )
    wanted = (
        select(
            calls, there.c.rang_at, there.c.picked_up_at, there.c.left_at, customers.c.name.label("known"),
            call_notes.c.note, _latest_queue(),
        )
        .join_from(calls, there, there.c.call_id == calls.c.id)
        .join(customers, customers.c.id == calls.c.customer_id, isouter=True)
        .join(call_notes, and_(call_notes.c.call_id == calls.c.id, call_notes.c.user_id == user), isouter=True)
    )  # fmt: skip
    if since is not None:
        wanted = wanted.where(calls.c.started_at >= since)
    if before is not None:
        wanted = wanted.where(calls.c.started_at < before)
    return wanted


def _leg(device: str, since: datetime | None) -> list[ColumnElement[bool]]:
    """Return what makes a row of call_connections one of *device*; by time too, where the index helps."""
    mine = [call_connections.c.device == device]
    return mine if since is None else [*mine, call_connections.c.began_at >= since]


def _latest_queue() -> Any:
    return (
        select(call_parties.c.party)
        .where(call_parties.c.call_id == calls.c.id, call_parties.c.role == "queue")
        .order_by(call_parties.c.position.desc())
        .limit(1)
        .scalar_subquery()
        .label("queue")
    )


def _called_back(connection: Connection, numbers: set[str], since: datetime) -> dict[str, list[Any]]:
    """Return the calls to each of *numbers*, oldest first, with the phone that made each."""
    found: dict[str, list[Any]] = {}
    if numbers:
        wanted = (
            select(
                calls.c.customer_e164,
                calls.c.started_at,
                calls.c.outcome,
                func.min(call_connections.c.device).label("by"),
            )
            .join_from(calls, call_connections, call_connections.c.call_id == calls.c.id)
            .where(calls.c.direction == "outbound", calls.c.started_at >= since)
            .where(calls.c.customer_e164.in_(numbers), call_connections.c.role == "agent")
            .group_by(calls.c.id, calls.c.customer_e164, calls.c.started_at, calls.c.outcome)
            .order_by(calls.c.started_at)
        )
        rows: Sequence[Any] = connection.execute(wanted).all()
        for row in rows:
            found.setdefault(row.customer_e164, []).append(row)
    return found


def _missed(row: Row[Any], back: Sequence[Row[Any]]) -> MissedCall:
    """Return *row* with who called back: the call that reached the customer, else the first try."""
    later = [call for call in back if call.started_at > row.started_at]
    best = next((call for call in later if call.outcome == _ANSWERED), later[0] if later else None)
    return MissedCall(
        call=row.call,
        number=row.customer_e164 or row.customer,
        customer=row.known or row.customer_name,
        queue=row.queue or "",
        at=row.started_at,
        waited_seconds=row.wait_seconds,
        here=bool(row.here),
        called_back_by=best.by.rpartition("/")[2] if best else "",
        called_back_at=best.started_at if best else None,
        reached=best is not None and best.outcome == _ANSWERED,
    )


def _calls(connection: Connection, rows: Sequence[Row[Any]]) -> list[DeskCall]:
    data = data_of(connection, [row.row for row in rows])
    return [_call(row, data.get(row.row, ())) for row in rows]


def _call(row: Row[Any], data: Iterable[tuple[str, str]]) -> DeskCall:
    return DeskCall(
        call=row.call,
        direction=row.direction,
        number=row.customer_e164 or row.customer,
        customer=row.known or row.customer_name,
        customer_id=row.customer_id,
        queue=row.queue or "",
        outcome=row.outcome,
        started_at=row.started_at,
        rang_at=row.rang_at,
        answered_at=row.picked_up_at,
        ended_at=row.left_at,
        note=row.note or "",
        data=tuple(data),
    )
