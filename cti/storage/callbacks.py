"""Promises to call somebody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, insert, or_, select, update

from cti.aftercall import KEPT_WITHIN, Callback, CallbackState, ChangedMeanwhile
from cti.storage.after_tables import callbacks
from cti.storage.engine import Database
from cti.storage.ids import new_id
from cti.storage.rows import clean
from cti.storage.tables import customers

MOST = 500  # in one answer


class SqlCallbacks:
    """A Callbacks on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, callback: Callback) -> Callback:
        row = {name: getattr(callback, name) for name in ("due_at", "owner", "made_by", "made_at")}
        row |= {name: clean(getattr(callback, name)) for name in ("number", "queue", "note", "call")}

        def work(connection: Connection) -> Callback:
            number = new_id()
            connection.execute(insert(callbacks), {"id": number, "customer_id": callback.customer, **row})
            return _one(connection, number)

        return await self._db.write(work)

    async def get(self, callback: int) -> Callback | None:
        return await self._db.read(lambda connection: _find(connection, callback))

    async def open(self, *, user: int, queues: Sequence[str], until: datetime | None = None) -> list[Callback]:
        here = callbacks.c
        for_all = and_(here.owner.is_(None), or_(here.queue == "", here.queue.in_(list(queues))))
        wanted = _all().where(here.state == "open", or_(here.owner == user, for_all))
        return await self._list(wanted if until is None else wanted.where(here.due_at <= until))

    async def due(self, *, until: datetime) -> list[Callback]:
        return await self._list(_all().where(callbacks.c.state == "open", callbacks.c.due_at <= until))

    async def finish(self, callback: int, state: CallbackState, *, who: int, at: datetime) -> Callback:
        return await self._change(callback, {"state": state, "done_at": at, "done_by": who})

    async def move(self, callback: int, *, due_at: datetime, owner: int | None) -> Callback:
        return await self._change(callback, {"due_at": due_at, "owner": owner})

    async def kept(self, *, since: datetime, until: datetime, user: int | None = None) -> tuple[int, int]:
        here = callbacks.c
        wanted = select(here.due_at, here.done_at).where(here.state != "cancelled")
        wanted = wanted.where(here.due_at >= since, here.due_at < until)
        if user is not None:
            wanted = wanted.where(or_(here.owner == user, here.done_by == user))
        rows = await self._db.read(lambda connection: connection.execute(wanted).all())
        return sum(row.done_at is not None and row.done_at <= row.due_at + KEPT_WITHIN for row in rows), len(rows)

    async def _list(self, wanted: Select[Any]) -> list[Callback]:
        wanted = wanted.order_by(callbacks.c.due_at, callbacks.c.id).limit(MOST)
        return await self._db.read(lambda connection: [_callback(row) for row in connection.execute(wanted)])

    async def _change(self, callback: int, changed: dict[str, Any]) -> Callback:
        here = callbacks.c

        def work(connection: Connection) -> Callback:
            was_open = connection.execute(
                update(callbacks).where(here.id == callback, here.state == "open").values(changed)
            )
            if was_open.rowcount == 0:
                if _find(connection, callback) is None:
                    raise KeyError(callback)
                raise ChangedMeanwhile(callback)
            return _one(connection, callback)

        return await self._db.write(work)


def _all() -> Select[Any]:
    known = customers.c.name.label("customer_name")
    return select(callbacks, known).join_from(
        callbacks, customers, customers.c.id == callbacks.c.customer_id, isouter=True
    )


def _find(connection: Connection, callback: int) -> Callback | None:
    row = connection.execute(_all().where(callbacks.c.id == callback)).first()
    return _callback(row) if row else None


def _one(connection: Connection, callback: int) -> Callback:
    return _callback(connection.execute(_all().where(callbacks.c.id == callback)).one())


def _callback(row: Row[Any]) -> Callback:
    return Callback(
        due_at=row.due_at,
        number=row.number,
        made_by=row.made_by,
        made_at=row.made_at,
        owner=row.owner,
        queue=row.queue,
        note=row.note,
        name=row.customer_name or "",
        customer=row.customer_id,
        call=row.call,
        state=row.state,
        done_at=row.done_at,
        done_by=row.done_by,
        id=row.id,
    )
