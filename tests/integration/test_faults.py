"""Databases that lock, callers that forge, settings that are wrong: calls go on, and people are told."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cti.storage.calls import SqlCallLog
from cti.storage.opening import open_database
from cti.storage.recorder import Recorder
from tests.contract.postgres import Cluster, cluster
from tests.integration.daemon import Daemon, free_port
from tests.integration.switch import Switch


@pytest.fixture
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    daemon = Daemon(tmp_path, ami=(switch.ami_host, switch.ami_port), secret=switch.ami_secret, port=free_port())
    await daemon.has_person("anna", "PJSIP/1001")
    await daemon.has_person("boss", role="admin")
    async with daemon:
        await daemon.is_ready()
        yield daemon


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


async def test_a_locked_database_holds_up_no_call_and_loses_none(switch: Switch, daemon: Daemon) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(0.2)
    anna = await daemon.screen_of("anna")
    other = sqlite3.connect(daemon.database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        customer = await switch.customer_calls("13800138000", did="5000")
        await anna.sees("call", lambda frame: frame["call"]["state"] == "connected")
        await customer.hangs_up()
        await anna.sees("call.gone")
        assert await daemon.is_ready(False, within=20) == {"switch": True, "database": False}
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert await daemon.is_ready(within=20) == {"switch": True, "database": True}
    (record,) = await daemon.recorded(1)
    assert record["outcome"] == "answered"


async def test_forged_events_through_an_unsafe_trunk_are_refused_and_followed_by_a_look(
    switch: Switch, daemon: Daemon
) -> None:
    """As on a PBX that is not ours: the trunk takes From as it comes."""
    config = Path(switch.facts["paths"]["etc"]) / "pjsip.conf"
    safe = config.read_text(encoding="utf-8")
    config.write_text(safe.replace("callerid = unset <0>", ""), encoding="utf-8")
    try:
        await switch.cli("module reload res_pjsip.so")
        await switch.agents_log_in("support", "1001")
        await switch.phone("1001").never_answers()
        anna = await daemon.screen_of("anna")
        forged = "100%0D%0A%0D%0AEvent%3A%20QueueMemberPause%0D%0AInterface%3A%20PJSIP/1001"
        caller = await switch.stranger_calls(f"<sip:{forged}@example.com>", pause=30)
        await switch.ami.wait_for("QueueCallerJoin", within=10)
        customer = await switch.customer_calls("13800138000", did="5101")
        await anna.sees("pop", lambda frame: frame["call"]["number"] == "+8613800138000")
        assert await daemon.metric("cti_ami_frames_refused") > 0
        assert anna.frames[-1]["call"]["state"] == "alerting"
        assert not any(frame["type"] == "agent" and frame["agent"]["reason"] for frame in anna.frames)
        await customer.hangs_up()
        await caller.stop()
    finally:
        config.write_text(safe, encoding="utf-8")
        await switch.cli("module reload res_pjsip.so")


async def recorded(url: str) -> None:
    """Wait until a call is in the database."""
    db = await open_database(url)
    try:
        async with asyncio.timeout(10):
            while not await SqlCallLog(db, Recorder(db, region="CN")).latest(limit=1):  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # another process writes it
    finally:
        await db.close()


async def test_the_same_on_postgresql(switch: Switch, tmp_path: Path, postgres: Cluster) -> None:
    url = postgres.new_database()
    ami = (switch.ami_host, switch.ami_port)
    daemon = Daemon(tmp_path, ami=ami, secret=switch.ami_secret, port=free_port(), database=url)
    await daemon.has_person("anna", "PJSIP/1001")
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(0.2)
    async with daemon:
        await daemon.is_ready()
        anna = await daemon.screen_of("anna")
        for _ in range(2):
            customer = await switch.customer_calls("13800138000", did="5000")
            pop = await anna.sees("pop")
            await anna.sees("call", lambda frame: frame["call"]["state"] == "connected")
            if pop["card"]["state"] == "unknown":
                await anna.asks("customer.register", call=pop["call"]["call"], name="王小明")
            await customer.hangs_up()
            await anna.sees("call.gone")
            await customer.ended()
            await recorded(url)
        assert pop["card"]["matches"][0]["customer"]["name"] == "王小明"
        assert [contact["outcome"] for contact in pop["card"]["matches"][0]["contacts"]] == ["answered"]


async def test_check_tells_that_all_is_well(switch: Switch, tmp_path: Path) -> None:
    await switch.agents_log_in("support", "1001")
    daemon = Daemon(tmp_path, ami=(switch.ami_host, switch.ami_port), secret=switch.ami_secret, port=free_port())
    code, said = await daemon.checks()
    assert code == 0, said
    assert "queues: with members: support" in said


async def test_check_tells_all_that_is_wrong_in_one_go(switch: Switch, tmp_path: Path) -> None:
    url = "sqlite:////proc/nowhere/cti.db"
    daemon = Daemon(tmp_path, ami=(switch.ami_host, switch.ami_port), secret="wrong", port=free_port(), database=url)
    code, said = await daemon.checks()
    assert code == 1
    assert "error   database:" in said
    assert "error   asterisk: cti was refused" in said
