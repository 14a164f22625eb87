"""Phones in pages, through the service's relay, on a real Asterisk: registering, calling, and a page that goes."""

import array
import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.integration.daemon import Daemon, free_port
from tests.integration.switch import Switch
from tests.integration.webphone import WebPhone, header

CUSTOMER = "13800138000"


@pytest.fixture
async def daemon(switch: Switch, tmp_path: Path) -> AsyncIterator[Daemon]:
    daemon = Daemon(
        tmp_path,
        ami=(switch.ami_host, switch.ami_port),
        secret=switch.ami_secret,
        port=free_port(),
        phones=phones_of(switch, tmp_path),
    )
    await daemon.has_person("anna", "PJSIP/1101")
    await daemon.has_person("ben", "PJSIP/1102")
    await daemon.has_person("desk", "PJSIP/1001")
    async with daemon:
        await daemon.is_ready()
        yield daemon


def phones_of(switch: Switch, folder: Path) -> tuple[str, Path]:
    """Return the websocket of *switch* and a file with the passwords of its browser phones."""
    secrets = folder / "phones.toml"
    own = {phone: switch.facts["phones"][phone] for phone in switch.facts["webphones"]}
    secrets.write_text("".join(f"{phone} = {json.dumps(secret)}\n" for phone, secret in own.items()))
    secrets.chmod(0o600)
    return f"ws://{switch.facts['http']['host']}:{switch.facts['http']['port']}/ws", secrets


async def told(client: aiohttp.ClientSession, **form: Any) -> tuple[int, dict[str, Any]]:
    async with client.post("/api/phone", json=form) as answer:
        return answer.status, await answer.json()


# --- registering --------------------------------------------------------------------------------------------------


async def test_a_page_registers_with_a_password_that_the_switch_does_not_know(switch: Switch, daemon: Daemon) -> None:
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        answer = await phone.registers()

        assert answer.status == 200
        assert "1101" in await switch.cli("pjsip show contacts")
        assert switch.facts["phones"]["1101"] not in json.dumps(phone.given) + "".join(phone.heard)


async def test_the_wrong_password_is_refused_by_the_service(switch: Switch, daemon: Daemon) -> None:
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        phone.given["password"] = switch.facts["phones"]["1101"]  # not even the right one of the switch
        answer = await phone.registers()

        assert (answer.status, answer.start) == (403, "SIP/2.0 403 Refused by the service")
        assert "1101" not in await switch.cli("pjsip show contacts")


@pytest.mark.parametrize(
    "changes",
    [
        {"uri": "sip:1102@asterisk"},
        {"user": "1102"},
        {"contact": "sip:1102@page.invalid;transport=ws"},
        {"realm": "other"},
        {"uri": "sip:11%30%31@asterisk"},
    ],
)
async def test_another_extension_is_refused(switch: Switch, daemon: Daemon, changes: dict[str, str]) -> None:
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        phone.given.update(changes)

        assert (await phone.registers()).status == 403
        assert "110" not in await switch.cli("pjsip show contacts")


async def test_an_injected_event_never_reaches_the_manager(switch: Switch, daemon: Daemon) -> None:
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        await phone.registers()
        since = switch.ami.position
        forged = "1101%0D%0AEvent: Hangup%0D%0A"
        text = phone.request("INVITE", "sip:5000@asterisk", "sip:5000@asterisk", [], "c1")
        await phone.sends(text.replace("<sip:1101@", f'"{forged}" <sip:1101@', 1))
        await phone.sends(text.replace("sip:5000@", f"sip:{forged}@"))
        await phone.sends(text.replace("Max-Forwards: 69", "Max-Forwards: 69\r\nf: <sip:1102@asterisk>;tag=x"))
        await phone.sends(text.replace("\r\n", "\n"))

        assert (await phone.registers()).status == 200  # what was refused cost nothing else
        assert not switch.ami.events("Newchannel", since=since)


async def test_a_desk_phone_and_a_stranger_get_none(daemon: Daemon) -> None:
    status, refused = await told(await daemon.client_of("desk"))
    assert (status, refused["code"]) == (404, "no_phone")

    async with aiohttp.ClientSession(daemon.url, headers={"Origin": daemon.url}) as nobody:
        assert (await told(nobody))[0] == 401
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await nobody.ws_connect("/sip?phone=x", protocols=("sip",))
        assert refusal.value.status == 401


async def test_a_second_tab_is_told_and_may_take_the_phone_over(daemon: Daemon) -> None:
    client = await daemon.client_of("anna")
    async with WebPhone.of(client) as first:
        await first.registers()
        status, refused = await told(client)
        assert (status, refused["code"]) == (409, "phone_in_use")

        async with WebPhone.of(client, take_over=True) as second:
            assert await first.closed() == 4409
            assert (await second.registers()).status == 200
            async with client.ws_connect(first.given["path"], protocols=("sip",)) as late:
                assert (await late.receive()).data == 4404


