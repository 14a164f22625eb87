"""An agent sees what the switch says of them, and asks for breaks."""

import pytest

from cti.calls.facts import Device, DeviceReachable, MemberRemoved, MemberSeen, MemberState
from cti.ports import OutcomeUnknown, SwitchError, SwitchRefused
from tests.fakes.centre import Centre


async def test_the_link_and_the_state_follow_the_switch(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    assert anna.frames[0]["link"]["up"] is False
    assert anna.frames[0]["agent"]["state"] == "signed_out"

    centre.link_comes_up(centre.member(anna), centre.member(anna, "sales"))
    assert (await anna.sees("link"))["link"]["up"] is True
    ready = (await anna.sees("agent"))["agent"]
    assert (ready["state"], ready["queues"]) == ("ready", ["sales", "support"])

    centre.states(centre.member(anna, paused=True, reason="lunch"))
    one = (await anna.sees("agent"))["agent"]
    assert one["state"] == "ready"  # still gets calls of the other queue
    assert {place["queue"]: place["paused"] for place in one["places"]} == {"sales": False, "support": True}
    centre.states(centre.member(anna, "sales", paused=True, reason="lunch"))
    paused = (await anna.sees("agent"))["agent"]
    assert (paused["state"], paused["reason"], paused["forced_by"]) == ("not_ready", "lunch", "switch")

    centre.states(DeviceReachable(centre.time(), anna.device, reachable=False))
    assert (await anna.sees("agent"))["agent"]["state"] == "phone_lost"
    centre.states(DeviceReachable(centre.time(), anna.device, reachable=True))
    assert (await anna.sees("agent"))["agent"]["state"] == "not_ready"

    for queue in ("support", "sales"):
        centre.states(MemberRemoved(centre.time(), queue, anna.device))
    assert (await anna.sees("agent"))["agent"]["state"] == "not_ready"
    assert (await anna.sees("agent"))["agent"]["state"] == "signed_out"
    centre.link_is_lost()
    assert (await anna.sees("link"))["link"]["up"] is False


async def test_a_queue_that_knows_the_phone_by_a_local_channel(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    local = MemberSeen(
        centre.time(), "support", Device("Local/1001@agents"), "anna", MemberState.NOT_INUSE, paused=False, reason=""
    )

    centre.link_comes_up(local)

    assert (await anna.sees("agent"))["agent"]["state"] == "ready"
    assert (await anna.asks("agent.set_state", state="not_ready", reason="tea"))["type"] == "done"
    assert centre.switch.asked == [("Local/1001@agents", True, "tea")]


async def test_a_break_is_shown_when_the_switch_says_so_and_not_before(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    centre.link_comes_up(centre.member(anna))
    await anna.sees("agent")

    answer = await anna.asks("agent.set_state", state="not_ready", reason="lunch\r\nAction: Originate")

    assert answer["type"] == "done"
    assert centre.switch.asked == [(anna.device, True, "lunch Action: Originate")]
    assert await anna.meanwhile() == []
    shown = [frame["agent"] for frame in anna.frames if frame["type"] == "agent"][-1]
    assert (shown["state"], shown["asked"]["state"], shown["asked"]["reason"]) == (
        "ready",
        "not_ready",
        "lunch Action: Originate",
    )
    centre.states(centre.member(anna, paused=True, reason="lunch"))
    paused = (await anna.sees("agent"))["agent"]
    assert (paused["state"], paused["asked"]) == ("not_ready", None)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SwitchRefused("Interface not found"), "switch_refused"),
        (OutcomeUnknown("no answer"), "outcome_unknown"),
        (SwitchError("?"), "switch_refused"),
    ],
)
async def test_what_the_switch_refuses_is_told(centre: Centre, error: SwitchError, code: str) -> None:
    anna = await centre.agent("anna", extension="1001")
    centre.link_comes_up(centre.member(anna))
    centre.switch.refuse = error

    assert (await anna.asks("agent.set_state", state="not_ready"))["code"] == code
    assert centre.view(anna)["state"] == "ready"
    assert centre.view(anna)["asked"] is None


async def test_without_a_link_or_a_queue_or_a_phone_nothing_is_asked(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    assert (await anna.asks("agent.set_state", state="ready"))["code"] == "link_down"
    centre.link_comes_up()
    assert (await anna.asks("agent.set_state", state="ready"))["code"] == "no_queue"
    assert (await anna.asks("agent.sign_in"))["code"] == "no_queue"
    root = await centre.person("root", role="admin")
    await root.opens()
    assert (await root.asks("agent.set_state", state="ready"))["code"] == "no_device"
    assert centre.switch.asked == []
