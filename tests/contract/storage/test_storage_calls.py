"""The log of finished calls and the open ones, on SQLite, PostgreSQL and the fake."""

import asyncio
from datetime import datetime, timedelta, timezone

import pytest

from cti.calls.facts import ChannelId, Device
from cti.calls.model import CallId, ConnectionSpan, Role, Transfer
from cti.ports import OpenCall
from cti.storage.calls import CallQuery, SqlCallLog
from cti.storage.engine import Sql
from tests.contract.storage.conftest import Storage
from tests.contract.storage.examples import NOON, finished


async def test_a_call_comes_back_as_it_was_added(storage: Storage) -> None:
    call = finished(
        queues=("support", "billing"),
        agents=("1002", "1001", "1002"),
        supervisors=("1901",),
        transfers=(
            Transfer("blind", "1002", "billing", NOON + timedelta(seconds=30)),
            Transfer("attended", "1001", "1002", NOON + timedelta(seconds=50)),
        ),
        certain=False,
        ended_before=NOON + timedelta(seconds=95),
    )
    await storage.calls.add(call, switch="pbx1", boot="b1")
    assert await storage.calls.latest() == [call]


async def test_a_call_that_nobody_answered(storage: Storage) -> None:
    call = finished(agents=(), queues=(), outcome="abandoned", answered_at=None, customer="", customer_name="")
    await storage.calls.add(call)
    assert await storage.calls.latest() == [call]


async def test_adding_a_call_again_changes_nothing(storage: Storage) -> None:
    call = finished()
    await storage.calls.add(call, switch="pbx1", boot="b1")
    await storage.calls.add(finished(agents=("1001", "1009"), outcome="failed"), switch="pbx1", boot="b1")
    await asyncio.gather(*(storage.calls.add(call, switch="pbx1", boot="b1") for _ in range(20)))
    assert await storage.calls.latest() == [call]
    assert await storage.calls.of_agent("1009") == []


async def test_the_same_id_on_another_switch_or_after_its_restart_is_another_call(storage: Storage) -> None:
    for switch, boot in (("pbx1", "b1"), ("pbx1", "b2"), ("pbx2", "b1")):
        await storage.calls.add(finished(), switch=switch, boot=boot)
    assert len(await storage.calls.latest()) == 3


async def test_the_latest_come_first(storage: Storage) -> None:
    for minute in (3, 1, 2):
        await storage.calls.add(finished(f"c.{minute}", minute=minute))
    assert [call.id for call in await storage.calls.latest()] == ["c.3", "c.2", "c.1"]
    assert [call.id for call in await storage.calls.latest(limit=2)] == ["c.3", "c.2"]


async def test_calls_of_an_agent(storage: Storage) -> None:
    await storage.calls.add(finished("c.1", minute=1, agents=("1001", "1002", "1001")))
    await storage.calls.add(finished("c.2", minute=2, agents=("1001",)))
    await storage.calls.add(finished("c.3", minute=3, agents=("1002",)))
    await storage.calls.add(finished("c.4", minute=4, agents=("1003",), supervisors=("1001",)))
    assert [call.id for call in await storage.calls.of_agent("1001")] == ["c.2", "c.1"]
    assert [call.id for call in await storage.calls.of_agent("1002", limit=1)] == ["c.3"]
    assert await storage.calls.of_agent("1") == []


async def test_calls_of_a_number_however_the_network_wrote_it(storage: Storage) -> None:
    for count, number in enumerate(("13800138000", "+8613800138000", "008613800138000", "13900139000", "anonymous")):
        await storage.calls.add(finished(f"c.{count}", minute=count, customer=number))
    found = await storage.calls.of_number("+8613800138000")
    assert [call.customer for call in found] == ["008613800138000", "+8613800138000", "13800138000"]


async def test_times_are_in_utc_whatever_zone_they_came_in(storage: Storage) -> None:
    beijing = timezone(timedelta(hours=8))
    at = datetime(2026, 3, 2, 20, 0, 0, 1, tzinfo=beijing)
    await storage.calls.add(finished(started_at=at))
    (call,) = await storage.calls.latest()
    assert call.started_at == at


async def test_an_open_call_is_kept_as_put_last(storage: Storage) -> None:
    storage.open_calls.put("pbx1", OpenCall(CallId("c.1"), "b1", NOON, b"first"))
    storage.open_calls.put("pbx1", OpenCall(CallId("c.1"), "b1", NOON + timedelta(seconds=1), b"\x00second\xff"))
    storage.open_calls.put("pbx1", OpenCall(CallId("c.2"), "b1", NOON, b""))
    storage.open_calls.put("pbx2", OpenCall(CallId("c.1"), "b1", NOON, b"other"))
    await storage.settled()
    storage.open_calls.remove("pbx1", "b1", CallId("c.2"))
    await storage.settled()
    assert await storage.open_calls.all("pbx1") == [
        OpenCall(CallId("c.1"), "b1", NOON + timedelta(seconds=1), b"\x00second\xff")
    ]


