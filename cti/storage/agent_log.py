"""How agents spent their time: written behind the events through the recorder, read back by person."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from cti.staff import StateSpan
from cti.storage.engine import Database, Sql
from cti.storage.recorder import Recorder
from cti.storage.rows import clean
from cti.storage.tables import agent_states

# Only of somebody who exists: a row that the database refuses would hold up those written together with it.
_PUT = Sql("""
    INSERT INTO agent_states (user_id, began_at, ended_at, state, reason, base, device, call, forced_by, why)
    SELECT id, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM users WHERE id = $1
    ON CONFLICT (user_id, began_at) DO UPDATE SET ended_at = excluded.ended_at
""")


class SqlAgentLog:
    """An AgentLog on either engine."""

    def __init__(self, db: Database, recorder: Recorder) -> None:
        self._db = db
        self._recorder = recorder

    def put(self, span: StateSpan) -> None:
        moment = self._db.moment
        values = (
            span.user,
            moment(span.began_at),
            moment(span.ended_at),
            *map(clean, (span.state, span.reason, span.base, span.device, span.call, span.by, span.why)),
        )
        self._recorder.keep(_PUT, (span.user, span.began_at), values)

    async def going_on(self) -> list[StateSpan]:
        wanted = select(agent_states).where(agent_states.c.ended_at.is_(None)).order_by(agent_states.c.began_at)
        return await self._db.read(lambda connection: _spans(connection, wanted))

    async def of_user(self, user: int, *, since: datetime, until: datetime) -> list[StateSpan]:
        ended = agent_states.c.ended_at
        wanted = (
            select(agent_states)
            .where(agent_states.c.user_id == user, agent_states.c.began_at < until)
            .where(or_(ended.is_(None), ended > since))
            .order_by(agent_states.c.began_at)
        )
        return await self._db.read(lambda connection: _spans(connection, wanted))


def _spans(connection: Connection, wanted: Any) -> list[StateSpan]:
    return [_span(row) for row in connection.execute(wanted)]


def _span(row: Row[Any]) -> StateSpan:
    return StateSpan(
        user=row.user_id,
        began_at=row.began_at,
        state=row.state,
        reason=row.reason,
        base=row.base,
        device=row.device,
        call=row.call,
        by=row.forced_by,
        why=row.why,
        ended_at=row.ended_at,
    )
