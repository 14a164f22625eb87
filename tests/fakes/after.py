"""What is left to do after calls, in memory: keeps the same promises as cti.storage, without the durability."""

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from cti.aftercall import (
    KEPT_WITHIN,
    Callback,
    CallbackState,
    CallResult,
    ChangedMeanwhile,
    Ticket,
    TicketChange,
    TicketEntry,
    TicketKind,
)
from cti.assist.tickets import LIVE
from cti.customers import Mark
from tests.fakes.storage import FakeDirectory


class FakeResults:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], CallResult] = {}

    async def put(self, result: CallResult) -> None:
        self.kept[result.call, result.user] = result

    async def of_call(self, call: str, user: int) -> CallResult | None:
        return self.kept.get((call, user))

    async def counts(self, *, since: datetime, until: datetime, user: int | None = None) -> dict[str, int]:
        there = [each for each in self.kept.values() if since <= each.at < until and user in (None, each.user)]
        return dict(Counter(each.outcome for each in there))


class FakeCallbacks:
    def __init__(self, directory: FakeDirectory) -> None:
        self._directory = directory
        self._ids = itertools.count(1)
        self.kept_ones: dict[int, Callback] = {}

    async def add(self, callback: Callback) -> Callback:
        known = await self._directory.get(callback.customer) if callback.customer else None
        made = msgspec.structs.replace(callback, id=next(self._ids), name=known.name if known else "")
        self.kept_ones[made.id] = made
        return made

    async def get(self, callback: int) -> Callback | None:
        return self.kept_ones.get(callback)

    async def open(self, *, user: int, queues: Sequence[str], until: datetime | None = None) -> list[Callback]:
        return [
            each
            for each in self._open(until)
            if each.owner == user or (each.owner is None and (not each.queue or each.queue in queues))
        ]

    async def due(self, *, until: datetime) -> list[Callback]:
        return self._open(until)

    async def finish(self, callback: int, state: CallbackState, *, who: int, at: datetime) -> Callback:
        return self._change(callback, state=state, done_at=at, done_by=who)

    async def move(self, callback: int, *, due_at: datetime, owner: int | None) -> Callback:
        return self._change(callback, due_at=due_at, owner=owner)

    async def kept(self, *, since: datetime, until: datetime, user: int | None = None) -> tuple[int, int]:
        there = [
            each
            for each in self.kept_ones.values()
            if each.state != "cancelled" and since <= each.due_at < until and user in (None, each.owner, each.done_by)
        ]
        return sum(each.done_at is not None and each.done_at <= each.due_at + KEPT_WITHIN for each in there), len(there)

    def _open(self, until: datetime | None) -> list[Callback]:
        there = [each for each in self.kept_ones.values() if each.state == "open"]
        return sorted(
            (each for each in there if until is None or each.due_at <= until), key=lambda each: (each.due_at, each.id)
        )

    def _change(self, callback: int, **changed: object) -> Callback:
        if self.kept_ones[callback].state != "open":
            raise ChangedMeanwhile(callback)
        self.kept_ones[callback] = msgspec.structs.replace(self.kept_ones[callback], **changed)
        return self.kept_ones[callback]


class FakeTickets:
    def __init__(self, directory: FakeDirectory) -> None:
        self._directory = directory
        self._ids = itertools.count(1)
        self.kept: dict[int, Ticket] = {}
        self.lines: dict[int, list[TicketEntry]] = {}

    async def add(self, ticket: Ticket, text: str = "") -> Ticket:
        known = await self._directory.get(ticket.customer) if ticket.customer else None
        made = msgspec.structs.replace(
            ticket, id=next(self._ids), name=known.name if known else "", changed_at=ticket.made_at
        )
        self.kept[made.id] = made
        self.lines[made.id] = [TicketEntry(ticket.made_at, ticket.made_by, "made", text)]
        return made

    async def get(self, ticket: int) -> Ticket | None:
        return self.kept.get(ticket)

    async def history(self, ticket: int) -> list[TicketEntry]:
        return list(self.lines.get(ticket, ()))

    async def change(self, ticket: int, change: TicketChange, *, seen: datetime | None = None) -> Ticket:
        held = self.kept[ticket]
        assert held.changed_at
        if seen is not None and held.changed_at != seen:
            raise ChangedMeanwhile(ticket)
        names = ("state", "owner", "severity", "due_at", "level")
        changed = {name: value for name in names if (value := getattr(change, name)) is not None}
        at = max(datetime.now(UTC), held.changed_at + datetime.resolution)
        self.kept[ticket] = msgspec.structs.replace(held, changed_at=at, **changed)
        self.lines[ticket].append(change.entry)
        return self.kept[ticket]

    async def search(
        self,
        *,
        live: bool = True,
        kinds: Sequence[TicketKind] = (),
        user: int | None = None,
        team: str | None = None,
        customer: int | None = None,
        limit: int = 200,
    ) -> list[Ticket]:
        found = [
            each
            for each in self.kept.values()
            if (not live or each.state in LIVE)
            and (not kinds or each.kind in kinds)
            and user in (None, each.owner, each.made_by)
            and team in (None, each.team)
            and customer in (None, each.customer)
        ]
        return _first_due_first(found)[:limit]

    async def late(self, *, now: datetime) -> list[Ticket]:
        return _first_due_first(
            [each for each in self.kept.values() if each.state in LIVE and each.due_at and each.due_at <= now]
        )


def _first_due_first(found: list[Ticket]) -> list[Ticket]:
    return sorted(found, key=lambda each: (each.due_at is None, each.due_at or each.made_at, each.id))


class FakeMarks:
    """Keeps the marks that were made, by customer."""

    def __init__(self) -> None:
        self.of: dict[int, list[Mark]] = {}

    async def mark(self, customer: int, mark: Mark) -> None:
        self.of.setdefault(customer, []).append(mark)
