"""Agents' states on a real Asterisk: its queues follow the desk, and the desk follows its queues."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.amiclient import Fields
from tests.integration.daemon import Daemon, Desk, Frame, free_port
from tests.integration.switch import Switch

QUEUES = """
[[queue]]
name = "support"
wrap_up = "timed"
wrap_up_seconds = 2
"""


@pytest.fixture
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    """Return a service with an agent who serves two queues: one with a wrap-up of two seconds, one with none."""
    daemon = Daemon(tmp_path, ami=(switch.ami_host, switch.ami_port), secret=switch.ami_secret, port=free_port())
    with daemon.config.open("a", encoding="utf-8") as config:
        config.write(QUEUES)
    await daemon.has_person("anna", "PJSIP/1001")
    await daemon.has_person("boss", role="admin")
    async with daemon:
        await daemon.is_ready()
        boss = await daemon.client_of("boss")
        queues = [{"queue": "support", "penalty": 3}, {"queue": "sales"}]
        async with boss.post("/api/people/change", json={"user": "anna", "queues": queues}) as answer:
            assert answer.status == 200, await answer.text()
        yield daemon


async def members(switch: Switch) -> dict[str, Fields]:
    """Return what Asterisk has of the agent, by queue."""
    listed = await switch.ami.listed("QueueStatus")
    return {
        item["Queue"]: item for item in listed if item["Event"] == "QueueMember" and item["Location"] == "PJSIP/1001"
    }


async def sees(desk: Desk, state: str, *, is_paused: bool | None = None, within: float = 10, **fields: Any) -> Frame:
    """Return the next view of the agent in *state* with nothing under way, after the one that was seen so last.

    *is_paused* is in every queue, where it is given.
    """

    def fits(frame: Frame) -> bool:
        view = frame.get("agent", {})
        return (
            frame["type"] == "agent"
            and (view["state"], view["asked"]) == (state, None)
            and is_paused in (None, all(place["paused"] for place in view["places"]))
            and all(view[name] == value for name, value in fields.items())
        )

    since = next((n for n, frame in enumerate(desk.frames, 1) if frame.get("seen")), 0)
    found = next((frame for frame in desk.frames[since:] if fits(frame)), None)
    if found is None:
        found = await desk.sees("agent", fits, within=within)
    for frame in desk.frames:
        frame.pop("seen", None)
    found["seen"] = True
    agent: Frame = found["agent"]
    return agent


async def written_down(daemon: Daemon, state: str) -> None:
    """Wait until the database has it that the agent is in *state*."""
    async with asyncio.timeout(10):
        while True:
            with sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True) as db:
                if db.execute("SELECT state FROM agent_states WHERE ended_at IS NULL").fetchall() == [(state,)]:
                    return
            await asyncio.sleep(0.05)  # another process writes it


async def at_work(daemon: Daemon) -> Desk:
    desk = await daemon.screen_of("anna")
    assert (await desk.asks("agent.sign_in"))["type"] == "done"
    assert (await desk.asks("agent.set_state", state="ready"))["type"] == "done"
    await sees(desk, "ready")
    return desk


async def test_an_agent_signs_in_is_ready_takes_a_break_and_signs_out(switch: Switch, daemon: Daemon) -> None:
    anna = await daemon.screen_of("anna")
    assert anna.snapshot["agent"]["assigned"] == ["sales", "support"]
    assert await members(switch) == {}

    assert (await anna.asks("agent.sign_in"))["type"] == "done"
    found = await members(switch)
    assert {queue: (m["Paused"], m["Penalty"], m["Name"]) for queue, m in found.items()} == {
        "sales": ("1", "0", "anna"),
        "support": ("1", "3", "anna"),
    }

    await anna.asks("agent.set_state", state="ready")
    await sees(anna, "ready")
    assert {member["Paused"] for member in (await members(switch)).values()} == {"0"}

    await anna.asks("agent.set_state", state="not_ready", reason="午饭")
    await sees(anna, "not_ready", reason="午饭")
    assert {(m["Paused"], m["PausedReason"]) for m in (await members(switch)).values()} == {("1", "午饭")}

    await anna.asks("agent.sign_out")
    await sees(anna, "signed_out")
    assert await members(switch) == {}


async def test_a_pause_by_hand_in_asterisk_follows_back(switch: Switch, daemon: Daemon) -> None:
    anna = await at_work(daemon)
    await switch.ami.action("QueuePause", Interface="PJSIP/1001", Paused="true", Reason="by hand")
    paused = await sees(anna, "not_ready")
    assert (paused["reason"], paused["forced_by"]) == ("by hand", "switch")

    since = switch.ami.position
    await switch.ami.action("QueuePause", Interface="PJSIP/1001", Paused="false")
    for queue in ("support", "sales"):  # the service pauses again: nobody is made ready who did not ask
        await switch.ami.wait_for("QueueMemberPause", since=since, Queue=queue, Paused="1")
    await anna.asks("clock.sync")
    assert all(member["Paused"] == "1" for member in (await members(switch)).values())

    for queue in ("support", "sales"):
        await switch.ami.action("QueueRemove", Queue=queue, Interface="PJSIP/1001")
    assert (await sees(anna, "signed_out"))["forced_by"] == "switch"


async def test_a_call_that_nobody_answers_makes_not_ready(switch: Switch, daemon: Daemon) -> None:
    await switch.phone("1001").never_answers()
    anna = await at_work(daemon)
    customer = await switch.customer_calls("13800138000", did="5000")
    await sees(anna, "ringing")
    assert (await sees(anna, "not_ready", within=15))["reason"] == "ring_no_answer"
    await customer.hangs_up()


async def test_a_rejected_call_makes_not_ready(switch: Switch, daemon: Daemon) -> None:
    await switch.phone("1001").rejects()
    anna = await at_work(daemon)
    customer = await switch.customer_calls("13800138000", did="5000")
    assert (await sees(anna, "not_ready", within=15))["reason"] == "call_rejected"
    await customer.hangs_up()


async def test_a_timed_wrap_up_keeps_calls_away_and_ends_by_itself(switch: Switch, daemon: Daemon) -> None:
    await switch.phone("1001").answers_after(0.2)
    anna = await at_work(daemon)
    first = await switch.customer_calls("13800138001", did="5000")
    await sees(anna, "talking", is_paused=True)  # from the first word on
    second = await switch.customer_calls("13800138002", did="5000")  # waits for the same agent

    await first.hangs_up()

    wrap_up = await sees(anna, "wrap_up")
    assert wrap_up["wrap_up_until"] - wrap_up["since"] == pytest.approx(2_000, abs=50)
    assert all(place["paused"] for place in wrap_up["places"])
    ready = await sees(anna, "ready")
    assert ready["since"] >= wrap_up["wrap_up_until"]
    assert (await sees(anna, "talking", within=15))["wrap_up"] == "timed"
    await second.hangs_up()
    await sees(anna, "wrap_up")


async def test_a_pending_break_takes_effect_after_the_call_and_its_wrap_up(switch: Switch, daemon: Daemon) -> None:
    await switch.phone("1001").answers_after(0.2)
    anna = await at_work(daemon)
    customer = await switch.customer_calls("13800138000", did="5000")
    await sees(anna, "talking")
    assert (await anna.asks("agent.set_state", state="not_ready", reason="meal"))["type"] == "done"

    await customer.hangs_up()

    assert (await sees(anna, "wrap_up"))["pending"]["reason"] == "meal"
    assert (await sees(anna, "not_ready"))["reason"] == "meal"
    assert all(member["Paused"] == "1" for member in (await members(switch)).values())


async def test_a_killed_service_goes_on_with_who_was_ready_and_makes_nobody_ready(
    switch: Switch, daemon: Daemon
) -> None:
    anna = await at_work(daemon)
    await written_down(daemon, "ready")

    await daemon.stop(signal.SIGKILL)
    await daemon.start()
    await daemon.is_ready()
    anna = await daemon.screen_of("anna")
    assert anna.snapshot["agent"]["state"] == "ready"  # as she asked, and as Asterisk still has her

    await anna.asks("agent.set_state", state="not_ready", reason="meal")
    await sees(anna, "not_ready")
    await written_down(daemon, "not_ready")
    await daemon.stop(signal.SIGKILL)
    await switch.ami.action("QueuePause", Interface="PJSIP/1001", Paused="false")  # somebody, meanwhile
    await daemon.start()
    await daemon.is_ready()
    anna = await daemon.screen_of("anna")
    if anna.snapshot["agent"]["asked"] or not all(place["paused"] for place in anna.snapshot["agent"]["places"]):
        await anna.sees("agent", lambda frame: all(place["paused"] for place in frame["agent"]["places"]))
    assert anna.snapshot["agent"]["state"] == "not_ready"
    assert all(member["Paused"] == "1" for member in (await members(switch)).values())


async def test_asterisk_restarts_and_nobody_is_ready_by_it(switch: Switch, daemon: Daemon) -> None:
    anna = await at_work(daemon)
    await anna.asks("agent.set_state", state="not_ready", reason="meal")
    await sees(anna, "not_ready")
    await switch.kill9()
    await anna.sees("link", lambda frame: not frame["link"]["up"])
    await switch.restart()
    await anna.sees("link", lambda frame: frame["link"]["up"], within=15)
    await anna.asks("clock.sync")
    last = [frame["agent"] for frame in anna.frames if frame["type"] == "agent"][-1]
    assert last["state"] != "ready"
    assert all(member["Paused"] == "1" for member in (await members(switch)).values())


async def test_repair_shows_what_asterisk_has(switch: Switch, daemon: Daemon) -> None:
    anna = await at_work(daemon)
    assert (await anna.asks("agent.repair"))["type"] == "done"
    boss = await daemon.client_of("boss")
    async with boss.get("/api/audit?limit=5") as answer:
        told = await answer.json()
    assert told["whole"] is True
    assert "agent.repair" in {entry["action"] for entry in told["entries"]}
