"""A call centre in one process: the real web side on a real port, with a switch that does as the story says."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import msgspec

from cti.assist.attached import AttachedField
from cti.assist.outcomes import Outcomes
from cti.calls import events as ev
from cti.calls.facts import ChannelId, Device, Fact, LinkLost, MemberSeen, MemberState, Party, Snapshot
from cti.calls.model import Call, CallId, Cause, Connection, ConnectionState, Direction, Role
from cti.content import Content
from cti.ports import Customer as CustomerRecord
from cti.ports import CustomerMatch, CustomerNumber, NewCustomer, SwitchError, UserRole
from cti.services.aftercall import AfterKept
from cti.services.clock import ServiceClock
from cti.services.forms import FormsKept
from cti.services.people import Work
from cti.services.pops import Stage
from cti.services.sources import Sources
from cti.services.views import DeskView
from cti.settings import Web as WebSettings
from cti.web.pages import Pages
from cti.web.passwords import Passwords
from cti.web.service import BrowserPhones, WebService
from tests.fakes.after import FakeCallbacks, FakeMarks, FakeResults, FakeTickets
from tests.fakes.notes import FakeLiveNotes
from tests.fakes.staff import FakeAgentLog, FakeAuditLog, FakeDeskLog, FakeStaff
from tests.fakes.storage import FakeDirectory, FakeSessions, FakeUsers

PATIENCE = 5.0  # seconds after which a story that waits for something fails

Frame = dict[str, Any]


class Directory(FakeDirectory):
    """Nobody is answered while it is not `open`; `error` is raised instead of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None
        self.asked: list[str] = []

    async def add(self, name: str, number: str, *, company: str = "") -> CustomerRecord:
        match = await super().register(NewCustomer(name, (CustomerNumber(number),), company=company))
        return match.customer

    async def by_number(self, e164: str) -> list[CustomerMatch]:
        self.asked.append(e164)
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return await super().by_number(e164)

    async def register(self, customer: NewCustomer) -> CustomerMatch:
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return await super().register(customer)


