"""An agent's state as a screen shows it, and as the log keeps it."""

from datetime import UTC, datetime

from cti.agents.model import Agent, Target, Wish
from cti.services.clock import milliseconds
from cti.services.views import AgentView, PendingView, PlaceView


def view_of_agent(agent: Agent) -> AgentView:
    queues = tuple(sorted(agent.places))
    places = (agent.places[queue] for queue in queues)
    wrap_up = agent.wrap_up
    forced = agent.state is agent.base
    return AgentView(
        state=agent.state.word,
        since=milliseconds(agent.since),
        reason=agent.reason,
        queues=queues,
        places=tuple(PlaceView(queue, place.paused, place.reason) for queue, place in zip(queues, places, strict=True)),
        assigned=tuple(sorted(agent.assigned)),
        pending=_wish(agent.pending) or (PendingView("wrap_up") if agent.wants_wrap_up else None),
        asked=_wish(agent.asked),
        wrap_up=agent.policy.mode if agent.is_occupied else "none",
        wrap_up_until=milliseconds(wrap_up.until) if wrap_up is not None and wrap_up.until is not None else None,
        can_extend=agent.can_extend,
        forced_by=agent.by if forced else "",
        why=agent.why if forced else "",
    )


def moment_of(milliseconds: float) -> datetime:
    """Return a time of the service's clock as a moment."""
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def _wish(wish: Wish | None) -> PendingView | None:
    if wish is None:
        return None
    target: Target = "signed_out"
    match wish.target.value:
        case "ready" | "not_ready" as word:
            target = word
    return PendingView(target, wish.reason, wish.by, wish.why)
