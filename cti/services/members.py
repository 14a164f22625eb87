"""The switch's own picture of phones: the queues that they are in, their pauses, and whether they can be reached."""

from collections.abc import Collection

import msgspec

from cti.agents.model import Place
from cti.calls.facts import Device, DeviceReachable, Fact, LinkLost, MemberRemoved, MemberSeen, MemberState, Snapshot
from cti.calls.parties import extension_of

_LOST = frozenset({MemberState.UNAVAILABLE, MemberState.INVALID})


class _Member(msgspec.Struct, frozen=True, gc=False):
    place: Place
    phone: MemberState


class Members:
    """Every phone that a queue or a registration spoke of.

    A queue may know a phone by a Local channel ("Local/1001@agents" for "PJSIP/1001"): that counts for the phone with
    the same extension.
    """

    def __init__(self) -> None:
        self._places: dict[Device, dict[str, _Member]] = {}  # by the name under which a queue has the phone
        self._locals: dict[str, set[Device]] = {}  # extension -> such names that are Local channels
        self._phones: dict[str, Device] = {}  # extension -> phone
        self._reachable: dict[Device, bool] = {}
        self._queues: set[str] = set()

    @property
    def queues(self) -> Collection[str]:
        """The names of all queues that ever had a member."""
        return self._queues

    def know(self, phone: Device) -> None:
        """Note that a person has *phone*."""
        self._phones.setdefault(extension_of(phone), phone)

    def take(self, fact: Fact) -> list[Device]:
        """Take *fact*; return the phones about which it speaks."""
        match fact:
            case MemberSeen():
                self._seen(fact)
                touched: Collection[Device] = (fact.member,)
            case MemberRemoved(member=device, queue=queue):
                self._places.get(device, {}).pop(queue, None)
                touched = (device,)
            case DeviceReachable(device=device, reachable=reachable):
                self._reachable[device] = reachable
                touched = (device,)
            case LinkLost():
                self._reachable.clear()  # what became of a phone meanwhile is not told: the queues' members say it
                return []
            case Snapshot(members=members):
                touched = set(self._places)
                self._places.clear()
                for member in members:
                    self._seen(member)
                touched |= set(self._places)
            case _:
                return []
        phones = {self._phone(name): None for name in touched}
        return [phone for phone in phones if phone is not None]

    def places_of(self, phone: Device) -> dict[str, Place]:
        return {queue: member.place for queue, member in self._members(phone).items()}

    def name_in(self, phone: Device, queue: str) -> Device:
        """Return the name under which *queue* has *phone*, or would have it."""
        names: list[Device] = [phone, *self._locals.get(extension_of(phone), ())]
        for name in names:
            if queue in self._places.get(name, {}):
                return name
        return phone

    def is_reachable(self, phone: Device) -> bool:
        """Whether calls can be sent to *phone*, as far as the switch said."""
        said = self._reachable.get(phone)
        if said is not None:
            return said
        members = self._members(phone)
        return not members or any(member.phone not in _LOST for member in members.values())

    def _seen(self, member: MemberSeen) -> None:
        name = member.member
        place = Place(member.paused, member.reason if member.paused else "")
        self._places.setdefault(name, {})[member.queue] = _Member(place, member.state)
        self._queues.add(member.queue)
        if _is_local(name):
            self._locals.setdefault(extension_of(name), set()).add(name)
        else:
            self._phones.setdefault(extension_of(name), name)

    def _phone(self, name: Device) -> Device | None:
        return self._phones.get(extension_of(name)) if _is_local(name) else name

    def _members(self, phone: Device) -> dict[str, _Member]:
        found = self._places.get(phone, {})
        if self._locals:
            for name in self._locals.get(extension_of(phone), ()):
                found = {**self._places.get(name, {}), **found}
        return found


def _is_local(name: Device) -> bool:
    return name.startswith("Local/")
