"""Shows agents who is calling: the pop at the ring, the card, the call's and the agent's own state."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from cti.assist.attached import AttachedField
from cti.calls import events as ev
from cti.calls.facts import Device, Fact, LinkLost, Snapshot
from cti.calls.model import Call, CallId, Connection, Role
from cti.ports import Directory, User
from cti.services.agents import AgentService
from cti.services.callnotes import CallNotes
from cti.services.callviews import agents_in, view_of
from cti.services.clock import ServiceClock, milliseconds
from cti.services.lookups import Lookup, Lookups
from cti.services.pops import PopLog
from cti.services.sources import Sources
from cti.services.views import AgentView, CallView, LinkView, Picture, Screens, Stamps

_NOBODY: Mapping[Device, CallView] = {}


class Registry(Protocol):
    """The live calls of a switch."""

    def call(self, call_id: CallId) -> Call | None: ...


class NotYourCall(Exception):
    """The call never reached that phone."""


class _Waiting:
    """A pop that waits for its lookup, within the budget."""

    __slots__ = ("event_ns", "read_ns", "timer")

    def __init__(self, read_ns: int, event_ns: int, timer: asyncio.TimerHandle) -> None:
        self.read_ns = read_ns
        self.event_ns = event_ns
        self.timer = timer


class AssistService:
    """Folds call events into what each agent's screens show.

    `on_fact` and `on_events` are called by the consumer of a switch; they neither wait nor raise for what the outside
    does. The customer is looked up as soon as the number is known, so that the card is normally there before a phone
    rings. Where it is not, the ringing call is shown at once and its pop waits for the lookup, until *budget_seconds*
    after the lookup began; then it goes with a card that says `looking`, and a later answer is patched in.
    """

    def __init__(
        self,
        *,
        directory: Directory,
        screens: Screens,
        clock: ServiceClock,
        pops: PopLog,
        region: str,
        agents: AgentService,
        notes: CallNotes,
        attached: Sequence[AttachedField] = (),
        budget_seconds: float = 0.5,
        sources: Sources | None = None,
    ) -> None:
        self._screens = screens
        self._clock = clock
        self._pops = pops
        self._agents = agents
        self._notes = notes
        self._attached = attached
        self._budget_seconds = budget_seconds
        self._lookups = Lookups(
            directory, region=region, on_done=self._looked_up, sources=sources, on_more=self._more_elsewhere
        )
        self._views: dict[CallId, dict[Device, CallView]] = {}
        self._calls_at: dict[Device, dict[CallId, CallView]] = {}
        self._subject: dict[CallId, CallId] = {}  # a consultation -> the call whose card it shows
        self._popped: set[tuple[CallId, Device]] = set()
        self._rung_by_queue: set[tuple[CallId, Device]] = set()
        self._waiting: dict[tuple[CallId, Device], _Waiting] = {}
        self._link = LinkView(up=False, since=clock.now())

    # --- what the switch says ---------------------------------------------------------------------------------------

    def on_fact(self, fact: Fact) -> None:
        match fact:
            case LinkLost():
                self._set_link(up=False)
            case Snapshot():
                self._set_link(up=True)
        self._agents.on_fact(fact)

    def on_events(self, events: Sequence[ev.CallEvent], read_ns: int, registry: Registry) -> None:
        """Take the *events* that one fact, read at *read_ns*, led to; *registry* has the calls as they now stand."""
        if not events:
            return
        event_ns = self._clock.reading()
        touched: dict[CallId, float] = {}
        rings: set[tuple[CallId, Device]] = set()
        causes: dict[tuple[CallId, Device | None], str] = {}
        for event in events:
            touched[event.call] = milliseconds(event.at)
            match event:
                case ev.Delivered(role=Role.AGENT):
                    rings.add((event.call, event.device))
                    if event.queue:
                        self._rung_by_queue.add((event.call, event.device))
                case ev.Diverted() | ev.Failed() | ev.ConnectionCleared():
                    causes[event.call, event.device] = event.cause.value
                case ev.CallCleared():
                    causes[event.call, None] = event.cause.value
                case ev.CallsJoined(joined=joined):
                    touched[joined] = milliseconds(event.at)
                    self._notes.joined(event.call, joined)
                case ev.DataAttached():
                    for consultation in self._notes.consultations_of(event.call):
                        touched.setdefault(consultation, milliseconds(event.at))
        devices: dict[Device, str] = {}  # whose calls changed -> why a queue rang it in vain, if one did
        for call_id, at in touched.items():
            call = registry.call(call_id)
            present = agents_in(call) if call else {}
            lookup = self._lookup(call, registry) if call else None
            for device in self._views.get(call_id, _NOBODY).keys() - present.keys():
                cause = causes.get((call_id, device)) or causes.get((call_id, None)) or "unknown"
                devices[device] = self._gone(call_id, device, cause)
            if call is not None and lookup is not None:
                for device, connection in present.items():
                    rung = (call_id, device) in rings
                    stamps = (read_ns, event_ns)
                    if self._stands(call, lookup, connection, registry, rung=rung, at=at, stamps=stamps):
                        devices.setdefault(device, "")
            else:
                self._over(call_id)
        for device, rung_out in devices.items():
            self._agents.on_calls(device, tuple(self._calls_at.get(device, {}).values()), rung_out=rung_out)

    # --- what a screen asks -----------------------------------------------------------------------------------------

    @property
    def link(self) -> LinkView:
        return self._link

    @property
    def calls(self) -> int:
        """How many calls agents take part in now."""
        return len(self._views)

    def picture(self, device: Device) -> Picture:
        """Return all that concerns *device* now."""
        views = tuple(self._calls_at.get(device, {}).values()) if device else ()
        cards = []
        for view in views:
            lookup = self._lookup_of(CallId(view.call))
            if lookup is not None:
                self._lookups.retry(lookup)
                cards.append(lookup.card(CallId(view.call)))
        agent = self._agents.view(device) if device else AgentView("signed_out", 0.0)
        abouts = dict.fromkeys(CallId(view.about) for view in views)
        notes = tuple(found for about in abouts if (found := self._notes.view(about)) is not None)
        return Picture(self._link, agent, views, tuple(cards), self._agents.desk, notes)

    def customer_of(self, call: CallId) -> int | None:
        """Return who is, or was, on the line: for the record of a call that reached an agent."""
        lookup = self._lookup_of(call)
        return lookup.chosen if lookup else None

    def subject(self, device: Device, call: CallId) -> Lookup:
        """Return who *call* is about, if it reached *device* while it lived or lately; else raise NotYourCall."""
        lookup = self._lookup_of(call)
        if lookup is None or device not in lookup.devices:
            raise NotYourCall(call)
        return lookup

    def with_customer(self, customer: int) -> list[Lookup]:
        """Return the calls, live or lately over, on whose cards *customer* stands."""
        return self._lookups.with_customer(customer)

    async def write_note(self, device: Device, call: CallId, user: User, text: str) -> None:
        """Keep all that *user* has to say about *call*, or the one that it is about, and show it to colleagues there.

        Raises NotYourCall, and StorageDown when it is not stored.
        """
        about = self._notes.about(call)
        lookup, showing = self.subject(device, about), (about, *self._notes.consultations_of(about))
        others = {at for each in showing for at in self._views.get(each, _NOBODY)} - {device}
        await self._notes.write(about, user, text, to=others, is_live=lambda: lookup.ended_at is None)

    def recorded(self, call: CallId) -> None:
        """The record of *call* is stored."""
        self._notes.recorded(call)

    def painted(self, device: Device, pop: str, *, received: float, painted: float) -> None:
        self._pops.painted(pop, device, received=received, painted=painted)

    async def close(self) -> None:
        for waiting in self._waiting.values():
            waiting.timer.cancel()
        self._waiting.clear()
        await self._lookups.close()

    # --- calls and cards --------------------------------------------------------------------------------------------

    def _stands(
        self,
        call: Call,
        lookup: Lookup,
        connection: Connection,
        registry: Registry,
        *,
        rung: bool,
        at: float,
        stamps: tuple[int, int],
    ) -> bool:
        """Show *call* to the phone of *connection*, if it is new or changed there; return whether it was."""
        device, key = connection.device, (call.id, connection.device)
        before = self._views.get(call.id, _NOBODY).get(device)
        subject = registry.call(call.consults) if call.consults is not None else None
        view = view_of(call, connection, lookup, subject=subject, attached=self._attached, before=before, at=at)
        if before == view:
            return False
        if before is None or before.about != view.about:
            self._notes.arrives(device, view)
        if (about := self._lookups.get(CallId(view.about))) is not None:
            about.devices.add(device)
        self._views.setdefault(call.id, {})[device] = view
        self._calls_at.setdefault(device, {})[call.id] = view
        lookup.devices.add(device)
        lookup.queue = view.queue or lookup.queue
        if view.state in ("connected", "hold"):
            lookup.talked.add(device)
        if rung and view.state == "alerting" and key not in self._popped:
            self._popped.add(key)
            self._pop(key, view, lookup, *stamps)
        else:
            self._screens.call(device, view)
            if before is None:
                self._screens.card(device, lookup.card(call.id))
        return True

    def _pop(self, key: tuple[CallId, Device], view: CallView, lookup: Lookup, read_ns: int, event_ns: int) -> None:
        loop = asyncio.get_running_loop()
        deadline = lookup.began_at + self._budget_seconds
        if lookup.done or loop.time() >= deadline:
            self._send_pop(key, view, lookup, read_ns, event_ns)
            return
        self._screens.call(key[1], view)
        self._waiting[key] = _Waiting(read_ns, event_ns, loop.call_at(deadline, self._waited, key))

    def _waited(self, key: tuple[CallId, Device]) -> None:
        """The lookup is done, or took all of its budget: send the pop that waited for it."""
        waiting = self._waiting.pop(key)
        waiting.timer.cancel()
        call, device = key
        view = self._views.get(call, _NOBODY).get(device)
        lookup = self._lookup_of(call)
        if view is not None and lookup is not None:
            self._send_pop(key, view, lookup, waiting.read_ns, waiting.event_ns)

    def _send_pop(
        self, key: tuple[CallId, Device], view: CallView, lookup: Lookup, read_ns: int, event_ns: int
    ) -> None:
        call, device = key

        def stamps() -> Stamps:
            return Stamps(self._clock.of(read_ns), self._clock.of(event_ns), self._clock.now())

        pop = self._pops.new_id()
        self._pops.sent(pop, device, self._screens.pop(device, pop, view, lookup.card(call), stamps))

    def _gone(self, call: CallId, device: Device, cause: str) -> str:
        """Show that *device* has *call* no more; return *cause* when a queue rang it in vain, else ""."""
        key = (call, device)
        self._popped.discard(key)
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.timer.cancel()
        view = self._views[call].pop(device)
        was_rung = key in self._rung_by_queue and view.state == "alerting"
        self._rung_by_queue.discard(key)
        at_device = self._calls_at[device]
        at_device.pop(call)
        if not at_device:
            del self._calls_at[device]
        self._screens.call_gone(device, call, cause)
        return cause if was_rung else ""

    def _over(self, call: CallId) -> None:
        self._views.pop(call, None)
        self._lookups.ended(call)
        self._subject.pop(call, None)
        self._notes.ended(call)

    def _lookup(self, call: Call, registry: Registry) -> Lookup:
        """Return the lookup of the customer whom *call* is about, begun if need be."""
        if call.consults is not None:
            subject = registry.call(call.consults)
            if subject is not None and subject.direction != "internal":
                self._subject[call.id] = subject.id
                call = subject
        return self._lookups.start(call.id, call.customer.number, internal=call.direction == "internal")

    def _lookup_of(self, call: CallId) -> Lookup | None:
        return self._lookups.get(self._subject.get(call, call))

    def _looked_up(self, lookup: Lookup) -> None:
        """The directory answered, or failed to."""
        for call in self._showing(lookup):
            for device in tuple(self._views.get(call, _NOBODY)):
                if (call, device) in self._waiting:
                    self._waited((call, device))
                else:
                    self._screens.card(device, lookup.card(call))

    def _more_elsewhere(self, lookup: Lookup) -> None:
        """A system elsewhere answered. A pop that waits takes it along; it goes neither sooner nor later for it."""
        for call in self._showing(lookup):
            for device in tuple(self._views.get(call, _NOBODY)):
                if (call, device) not in self._waiting:
                    self._screens.card(device, lookup.card(call))

    def show_card(self, lookup: Lookup, actor: Device) -> None:
        """Show the card to whoever has the call now, and to *actor* also when it is over."""
        shown = set()
        for call in self._showing(lookup):
            for device in self._views.get(call, _NOBODY):
                self._screens.card(device, lookup.card(call))
                shown.add(device)
        if actor not in shown:
            self._screens.card(actor, lookup.card())

    def _showing(self, lookup: Lookup) -> list[CallId]:
        return [lookup.call, *(call for call, subject in self._subject.items() if subject == lookup.call)]

    def _set_link(self, *, up: bool) -> None:
        if self._link.up != up:
            self._link = LinkView(up, self._clock.now())
            self._screens.link(self._link)
