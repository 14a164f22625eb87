"""The state of every agent's phone, kept from the facts about queue members and from the calls at it."""

from collections.abc import Collection, Mapping

from cti.agents.state import AgentStatus, Membership, status_of
from cti.calls.facts import Device, DeviceReachable, Fact, MemberRemoved, MemberSeen, Snapshot
from cti.calls.model import ConnectionState
from cti.calls.parties import extension_of
from cti.services.clock import milliseconds
from cti.services.views import AgentView

_NO_CONNECTIONS: Collection[ConnectionState] = ()


class AgentBoard:
    """Every phone that a queue, a registration, a call or a screen spoke of.

    A queue may know a phone by a Local channel ("Local/1001@agents" for "PJSIP/1001"): that counts for the phone with
    the same extension.
    """

    def __init__(self) -> None:
        self._places: dict[Device, dict[str, Membership]] = {}  # by the name under which a queue has the phone
        self._locals: dict[str, set[Device]] = {}  # extension -> such names that are Local channels
        self._phones: dict[str, Device] = {}  # extension -> phone
        self._reachable: dict[Device, bool] = {}
        self._connections: dict[Device, Collection[ConnectionState]] = {}
        self._views: dict[Device, AgentView] = {}

    def view(self, device: Device) -> AgentView:
        self._phones.setdefault(extension_of(device), device)
        self._changed(device, 0.0)
        return self._views[device]

    def members_of(self, device: Device) -> list[Device]:
        """Return the names under which queues have *device*."""
        names = [device, *self._locals.get(extension_of(device), ())]
        return [name for name in names if self._places.get(name)]

    def on_fact(self, fact: Fact) -> list[Device]:
        """Take *fact*; return the phones whose state it changed."""
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
            case Snapshot(members=members):
                touched = set(self._places)
                self._places.clear()
                for member in members:
                    self._seen(member)
                touched |= set(self._places)
            case _:
                return []
        at = milliseconds(fact.at)
        phones = {self._phone(name): None for name in touched}
        return [phone for phone in phones if phone is not None and self._changed(phone, at)]

    def on_connections(self, device: Device, connections: Collection[ConnectionState], at: float) -> bool:
        """Take the states of all connections of *device*; return whether that changed what the agent does."""
        if connections:
            self._connections[device] = connections
        else:
            self._connections.pop(device, None)
        if device not in self._views:
            self._phones.setdefault(extension_of(device), device)
        return self._changed(device, at)

    def _seen(self, member: MemberSeen) -> None:
        name = member.member
        place = Membership(member.paused, member.reason if member.paused else "", member.state)
        self._places.setdefault(name, {})[member.queue] = place
        if name.startswith("Local/"):
            self._locals.setdefault(extension_of(name), set()).add(name)
        else:
            self._phones.setdefault(extension_of(name), name)

    def _phone(self, name: Device) -> Device | None:
        return self._phones.get(extension_of(name)) if name.startswith("Local/") else name

    def _memberships(self, device: Device) -> Mapping[str, Membership]:
        places = self._places.get(device, {})
        if self._locals:
            for name in self._locals.get(extension_of(device), ()):
                places = {**self._places.get(name, {}), **places}
        return places

    def _changed(self, device: Device, at: float) -> bool:
        status = status_of(
            self._memberships(device),
            self._connections.get(device, _NO_CONNECTIONS),
            reachable=self._reachable.get(device),
        )
        before = self._views.get(device)
        if before is not None and AgentStatus(before.state, before.reason, before.queues) == status:
            return False
        since = at if before is None or before.state != status.state else before.since
        self._views[device] = AgentView(status.state, since, status.reason, status.queues)
        return True
