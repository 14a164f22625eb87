"""What happens to calls, in the words of ECMA-269: past participles, one per change."""

from datetime import datetime

import msgspec

from cti.calls.facts import ChannelId, Device
from cti.calls.model import CallId, Cause, ConnectionSpan, ConnectionState, FinishedCall, Role, TransferKind


class CallEvent(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag=True):
    """A change of one call, at the switch's time."""

    at: datetime
    call: CallId


class ConnectionEvent(CallEvent, frozen=True, gc=False):
    """A change of one connection. *channel* identifies the connection, *device* is for people."""

    channel: ChannelId
    device: Device
    role: Role


class ServiceInitiated(ConnectionEvent, frozen=True, gc=False):
    """A device is being asked to make a call (the switch rings the agent's own phone first)."""


class Originated(ConnectionEvent, frozen=True, gc=False):
    """A device began a call: a customer called in, an agent dialled, or our originated leg answered."""


class Queued(ConnectionEvent, frozen=True, gc=False):
    queue: str
    position: int = 0


class Delivered(ConnectionEvent, frozen=True, gc=False):
    """The call alerts at a device. This is the event that pops a card."""

    queue: str = ""


class Established(ConnectionEvent, frozen=True, gc=False):
    """The device takes part in the call."""


class Held(ConnectionEvent, frozen=True, gc=False):
    pass


class Retrieved(ConnectionEvent, frozen=True, gc=False):
    pass


class Diverted(ConnectionEvent, frozen=True, gc=False):
    """The call no longer alerts at this device, since another one took it or is to have it."""

    cause: Cause = Cause.UNKNOWN


class Failed(ConnectionEvent, frozen=True, gc=False):
    """The call could not be completed to this device."""

    cause: Cause = Cause.UNKNOWN


class ConnectionCleared(ConnectionEvent, frozen=True, gc=False):
    cause: Cause = Cause.NORMAL_CLEARING


class Transferred(CallEvent, frozen=True, gc=False):
    kind: TransferKind
    by: Device
    to: str


class CallsJoined(CallEvent, frozen=True, gc=False):
    """Two calls became one: all that was *joined* goes on as *call*."""

    joined: CallId


class Conferenced(CallEvent, frozen=True, gc=False):
    """Three or more parties now hear each other."""

    devices: tuple[Device, ...]


class SupervisorJoined(CallEvent, frozen=True, gc=False):
    supervisor: Device
    channel: ChannelId
    with_agent: Device


class SupervisorLeft(CallEvent, frozen=True, gc=False):
    supervisor: Device
    channel: ChannelId


class CustomerIdentified(CallEvent, frozen=True, gc=False):
    """The customer's number or name became known or changed."""

    number: str
    name: str


class DataAttached(CallEvent, frozen=True, gc=False):
    """What the dialplan knows about the call changed under *name*; the value stands in the call."""

    name: str


class CallCleared(CallEvent, frozen=True, gc=False):
    """The call is over. *record* is None for consultations and supervisors' legs, which are no calls of their own."""

    cause: Cause
    record: FinishedCall | None = None
    spans: tuple[ConnectionSpan, ...] = ()  # who took part, in the order of joining


class UnexpectedEvent(Exception):
    """An event does not fit the state of its connection; nothing was changed."""

    def __init__(self, event: CallEvent, before: ConnectionState) -> None:
        super().__init__(f"{type(event).__name__} finds {before.value} on call {event.call}")
        self.event = event
        self.before = before
