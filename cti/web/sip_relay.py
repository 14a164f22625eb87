"""Relays SIP between a page and the switch's websocket: one origin, one certificate, guarded by the log-in.

Nothing of a message is logged: not its text, its numbers nor its Call-ID.
"""

import asyncio
import logging
import secrets
from collections import OrderedDict

import aiohttp
from aiohttp import ClientWSTimeout, WSMsgType, web
from prometheus_client import Counter

from cti.assist.dialling import DialRule
from cti.web import api
from cti.web import messages as m
from cti.web.auth import Identity
from cti.web.metrics import Metrics
from cti.web.own_calls import OwnCalls
from cti.web.permissions import Action, Dialled, can
from cti.web.phone_desk import GivenPhone, PhoneDesk
from cti.web.sip_messages import (
    LARGEST_MESSAGE,
    BadSip,
    NotYours,
    SipMessage,
    examine,
    numbers_called,
    parse,
    refusal_of,
    with_header,
)
from cti.web.sockets import CLOSE_SECONDS, PING_SECONDS, Patience

log = logging.getLogger(__name__)

PROTOCOL = "sip"
# A page without a network is gone after this and half of it again: before the switch ends a call without sound.
PAGE_PING_SECONDS = 4.0
CONNECT_SECONDS = 5.0
STALLED_SECONDS = 5.0  # a side that takes nothing for so long is cut
_CALLS_KEPT = 16  # of the page's own calls, for the header in their answers
_GOING_AWAY, _BINARY, _BROKEN = 1001, 1003, 1009  # the last is too big, or lost, and told already

_NOT_THE_PAGE = (api.CLOSE_SWITCH_GONE, m.CLOSE_RESTART)  # with these the page may well be there, and its sound too

PageSocket = web.WebSocketResponse
SwitchSocket = aiohttp.ClientWebSocketResponse


class SipRelays:
    """All phones in pages. Serves `/sip`, after the caller found out who asks and that the origin is ours."""

    def __init__(self, url: str, desk: PhoneDesk, metrics: Metrics, own_calls: OwnCalls, rule: DialRule) -> None:
        self.desk = desk
        self.rule = rule
        self.own_calls = own_calls
        self.refused = Counter("cti_sip_refused", "Refused messages of phones", ["why"], registry=metrics.registry)
        self._url = url
        self._open: set[_Relay] = set()
        self._client: aiohttp.ClientSession | None = None
        self._stopping = False
        metrics.gauge("cti_phones", "Phones in pages that are connected", lambda: len(self._open))

    @staticmethod
    def speaks(request: web.Request) -> bool:
        """Whether *request* opens a websocket for SIP."""
        offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        return PROTOCOL in (name.strip() for name in offered)

    async def serve(self, request: web.Request, who: Identity) -> web.StreamResponse:
        page = PageSocket(
            protocols=(PROTOCOL,),
            compress=False,
            heartbeat=PAGE_PING_SECONDS,
            timeout=CLOSE_SECONDS,
            max_msg_size=LARGEST_MESSAGE,
        )
        await page.prepare(request)
        given = self.desk.find(who, request.query.get("phone", ""))
        if given is None or self._stopping:
            await page.close(code=m.CLOSE_RESTART if self._stopping else api.CLOSE_NO_SUCH_PHONE)
            return page
        relay = _Relay(given, page, request.transport, self)
        older, given.relay = given.relay, relay
        if older is not None:
            older.close(m.CLOSE_REPLACED)
        self._open.add(relay)
        try:
            await relay.run()
        finally:
            self._open.discard(relay)
        return page

    async def connect(self) -> SwitchSocket:
        """Return a socket to the switch, or raise OSError, TimeoutError or aiohttp.ClientError."""
        if self._client is None:
            self._client = aiohttp.ClientSession()
        async with asyncio.timeout(CONNECT_SECONDS):
            return await self._client.ws_connect(
                self._url,
                protocols=(PROTOCOL,),
                heartbeat=PING_SECONDS,
                max_msg_size=LARGEST_MESSAGE,
                timeout=ClientWSTimeout(ws_close=CLOSE_SECONDS),
            )

    def sign_out(self, *, user: str | None = None, token: str | None = None) -> None:
        """Close the phones of *user*, or of one log-in session."""
        for relay in self.desk.sign_out(user=user, token=token):
            relay.close(m.CLOSE_SIGNED_OUT)

    async def close(self) -> None:
        """Close every phone; the pages are asked to come back soon."""
        self._stopping = True
        relays = list(self._open)
        for relay in relays:
            relay.close(m.CLOSE_RESTART)
        for relay in relays:
            await relay.over.wait()
        if self._client is not None:
            await self._client.close()

    def ended(self, relay: "_Relay", *, page_is_gone: bool) -> None:
        """Take note that *relay* passes nothing any more; its sockets are yet to be closed."""
        given = relay.given
        if given.relay is not relay:
            return  # another socket of the same page replaced it, which tells nothing of the page
        given.relay = None
        if page_is_gone:
            self.desk.keeper.lost(given.device)


