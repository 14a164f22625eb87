"""What a switch states about channels, bridges and queues: the words in which connectors speak to the call model.

A fact repeats one statement of the switch and decides nothing. Facts of one switch arrive in the order in which
the switch made them; applying one twice is harmless. Times are aware, in UTC, and are the switch's own where it
gives them.
"""

from datetime import datetime
from enum import Enum
from typing import NewType

import msgspec

ChannelId = NewType("ChannelId", str)  # Asterisk's Uniqueid: one leg, never used again
BridgeId = NewType("BridgeId", str)
Device = NewType("Device", str)  # technology and endpoint, such as "PJSIP/1001"


MOST_DATA = 40  # names that may be attached to a call
LONGEST_DATA = 500  # characters of a value


class ChannelState(Enum):
    """How far a leg has come. RING: it called the switch and waits; RINGING: the switch is ringing it."""

    DOWN = "down"
    RING = "ring"
    RINGING = "ringing"
    UP = "up"
    BUSY = "busy"


class DialStatus(Enum):
    """How an attempt to reach one leg ended."""

    ANSWER = "answer"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    CANCEL = "cancel"
    CONGESTION = "congestion"
    UNAVAILABLE = "unavailable"
    OTHER = "other"


class Party(msgspec.Struct, frozen=True, gc=False):
    """A number and a name as the network gave them: untrusted text, "" where nothing was sent."""

    number: str = ""
    name: str = ""


NOBODY = Party()


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One statement of the switch."""

    at: datetime


# --- channels ---------------------------------------------------------------------------------------------------


class ChannelCreated(Fact, frozen=True, gc=False):
    channel: ChannelId
    linked: ChannelId  # the leg that began all this; equal to *channel* for a new call
    name: str  # "PJSIP/1001-00000023", "Local/201@agents-00000004;1"
    device: Device  # *name* without its counter
    state: ChannelState
    caller: Party
    extension: str = ""
    context: str = ""


class ChannelStateChanged(Fact, frozen=True, gc=False):
    channel: ChannelId
    state: ChannelState


class CallerIdentified(Fact, frozen=True, gc=False):
    """The leg's own number or name was set, by the network or by the dialplan."""

    channel: ChannelId
    caller: Party


class ChannelRenamed(Fact, frozen=True, gc=False):
    """A masquerade gave the leg another name; releases before 22 send it."""

    channel: ChannelId
    name: str
    device: Device


class DataAttached(Fact, frozen=True, gc=False):
    """The dialplan knows something about the leg's call: one of its variables, or a field of an event that it sends.

    The text may be a stranger's. Connectors state only names that the settings list, and at most LONGEST_DATA
    characters of a value; "" takes the name away.
    """

    channel: ChannelId
    name: str
    value: str


class HangupRequested(Fact, frozen=True, gc=False):
    """The far end of this leg hung up or rejected; it alone says who ended a call."""

    channel: ChannelId
    cause: int  # Q.850, 0 when not given
    sip_code: int = 0  # from release 22 on


class ChannelGone(Fact, frozen=True, gc=False):
    channel: ChannelId
    cause: int  # Q.850, 0 when not given
    sip_code: int = 0


# --- dialling ---------------------------------------------------------------------------------------------------


class DialBegan(Fact, frozen=True, gc=False):
    callee: ChannelId
    caller: ChannelId | None  # None when the switch itself originates
    dialled: str  # "13900139000@trunk", "1001", "PJSIP/1001"


class DialRinging(Fact, frozen=True, gc=False):
    callee: ChannelId


class DialEnded(Fact, frozen=True, gc=False):
    callee: ChannelId
    status: DialStatus


class OriginateEnded(Fact, frozen=True, gc=False):
    """The answer to an originate; *channel* is None when no leg was ever made."""

    request: str  # the id that the request carried
    channel: ChannelId | None
    device: Device
    number: str  # what was dialled, "" when the device alone was called
    extension: str
    success: bool
    timed_out: bool
    context: str = ""


# --- bridges ----------------------------------------------------------------------------------------------------


class BridgeEntered(Fact, frozen=True, gc=False):
    channel: ChannelId
    bridge: BridgeId
    linked: ChannelId  # differs from the channel's own when calls were joined


class BridgeLeft(Fact, frozen=True, gc=False):
    channel: ChannelId
    bridge: BridgeId


class LocalHalvesJoined(Fact, frozen=True, gc=False):
    """Two Local halves that stand for one leg: what enters the one leaves the other."""

    one: ChannelId
    two: ChannelId


