"""Notes on live calls, kept until the record of the call takes them."""

from sqlalchemy import Connection, delete, insert, select

from cti.calls.model import CallId
from cti.ports import LiveNote
from cti.storage.attached_tables import live_notes
from cti.storage.engine import Database
from cti.storage.tables import call_notes, calls, users

_HERE = live_notes.c


class SqlLiveNotes:
    """LiveNotes on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, note: LiveNote) -> None:
        await self._db.write(lambda connection: _put(connection, note))

    async def all(self) -> list[LiveNote]:
        return await self._db.read(lambda connection: _found(connection))

    async def move(self, joined: CallId, call: CallId) -> None:
        def work(connection: Connection) -> None:
            there = {note.user: note for note in _found(connection, call)}
            for note in _found(connection, joined):
                _put(connection, note.on(call, before=there.get(note.user)))
            _forget(connection, joined)

        await self._db.write(work)

    async def settle(self, call: CallId) -> bool:
        latest = select(calls.c.id).where(calls.c.call == call).order_by(calls.c.started_at.desc()).limit(1)

        def work(connection: Connection) -> bool:
            record = connection.execute(latest).scalar()
            if record is None:
                return False
            for note in _found(connection, call):
                _write_down(connection, record, note)
            _forget(connection, call)
            return True

        return await self._db.write(work)

    async def forget(self, call: CallId) -> None:
        await self._db.write(lambda connection: _forget(connection, call))


def _found(connection: Connection, call: CallId | None = None) -> list[LiveNote]:
    wanted = select(live_notes, users.c.name, users.c.display_name).join_from(live_notes, users)
    if call is not None:
        wanted = wanted.where(_HERE.call == call)
    rows = connection.execute(wanted.order_by(_HERE.at, _HERE.user_id))
    return [
        LiveNote(CallId(row.call), row.user_id, row.name, row.display_name or row.name, row.note, row.at)
        for row in rows
    ]


def _put(connection: Connection, note: LiveNote) -> None:
    connection.execute(delete(live_notes).where(_HERE.call == note.call, _HERE.user_id == note.user))
    row = {"call": note.call, "user_id": note.user, "note": note.text, "at": note.at}
    connection.execute(insert(live_notes), row)


def _forget(connection: Connection, call: CallId) -> None:
    connection.execute(delete(live_notes).where(_HERE.call == call))


def _write_down(connection: Connection, record: int, note: LiveNote) -> None:
    """Make *note* the user's on the call with that row, unless they wrote there later."""
    here = call_notes.c
    mine = (here.call_id == record, here.user_id == note.user)
    if connection.execute(select(here.call_id).where(*mine, here.at > note.at)).first() is not None:
        return
    connection.execute(delete(call_notes).where(*mine))
    if note.text:
        row = {"call_id": record, "user_id": note.user, "note": note.text, "at": note.at}
        connection.execute(insert(call_notes), row)
