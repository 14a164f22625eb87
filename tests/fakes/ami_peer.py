"""A scripted Asterisk manager: answers what it is told to answer, and can be as rude as a real one.

async with AmiPeer() as peer:
    link = AmiLink(peer.settings(), sink)
    peer.says(event("Newchannel", ...))
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterable
from typing import Any

from connectors.ami.settings import AmiSettings, Patience

SYSTEM = "test-system"
BANNER = "Asterisk Call Manager/11.0.0"
COMMANDS = "CoreShowChannels CoreStatus CoreSettings QueueStatus QueuePause Originate Redirect Hangup UserEvent Ping"

Action = dict[str, str]


def frame(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def event(name: str, *lines: str, at: float = 1795422786.0, klass: str = "call", system: str = SYSTEM) -> bytes:
    return frame(f"Event: {name}", f"Privilege: {klass},all", f"Timestamp: {at:.6f}", f"SystemName: {system}", *lines)


def channel_lines(
    uid: str, *, name: str = "PJSIP/trunk-00000001", state: int = 4, number: str = "13800138000", linked: str = ""
) -> list[str]:
    """The headers that describe a channel, in Asterisk's order."""
    return [
        f"Channel: {name}",
        f"ChannelState: {state}",
        "ChannelStateDesc: Ring",
        f"CallerIDNum: {number}",
        "CallerIDName: Zhang San",
        "ConnectedLineNum: <unknown>",
        "ConnectedLineName: <unknown>",
        "Language: en",
        "AccountCode: ",
        "Context: from-trunk",
        "Exten: 5000",
        "Priority: 1",
        f"Uniqueid: {uid}",
        f"Linkedid: {linked or uid}",
    ]


def new_channel(uid: str, *, at: float = 1795422786.0, **about: Any) -> bytes:
    return event("Newchannel", *channel_lines(uid, **about), at=at)


