"""What we rely on in Asterisk and in our configuration of it, and that the robots do what they are told."""

import asyncio
import wave
from pathlib import Path

import pytest

from tests.integration.amiclient import AmiClient, Refused
from tests.integration.relay import Relay
from tests.integration.switch import Switch

HOSTILE = "<img src=x onerror=alert(1)>=cmd|'/c calc'!A1"


async def test_a_customer_waits_is_answered_and_hangs_up(switch: Switch) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(0.2)
    since = switch.ami.position

    customer = await switch.customer_calls("13800138000", name="王小明", did="5000")
    called = await switch.ami.wait_for("AgentCalled", since=since)
    assert (called["CallerIDNum"], called["CallerIDName"]) == ("13800138000", "王小明")
    assert (called["Exten"], called["Queue"], called["Interface"]) == ("5000", "support", "PJSIP/1001")
    await switch.ami.wait_for("AgentConnect", since=since)
    await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=called["Uniqueid"])
    assert {channel.bridge for channel in await switch.core_show_channels()} != {""}

    await customer.hangs_up()
    await switch.ami.wait_for("Hangup", since=since, Uniqueid=called["DestUniqueid"])
    await switch.ami.wait_for("Hangup", since=since, Uniqueid=called["Uniqueid"])
    requests = switch.ami.events("HangupRequest", since=since)
    assert requests[0]["Uniqueid"] == called["Uniqueid"], "HangupRequest tells who hung up first"
    assert await switch.core_show_channels() == []


async def test_every_event_carries_the_name_of_the_machine_and_of_the_call(switch: Switch) -> None:
    since = switch.ami.position
    customer = await switch.customer_calls("13800138000", did="5000")
    joined = await switch.ami.wait_for("QueueCallerJoin", since=since)
    await customer.hangs_up()
    await switch.ami.wait_for("Hangup", since=since)
    assert all(f["SystemName"] == switch.systemname for f in switch.ami.frames[since:])
    assert f"ChanVariable: CTI_CALL={joined['Uniqueid']}".encode() in switch.ami.raw


async def test_a_call_is_recorded_each_side_in_a_file_of_its_own(switch: Switch) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(0, talks=1.5)
    since = switch.ami.position
    customer = await switch.customer_calls("13800138000", did="5000")
    await customer.ended()
    call = switch.ami.events("Newchannel", since=since)[0]["Uniqueid"]
    await switch.ami.wait_for("Hangup", since=since, Uniqueid=call)
    for side in ("", "-customer", "-agent"):
        assert loudest(switch.recordings / f"{call}{side}.wav") > 1000, f"no sound in the file {side or 'of both'}"


def loudest(path: Path) -> int:
    with wave.open(str(path)) as file:
        frames = file.readframes(file.getnframes())
    samples = (int.from_bytes(frames[n : n + 2], "little", signed=True) for n in range(0, len(frames), 2))
    return max(map(abs, samples), default=0)


async def test_agents_who_do_not_answer_or_refuse_are_passed_over(switch: Switch) -> None:
    await switch.agents_log_in("support", "1001", "1002", "1003")
    await switch.phone("1001").never_answers()
    await switch.phone("1002").is_busy()
    await switch.phone("1003").answers_after(0)
    since = switch.ami.position
    await switch.customer_calls("13800138000", did="5000")
    connected = await switch.ami.wait_for("AgentConnect", since=since, within=20)
    assert connected["Interface"] == "PJSIP/1003"


async def test_a_queue_that_gives_a_call_up_says_so(switch: Switch) -> None:
    since = switch.ami.position
    await switch.customer_calls("13800138000", did="5000")
    joined = await switch.ami.wait_for("QueueCallerJoin", since=since)
    await switch.ami.action("QueueWithdrawCaller", Queue="support", Caller=joined["Channel"])
    result = await switch.ami.wait_for("UserEvent", since=since, UserEvent="CtiQueueResult")
    assert (result["Queue"], result["QueueStatus"], result["Call"]) == ("support", "WITHDRAW", joined["Uniqueid"])


