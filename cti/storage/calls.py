"""The records of finished calls: added through the recorder, read by agent, number and time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, select

from cti.calls.model import ConnectionSpan, FinishedCall
from cti.storage.engine import Database
from cti.storage.recorder import Recorder
from cti.storage.rows import CallRecord, PartyRole, load
from cti.storage.tables import call_parties, calls

MOST = 1_000  # records in one answer

SortColumn = Literal["started_at", "ended_at", "wait_seconds", "talk_seconds", "hold_seconds"]

# The one place where a name from outside becomes a column.
_SORTABLE: Mapping[str, ColumnElement[Any]] = MappingProxyType(
    {
        "started_at": calls.c.started_at,
        "ended_at": calls.c.ended_at,
        "wait_seconds": calls.c.wait_seconds,
        "talk_seconds": calls.c.talk_seconds,
        "hold_seconds": calls.c.hold_seconds,
    }
)


class CallQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which calls, in which order. None asks for all."""

    agent: str | None = None
    queue: str | None = None
    number: str | None = None  # the customer's, as E.164
    outcome: str | None = None
    direction: str | None = None
    since: datetime | None = None  # calls that started at it or later
    until: datetime | None = None  # calls that started before it
    sort: SortColumn = "started_at"
    descending: bool = True
    limit: int = 20


class SqlCallLog:
    """A CallLog on either engine."""

    def __init__(self, db: Database, recorder: Recorder) -> None:
        self._db = db
        self._recorder = recorder

    async def add(
        self,
        call: FinishedCall,
        *,
        switch: str = "",
        boot: str = "",
        customer: int | None = None,
        connections: Sequence[ConnectionSpan] = (),
    ) -> None:
        """See CallLog. Returns when the record is in the database, or in the journal while that takes none."""
        await self._recorder.add(CallRecord(switch, boot, call, customer, tuple(connections)))

    async def latest(self, *, limit: int = 20) -> list[FinishedCall]:
        return await self.find(CallQuery(limit=limit))

    async def of_number(self, e164: str, *, limit: int = 20) -> list[FinishedCall]:
        return await self.find(CallQuery(number=e164, limit=limit))

    async def of_agent(self, agent: str, *, limit: int = 20) -> list[FinishedCall]:
        # Out of the index of call_parties alone, however many calls the agent has had.
        mine = (
            select(call_parties.c.call_id, call_parties.c.started_at)
            .where(call_parties.c.role == "agent", call_parties.c.party == agent)
            .distinct()
            .order_by(call_parties.c.started_at.desc(), call_parties.c.call_id.desc())
            .limit(_bounded(limit))
            .subquery()
        )
        latest = select(calls).join(mine, mine.c.call_id == calls.c.id)
        return await self._load(latest.order_by(calls.c.started_at.desc(), calls.c.id.desc()))

    async def find(self, query: CallQuery) -> list[FinishedCall]:
        """Return the calls that *query* asks for, or raise ValueError when it sorts by something else than it may."""
        column = _SORTABLE.get(query.sort)
        if column is None:
            raise ValueError(f"calls are sorted by one of {', '.join(_SORTABLE)}")
        wanted = select(calls)
        for known, value in (
            (calls.c.customer_e164, query.number),
            (calls.c.outcome, query.outcome),
            (calls.c.direction, query.direction),
        ):
            if value is not None:
                wanted = wanted.where(known == value)
        if query.since is not None:
            wanted = wanted.where(calls.c.started_at >= query.since)
        if query.until is not None:
            wanted = wanted.where(calls.c.started_at < query.until)
        if query.agent is not None:
            wanted = wanted.where(_has("agent", query.agent))
        if query.queue is not None:
            wanted = wanted.where(_has("queue", query.queue))
        order = (column.desc(), calls.c.id.desc()) if query.descending else (column, calls.c.id)
        return await self._load(wanted.order_by(*order).limit(_bounded(query.limit)))

    async def _load(self, wanted: Select[Any]) -> list[FinishedCall]:
        def work(connection: Connection) -> list[FinishedCall]:
            return load(connection, connection.execute(wanted).all())

        return await self._db.read(work)


def _has(role: PartyRole, party: str) -> ColumnElement[bool]:
    members = select(call_parties.c.call_id).where(call_parties.c.role == role, call_parties.c.party == party)
    return calls.c.id.in_(members)


def _bounded(limit: int) -> int:
    return max(0, min(limit, MOST))
