"""What is asked of an agent's state, what happens to it, and what follows for the switch. Events carry their time."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from cti.agents.model import NO_WRAP_UP, Place, S, WrapUpPolicy


class AgentEvent(msgspec.Struct, frozen=True, gc=False):
    at: datetime


# --- asked by people ----------------------------------------------------------------------------------------------


class AgentCommand(AgentEvent, frozen=True, gc=False):
    """May be refused with NotNow."""


class SignIn(AgentCommand, frozen=True, gc=False):
    queues: tuple[str, ...] = ()  # of those assigned; none named: all


class SignOut(AgentCommand, frozen=True, gc=False):
    pass


class AskReady(AgentCommand, frozen=True, gc=False):
    pass


class AskNotReady(AgentCommand, frozen=True, gc=False):
    reason: str = ""


class AskWrapUp(AgentCommand, frozen=True, gc=False):
    """For the present call, or the one that just ended, where wrap-up is optional."""


class FinishWrapUp(AgentCommand, frozen=True, gc=False):
    ready: bool = True
    reason: str = ""


class ExtendWrapUp(AgentCommand, frozen=True, gc=False):
    pass


class Force(AgentCommand, frozen=True, gc=False):
    """Somebody else decides; the agent sees who and why."""

    target: S
    by: str
    why: str = ""
    reason: str = ""


class Reserve(AgentCommand, frozen=True, gc=False):
    """Hold the agent for a call that is to come: no queue gives them one meanwhile."""


class Release(AgentCommand, frozen=True, gc=False):
    """That call does not come."""


# --- at the phone -------------------------------------------------------------------------------------------------


class Rung(AgentEvent, frozen=True, gc=False):
    pass


class NotAnswered(AgentEvent, frozen=True, gc=False):
    """A queue rang the phone in vain. *cause* becomes the reason for not being ready."""

    cause: str


class Connected(AgentEvent, frozen=True, gc=False):
    policy: WrapUpPolicy = NO_WRAP_UP  # of the queue that the call came from


class Held(AgentEvent, frozen=True, gc=False):
    pass


class Retrieved(AgentEvent, frozen=True, gc=False):
    pass


class CallEnded(AgentEvent, frozen=True, gc=False):
    """Nothing rings and nobody talks any more."""


class PhoneLost(AgentEvent, frozen=True, gc=False):
    pass


class PhoneBack(AgentEvent, frozen=True, gc=False):
    pass


# --- in the queues ------------------------------------------------------------------------------------------------


class Obeyed(AgentEvent, frozen=True, gc=False):
    """The switch reports what it was asked for. *place* None: the queue was left."""

    queue: str
    place: Place | None


class AddedOutside(AgentEvent, frozen=True, gc=False):
    """Somebody else put the agent in a queue."""

    queue: str
    place: Place


class RemovedOutside(AgentEvent, frozen=True, gc=False):
    queue: str


class PausedOutside(AgentEvent, frozen=True, gc=False):
    queue: str
    reason: str = ""


class UnpausedOutside(AgentEvent, frozen=True, gc=False):
    queue: str


class GaveUp(AgentEvent, frozen=True, gc=False):
    """The switch refused what it was asked for, or did not do it in time."""


class Compared(AgentEvent, frozen=True, gc=False):
    """A whole picture of the switch's queues was compared with what is known, and the differences were told."""


class Rebuilt(AgentEvent, frozen=True, gc=False):
    """The service began anew: this is what the switch has. What the agent last was is in the agent."""

    places: Mapping[str, Place]


class Assigned(AgentEvent, frozen=True, gc=False):
    """The queues that the agent is to serve, with the penalty in each."""

    queues: Mapping[str, int]


# --- of the clock -------------------------------------------------------------------------------------------------


class WrapUpTimedOut(AgentEvent, frozen=True, gc=False):
    pass


# --- what follows -------------------------------------------------------------------------------------------------


class Effect(msgspec.Struct, frozen=True, gc=False):
    queue: str


class Join(Effect, frozen=True, gc=False):
    penalty: int
    paused: bool


class Leave(Effect, frozen=True, gc=False):
    pass


class Pause(Effect, frozen=True, gc=False):
    reason: str


class Unpause(Effect, frozen=True, gc=False):
    pass


class NotNow(Exception):
    """The command does not fit what the agent does now; the text says why. Nothing was changed."""


class NoQueue(NotNow):
    """There is no queue to be ready in."""
