"""Builds every object and runs them: the one file that knows them all."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from connectors.ami.link import AmiLink
from connectors.ami.settings import AmiSettings
from connectors.crm.sources import source_of
from cti.calls.events import CallEvent
from cti.calls.facts import Fact
from cti.calls.model import CallId
from cti.calls.parties import Parties
from cti.calls.registry import CallRegistry
from cti.content import Content, ContentKeeper
from cti.interpreter import keep_tidy
from cti.links import keep_up
from cti.services.aftercall import AfterKept
from cti.services.assist import AssistService
from cti.services.backups import keep_backed_up
from cti.services.callcontrol import CallControl
from cti.services.forms import FormsKept
from cti.services.people import Work
from cti.services.phones import PhoneService
from cti.services.sources import Sources
from cti.services.telephony import Telephony
from cti.services.views import DeskView, QueueView, ReasonView
from cti.settings import CUSTOMER_COLUMNS, Settings, Switch, phone_secrets_of, secret_of
from cti.storage.agent_log import SqlAgentLog
from cti.storage.audit import SqlAuditLog
from cti.storage.callbacks import SqlCallbacks
from cti.storage.calls import SqlCallLog
from cti.storage.customer_book import SqlCustomerBook
from cti.storage.customers import SqlDirectory
from cti.storage.desk_log import SqlDeskLog
from cti.storage.drafts import SqlDrafts
from cti.storage.engine import Database
from cti.storage.form_book import SqlFormBook
from cti.storage.live_notes import SqlLiveNotes
from cti.storage.open_calls import SqlOpenCalls
from cti.storage.opening import open_database
from cti.storage.recorder import Recorder
from cti.storage.results import SqlResults
from cti.storage.sessions import SqlSessions
from cti.storage.staff import SqlStaff
from cti.storage.tickets import SqlTickets
from cti.storage.users import SqlUsers
from cti.web.api import PartHealth
from cti.web.own_calls import OwnCalls
from cti.web.service import BrowserPhones, WebService

log = logging.getLogger(__name__)


def ami_settings(switch: Switch, attached: Iterable[str] = ()) -> AmiSettings:
    """Return what the connector must know of [switch]; *attached* is what the dialplan may attach to calls."""
    return AmiSettings(
        username=switch.username,
        secret=secret_of(switch),
        host=switch.host,
        port=switch.port,
        systemname=switch.system_name,
        tls=switch.tls,
        tls_ca_file=switch.tls_ca_file,
        tls_server_name=switch.tls_server_name,
        allow_faulty_release=switch.allow_faulty_release,
        attached=tuple(attached),
    )


def desk_of(settings: Settings) -> DeskView:
    """Return what desks are to know of [agents] and [[queue]]."""
    reasons = (ReasonView(reason.code, reason.zh, reason.en) for reason in settings.agents.not_ready_reasons)
    queues = (
        QueueView(
            queue.name,
            queue.title_zh or queue.name,
            queue.title_en or queue.name,
            queue.wrap_up,
            queue.wrap_up_seconds,
            queue.extension_seconds,
            queue.auto_answer,
        )
        for queue in settings.queue
    )
    return DeskView(tuple(reasons), tuple(queues))


def content_of(settings: Settings) -> Content:
    """Return the files of [content], held to the fields of customers where [[customer_field]] declares the centre's."""
    own = {field.name for field in settings.customer_field}
    folder = Path(settings.content.folder) if settings.content.folder else None
    return Content(folder, customer={*CUSTOMER_COLUMNS, *own, "consent"} - {"id", "skip"} if own else None)


def journal_of(settings: Settings) -> Path:
    """Return the file that takes records while the database takes none."""
    return Path(settings.database.backup_folder) / "records.journal"


@contextlib.asynccontextmanager
async def database_of(settings: Settings) -> AsyncIterator[Database]:
    """Open the database, checked and migrated, and close it in the end."""
    db = await open_database(settings.database.url, backups=Path(settings.database.backup_folder))
    try:
        yield db
    finally:
        await db.close()


class Listeners:
    """Tells the services what happens on a switch: the screens first."""

    def __init__(self, assist: AssistService, control: CallControl, phones: PhoneService) -> None:
        self._assist = assist
        self._control = control
        self._phones = phones

    def on_fact(self, fact: Fact) -> None:
        self._assist.on_fact(fact)
        self._control.on_fact(fact)

    def on_events(self, events: list[CallEvent], read_ns: int, registry: CallRegistry) -> None:
        self._assist.on_events(events, read_ns, registry)
        self._control.on_events(events, registry)
        self._phones.on_events(events, registry)

    def customer_of(self, call: CallId) -> int | None:
        return self._assist.customer_of(call)

    def recorded(self, call: CallId) -> None:
        self._assist.recorded(call)


