"""The calls that live now, written behind the events, for whoever starts after this process was killed."""

from datetime import datetime

from sqlalchemy import Connection, select

from cti.calls.model import CallId
from cti.ports import OpenCall
from cti.storage.engine import Database
from cti.storage.recorder import Recorder
from cti.storage.tables import open_calls, switches


class SqlOpenCalls:
    """OpenCalls on either engine. put, remove and seen return at once; the recorder writes the last of each."""

    def __init__(self, db: Database, recorder: Recorder) -> None:
        self._db = db
        self._recorder = recorder

    def put(self, switch: str, call: OpenCall) -> None:
        self._recorder.put(switch, call)

    def remove(self, switch: str, boot: str, call: CallId) -> None:
        self._recorder.remove(switch, boot, call)

    def seen(self, switch: str, boot: str, at: datetime) -> None:
        self._recorder.seen(switch, boot, at)

    async def all(self, switch: str) -> list[OpenCall]:
        """Return those in the database: ask before the first put."""
        wanted = (
            select(open_calls, switches.c.seen_at.label("switch_seen_at"))
            .join_from(
                open_calls,
                switches,
                (switches.c.switch == open_calls.c.switch) & (switches.c.boot == open_calls.c.boot),
                isouter=True,
            )
            .where(open_calls.c.switch == switch)
            .order_by(open_calls.c.boot, open_calls.c.call)
        )

        def work(connection: Connection) -> list[OpenCall]:
            return [
                OpenCall(CallId(row.call), row.boot, max(row.seen_at, row.switch_seen_at or row.seen_at), row.state)
                for row in connection.execute(wanted)
            ]

        return await self._db.read(work)