async def test_the_phone_ends_with_the_session(daemon: Daemon) -> None:
    client = await daemon.client_of("anna")
    async with WebPhone.of(client) as phone:
        await phone.registers()
        async with client.post("/api/logout", json={}) as answer:
            assert answer.status == 204

        assert await phone.closed(within=5) == 4401


async def test_nothing_of_a_message_is_logged(daemon: Daemon) -> None:
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        await phone.registers()
        await phone.calls(CUSTOMER)
        phone.given["user"] = "1102"
        await phone.registers()

        log = daemon.log.read_text(encoding="utf-8")
        assert "credentials" in log
        assert phone.given["password"] not in log
        assert CUSTOMER not in log
        assert "INVITE" not in log


async def test_asterisk_restarted(switch: Switch, daemon: Daemon) -> None:
    client = await daemon.client_of("anna")
    async with WebPhone.of(client) as phone:
        await phone.registers()
        await switch.restart()

        assert await phone.closed() == 4502
        async with client.ws_connect(phone.given["path"], protocols=("sip",)) as socket:
            phone.socket = socket
            assert (await phone.registers()).status == 200


# --- calls --------------------------------------------------------------------------------------------------------


async def test_a_queues_call_names_itself_to_the_page(switch: Switch, daemon: Daemon) -> None:
    desk = await daemon.screen_of("anna")
    async with WebPhone.of(await daemon.client_of("anna"), take_over=True) as phone:
        await phone.registers()
        await switch.agents_log_in("support", "1101")
        await switch.customer_calls(CUSTOMER)
        await phone.rings()
        pop = await desk.sees("pop")

        invite = next(text for text in phone.heard if text.startswith("INVITE"))
        assert header(invite, "X-CTI-Call") == pop["call"]["call"]
        assert header(invite, "X-CTI-Auto-Answer") == ""


async def test_a_queue_may_have_its_calls_answered_by_the_page_itself(switch: Switch, daemon: Daemon) -> None:
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        await phone.registers()
        await switch.ami.action("Setvar", Variable="AUTO_ANSWER_support", Value="2")
        try:
            await switch.agents_log_in("support", "1101")
            await switch.customer_calls(CUSTOMER)
            await phone.rings()
        finally:
            await switch.ami.action("Setvar", Variable="AUTO_ANSWER_support", Value="")

        invite = next(text for text in phone.heard if text.startswith("INVITE"))
        assert header(invite, "X-CTI-Auto-Answer") == "2"
        assert header(invite, "Alert-Info") == "<http://cti>;info=alert-autoanswer;delay=2"


async def test_a_direct_call_names_itself_to_the_page(switch: Switch, daemon: Daemon) -> None:
    desk = await daemon.screen_of("anna")
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        await phone.registers()
        await switch.customer_calls(CUSTOMER, did="5111")
        await phone.rings()
        pop = await desk.sees("pop")

        invite = next(text for text in phone.heard if text.startswith("INVITE"))
        assert header(invite, "X-CTI-Call") == pop["call"]["call"]


async def test_a_page_learns_the_name_of_its_own_call(switch: Switch, daemon: Daemon) -> None:
    desk = await daemon.screen_of("anna")
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        await phone.registers()
        assert (await phone.calls(CUSTOMER)).status == 200

        call = await desk.sees("call", lambda frame: frame["call"]["state"] == "connected")
        ringing, answered = ("\r\n".join(t for t in phone.heard if t.startswith(f"SIP/2.0 {n}")) for n in (180, 200))
        assert header(ringing, "X-CTI-Call") == call["call"]["call"]
        assert header(answered, "X-CTI-Call") == call["call"]["call"]


# --- a page that goes ---------------------------------------------------------------------------------------------


async def answered_call(switch: Switch, phone: WebPhone, *, did: str) -> str:
    """Have a customer call and the page answer; return the id of the customer's channel."""
    since = switch.ami.position
    await switch.customer_calls(CUSTOMER, did=did)
    await phone.answers(await phone.rings())
    joined = await switch.ami.wait_for("BridgeEnter", since=since, CallerIDNum=CUSTOMER)
    return joined["Uniqueid"]


async def hears_music(switch: Switch, since: int, customer: str) -> None:
    """Wait until the customer is in the bridge where he hears music."""
    await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="holding_bridge")


def agents_of(daemon: Daemon, record: dict[str, Any]) -> list[str]:
    """Return who talked, in order."""
    with contextlib.closing(sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True)) as db:
        found = db.execute(
            "SELECT party FROM call_parties WHERE call_id = ? AND role = 'agent' ORDER BY position", [record["id"]]
        )
        return [party for (party,) in found]