async def test_a_phone_holds_and_transfers(switch: Switch) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(0)
    await switch.phone("1002").answers_after(0)
    since = switch.ami.position
    await switch.customer_calls("13800138000", did="5000")
    await switch.ami.wait_for("AgentConnect", since=since)
    await switch.phone("1001").holds()
    held = await switch.ami.wait_for("Hold", since=since)
    await switch.phone("1001").unholds()
    await switch.ami.wait_for("Unhold", since=since, Uniqueid=held["Uniqueid"])
    await switch.phone("1001").transfers_blind("1002")
    assert (await switch.ami.wait_for("BlindTransfer", since=since))["Result"] == "Success"
    await switch.ami.wait_for("DialEnd", since=since, DialStatus="ANSWER", DestCallerIDNum="1002")


@pytest.mark.parametrize(
    ("number", "cause", "sip"),
    [
        ("13900139917", "17", "486"),
        ("13900139901", "1", "404"),
        ("13900139934", "34", "503"),
        ("13900139921", "21", "403"),
    ],
)
async def test_the_network_refuses_in_every_way(switch: Switch, number: str, cause: str, sip: str) -> None:
    since = switch.ami.position
    await switch.phone("1003").dials(number)
    await switch.ami.wait_for("HangupRequest", since=since, Cause=cause)
    ended = await switch.ami.wait_for("Hangup", since=since)
    assert (ended["Cause"], ended["TechCause"]) == (cause, sip)


async def test_an_agent_dials_out_and_is_answered(switch: Switch) -> None:
    since = switch.ami.position
    call = await switch.phone("1003").dials("13900139000")
    await switch.ami.wait_for("DialState", since=since, DialStatus="RINGING")
    await switch.ami.wait_for("DialEnd", since=since, DialStatus="ANSWER")
    await call.hangs_up()
    await call.ended()


async def test_direct_numbers_ring_the_phone(switch: Switch) -> None:
    since = switch.ami.position
    await switch.customer_calls("13800138001", name="李娜", did="5103")
    dialled = await switch.ami.wait_for("DialBegin", since=since)
    assert dialled["DestChannel"].startswith("PJSIP/1003-")
    assert dialled["CallerIDName"] == "李娜"


@pytest.mark.parametrize(
    ("header", "number", "name"),
    [
        ('"王小明" <sip:13800138000@127.0.0.2>', "13800138000", "王小明"),
        ("王小明 <sip:13800138000@127.0.0.2>", "13800138000", "王小明"),
        (f'"{HOSTILE}" <sip:13800138000@127.0.0.2>', "13800138000", HOSTILE.replace("'", "\\'")),
        ('"a: b), c; ${SHELL(id)} $[1+1]" <sip:138@127.0.0.2>', "138", "a: b), c; ${SHELL(id)} $[1+1]"),
        (r'"\"q\"" <sip:13800138000;user=phone@127.0.0.2>', "13800138000", r"\"q\""),
        ("<sip:13800138000:secret@127.0.0.2>", "13800138000", "<unknown>"),
        ("sip:13800138000@127.0.0.2", "13800138000", "<unknown>"),
        ('"n" <sip:anonymous@anonymous.invalid>', "<unknown>", "n"),
        ('"n" <tel:+8613800138000>', "+8613800138000", "n"),
        ('"n" <sip:100%0D%0A%0D%0AEvent%3A%20QueueMemberPause%0D%0AQueue%3A%20support@127.0.0.2>', "<unknown>", "n"),
    ],
)
async def test_who_calls_is_read_safely(switch: Switch, header: str, number: str, name: str) -> None:
    since = switch.ami.position
    caller = await switch.stranger_calls(header, pause=0.2)
    joined = await switch.ami.wait_for("QueueCallerJoin", since=since)
    assert (joined["CallerIDNum"], joined["CallerIDName"]) == (number, name)
    await switch.ami.wait_for("Hangup", since=since)
    assert all("Uniqueid" in f and f["SystemName"] == switch.systemname for f in switch.ami.frames[since:])
    await caller.ended()


