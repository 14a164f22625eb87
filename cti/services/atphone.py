"""What the calls at a phone mean for its agent's state."""

from collections.abc import Callable, Sequence
from datetime import datetime

from cti.agents import events as ev
from cti.agents.model import S, WrapUpPolicy
from cti.services.views import CallView

# Why a queue's ring came to nothing -> why the agent is not ready. Other causes are not the agent's doing.
_NOT_ANSWERED = {
    "call_not_answered": "ring_no_answer",
    "call_rejected": "call_rejected",
    "busy": "phone_busy",
    "dest_not_obtainable": "phone_lost",
}

# The first of these in which one of the calls is decides.
_ACTIVITIES: tuple[tuple[str, S], ...] = (
    ("connected", S.TALKING),
    ("hold", S.HELD),
    ("alerting", S.RINGING),
    ("initiated", S.RINGING),
)


def activity_of(calls: Sequence[CallView]) -> S | None:
    states = {call.state for call in calls}
    return next((activity for state, activity in _ACTIVITIES if state in states), None)


def events_at(
    before: S | None,
    calls: Sequence[CallView],
    *,
    talked: frozenset[str],
    rung_out: str,
    policy_of: Callable[[str], WrapUpPolicy],
    at: datetime,
) -> list[ev.AgentEvent]:
    """Return what happened, now that *calls* are at the phone of somebody who did *before*.

    *talked* are the calls that were connected before; *rung_out* says why a queue's ring ended in nothing, "" when it
    did not.
    """
    after = activity_of(calls)
    if after is None:
        if before is S.RINGING and rung_out in _NOT_ANSWERED:
            return [ev.NotAnswered(at, _NOT_ANSWERED[rung_out])]
        return [] if before is None else [ev.CallEnded(at)]
    if after is S.RINGING:
        ended: list[ev.AgentEvent] = [ev.CallEnded(at)] if before in (S.TALKING, S.HELD) else []
        return ended if before is S.RINGING else [*ended, ev.Rung(at)]
    fresh = [call for call in calls if call.state == "connected" and call.call not in talked]
    if fresh:
        queue = next((call.queue for call in fresh if call.queue), "")
        return [ev.Connected(at, policy_of(queue))]
    if after is S.HELD:
        return [] if before is S.HELD else [ev.Held(at)]
    return [ev.Retrieved(at)] if before is S.HELD else [] if before is S.TALKING else [ev.Connected(at)]
