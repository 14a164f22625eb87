"""panoramisk's protocol with what it lacks: a reader that trusts nobody, and requests that always end.

The reader's facts leave in the order in which Asterisk stated them, before control returns to the event loop. A bug in
whoever takes them ends the connection and comes out of `ended`.
"""

import asyncio
import itertools
import secrets
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from panoramisk.ami_protocol import AMIProtocol

from connectors.ami.frames import FrameTooLong, Message, NotAsterisk, message_of, plain
from connectors.ami.outgoing import Fields, encode
from connectors.ami.reader import Reader
from cti.calls.facts import Fact
from cti.ports import FactSink, LinkLost, OutcomeUnknown, SwitchError, SwitchRefused, SwitchUnreachable

_UNACKNOWLEDGED_MS = 9_000  # TCP gives up on bytes that the peer does not acknowledge


class Answer(msgspec.Struct, frozen=True):
    """What Asterisk answered to an action, with the items if it was a list."""

    response: Message
    items: tuple[Message, ...] = ()


class _Pending(msgspec.Struct):
    future: "asyncio.Future[Answer]"
    action: str
    as_list: bool
    keep: bool  # the items; those of a snapshot are read by the reader
    response: Message | None = None
    items: list[Message] = msgspec.field(default_factory=list)


class AmiProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk is untyped
    """One connection. `ended` is done when it is over: with the reason, or with the bug that ended it."""

    def __init__(self, make_reader: Callable[["AmiProtocol"], Reader], sink: FactSink) -> None:
        self.reader = make_reader(self)
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.heard_ns = time.monotonic_ns()
        self.booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sink = sink
        self._pending: dict[str, _Pending] = {}
        self._ids = itertools.count(1)
        self._prefix = secrets.token_hex(12)  # not to be guessed: who knows an ActionID can forge its answer
        self._reason = "the peer closed the connection"
        self.closed_by_us = False

    # --- the connection -----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED_MS)

    def data_received(self, data: bytes) -> None:
        if self.ended.done():
            return
        self.heard_ns = read_ns = time.monotonic_ns()
        try:
            self.state(self.reader.feed(data), read_ns)
        except (FrameTooLong, NotAsterisk) as fault:
            self.abort(str(fault))
        if self.reader.booted and not self.booted.done():
            self.booted.set_result(None)

    def state(self, facts: Iterable[Fact], read_ns: int) -> None:
        for fact in facts:
            self._sink(read_ns, fact)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None or isinstance(exc, OSError):
            self._end(f"{self._reason}: {exc}" if exc else self._reason)
        else:  # raised in data_received: asyncio ends the connection and tells us why
            self._end(exc)

    def abort(self, reason: str) -> None:
        """Cut the connection at once; *reason* is what its end will be put down to."""
        self._reason = reason
        self._end(reason)

    def close(self) -> None:
        """Leave politely; what is unanswered ends as unknown."""
        self.closed_by_us = True
        self._end("closed by us")

    def _end(self, why: "str | Exception") -> None:
        self.closed = True
        if self.closed_by_us:
            self.transport.close()
        else:
            self.transport.abort()
        pending, self._pending = self._pending, {}
        for request in pending.values():
            if not request.future.done():
                request.future.set_exception(OutcomeUnknown(f"{request.action}: the link was lost before the answer"))
                request.future.exception()  # nobody may be waiting any more
        if not self.ended.done():
            if isinstance(why, Exception):
                self.ended.set_exception(why)
            else:
                self.ended.set_result(why)

    def check(self) -> None:
        """Raise LinkLost, or the bug, if the connection is over."""
        if self.ended.done():
            raise LinkLost(self.ended.result())

    # --- requests -----------------------------------------------------------------------------------------------

    def request(
        self, action: str, fields: Fields = (), *, as_list: bool = False, keep: bool = True
    ) -> "asyncio.Future[Answer]":
        """Send *action* once, now, and return what will be its answer; or raise SwitchError with nothing sent."""
        if self.ended.done():
            raise SwitchUnreachable(f"{action}: there is no link to the switch")
        action_id = f"{self._prefix}-{next(self._ids)}"
        data = encode(action, action_id, fields)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._pending[action_id] = _Pending(future, action, as_list, keep)
        self.transport.write(data)
        return future

    async def ask(
        self, action: str, fields: Fields = (), *, seconds: float, as_list: bool = False, keep: bool = True
    ) -> Answer:
        """Send *action* and return its answer; raise SwitchError if there is none in time, or if it is no."""
        future = self.request(action, fields, as_list=as_list, keep=keep)
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            raise OutcomeUnknown(f"{action}: no answer within {seconds:g} s") from None

    def send(self, data: Any, as_list: bool | None = False) -> "asyncio.Future[Answer]":
        """panoramisk's way of asking: a mapping with the Action in it, where a list repeats a header."""
        fields = [
            (name, str(one))
            for name, value in data.items()
            if name.lower() not in ("action", "actionid")
            for one in (value if isinstance(value, list | tuple) else (value,))
        ]
        return self.request(data["Action"], fields, as_list=bool(as_list))

    # --- answers (connectors.ami.reader.Answers) ------------------------------------------------------------------

    def awaits(self, action_id: str) -> bool:
        return action_id in self._pending

    def take(self, action_id: str, frame: bytes) -> None:
        request = self._pending[action_id]
        is_response = frame.startswith(b"Response: ")
        if not is_response and not request.keep and b"\r\nEventList: Complete\r\n" not in frame:
            return
        message = message_of(frame)
        if is_response:
            request.response = message
            if message.get("Response") == "Error":
                text = plain(message.get("Message")) or "no reason given"
                self._answer(action_id, SwitchRefused(f"{request.action}: {text}"))
            elif not request.as_list:
                self._answer(action_id, Answer(message))
        elif request.response is not None:
            if message.get("EventList") == "Complete":
                self._answer(action_id, Answer(request.response, tuple(request.items)))
            else:
                request.items.append(message)

    def _answer(self, action_id: str, answer: Answer | SwitchError) -> None:
        future = self._pending.pop(action_id).future
        if future.done():  # it came after its deadline
            return
        if isinstance(answer, Answer):
            future.set_result(answer)
        else:
            future.set_exception(answer)
            future.exception()  # a request may be sent without waiting
