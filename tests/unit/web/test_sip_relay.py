"""The relay between a page and a switch's websocket, with real sockets and a scripted switch."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.web import sip_relay
from cti.web.own_calls import OwnCalls
from cti.web.service import BrowserPhones
from tests.fakes.centre import Agent, Centre, running, until
from tests.fakes.sip_peer import SipPeer
from tests.unit.web.test_sip_messages import INVITE, REGISTER, authorized

REGISTERED = (
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/WS p2h.invalid;branch=z9hG4bK1\r\nTo: <sip:1101@asterisk>;tag=x\r\n"
    "From: <sip:1101@asterisk>;tag=abc\r\nCall-ID: id1\r\nCSeq: 2 REGISTER\r\n"
    "Contact: <sip:1101@p2h.invalid;transport=ws>;expires=119\r\nContent-Length:  0\r\n\r\n"
)
RINGING = REGISTERED.replace("200 OK", "180 Ringing").replace("2 REGISTER", "2 INVITE")


class Keeper:
    wait_seconds = 20

    def __init__(self) -> None:
        self.told: list[tuple[str, Device]] = []

    def lost(self, device: Device) -> None:
        self.told.append(("lost", device))

    def replaced(self, device: Device) -> None:
        self.told.append(("replaced", device))

    def registered(self, device: Device) -> None:
        self.told.append(("registered", device))

    def waiting(self, device: Device) -> tuple[CallId, ...]:
        return (CallId("call-1"),)


class World:
    """A service with one switch and Anna, who has the phone 1101."""

    def __init__(self, centre: Centre, peer: SipPeer, keeper: Keeper, own_calls: OwnCalls, anna: Agent) -> None:
        self.centre, self.peer, self.keeper, self.own_calls, self.anna = centre, peer, keeper, own_calls, anna

    async def given(self, agent: Agent | None = None, **form: Any) -> dict[str, Any]:
        async with (agent or self.anna).http.post("/api/phone", json=form) as answer:
            told: dict[str, Any] = await answer.json()
            return {**told, "status": answer.status}

    @contextlib.asynccontextmanager
    async def phone(self, **form: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        given = await self.given(**form)
        async with self.anna.http.ws_connect(given["path"], protocols=("sip",)) as socket:
            self.password = given["password"]
            yield socket

    def refused(self, why: str) -> float:
        assert self.centre.web.sip is not None
        return self.centre.web.sip.refused.labels(why)._value.get()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    keeper, own_calls = Keeper(), OwnCalls()
    async with SipPeer() as peer:
        phones = BrowserPhones(peer.url, {"1101": "of the switch", "1102": "another"}, "asterisk", keeper, own_calls)
        async with running(phones=phones) as centre:
            yield World(centre, peer, keeper, own_calls, await centre.person("anna", extension="1101"))


async def code_of(socket: aiohttp.ClientWebSocketResponse, *, within: float = 5) -> int | None:
    """Read until the service closes; return the code."""
    async with asyncio.timeout(within):
        async for _ in socket:
            pass
    return socket.close_code


# --- who gets one -------------------------------------------------------------------------------------------------


async def test_a_phone_comes_with_all_that_a_user_agent_needs(world: World) -> None:
    given = await world.given()

    assert given["uri"] == "sip:1101@asterisk"
    assert given["contact"].startswith("sip:1101@")
    assert given["path"] == f"/sip?phone={given['phone']}"
    assert given["waiting"] == ["call-1"]
    assert "of the switch" not in str(given)
    assert (await world.given(phone=given["phone"]))["password"] != given["password"]


@pytest.mark.parametrize("extension", ["", "1001"])
async def test_who_has_no_phone_in_the_browser_gets_none(world: World, extension: str) -> None:
    ben = await world.centre.person("ben", extension=extension)
    refused = await world.given(ben)
    assert (refused["status"], refused["code"]) == (404, "no_phone")


async def test_without_a_switchs_websocket_there_are_no_phones() -> None:
    async with running() as centre:
        anna = await centre.person("anna", extension="1101")
        async with anna.http.post("/api/phone", json={}) as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("headers", "protocols", "status"),
    [
        ({"Origin": "https://evil.example"}, ("sip",), 403),
        ({"Cookie": ""}, ("sip",), 401),
        ({}, (), 400),
        ({}, ("chat",), 400),
    ],
)
async def test_a_socket_is_for_our_own_pages_and_for_sip(
    world: World, headers: dict[str, str], protocols: tuple[str, ...], status: int
) -> None:
    given = await world.given()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await world.anna.http.ws_connect(given["path"], protocols=protocols, headers=headers)
    assert refusal.value.status == status


async def test_the_id_of_a_phone_is_of_use_to_its_own_session_alone(world: World) -> None:
    given = await world.given()
    ben = await world.centre.person("ben", extension="1102")
    async with ben.http.ws_connect(given["path"], protocols=("sip",)) as socket:
        assert await code_of(socket) == 4404


async def test_one_page_an_extension(world: World) -> None:
    first = await world.given()
    async with world.anna.http.ws_connect(first["path"], protocols=("sip",)) as socket:
        assert (await world.given())["code"] == "phone_in_use"
        await world.given(take_over=True)

        assert await code_of(socket) == 4409
        assert world.keeper.told == [("replaced", "PJSIP/1101"), ("lost", "PJSIP/1101")]


async def test_a_page_that_loads_again_asks_nobody(world: World) -> None:
    first = await world.given()
    async with world.anna.http.ws_connect(first["path"], protocols=("sip",)) as socket:
        assert (await world.given(phone=first["phone"]))["status"] == 200
        assert await code_of(socket) == 4409


async def test_a_socket_that_comes_back_replaces_the_one_that_broke_unnoticed(world: World) -> None:
    given = await world.given()
    async with (
        world.anna.http.ws_connect(given["path"], protocols=("sip",)) as old,
        world.anna.http.ws_connect(given["path"], protocols=("sip",)) as new,
    ):
        assert await code_of(old) == 4409
        await new.send_str(REGISTER)
        await world.peer.hears(1)
    assert world.keeper.told in ([], [("lost", "PJSIP/1101")])  # the page went at the end, not before


# --- what passes --------------------------------------------------------------------------------------------------


async def test_messages_pass_both_ways_with_the_switchs_password(world: World) -> None:
    async with world.phone() as page:
        await page.send_str(authorized(REGISTER, password=world.password))
        (heard,) = await world.peer.hears(1)
        assert "REGISTER sip:asterisk SIP/2.0" in heard
        await world.peer.says(REGISTERED)

        assert await page.receive_str() == REGISTERED
        assert world.keeper.told == [("registered", "PJSIP/1101")]


async def test_what_is_refused_is_answered_counted_and_not_passed(world: World) -> None:
    async with world.phone() as page:
        await page.send_str(authorized(REGISTER, password="wrong"))
        assert (await page.receive_str()).startswith("SIP/2.0 403 Refused by the service\r\n")
        await page.send_str("hello")
        await page.send_str("\r\n\r\n")  # a keep-alive
        await page.send_str(REGISTER)

        assert len(await world.peer.hears(1)) == 1
        assert (world.refused("password"), world.refused("malformed")) == (1, 1)


async def test_the_answer_to_ones_own_call_names_it(world: World) -> None:
    async with world.phone() as page:
        await page.send_str(INVITE)
        (heard,) = await world.peer.hears(1)
        mark = heard.split("X-CTI-Mark: ")[1].split("\r\n")[0]
        world.own_calls.told("0" * 32, "1795518556.9")
        world.own_calls.told(mark, "1795518556.0\r\nX-Evil: yes")
        world.own_calls.told(mark, "1795518556.0")
        await world.peer.says(RINGING)

        assert "X-CTI-Call: 1795518556.0\r\n" in await page.receive_str()


async def test_a_dialplan_that_names_no_calls_delays_the_first_answer_only(world: World) -> None:
    async with world.phone() as page:
        await page.send_str(INVITE)
        await world.peer.hears(1)
        await world.peer.says(RINGING)
        assert await page.receive_str() == RINGING

        clock = asyncio.get_running_loop().time
        began = clock()
        await world.peer.says(RINGING)
        assert await page.receive_str() == RINGING
        assert clock() - began < 0.2


# --- how it ends --------------------------------------------------------------------------------------------------


async def test_a_page_that_closes_is_told_as_gone(world: World) -> None:
    async with world.phone():
        await until(lambda: world.peer.socket is not None)
    await until(lambda: world.keeper.told == [("lost", "PJSIP/1101")])
    await until(lambda: world.peer.socket is not None and world.peer.socket.closed)


async def test_a_switch_that_hangs_up_says_nothing_of_the_page(world: World) -> None:
    async with world.phone() as page:
        await until(lambda: world.peer.socket is not None)
        await world.peer.hangs_up()

        assert await code_of(page) == 4502
    assert world.keeper.told == []


async def test_a_switch_that_is_not_there(world: World) -> None:
    await world.peer.__aexit__()
    async with world.phone() as page:
        assert await code_of(page) == 4502
    await world.peer.__aenter__()


async def test_the_log_out_ends_it(world: World) -> None:
    async with world.phone() as page:
        async with world.anna.http.post("/api/logout", json={}) as answer:
            assert answer.status == 204
        assert await code_of(page) == 4401
    assert world.keeper.told == [("lost", "PJSIP/1101")]


async def test_a_session_that_ended_elsewhere_ends_it_within_five_seconds(world: World) -> None:
    async with world.phone() as page:
        await world.centre.sessions.delete(world.anna.token)
        assert await code_of(page, within=5) == 4401


async def test_a_service_that_stops_asks_to_come_back(world: World) -> None:
    async with world.phone() as page:
        assert world.centre.web.sip is not None
        await until(lambda: world.peer.socket is not None)
        stopping = asyncio.create_task(world.centre.web.sip.close())
        assert await code_of(page) == 1012
        await stopping
    assert world.keeper.told == []


async def test_bytes_and_too_much_text_are_no_sip(world: World) -> None:
    async with world.phone() as page:
        await page.send_bytes(REGISTER.encode())
        assert await code_of(page) == 1003
    async with world.phone(take_over=True) as page:
        await page.send_str(REGISTER + "x" * 70_000)
        assert await code_of(page) == 1009


async def test_nonsense_ends_it_soon(world: World) -> None:
    async with world.phone() as page:
        for _ in range(10):
            await page.send_str("nonsense")
        assert await code_of(page) == 4429
    assert world.refused("malformed") == 10


async def test_a_flood_ends_it(world: World) -> None:
    async with world.phone() as page:
        with contextlib.suppress(ConnectionError):
            for _ in range(200):
                await page.send_str(REGISTER)
        assert await code_of(page) == 4429
    assert len(world.peer.heard) < 150


async def test_a_page_that_does_not_read_is_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_relay, "STALLED_SECONDS", 0.2)
    async with world.phone() as page:
        await until(lambda: world.peer.socket is not None)
        connection = page._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.pause_reading()
        padding = "X-Padding: " + "x" * 50_000 + "\r\n"
        flood = asyncio.create_task(_flood(world.peer, REGISTERED.replace("Via", f"{padding}Via")))
        await until(lambda: ("lost", "PJSIP/1101") in world.keeper.told)
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
        connection.transport.resume_reading()


async def test_a_page_whose_network_is_cut_is_gone_soon(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_relay, "PAGE_PING_SECONDS", 0.1)
    async with world.phone() as page:
        await until(lambda: world.peer.socket is not None)
        connection = page._response.connection
        assert connection is not None
        assert connection.transport is not None
        connection.transport.pause_reading()
        await until(lambda: ("lost", "PJSIP/1101") in world.keeper.told)
        connection.transport.resume_reading()


async def test_a_switch_that_does_not_read_is_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip_relay, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr("cti.web.sockets.MOST_PER_SECOND", 100_000)
    body = "v=0\r\n" + "a=x\r\n" * 10_000
    big = INVITE.replace(
        "Content-Length: 0\r\n\r\n", f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )
    async with world.phone() as page:
        await until(lambda: world.peer.socket is not None)
        world.peer.stops_reading()
        flood = asyncio.create_task(_sends(page, big))
        assert await code_of(page, within=10) == 4502
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)


async def _flood(peer: SipPeer, text: str) -> None:
    while True:
        await peer.says(text)


async def _sends(page: aiohttp.ClientWebSocketResponse, text: str) -> None:
    while True:
        await page.send_str(text)


# --- what may be dialled -------------------------------------------------------------------------------------------


def calling(number: str) -> str:
    return INVITE.replace("sip:5000@", f"sip:{number}@")


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("00390612345678", "dial_abroad"),
        ("+19005551234", "dial_premium"),
        ("*98", "dial_code"),
        ("%2398", "dial_code"),
        ("00-39.0612345678", "dial_abroad"),
        ("anna", "dial_number"),
    ],
)
async def test_a_hand_made_page_calls_no_number_that_the_rule_denies(world: World, number: str, why: str) -> None:
    async with world.phone() as page:
        await page.send_str(calling(number))
        answer = await page.receive_str()
        await page.send_str(calling("13800138000"))

        assert answer.startswith("SIP/2.0 403 ")
        assert f"X-CTI-Refused: {why}\r\n" in answer
        (heard,) = await world.peer.hears(1)
        assert heard.startswith("INVITE sip:13800138000@asterisk ")
        assert world.refused(why) == 1


async def test_an_invite_that_poses_as_part_of_a_call_calls_nobody_either(world: World) -> None:
    async with world.phone() as page:
        posing = calling("00390612345678").replace("@asterisk>\r\nFrom", "@asterisk>;tag=x\r\nFrom")
        assert ";tag=x" in posing
        await page.send_str(posing)
        assert "X-CTI-Refused: dial_abroad" in await page.receive_str()
        await page.send_str(posing.replace("sip:00390612345678@asterisk SIP", "sip:127.0.0.1:5060 SIP"))
        await world.peer.hears(1)


@pytest.mark.parametrize("target", ["<sip:00390612345678@asterisk>", "<sip:+19005551234@asterisk?Replaces=a%3Bto-tag>"])
async def test_nor_does_it_send_a_customer_there(world: World, target: str) -> None:
    refer = calling("1102").replace("INVITE", "REFER").replace("User-Agent: cti", f"Refer-To: {target}")
    async with world.phone() as page:
        await page.send_str(refer)
        assert (await page.receive_str()).startswith("SIP/2.0 403 ")
        await page.send_str(refer.replace(target, "<sip:1102@asterisk>"))
        (heard,) = await world.peer.hears(1)
        assert "Refer-To: <sip:1102@asterisk>" in heard
