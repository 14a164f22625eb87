"""All that is kept about one call while it lives: its legs, its course, and the evidence of how it ends."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

import msgspec

from cti.calls.board import Board, Leg
from cti.calls.events import ConnectionEvent
from cti.calls.facts import ChannelId, ChannelState, Device
from cti.calls.ledger import Ledger, Situation
from cti.calls.model import Call, ConnectionSpan, ConnectionState, Role, Transfer
from cti.calls.parties import number_dialled, number_of, outside_number


class Dossier:
    """A live call with everything that its record will need."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.legs: dict[ChannelId, Leg] = {}  # living ones, in the order of joining
        self.known: dict[ChannelId, None] = {ChannelId(call.id): None}  # every leg that ever was part of it
        self.ledger = Ledger(call.started_at)
        self.customer: Leg | None = None
        self.transfers: list[Transfer] = []
        self.transferred_legs: set[ChannelId] = set()
        self.ended_by: Literal["customer", "agent"] | None = None
        self.hung_up: Leg | None = None  # whose hang-up *ended_by* speaks of
        self.hung_up_at: datetime | None = None
        self.customer_ended_at: datetime | None = None
        self.last_callee: Leg | None = None  # the latest leg that we tried to reach and that did not answer
        self.last_gone: Leg | None = None  # the party that left last
        self.conferenced = False
        self.beginning_seen = False  # whether the leg that began it ever was here
        self.is_record = True  # False for what is no call of its own: a supervisor's leg
        self.certain = True
        self.lost_before: datetime | None = None  # when the customer was first seen gone, if his end was not seen
        self.touched_at = call.started_at  # when a fact last spoke of it
        self.spans: dict[ChannelId, ConnectionSpan] = {}  # who took part; an end is written down as it comes
        self.number_hint = ""  # the number, where another source than the customer's leg named it

    @property
    def is_finished(self) -> bool:
        """Whether the customer has left; colleagues may talk on."""
        return self.customer is not None and not self.customer.alive and not self.customer.never_answered

    @property
    def leaves_record(self) -> bool:
        """Whether this is a call of its own, as far as is known: no consultation, no listening supervisor's leg."""
        return self.is_record and self.call.consults is None and not self.is_aimless and not self.is_fragment

    @property
    def is_fragment(self) -> bool:
        """Whether nothing was ever seen of who began it, nor of a customer: no record is better than a guess."""
        return not self.beginning_seen and self.customer is None

    @property
    def is_aimless(self) -> bool:
        """Whether we rang a phone of our own and nobody was to be joined with it, as far as is known: no call."""
        call = self.call
        return call.direction == "outbound" and self.customer is None and not (call.customer.number or self.number())

    # --- who is in it ---------------------------------------------------------------------------------------------

    @property
    def principal(self) -> Leg | None:
        """The customer, or who began an internal call: the one whose waiting and talking is measured."""
        if self.customer is not None:
            return self.customer
        return next((leg for leg in self.legs.values() if leg.is_party and not leg.dialling), None) or next(
            (leg for leg in self.legs.values() if leg.is_party), None
        )

    def staff(self) -> Iterator[Leg]:
        """Yield the living legs of everybody but the principal."""
        principal = self.principal
        return (leg for leg in self.legs.values() if leg.is_party and leg is not principal)

    def join(self, leg: Leg) -> None:
        leg.call = self
        self.legs[leg.id] = leg
        self.known[leg.id] = None
        self.beginning_seen = self.beginning_seen or leg.id == ChannelId(self.call.id)
        if leg.role is Role.TRUNK and self.customer is None and self.call.consults is None:
            self.customer = leg

    def choose_customer(self) -> None:
        """Of several numbers that we ring, at once or in turn, the customer is who answers, else the latest."""
        customer = self.customer
        if customer is None or not customer.never_answered:
            return
        rung = [leg for leg in self.legs.values() if leg.role is Role.TRUNK and leg.alive]
        chosen = next((leg for leg in rung if leg.answered), None)
        if chosen is None and rung and not customer.alive:
            chosen = rung[-1]
        if chosen is not None:
            self.customer, self.customer_ended_at = chosen, None

    def part(self, leg: Leg) -> None:
        self.legs.pop(leg.id, None)

    def absorb(self, other: "Dossier") -> None:
        """Take over the legs of *other*, which was joined to this call."""
        for leg in list(other.legs.values()):
            self.join(leg)
        self.known.update(other.known)
        self.beginning_seen = self.beginning_seen or other.beginning_seen
        self.spans.update(other.spans)
        other.legs.clear()
        if self.customer is None:
            self.customer = other.customer
        connections = {**other.call.connections, **self.call.connections}
        queues = self.call.queues + tuple(q for q in other.call.queues if q not in self.call.queues)
        self.call = msgspec.structs.replace(self.call, connections=connections, queues=queues)
        known = {name for name, _ in self.call.data}
        for name, value in other.call.data:
            if name not in known:
                self.call = self.call.with_data(name, value)

    # --- what is going on -----------------------------------------------------------------------------------------

    def situation(self, board: Board, *, consulting: bool) -> Situation:
        """Return what the call is to its principal now; *consulting* while an agent asks a colleague about it."""
        principal = self.principal
        if principal is None or not principal.alive or principal.requested:
            return Situation.OTHER
        heard = [leg for leg in board.heard_by(principal) if leg.is_party and leg.state is ChannelState.UP]
        if any(not leg.held for leg in heard):
            return Situation.TALK
        if heard:
            return Situation.HOLD
        others = [
            leg for leg in self.staff() if leg.alive and not leg.requested and leg.id not in self.transferred_legs
        ]
        if self.call.answered_at is not None and (
            consulting or any(leg.bridge or leg.held for leg in others if leg.state is ChannelState.UP)
        ):
            return Situation.HOLD
        if principal.role is Role.TRUNK and principal.made_by_switch and principal.state is not ChannelState.UP:
            return Situation.OTHER  # our own dialling: the customer does not wait yet
        if principal.queue or any(self.call.state_of(leg.id) is ConnectionState.ALERTING for leg in others):
            return Situation.WAIT
        if self.call.answered_at is not None and principal.bridge is not None:
            return Situation.HOLD  # parked, or alone in a conference
        return Situation.OTHER

    def note_span(self, event: ConnectionEvent) -> None:
        """Keep how long the device of *event* takes part."""
        state = self.call.state_of(event.channel)
        span = self.spans.get(event.channel)
        if span is None:
            who = (event.channel, event.device, event.role)
            span = ConnectionSpan(*who, began_at=event.at, answered_at=None, ended_at=event.at)
        answered_at = span.answered_at or (event.at if state is ConnectionState.CONNECTED else None)
        connection = self.call.connections.get(event.channel)
        queue = (connection.queue if connection else "") or span.queue
        self.spans[event.channel] = msgspec.structs.replace(
            span, role=event.role, answered_at=answered_at, ended_at=event.at, queue=queue
        )

    def note_hangup(self, leg: Leg, at: datetime) -> None:
        """Remember who hung up or rejected first; what happens later may show that the call went on."""
        if not leg.is_party or (self.hung_up is not None and (self.hung_up.alive or leg is not self.customer)):
            return  # who comes second was hung up, unless the first is long gone
        self.ended_by = "customer" if leg is self.customer else "agent"
        self.hung_up, self.hung_up_at = leg, at

    def note_going_on(self, situation: Situation) -> None:
        """A hang-up after which the customer waits or talks again did not end the call."""
        if self.ended_by == "agent" and situation in (Situation.WAIT, Situation.TALK):
            self.ended_by = self.hung_up = self.hung_up_at = None

    def note_talk(self, board: Board, at: datetime) -> None:
        """Keep who talks with the principal, and since when."""
        principal = self.principal
        if principal is None:
            return
        talking = [leg for leg in board.heard_by(principal) if leg.is_party and not leg.held]
        if self.customer is None and principal.role is Role.AGENT:
            talking.insert(0, principal)  # an internal call: both ends are agents
        for leg in talking:
            if leg.role is Role.AGENT and leg.device not in self.call.agents:
                self.call = msgspec.structs.replace(self.call, agents=(*self.call.agents, leg.device))
            elif leg.role is Role.SUPERVISOR:
                self.add_supervisor(leg.device)
        if self.call.answered_at is None:
            self.call = msgspec.structs.replace(self.call, answered_at=at)

    def add_supervisor(self, device: Device) -> None:
        if device not in self.call.supervisors:
            self.call = msgspec.structs.replace(self.call, supervisors=(*self.call.supervisors, device))

    def enter_queue(self, queue: str) -> None:
        if queue and (not self.call.queues or self.call.queues[-1] != queue):
            self.call = msgspec.structs.replace(self.call, queues=(*self.call.queues, queue))

    def number(self) -> str:
        """Return the customer's number: what the network sent, or what we dialled."""
        leg = self.customer
        if leg is None:
            return self.number_hint or self._number_refused()
        if leg.made_by_switch:
            return number_dialled(leg.dialled) or self.number_hint
        return number_of(leg.caller.number)

    def _number_refused(self) -> str:
        """Return the number that one of our phones dialled when the switch found no way to it, else ""."""
        leg = self.last_gone
        in_vain = leg is not None and not leg.answered and not leg.made_by_switch and self.last_callee is None
        return outside_number(leg.extension, leg.context) if leg is not None and in_vain and leg.is_party else ""
