"""The picture of the calls stays true whatever is cut or killed, and every call leaves one record."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.daemon import Daemon, free_port
from tests.integration.relay import Relay
from tests.integration.switch import Switch

AGENTS = ("1001", "1002", "1003")


@pytest.fixture
async def daemon(switch: Switch, relay: Relay, tmp_path: Path) -> AsyncIterator[Daemon]:
    """Return a service that hears the switch through *relay*, with three agents and an administrator."""
    daemon = Daemon(tmp_path, ami=(relay.host, relay.port), secret=switch.ami_secret, port=free_port())
    for number in AGENTS:
        await daemon.has_person(f"agent{number}", f"PJSIP/{number}")
    await daemon.has_person("boss", role="admin")
    async with daemon:
        await daemon.is_ready()
        yield daemon


async def live_channels(daemon: Daemon) -> set[str]:
    client = await daemon.client_of("boss")
    async with client.get("/api/ops/calls") as answer:
        assert answer.status == 200
        return set((await answer.json())["channels"])


async def test_a_call_pops_is_answered_and_leaves_its_record(switch: Switch, daemon: Daemon) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(0.5)
    anna = await daemon.screen_of("agent1001")

    customer = await switch.customer_calls("13800138000", name="王小明", did="5000")
    pop = await anna.sees("pop")
    assert (pop["call"]["number"], pop["call"]["name"]) == ("+8613800138000", "王小明")
    assert pop["call"]["queue"] == "support"
    assert pop["card"]["state"] == "unknown"
    stamps = pop["stamps"]
    assert stamps["read"] <= stamps["event"] <= stamps["dispatched"]
    await anna.sees("call", lambda frame: frame["call"]["state"] == "connected")

    await customer.hangs_up()
    await anna.sees("call.gone")
    (record,) = await daemon.recorded(1)
    assert (record["outcome"], record["ended_by"], record["customer"]) == ("answered", "customer", "13800138000")


async def test_a_caller_who_gives_up_in_the_queue_is_recorded_as_abandoned(switch: Switch, daemon: Daemon) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").never_answers()
    anna = await daemon.screen_of("agent1001")
    customer = await switch.customer_calls("13800138000", did="5000")
    await anna.sees("pop")

    await customer.hangs_up()

    await anna.sees("call.gone")
    (record,) = await daemon.recorded(1)
    assert (record["outcome"], record["ended_by"]) == ("abandoned", "customer")


async def test_the_link_is_cut_twenty_times_during_calls(switch: Switch, relay: Relay, daemon: Daemon) -> None:
    await switch.agents_log_in("support", *AGENTS)
    for number in AGENTS:
        await switch.phone(number).answers_after(0.2)
    dice = random.Random(7)
    calls = []
    for cut in range(20):
        if cut % 2 == 0:
            calls.append(await switch.customer_calls(f"138001380{cut:02}", did="5000"))
        if cut % 5 == 4:  # it was seen, and ends while the link is cut again and again
            await daemon.is_ready()
            await calls[cut // 5].hangs_up()
        await asyncio.sleep(dice.uniform(0.0, 0.5))  # the moment of the cut is what the test varies
        relay.cut()
    await daemon.is_ready()

    async with asyncio.timeout(5):  # the queue goes on ringing agents between one look and the other
        while await live_channels(daemon) != {channel.unique_id for channel in await switch.core_show_channels()}:
            pass
    for call in calls[4:]:
        await call.hangs_up()
        await call.ended()
    records = await daemon.recorded(10, within=15)
    assert len(records) == len({record["call"] for record in records}) == 10
    assert await live_channels(daemon) == set()


async def test_the_service_is_killed_in_a_call_and_goes_on_with_it(switch: Switch, daemon: Daemon) -> None:
    await switch.agents_log_in("support", "1001", "1002")
    await switch.phone("1001").answers_after(0.2)
    await switch.phone("1002").answers_after(0.2)
    anna = await daemon.screen_of("agent1001")
    stays = await switch.customer_calls("13800138001", did="5000")
    await anna.sees("call", lambda frame: frame["call"]["state"] == "connected")
    berta = await daemon.screen_of("agent1002")
    goes = await switch.customer_calls("13800138002", did="5000")
    await berta.sees("call", lambda frame: frame["call"]["state"] == "connected")

    await daemon.stop(signal.SIGKILL)
    await goes.hangs_up()
    await goes.ended()
    await daemon.start()
    await daemon.is_ready()

    (unseen,) = await daemon.recorded(1)
    assert (unseen["customer"], unseen["certain"], unseen["ended_by"]) == ("13800138002", 0, "unknown")
    again = await daemon.screen_of("agent1001")
    assert [call["number"] for call in again.snapshot["calls"]] == ["+8613800138001"]

    await stays.hangs_up()
    (_, seen) = sorted(await daemon.recorded(2), key=lambda record: record["customer"] == "13800138001")
    assert (seen["outcome"], seen["certain"], seen["ended_by"]) == ("answered", 1, "customer")
    assert seen["answered_at"] is not None


async def test_asterisk_is_killed_in_a_call_and_the_call_ends_as_uncertain(switch: Switch, daemon: Daemon) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(0.2)
    anna = await daemon.screen_of("agent1001")
    await switch.customer_calls("13800138000", did="5000")
    await anna.sees("call", lambda frame: frame["call"]["state"] == "connected")

    await switch.kill9()
    await anna.sees("link", lambda frame: not frame["link"]["up"])
    await switch.restart()

    await anna.sees("link", lambda frame: frame["link"]["up"], within=15)
    (record,) = await daemon.recorded(1)
    assert (record["outcome"], record["certain"], record["ended_by"]) == ("answered", 0, "unknown")
    assert await live_channels(daemon) == set()


async def test_an_asterisk_that_goes_silent_is_noticed(switch: Switch, daemon: Daemon) -> None:
    anna = await daemon.screen_of("agent1001")
    switch.freeze()
    try:
        await anna.sees("link", lambda frame: not frame["link"]["up"], within=12)
    finally:
        switch.thaw()
    await anna.sees("link", lambda frame: frame["link"]["up"], within=15)


async def test_a_service_that_is_told_to_stop_finishes_its_records(switch: Switch, daemon: Daemon) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(0.2)
    anna = await daemon.screen_of("agent1001")
    customer = await switch.customer_calls("13800138000", did="5000")
    await anna.sees("call", lambda frame: frame["call"]["state"] == "connected")
    await customer.hangs_up()
    await anna.sees("call.gone")

    assert await daemon.stop() == 0
    assert len(daemon.records()) == 1
    logged = daemon.log.read_text(encoding="utf-8")
    assert "13800138000" not in logged
    assert '"level": "error"' not in logged
