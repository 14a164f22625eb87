"""Who has the number of a call: asked once per call, as early as the number is known, and kept past the call's end."""

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from cti.assist import numbers
from cti.assist.card import chosen_of, state_of
from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.ports import CustomerMatch, Directory
from cti.services.blaming import blame
from cti.services.sources import Sources
from cti.services.views import Card, SourceView

log = logging.getLogger(__name__)

State = Literal["looking", "found", "failed", "none"]


class Lookup:
    """What the directory says about one call, and what the agent said to that."""

    __slots__ = (
        "_shown",
        "began_at",
        "call",
        "choice",
        "devices",
        "e164",
        "elsewhere",
        "ended_at",
        "hidden",
        "internal",
        "matches",
        "number",
        "queue",
        "raw",
        "region",
        "registering",
        "state",
        "talked",
    )

    def __init__(self, call: CallId, raw: str, region: str, *, internal: bool, began_at: float) -> None:
        read = numbers.read(raw, region)
        self.call = call
        self.raw = raw
        self.e164 = "" if internal else read.e164  # "" where the network sent no number that can be called
        self.number = self.e164 or ("" if read.kind == "hidden" else raw)
        self.region = region
        self._shown: str | None = None
        self.internal = internal
        self.hidden = read.kind == "hidden"
        self.state: State = "looking" if self.e164 else "none"
        self.matches: tuple[CustomerMatch, ...] = ()
        self.elsewhere: tuple[SourceView, ...] = ()
        self.choice: int | None = None
        self.registering = False
        self.devices: set[Device] = set()  # the agents' phones that this call reached: whom it concerns
        self.talked: set[Device] = set()  # those of them that answered it
        self.queue = ""  # the last one that it was in
        self.began_at = began_at  # by the monotonic clock of the loop, as is ended_at
        self.ended_at: float | None = None

    @property
    def shown(self) -> str:
        """The number as people write it; worked out when an agent is to see it, as most numbers dialled never are."""
        if self._shown is None:
            self._shown = numbers.shown(self.number, self.region)
        return self._shown

    @property
    def chosen(self) -> int | None:
        """The customer on the line, as far as is known."""
        return chosen_of([match.customer.id for match in self.matches], self.choice)

    @property
    def done(self) -> bool:
        return self.state != "looking"

    def card(self, call: CallId | None = None) -> Card:
        """Return the card, for *call* when a consultation shows that of the call it belongs to."""
        found = None if self.state == "looking" else [match.customer.id for match in self.matches]
        state = state_of(found, hidden=self.hidden, internal=self.internal, failed=self.state == "failed" and not found)
        return Card(call or self.call, state, self.matches, chosen_of(found, self.choice), self.elsewhere)


class Lookups:
    """The lookups of all live calls, and for some time those of calls that ended, so that a form can still be sent."""

    def __init__(
        self,
        directory: Directory,
        *,
        region: str,
        on_done: Callable[[Lookup], None],
        sources: Sources | None = None,
        on_more: Callable[[Lookup], None] = lambda lookup: None,
        give_up_seconds: float = 10.0,
        keep_seconds: float = 900.0,
        most_under_way: int = 500,
    ) -> None:
        self._directory = directory
        self._region = region
        self._on_done = on_done
        self._sources = sources
        self._on_more = on_more  # told when a system elsewhere answered
        self._give_up_seconds = give_up_seconds
        self._keep_seconds = keep_seconds
        self._most_under_way = most_under_way
        self._of: dict[CallId, Lookup] = {}
        self._ended: dict[CallId, Lookup] = {}  # in the order in which they ended
        self._tasks: set[asyncio.Task[None]] = set()

    def get(self, call: CallId) -> Lookup | None:
        return self._of.get(call)

    def with_customer(self, customer: int) -> list[Lookup]:
        """Return the lookups that found *customer*."""
        return [each for each in self._of.values() if any(match.customer.id == customer for match in each.matches)]

    def start(self, call: CallId, raw: str, *, internal: bool) -> Lookup:
        """Return the lookup of *call*, begun now unless it was before; another number begins it anew."""
        lookup = self._of.get(call)
        if lookup is not None and lookup.raw == raw and lookup.internal == internal:
            return lookup
        fresh = Lookup(call, raw, self._region, internal=internal, began_at=asyncio.get_running_loop().time())
        if lookup is not None:
            fresh.devices, fresh.talked, fresh.queue = lookup.devices, lookup.talked, lookup.queue
        self._of[call] = fresh
        if not fresh.done:
            self._ask(fresh)
            self._ask_elsewhere(fresh)
        return fresh

    def retry(self, lookup: Lookup) -> None:
        """Ask again where the directory failed, not more often than once in the time that it has."""
        now = asyncio.get_running_loop().time()
        if lookup.state == "failed" and now - lookup.began_at > self._give_up_seconds:
            lookup.began_at = now
            lookup.state = "looking"
            self._ask(lookup)

    def ended(self, call: CallId) -> None:
        """*call* is over; its lookup is kept for a while where an agent had the call."""
        lookup = self._of.get(call)
        if lookup is None:
            return
        now = asyncio.get_running_loop().time()
        if lookup.devices:
            lookup.ended_at = now
            self._ended[call] = lookup
        else:
            del self._of[call]
        while self._ended:
            oldest = next(iter(self._ended.values()))
            if oldest.ended_at is not None and now - oldest.ended_at < self._keep_seconds:
                break
            del self._ended[oldest.call]
            if self._of.get(oldest.call) is oldest:
                del self._of[oldest.call]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ask(self, lookup: Lookup) -> None:
        if len(self._tasks) >= self._most_under_way:
            lookup.state = "failed"  # the directory is stuck; more questions would not help it
            return
        task = asyncio.get_running_loop().create_task(self._answer(lookup), name=f"lookup:{lookup.call}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ask_elsewhere(self, lookup: Lookup) -> None:
        if not self._sources:
            return

        def more(view: SourceView) -> None:
            lookup.elsewhere = tuple(view if view.source == old.source else old for old in lookup.elsewhere)
            if self._of.get(lookup.call) is lookup:
                self._on_more(lookup)

        lookup.elsewhere = self._sources.ask(lookup.e164, more)

    async def _answer(self, lookup: Lookup) -> None:
        try:
            async with asyncio.timeout(self._give_up_seconds):
                found = await self._directory.by_number(lookup.e164)
        except TimeoutError:
            log.warning("customer lookup gave no answer", extra={"call": lookup.call, "seconds": self._give_up_seconds})
            lookup.state = "failed"
        except Exception as error:  # noqa: BLE001 - whatever a directory raises, the phone rings and the card must go
            log.error("customer lookup failed", extra={"call": lookup.call, **blame(error)})
            lookup.state = "failed"
        else:
            known = {match.customer.id for match in found}
            lookup.matches = (*found, *(match for match in lookup.matches if match.customer.id not in known))
            lookup.state = "found"
        if self._of.get(lookup.call) is lookup:
            self._on_done(lookup)
