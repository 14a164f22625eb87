"""Click-to-dial with a desk phone on a real Asterisk: dialled, passed on and ended from the screen."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.daemon import Daemon, Desk, Frame, free_port
from tests.integration.switch import Switch

CUSTOMER, E164 = "13800138000", "+8613800138000"


@pytest.fixture
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    daemon = Daemon(tmp_path, ami=(switch.ami_host, switch.ami_port), secret=switch.ami_secret, port=free_port())
    for name, extension in (("anna", "1001"), ("ben", "1002")):
        await daemon.has_person(name, f"PJSIP/{extension}")
    async with daemon:
        await daemon.is_ready()
        yield daemon


async def sees_call(desk: Desk, state: str, call: str = "") -> Frame:
    frame = await desk.sees(
        "call",
        lambda frame: frame["call"]["state"] == state and frame["call"]["call"] in (call or frame["call"]["call"]),
    )
    view: Frame = frame["call"]
    return view


async def talks(switch: Switch, anna: Desk) -> str:
    """Let Anna's screen dial the customer, who answers; return the call."""
    await switch.phone("1001").answers_after(0.1)
    await switch.number_does(CUSTOMER, "answer/0.2")
    assert (await anna.asks("call.dial", number="138 0013 8000", key="once"))["type"] == "done"
    view = next(frame["call"] for frame in anna.frames if frame["type"] == "call")
    while view["answered_at"] is None:
        view = await sees_call(anna, "connected", view["call"])
    assert (view["number"], view["direction"]) == (E164, "outbound")
    return str(view["call"])


async def lines(switch: Switch) -> list[str]:
    """Return the channels that Asterisk itself has."""
    return sorted(channel.name.rpartition("-")[0] for channel in await switch.core_show_channels())


async def test_a_click_rings_the_desk_phone_then_the_customer_and_is_a_call_on_the_screen(
    switch: Switch, daemon: Daemon
) -> None:
    anna = await daemon.screen_of("anna")
    call = await talks(switch, anna)
    assert await lines(switch) == ["PJSIP/1001", "PJSIP/trunk"]

    assert (await anna.asks("call.keys", call=call, keys="12#"))["type"] == "done"
    assert (await anna.asks("call.hang_up", call=call))["type"] == "done"

    assert await lines(switch) == []
    (record,) = await daemon.recorded(1)
    assert (record["direction"], record["outcome"]) == ("outbound", "answered")


async def test_a_command_that_is_sent_twice_dials_once_even_by_another_life_of_the_service(
    switch: Switch, daemon: Daemon
) -> None:
    anna = await daemon.screen_of("anna")
    call = await talks(switch, anna)
    assert (await anna.asks("call.dial", number=CUSTOMER, key="once"))["type"] == "done"
    await daemon.stop()
    await daemon.start()
    await daemon.is_ready()
    anna = await daemon.screen_of("anna")
    assert [view["call"] for view in anna.snapshot["calls"]] == [call]

    await anna.asks("call.dial", number=CUSTOMER, key="once")

    assert await lines(switch) == ["PJSIP/1001", "PJSIP/trunk"]


async def test_asterisk_itself_refuses_a_leg_that_it_has(switch: Switch, daemon: Daemon) -> None:
    anna = await daemon.screen_of("anna")
    call = await talks(switch, anna)
    since = switch.ami.position
    await switch.ami.action(
        "Originate", Channel="PJSIP/1001", Context="from-phones", Exten=CUSTOMER, Priority=1, ChannelId=call,
        Async="true",
    )  # fmt: skip
    answer = await switch.ami.wait_for("OriginateResponse", since=since)
    assert answer["Response"] == "Failure"
    assert await lines(switch) == ["PJSIP/1001", "PJSIP/trunk"]


async def test_a_customer_is_passed_on_to_a_colleague(switch: Switch, daemon: Daemon) -> None:
    await switch.phone("1002").answers_after(0.2)
    anna, ben = await daemon.screen_of("anna"), await daemon.screen_of("ben")
    call = await talks(switch, anna)

    assert (await anna.asks("call.transfer", call=call, number="1002"))["type"] == "done"

    assert "call.gone" in [frame["type"] for frame in anna.frames]  # before it was said to be done
    view = await sees_call(ben, "connected")
    assert (view["call"], view["number"]) == (call, E164)
    assert await lines(switch) == ["PJSIP/1002", "PJSIP/trunk"]
    assert (await ben.asks("call.hang_up", call=call))["type"] == "done"
    (record,) = await daemon.recorded(1)
    assert record["outcome"] == "answered"


async def test_a_call_of_a_queue_is_passed_on_and_a_ring_is_rejected(switch: Switch, daemon: Daemon) -> None:
    await switch.phone("1001").answers_after(0.1)
    await switch.phone("1002").never_answers()
    await switch.agents_log_in("support", "1001")
    anna, ben = await daemon.screen_of("anna"), await daemon.screen_of("ben")
    customer = await switch.customer_calls(CUSTOMER, did="5000")
    view = await sees_call(anna, "connected")
    assert (await anna.asks("call.transfer", call=view["call"], number="1002"))["type"] == "done"
    rings = (await ben.sees("pop"))["call"]
    assert (rings["call"], rings["number"]) == (view["call"], E164)

    assert (await ben.asks("call.hang_up", call=view["call"]))["type"] == "done"
    await customer.ended()
    assert await lines(switch) == []


async def test_what_may_not_be_dialled_and_whom_nobody_reaches(switch: Switch, daemon: Daemon) -> None:
    anna = await daemon.screen_of("anna")
    assert (await anna.asks("call.dial", number="00390612345678"))["code"] == "dial_abroad"
    assert await lines(switch) == []
    await switch.phone("1001").is_busy()
    answer = await anna.asks("call.dial", number=CUSTOMER)
    assert answer["type"] == "done"  # it rang
    await anna.sees("call.gone")
    async with asyncio.timeout(5):
        while await lines(switch):
            await switch.ami.wait_for("Hangup")
