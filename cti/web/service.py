"""Builds the web side from the ports that it needs, and runs it: what app.py has to know of cti.web."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo

from cti.assist.attached import AttachedField
from cti.assist.dialling import Dialling, DialRule
from cti.calls.model import CallId
from cti.content import Content
from cti.ports import Directory, LiveNotes, Sessions, Switch, Users
from cti.services.aftercall import AfterCall, AfterKept
from cti.services.agents import AgentService
from cti.services.assist import AssistService
from cti.services.callcontrol import CallControl
from cti.services.callnotes import CallNotes
from cti.services.clock import ServiceClock
from cti.services.forms import FormDesk, FormsKept
from cti.services.identity import Identity
from cti.services.lag import LagProbe
from cti.services.people import PeopleService, Work
from cti.services.pops import PopLog
from cti.services.sources import Sources
from cti.services.teamfeed import TeamFeed
from cti.services.views import DeskView
from cti.settings import Web as WebSettings
from cti.web.api import PartHealth
from cti.web.auth import Authenticator, AuthSettings
from cti.web.call_commands import CallCommands
from cti.web.commands import Commands
from cti.web.context import Context, Live
from cti.web.form_presence import FormPresence
from cti.web.http import WebServer, keep_sessions, make_app
from cti.web.metrics import Metrics
from cti.web.own_calls import OwnCalls
from cti.web.pages import Pages
from cti.web.passwords import Passwords
from cti.web.phone_desk import Keeper, PhoneDesk
from cti.web.reminders import Reminders
from cti.web.screens import ScreenHub
from cti.web.sip_relay import SipRelays
from cti.web.sockets import Sockets
from cti.web.team import TeamScreens


@dataclass(frozen=True, slots=True)
class BrowserPhones:
    """What phones in pages need."""

    url: str  # of the switch's websocket
    passwords: Mapping[str, str] = field(repr=False)  # the switch's, by extension
    realm: str
    keeper: Keeper
    own_calls: OwnCalls


class WebService:
    """`assist` takes facts and events from the moment it is built; `run` serves until cancelled."""

    def __init__(
        self,
        *,
        settings: WebSettings,
        users: Users,
        sessions: Sessions,
        directory: Directory,
        work: Work,
        after: AfterKept,
        live_notes: LiveNotes,
        region: str,
        time_zone: str = "UTC",
        desk: DeskView | None = None,
        attached: Sequence[AttachedField] = (),
        switch: Switch | None = None,
        health: Callable[[], Sequence[PartHealth]] = lambda: (),
        live: Live = lambda: ((), ()),
        lookup_budget_seconds: float = 0.5,
        auth_settings: AuthSettings | None = None,
        metrics: Metrics | None = None,
        pages: Pages | None = None,
        clock: ServiceClock | None = None,
        passwords: Passwords | None = None,
        phones: BrowserPhones | None = None,
        content: Content | None = None,
        forms: FormsKept | None = None,
        sources: Sources | None = None,
        dialling: Dialling | None = None,
    ) -> None:
        self.clock = clock or ServiceClock()
        self.metrics = metrics or Metrics()
        self.hub = ScreenHub(self.clock, on_cut=self.metrics.screens_cut.inc)
        self.pops = PopLog(self.clock, observe=self.metrics.pop_stage)
        self.agents = AgentService(screens=self.hub, clock=self.clock, switch=switch, desk=desk, spans=work.spans)
        self.people = PeopleService(work, self.agents)
        self.team = TeamFeed(
            TeamScreens(self.hub, self.people), profiles=lambda: self.people.profiles, view_of=self.agents.view
        )
        self.hub.overhears, self.people.on_change = self.team, self.team.people_changed
        self._notes = CallNotes(live_notes, self.hub)
        self._desk_log = work.desk_log
        self.assist = AssistService(
            directory=directory,
            screens=self.hub,
            clock=self.clock,
            pops=self.pops,
            region=region,
            agents=self.agents,
            notes=self._notes,
            attached=attached,
            budget_seconds=lookup_budget_seconds,
            sources=sources,
        )
        identity = Identity(self.assist, directory)
        self.after = AfterCall(
            after,
            told=Reminders(self.hub, self.people),
            note_of=self._note_of,
            fields_needed=self._fields_needed,
        )
        self.lag = LagProbe(observe=self.metrics.loop_lag)
        self._passwords = passwords or Passwords()
        self.auth = Authenticator(
            users,
            sessions,
            self._passwords,
            settings=auth_settings,
            on_out=self._sign_out,
        )
        self.control = CallControl(switch)
        rule = DialRule(dialling, region=region)
        self.sip: SipRelays | None = None
        if phones is not None:
            phone_desk = PhoneDesk(phones.passwords, realm=phones.realm, keeper=phones.keeper)
            self.sip = SipRelays(phones.url, phone_desk, self.metrics, phones.own_calls, rule)
        self._commands = Commands(
            self.hub,
            self.assist,
            identity,
            self.agents,
            self.people,
            self.after,
            self.clock,
            self.team,
            CallCommands(self.control, rule),
        )
        content = content or Content()
        self.forms: FormDesk | None = None
        if forms is not None:
            presence = self._commands.forms = FormPresence(self.hub)
            self.forms = FormDesk(
                forms,
                content=content,
                assist=self.assist,
                identity=identity,
                directory=directory,
                region=region,
                zone=ZoneInfo(time_zone),
                told=presence.saved,
            )
        self.context = Context(
            settings=settings,
            auth=self.auth,
            hub=self.hub,
            assist=self.assist,
            agents=self.agents,
            people=self.people,
            after=self.after,
            sockets=Sockets(self.hub, self.assist, self.people, self._commands, self.metrics),
            pops=self.pops,
            lag=self.lag,
            clock=self.clock,
            metrics=self.metrics,
            health=health,
            live=live,
            version=_version(),
            started_at=self.clock.now(),
            zone=ZoneInfo(time_zone),
            content=content,
            forms=self.forms,
            attached=attached,
            sip=self.sip,
        )
        self.server = WebServer(make_app(self.context, pages=pages))
        self.metrics.gauge("cti_screens", "Open screens", lambda: sum(1 for _ in self.hub.connected()))
        self.metrics.gauge("cti_calls_at_agents", "Live calls that agents take part in", lambda: self.assist.calls)
        self.metrics.gauge("cti_link_up", "Whether the switch is heard", lambda: self.assist.link.up)

    async def start(self) -> str | None:
        """Listen; return the first administrator's one-time secret where nobody can log in yet, to be shown once."""
        await self.people.load()
        await self._notes.load()
        secret = await self.auth.first_start()
        await self.server.start()
        return secret

    async def run(self) -> None:
        """Keep screens and sessions in order until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.hub.watch(), name="web:screens")
            group.create_task(self.lag.run(), name="web:lag")
            group.create_task(self.after.run(), name="web:after")
            group.create_task(keep_sessions(self.context), name="web:sessions")
            if self.forms is not None:
                group.create_task(self.forms.run(), name="web:forms")

    async def close(self) -> None:
        """Tell the screens to come back, and stop listening."""
        await self.server.close()
        self.team.close()
        await self._commands.close()
        await self.assist.close()
        await self._notes.close()
        await self.agents.close()
        await self.people.close()
        await self.auth.close()
        self._passwords.close()

    async def _note_of(self, call: str, user: int) -> str:
        return self._notes.text_of(CallId(call), user) or await self._desk_log.note_of(call, user)

    async def _fields_needed(self, customer: int | None, outcome: str) -> Sequence[str]:
        return await self.forms.needed(customer, outcome) if self.forms is not None else ()

    def _sign_out(self, user: str | None, token: str | None) -> None:
        self.hub.sign_out(user=user, token=token)
        if self.sip is not None:
            self.sip.sign_out(user=user, token=token)


def _version() -> str:
    try:
        return version("cti")
    except PackageNotFoundError:
        return "unknown"