class App:
    """One service: a switch, a database, screens."""

    def __init__(self, settings: Settings, db: Database) -> None:
        region = settings.site.region
        self._db = db
        self.recorder = Recorder(db, region=region, journal=journal_of(settings))
        attached = [field.name for field in settings.attached]
        self.link = AmiLink(ami_settings(settings.switch, attached), self._take, name=settings.switch.name)
        self.phones = PhoneService(self.link, wait_seconds=settings.phones.wait_seconds)
        directory = SqlDirectory(db)
        content = content_of(settings)
        self.content = ContentKeeper(content)
        self.sources = Sources(
            [(source, source_of(source, settings.outgoing, region=region)) for source in settings.source],
            observe=lambda source, result, seconds: self.web.metrics.source(source, result, seconds),
        )
        switch = settings.switch
        registry = CallRegistry(Parties(agents=switch.agents, supervisors=switch.supervisors, trunks=switch.trunks))
        self.web = WebService(
            settings=settings.web,
            users=SqlUsers(db),
            sessions=SqlSessions(db),
            directory=directory,
            work=Work(
                SqlStaff(db),
                SqlAuditLog(db),
                SqlAgentLog(db, self.recorder),
                SqlDeskLog(db),
                spare_phones=settings.switch.agents,
            ),
            after=AfterKept(
                SqlResults(db),
                SqlCallbacks(db),
                SqlTickets(db),
                SqlCustomerBook(db),
                lambda: tuple(content.outcomes),
                settings.tickets,
            ),
            live_notes=SqlLiveNotes(db),
            region=region,
            time_zone=settings.site.time_zone,
            desk=desk_of(settings),
            attached=settings.attached,
            switch=self.link,
            health=self.health,
            live=lambda: (registry.calls.values(), registry.channels),
            lookup_budget_seconds=settings.pop.lookup_budget_seconds,
            phones=self._browser_phones(settings),
            content=content,
            forms=FormsKept(SqlFormBook(db), SqlDrafts(db)),
            sources=self.sources,
            dialling=settings.dialling,
        )
        self.phones.tell(self.web.agents)
        self.telephony = Telephony(
            switch.name,
            registry,
            listener=Listeners(self.web.assist, self.web.control, self.phones),
            call_log=SqlCallLog(db, self.recorder),
            open_calls=SqlOpenCalls(db, self.recorder),
            ask_for_snapshot=self.link.ask_for_snapshot,
        )
        metrics = self.web.metrics
        metrics.gauge(
            "cti_ami_frames_refused", "AMI frames that were forged or broken", lambda: self.link.refusals.total
        )
        metrics.gauge("cti_facts_waiting", "Facts not yet applied", lambda: self.telephony.backlog)
        metrics.gauge("cti_records_waiting", "Records not yet durable", lambda: self.recorder.health().waiting)

    def _browser_phones(self, settings: Settings) -> BrowserPhones | None:
        """Return what phones in pages need, None where there are none."""
        if not settings.switch.web_socket:
            return None
        own_calls = OwnCalls()
        self.link.on_own_call(own_calls.told)
        passwords, realm = phone_secrets_of(settings.phones), settings.phones.realm
        return BrowserPhones(settings.switch.web_socket, passwords, realm, self.phones, own_calls)

    def health(self) -> list[PartHealth]:
        """Return how the parts are, besides the link."""
        database = self.recorder.health()
        waiting = f"{database.waiting} records wait; " if database.waiting and not database.ok else ""
        sources = [PartHealth(light.source, light.ok, light.text) for light in self.sources.health()]
        return [PartHealth("database", database.ok, waiting + database.error), *sources]

    async def run(self, *, told: Callable[[str | None], None], stop: asyncio.Event) -> None:
        """Serve until *stop*, then finish what is under way. *told* gets the first administrator's secret, if any."""
        await self.telephony.restore()
        await self.content.refresh()
        await self.sources.open()
        told(await self.web.start())
        try:
            async with asyncio.TaskGroup() as group:
                recorder = group.create_task(self.recorder.run(), name="recorder")
                parts = [
                    group.create_task(self.web.run(), name="web"),
                    group.create_task(keep_backed_up(self._db.backup), name="backups"),
                    group.create_task(keep_tidy(), name="tidy"),
                    group.create_task(self.content.run(), name="content"),
                    group.create_task(self.telephony.run(), name="telephony"),
                    group.create_task(keep_up(self.link), name=f"connector:{self.link.name}"),
                ]
                await stop.wait()
                log.info("stopping")
                for part in reversed(parts):
                    part.cancel()
                await asyncio.wait(parts)
                await self.phones.close()
                await self.telephony.drain()
                await self.recorder.close()
                await recorder
        finally:
            await self.web.close()
            await self.sources.close()

    def _take(self, read_ns: int, fact: Fact) -> None:
        self.telephony.take(read_ns, fact)


async def serve(settings: Settings, *, told: Callable[[str | None], None]) -> None:
    """Run the service until it is told to stop by SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with database_of(settings) as db:
        await App(settings, db).run(told=told, stop=stop)
