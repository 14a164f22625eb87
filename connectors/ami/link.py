"""The link to one Asterisk: connect, log in, take a snapshot, then state all that is heard, until it is lost."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from connectors.ami import queues, requests
from connectors.ami.attached import Attachments
from connectors.ami.manager import AmiManager
from connectors.ami.outgoing import Fields
from connectors.ami.protocol import AmiProtocol, Answer
from connectors.ami.reader import Reader
from connectors.ami.rights import Finding, findings_of, of_read_rights
from connectors.ami.settings import AmiSettings
from connectors.ami.trust import Refusals
from cti.calls import facts
from cti.calls.facts import ChannelId, Device, Fact, Snapshot
from cti.ports import (
    FactSink,
    LinkLost,
    LogInRefused,
    OutcomeUnknown,
    SwitchError,
    SwitchRefused,
    SwitchUnreachable,
)

log = logging.getLogger(__name__)

_TRIES_FOR_A_LIST = 3


class AmiLink:
    """A cti.ports.Connector and cti.ports.Switch. Facts go to *sink* in the order in which the switch stated them.

    From run() on: SwitchUnreachable to every request until the first snapshot was stated. When the link is lost, a
    LinkLost fact is stated and run() raises LinkLost; LogInRefused means that trying again soon is of no use.
    """

    essential = True

    def __init__(self, settings: AmiSettings, sink: FactSink, *, name: str = "ami") -> None:
        self.name = name
        self.settings = settings
        self.refusals = Refusals()  # all that was refused since the start
        self.findings: list[Finding] = []  # about the account and the release, of the latest log-in
        self.manager = AmiManager(settings, protocol_factory=self._protocol)
        self._sink = sink
        self._newest: AmiProtocol | None = None
        self._live: AmiProtocol | None = None  # the newest, once its first snapshot was stated
        self._snapshots = 0
        self._snapshot_wanted = asyncio.Event()

    @property
    def is_up(self) -> bool:
        """Whether the picture is whole: a snapshot was stated, and the connection stands."""
        return self._live is not None and not self._live.ended.done()

    async def run(self) -> None:
        """Keep the link, or raise LinkLost; cancel to close it."""
        protocol = await self._connect()
        try:
            await self._log_in(protocol)
            await self._snapshot(protocol)
            log.info("AMI link is up", extra={"connector": self.name, "banner": protocol.reader.frames.banner})
            await self._serve(protocol)
        except SwitchError as error:
            protocol.check()  # the reason of the loss says more than what was lost with it
            raise LinkLost(str(error)) from error
        except asyncio.CancelledError:
            protocol.close()
            raise
        finally:
            self._live = None
            if not protocol.ended.done():
                protocol.abort("given up")
            if protocol.ended.exception() is None and not protocol.closed_by_us:
                self._state_loss(protocol)

    # --- cti.ports.Switch ---------------------------------------------------------------------------------------

    def ask_for_snapshot(self) -> None:
        """Have a fresh Snapshot stated soon; at most one in `between_snapshots` seconds."""
        self._snapshot_wanted.set()

    async def pause(self, member: Device, *, paused: bool, reason: str = "", queue: str = "") -> None:
        await self.action(*queues.pause(member, paused=paused, reason=reason, queue=queue))

    async def join_queue(self, queue: str, member: Device, *, name: str, penalty: int, paused: bool) -> None:
        try:
            await self.action(*queues.join(queue, member, name=name, penalty=penalty, paused=paused))
        except SwitchRefused as refused:
            if not queues.ALREADY_THERE.search(str(refused)):
                raise
            await self.pause(member, paused=paused, queue=queue)

    async def leave_queue(self, queue: str, member: Device) -> None:
        try:
            await self.action(*queues.leave(queue, member))
        except SwitchRefused as refused:
            if not queues.NOT_THERE.search(str(refused)):
                raise

    async def park(self, channel: ChannelId, *, seconds: int) -> None:
        await self.action(*requests.park(channel, seconds))

    async def give_back(self, channel: ChannelId, device: Device) -> None:
        await self.action(*requests.give_back(channel, device))

    async def redirect(self, channel: ChannelId, number: str) -> None:
        await self.action(*requests.redirect(channel, number))

    async def hang_up(self, channel: ChannelId) -> None:
        await self.action(*requests.hang_up(channel))

    async def originate(self, device: Device, number: str, *, channel: ChannelId) -> None:
        await self.action(*requests.originate(device, number, channel))

    async def transfer(self, channel: ChannelId, number: str) -> None:
        await self.action(*requests.transfer(channel, number))

    async def press(self, channel: ChannelId, key: str) -> None:
        await self.action(*requests.press(channel, key))

    def on_own_call(self, told: Callable[[str, str], None]) -> None:
        """Have *told* called with (mark, call) when the dialplan names a call that a page began."""

        def hear(_: AmiManager, event: Mapping[str, str]) -> None:
            if event.get("UserEvent") == "CtiMark":
                told(event.get("Mark", ""), event.get("Call", ""))

        self.manager.register_event("UserEvent", hear)

    async def action(
        self, action: str, fields: Fields = (), *, as_list: bool = False, seconds: float | None = None
    ) -> Answer:
        """Send any action once and return its answer; raise SwitchError, of the kind that says what is known."""
        if self._live is None:
            raise SwitchUnreachable(f"{action}: there is no link to the switch")
        return await self._live.ask(action, fields, as_list=as_list, seconds=seconds or self.settings.patience.answer)

    async def look(self) -> list[Finding]:
        """Log in, once, state a snapshot, and return what is to be said about account and release: for `cti check`."""
        heard = asyncio.Event()
        self.manager.register_event("UserEvent", lambda manager, event: heard.set())
        try:
            protocol = await self._connect()
        except LinkLost as lost:
            return [Finding("error", str(lost))]
        try:
            await self._log_in(protocol)
            await self._snapshot(protocol)
            return self.findings + await of_read_rights(protocol, heard, seconds=self.settings.patience.answer)
        except (LinkLost, SwitchError) as error:
            return self.findings or [Finding("error", str(error))]
        finally:
            protocol.close()

    # --- the stages ---------------------------------------------------------------------------------------------

    def _protocol(self) -> AmiProtocol:
        protocol = AmiProtocol(self._reader, self._take)
        self._newest = protocol
        return protocol

    def _reader(self, protocol: AmiProtocol) -> Reader:
        return Reader(
            systemname=self.settings.systemname or None,
            answers=protocol,
            listener=self.manager,
            suspect=self.ask_for_snapshot,
            refusals=self.refusals,
            wall=lambda: datetime.now(UTC),
            attachments=Attachments(self.settings.attached) if self.settings.attached else None,
        )

    def _take(self, read_ns: int, fact: Fact) -> None:
        if isinstance(fact, Snapshot):
            self._snapshots += 1
            self._live = self._newest
        self._sink(read_ns, fact)

    def _state_loss(self, protocol: AmiProtocol) -> None:
        reader = protocol.reader
        if reader.events:
            lost = facts.LinkLost(reader.heard())
            protocol.state([*reader.release(without_queues=False), lost], time.monotonic_ns())

    async def _connect(self) -> AmiProtocol:
        where = f"{self.settings.host}:{self.settings.port}"
        try:
            return await self.manager.connect()
        except ssl.SSLCertVerificationError as error:
            raise LinkLost(f"{where} has a certificate that we do not trust: {error.verify_message}") from error
        except TimeoutError as error:
            raise LinkLost(f"{where} does not answer") from error
        except OSError as error:
            raise LinkLost(f"cannot connect to {where}: {error.strerror or error}") from error

    async def _log_in(self, protocol: AmiProtocol) -> None:
        settings, patience = self.settings, self.settings.patience
        account = [("Username", settings.username), ("Secret", settings.secret), ("Events", "on")]
        try:
            await protocol.ask("Login", account, seconds=patience.login)
        except SwitchRefused as refused:
            raise LogInRefused(f"{settings.username} was refused ({refused})") from refused
        try:
            async with asyncio.timeout(patience.fully_booted):
                await asyncio.wait(
                    (protocol.booted, protocol.ended),
                    return_when=asyncio.FIRST_COMPLETED,
                )
        except TimeoutError as error:
            text = "no FullyBooted: Asterisk does not finish starting, or the account lacks read = system"
            raise LinkLost(text) from error
        protocol.check()
        self.findings = await findings_of(protocol, settings)
        for finding in self.findings:
            log.warning("AMI account: %s", finding.text, extra={"connector": self.name})
        if errors := [finding.text for finding in self.findings if finding.level == "error"]:
            raise LogInRefused("; ".join(errors))

    async def _snapshot(self, protocol: AmiProtocol) -> None:
        """Have the switch list all that lives, until a whole list came; it is stated by the reader."""
        seconds, seen = self.settings.patience.snapshot, self._snapshots
        for _ in range(_TRIES_FOR_A_LIST):
            # All in one write: the first answer sets the clock, and nothing of ours comes between the lists.
            asked = [protocol.request("Ping")]
            if not protocol.reader.boot:
                asked.append(protocol.request("CoreStatus"))
            asked.append(protocol.request("CoreShowChannels", as_list=True, keep=False))
            queues = protocol.request("QueueStatus", as_list=True, keep=False)
            try:
                async with asyncio.timeout(seconds):
                    for answer in asked:
                        await answer
                    await asyncio.wait([queues])
            except TimeoutError:
                raise OutcomeUnknown(f"the lists did not come within {seconds:g} s") from None
            if isinstance(queues.exception(), SwitchRefused):  # an Asterisk without app_queue
                protocol.state(protocol.reader.release(), time.monotonic_ns())
            if self._snapshots > seen:
                return
            protocol.check()
        raise LinkLost("the lists of channels and queues stay incomplete")

    async def _serve(self, protocol: AmiProtocol) -> None:
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(self._ping(protocol), name=f"{self.name}: ping"),
                group.create_task(self._sweep(protocol), name=f"{self.name}: sweep"),
            ]
            await asyncio.wait([protocol.ended])
            for helper in helpers:
                helper.cancel()
        protocol.check()

    async def _ping(self, protocol: AmiProtocol) -> None:
        """Notice a silent peer. Hearing anything is enough: behind a flood of events an answer may be late."""
        patience = self.settings.patience
        while True:
            await asyncio.sleep(patience.ping_every)
            quiet = (time.monotonic_ns() - protocol.heard_ns) / 1e9
            if quiet + patience.ping_every > patience.silence:
                protocol.abort(f"nothing was heard for {quiet:.1f} s")
                return
            if not protocol.ended.done():
                protocol.request("Ping")

    async def _sweep(self, protocol: AmiProtocol) -> None:
        """Take a snapshot every minute, and soon after somebody asked for one."""
        patience = self.settings.patience
        while True:
            try:
                async with asyncio.timeout(patience.sweep_every):
                    await self._snapshot_wanted.wait()
            except TimeoutError:
                pass
            self._snapshot_wanted.clear()
            try:
                await self._snapshot(protocol)
            except (SwitchError, LinkLost) as error:
                if protocol.ended.done():
                    return
                # Whether the peer is there at all is for _ping to tell.
                log.warning("no snapshot: %s", error, extra={"connector": self.name})
                protocol.state(protocol.reader.release(without_queues=False), time.monotonic_ns())
                self._snapshot_wanted.set()
            await asyncio.sleep(patience.between_snapshots)