async def test_an_open_call_was_alive_when_its_switch_was_last_heard(storage: Storage) -> None:
    later = NOON + timedelta(seconds=9)
    storage.open_calls.put("pbx1", OpenCall(CallId("c.1"), "old", NOON, b"x"))
    storage.open_calls.put("pbx1", OpenCall(CallId("c.1"), "new", NOON, b"x"))
    storage.open_calls.seen("pbx1", "new", later)
    await storage.settled()
    assert {call.boot: call.seen_at for call in await storage.open_calls.all("pbx1")} == {"old": NOON, "new": later}


async def test_a_finished_call_is_open_no_more(storage: Storage) -> None:
    storage.open_calls.put("pbx1", OpenCall(CallId("1700000000.1"), "b1", NOON, b"x"))
    await storage.settled()
    assert len(await storage.open_calls.all("pbx1")) == 1
    await storage.calls.add(finished(), switch="pbx1", boot="b1")
    assert await storage.open_calls.all("pbx1") == []


# --- what the fake leaves out -------------------------------------------------------------------------------------


async def test_what_a_stranger_sent_is_kept_as_text(sql: Storage) -> None:
    hostile = "<img src=x onerror=alert(1)>=cmd|'/c calc'!A1'); DROP TABLE calls;--"
    await sql.calls.add(finished(customer_name=hostile))
    await sql.calls.add(
        finished("c.2", minute=1, customer_name="nul\0 half\ud800 long" + "x" * 100_000, customer="9" * 999)
    )
    second, first = await sql.calls.latest()
    assert first.customer_name == hostile
    assert second.customer_name.startswith("nul half? longxxx")
    assert len(second.customer_name) <= 500
    assert len(second.customer) <= 500


async def test_connections_are_kept_with_their_times(sql: Storage) -> None:
    spans = (
        ConnectionSpan(ChannelId("1.1"), Device("PJSIP/trunk"), Role.TRUNK, NOON, NOON, NOON + timedelta(seconds=80)),
        ConnectionSpan(ChannelId("1.2"), Device("PJSIP/1001"), Role.AGENT, NOON, None, NOON, queue="support"),
    )
    await sql.calls.add(finished(), connections=spans)
    assert sql.db
    rows = await sql.db.fetch(Sql("SELECT channel, role, queue, answered_at FROM call_connections ORDER BY position"))
    assert [tuple(row[:3]) for row in rows] == [("1.1", "trunk", ""), ("1.2", "agent", "support")]
    assert sql.db.as_moment(rows[0][3]) == NOON
    assert rows[1][3] is None


async def test_a_call_whose_customer_was_erased_is_still_stored(sql: Storage) -> None:
    await sql.calls.add(finished(), customer=4711)
    assert len(await sql.calls.latest()) == 1


async def test_a_record_that_cannot_be_stored_harms_no_other(sql: Storage) -> None:
    naive = finished("bad", started_at=datetime(2026, 1, 1))
    nonsense = finished("bad", talk_seconds=None)
    results = await asyncio.gather(
        *(sql.calls.add(finished(f"c.{count}")) for count in range(30)),
        sql.calls.add(nonsense),
        sql.calls.add(naive),
        *(sql.calls.add(finished(f"c.{count}")) for count in range(30, 60)),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results if result] == ["StorageRefused", "StorageRefused"]
    assert len(await sql.calls.latest(limit=100)) == 60
    assert sql.recorder
    assert sql.recorder.health().ok


async def test_sorting_and_filtering_by_what_is_allowed(sql: Storage) -> None:
    assert isinstance(sql.calls, SqlCallLog)
    for count in range(6):
        await sql.calls.add(
            finished(
                f"c.{count}",
                minute=count,
                talk_seconds=float(count * 5),
                outcome="answered" if count % 2 else "busy",
                queues=("support" if count < 3 else "sales",),
                agents=("1001",) * (count % 3),
            )
        )

    async def ids(**query: object) -> list[str]:
        return [call.id[2:] for call in await sql.calls.find(CallQuery(**query))]  # type: ignore[attr-defined]

    assert await ids(sort="talk_seconds", descending=False) == ["0", "1", "2", "3", "4", "5"]
    assert await ids(outcome="busy") == ["4", "2", "0"]
    assert await ids(queue="sales", descending=False) == ["3", "4", "5"]
    assert await ids(agent="1001", queue="support") == ["2", "1"]
    assert await ids(since=NOON + timedelta(minutes=1), until=NOON + timedelta(minutes=3)) == ["2", "1"]
    assert await ids(limit=-1) == []
    with pytest.raises(ValueError, match="sorted by"):
        await ids(sort="started_at; DROP TABLE calls")
    assert await ids(queue="' OR 1=1 --") == []
