"""Calls dialled, ended and passed on from the screen of somebody whose phone stands on the desk."""

from typing import Any

import msgspec
import pytest

from cti.calls import events as ev
from cti.calls.facts import ChannelId, Device, OriginateEnded
from cti.calls.model import Call, CallId, Cause, Connection, ConnectionState, Role
from cti.ports import SwitchUnreachable
from cti.services import callcontrol
from tests.fakes.centre import Agent, Centre, until

KEY = "one-two-three-four"


def the_phone_is_rung(centre: Centre, agent: Agent, channel: ChannelId) -> None:
    call, at = CallId(channel), centre.time()
    leg = Connection(channel, agent.device, Role.AGENT, ConnectionState.INITIATED)
    centre.registry.calls[call] = Call(call, "outbound", at, dialled="13800138000", connections={channel: leg})
    centre.happens(ev.ServiceInitiated(at, call, channel, agent.device, Role.AGENT))


async def dialling(centre: Centre, agent: Agent, number: str = "13800138000", **fields: Any) -> tuple[int, ChannelId]:
    """Let *agent* ask for a call; return the command's id and the leg that the switch was asked for."""
    id = await agent.says("call.dial", number=number, **{"key": KEY, **fields})
    await until(lambda: bool(centre.switch.treated))
    return id, ChannelId(centre.switch.treated[0][1])


async def reply(agent: Agent, id: int) -> dict[str, Any]:
    while (frame := await agent.next()).get("id") != id:
        pass
    return frame