class FakeSwitch:
    """Keeps what it was asked; `refuse` is what it answers, `obeys` gets what it did not refuse."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool, str]] = []
        self.joined: list[tuple[str, str, int, bool]] = []
        self.left: list[tuple[str, str]] = []
        self.treated: list[tuple[str, ...]] = []  # calls: what, which leg, and how
        self.refuse: SwitchError | None = None
        self.silent = False  # never answers
        self.obeys: Callable[[str, Device, bool | None, str], None] = lambda queue, member, paused, reason: None
        self.snapshots = 0

    async def pause(self, member: Device, *, paused: bool, reason: str = "", queue: str = "") -> None:
        self.asked.append((member, paused, reason))
        await self._answers()
        self.obeys(queue, member, paused, reason)

    async def join_queue(self, queue: str, member: Device, *, name: str, penalty: int, paused: bool) -> None:
        self.joined.append((queue, member, penalty, paused))
        await self._answers()
        self.obeys(queue, member, paused, "")

    async def leave_queue(self, queue: str, member: Device) -> None:
        self.left.append((queue, member))
        await self._answers()
        self.obeys(queue, member, None, "")

    async def originate(self, device: Device, number: str, *, channel: ChannelId) -> None:
        await self._treats("originate", channel, device, number)

    async def hang_up(self, channel: ChannelId) -> None:
        await self._treats("hang_up", channel)

    async def transfer(self, channel: ChannelId, number: str) -> None:
        await self._treats("transfer", channel, number)

    async def press(self, channel: ChannelId, key: str) -> None:
        await self._treats("press", channel, key)

    async def _treats(self, what: str, *how: str) -> None:
        self.treated.append((what, *how))
        await self._answers()

    async def _answers(self) -> None:
        await asyncio.sleep(0)
        if self.silent:
            await asyncio.Event().wait()
        if self.refuse is not None:
            raise self.refuse

    def ask_for_snapshot(self) -> None:
        self.snapshots += 1


class FakeRegistry:
    """The calls as the story left them."""

    def __init__(self) -> None:
        self.calls: dict[CallId, Call] = {}

    def call(self, call_id: CallId) -> Call | None:
        return self.calls.get(call_id)


class Agent:
    """A person at a screen."""

    def __init__(self, centre: "Centre", name: str, device: Device, token: str) -> None:
        self.centre = centre
        self.name = name
        self.device = device
        self.token = token
        self.http = aiohttp.ClientSession(
            base_url=centre.url, headers={"Origin": centre.url, "Cookie": f"cti={token}"} if token else {}
        )
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.frames: list[Frame] = []
        self._read = 0
        self._ids = itertools.count(1)

    async def opens(self, resume: str = "") -> Frame:
        """Open a screen and return its first frame."""
        query = f"?resume={resume}" if resume else ""
        self.socket = await self.http.ws_connect(f"/ws{query}", autoping=True)
        return await self.next()

    async def next(self) -> Frame:
        """Return the next frame; there must be one."""
        assert self.socket is not None
        message = await self.socket.receive(PATIENCE)
        assert message.type is aiohttp.WSMsgType.TEXT, f"{message.type} {message.data} instead of a frame"
        frame: Frame = msgspec.json.decode(message.data)
        self.frames.append(frame)
        return frame

    async def sees(self, kind: str, **fields: Any) -> Frame:
        """Return the next frame of that kind, with those fields if any are given."""
        while True:
            frame = await self.next()
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def meanwhile(self) -> list[str]:
        """Return the kinds of the frames that were sent up to now and not yet read."""
        id = await self.says("clock.sync")
        kinds: list[str] = []
        while (frame := await self.next()).get("id") != id:
            kinds.append(frame["type"])
        return kinds

    async def says(self, kind: str, **fields: Any) -> int:
        assert self.socket is not None
        id = next(self._ids)
        await self.socket.send_str(msgspec.json.encode({"type": kind, "id": id, **fields}).decode())
        return id

    async def asks(self, kind: str, **fields: Any) -> Frame:
        """Send a command and return the answer to it, past other frames."""
        id = await self.says(kind, **fields)
        while True:
            frame = await self.next()
            if frame["type"] in ("done", "refusal") and frame["id"] == id:
                return frame

    def stops_reading(self) -> None:
        self._transport().pause_reading()

    def reads_again(self) -> None:
        self._transport().resume_reading()

    def _transport(self) -> asyncio.Transport:
        assert self.socket is not None
        connection = self.socket._response.connection
        assert connection is not None
        assert connection.transport is not None
        return connection.transport

    async def closes(self) -> None:
        assert self.socket is not None
        await self.socket.close()

    async def is_closed(self) -> int | None:
        """Read until the service closes; return the code."""
        assert self.socket is not None
        while True:
            message = await self.socket.receive(PATIENCE)
            if message.type is aiohttp.WSMsgType.CLOSE:
                code: int = message.data  # close_code is another when the service has gone by the time we answer
                return code
            if message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING):
                return self.socket.close_code

    async def leaves(self) -> None:
        if self.socket is not None:
            await self.socket.close()
        await self.http.close()


class Customer:
    """Somebody on the line, and their call."""

    def __init__(self, centre: "Centre", number: str, name: str = "") -> None:
        self.centre = centre
        self.party = Party(number, name)
        self.id = CallId(f"call-{next(centre.ids)}")
        self.channel = ChannelId(f"{self.id}.customer")

    def calls(self, queue: str = "", *, direction: Direction = "inbound") -> "Customer":
        at = self.centre.time()
        call = Call(self.id, direction, at, self.party, dialled="4001", queues=(queue,) if queue else ())
        self.centre.registry.calls[self.id] = call
        state = ConnectionState.QUEUED if queue else ConnectionState.CONNECTED
        self._connect(self.channel, Device("PJSIP/trunk"), Role.TRUNK, state, queue)
        events: list[ev.CallEvent] = [ev.Originated(at, self.id, self.channel, Device("PJSIP/trunk"), Role.TRUNK)]
        if queue:
            events.append(ev.Queued(at, self.id, self.channel, Device("PJSIP/trunk"), Role.TRUNK, queue, 1))
        self.centre.happens(*events)
        return self

    def rings(self, agent: Agent | Device, queue: str = "") -> None:
        device = agent if isinstance(agent, str) else agent.device
        channel = self._channel(device)
        self._connect(channel, device, Role.AGENT, ConnectionState.ALERTING, queue)
        self.centre.happens(ev.Delivered(self.centre.time(), self.id, channel, device, Role.AGENT, queue))

    def is_answered_by(self, agent: Agent) -> None:
        at, channel = self.centre.time(), self._channel(agent.device)
        self._connect(channel, agent.device, Role.AGENT, ConnectionState.CONNECTED)
        call = self.centre.registry.calls[self.id]
        self.centre.registry.calls[self.id] = msgspec.structs.replace(
            call, answered_at=call.answered_at or at, agents=(*call.agents, agent.device)
        )
        self.centre.happens(ev.Established(at, self.id, channel, agent.device, Role.AGENT))

    def leaves(self, agent: Agent, cause: Cause = Cause.CALL_NOT_ANSWERED) -> None:
        """The phone stops ringing, or that agent hangs up and the call goes on."""
        channel = self._channel(agent.device)
        self._connect(channel, agent.device, Role.AGENT, ConnectionState.NULL)
        self.centre.happens(ev.Diverted(self.centre.time(), self.id, channel, agent.device, Role.AGENT, cause))

    def hangs_up(self) -> None:
        del self.centre.registry.calls[self.id]
        self.centre.happens(ev.CallCleared(self.centre.time(), self.id, Cause.NORMAL_CLEARING))

    def _channel(self, device: Device) -> ChannelId:
        return ChannelId(f"{self.id}.{device}")

    def _connect(self, channel: ChannelId, device: Device, role: Role, state: ConnectionState, queue: str = "") -> None:
        call = self.centre.registry.calls[self.id]
        self.centre.registry.calls[self.id] = call.with_connection(Connection(channel, device, role, state, queue))


class Centre:
    def __init__(
        self,
        *,
        budget_seconds: float = 0.5,
        settings: WebSettings | None = None,
        pages: Pages | None = None,
        phones: BrowserPhones | None = None,
        desk: DeskView | None = None,
        attached: Sequence[AttachedField] = (),
        clock: ServiceClock | None = None,
        sources: Sources | None = None,
        content: Content | None = None,
        directory: "Directory | None" = None,
        forms: FormsKept | None = None,
    ) -> None:
        self.users = FakeUsers()
        self.staff = FakeStaff(self.users)
        self.work = Work(self.staff, FakeAuditLog(), FakeAgentLog(), FakeDeskLog())
        self.sessions = FakeSessions(self.users)
        self.directory = directory or Directory()
        self.switch = FakeSwitch()
        self.registry = FakeRegistry()
        self.ids = itertools.count(1)
        self.stages: list[tuple[Stage, float]] = []
        self.outcomes: list[Outcomes] = []
        self.marks = FakeMarks()
        self.after = AfterKept(
            FakeResults(),
            FakeCallbacks(self.directory),
            FakeTickets(self.directory),
            self.marks,
            lambda: self.outcomes,
        )
        self.live_notes = FakeLiveNotes()
        self.web = WebService(
            settings=settings or WebSettings(port=0),
            users=self.users,
            sessions=self.sessions,
            directory=self.directory,
            work=self.work,
            after=self.after,
            live_notes=self.live_notes,
            attached=attached,
            desk=desk,
            clock=clock,
            region="CN",
            switch=self.switch,
            lookup_budget_seconds=budget_seconds,
            passwords=Passwords(threads=1),
            pages=pages,
            phones=phones,
            sources=sources,
            content=content,
            forms=forms,
        )
        self.people: list[Agent] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web.server.port}"

    def time(self) -> datetime:
        return datetime.now(UTC)

    def happens(self, *events: ev.CallEvent) -> None:
        self.web.assist.on_events(events, time.monotonic_ns(), self.registry)
        self.web.control.on_events(events, self.registry)

    def states(self, fact: Fact) -> None:
        self.web.assist.on_fact(fact)
        self.web.control.on_fact(fact)

    def link_comes_up(self, *members: MemberSeen) -> None:
        self.states(Snapshot(self.time(), "boot", (), (), members))

    def link_is_lost(self) -> None:
        self.states(LinkLost(self.time()))

    def member(self, agent: Agent, queue: str = "support", *, paused: bool = False, reason: str = "") -> MemberSeen:
        return MemberSeen(
            self.time(), queue, agent.device, agent.name, MemberState.NOT_INUSE, paused=paused, reason=reason
        )

    def view(self, agent: Agent) -> Frame:
        """Return the agent's state as the service has it."""
        state: Frame = msgspec.to_builtins(self.web.assist.picture(agent.device).agent)
        return state

    async def directory_answered(self) -> None:
        """Let the lookups that were begun come to their end."""
        for _ in range(5):
            await asyncio.sleep(0)

    def customer(self, number: str, name: str = "") -> Customer:
        return Customer(self, number, name)

    async def person(
        self, name: str, *, extension: str = "", role: UserRole = "agent", must_change: bool = False
    ) -> Agent:
        """Return somebody who is logged in and has no screen open yet."""
        device = Device(f"PJSIP/{extension}") if extension else Device("")
        user = await self.users.create(
            name, display_name=name.title(), role=role, device=device, must_change=must_change
        )
        now = self.time()
        token = await self.sessions.create(user.id, now=now, expires_at=now + timedelta(hours=1))
        person = Agent(self, name, device, token)
        self.people.append(person)
        return person

    async def agent(self, name: str, *, extension: str) -> Agent:
        """Return an agent whose screen is open and has had its snapshot."""
        agent = await self.person(name, extension=extension)
        first = await agent.opens()
        assert first["type"] == "snapshot"
        return agent

    async def another_tab(self, agent: Agent) -> Agent:
        tab = Agent(self, agent.name, agent.device, agent.token)
        self.people.append(tab)
        assert (await tab.opens())["type"] == "snapshot"
        return tab

    def stranger(self) -> Agent:
        """Return somebody who is not logged in."""
        person = Agent(self, "", Device(""), "")
        self.people.append(person)
        return person


