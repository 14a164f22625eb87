"""What is left to do after calls: outcomes, callbacks and tickets, and what the services ask of whoever keeps them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from cti.assist.tickets import Level, Severity, TicketState

KEPT_WITHIN = timedelta(minutes=15)  # a callback made at most so long after the minute that was promised was kept

CallbackState = Literal["open", "done", "cancelled"]
TicketKind = Literal["complaint", "request", "suggestion"]


class CallResult(msgspec.Struct, frozen=True):
    """What somebody says that a call came to. Call and user identify it."""

    call: str
    user: int
    outcome: str
    at: datetime
    queue: str = ""
    outcomes: str = ""  # the file it was chosen from, NAME@VERSION
    customer: int | None = None
    number: str = ""


class Callback(msgspec.Struct, frozen=True):
    """A promise to call somebody."""

    due_at: datetime
    number: str  # E.164
    made_by: int
    made_at: datetime
    owner: int | None = None  # the user who promised it; None: anybody who serves the queue
    queue: str = ""
    note: str = ""
    name: str = ""  # of the customer, as it is now
    customer: int | None = None
    call: str = ""  # in which it was promised
    state: CallbackState = "open"
    done_at: datetime | None = None
    done_by: int | None = None
    id: int = 0

    @property
    def kept(self) -> bool | None:
        """Whether the promise was kept; None while nobody can know."""
        if self.state == "cancelled":
            return None
        return self.done_at <= self.due_at + KEPT_WITHIN if self.done_at else None


class Ticket(msgspec.Struct, frozen=True):
    """Something that outlives the call."""

    kind: TicketKind
    title: str
    made_by: int
    made_at: datetime
    due_at: datetime | None  # None for suggestions
    text: str = ""
    category: str = ""
    severity: Severity = "normal"
    state: TicketState = "open"
    level: Level = "agent"
    owner: int | None = None
    team: str = ""  # of whoever made it: whose lead it is escalated to
    queue: str = ""
    customer: int | None = None
    name: str = ""  # of the customer, as it is now
    number: str = ""
    call: str = ""
    changed_at: datetime | None = None
    id: int = 0


class TicketEntry(msgspec.Struct, frozen=True):
    """One line of a ticket's history, never altered."""

    at: datetime
    who: int | None  # None: the service itself
    act: str  # made, take, wait, go_on, solve, reopen, close, say, owner, severity, escalated
    text: str = ""


class TicketChange(msgspec.Struct, frozen=True):
    """What is to be different, with the line of history that tells it; None stays."""

    entry: TicketEntry
    state: TicketState | None = None
    owner: int | None = None
    severity: Severity | None = None
    due_at: datetime | None = None
    level: Level | None = None


class ChangedMeanwhile(Exception):
    """Somebody else changed it since it was read."""


class Results(Protocol):
    async def put(self, result: CallResult) -> None:
        """Keep *result* instead of one that this user gave the call before; return when it is durable."""

    async def of_call(self, call: str, user: int) -> CallResult | None: ...

    async def counts(self, *, since: datetime, until: datetime, user: int | None = None) -> dict[str, int]:
        """Return how many calls came to each outcome in that time."""


class Callbacks(Protocol):
    async def add(self, callback: Callback) -> Callback:
        """Keep it durably and return it with its id."""

    async def get(self, callback: int) -> Callback | None: ...

    async def open(self, *, user: int, queues: Sequence[str], until: datetime | None = None) -> Sequence[Callback]:
        """Return the open ones of *user*, and those of nobody in *queues*, the earliest first."""

    async def due(self, *, until: datetime) -> Sequence[Callback]:
        """Return all open ones due by *until*, the earliest first."""

    async def finish(self, callback: int, state: CallbackState, *, who: int, at: datetime) -> Callback:
        """End an open one, or raise KeyError for none and ChangedMeanwhile for one that is not open."""

    async def move(self, callback: int, *, due_at: datetime, owner: int | None) -> Callback:
        """Promise another time or another person; raises as `finish` does."""

    async def kept(self, *, since: datetime, until: datetime, user: int | None = None) -> tuple[int, int]:
        """Return (kept, promised) of the callbacks that were due in that time."""


class Tickets(Protocol):
    async def add(self, ticket: Ticket, text: str = "") -> Ticket:
        """Keep it durably with the first line of its history, and return it with its id."""

    async def get(self, ticket: int) -> Ticket | None: ...

    async def history(self, ticket: int) -> Sequence[TicketEntry]:
        """Return the lines, the oldest first."""

    async def change(self, ticket: int, change: TicketChange, *, seen: datetime | None = None) -> Ticket:
        """Carry out *change*; KeyError for none, ChangedMeanwhile when it changed after *seen*."""

    async def search(
        self,
        *,
        live: bool = True,
        kinds: Sequence[TicketKind] = (),
        user: int | None = None,
        team: str | None = None,
        customer: int | None = None,
        limit: int = 200,
    ) -> Sequence[Ticket]:
        """Return those owned or made by *user*, of *team*, of *customer*: the first due first."""

    async def late(self, *, now: datetime) -> Sequence[Ticket]:
        """Return the live ones whose time is over."""
