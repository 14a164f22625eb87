"""What is left to do after calls: outcomes chosen, callbacks promised, tickets opened, and nobody let them slip."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from cti.aftercall import (
    Callback,
    Callbacks,
    CallResult,
    Results,
    Ticket,
    TicketChange,
    TicketEntry,
    TicketKind,
    Tickets,
)
from cti.assist import tickets as rules
from cti.assist.outcomes import Need, Outcome, Outcomes, lacks, outcomes_for
from cti.assist.tickets import Deadlines, Severity, TicketAct
from cti.customers import Mark
from cti.ports import StorageDown, User

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 20.0
REMIND_BEFORE = timedelta(minutes=5)
FURTHEST = timedelta(days=366)  # that a callback may be promised ahead


class Subject(msgspec.Struct, frozen=True):
    """The call that somebody writes up."""

    call: str
    queue: str
    number: str  # E.164, "" where there is none
    customer: int | None


class Told(Protocol):
    """Where reminders go; neither waits nor raises."""

    def callback_due(self, callback: Callback) -> None:
        """Tell its owner, or those who serve its queue."""

    def ticket_changed(self, ticket: Ticket) -> None:
        """Tell whoever must look at it."""


class Marks(Protocol):
    async def mark(self, customer: int, mark: Mark) -> object:
        """Add a consent or do-not-call to a customer, with its history."""


class UnknownOutcome(Exception):
    """The calls of that queue cannot come to that."""


class StillNeeded(Exception):
    """The outcome needs more than there is: *needs*, as Outcome names them, and *fields* of the customer."""

    def __init__(self, needs: Sequence[Need], fields: Sequence[str]) -> None:
        super().__init__(", ".join((*needs, *fields)))
        self.needs = tuple(needs)
        self.fields = tuple(fields)


class OutcomeMissing(Exception):
    """Nothing was chosen yet for a call whose queue asks for an outcome."""


class BadTime(Exception):
    """Nobody can be called back then."""


@dataclass(frozen=True, slots=True)
class AfterKept:
    """Where it is kept, and what the files say."""

    results: Results
    callbacks: Callbacks
    tickets: Tickets
    marks: Marks
    files: Callable[[], Collection[Outcomes]] = tuple
    deadlines: Deadlines = field(default_factory=Deadlines)


class AfterCall:
    def __init__(
        self,
        kept: AfterKept,
        *,
        told: Told,
        note_of: Callable[[str, int], Awaitable[str]],
        fields_needed: Callable[[int | None, str], Awaitable[Sequence[str]]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.results = kept.results
        self.callbacks = kept.callbacks
        self.tickets = kept.tickets
        self.deadlines = kept.deadlines
        self._marks = kept.marks
        self._files = kept.files
        self._note_of = note_of
        self._fields_needed = fields_needed
        self._told = told
        self._now = now
        self._reminded: dict[int, datetime] = {}  # callback -> the time of which its people were reminded

    # --- what a call came to ----------------------------------------------------------------------------------------

    def outcomes(self, queue: str) -> Outcomes | None:
        return outcomes_for(queue, self._files())

    async def settle(self, user: User, subject: Subject, code: str) -> CallResult:
        """Keep what *subject* came to, and do what follows. Raises UnknownOutcome and StillNeeded."""
        outcomes = self.outcomes(subject.queue)
        outcome = outcomes.leaf(code) if outcomes else None
        if outcomes is None or outcome is None:
            raise UnknownOutcome(code)
        needs = await self._lacks(user, subject, outcome)
        fields = await self._fields_needed(subject.customer, code)
        if needs or fields:
            raise StillNeeded(needs, fields)
        result = CallResult(
            subject.call,
            user.id,
            code,
            self._now(),
            subject.queue,
            f"{outcomes.name}@{outcomes.version}",
            subject.customer,
            subject.number,
        )
        await self.results.put(result)
        if outcome.do_not_call and subject.customer is not None:
            proof = f"call {subject.call}"
            await self._marks.mark(
                subject.customer, Mark("do_not_call", "call", True, result.at, proof=proof, who=user.name)
            )
        return result

    async def is_settled(self, user: User, subject: Subject) -> bool:
        """Whether the wrap-up of *subject* may end: its queue asks for no outcome, or it has one."""
        outcomes = self.outcomes(subject.queue)
        if outcomes is None or not outcomes.is_required:
            return True
        return await self.results.of_call(subject.call, user.id) is not None

    async def _lacks(self, user: User, subject: Subject, outcome: Outcome) -> Sequence[Need]:
        if not outcome.needs:
            return ()
        note = await self._note_of(subject.call, user.id) if "note" in outcome.needs else ""
        promised = await self.promised_in(subject.call, user) if "callback" in outcome.needs else ()
        opened = await self.opened_in(subject.call, user) if "ticket" in outcome.needs else ()
        return lacks(outcome, note=note, callback=bool(promised), ticket=bool(opened))

    # --- callbacks --------------------------------------------------------------------------------------------------

    async def promise(
        self, user: User, subject: Subject, *, due_at: datetime, note: str = "", own: bool = True
    ) -> Callback:
        """Promise that *user*, or anybody of the queue, calls the customer at *due_at*. Raises BadTime."""
        now = self._now()
        if not subject.number:
            raise BadTime("the call has no number to call back")
        self._check_time(due_at, now)
        made = Callback(
            due_at,
            subject.number,
            user.id,
            now,
            owner=user.id if own else None,
            queue=subject.queue,
            note=note,
            customer=subject.customer,
            call=subject.call,
        )
        return await self.callbacks.add(made)

    async def move(self, callback: int, *, due_at: datetime, owner: int | None) -> Callback:
        """Promise another time or person. Raises BadTime, KeyError and ChangedMeanwhile."""
        self._check_time(due_at, self._now())
        return await self.callbacks.move(callback, due_at=due_at, owner=owner)

    async def finish(self, user: User, callback: int, *, cancel: bool = False) -> Callback:
        """End an open callback: made, or not to be made. Raises KeyError and ChangedMeanwhile."""
        found = await self.callbacks.finish(callback, "cancelled" if cancel else "done", who=user.id, at=self._now())
        self._reminded.pop(callback, None)
        return found

    async def promised_in(self, call: str, user: User) -> Sequence[Callback]:
        """Return the open callbacks that *user* promised in *call*."""
        mine = await self.callbacks.open(user=user.id, queues=())
        return [each for each in mine if each.call == call and each.made_by == user.id]

    def _check_time(self, due_at: datetime, now: datetime) -> None:
        if not now - timedelta(minutes=1) <= due_at <= now + FURTHEST:
            raise BadTime("choose a time from now on, within a year")

    # --- tickets ----------------------------------------------------------------------------------------------------

    async def open_ticket(
        self,
        user: User,
        subject: Subject | None,
        *,
        kind: TicketKind,
        title: str,
        text: str = "",
        category: str = "",
        severity: Severity = "normal",
        team: str = "",
    ) -> Ticket:
        """Open a ticket about *subject*; a suggestion is about no call and has no due time."""
        now = self._now()
        made = Ticket(
            kind,
            title,
            user.id,
            now,
            None if kind == "suggestion" else rules.due_at(now, severity, self.deadlines),
            text=text,
            category=category,
            severity=severity,
            team=team,
            queue=subject.queue if subject else "",
            customer=subject.customer if subject else None,
            number=subject.number if subject else "",
            call=subject.call if subject else "",
        )
        kept = await self.tickets.add(made)
        if kind != "request":
            self._told.ticket_changed(kept)
        return kept

    async def opened_in(self, call: str, user: User) -> Sequence[Ticket]:
        """Return the tickets that *user* opened in *call*."""
        mine = await self.tickets.search(user=user.id)
        return [each for each in mine if each.call == call and each.made_by == user.id]

    async def act(
        self, user: User, ticket: Ticket, act: TicketAct, *, text: str = "", seen: datetime | None = None
    ) -> Ticket:
        """Do *act*, in *user*'s name. Raises NotPossible, KeyError and ChangedMeanwhile."""
        state = rules.after(ticket.state, act)
        change = TicketChange(
            TicketEntry(self._now(), user.id, act, text), state=state, owner=user.id if act == "take" else None
        )
        return self._tell(await self.tickets.change(ticket.id, change, seen=seen))

    async def say(self, user: User, ticket: Ticket, text: str) -> Ticket:
        """Add a remark, or the management's answer to a suggestion."""
        return self._tell(
            await self.tickets.change(ticket.id, TicketChange(TicketEntry(self._now(), user.id, "say", text)))
        )

    async def give(self, user: User, ticket: Ticket, owner: User, *, text: str, seen: datetime | None = None) -> Ticket:
        """Make *owner* the one who is to solve it."""
        told = f"{owner.display_name}: {text}" if text else owner.display_name
        change = TicketChange(TicketEntry(self._now(), user.id, "owner", told), owner=owner.id)
        return self._tell(await self.tickets.change(ticket.id, change, seen=seen))

    async def weigh(
        self, user: User, ticket: Ticket, severity: Severity, *, text: str, seen: datetime | None = None
    ) -> Ticket:
        """Give it another severity, and the due time that goes with it, counted from its making."""
        due = None if ticket.kind == "suggestion" else rules.due_at(ticket.made_at, severity, self.deadlines)
        told = f"{ticket.severity} → {severity}{f': {text}' if text else ''}"
        change = TicketChange(TicketEntry(self._now(), user.id, "severity", told), severity=severity, due_at=due)
        return self._tell(await self.tickets.change(ticket.id, change, seen=seen))

    def _tell(self, ticket: Ticket) -> Ticket:
        self._told.ticket_changed(ticket)
        return ticket

    # --- what must not slip -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Remind and escalate until cancelled."""
        while True:
            try:
                await self.look()
            except StorageDown as down:
                log.warning("callbacks and tickets could not be looked at", extra={"problem": str(down)})
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """Remind of callbacks shortly before they are due, once for each time promised, and escalate late tickets."""
        now = self._now()
        due = await self.callbacks.due(until=now + REMIND_BEFORE)
        for callback in due:
            if self._reminded.get(callback.id) != callback.due_at:
                self._told.callback_due(callback)
        self._reminded = {callback.id: callback.due_at for callback in due}
        for ticket in await self.tickets.late(now=now):
            if ticket.due_at is None:
                continue
            level = rules.level_at(ticket.state, ticket.level, ticket.due_at, self.deadlines, now)
            if level != ticket.level:
                entry = TicketEntry(now, None, "escalated", level)
                self._tell(await self.tickets.change(ticket.id, TicketChange(entry, level=level)))
                log.info("a ticket is late", extra={"ticket": ticket.id, "level": level})
