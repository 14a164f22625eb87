"""A switch at the other end of a page's SIP socket. It says what Asterisk says; of media it has descriptions only."""

import asyncio
import itertools
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from cti.web import api

_FINGERPRINT = ":".join(["A1", "7C"] * 16)


@dataclass
class Message:
    start: str
    headers: dict[str, str]
    body: str
    via: list[str] = field(default_factory=list)

    @property
    def method(self) -> str:
        """Of a request; "" for a response."""
        return "" if self.start.startswith("SIP/") else self.start.split(" ", 1)[0]

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/") else 0

    @property
    def target(self) -> str:
        """The user part of the request's address."""
        found = re.match(r"\w+ sip:([^@]+)@", self.start)
        return found[1] if found else ""


@dataclass
class Leg:
    """A call between this switch and the page."""

    call: str
    call_id: str
    ours: str  # From or To as this side writes it
    theirs: str = ""
    incoming: bool = True  # as the page sees it
    invite: Message | None = None
    answered: bool = False
    over: bool = False
    cseq: int = 1


class SipSwitch:
    def __init__(self) -> None:
        self.in_use = False  # another log-in has the phone
        self.waiting: tuple[str, ...] = ()
        self.register_status = 200
        self.answers = 200  # what a call of the page comes to; 0: it rings on
        self.heard: list[Message] = []
        self.legs: dict[str, Leg] = {}
        self.given: list[api.PhoneForm] = []
        self.registered = asyncio.Event()
        self._changed = asyncio.Condition()
        self._socket: web.WebSocketResponse | None = None
        self._numbers = itertools.count(1)

    # --- HTTP ---------------------------------------------------------------------------------------------------------

    async def give(self, request: web.Request) -> web.Response:
        form = msgspec.json.decode(await request.read(), type=api.PhoneForm)
        self.given.append(form)
        if self.in_use and not form.take_over:
            return web.Response(
                status=409,
                body=b'{"code":"phone_in_use","text":"","retry_after_seconds":null}',
                content_type="application/json",
            )
        self.in_use = False
        name = f"phone-{len(self.given)}"
        given = api.PhoneGiven(
            phone=name,
            extension="1101",
            uri="sip:1101@asterisk",
            realm="asterisk",
            user="1101",
            password="once",
            contact=f"sip:1101@{name}.invalid;transport=ws",
            path=f"/sip?phone={name}",
            register_seconds=120,
            waiting=self.waiting,
            wait_seconds=20,
        )
        return web.Response(body=msgspec.json.encode(given), content_type="application/json")

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("sip",))
        await socket.prepare(request)
        self._socket = socket
        self.registered.clear()
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and frame.data.strip():
                await self._hear(_parse(frame.data))
        return socket

    async def close(self, code: int) -> None:
        assert self._socket is not None
        await self._socket.close(code=code)

    # --- what a test makes happen -------------------------------------------------------------------------------------

    async def rings(self, call: str, number: str, name: str = "", **headers: str) -> Leg:
        """Call the page, under the service's name for the call."""
        async with asyncio.timeout(5):
            await self.registered.wait()
        n = next(self._numbers)
        leg = Leg(call, f"in-{n}@asterisk", f'"{name}" <sip:{number}@asterisk>;tag=s{n}', "<sip:1101@asterisk>")
        self.legs[leg.call_id] = leg
        more = "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in headers.items())
        await self._request(leg, "INVITE", f"X-CTI-Call: {call}\r\n{more}", _sdp("audio-0", "actpass", "sendrecv"))
        return leg

    async def ends(self, leg: Leg) -> None:
        """The other side hangs up, or gives up while it rings."""
        leg.over = True
        if leg.answered:
            leg.cseq += 1
            await self._request(leg, "BYE")
        else:
            await self._request(leg, "CANCEL")

    async def until(self, method: str, count: int = 1, *, within: float = 5.0) -> Message:
        """Return the last of *count* requests of the page with that method, waiting for them."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: len([m for m in self.heard if m.method == method]) >= count)
        return [m for m in self.heard if m.method == method][count - 1]

    async def answered(self, leg: Leg) -> None:
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: leg.answered)

    def dialled(self) -> list[str]:
        return [m.target for m in self.heard if m.method == "INVITE" and "tag=" not in m.headers["to"]]

    # --- SIP ----------------------------------------------------------------------------------------------------------

    async def _hear(self, message: Message) -> None:
        leg = self.legs.get(message.headers.get("call-id", ""))
        match message.method:
            case "REGISTER":
                text = f"Contact: {message.headers['contact']};expires=120\r\n" if self.register_status == 200 else ""
                await self._reply(message, self.register_status, text)
                if self.register_status == 200:
                    self.registered.set()
            case "INVITE":
                await self._invited(message, leg)
            case "REFER":
                await self._referred(message, leg)
            case "BYE" | "CANCEL":
                await self._reply(message, 200)
                if leg is not None:
                    leg.over = True
                    if message.method == "CANCEL" and leg.invite is not None:
                        await self._reply(leg.invite, 487, tag=leg.call_id[:6])
            case "ACK" | "":
                pass
            case _:
                await self._reply(message, 200)
        if message.status and leg is not None and message.headers["cseq"].endswith("INVITE"):
            await self._settled(message, leg)
        async with self._changed:
            self.heard.append(message)
            self._changed.notify_all()

    async def _settled(self, message: Message, leg: Leg) -> None:
        """The page answered our INVITE, or did not."""
        if message.status < 200:
            return
        leg.theirs = message.headers["to"]
        if message.status == 200:
            leg.answered = True
        else:
            leg.over = True
        await self._request(leg, "ACK")

    async def _invited(self, message: Message, leg: Leg | None) -> None:
        if leg is not None and "tag=" in message.headers["to"]:  # hold, resume
            way = (
                "recvonly"
                if "a=sendonly" in message.body
                else "inactive"
                if "a=inactive" in message.body
                else "sendrecv"
            )
            await self._reply(message, 200, body=_sdp(_mid(message.body), "passive", way))
            return
        n = next(self._numbers)
        call_id = message.headers["call-id"]
        new = Leg(
            f"out-{n}",
            call_id,
            f"{message.headers['to']};tag=s{n}",
            message.headers["from"],
            incoming=False,
            invite=message,
        )
        self.legs[call_id] = new
        named = f"X-CTI-Call: {new.call}\r\n"
        await self._reply(message, 100)
        await self._reply(message, 180, named, tag=f"s{n}")
        if self.answers == 200:
            new.answered = True
            await self._reply(message, 200, named, tag=f"s{n}", body=_sdp(_mid(message.body), "passive", "sendrecv"))
        elif self.answers:
            await self._reply(message, self.answers, tag=f"s{n}")

    async def _referred(self, message: Message, leg: Leg | None) -> None:
        assert leg is not None
        await self._reply(message, 202)
        for status in ("100 Trying", "200 OK"):
            leg.cseq += 1
            head = "Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n"
            await self._request(leg, "NOTIFY", head, f"SIP/2.0 {status}\r\n")
        joined = re.search(r"Replaces=([^%;>]+)", message.headers["refer-to"])
        ended = [leg, *(other for other in self.legs.values() if joined and other.call_id in _unquoted(joined[0]))]
        for one in ended:
            await self.ends(one)

    async def _request(self, leg: Leg, method: str, head: str = "", body: str = "") -> None:
        content = "" if method == "NOTIFY" or not body else "Content-Type: application/sdp\r\n"
        cseq = 1 if method in ("CANCEL", "ACK") else leg.cseq
        await self._send(
            f"{method} sip:1101@page.invalid;transport=ws SIP/2.0\r\n"
            f"Via: SIP/2.0/WS asterisk;branch=z9hG4bK{_word(leg.call_id)}{cseq}\r\n"
            f"Max-Forwards: 70\r\nFrom: {leg.ours}\r\nTo: {leg.theirs}\r\nCall-ID: {leg.call_id}\r\n"
            f"CSeq: {cseq} {method}\r\nContact: <sip:asterisk@asterisk;transport=ws>\r\n"
            f"{head}{content}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    async def _reply(self, to: Message, status: int, head: str = "", *, tag: str = "", body: str = "") -> None:
        wanted = to.headers["to"]
        if tag and "tag=" not in wanted:
            wanted += f";tag={tag}"
        via = "".join(f"Via: {one}\r\n" for one in to.via)
        content = "Content-Type: application/sdp\r\n" if body else ""
        contact = "" if "Contact:" in head else "Contact: <sip:asterisk@asterisk;transport=ws>\r\n"
        await self._send(
            f"SIP/2.0 {status} Said\r\n{via}From: {to.headers['from']}\r\nTo: {wanted}\r\n"
            f"Call-ID: {to.headers['call-id']}\r\nCSeq: {to.headers['cseq']}\r\n"
            f"{contact}{head}{content}Content-Length: {len(body)}\r\n\r\n{body}"
        )

    async def _send(self, text: str) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_str(text)


def _parse(text: str) -> Message:
    head, _, body = text.partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    pairs = [line.partition(":") for line in lines]
    headers: dict[str, Any] = {}
    for name, _, value in pairs:
        headers.setdefault(name.strip().lower(), value.strip())
    return Message(start, headers, body, [value.strip() for name, _, value in pairs if name.strip().lower() == "via"])


def _word(text: str) -> str:
    return re.sub(r"\W", "", text)


def _unquoted(text: str) -> str:
    return text.replace("%40", "@")


def _mid(offer: str) -> str:
    found = re.search(r"a=mid:(\S+)", offer)
    return found[1] if found else "0"


def _sdp(mid: str, setup: str, way: str) -> str:
    lines = (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=Switch",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        f"a=group:BUNDLE {mid}",
        "m=audio 40000 UDP/TLS/RTP/SAVPF 111 0 126",
        f"a=setup:{setup}",
        f"a=fingerprint:SHA-256 {_FINGERPRINT}",
        "a=ice-ufrag:switch01",
        "a=ice-pwd:0123456789abcdef01234567",
        "a=candidate:1 1 UDP 2130706431 127.0.0.1 40000 typ host",
        "a=rtpmap:111 opus/48000/2",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:126 telephone-event/8000",
        "a=ptime:20",
        f"a={way}",
        "a=rtcp-mux",
        f"a=mid:{mid}",
    )
    return "\r\n".join(lines) + "\r\n"
