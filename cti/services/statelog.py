"""Writes down what each agent did, from when until when."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from cti.services.desks import Desk
from cti.services.views import AgentView
from cti.staff import AgentLog, StateSpan


class StateLog:
    """Keeps the spans of all desks; without *spans* it writes nothing."""

    def __init__(self, spans: AgentLog | None, now: Callable[[], datetime]) -> None:
        self._spans = spans
        self._now = now

    def keep(self, desk: Desk, view: AgentView) -> None:
        """Write down the end of the state before *view*, and the begin of this one."""
        base = desk.agent.base.value
        span = desk.span
        said = (view.state, view.reason, base, view.forced_by, view.why)
        if not desk.user or (span and said == (span.state, span.reason, span.base, span.by, span.why)):
            return
        at = self.end(span) if span is not None else self._now()
        call = desk.last_call if desk.agent.is_occupied else ""
        desk.span = StateSpan(desk.user, at, view.state, view.reason, base, desk.device, call, view.forced_by, view.why)
        if self._spans is not None:
            self._spans.put(desk.span)

    def end(self, span: StateSpan) -> datetime:
        """Write down that *span* is over, and return when: later than its begin."""
        at = max(self._now(), span.began_at + timedelta(microseconds=1))
        if self._spans is not None:
            self._spans.put(msgspec.structs.replace(span, ended_at=at))
        return at
