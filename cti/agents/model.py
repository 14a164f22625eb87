"""An agent's state: what can be seen of it, what can be asked for, and how calls are wrapped up."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from types import MappingProxyType
from typing import Literal

import msgspec

AgentState = Literal[
    "signed_out", "not_ready", "ready", "reserved", "ringing", "talking", "held", "wrap_up", "phone_lost"
]
Target = Literal["signed_out", "not_ready", "ready", "wrap_up"]  # what can be asked for
WrapUpMode = Literal["none", "optional", "forced", "timed", "extendable"]

SWITCH = "switch"  # who forced a state that was changed in the switch itself


class S(Enum):
    """What an agent does. The first three are what they asked for; a call, a lost phone and a wrap-up outweigh it."""

    SIGNED_OUT = "signed_out"
    NOT_READY = "not_ready"
    READY = "ready"
    RESERVED = "reserved"  # held for a call that is to come
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    WRAP_UP = "wrap_up"
    PHONE_LOST = "phone_lost"

    @property
    def word(self) -> AgentState:
        return self.value


BASES = frozenset({S.SIGNED_OUT, S.NOT_READY, S.READY})
CALLS = frozenset({S.RINGING, S.TALKING, S.HELD})


class WrapUpPolicy(msgspec.Struct, frozen=True, gc=False):
    """What happens after the calls of a queue.

    optional: wrap-up when the agent asks for it. forced: until the agent ends it. timed: for *seconds*, or until the
    agent ends it. extendable: timed, and once longer by *extension_seconds*.
    """

    mode: WrapUpMode = "none"
    seconds: float = 0.0
    extension_seconds: float = 0.0

    @property
    def follows(self) -> bool:
        """Whether a wrap-up comes without being asked for."""
        return self.mode in ("forced", "timed", "extendable")

    @property
    def ends_by_itself(self) -> bool:
        return self.mode in ("timed", "extendable")


NO_WRAP_UP = WrapUpPolicy()


class Place(msgspec.Struct, frozen=True, gc=False):
    """An agent's place in one queue, as the switch reports it."""

    paused: bool
    reason: str = ""


class Wish(msgspec.Struct, frozen=True, gc=False):
    """A state that somebody wants; *by* is "" for the agent, else who forces it."""

    target: S
    reason: str = ""
    by: str = ""
    why: str = ""


class WrapUp(msgspec.Struct, frozen=True, gc=False):
    until: datetime | None = None  # None: until the agent ends it
    extended: bool = False


_NOWHERE: Mapping[str, Place] = MappingProxyType({})
_NO_QUEUES: Mapping[str, int] = MappingProxyType({})
_NOTHING: Mapping[str, Place | None] = MappingProxyType({})


class Agent(msgspec.Struct, frozen=True):
    """An agent as things stand; every event makes a new one."""

    base: S = S.SIGNED_OUT  # what holds when no call and no wrap-up is there: as asked, and as reported
    reason: str = ""
    by: str = ""
    why: str = ""
    assigned: Mapping[str, int] = _NO_QUEUES  # queue -> penalty; none: the switch's own people manage the queues
    places: Mapping[str, Place] = _NOWHERE  # as reported
    expected: Mapping[str, Place | None] = _NOTHING  # asked of the switch and not reported yet; None: to leave
    asked: Wish | None = None  # comes true when all that is expected was reported
    pending: Wish | None = None  # comes true after the call and its wrap-up
    activity: S | None = None  # one of CALLS
    talked: bool = False  # in the present call
    policy: WrapUpPolicy = NO_WRAP_UP  # of the present or last call
    wants_wrap_up: bool = False  # asked for, where it is optional
    wrap_up: WrapUp | None = None
    reserved: bool = False
    reachable: bool = True
    held_back: frozenset[str] = frozenset()  # queues in which the switch's own people paused this agent alone
    since: datetime = datetime.fromtimestamp(0, UTC)  # when the present state began

    @property
    def state(self) -> S:
        if self.activity is not None:
            return self.activity
        if not self.reachable:
            return S.PHONE_LOST
        if self.wrap_up is not None:
            return S.WRAP_UP
        if self.reserved:
            return S.RESERVED
        return self.base

    @property
    def is_managed(self) -> bool:
        """Whether this service decides in which queues the agent is."""
        return bool(self.assigned)

    @property
    def is_occupied(self) -> bool:
        """Whether what is asked for now must wait."""
        return self.activity is not None or self.wrap_up is not None

    @property
    def can_extend(self) -> bool:
        return self.wrap_up is not None and self.policy.mode == "extendable" and not self.wrap_up.extended
