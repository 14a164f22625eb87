"""A ticket's states, its due time and who must look at it."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from cti.assist.tickets import (
    LIVE,
    SEVERITIES,
    TABLE,
    Deadlines,
    NotPossible,
    TicketAct,
    TicketState,
    after,
    due_at,
    level_at,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_from_every_state_a_ticket_can_be_brought_to_its_end() -> None:
    reached: set[TicketState] = {"closed"}
    for _ in get_args(TicketState):
        reached |= {state for (state, _), to in TABLE.items() if to in reached}
    assert reached == set(get_args(TicketState))


@pytest.mark.parametrize(("state", "act"), [("closed", "take"), ("solved", "wait"), ("open", "close")])
def test_what_the_table_does_not_have_is_refused(state: TicketState, act: TicketAct) -> None:
    with pytest.raises(NotPossible, match=state):
        after(state, act)


def test_the_worse_it_is_the_sooner_it_is_due() -> None:
    dues = [due_at(NOON, severity, Deadlines()) for severity in SEVERITIES]
    assert dues == sorted(dues, reverse=True)
    assert due_at(NOON, "critical", Deadlines(critical_hours=1)) == NOON + HOUR


@pytest.mark.parametrize(
    ("late", "level"), [(-HOUR, "agent"), (0 * HOUR, "lead"), (23 * HOUR, "lead"), (24 * HOUR, "supervisor")]
)
def test_a_late_ticket_rises(late: timedelta, level: str) -> None:
    assert level_at("open", "agent", NOON, Deadlines(), NOON + late) == level


def test_it_never_sinks_and_never_rises_when_solved() -> None:
    assert level_at("working", "supervisor", NOON, Deadlines(), NOON + HOUR) == "supervisor"
    for state in set(get_args(TicketState)) - LIVE:
        assert level_at(state, "agent", NOON, Deadlines(), NOON + 100 * HOUR) == "agent"
