"""A phone as a page has it, without a browser: SIP over the service's websocket, and no sound.

async with WebPhone.of(client) as phone:
    await phone.registers()
    invite = await phone.rings()
    await phone.answers(invite)
"""

import asyncio
import contextlib
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from cti.web.sip_digest import Credentials
from cti.web.sip_messages import SipMessage, parse

SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 127.0.0.1\r\n"
    "a=rtcp:9 IN IP4 127.0.0.1\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\na=setup:{{setup}}\r\na=mid:{{mid}}\r\na=sendrecv\r\n"
    "a=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\n"
)


class WebPhone:
    """*given* is the answer to POST /api/phone; every part of it may be changed to something wrong."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, given: dict[str, Any]) -> None:
        self.socket = socket
        self.given = given
        self.heard: list[str] = []  # every message, as it came
        self._waiting: deque[SipMessage] = deque()
        self._cseq = 0
        self._call_id = secrets.token_hex(8)

    @classmethod
    @contextlib.asynccontextmanager
    async def of(cls, client: aiohttp.ClientSession, **form: Any) -> AsyncIterator["WebPhone"]:
        async with client.post("/api/phone", json=form) as answer:
            given = await answer.json()
            assert answer.status == 200, given
        async with client.ws_connect(given["path"], protocols=("sip",)) as socket:
            assert socket.protocol == "sip"
            yield cls(socket, given)

    # --- what a user agent does

    async def registers(self, *, expires: int = 120) -> SipMessage:
        """Register, with credentials when asked for them; return the last answer."""
        fields = [("Contact", f"<{self.given['contact']}>;expires={expires}"), ("Expires", str(expires))]
        return await self.asks("REGISTER", f"sip:{self.given['realm']}", self.given["uri"], fields, self._call_id)

    async def calls(self, number: str) -> SipMessage:
        """Dial; return the answer with which it is connected or refused. `heard` has the ones before."""
        fields = [("Contact", f"<{self.given['contact']}>"), ("Content-Type", "application/sdp")]
        target = f"sip:{number}@{self.given['realm']}"
        body = SDP.format(setup="actpass", mid="0")
        return await self.asks("INVITE", target, target, fields, secrets.token_hex(8), body)

    async def asks(
        self, method: str, target: str, to: str, fields: list[tuple[str, str]], call_id: str, body: str = ""
    ) -> SipMessage:
        """Send a request, again with credentials when asked for them; return the final answer."""
        answer = await self._try(method, target, to, fields, call_id, body)
        if answer.status == 401:
            fields = [*fields, ("Authorization", self._proof(method, target, answer))]
            answer = await self._try(method, target, to, fields, call_id, body)
        return answer

    async def rings(self, *, within: float = 10) -> SipMessage:
        """Return the next INVITE."""
        return await self._next(lambda message: message.method == "INVITE", within=within)

    async def answers(self, invite: SipMessage) -> None:
        """Answer *invite* and wait for the ACK."""
        media = re.search(r"a=mid:(\S+)", invite.body)
        await self.replies(invite, "200 OK", SDP.format(setup="active", mid=media[1] if media else "0"))
        await self._next(lambda message: message.method == "ACK", within=5)

    async def replies(self, request: SipMessage, status: str, body: str = "") -> None:
        copied = [(name, value) for name, value in request.headers if name in ("Via", "From", "Call-ID", "CSeq")]
        to = request.get("To")
        copied += [("To", to if ";tag=" in to else f"{to};tag=me"), ("Contact", f"<{self.given['contact']}>")]
        if body:
            copied.append(("Content-Type", "application/sdp"))
        await self.sends(SipMessage(f"SIP/2.0 {status}", "", "", 0, tuple(copied), body).text())

    async def sends(self, text: str) -> None:
        await self.socket.send_str(text)

    async def closed(self, *, within: float = 10) -> int:
        """Wait until the service closes the socket; return the code."""
        async with asyncio.timeout(within):
            while (await self.socket.receive()).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                pass
        return self.socket.close_code or 0

    def request(
        self, method: str, target: str, to: str, fields: list[tuple[str, str]], call_id: str, body: str = ""
    ) -> str:
        """Return the text of a request."""
        self._cseq += 1
        headers = (
            ("Via", f"SIP/2.0/WS page.invalid;branch=z9hG4bK{secrets.token_hex(6)}"),
            ("Max-Forwards", "69"),
            ("From", f"<{self.given['uri']}>;tag=page"),
            ("To", f"<{to}>"),
            ("Call-ID", call_id),
            ("CSeq", f"{self._cseq} {method}"),
            *fields,
        )
        return SipMessage(f"{method} {target} SIP/2.0", method, target, 0, headers, body).text()

    # --- the messages

    async def _try(
        self, method: str, target: str, to: str, fields: list[tuple[str, str]], call_id: str, body: str
    ) -> SipMessage:
        text = self.request(method, target, to, fields, call_id, body)
        sequence = str(self._cseq)
        await self.sends(text)
        answer = await self._next(
            lambda message: message.status >= 200 and message.get("CSeq").split()[0] == sequence, within=10
        )
        if method == "INVITE":
            via = [("Via", parse(text).get("Via")), ("Max-Forwards", "69")]
            copied = [(name, answer.get(name)) for name in ("From", "To", "Call-ID")]
            ack = (*via, *copied, ("CSeq", f"{sequence} ACK"))
            await self.sends(SipMessage(f"ACK {target} SIP/2.0", "ACK", target, 0, ack, "").text())
        return answer

    def _proof(self, method: str, target: str, challenge: SipMessage) -> str:
        asked = next(text for text in reversed(self.heard) if "WWW-Authenticate" in text)
        nonce, opaque = re.search(r'nonce="([^"]+)"', asked), re.search(r'opaque="([^"]+)"', asked)
        assert nonce is not None
        credentials = Credentials(
            username=self.given["user"], realm=self.given["realm"], nonce=nonce[1], uri=target, response="",
            nc="00000001", cnonce=secrets.token_hex(6), opaque=opaque[1] if opaque else None,
        )  # fmt: skip
        return credentials.header(method, self.given["password"])

    async def _next(self, wanted: Any, *, within: float) -> SipMessage:
        async with asyncio.timeout(within):
            while True:
                for message in list(self._waiting):
                    if wanted(message):
                        self._waiting.remove(message)
                        return message
                frame = await self.socket.receive()
                assert frame.type is aiohttp.WSMsgType.TEXT, (frame, self.socket.close_code)
                self.heard.append(frame.data)
                self._waiting.append(parse(frame.data))


def header(text: str, name: str) -> str:
    """Return a header of a message as it came, "" when there is none; also of those that no parser of ours keeps."""
    found = re.search(rf"^{re.escape(name)}: *(.*?) *\r$", text, re.MULTILINE)
    return found[1] if found else ""
