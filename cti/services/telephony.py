"""One switch's consumer: applies facts to the registry in order, tells the services, and has calls written down."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

from cti.calls import events as ev
from cti.calls.facts import Fact, LinkLost, Snapshot
from cti.calls.model import CallId
from cti.calls.records import KeptCall
from cti.calls.registry import CallRegistry
from cti.ports import CallLog, OpenCall, OpenCalls, StorageDown, StorageRefused

log = logging.getLogger(__name__)

MOST_WAITING = 200_000  # facts: more than a minute of a busy switch; beyond it only a fresh snapshot helps
AT_ONCE = 48  # facts between two looks at the rest of the event loop
ALIVE_EVERY_SECONDS = 5.0
KEEP_AFTER_SECONDS = 0.2  # what changes of a live call within this time is written down once

_decoder = msgspec.json.Decoder(KeptCall)


class Listener(Protocol):
    """A service that wants to know what happens. It neither waits nor raises."""

    def on_fact(self, fact: Fact) -> None: ...

    def on_events(self, events: list[ev.CallEvent], read_ns: int, registry: CallRegistry) -> None: ...

    def customer_of(self, call: CallId) -> int | None:
        """Return the customer who was on the line, where that is known."""

    def recorded(self, call: CallId) -> None:
        """The record of *call* is stored."""


class Telephony:
    """Takes the facts of one switch and gives every call its record, whatever is killed when."""

    def __init__(
        self,
        name: str,
        registry: CallRegistry,
        *,
        listener: Listener,
        call_log: CallLog,
        open_calls: OpenCalls,
        ask_for_snapshot: Callable[[], None],
    ) -> None:
        self._name = name
        self._registry = registry
        self._listener = listener
        self._call_log = call_log
        self._open_calls = open_calls
        self._ask_for_snapshot = ask_for_snapshot
        self._waiting: deque[tuple[int, Fact]] = deque()
        self._wake = asyncio.Event()
        self._boot = ""
        self._last_at: datetime | None = None
        self._changed: dict[CallId, None] = {}  # since it was written down last
        self._keeping = False  # whether that is about to happen
        self._kept: set[CallId] = set()  # calls of which something is written down
        self._recording: set[asyncio.Task[None]] = set()

    @property
    def backlog(self) -> int:
        """How many facts are not applied yet."""
        return len(self._waiting)

    def take(self, read_ns: int, fact: Fact) -> None:
        """Queue *fact*, read at *read_ns* of the monotonic clock. The reader of the switch calls this."""
        if len(self._waiting) >= MOST_WAITING:
            log.error("facts come faster than they are applied: starting over from a snapshot")
            self._waiting.clear()
            self._waiting.append((read_ns, LinkLost(fact.at)))
            self._ask_for_snapshot()
        self._waiting.append((read_ns, fact))
        self._wake.set()

    async def restore(self) -> None:
        """Take over the calls that were live when the service ended last; the first snapshot tells which still are."""
        kept = []
        for stored in await self._open_calls.all(self._name):
            try:
                call = _decoder.decode(stored.state)
            except msgspec.DecodeError as error:  # written by another release
                log.error("an open call cannot be read", extra={"call": stored.id, "problem": str(error)})
                continue
            self._kept.add(stored.id)
            kept.append(msgspec.structs.replace(call, last_seen=max(call.last_seen, stored.seen_at)))
        if kept:
            log.info("calls were live when the service ended", extra={"calls": len(kept)})
            self._registry.restore(kept)

    async def run(self) -> None:
        """Apply facts until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell_alive(), name=f"alive:{self._name}")
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    for _ in range(min(AT_ONCE, len(self._waiting))):
                        self._apply(*self._waiting.popleft())
                    await asyncio.sleep(0)

    async def drain(self, *, within_seconds: float = 10.0) -> None:
        """Wait until the records under way are written."""
        if self._recording:
            await asyncio.wait(self._recording, timeout=within_seconds)

    def _apply(self, read_ns: int, fact: Fact) -> None:
        if isinstance(fact, Snapshot):
            self._boot = fact.boot or self._boot
        self._last_at = fact.at
        self._listener.on_fact(fact)
        events = self._registry.apply(fact)
        if self._registry.wants_snapshot():
            self._ask_for_snapshot()
        if events:
            self._listener.on_events(events, read_ns, self._registry)
            self._write_down(events)

    def _write_down(self, events: list[ev.CallEvent]) -> None:
        """Have what changed kept soon: a live call as it then stands, a finished one as its record."""
        for event in events:
            self._changed[event.call] = None
            if isinstance(event, ev.CallsJoined):
                self._changed[event.joined] = None
            if isinstance(event, ev.CallCleared) and event.record is not None:
                del self._changed[event.call]
                self._kept.discard(event.call)
                task = asyncio.create_task(self._record(event), name=f"record:{event.call}")
                self._recording.add(task)
                task.add_done_callback(self._recording.discard)
        if self._changed and not self._keeping:
            self._keeping = True
            asyncio.get_running_loop().call_later(KEEP_AFTER_SECONDS, self._keep_changed)

    def _keep_changed(self) -> None:
        """Write down the live calls that changed, and forget those that turned out to be no calls of their own."""
        self._keeping = False
        changed, self._changed = self._changed, {}
        for call_id in changed:
            kept = self._registry.keep(call_id, self._last_at) if self._last_at else None
            if kept is not None:
                self._kept.add(call_id)
                state = msgspec.json.encode(kept)
                self._open_calls.put(self._name, OpenCall(call_id, kept.boot, kept.last_seen, state))
            elif call_id in self._kept:
                self._kept.discard(call_id)
                self._open_calls.remove(self._name, self._boot, call_id)

    async def _record(self, event: ev.CallCleared) -> None:
        if event.record is None:
            return
        try:
            await self._call_log.add(
                event.record,
                switch=self._name,
                boot=self._boot,
                customer=self._listener.customer_of(event.call),
                connections=event.spans,
            )
        except (StorageDown, StorageRefused) as problem:
            log.error("a call was not recorded", extra={"call": event.call, "problem": str(problem)})
        else:
            self._listener.recorded(event.call)

    async def _tell_alive(self) -> None:
        """Note now and then that the open calls still live, which bounds the interval of an unseen end."""
        while True:
            await asyncio.sleep(ALIVE_EVERY_SECONDS)
            if self._last_at is not None and self._registry.channels:
                self._open_calls.seen(self._name, self._boot, self._last_at)
