"""Requests about calls as AMI actions: every part is held to a pattern, contexts are those of our extensions.conf."""

import re

from connectors.ami.outgoing import Fields
from cti.calls.facts import ChannelId, Device
from cti.ports import SwitchRefused

_FROM_PHONES = "from-phones"
_PARK = "cti-park"
_RETURN = "cti-return"

_CHANNEL = re.compile(r"[A-Za-z0-9._-]{1,150}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_KEY = re.compile(r"[0-9*#]")
_DEVICE = re.compile(r"[A-Za-z0-9]{2,10}/[A-Za-z0-9._-]{1,64}")
_PHONE = re.compile(r"PJSIP/([0-9]{2,8})")
_LONGEST_PARKING = 999
_RING_MS = 30_000

Request = tuple[str, Fields]


def park(channel: ChannelId, seconds: int) -> Request:
    if not 1 <= seconds <= _LONGEST_PARKING:
        raise SwitchRefused("Redirect: that is too short or too long to be parked")
    return _redirect(channel, _PARK, f"{seconds:03d}")


def give_back(channel: ChannelId, device: Device) -> Request:
    phone = _PHONE.fullmatch(device)
    if phone is None:
        raise SwitchRefused("Redirect: this is no phone with a number")
    return _redirect(channel, _RETURN, phone[1])


def redirect(channel: ChannelId, number: str) -> Request:
    return _redirect(channel, _FROM_PHONES, _number("Redirect", number))


def hang_up(channel: ChannelId) -> Request:
    return "Hangup", [("Channel", _channel("Hangup", channel)), ("Cause", "16")]


def transfer(channel: ChannelId, number: str) -> Request:
    """`BlindTransfer`, not `Redirect`: the switch tells it as a transfer, and the queue of the call's end too."""
    return "BlindTransfer", [
        ("Channel", _channel("BlindTransfer", channel)),
        ("Exten", _number("BlindTransfer", number)),
        ("Context", _FROM_PHONES),
    ]


def press(channel: ChannelId, key: str) -> Request:
    if not _KEY.fullmatch(key):
        raise SwitchRefused("PlayDTMF: this is no key")
    return "PlayDTMF", [("Channel", _channel("PlayDTMF", channel)), ("Digit", key)]


def originate(device: Device, number: str, channel: ChannelId) -> Request:
    if not _DEVICE.fullmatch(device):
        raise SwitchRefused("Originate: this is no device")
    own = _channel("Originate", channel)
    fields = [
        ("Channel", str(device)),
        ("Context", _FROM_PHONES),
        ("Exten", _number("Originate", number)),
        ("Priority", "1"),
        ("ChannelId", own),
        ("Timeout", str(_RING_MS)),
        ("Async", "true"),
        ("Variable", f"PJSIP_HEADER(add,X-CTI-Call)={own}"),
        ("Variable", "PJSIP_HEADER(add,X-CTI-Auto-Answer)=0"),
        ("Variable", "PJSIP_HEADER(add,Alert-Info)=<http://cti>;info=alert-autoanswer;delay=0"),
    ]
    return "Originate", fields


def _redirect(channel: ChannelId, context: str, extension: str) -> Request:
    return "Redirect", [
        ("Channel", _channel("Redirect", channel)),
        ("Context", context),
        ("Exten", extension),
        ("Priority", "1"),
    ]


def _channel(action: str, channel: ChannelId) -> str:
    """Return *channel*, an id. A pattern (`/.../`), which Hangup would take, is none."""
    if not _CHANNEL.fullmatch(channel):
        raise SwitchRefused(f"{action}: this is no channel")
    return channel


def _number(action: str, number: str) -> str:
    if not _NUMBER.fullmatch(number):
        raise SwitchRefused(f"{action}: this is no number")
    return number