async def test_a_number_is_dialled_by_the_desk_phone_and_done_when_that_rings(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    id, channel = await dialling(centre, anna, "138 0013 8000")

    assert centre.switch.treated == [("originate", channel, "PJSIP/1001", "13800138000")]
    assert "done" not in await anna.meanwhile()
    the_phone_is_rung(centre, anna, channel)
    assert (await anna.sees("done"))["id"] == id
    assert [frame["call"]["call"] for frame in anna.frames if frame["type"] == "call"] == [channel]


async def test_a_command_that_is_sent_again_dials_once(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    first, channel = await dialling(centre, anna)
    second = await anna.says("call.dial", number="13800138000", key=KEY)
    await anna.meanwhile()
    the_phone_is_rung(centre, anna, channel)

    assert [(await anna.sees("done"))["id"] for _ in range(2)] == [first, second]
    assert len(centre.switch.treated) == 1


def test_the_leg_of_a_command_has_the_same_name_in_the_next_life_of_the_service() -> None:
    assert callcontrol.channel_of("anna", KEY) == callcontrol.channel_of("anna", KEY)
    others = {
        callcontrol.channel_of("anna", "x"),
        callcontrol.channel_of("ben", KEY),
        callcontrol.channel_of("a", "nna"),
    }
    assert callcontrol.channel_of("anna", KEY) not in others


async def test_a_phone_in_the_page_is_told_that_it_may(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1101")
    assert (await anna.asks("call.dial", number="13800138000", phone="page"))["type"] == "done"
    assert centre.switch.treated == []


@pytest.mark.parametrize("phone", ["desk", "page"])
@pytest.mark.parametrize(
    ("number", "code"), [("00390612345678", "dial_abroad"), ("+19005551234", "dial_premium"), ("1; x", "dial_number")]
)
async def test_what_the_rule_denies_reaches_no_switch(centre: Centre, phone: str, number: str, code: str) -> None:
    anna = await centre.agent("anna", extension="1001")
    refusal = await anna.asks("call.dial", number=number, phone=phone, key=KEY)
    assert (refusal["type"], refusal["code"]) == ("refusal", code)
    assert refusal["text"]
    assert centre.switch.treated == []


async def test_who_has_no_phone_dials_nobody(centre: Centre) -> None:
    root = await centre.person("root", role="admin")
    await root.opens()
    assert (await root.asks("call.dial", number="110"))["code"] == "no_device"


async def test_a_phone_that_cannot_be_rung(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    id, _ = await dialling(centre, anna)
    nobodys = OriginateEnded(centre.time(), "x", None, Device("PJSIP/1002"), "", "", success=False, timed_out=False)
    centre.states(nobodys)
    assert "refusal" not in await anna.meanwhile()
    centre.states(msgspec.structs.replace(nobodys, device=anna.device))
    refusal = await reply(anna, id)
    assert (refusal["code"], "connected" in refusal["text"]) == ("switch_refused", True)


async def test_what_the_switch_does_not_report_is_not_known(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callcontrol, "REPORT_SECONDS", 0.05)
    anna = await centre.agent("anna", extension="1001")
    assert (await anna.asks("call.dial", number="13800138000", key=KEY))["code"] == "outcome_unknown"
    centre.switch.silent = True
    assert (await anna.asks("call.dial", number="13800138000", key="another"))["code"] == "outcome_unknown"


async def test_without_a_link_nothing_is_dialled(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    centre.switch.refuse = SwitchUnreachable("no link")
    assert (await anna.asks("call.dial", number="13800138000"))["code"] == "link_down"


async def test_an_agent_ends_passes_on_and_presses_keys_in_the_own_call(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = centre.customer("13800138000").calls("support")
    customer.rings(anna, "support")
    own = f"{customer.id}.{anna.device}"
    assert (await anna.asks("call.transfer", call=customer.id, number="1002"))["code"] == "call_state"
    assert (await anna.asks("call.keys", call=customer.id, keys="1"))["code"] == "call_state"
    customer.is_answered_by(anna)
    centre.registry.calls[customer.id] = centre.registry.calls[customer.id].with_connection(
        Connection(customer.channel, Device("PJSIP/trunk"), Role.TRUNK, ConnectionState.CONNECTED)
    )

    assert (await anna.asks("call.keys", call=customer.id, keys="1#"))["type"] == "done"
    assert (await anna.asks("call.transfer", call=customer.id, number="+390612345678"))["code"] == "dial_abroad"
    passing_on = await anna.says("call.transfer", call=customer.id, number="1002", key="a")
    await until(lambda: ("transfer", own, "1002") in centre.switch.treated)
    customer.leaves(anna, Cause.NORMAL_CLEARING)

    assert (await reply(anna, passing_on))["type"] == "done"
    told = [("press", customer.channel, "1"), ("press", customer.channel, "#"), ("transfer", own, "1002")]
    assert centre.switch.treated == told
    assert (await anna.asks("call.hang_up", call=customer.id))["code"] == "not_your_call"


async def test_hanging_up_is_done_when_the_switch_says_so(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    customer = centre.customer("13800138000").calls("support")
    customer.rings(anna, "support")
    customer.is_answered_by(anna)
    id = await anna.says("call.hang_up", call=customer.id, key=KEY)
    await until(lambda: centre.switch.treated == [("hang_up", f"{customer.id}.{anna.device}")])
    assert "done" not in await anna.meanwhile()
    customer.hangs_up()
    assert (await reply(anna, id))["type"] == "done"


@pytest.mark.parametrize("what", ["call.hang_up", "call.transfer", "call.keys"])
async def test_the_call_of_a_colleague_is_left_alone(centre: Centre, what: str) -> None:
    anna, ben = await centre.agent("anna", extension="1001"), await centre.agent("ben", extension="1002")
    customer = centre.customer("13800138000").calls("support")
    customer.rings(anna, "support")
    customer.is_answered_by(anna)
    more = {"call.transfer": {"number": "1003"}, "call.keys": {"keys": "1"}}.get(what, {})
    assert (await ben.asks(what, call=customer.id, **more))["code"] == "not_your_call"
    assert centre.switch.treated == []


async def test_keys_go_to_one_party_and_to_nobody_where_there_are_several(centre: Centre) -> None:
    anna, ben = await centre.agent("anna", extension="1001"), await centre.agent("ben", extension="1002")
    customer = centre.customer("13800138000").calls()
    for agent in (anna, ben):
        customer.rings(agent)
        customer.is_answered_by(agent)
    assert (await anna.asks("call.keys", call=customer.id, keys="1"))["code"] == "call_state"
    assert centre.switch.treated == []