class Connection:
    """One connection that a client made."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.actions: list[Action] = []

    def says(self, data: bytes) -> None:
        self.writer.write(data)


class AmiPeer:
    """Listens on a free port. `answers` maps an action's name to a function that returns the bytes of its answer.

    With `mute` set nothing is answered any more, as if the process were frozen.
    """

    def __init__(self, *, banner: str = BANNER, tls: ssl.SSLContext | None = None, secret: str = "s3cret") -> None:
        self.banner = banner
        self.secret = secret
        self.mute = False
        self.boots = True
        self.channels: list[list[str]] = []  # of CoreShowChannels, as channel_lines
        self.queue_items: list[list[str]] = []
        self.startup = "08:00:00"
        self.version = "22.10.1"
        self.commands = COMMANDS
        self.lists_short_of = 0  # items that ListItems promises and that do not come
        self.connections: list[Connection] = []
        self.actions: list[Action] = []
        self.answers: dict[str, Callable[[Action, Connection], bytes]] = {
            "Login": self._login,
            "Ping": lambda action, _: self._ok(action, "Ping: Pong", "Timestamp: 1795422786.000000"),
            "CoreStatus": self._core_status,
            "CoreSettings": lambda action, _: self._ok(
                action, f"AsteriskVersion: {self.version}", f"SystemName: {SYSTEM}"
            ),
            "CoreShowChannels": self._channels,
            "QueueStatus": self._queues,
            "QueuePause": lambda action, _: self._ok(action, "Message: Interface paused successfully"),
            "ListCommands": lambda action, _: self._ok(
                action, *(f"{name}: does it (Priv: some,all)" for name in self.commands.split())
            ),
            "UserEvent": lambda action, _: (
                self._ok(action, "Message: Event Sent")
                + event("UserEvent", f"UserEvent: {action['UserEvent']}", klass="user")
            ),
        }
        self._tls = tls
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> "AmiPeer":
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse new connections and cut those there are."""
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def cut(self) -> None:
        for connection in self.connections:
            connection.writer.transport.abort()

    def settings(self, **changes: Any) -> AmiSettings:
        patience = Patience(
            connect=2,
            login=1,
            fully_booted=1,
            answer=0.5,
            snapshot=1,
            ping_every=0.2,
            silence=0.7,
            between_snapshots=0.3,
        )
        wanted: dict[str, Any] = {"username": "cti", "secret": "s3cret", "port": self.port, "patience": patience}
        return AmiSettings(**{**wanted, **changes})

    def says(self, data: bytes) -> None:
        """Send *data* on the latest connection."""
        self.connections[-1].says(data)

    async def hears(self, action: str, count: int = 1) -> Action:
        """Return the *count*-th action of that name, once it has come."""
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(self.named(action)) >= count)
        return self.named(action)[count - 1]

    def named(self, action: str) -> list[Action]:
        return [heard for heard in self.actions if heard["Action"] == action]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = Connection(reader, writer)
        self.connections.append(connection)
        try:
            connection.says(f"{self.banner}\r\n".encode())
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                while True:
                    await self._hear(connection, await reader.readuntil(b"\r\n\r\n"))
        except asyncio.CancelledError:
            pass  # the peer stops: a server's task that ends cancelled is reported as an error
        finally:
            writer.transport.abort()
            self._tasks.discard(task)

    async def _hear(self, connection: Connection, data: bytes) -> None:
        lines = data.decode().rstrip("\r\n").split("\r\n")
        action = dict(line.split(": ", 1) for line in lines)
        connection.actions.append(action)
        self.actions.append(action)
        if not self.mute and (answer := self.answers.get(action["Action"])):
            connection.says(answer(action, connection))
        async with self._changed:
            self._changed.notify_all()

    # --- answers ------------------------------------------------------------------------------------------------

    @staticmethod
    def _ok(action: Action, *lines: str) -> bytes:
        return frame("Response: Success", f"ActionID: {action['ActionID']}", *lines)

    @staticmethod
    def error(action: Action, message: str) -> bytes:
        return frame("Response: Error", f"ActionID: {action['ActionID']}", f"Message: {message}")

    def _login(self, action: Action, connection: Connection) -> bytes:
        if action["Secret"] != self.secret:
            return self.error(action, "Authentication failed")
        answer = self._ok(action, "Message: Authentication accepted")
        return answer + self.fully_booted() if self.boots else answer

    def fully_booted(self) -> bytes:
        return frame(
            "Event: FullyBooted", "Privilege: system,all", "Uptime: 100", "LastReload: 100", "Status: Fully Booted"
        )

    def _core_status(self, action: Action, _: Connection) -> bytes:
        times = ["CoreStartupDate: 2026-11-23", f"CoreStartupTime: {self.startup}"]
        times += ["CoreReloadDate: 2026-11-23", "CoreReloadTime: 08:00:00", "CoreCurrentCalls: 0"]
        return self._ok(action, *times)

    def _list(self, action: Action, message: str, items: Iterable[list[str]], complete: str) -> bytes:
        wanted = f"ActionID: {action['ActionID']}"
        frames = [frame(*item) for item in items]
        promised = len(frames) + self.lists_short_of
        return b"".join(
            (
                self._ok(action, "EventList: start", f"Message: {message}"),
                *frames,
                frame(f"Event: {complete}", wanted, "EventList: Complete", f"ListItems: {promised}"),
            )
        )

    def _channels(self, action: Action, _: Connection) -> bytes:
        wanted = f"ActionID: {action['ActionID']}"
        tail = ["Application: Queue", "ApplicationData: support,tT", "Duration: 00:01:05", "BridgeId: "]
        items = [["Event: CoreShowChannel", wanted, *lines, *tail] for lines in self.channels]
        return self._list(action, "Channels will follow", items, "CoreShowChannelsComplete")

    def _queues(self, action: Action, _: Connection) -> bytes:
        wanted = f"ActionID: {action['ActionID']}"
        items = [[*lines, wanted] for lines in self.queue_items]
        return self._list(action, "Queue status will follow", items, "QueueStatusComplete")
