"""The websocket of a screen: who may open it, how it resumes, what is read from it, when abuse closes it."""

import asyncio
from collections import deque

from aiohttp import WSMessage, WSMsgType, web

from cti.services.assist import AssistService
from cti.services.people import PeopleService
from cti.web import messages as m
from cti.web.auth import Identity
from cti.web.commands import Commands
from cti.web.metrics import Metrics
from cti.web.permissions import Action, can
from cti.web.screens import Screen, ScreenHub

PING_SECONDS = (
    15.0  # a protocol ping, which browsers answer also in hidden tabs; without an answer for half of it: lost
)
CLOSE_SECONDS = 2.0
# Above MAX_FRAME_BYTES a message is refused; above this the socket closes before it is read.
_LARGEST_MESSAGE = 4 * m.MAX_FRAME_BYTES
MOST_PER_SECOND = 50
MOST_BAD, BAD_WITHIN_SECONDS = 10, 10.0


class Patience:
    """How much one socket may still say: a bucket of messages, and a count of bad ones."""

    __slots__ = ("_bad", "_left", "_refilled_at")

    def __init__(self, now: float) -> None:
        self._left = float(MOST_PER_SECOND)
        self._refilled_at = now
        self._bad: deque[float] | None = None

    def is_over(self, now: float) -> bool:
        """Count one message; return whether it is one too many."""
        self._left = min(float(MOST_PER_SECOND), self._left + (now - self._refilled_at) * MOST_PER_SECOND) - 1.0
        self._refilled_at = now
        return self._left < 0.0

    def is_over_by_bad(self, now: float) -> bool:
        """Count one bad message; return whether it is one too many."""
        if self._bad is None:
            self._bad = deque(maxlen=MOST_BAD)
        self._bad.append(now)
        return len(self._bad) == MOST_BAD and now - self._bad[0] <= BAD_WITHIN_SECONDS


class Sockets:
    """Serves `/ws`, after the caller found out who asks and that the origin is ours."""

    def __init__(
        self, hub: ScreenHub, assist: AssistService, people: PeopleService, commands: Commands, metrics: Metrics
    ) -> None:
        self._hub = hub
        self._people = people
        self._assist = assist
        self._commands = commands
        self._metrics = metrics

    async def serve(self, request: web.Request, who: Identity) -> web.StreamResponse:
        if not can(who.actor, Action.OPEN_SCREEN):
            raise web.HTTPForbidden
        socket = web.WebSocketResponse(
            compress=False,
            heartbeat=PING_SECONDS,
            timeout=CLOSE_SECONDS,
            max_msg_size=_LARGEST_MESSAGE,
            decode_text=False,
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        screen = self._seat(request.query.get("resume", ""), who, socket, transport)
        try:
            await self._read(screen, socket)
            await self._hub.closed(socket)
        finally:
            self._hub.detach(screen, socket)
        return socket

    def _seat(self, resume: str, who: Identity, socket: web.WebSocketResponse, transport: asyncio.Transport) -> Screen:
        """Return the screen that resumes, with what it missed, or a new one with its snapshot."""
        session, _, number = resume.rpartition(".")
        seq = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else -1
        screen = self._hub.find(who.actor, who.token, session, seq) if session else None
        if screen is not None:
            self._hub.attach(screen, socket, transport)
            self._hub.resume(screen, seq)
            return screen
        self._people.meet(who.user)
        screen = self._hub.open(who.actor, who.user, who.token)
        self._hub.attach(screen, socket, transport)
        self._hub.start(screen, self._assist.picture(who.actor.device))
        return screen

    async def _read(self, screen: Screen, socket: web.WebSocketResponse) -> None:
        clock = asyncio.get_running_loop().time
        patience = Patience(clock())
        async for message in socket:
            if screen.socket is not socket:
                return
            now = clock()
            if patience.is_over(now):
                self._hub.close_for_abuse(screen)
                return
            try:
                command = self._command(message)
            except m.BadMessage as bad:
                self._metrics.bad_frames.labels(bad.code).inc()
                self._hub.reply(screen, m.RefusalMessage(id=bad.id, code=bad.code, text=str(bad)[:300]))
                if patience.is_over_by_bad(now):
                    self._hub.close_for_abuse(screen)
                    return
                continue
            self._commands.run(screen, command)

    def _command(self, message: WSMessage) -> m.ScreenCommand:
        if message.type is not WSMsgType.TEXT:
            raise m.BadMessage("not_json", "a message is text")
        return m.parse(message.data)