class Held(Fact, frozen=True, gc=False):
    channel: ChannelId


class Unheld(Fact, frozen=True, gc=False):
    channel: ChannelId


# --- queues -----------------------------------------------------------------------------------------------------


class QueueJoined(Fact, frozen=True, gc=False):
    channel: ChannelId
    queue: str
    position: int
    caller: Party


class QueueLeft(Fact, frozen=True, gc=False):
    channel: ChannelId
    queue: str


class QueueAbandoned(Fact, frozen=True, gc=False):
    """A hint: also sent for time-outs and redirects."""

    channel: ChannelId
    queue: str


class AgentRung(Fact, frozen=True, gc=False):
    """A queue rings a member for a waiting caller."""

    channel: ChannelId  # the caller's leg
    callee: ChannelId  # the member's leg
    queue: str
    member: Device


class AgentNotAnswering(Fact, frozen=True, gc=False):
    callee: ChannelId | None
    queue: str
    member: Device
    rang_seconds: float  # 0: rejected at once


class AgentConnected(Fact, frozen=True, gc=False):
    channel: ChannelId
    callee: ChannelId
    queue: str


class MemberState(Enum):
    """Asterisk's device state of a queue member."""

    UNKNOWN = 0
    NOT_INUSE = 1
    INUSE = 2
    BUSY = 3
    INVALID = 4
    UNAVAILABLE = 5
    RINGING = 6
    RINGINUSE = 7
    ONHOLD = 8


class MemberSeen(Fact, frozen=True, gc=False):
    """A queue member as it now stands: added, changed, paused, or found in a snapshot."""

    queue: str
    member: Device
    name: str
    state: MemberState
    paused: bool
    reason: str


class MemberRemoved(Fact, frozen=True, gc=False):
    queue: str
    member: Device


class DeviceReachable(Fact, frozen=True, gc=False):
    device: Device
    reachable: bool


# --- transfers, conferences, supervisors --------------------------------------------------------------------------


class BlindTransferred(Fact, frozen=True, gc=False):
    transferer: ChannelId
    transferee: ChannelId | None
    extension: str
    success: bool


class AttendedTransferred(Fact, frozen=True, gc=False):
    first: ChannelId  # the transferer's leg to the transferee
    second: ChannelId  # his leg to the target
    transferee: ChannelId | None
    target: ChannelId | None  # None when the target was an application still ringing or queueing
    success: bool


class PickedUp(Fact, frozen=True, gc=False):
    picker: ChannelId
    target: ChannelId  # the leg that rang


class ConferenceJoined(Fact, frozen=True, gc=False):
    channel: ChannelId
    conference: str


class ConferenceLeft(Fact, frozen=True, gc=False):
    channel: ChannelId
    conference: str


class SpyStarted(Fact, frozen=True, gc=False):
    spyer: ChannelId
    spyee: ChannelId


class SpyStopped(Fact, frozen=True, gc=False):
    spyer: ChannelId


# --- the switch itself --------------------------------------------------------------------------------------------


class SwitchStopping(Fact, frozen=True, gc=False):
    """The switch announced that it shuts down or restarts."""


class LinkLost(Fact, frozen=True, gc=False):
    """Nothing is heard of the switch from now on; *at* is the last moment at which it was heard."""


class ChannelSeen(msgspec.Struct, frozen=True, gc=False):
    """A leg as a snapshot found it."""

    channel: ChannelId
    linked: ChannelId
    name: str
    device: Device
    state: ChannelState
    caller: Party
    connected: Party
    bridge: BridgeId | None
    extension: str
    context: str
    application: str
    application_data: str
    seconds: int  # since it was made
    data: tuple[tuple[str, str], ...] = ()  # its variables that the settings list, as DataAttached states them


class CallerWaiting(msgspec.Struct, frozen=True, gc=False):
    """A caller as a snapshot found it in a queue."""

    channel: ChannelId
    queue: str
    position: int
    waited_seconds: int


class Snapshot(Fact, frozen=True, gc=False):
    """All that lives on the switch at this moment. What is not in it is over.

    *boot* identifies this run of the switch (its start time); another one means that every call known before is
    dead.
    """

    boot: str
    channels: tuple[ChannelSeen, ...]
    waiting: tuple[CallerWaiting, ...]
    members: tuple[MemberSeen, ...]
    unreadable: tuple[str, ...] = ()  # names of legs that live, but whose description a caller garbled: not over
