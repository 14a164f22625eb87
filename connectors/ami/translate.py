"""What an AMI event states, in the words of cti.calls.facts: pure functions, one for each kind of event.

They take headers that frames.headers_of made of a frame that trust.py let pass. A header that must be there and is not
raises KeyError, one that cannot be read ValueError: the caller counts it, and asks the switch how things stand.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from connectors.ami.frames import plain, shown
from cti.calls import facts as f
from cti.calls.facts import BridgeId, ChannelId, ChannelState, Device, DialStatus, Fact, MemberState, Party

Headers = Mapping[str, str]

UNSET: Final = ("0", "unset")  # what our trunk has until the dialplan read the header: config/asterisk/pjsip.conf
UNKNOWN: Final = "<unknown>"  # what Asterisk prints for a number or name that it does not have

_STATES: Final = {
    "0": ChannelState.DOWN,
    "1": ChannelState.DOWN,  # reserved
    "2": ChannelState.DOWN,  # off hook
    "3": ChannelState.DOWN,  # dialling
    "4": ChannelState.RING,
    "5": ChannelState.RINGING,
    "6": ChannelState.UP,
    "7": ChannelState.BUSY,
    "8": ChannelState.DOWN,  # dialling, off hook
    "9": ChannelState.RING,  # before the first ring of an analogue line
}
_DIAL_ENDS: Final = {
    "ANSWER": DialStatus.ANSWER,
    "BUSY": DialStatus.BUSY,
    "NOANSWER": DialStatus.NO_ANSWER,
    "CANCEL": DialStatus.CANCEL,
    "CONGESTION": DialStatus.CONGESTION,
    "CHANUNAVAIL": DialStatus.UNAVAILABLE,
}
_REACHED: Final = ("RINGING", "PROGRESS")  # a trunk may send sound, or "call failed" as speech, and never ring
_MEMBER_STATES: Final = {str(state.value): state for state in MemberState}
_REACHABLE: Final = {"Reachable": True, "Registered": True, "Unreachable": False, "Unregistered": False}

_COUNTER: Final = re.compile(r"-[0-9a-fA-F]+$")
_MARKS: Final = re.compile(r"<(?:ZOMBIE|MASQ)>|;[12]$")
_WRAPPERS: Final = ("AsyncGoto/", "Surrogate/")


# --- values -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def device_of(name: str) -> Device:
    """Return technology and endpoint of the channel *name*: "PJSIP/1001-00000023" is of "PJSIP/1001"."""
    name = _MARKS.sub("", name)
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    technology, slash, rest = name.partition("/")
    if technology == "DAHDI":  # DAHDI/i1/13800138000-1: a span and a number; DAHDI/4-1: a line
        span, number, _ = rest.partition("/")
        if number:
            return Device(f"DAHDI/{plain(span)}")
    return Device(plain(f"{technology}{slash}{_COUNTER.sub('', rest)}"))


def dialled_of(name: str) -> tuple[Device, str]:
    """Return device and number of a channel that was asked for: "PJSIP/139@trunk" is "PJSIP/trunk" and "139"."""
    technology, _, rest = name.partition("/")
    if technology != "Local":
        endpoint, slash, number = rest.partition("/")  # SIP/trunk/139, DAHDI/g1/139, PJSIP/trunk/sip:139@host
        if not slash:
            number, slash, endpoint = rest.partition("@")
        if slash:
            return Device(plain(f"{technology}/{endpoint}")), plain(number)
    return device_of(name), ""


def party(number: str, name: str) -> Party:
    no_number = number in (UNKNOWN, UNSET[0])
    no_name = name == UNKNOWN or (no_number and name == UNSET[1])
    return Party("" if no_number else plain(number), "" if no_name else shown(name))


def _caller(ami: Headers) -> Party:
    return party(ami["CallerIDNum"], ami["CallerIDName"])


def channel_id(value: str) -> ChannelId:
    """Return *value* as the id of a channel; raise ValueError where there is none."""
    if not value or value == UNKNOWN:
        raise ValueError("no channel")
    return ChannelId(plain(value))


def _maybe(ami: Headers, name: str) -> ChannelId | None:
    value = ami.get(name, "")
    return None if not value or value == UNKNOWN else ChannelId(plain(value))


def state_of(value: str) -> ChannelState:
    try:
        return _STATES[value]
    except KeyError:
        raise ValueError("unknown channel state") from None


def _code(ami: Headers, name: str) -> int:
    """Return the number under *name*, 0 where there is none."""
    value = ami.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 6 else 0


def member_state(value: str) -> MemberState:
    return _MEMBER_STATES.get(value, MemberState.UNKNOWN)


# --- channels ---------------------------------------------------------------------------------------------------


def _created(ami: Headers, at: datetime) -> Fact:
    name = ami["Channel"]
    return f.ChannelCreated(
        at,
        channel_id(ami["Uniqueid"]),
        channel_id(ami["Linkedid"]),
        plain(name),
        device_of(name),
        state_of(ami["ChannelState"]),
        _caller(ami),
        plain(ami.get("Exten", "")),
        plain(ami.get("Context", "")),
    )


def _state_changed(ami: Headers, at: datetime) -> Fact:
    return f.ChannelStateChanged(at, channel_id(ami["Uniqueid"]), state_of(ami["ChannelState"]))


def _caller_identified(ami: Headers, at: datetime) -> Fact:
    return f.CallerIdentified(at, channel_id(ami["Uniqueid"]), _caller(ami))


def _renamed(ami: Headers, at: datetime) -> Fact:
    name = ami["Newname"]
    return f.ChannelRenamed(at, channel_id(ami["Uniqueid"]), plain(name), device_of(name))


def _hangup_requested(ami: Headers, at: datetime) -> Fact:
    return f.HangupRequested(at, channel_id(ami["Uniqueid"]), _code(ami, "Cause"), _code(ami, "TechCause"))


def _gone(ami: Headers, at: datetime) -> Fact:
    return f.ChannelGone(at, channel_id(ami["Uniqueid"]), _code(ami, "Cause"), _code(ami, "TechCause"))


# --- dialling ---------------------------------------------------------------------------------------------------


def _dial_began(ami: Headers, at: datetime) -> Fact:
    callee = channel_id(ami["DestUniqueid"])
    return f.DialBegan(at, callee, _maybe(ami, "Uniqueid"), plain(ami.get("DialString", "")))


def _dial_state(ami: Headers, at: datetime) -> Fact | None:
    return f.DialRinging(at, channel_id(ami["DestUniqueid"])) if ami["DialStatus"] in _REACHED else None


def _dial_ended(ami: Headers, at: datetime) -> Fact:
    return f.DialEnded(at, channel_id(ami["DestUniqueid"]), _DIAL_ENDS.get(ami["DialStatus"], DialStatus.OTHER))


def _originate_ended(ami: Headers, at: datetime) -> Fact:
    channel, name = _maybe(ami, "Uniqueid"), ami["Channel"]
    success = ami["Response"] == "Success"
    device, number = (device_of(name), "") if success else dialled_of(name)
    if not number and ami.get("Application") == "Dial":
        number = dialled_of(ami.get("Data", "").partition(",")[0])[1]
    request, timed_out = plain(ami.get("ActionID", "")), ami["Reason"] == "3"
    extension, context = plain(ami.get("Exten", "")), plain(ami.get("Context", ""))
    return f.OriginateEnded(at, request, channel, device, number, extension, success, timed_out, context)


# --- bridges ----------------------------------------------------------------------------------------------------


def _bridge_entered(ami: Headers, at: datetime) -> Fact:
    channel, bridge = channel_id(ami["Uniqueid"]), BridgeId(ami["BridgeUniqueid"])
    return f.BridgeEntered(at, channel, bridge, channel_id(ami["Linkedid"]))


def _bridge_left(ami: Headers, at: datetime) -> Fact:
    return f.BridgeLeft(at, channel_id(ami["Uniqueid"]), BridgeId(ami["BridgeUniqueid"]))


def _local_bridge(ami: Headers, at: datetime) -> Fact:
    return f.LocalHalvesJoined(at, channel_id(ami["LocalOneUniqueid"]), channel_id(ami["LocalTwoUniqueid"]))


def _held(ami: Headers, at: datetime) -> Fact:
    return f.Held(at, channel_id(ami["Uniqueid"]))


def _unheld(ami: Headers, at: datetime) -> Fact:
    return f.Unheld(at, channel_id(ami["Uniqueid"]))


# --- queues -----------------------------------------------------------------------------------------------------


def _queue_joined(ami: Headers, at: datetime) -> Fact:
    return f.QueueJoined(at, channel_id(ami["Uniqueid"]), plain(ami["Queue"]), int(ami["Position"]), _caller(ami))


def _queue_left(ami: Headers, at: datetime) -> Fact:
    return f.QueueLeft(at, channel_id(ami["Uniqueid"]), plain(ami["Queue"]))


def _queue_abandoned(ami: Headers, at: datetime) -> Fact:
    return f.QueueAbandoned(at, channel_id(ami["Uniqueid"]), plain(ami["Queue"]))


def _agent_rung(ami: Headers, at: datetime) -> Fact:
    return f.AgentRung(
        at,
        channel_id(ami["Uniqueid"]),
        channel_id(ami["DestUniqueid"]),
        plain(ami["Queue"]),
        Device(plain(ami["Interface"])),
    )


def _agent_not_answering(ami: Headers, at: datetime) -> Fact:
    callee, member = _maybe(ami, "DestUniqueid"), Device(plain(ami["Interface"]))
    return f.AgentNotAnswering(at, callee, plain(ami["Queue"]), member, int(ami["RingTime"]) / 1000)


def _agent_connected(ami: Headers, at: datetime) -> Fact:
    return f.AgentConnected(at, channel_id(ami["Uniqueid"]), channel_id(ami["DestUniqueid"]), plain(ami["Queue"]))


def _member(ami: Headers, at: datetime) -> Fact:
    return f.MemberSeen(
        at,
        plain(ami["Queue"]),
        Device(plain(ami["Interface"])),
        plain(ami["MemberName"]),
        member_state(ami["Status"]),
        ami["Paused"] == "1",
        plain(ami.get("PausedReason", "")),
    )


def _member_removed(ami: Headers, at: datetime) -> Fact:
    return f.MemberRemoved(at, plain(ami["Queue"]), Device(plain(ami["Interface"])))


def _peer_status(ami: Headers, at: datetime) -> Fact | None:
    reachable = _REACHABLE.get(ami["PeerStatus"])
    return None if reachable is None else f.DeviceReachable(at, Device(plain(ami["Peer"])), reachable)


# --- transfers, conferences, supervisors ------------------------------------------------------------------------


def _blind_transferred(ami: Headers, at: datetime) -> Fact:
    transferee = _maybe(ami, "TransfereeUniqueid")  # in a conference none is named
    return f.BlindTransferred(
        at, channel_id(ami["TransfererUniqueid"]), transferee, plain(ami["Extension"]), ami["Result"] == "Success"
    )


def _attended_transferred(ami: Headers, at: datetime) -> Fact | None:
    if ami.get("DestType") == "Threeway":  # nobody left: a conference, as the bridges tell
        return None
    return f.AttendedTransferred(
        at,
        channel_id(ami["OrigTransfererUniqueid"]),
        channel_id(ami["SecondTransfererUniqueid"]),
        _maybe(ami, "TransfereeUniqueid"),
        _maybe(ami, "TransferTargetUniqueid"),
        ami["Result"] == "Success",
    )


def _picked_up(ami: Headers, at: datetime) -> Fact:
    return f.PickedUp(at, channel_id(ami["Uniqueid"]), channel_id(ami["TargetUniqueid"]))


def _conference_joined(ami: Headers, at: datetime) -> Fact:
    return f.ConferenceJoined(at, channel_id(ami["Uniqueid"]), plain(ami["Conference"]))


def _conference_left(ami: Headers, at: datetime) -> Fact:
    return f.ConferenceLeft(at, channel_id(ami["Uniqueid"]), plain(ami["Conference"]))


def _spy_started(ami: Headers, at: datetime) -> Fact:
    return f.SpyStarted(at, channel_id(ami["SpyerUniqueid"]), channel_id(ami["SpyeeUniqueid"]))


def _spy_stopped(ami: Headers, at: datetime) -> Fact:
    return f.SpyStopped(at, channel_id(ami["SpyerUniqueid"]))


def _stopping(ami: Headers, at: datetime) -> Fact:
    return f.SwitchStopping(at)


class Translation(msgspec.Struct, frozen=True):
    """How an event is translated, and which channels it describes: "" and "Dest" for Channel and DestChannel."""

    fact: Callable[[Headers, datetime], Fact | None]
    describes: tuple[str, ...]


TRANSLATIONS: Final[dict[str, Translation]] = {
    "Newchannel": Translation(_created, ("",)),
    "Newstate": Translation(_state_changed, ("",)),
    "NewCallerid": Translation(_caller_identified, ("",)),
    "Rename": Translation(_renamed, ()),
    "HangupRequest": Translation(_hangup_requested, ("",)),
    "Hangup": Translation(_gone, ("",)),
    "DialBegin": Translation(_dial_began, ("", "Dest")),
    "DialState": Translation(_dial_state, ("", "Dest")),
    "DialEnd": Translation(_dial_ended, ("", "Dest")),
    "OriginateResponse": Translation(_originate_ended, ()),
    "BridgeEnter": Translation(_bridge_entered, ("",)),
    "BridgeLeave": Translation(_bridge_left, ("",)),
    "LocalBridge": Translation(_local_bridge, ("LocalOne", "LocalTwo")),
    "Hold": Translation(_held, ("",)),
    "Unhold": Translation(_unheld, ("",)),
    "QueueCallerJoin": Translation(_queue_joined, ("",)),
    "QueueCallerLeave": Translation(_queue_left, ("",)),
    "QueueCallerAbandon": Translation(_queue_abandoned, ("",)),
    "AgentCalled": Translation(_agent_rung, ("", "Dest")),
    "AgentRingNoAnswer": Translation(_agent_not_answering, ("", "Dest")),
    "AgentConnect": Translation(_agent_connected, ("", "Dest")),
    "QueueMemberAdded": Translation(_member, ()),
    "QueueMemberStatus": Translation(_member, ()),
    "QueueMemberPause": Translation(_member, ()),
    "QueueMemberPenalty": Translation(_member, ()),
    "QueueMemberRinginuse": Translation(_member, ()),
    "QueueMemberRemoved": Translation(_member_removed, ()),
    "PeerStatus": Translation(_peer_status, ()),
    "BlindTransfer": Translation(_blind_transferred, ("Transferer", "Transferee")),
    "AttendedTransfer": Translation(
        _attended_transferred, ("OrigTransferer", "SecondTransferer", "Transferee", "TransferTarget")
    ),
    "Pickup": Translation(_picked_up, ("", "Target")),
    "ConfbridgeJoin": Translation(_conference_joined, ("",)),
    "ConfbridgeLeave": Translation(_conference_left, ("",)),
    "ChanSpyStart": Translation(_spy_started, ("Spyer", "Spyee")),
    "ChanSpyStop": Translation(_spy_stopped, ("Spyer", "Spyee")),
    "Shutdown": Translation(_stopping, ()),
}


def to_fact(ami: Headers, *, at: datetime) -> Fact | None:
    """Return the fact that *ami* states about channels, bridges or queues, or None when it states none."""
    translation = TRANSLATIONS.get(ami["Event"])
    return None if translation is None else translation.fact(ami, at)
