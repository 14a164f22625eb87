"""Calls, the devices joined in them, and the record that a finished call leaves behind (words of ECMA-269)."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Literal, NewType

import msgspec

from cti.calls.facts import MOST_DATA, NOBODY, ChannelId, Device, Party

CallId = NewType("CallId", str)  # the id of the leg that began the call; kept through transfers

Direction = Literal["inbound", "outbound", "internal"]
Outcome = Literal[
    "answered",  # an agent and the customer talked
    "abandoned",  # the customer waited, or answered our call, and no agent came
    "no_answer",
    "busy",
    "rejected",
    "congestion",
    "invalid_number",
    "unreachable",
    "cancelled",
    "failed",
]
TransferKind = Literal["blind", "attended"]
EndedBy = Literal["customer", "agent", "system", "unknown"]


class ConnectionState(Enum):
    """ECMA-269, 6.1.5: the relation of one device to one call."""

    NULL = "null"
    INITIATED = "initiated"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HOLD = "hold"
    QUEUED = "queued"
    FAIL = "fail"


class Role(Enum):
    """What a device is to the centre."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    TRUNK = "trunk"  # the customers' side
    LOCAL = "local"  # one half of a Local channel: no party at all
    UNKNOWN = "unknown"


class Cause(Enum):
    """Why an event happened (ECMA-269, 12.2.4)."""

    NORMAL_CLEARING = "normal_clearing"
    BUSY = "busy"
    CALL_NOT_ANSWERED = "call_not_answered"
    CALL_REJECTED = "call_rejected"
    CALL_CANCELLED = "call_cancelled"
    NO_AVAILABLE_AGENTS = "no_available_agents"
    TRUNKS_BUSY = "trunks_busy"
    NUMBER_UNALLOCATED = "number_unallocated"
    DEST_NOT_OBTAINABLE = "dest_not_obtainable"
    SWITCH_RESTARTED = "switch_restarted"
    END_NOT_SEEN = "end_not_seen"
    UNKNOWN = "unknown"


class Connection(msgspec.Struct, frozen=True, gc=False):
    """The joining of one device to one call."""

    channel: ChannelId
    device: Device
    role: Role
    state: ConnectionState = ConnectionState.NULL
    queue: str = ""  # the queue that rang the device, or in which it waits


_NONE: Mapping[ChannelId, Connection] = MappingProxyType({})


class Call(msgspec.Struct, frozen=True):
    """A live call as it stands; every change makes a new one."""

    id: CallId
    direction: Direction
    started_at: datetime
    customer: Party = NOBODY
    dialled: str = ""  # the number that the customer dialled, or that we did
    queues: tuple[str, ...] = ()  # in the order in which the customer entered them
    agents: tuple[Device, ...] = ()  # those who talked with the customer, in order
    supervisors: tuple[Device, ...] = ()
    answered_at: datetime | None = None
    consults: CallId | None = None  # set on a consultation: the call that it belongs to
    connections: Mapping[ChannelId, Connection] = _NONE
    data: tuple[tuple[str, str], ...] = ()  # what the dialplan knows, by name, in the order in which it came

    def state_of(self, channel: ChannelId) -> ConnectionState:
        found = self.connections.get(channel)
        return found.state if found else ConnectionState.NULL

    def with_data(self, name: str, value: str) -> "Call":
        """Return the call with *value* under *name*, or without it when that is ""; itself where nothing changes."""
        known = dict(self.data)
        if known.get(name, "") == value or (name not in known and len(known) >= MOST_DATA):
            return self
        if value:
            known[name] = value
        else:
            del known[name]
        return msgspec.structs.replace(self, data=tuple(known.items()))

    def with_connection(self, connection: Connection) -> "Call":
        """Return the call with *connection* in it, or without it when its state is NULL."""
        connections = dict(self.connections)
        if connection.state is ConnectionState.NULL:
            connections.pop(connection.channel, None)
        else:
            connections[connection.channel] = connection
        return msgspec.structs.replace(self, connections=connections)


class Transfer(msgspec.Struct, frozen=True, omit_defaults=False):
    kind: TransferKind
    by: str  # who transferred, "1001"
    to: str  # to whom: an agent, an extension or a queue; "" where the switch did not say
    at: datetime


class ConnectionSpan(msgspec.Struct, frozen=True):
    """How long one device took part in a call, in which role."""

    channel: ChannelId
    device: Device
    role: Role
    began_at: datetime  # it was rung, or it began the call
    answered_at: datetime | None  # None when it never took part
    ended_at: datetime
    queue: str = ""


class FinishedCall(msgspec.Struct, frozen=True):
    """The record of a call. Seconds are wall time between events of the switch; times are aware, in UTC."""

    id: CallId
    direction: Direction
    customer: str  # the customer's number as the network gave it, "" when hidden or not one
    customer_name: str
    dialled: str
    queues: tuple[str, ...]
    agents: tuple[str, ...]  # those who talked with the customer, in order: "1001"
    outcome: Outcome
    ended_by: EndedBy
    transfers: tuple[Transfer, ...]
    supervisors: tuple[str, ...]
    started_at: datetime
    answered_at: datetime | None  # when an agent and the customer first talked
    ended_at: datetime
    wait_seconds: float  # the customer waited: queued, or an agent's phone rang for them
    talk_seconds: float  # customer and agent heard each other
    hold_seconds: float  # the customer was on hold
    certain: bool = True  # False where the end was not seen: then *ended_at* is when the call was last seen alive
    ended_before: datetime | None = None  # and this is when it was first seen gone
    data: tuple[tuple[str, str], ...] = ()  # what the dialplan knew, by name