async def until(holds: Callable[[], bool]) -> None:
    """Return when it does."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - what is waited for is inside the service, which tells nobody
            await asyncio.sleep(0.001)


class Jumps:
    """Makes the loop's clock and the service's go forward at once."""

    def __init__(self) -> None:
        self.seconds = 0.0
        loop = asyncio.get_running_loop()
        real = loop.time
        loop.time = lambda: real() + self.seconds  # type: ignore[method-assign]
        self.clock = ServiceClock(monotonic_ns=lambda: time.monotonic_ns() + int(self.seconds * 1e9))

    async def forward(self, seconds: float) -> None:
        """Let *seconds* pass, and what is due by then happen."""
        self.seconds += seconds
        for _ in range(10):
            await asyncio.sleep(0)


@asynccontextmanager
async def running(*, kind: type[Centre] = Centre, **settings: Any) -> AsyncIterator[Centre]:
    centre = kind(**settings)
    await centre.web.people.load()
    await centre.web.server.start()
    tasks = asyncio.get_running_loop().create_task(centre.web.run())
    try:
        yield centre
    finally:
        tasks.cancel()
        await asyncio.gather(tasks, return_exceptions=True)
        for person in centre.people:
            await person.leaves()
        await centre.web.close()


def customers_in(frame: Mapping[str, Any]) -> list[str]:
    """Return the names on the card of *frame*."""
    return [match["customer"]["name"] for match in frame["card"]["matches"]]