@pytest.mark.parametrize(
    "did", ["500%0D%0A%0D%0AEvent%3A%20X", "5000%0D%0AEvent%3A%20X", "999999", "s", "h", "call", "1001"]
)
async def test_a_stranger_reaches_nothing_but_our_numbers(switch: Switch, did: str) -> None:
    since = switch.ami.position
    caller = await switch.stranger_calls('"n" <sip:13800138000@127.0.0.2>', did=did)
    await caller.ended()  # refused: the scenario is content with that
    await switch.ami.action("Ping")
    assert [f for f in switch.ami.frames[since:] if "Response" not in f] == []


async def test_lists_and_answers_pass_the_event_filter_and_other_events_do_not(switch: Switch) -> None:
    await switch.agents_log_in("support", "1001")
    since = switch.ami.position
    customer = await switch.customer_calls("13800138000", did="5000")
    await switch.ami.wait_for("AgentCalled", since=since)
    assert len(await switch.ami.listed("CoreShowChannels")) == 2
    kinds = {item["Event"] for item in await switch.ami.listed("QueueStatus")}
    assert kinds == {"QueueParams", "QueueMember", "QueueEntry"}
    await customer.hangs_up()
    await switch.ami.wait_for("QueueCallerAbandon", since=since)
    assert not switch.ami.events("DeviceStateChange", since=since)
    answer = await switch.ami.action(
        "Originate", Channel="PJSIP/13900139917@trunk", Context="cti-wait", Exten="s", Priority=1, Async="true"
    )
    response = await switch.ami.wait_for("OriginateResponse", since=since, ActionID=answer["ActionID"])
    assert response["Response"] == "Failure"


@pytest.mark.parametrize("action", ["Command", "PJSIPShowEndpoints", "GetConfig", "UpdateConfig", "Reload", "DBPut"])
async def test_the_account_may_not_do_more_than_it_needs(switch: Switch, action: str) -> None:
    with pytest.raises(Refused, match="Permission denied"):
        await switch.ami.action(action, Command="core show version")


async def test_the_account_needs_its_secret(switch: Switch) -> None:
    with pytest.raises(Refused, match="Authentication failed"):
        await AmiClient.connect(switch.facts["ami"], secret="wrong")


async def test_a_killed_asterisk_comes_back_with_its_agents_and_phones(switch: Switch) -> None:
    await switch.agents_log_in("support", "1001")
    await switch.phone("1001").answers_after(1.5)  # Asterisk writes its database once a second
    since = switch.ami.position
    await switch.customer_calls("13800138000", did="5000")
    await switch.ami.wait_for("AgentConnect", since=since)

    await switch.kill9()
    await switch.restart()

    assert await switch.ami.listed("CoreShowChannels") == []
    items = await switch.ami.listed("QueueStatus")
    assert [item["Location"] for item in items if item["Event"] == "QueueMember"] == ["PJSIP/1001"]
    await switch.customer_calls("13800138000", did="5000")
    await switch.ami.wait_for("AgentConnect")


async def test_the_relay_cuts_freezes_and_chops(switch: Switch, relay: Relay) -> None:
    ami = {**switch.facts["ami"], "host": relay.host, "port": relay.port}
    client = await AmiClient.connect(ami)
    relay.chop(1)
    await client.action("Ping")
    relay.freeze()
    with pytest.raises(TimeoutError):
        await client.action("Ping", within=0.2)
    relay.thaw()
    await client.action("Ping")
    relay.cut()
    with pytest.raises(ConnectionError):
        await client.wait_for("Never")
    await client.close()
    relay.refuse()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await AmiClient.connect(ami)
    relay.serve()
    await (await AmiClient.connect(ami)).close()
