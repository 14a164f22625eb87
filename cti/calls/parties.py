"""What a device is to the centre, phone or trunk or supervisor: told, learnt from queues, or read off its name."""

import re
from collections.abc import Iterable

from cti.calls.facts import ChannelId, Device, Party
from cti.calls.model import Role

OUR_CONTEXTS = "cti-"  # rooms to wait and to confer in, see config/asterisk/extensions.conf
SPY_PREFIX = "cti-spy-"  # every leg that we originate for a supervisor bears a ChannelId that begins so

_EXTENSION = re.compile(r"[0-9]{2,6}")
_OWN_ID = re.compile(r"(?:^|-)[0-9]{10,}\.[0-9]+$")  # as the switch makes them: the second, a counter
_OUTSIDE = re.compile(r"\+?[0-9]{7,40}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,40}")
_INSIDE = re.compile(r"(from-)?(internal|agents?|phones?|users?)\b")


def extension_of(device: Device | str) -> str:
    """Return what people call a device: "1001" for "PJSIP/1001" and for "Local/1001@agents"."""
    _, _, endpoint = device.rpartition("/") if not device.startswith("Local/") else device.partition("/")
    return endpoint.partition("@")[0]


def number_dialled(dialled: str) -> str:
    """Return the number in a dial string, "" when it names a device only.

    "13900139000@trunk", "PJSIP/13900139000@trunk", "SIP/trunk/139...", "DAHDI/g0/139..." and
    "PJSIP/trunk/sip:139...@host" all give the number.
    """
    target = dialled.partition(",")[0]
    technology, slash, rest = target.partition("/")
    if slash and technology.isalnum() and not technology[0].isdigit():
        target = rest
    _, slash, last = target.rpartition("/")
    if not slash and "@" not in target:
        return ""
    number = last.removeprefix("sip:").partition("@")[0].partition(";")[0]
    return number if re.fullmatch(r"\+?[0-9*#]{2,40}", number) else ""


def is_given(channel: ChannelId) -> bool:
    """Return whether the id of *channel* came with an originate: not a leg that called in."""
    return _OWN_ID.search(channel) is None


def number_of(text: str) -> str:
    """Return *text* if it is a telephone number, "" if the network sent something else ("anonymous", a name)."""
    return text if _NUMBER.fullmatch(text) else ""


def outside_number(extension: str, context: str) -> str:
    """Return *extension* if it is too long for one of our own, so that who is sent there calls a customer."""
    return extension if _OUTSIDE.fullmatch(extension) and not context.startswith(OUR_CONTEXTS) else ""


class Parties:
    """What each device is to the centre. Told lists win, then what queues taught, then the looks of names."""

    def __init__(
        self, *, agents: Iterable[str] = (), supervisors: Iterable[str] = (), trunks: Iterable[str] = ()
    ) -> None:
        self._told: dict[str, Role] = {}
        for role, devices in ((Role.AGENT, agents), (Role.TRUNK, trunks), (Role.SUPERVISOR, supervisors)):
            self._told.update(dict.fromkeys(devices, role))
        self._members: set[str] = set()

    def learn_member(self, device: Device) -> None:
        """A queue rings *device*: it belongs to an agent."""
        self._members.add(device)

    def role_of(self, device: Device, channel: ChannelId, *, context: str, caller: Party, dialled: bool) -> Role:
        """Return the role of the leg *channel* of *device*; *dialled* when the switch made the leg."""
        if device.startswith("Local/"):
            return Role.LOCAL
        if channel.startswith(SPY_PREFIX):
            return Role.SUPERVISOR
        told = self._told.get(device)
        if told is not None:
            return told
        if device in self._members or _EXTENSION.fullmatch(extension_of(device)) or _INSIDE.match(context):
            return Role.AGENT
        # A phone's own leg bears the phone's number when it is made; a trunk's bears none yet.
        if dialled and _EXTENSION.fullmatch(caller.number):
            return Role.AGENT
        return Role.TRUNK
