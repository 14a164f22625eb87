"""An agent's own figures over a stretch of time, counted from states and calls."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from cti.staff import DeskCall, StateSpan


class Day(msgspec.Struct, frozen=True):
    calls: int  # in which they talked
    inbound: int
    outbound: int
    missed: int  # rang here and was not answered here
    talk_seconds: float
    wrap_up_seconds: float
    ready_seconds: float
    signed_in_seconds: float
    not_ready: dict[str, float]  # reason -> seconds, the longest first


def figures_of(spans: Iterable[StateSpan], calls: Iterable[DeskCall], *, since: datetime, now: datetime) -> Day:
    """Return the figures between *since* and *now*; a state that goes on counts up to *now*."""
    totals = {"wrap_up": 0.0, "ready": 0.0, "signed_in": 0.0}
    reasons: dict[str, float] = {}
    for span in spans:
        seconds = (min(span.ended_at or now, now) - max(span.began_at, since)).total_seconds()
        if seconds <= 0:
            continue
        if span.base != "signed_out":
            totals["signed_in"] += seconds
        if span.state == "not_ready":
            reasons[span.reason] = reasons.get(span.reason, 0.0) + seconds
        elif span.state in totals:
            totals[span.state] += seconds
    known = list(calls)
    talked = [(call, call.answered_at) for call in known if call.answered_at is not None]
    return Day(
        calls=len(talked),
        inbound=sum(call.direction == "inbound" for call, _ in talked),
        outbound=sum(call.direction == "outbound" for call, _ in talked),
        missed=sum(call.direction == "inbound" and call.answered_at is None for call in known),
        talk_seconds=round(sum((call.ended_at - answered).total_seconds() for call, answered in talked), 3),
        wrap_up_seconds=round(totals["wrap_up"], 3),
        ready_seconds=round(totals["ready"], 3),
        signed_in_seconds=round(totals["signed_in"], 3),
        not_ready=dict(sorted(reasons.items(), key=lambda each: -each[1])),
    )
