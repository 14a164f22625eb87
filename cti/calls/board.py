"""The switch's own picture: legs, bridges and the halves of Local channels. It knows who can hear whom."""

from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from cti.calls.facts import BridgeId, ChannelId, ChannelState, Device, DialStatus, Party
from cti.calls.model import Role

if TYPE_CHECKING:
    from cti.calls.dossier import Dossier

REMEMBERED = 20_000  # ids of ended legs, so that a late or repeated fact does not bring one back to life


class Leg:
    """One channel of the switch, as far as the facts told."""

    __slots__ = (
        "answered",
        "bridge",
        "call",
        "caller",
        "caller_leg",
        "context",
        "created_at",
        "device",
        "dial_status",
        "dialled",
        "dialling",
        "ended",
        "extension",
        "held",
        "id",
        "linked",
        "lost",
        "made_by_switch",
        "missed",
        "name",
        "other_half",
        "queue",
        "rang",
        "requested",
        "role",
        "rung_by",
        "spied",
        "state",
        "timed_out",
    )

    def __init__(
        self, leg: ChannelId, *, linked: ChannelId, name: str, device: Device, role: Role, state: ChannelState,
        caller: Party, extension: str, context: str, created_at: datetime, made_by_switch: bool,
    ) -> None:  # fmt: skip
        self.id = leg
        self.linked = linked
        self.name = name
        self.device = device
        self.role = role
        self.state = state
        self.caller = caller
        self.extension = extension
        self.context = context
        self.created_at = created_at
        self.made_by_switch = made_by_switch  # rather than by a far end that called in
        self.call: Dossier | None = None
        self.bridge: BridgeId | None = None
        self.other_half: ChannelId | None = None
        self.caller_leg: ChannelId | None = None  # who had this leg dialled
        self.dialling = False  # a dial to it began
        self.dialled = ""  # the dial string
        self.dial_status: DialStatus | None = None  # the first one: a second "cancel" follows many
        self.rang = False
        self.answered = False
        self.timed_out = False
        self.queue = ""  # in which it waits
        self.rung_by = ""  # the queue that rings it
        self.held = False  # its device pressed hold
        self.requested: tuple[int, int] | None = None  # (cause, SIP code): its far end hung up or rejected
        self.ended: tuple[int, int] | None = None  # (cause, SIP code), once it is gone
        self.lost = False  # nobody saw it go
        self.spied: ChannelId | None = None  # a supervisor's leg: whom it hears
        self.missed = 0  # snapshots in a row that did not show it

    @property
    def is_seed(self) -> bool:
        """Whether a call began with this leg."""
        return self.linked == self.id

    @property
    def is_party(self) -> bool:
        """Whether a person is at its end who takes part (a listening supervisor does not)."""
        return self.role is not Role.LOCAL and self.spied is None

    @property
    def never_answered(self) -> bool:
        """Whether somebody tried to reach this leg, in vain so far."""
        return self.role is not Role.LOCAL and self.made_by_switch and not self.answered

    @property
    def alive(self) -> bool:
        return self.ended is None


class Board:
    """All legs that live on one switch."""

    def __init__(self) -> None:
        self.legs: dict[ChannelId, Leg] = {}
        self.bridges: dict[BridgeId, dict[ChannelId, None]] = {}  # in the order of entering
        self._by_name: dict[str, ChannelId] = {}
        self._gone: OrderedDict[ChannelId, None] = OrderedDict()

    def add(self, leg: Leg) -> None:
        self.legs[leg.id] = leg
        self.rename(leg, leg.name)

    def rename(self, leg: Leg, name: str) -> None:
        self._by_name.pop(leg.name, None)
        leg.name = name
        self._by_name[name] = leg.id
        half = name[-2:]
        if half in (";1", ";2"):
            other = self._by_name.get(name[:-1] + ("2" if half == ";1" else "1"))
            if other is not None:
                self.pair(leg.id, other)

    def pair(self, one: ChannelId, two: ChannelId) -> None:
        """Record that *one* and *two* are the halves of a Local channel."""
        for half, other in ((one, two), (two, one)):
            if half in self.legs:
                self.legs[half].other_half = other

    def remove(self, leg: Leg) -> None:
        self.leave_bridge(leg)
        self.legs.pop(leg.id, None)
        if self._by_name.get(leg.name) == leg.id:
            del self._by_name[leg.name]
        self.remember(leg.id)

    def remember(self, channel: ChannelId) -> None:
        """Keep in mind that *channel* is over."""
        self._gone[channel] = None
        if len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)

    def is_gone(self, channel: ChannelId) -> bool:
        """Whether *channel* once lived here and ended; the switch never uses an id again."""
        return channel in self._gone

    def clear(self) -> None:
        """Forget every living leg: the switch is another one now."""
        for leg in list(self.legs.values()):
            self.remove(leg)

    def enter_bridge(self, leg: Leg, bridge: BridgeId) -> None:
        self.leave_bridge(leg)
        leg.bridge = bridge
        self.bridges.setdefault(bridge, {})[leg.id] = None

    def leave_bridge(self, leg: Leg) -> None:
        if leg.bridge is None:
            return
        members = self.bridges.get(leg.bridge)
        if members is not None:
            members.pop(leg.id, None)
            if not members:
                del self.bridges[leg.bridge]
        leg.bridge = None

    def heard_by(self, leg: Leg) -> Iterator[Leg]:
        """Yield every other leg in the same conversation, through Local halves too."""
        seen, waiting = {leg.id}, [leg]
        while waiting:
            here = waiting.pop()
            around: list[ChannelId] = list(self.bridges.get(here.bridge, ())) if here.bridge else []
            if here.other_half is not None and here is not leg:
                around.append(here.other_half)
            for channel in around:
                other = self.legs.get(channel)
                if other is None or channel in seen:
                    continue
                seen.add(channel)
                waiting.append(other)
                if other.role is not Role.LOCAL:
                    yield other