class _Relay:
    """One page's socket and the switch's socket behind it."""

    def __init__(
        self, given: GivenPhone, page: PageSocket, transport: asyncio.BaseTransport | None, relays: SipRelays
    ) -> None:
        self.given = given
        self.over = asyncio.Event()
        self._page = page
        self._transport = transport
        self._relays = relays
        self._closed_with: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._marks: OrderedDict[str, str] = OrderedDict()  # Call-ID of a call that the page began -> its mark
        self._tag = secrets.token_hex(8)

    def close(self, code: int) -> None:
        if not self._closed_with.done():
            self._closed_with.set_result(code)

    async def run(self) -> None:
        """Relay until one side ends or *close* is called."""
        code, switch = api.CLOSE_SWITCH_GONE, None
        try:
            switch = await self._connected()
            if switch is not None:
                code = await self._relay(switch)
        finally:
            # Before anything is waited for: a customer may hear nothing now.
            self._relays.ended(self, page_is_gone=code not in _NOT_THE_PAGE)
            await asyncio.gather(self._close_page(code), *([switch.close()] if switch is not None else []))
            self.over.set()

    async def _connected(self) -> SwitchSocket | None:
        try:
            switch = await self._relays.connect()
        except (OSError, TimeoutError, aiohttp.ClientError) as error:
            log.warning("the switch's websocket cannot be reached", extra={"error": type(error).__name__})
            return None
        if switch.protocol != PROTOCOL:
            log.warning("the switch's websocket does not speak SIP")
            await switch.close()
            return None
        return switch

    async def _relay(self, switch: SwitchSocket) -> int:
        """Pass messages both ways; return the code with which the page's socket is to be closed."""
        loop = asyncio.get_running_loop()
        ways = {
            loop.create_task(self._from_page(switch), name="sip:page"),
            loop.create_task(self._from_switch(switch), name="sip:switch"),
        }
        try:
            await asyncio.wait({*ways, self._closed_with}, return_when=asyncio.FIRST_COMPLETED)
            if self._closed_with.done():
                return self._closed_with.result()
            return next(way for way in ways if way.done()).result()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _close_page(self, code: int) -> None:
        """Close the page's socket. One that does not even read the close frame is aborted."""
        await self._page.close(code=code, drain=False)
        transport = self._transport
        if isinstance(transport, asyncio.Transport) and transport.get_write_buffer_size():
            transport.abort()

    # --- from the page ----------------------------------------------------------------------------------------------

    async def _from_page(self, switch: SwitchSocket) -> int:
        clock = asyncio.get_running_loop().time
        patience = Patience(clock())
        async for message in self._page:
            if message.type is not WSMsgType.TEXT:
                return _BINARY if message.type is WSMsgType.BINARY else _BROKEN
            if patience.is_over(clock()):
                return m.CLOSE_ABUSE
            if not message.data.strip("\r\n"):
                continue  # a keep-alive (RFC 5626)
            passed, answer = self._examined(message.data)
            if passed:
                if not await _sent(switch, passed):
                    return api.CLOSE_SWITCH_GONE
                continue
            if patience.is_over_by_bad(clock()):
                return m.CLOSE_ABUSE
            if answer and not await _sent(self._page, answer):
                return m.CLOSE_SLOW
        return _GOING_AWAY

    def _examined(self, text: str) -> tuple[str, str]:
        """Return what of the page's message goes to the switch, and what is answered to it here; both may be empty."""
        try:
            message = parse(text)
        except BadSip as bad:
            self._count("malformed", str(bad))
            return "", ""
        try:
            return self._passed(message), ""
        except NotYours as refused:
            self._count(refused.why, "")
            is_answered = message.method not in ("", "ACK")
            return "", refusal_of(message, self._tag, why=refused.why) if is_answered else ""

    def _passed(self, message: SipMessage) -> str:
        """Return what of the page's message goes to the switch."""
        passed = examine(message, self.given.person)
        self._hold_to_rule(passed)
        if passed.opens_call:
            call = passed.get("Call-ID")
            mark = self._marks.get(call)
            if mark is None:
                mark = self._marks[call] = self._relays.own_calls.new_mark()
                if len(self._marks) > _CALLS_KEPT:
                    self._marks.popitem(last=False)
            passed = passed.with_headers((*passed.headers, ("X-CTI-Mark", mark)))
        return passed.text()

    def _hold_to_rule(self, message: SipMessage) -> None:
        """Raise NotYours when *message* calls a number, or sends a call to one, that this person may not dial."""
        actor, rule = self.given.actor, self._relays.rule
        for number in numbers_called(message):
            if not can(actor, Action.DIAL, Dialled(self.given.device, number, rule)):
                raise NotYours(rule.refusal(number, actor.role) or "not_allowed")

    def _count(self, why: str, problem: str) -> None:
        self._relays.refused.labels(why).inc()
        extra = {"why": why, "problem": problem, "pii.extension": self.given.person.extension}
        log.warning("a phone's message was refused", extra=extra)

    # --- from the switch --------------------------------------------------------------------------------------------

    async def _from_switch(self, switch: SwitchSocket) -> int:
        async for message in switch:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            # A page gets text, whatever the switch sends.
            text = message.data if message.type is WSMsgType.TEXT else message.data.decode(errors="replace")
            if text.startswith("SIP/2.0 "):
                text = await self._answered(text)
            if not await _sent(self._page, text):
                log.info("a phone was cut: its page does not read")
                return m.CLOSE_SLOW
        return api.CLOSE_SWITCH_GONE

    async def _answered(self, text: str) -> str:
        """Look at a response: a registration is told, and the answer to a call of the page gets the call's name."""
        try:
            response = parse(text)
        except BadSip:
            return text
        if response.answers == "REGISTER" and 200 <= response.status < 300 and response.get("Contact"):
            self._relays.desk.keeper.registered(self.given.device)
        if response.answers == "INVITE" and 100 < response.status < 300:
            mark = self._marks.get(response.get("Call-ID"))
            call = await self._relays.own_calls.name_of(mark) if mark is not None else ""
            if call:
                return with_header(text, "X-CTI-Call", call)
        return text


async def _sent(to: PageSocket | SwitchSocket, text: str) -> bool:
    """Send *text*; return whether the other side took it in time. While it does not, nothing more is read for it."""
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            await to.send_str(text)
    except (TimeoutError, ConnectionError, aiohttp.ClientError):
        return False
    return True
