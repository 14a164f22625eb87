"""What an agent is doing, from what the switch says of their phone: queues, pauses, reachability and connections."""

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from cti.calls.facts import MemberState
from cti.calls.model import ConnectionState

AgentState = Literal["signed_out", "not_ready", "ready", "ringing", "talking", "held", "phone_lost"]

# The first of these in which one of the phone's connections is decides.
_BUSY: tuple[tuple[ConnectionState, AgentState], ...] = (
    (ConnectionState.CONNECTED, "talking"),
    (ConnectionState.HOLD, "held"),
    (ConnectionState.ALERTING, "ringing"),
    (ConnectionState.INITIATED, "ringing"),
)
_LOST = frozenset({MemberState.UNAVAILABLE, MemberState.INVALID})


class Membership(msgspec.Struct, frozen=True, gc=False):
    """A phone's place in one queue."""

    paused: bool
    reason: str
    phone: MemberState


class AgentStatus(msgspec.Struct, frozen=True, gc=False):
    state: AgentState
    reason: str = ""
    queues: tuple[str, ...] = ()


def status_of(
    memberships: Mapping[str, Membership],
    connections: Collection[ConnectionState],
    *,
    reachable: bool | None = None,
) -> AgentStatus:
    """Return what the agent does. *reachable* is None where the switch never said whether the phone can be reached.

    A call outweighs all else: somebody who talks is not unreachable, whatever a registration says. A phone is paused
    when it is so in every queue; queues are sorted by name.
    """
    queues = tuple(sorted(memberships))
    for connection, state in _BUSY:
        if connection in connections:
            return AgentStatus(state, queues=queues)
    if reachable is None:
        reachable = not memberships or any(place.phone not in _LOST for place in memberships.values())
    if not reachable:
        return AgentStatus("phone_lost", queues=queues)
    if not memberships:
        return AgentStatus("signed_out")
    if all(place.paused for place in memberships.values()):
        reason = next((memberships[queue].reason for queue in queues if memberships[queue].reason), "")
        return AgentStatus("not_ready", reason, queues)
    return AgentStatus("ready", queues=queues)
