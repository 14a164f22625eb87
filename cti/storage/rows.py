"""A finished call as the rows of its tables: the statements that write it, and the record made from what was read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Row, select

from cti.assist.numbers import normalise
from cti.calls.model import CallId, ConnectionSpan, FinishedCall, Transfer
from cti.ports import StorageRefused
from cti.storage.attached_tables import call_data
from cti.storage.engine import Database, Sql, Step
from cti.storage.ids import new_id
from cti.storage.tables import call_parties, call_transfers

LONGEST_TEXT = 500  # characters of what a network sent

PartyRole = Literal["agent", "supervisor", "queue"]


class CallRecord(msgspec.Struct, frozen=True):
    """All that is stored of one finished call. The journal keeps it as JSON in this shape."""

    switch: str
    boot: str
    call: FinishedCall
    customer: int | None = None
    connections: tuple[ConnectionSpan, ...] = ()


# The key says that it is the same call; the number of the row is new each time, so what follows finds nothing to hang
# on when the call was there before.
INSERT_CALL = Sql("""
    INSERT INTO calls (id, switch, boot, call, direction, customer, customer_e164, customer_id, customer_name, dialled,
        outcome, ended_by, started_at, answered_at, ended_at, wait_seconds, talk_seconds, hold_seconds, certain,
        ended_before)
    VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT id FROM customers WHERE id = $8), $9, $10,
        $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
    ON CONFLICT (switch, boot, call) DO NOTHING
""")
INSERT_PARTY = Sql("""
    INSERT INTO call_parties (call_id, started_at, role, position, party)
    SELECT id, started_at, CAST($2 AS text), CAST($3 AS integer), CAST($4 AS text) FROM calls WHERE id = $1
""")
INSERT_TRANSFER = Sql("""
    INSERT INTO call_transfers (call_id, position, kind, given_by, given_to, at)
    SELECT id, $2, $3, $4, $5, $6 FROM calls WHERE id = $1
""")
INSERT_CONNECTION = Sql("""
    INSERT INTO call_connections (call_id, position, channel, device, role, queue, began_at, answered_at, ended_at)
    SELECT id, $2, $3, $4, $5, $6, $7, $8, $9 FROM calls WHERE id = $1
""")
INSERT_DATUM = Sql("""
    INSERT INTO call_data (call_id, position, name, value) SELECT id, $2, $3, $4 FROM calls WHERE id = $1
""")
DELETE_OPEN_CALL = Sql("DELETE FROM open_calls WHERE switch = $1 AND boot = $2 AND call = $3")


def clean(text: str) -> str:
    """Return *text* as both engines can keep it: bounded, no NUL, no half characters."""
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text


Values = tuple[Any, ...]


class CallRows(msgspec.Struct, frozen=True):
    """The rows of one call as the driver takes them, but for the first value of each: the number of the call's row."""

    key: tuple[str, str, str]  # switch, boot, call
    call: Values
    parties: list[Values]
    transfers: list[Values]
    connections: list[Values]
    data: list[Values]


def rows_of(record: CallRecord, *, region: str, db: Database) -> CallRows:
    """Return the rows of *record*, or raise StorageRefused when there can be none."""
    moment, call = db.moment, record.call
    try:
        key = (clean(record.switch), clean(record.boot), clean(call.id))
        lists = (("agent", call.agents), ("supervisor", call.supervisors), ("queue", call.queues))
        return CallRows(
            key,
            (
                *key,
                call.direction,
                clean(call.customer),
                normalise(call.customer, region),
                record.customer,
                clean(call.customer_name),
                clean(call.dialled),
                call.outcome,
                call.ended_by,
                moment(call.started_at),
                moment(call.answered_at),
                moment(call.ended_at),
                call.wait_seconds,
                call.talk_seconds,
                call.hold_seconds,
                call.certain,
                moment(call.ended_before),
            ),
            [(role, position, clean(name)) for role, names in lists for position, name in enumerate(names)],
            [
                (position, move.kind, clean(move.by), clean(move.to), moment(move.at))
                for position, move in enumerate(call.transfers)
            ],
            [
                (
                    position,
                    clean(span.channel),
                    clean(span.device),
                    span.role.value,
                    clean(span.queue),
                    moment(span.began_at),
                    moment(span.answered_at),
                    moment(span.ended_at),
                )
                for position, span in enumerate(record.connections)
            ],
            [(position, clean(name), clean(value)) for position, (name, value) in enumerate(call.data)],
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise StorageRefused(f"call {call.id}: {error}") from error


def steps_of(several: Iterable[CallRows]) -> list[Step]:
    """Return the statements that store the calls and remove their open calls."""
    calls_: list[Values] = []
    parties: list[Values] = []
    transfers: list[Values] = []
    connections: list[Values] = []
    data: list[Values] = []
    ended: list[Values] = []
    for rows in several:
        row = new_id()
        calls_.append((row, *rows.call))
        parties.extend((row, *values) for values in rows.parties)
        transfers.extend((row, *values) for values in rows.transfers)
        connections.extend((row, *values) for values in rows.connections)
        data.extend((row, *values) for values in rows.data)
        ended.append(rows.key)
    steps = (
        (INSERT_CALL, calls_),
        (INSERT_PARTY, parties),
        (INSERT_TRANSFER, transfers),
        (INSERT_CONNECTION, connections),
        (INSERT_DATUM, data),
        (DELETE_OPEN_CALL, ended),
    )
    return [(sql, values) for sql, values in steps if values]


def load(connection: Connection, rows: Sequence[Row[Any]]) -> list[FinishedCall]:
    """Return the records of *rows* of the table calls, in their order."""
    if not rows:
        return []
    wanted = [row.id for row in rows]
    names: dict[tuple[int, str], list[str]] = defaultdict(list)
    found = select(call_parties).where(call_parties.c.call_id.in_(wanted)).order_by(call_parties.c.position)
    for party in connection.execute(found):
        names[party.call_id, party.role].append(party.party)
    moves: dict[int, list[Transfer]] = defaultdict(list)
    found = select(call_transfers).where(call_transfers.c.call_id.in_(wanted)).order_by(call_transfers.c.position)
    for move in connection.execute(found):
        moves[move.call_id].append(Transfer(move.kind, move.given_by, move.given_to, move.at))
    data = data_of(connection, wanted)
    return [
        FinishedCall(
            id=CallId(row.call),
            direction=row.direction,
            customer=row.customer,
            customer_name=row.customer_name,
            dialled=row.dialled,
            queues=tuple(names[row.id, "queue"]),
            agents=tuple(names[row.id, "agent"]),
            outcome=row.outcome,
            ended_by=row.ended_by,
            transfers=tuple(moves[row.id]),
            supervisors=tuple(names[row.id, "supervisor"]),
            started_at=row.started_at,
            answered_at=row.answered_at,
            ended_at=row.ended_at,
            wait_seconds=row.wait_seconds,
            talk_seconds=row.talk_seconds,
            hold_seconds=row.hold_seconds,
            certain=row.certain,
            ended_before=row.ended_before,
            data=tuple(data.get(row.id, ())),
        )
        for row in rows
    ]


def data_of(connection: Connection, rows: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Return what the dialplan knew, by name, of the calls with those numbers of *rows*."""
    data: dict[int, list[tuple[str, str]]] = defaultdict(list)
    found = select(call_data).where(call_data.c.call_id.in_(rows)).order_by(call_data.c.position)
    for datum in connection.execute(found):
        data[datum.call_id].append((datum.name, datum.value))
    return data