async def test_the_customer_hears_music_meanwhile(switch: Switch, daemon: Daemon) -> None:
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        await phone.registers()
        await switch.agents_log_in("support", "1101")
        customer = await answered_call(switch, phone, did="5000")
        assert loudest(switch.recordings / f"{customer}-agent.wav") < 100  # the page itself sends no sound
    async with asyncio.timeout(4):
        while loudest(switch.recordings / f"{customer}-agent.wav") < 1_000:  # noqa: ASYNC110 - sound takes its time
            await asyncio.sleep(0.1)


def loudest(file: Path) -> int:
    """Return the greatest sample of what was recorded so far: the header is written last, so it is passed over."""
    samples = array.array("h", file.read_bytes()[44:][: (file.stat().st_size - 44) // 2 * 2]) if file.exists() else ()
    return max((abs(sample) for sample in samples), default=0)


@pytest.mark.parametrize("did", ["5000", "5111"])
async def test_a_reloaded_page_gets_its_call_back(switch: Switch, daemon: Daemon, did: str) -> None:
    client = await daemon.client_of("anna")
    async with WebPhone.of(client) as phone:
        await phone.registers()
        await switch.agents_log_in("support", "1101")
        customer = await answered_call(switch, phone, did=did)
        before, since = phone.given["phone"], switch.ami.position
    await hears_music(switch, since, customer)

    since = switch.ami.position
    async with WebPhone.of(client, phone=before) as phone:
        assert phone.given["waiting"] == [customer]
        await phone.registers()
        invite = await phone.rings()
        text = next(text for text in phone.heard if text.startswith("INVITE"))
        assert header(text, "X-CTI-Call") == customer
        assert header(text, "X-CTI-Returned") == "yes"
        assert header(text, "X-CTI-Auto-Answer") == "0"
        await phone.answers(invite)
        await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="simple_bridge")
        await switch.ami.action("Hangup", Channel=customer, Cause=16)

        (record,) = await daemon.recorded(1)
        assert record["outcome"] == "answered"
        assert agents_of(daemon, record) == ["1101"]
        assert record["talk_seconds"] > 0
        assert record["hold_seconds"] > 0


async def test_a_page_that_stays_away_sends_the_customer_back_to_the_queue(switch: Switch, daemon: Daemon) -> None:
    async with WebPhone.of(await daemon.client_of("anna")) as phone:
        await phone.registers()
        await switch.agents_log_in("support", "1101")
        customer = await answered_call(switch, phone, did="5000")
        since = switch.ami.position
    await hears_music(switch, since, customer)

    await switch.agents_log_out("support", "1101")
    await switch.agents_log_in("support", "1002")
    await switch.ami.wait_for("QueueCallerJoin", since=since, Uniqueid=customer, Position="1")
    await switch.ami.wait_for("AgentConnect", since=since, Uniqueid=customer)
    await switch.ami.action("Hangup", Channel=customer, Cause=16)

    (record,) = await daemon.recorded(1)
    assert agents_of(daemon, record) == ["1101", "1002"]


async def test_an_outbound_customer_is_kept_and_given_back(switch: Switch, daemon: Daemon) -> None:
    client = await daemon.client_of("anna")
    since = switch.ami.position
    async with WebPhone.of(client) as phone:
        await phone.registers()
        assert (await phone.calls(CUSTOMER)).status == 200
        joined = await switch.ami.wait_for("BridgeEnter", since=since, ConnectedLineNum="1101")
        assert joined["Channel"].startswith("PJSIP/trunk-")
        customer, before, since = joined["Uniqueid"], phone.given["phone"], switch.ami.position
    await hears_music(switch, since, customer)
    async with WebPhone.of(client, phone=before) as phone:
        await phone.registers()
        await phone.answers(await phone.rings())
        await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="simple_bridge")
        await switch.ami.action("Hangup", Channel=customer, Cause=16)

        (record,) = await daemon.recorded(1)
        assert (record["direction"], record["outcome"]) == ("outbound", "answered")
        assert agents_of(daemon, record) == ["1101"]


async def test_a_taken_over_phone_takes_its_call_along(switch: Switch, daemon: Daemon) -> None:
    client = await daemon.client_of("anna")
    async with WebPhone.of(client) as first:
        await first.registers()
        await switch.agents_log_in("support", "1101")
        customer = await answered_call(switch, first, did="5000")
        since = switch.ami.position
        async with WebPhone.of(client, take_over=True) as second:
            assert await first.closed() == 4409
            await hears_music(switch, since, customer)
            await second.registers()
            await second.answers(await second.rings())
            await switch.ami.wait_for("BridgeEnter", since=since, Uniqueid=customer, BridgeTechnology="simple_bridge")
