"""An agent's own calls, notes and missed customers, read out of the call records on SQLite and PostgreSQL."""

from datetime import timedelta

import msgspec

from cti.calls.facts import ChannelId, Device
from cti.calls.model import CallId, ConnectionSpan, FinishedCall, Role
from tests.contract.storage.conftest import Storage
from tests.contract.storage.examples import NOON, finished

ANNA, BO = Device("PJSIP/1001"), Device("PJSIP/1002")
MINUTE = timedelta(minutes=1)


def leg(call: FinishedCall, device: Device, *, answered: bool = True) -> ConnectionSpan:
    at = call.started_at
    return ConnectionSpan(
        ChannelId(f"{call.id}.{device}"), device, Role.AGENT, at, at + MINUTE / 2 if answered else None, at + 2 * MINUTE
    )


async def kept(storage: Storage, number: int, *legs: tuple[Device, bool], **fields: object) -> FinishedCall:
    call = msgspec.structs.replace(finished(), id=CallId(f"call-{number}"), started_at=NOON + number * MINUTE, **fields)
    spans = [leg(call, device, answered=answered) for device, answered in legs]
    await storage.calls.add(call, switch="pbx", boot="b", connections=spans)
    return call


async def test_the_calls_of_a_phone_with_the_notes_of_its_agent(sql: Storage) -> None:
    anna = (await sql.users.create("anna", display_name="Anna", role="agent")).id
    bo = (await sql.users.create("bo", display_name="Bo", role="agent")).id
    await kept(sql, 1, (ANNA, True))
    await kept(sql, 2, (BO, True))
    await kept(sql, 3, (ANNA, False), (BO, True))

    found = await sql.desk_log.of_phone(ANNA, anna)
    assert [call.call for call in found] == ["call-3", "call-1"]
    assert found[0].answered_at is None
    assert found[1].answered_at == NOON + 1.5 * MINUTE
    assert [call.call for call in await sql.desk_log.of_phone(ANNA, anna, since=NOON + 2 * MINUTE)] == ["call-3"]
    assert [call.call for call in await sql.desk_log.of_phone(ANNA, anna, before=NOON + 3 * MINUTE)] == ["call-1"]
    assert len(await sql.desk_log.of_phone(ANNA, anna, limit=1)) == 1

    noted = await sql.desk_log.note("call-1", ANNA, anna, "asks for 发票; '--", at=NOON)
    assert noted
    assert noted.note == "asks for 发票; '--"
    assert await sql.desk_log.note("call-2", ANNA, anna, "not mine", at=NOON) is None
    assert (await sql.desk_log.of_phone(ANNA, anna))[1].note == "asks for 发票; '--"
    assert (await sql.desk_log.of_phone(ANNA, bo))[1].note == ""
    gone = await sql.desk_log.note("call-1", ANNA, anna, "", at=NOON)
    assert gone
    assert gone.note == ""


async def test_missed_customers_and_who_called_them_back(sql: Storage) -> None:
    missed = {"direction": "inbound", "outcome": "abandoned", "queues": ("support",), "agents": ()}
    back = {"direction": "outbound", "queues": ()}
    await kept(sql, 1, **missed)
    await kept(sql, 2, (ANNA, False), **{**missed, "customer": "13900000002", "queues": ("sales",)})
    await kept(sql, 3, **{**missed, "customer": "13900000003", "queues": ("vip",)})
    await kept(sql, 4, (ANNA, True), **{**missed, "outcome": "answered", "customer": "13900000004"})
    await kept(sql, 5, (BO, True), **{**back, "customer": "13900000002", "outcome": "no_answer"})
    await kept(sql, 6, (BO, True), **{**back, "customer": "13900000002", "outcome": "answered"})

    found = await sql.desk_log.missed(ANNA, ["support"], since=NOON)

    assert [(call.call, call.queue, call.here) for call in found] == [
        ("call-2", "sales", True),
        ("call-1", "support", False),
    ]
    assert (found[0].called_back_by, found[0].called_back_at, found[0].reached) == ("1002", NOON + 6 * MINUTE, True)
    assert (found[1].called_back_by, found[1].reached) == ("", False)
    assert list(await sql.desk_log.missed(ANNA, ["support"], since=NOON + 10 * MINUTE)) == []
