"""Outcomes, callbacks and tickets: what holds on both engines, and for the fakes."""

from datetime import UTC, datetime, timedelta

import pytest

from cti.aftercall import (
    Callback,
    Callbacks,
    CallResult,
    ChangedMeanwhile,
    Results,
    Ticket,
    TicketChange,
    TicketEntry,
    Tickets,
)
from cti.ports import CustomerNumber, NewCustomer
from cti.storage.callbacks import SqlCallbacks
from cti.storage.results import SqlResults
from cti.storage.tickets import SqlTickets
from tests.contract.storage.conftest import Storage
from tests.fakes.after import FakeCallbacks, FakeResults, FakeTickets
from tests.fakes.storage import FakeDirectory

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Kept:
    """All three, of one storage."""

    def __init__(self, storage: Storage) -> None:
        self.results: Results
        self.callbacks: Callbacks
        self.tickets: Tickets
        if storage.db is not None:
            self.results, self.callbacks = SqlResults(storage.db), SqlCallbacks(storage.db)
            self.tickets = SqlTickets(storage.db)
        else:
            assert isinstance(storage.directory, FakeDirectory)
            self.results, self.callbacks = FakeResults(), FakeCallbacks(storage.directory)
            self.tickets = FakeTickets(storage.directory)
        self._storage = storage

    async def user(self, name: str) -> int:
        return (await self._storage.users.create(name, display_name=name.title(), role="agent")).id

    async def customer(self, name: str, number: str) -> int:
        match = await self._storage.directory.register(NewCustomer(name, (CustomerNumber(number),)))
        return match.customer.id


@pytest.fixture
def kept(storage: Storage) -> Kept:
    return Kept(storage)


def callback(made_by: int, due_at: datetime = NOON, **more: object) -> Callback:
    return Callback(due_at, "+8613800138000", made_by, NOON - HOUR, **more)  # type: ignore[arg-type]


def ticket(made_by: int, **more: object) -> Ticket:
    fields: dict[str, object] = {"kind": "complaint", "title": "Too slow", "made_at": NOON, "due_at": NOON + HOUR}
    return Ticket(made_by=made_by, **{**fields, **more})  # type: ignore[arg-type]


# --- outcomes --------------------------------------------------------------------------------------------------------


async def test_another_outcome_of_a_call_takes_the_place_of_the_first(kept: Kept) -> None:
    anna = await kept.user("anna")
    await kept.results.put(CallResult("1.1", anna, "solved", NOON, "support", "service@1"))
    await kept.results.put(CallResult("1.1", anna, "complaint", NOON, "support", "service@1"))

    found = await kept.results.of_call("1.1", anna)
    assert found == CallResult("1.1", anna, "complaint", NOON, "support", "service@1")


async def test_two_agents_each_say_what_one_call_came_to(kept: Kept) -> None:
    anna, ben = await kept.user("anna"), await kept.user("ben")
    for user, outcome in ((anna, "transferred"), (ben, "solved")):
        await kept.results.put(CallResult("1.1", user, outcome, NOON))

    assert await kept.results.counts(since=NOON, until=NOON + HOUR) == {"solved": 1, "transferred": 1}
    assert await kept.results.counts(since=NOON, until=NOON + HOUR, user=ben) == {"solved": 1}
    assert await kept.results.counts(since=NOON + HOUR, until=NOON + 2 * HOUR) == {}


# --- callbacks -------------------------------------------------------------------------------------------------------


async def test_a_promise_is_seen_by_who_made_it_and_one_of_a_queue_by_who_serves_it(kept: Kept) -> None:
    anna, ben = await kept.user("anna"), await kept.user("ben")
    wang = await kept.customer("王芳", "+8613800138000")
    own = await kept.callbacks.add(callback(anna, NOON + HOUR, owner=anna, customer=wang, note="after lunch"))
    anybody = await kept.callbacks.add(callback(anna, queue="sales"))

    assert own.name == "王芳"
    assert await kept.callbacks.open(user=anna, queues=["sales"]) == [anybody, own]
    assert await kept.callbacks.open(user=ben, queues=["sales"]) == [anybody]
    assert await kept.callbacks.open(user=ben, queues=["support"]) == []
    assert await kept.callbacks.open(user=anna, queues=["sales"], until=NOON) == [anybody]
    assert await kept.callbacks.due(until=NOON) == [anybody]


