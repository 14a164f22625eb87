"""Tells what the switch did as it was asked from what somebody else did there."""

from collections.abc import Mapping
from datetime import datetime

from cti.agents import events as ev
from cti.agents.model import Agent, Place


def heard(
    agent: Agent, queue: str, place: Place | None, at: datetime, *, answered: bool = False
) -> ev.AgentEvent | None:
    """Return what it means that the switch has *agent* at *place* in *queue* (None: not in it); None for nothing new.

    While something is expected there, anything that differs is older than the request, save the loss of the place; and
    what is as it was before counts only when the switch has *answered* every request about that queue.
    """
    before = agent.places.get(queue)
    if queue in agent.expected:
        if place == before and not answered:
            return None
        wanted = agent.expected[queue]
        if wanted is None or place is None:
            if wanted is place:
                return ev.Obeyed(at, queue, None)
        elif wanted.paused == place.paused:
            return ev.Obeyed(at, queue, place)
        return ev.RemovedOutside(at, queue) if place is None and before is not None else None
    if place == before:
        return None
    if place is None:
        return ev.RemovedOutside(at, queue)
    if before is None:
        return ev.AddedOutside(at, queue, place)
    return ev.PausedOutside(at, queue, place.reason) if place.paused else ev.UnpausedOutside(at, queue)


def differences(agent: Agent, places: Mapping[str, Place], at: datetime) -> list[ev.AgentEvent]:
    """Return what a whole picture of the switch's queues says that was not known."""
    queues = {**dict.fromkeys(agent.places), **dict.fromkeys(agent.expected), **dict.fromkeys(places)}
    found = (heard(agent, queue, places.get(queue), at) for queue in queues)
    return [event for event in found if event is not None]
