"""A ticket's life: its states in one table, when it is due, and who must look at it when it is late."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

TicketState = Literal["open", "working", "waiting", "solved", "closed"]
TicketAct = Literal["take", "wait", "go_on", "solve", "reopen", "close"]
Severity = Literal["low", "normal", "high", "critical"]
Level = Literal["agent", "lead", "supervisor"]

LEVELS: tuple[Level, ...] = ("agent", "lead", "supervisor")
SEVERITIES: tuple[Severity, ...] = ("low", "normal", "high", "critical")

# (state, act) -> the next state. `waiting` is for the customer or somebody outside; its time counts.
TABLE: Mapping[tuple[TicketState, TicketAct], TicketState] = {
    ("open", "take"): "working",
    ("open", "wait"): "waiting",
    ("open", "solve"): "solved",
    ("working", "take"): "working",  # by somebody else
    ("working", "wait"): "waiting",
    ("working", "solve"): "solved",
    ("waiting", "take"): "working",
    ("waiting", "go_on"): "working",
    ("waiting", "solve"): "solved",
    ("solved", "reopen"): "open",
    ("solved", "close"): "closed",
    ("closed", "reopen"): "open",
}
LIVE: frozenset[TicketState] = frozenset(("open", "working", "waiting"))

Hours = Annotated[float, msgspec.Meta(gt=0, le=8_760)]


class Deadlines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[tickets]: hours from the making of a ticket until it is due, and from there until a supervisor has it."""

    low_hours: Hours = 120.0
    normal_hours: Hours = 48.0
    high_hours: Hours = 8.0
    critical_hours: Hours = 2.0
    supervisor_after_hours: Hours = 24.0


class NotPossible(Exception):
    """The act does not fit the state that the ticket is in."""


def after(state: TicketState, act: TicketAct) -> TicketState:
    """Return the state that *act* leads to, or raise NotPossible."""
    found = TABLE.get((state, act))
    if found is None:
        raise NotPossible(f"a ticket that is {state} cannot {act.replace('_', ' ')}")
    return found


def due_at(made_at: datetime, severity: Severity, deadlines: Deadlines) -> datetime:
    """Return when a ticket of *severity* must be solved."""
    hours = {
        "low": deadlines.low_hours,
        "normal": deadlines.normal_hours,
        "high": deadlines.high_hours,
        "critical": deadlines.critical_hours,
    }[severity]
    return made_at + timedelta(hours=hours)


def level_at(state: TicketState, level: Level, due: datetime, deadlines: Deadlines, now: datetime) -> Level:
    """Return who must look at the ticket *now*: it only ever rises, a late one to the lead, then to the supervisor."""
    if state not in LIVE or now < due:
        return level
    late = now - due >= timedelta(hours=deadlines.supervisor_after_hours)
    wanted: Level = "supervisor" if late else "lead"
    return max(level, wanted, key=LEVELS.index)