async def test_a_promise_is_finished_once(kept: Kept) -> None:
    anna = await kept.user("anna")
    made = await kept.callbacks.add(callback(anna, owner=anna))

    done = await kept.callbacks.finish(made.id, "done", who=anna, at=NOON + timedelta(minutes=10))
    assert done.kept is True
    assert await kept.callbacks.get(made.id) == done
    with pytest.raises(ChangedMeanwhile):
        await kept.callbacks.finish(made.id, "cancelled", who=anna, at=NOON)
    with pytest.raises(KeyError):
        await kept.callbacks.finish(made.id + 1, "done", who=anna, at=NOON)


async def test_the_rate_of_kept_promises_counts_what_was_due(kept: Kept) -> None:
    anna = await kept.user("anna")
    for minutes in (0, 14, 16):
        made = await kept.callbacks.add(callback(anna, owner=anna))
        await kept.callbacks.finish(made.id, "done", who=anna, at=NOON + timedelta(minutes=minutes))
    await kept.callbacks.add(callback(anna, owner=anna))  # never made
    gone = await kept.callbacks.add(callback(anna, owner=anna))
    await kept.callbacks.finish(gone.id, "cancelled", who=anna, at=NOON)
    await kept.callbacks.add(callback(anna, NOON + HOUR, owner=anna))  # not due yet

    assert await kept.callbacks.kept(since=NOON - HOUR, until=NOON + HOUR) == (2, 4)


async def test_a_promise_goes_to_another_time_and_person(kept: Kept) -> None:
    anna, ben = await kept.user("anna"), await kept.user("ben")
    made = await kept.callbacks.add(callback(anna, owner=anna))
    moved = await kept.callbacks.move(made.id, due_at=NOON + HOUR, owner=ben)
    assert (moved.due_at, moved.owner) == (NOON + HOUR, ben)


# --- tickets ---------------------------------------------------------------------------------------------------------


async def test_a_ticket_has_its_history(kept: Kept) -> None:
    anna, ben = await kept.user("anna"), await kept.user("ben")
    wang = await kept.customer("王芳", "+8613800138000")
    made = await kept.tickets.add(ticket(anna, customer=wang, text="Waited for ten minutes."), "from a call")
    assert (made.name, made.state, made.changed_at) == ("王芳", "open", NOON)

    take = TicketEntry(NOON + HOUR, ben, "take")
    taken = await kept.tickets.change(made.id, TicketChange(take, state="working", owner=ben), seen=made.changed_at)
    assert (taken.state, taken.owner) == ("working", ben)
    assert await kept.tickets.history(made.id) == [TicketEntry(NOON, anna, "made", "from a call"), take]


async def test_two_do_not_change_a_ticket_unseen(kept: Kept) -> None:
    anna = await kept.user("anna")
    made = await kept.tickets.add(ticket(anna))
    say = TicketChange(TicketEntry(NOON, anna, "say", "hello"))
    await kept.tickets.change(made.id, say, seen=made.changed_at)
    with pytest.raises(ChangedMeanwhile):
        await kept.tickets.change(made.id, say, seen=made.changed_at)
    assert [entry.act for entry in await kept.tickets.history(made.id)] == ["made", "say"]


async def test_tickets_are_found_by_person_team_customer_and_lateness(kept: Kept) -> None:
    anna, ben = await kept.user("anna"), await kept.user("ben")
    wang = await kept.customer("王芳", "+8613800138000")
    late = await kept.tickets.add(ticket(anna, team="one", due_at=NOON))
    soon = await kept.tickets.add(ticket(ben, team="two", owner=anna, customer=wang))
    idea = await kept.tickets.add(ticket(ben, kind="suggestion", due_at=None))
    over = await kept.tickets.add(ticket(ben, state="closed", due_at=NOON))

    assert await kept.tickets.search(user=anna) == [late, soon]
    assert await kept.tickets.search(team="two") == [soon]
    assert await kept.tickets.search(customer=wang) == [soon]
    assert await kept.tickets.search(kinds=["suggestion"]) == [idea]
    assert over in await kept.tickets.search(live=False, user=ben)
    assert await kept.tickets.late(now=NOON) == [late]
