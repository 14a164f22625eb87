"""The hub: every open screen, the sequence of its frames, and the cutting of those that do not read.

A frame is handed to the transport at once; there is no task and no queue per screen beside the transport's own
buffer. That buffer is the queue, and it is bounded: a screen behind which more than `MOST_BEHIND` frames or
`MOST_BYTES_BEHIND` wait, or which has not read all for `STALLED_SECONDS`, is closed and gets a snapshot when it
returns. Nobody ever waits for a screen.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

import msgspec
from aiohttp import web

from cti.calls.facts import Device
from cti.calls.parties import extension_of
from cti.ports import User
from cti.services.clock import ServiceClock
from cti.services.views import AgentView, CallView, Card, LinkView, NotesView, Picture, Stamps
from cti.web import messages as m
from cti.web.permissions import Action, Actor, Phone, can

log = logging.getLogger(__name__)

MOST_BEHIND = 1_024  # frames
MOST_BYTES_BEHIND = 1 << 20
STALLED_SECONDS = 5.0
KEPT_FRAMES = 128  # for a screen that resumes
KEPT_BYTES = 64 * 1024
KEPT_SECONDS = 60.0  # also how long a screen whose socket broke may resume
_ABORT_SECONDS = 3.0

_K = TypeVar("_K", bound=str)

_encode = msgspec.json.Encoder().encode


class Overhears(Protocol):
    """Hears what each phone is shown, whether or not a screen of it is open."""

    def agent(self, device: Device, agent: AgentView) -> None: ...

    def call(self, device: Device, call: CallView) -> None: ...

    def call_gone(self, device: Device, call: str) -> None: ...


class Screen:
    """One tab of somebody: its sequence, the last frames, and its socket while that is open."""

    __slots__ = (
        "actor",
        "behind",
        "behind_since",
        "kept",
        "kept_bytes",
        "lost_at",
        "me",
        "seq",
        "session",
        "socket",
        "token",
        "transport",
    )

    def __init__(self, actor: Actor, me: m.Me, token: str) -> None:
        self.actor = actor
        self.me = me
        self.token = token
        self.session = secrets.token_urlsafe(9)
        self.seq = 0
        self.kept: deque[tuple[float, bytes]] = deque()
        self.kept_bytes = 0
        self.socket: web.WebSocketResponse | None = None
        self.transport: asyncio.Transport | None = None
        self.behind = 0  # frames handed to the transport since it last had nothing left to send
        self.behind_since = 0.0
        self.lost_at: float | None = None


class ScreenHub:
    """All screens, by the person and by the phone. Implements the port `Screens` of the services."""

    def __init__(self, clock: ServiceClock, *, on_cut: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._on_cut = on_cut
        self.overhears: Overhears | None = None
        self.on_seat: Callable[[Screen], None] = lambda screen: None  # it got or lost its socket, or was forgotten
        self._of_session: dict[str, Screen] = {}
        self._of_user: dict[str, list[Screen]] = {}
        self._of_device: dict[Device, list[Screen]] = {}
        self._behind: set[Screen] = set()
        self._closing: dict[web.WebSocketResponse, asyncio.Task[bool]] = {}

    # --- coming and going -------------------------------------------------------------------------------------------

    def open(self, actor: Actor, user: User, token: str) -> Screen:
        """Return a new screen, which hears of everything from now on."""
        screen = Screen(actor, me_of(user), token)
        self._of_session[screen.session] = screen
        self._of_user.setdefault(actor.user, []).append(screen)
        if actor.device:
            self._of_device.setdefault(actor.device, []).append(screen)
        return screen

    def find(self, actor: Actor, token: str, session: str, seq: int) -> Screen | None:
        """Return the screen that can resume after *seq*, or None: then a new one is needed."""
        screen = self._of_session.get(session)
        if screen is None or screen.actor != actor or screen.token != token:
            return None
        return screen if screen.seq - len(screen.kept) <= seq <= screen.seq else None

    def attach(self, screen: Screen, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        """Give *screen* a socket; an older one that it may still have is closed."""
        if screen.socket is not None:
            self._close(screen, m.CLOSE_REPLACED)
        screen.socket, screen.transport = socket, transport
        screen.behind, screen.lost_at = 0, None
        self.on_seat(screen)

    def start(self, screen: Screen, picture: Picture) -> None:
        """Send the snapshot, the first frame of a new screen."""
        snapshot = m.SnapshotMessage(
            session=screen.session,
            me=screen.me,
            now=self._clock.now(),
            link=picture.link,
            agent=picture.agent,
            calls=picture.calls,
            cards=picture.cards,
            desk=picture.desk,
            notes=picture.notes,
        )
        self._push(screen, _encode(snapshot))

    def resume(self, screen: Screen, seq: int) -> None:
        """Send what *screen* missed after *seq*."""
        missed = screen.seq - seq
        self._write(screen, _numbered(seq, _encode(m.ResumedMessage(now=self._clock.now()))))
        for _, frame in list(screen.kept)[len(screen.kept) - missed :]:
            self._write(screen, frame)

    def detach(self, screen: Screen, socket: web.WebSocketResponse) -> None:
        """The socket of *screen* is gone; the screen is kept for a while, so that it can resume."""
        if screen.socket is socket:
            screen.socket = screen.transport = None
            screen.lost_at = asyncio.get_running_loop().time()
            self._behind.discard(screen)
            self.on_seat(screen)

    def reply(self, screen: Screen, message: m.DoneMessage | m.RefusalMessage) -> None:
        self._push(screen, _encode(message))

    def sign_out(self, *, user: str | None = None, token: str | None = None) -> None:
        """Close and forget every screen of *user*, or of one log-in session."""
        screens = self._of_user.get(user, ()) if user is not None else self._of_session.values()
        for screen in [s for s in screens if token is None or s.token == token]:
            self._close(screen, m.CLOSE_SIGNED_OUT)
            self._forget(screen)

    def reseat(self, user: str) -> None:
        """Close and forget every screen of *user*, who may open others at once: who they are has changed."""
        for screen in list(self._of_user.get(user, ())):
            self._close(screen, m.CLOSE_RESTART)
            self._forget(screen)

    def close_for_abuse(self, screen: Screen) -> None:
        self._close(screen, m.CLOSE_ABUSE)
        self._forget(screen)

    async def close(self) -> None:
        """Close every socket; the screens are asked to come back soon."""
        for screen in self._of_session.values():
            self._close(screen, m.CLOSE_RESTART)
        if self._closing:
            await asyncio.wait(self._closing.values(), timeout=_ABORT_SECONDS)

    async def closed(self, socket: web.WebSocketResponse) -> None:
        """Return when the closing of *socket*, if it was begun here, is over."""
        task = self._closing.get(socket)
        if task is not None:
            await asyncio.wait([task])

    # --- counts -----------------------------------------------------------------------------------------------------

    def connected(self) -> Iterator[Screen]:
        return (screen for screen in self._of_session.values() if screen.socket is not None)

    def is_connected(self, user: str) -> bool:
        return any(screen.socket is not None for screen in self._of_user.get(user, ()))

    # --- the port of the services -----------------------------------------------------------------------------------

    def pop(self, device: Device, pop: str, call: CallView, card: Card, stamps: Callable[[], Stamps]) -> Stamps | None:
        if self.overhears is not None:
            self.overhears.call(device, call)
        screens = self._allowed(Action.SEE_CALL, device)
        if not screens:
            return None
        stamped = stamps()
        payload = _encode(m.PopMessage(pop=pop, call=call, card=card, stamps=stamped))
        for screen in screens:
            self._push(screen, payload)
        return stamped if any(screen.transport is not None for screen in screens) else None

    def card(self, device: Device, card: Card) -> None:
        self._send(Action.SEE_CALL, device, m.CardMessage(card=card))

    def call(self, device: Device, call: CallView) -> None:
        if self.overhears is not None:
            self.overhears.call(device, call)
        self._send(Action.SEE_CALL, device, m.CallMessage(call=call))

    def notes(self, device: Device, notes: NotesView) -> None:
        self._send(Action.SEE_CALL, device, m.NotesMessage(notes=notes))

    def call_gone(self, device: Device, call: str, cause: str) -> None:
        if self.overhears is not None:
            self.overhears.call_gone(device, call)
        self._send(Action.SEE_CALL, device, m.CallGoneMessage(call=call, cause=cause))

    def agent(self, device: Device, agent: AgentView) -> None:
        if self.overhears is not None:
            self.overhears.agent(device, agent)
        self._send(Action.SEE_AGENT_STATE, device, m.AgentMessage(agent=agent))

    def link(self, link: LinkView) -> None:
        payload = _encode(m.LinkMessage(link=link))
        for screen in tuple(self._of_session.values()):
            if can(screen.actor, Action.SEE_LINK):
                self._push(screen, payload)

    def tell(self, user: str, message: m.ReminderMessage) -> None:
        """Send *message* to every screen of *user*."""
        payload = _encode(message)
        for screen in tuple(self._of_user.get(user, ())):
            if can(screen.actor, Action.SEE_OWN_WORK):
                self._push(screen, payload)

    def team(self, screen: Screen, message: m.TeamMessage) -> None:
        """Send *message* to one screen, whose person may see all that is in it."""
        if can(screen.actor, Action.SEE_TEAM):
            self._push(screen, _encode(message))

    def form(self, screen: Screen, message: m.FormMessage) -> None:
        """Send *message* to one screen, whose person may see the customer that it is about."""
        if can(screen.actor, Action.FILL_FORM):
            self._push(screen, _encode(message))

    def is_kept(self, screen: Screen) -> bool:
        """Whether *screen* is open, or may still resume."""
        return self._of_session.get(screen.session) is screen

    def has_read(self, screen: Screen) -> bool:
        """Whether *screen* is open and nothing waits for it to be read."""
        return screen.transport is not None and screen.transport.get_write_buffer_size() == 0

    # --- sending ----------------------------------------------------------------------------------------------------

    def _allowed(self, action: Action, device: Device) -> Iterable[Screen]:
        screens = self._of_device.get(device)
        if not screens:
            return ()
        phone = Phone(device)
        return [screen for screen in screens if can(screen.actor, action, phone)]

    def _send(self, action: Action, device: Device, message: m.ServerMessage) -> None:
        screens = self._allowed(action, device)
        if screens:
            payload = _encode(message)
            for screen in screens:
                self._push(screen, payload)

    def _push(self, screen: Screen, payload: bytes) -> None:
        screen.seq += 1
        frame = _numbered(screen.seq, payload)
        now = asyncio.get_running_loop().time()
        kept = screen.kept
        kept.append((now, frame))
        screen.kept_bytes += len(frame)
        _trim(screen, now)
        self._write(screen, frame)

    def _write(self, screen: Screen, frame: bytes) -> None:
        transport = screen.transport
        if transport is None or transport.is_closing():
            return
        waiting = transport.get_write_buffer_size()
        if waiting == 0:
            screen.behind = 0
        elif screen.behind == 0:
            screen.behind = 1
            screen.behind_since = asyncio.get_running_loop().time()
            self._behind.add(screen)
        else:
            screen.behind += 1
            if screen.behind > MOST_BEHIND or waiting > MOST_BYTES_BEHIND:
                self._cut(screen)
                return
        transport.write(_header(len(frame)) + frame)

    async def watch(self) -> None:
        """Cut the screens that stopped reading and forget those that did not come back; run until cancelled."""
        clock = asyncio.get_running_loop().time
        trimmed_at = clock()
        while True:
            await asyncio.sleep(1.0)
            now = clock()
            if now - trimmed_at > KEPT_SECONDS / 4:
                trimmed_at = now
                for screen in self._of_session.values():
                    _trim(screen, now)
            for screen in tuple(self._behind):
                if screen.transport is None or screen.transport.get_write_buffer_size() == 0:
                    screen.behind = 0
                    self._behind.discard(screen)
                elif now - screen.behind_since > STALLED_SECONDS:
                    self._cut(screen)
            gone = [s for s in self._of_session.values() if s.lost_at is not None and now - s.lost_at > KEPT_SECONDS]
            for screen in gone:
                self._forget(screen)

    def _cut(self, screen: Screen) -> None:
        log.info("screen cut: it does not read", extra={"session": screen.session, "frames": screen.behind})
        self._on_cut()
        self._close(screen, m.CLOSE_SLOW)
        self._forget(screen)

    def _close(self, screen: Screen, code: int) -> None:
        """Begin to close the socket of *screen*. One that does not even read the close frame is aborted."""
        socket, transport = screen.socket, screen.transport
        screen.socket = screen.transport = None
        self._behind.discard(screen)
        if socket is None or transport is None:
            return
        loop = asyncio.get_running_loop()
        task = loop.create_task(socket.close(code=code, drain=False), name=f"close:{screen.session}")
        self._closing[socket] = task
        task.add_done_callback(lambda done: self._closing.pop(socket, None))
        loop.call_later(_ABORT_SECONDS, transport.abort)

    def _forget(self, screen: Screen) -> None:
        self._behind.discard(screen)
        self._of_session.pop(screen.session, None)
        _take(self._of_user, screen.actor.user, screen)
        _take(self._of_device, screen.actor.device, screen)
        self.on_seat(screen)


def me_of(user: User) -> m.Me:
    return m.Me(user.name, user.display_name, user.role, user.device, extension_of(user.device) if user.device else "")


def _take(index: dict[_K, list[Screen]], key: _K, screen: Screen) -> None:
    screens = index.get(key)
    if screens and screen in screens:
        screens.remove(screen)
        if not screens:
            del index[key]


def _trim(screen: Screen, now: float) -> None:
    """Forget the frames that *screen* will not ask for again: the oldest beyond what is kept."""
    kept = screen.kept
    while kept and (len(kept) > KEPT_FRAMES or screen.kept_bytes > KEPT_BYTES or kept[0][0] < now - KEPT_SECONDS):
        screen.kept_bytes -= len(kept.popleft()[1])


def _numbered(seq: int, payload: bytes) -> bytes:
    """Return *payload*, an encoded object, with `seq` as its first field: one encoding serves all screens."""
    return b'{"seq":%d,%b' % (seq, payload[1:])


def _header(length: int) -> bytes:
    """Return the header of an unmasked text frame (RFC 6455, 5.2)."""
    if length < 126:
        return bytes((0x81, length))
    if length < 65_536:
        return b"\x81\x7e" + length.to_bytes(2, "big")
    return b"\x81\x7f" + length.to_bytes(8, "big")
