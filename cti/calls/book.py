"""The live calls of one switch and the legs in them: opened, joined, merged and closed here and nowhere else."""

import logging
from collections import OrderedDict
from datetime import datetime
from typing import TypeVar

import msgspec

from cti.calls import events as ev
from cti.calls import machine
from cti.calls.board import REMEMBERED, Board, Leg
from cti.calls.dossier import Dossier
from cti.calls.facts import ChannelCreated, ChannelId, ChannelSeen, Party
from cti.calls.model import Call, CallId, Cause, ConnectionState, Role
from cti.calls.parties import Parties
from cti.calls.records import record_of

log = logging.getLogger(__name__)

T = TypeVar("T")


class Book:
    """What every folding of facts works on. Events are told into `out`."""

    def __init__(self, parties: Parties) -> None:
        self.parties = parties
        self.board = Board()
        self.dossiers: dict[CallId, Dossier] = {}
        self.call_of: dict[ChannelId, Dossier] = {}  # every leg that a live call ever had
        self.out: list[ev.CallEvent] = []
        self.suspicious = False  # something does not fit, or a leg seems gone without a word: a snapshot would help
        self._consultations: dict[CallId, set[CallId]] = {}
        self._aimless: OrderedDict[CallId, Dossier] = OrderedDict()  # ended, and no call unless a number comes late
        self._told: OrderedDict[CallId, None] = OrderedDict()  # calls whose record was told, should a leg appear yet

    # --- legs ---------------------------------------------------------------------------------------------------------

    def new_leg(self, seen: ChannelCreated | ChannelSeen, at: datetime, *, made_by_switch: bool, caller: Party) -> Leg:
        role = self.parties.role_of(
            seen.device, seen.channel, context=seen.context, caller=caller, dialled=made_by_switch
        )
        leg = Leg(
            seen.channel,
            linked=seen.linked,
            name=seen.name,
            device=seen.device,
            role=role,
            state=seen.state,
            caller=caller,
            extension=seen.extension,
            context=seen.context,
            created_at=at,
            made_by_switch=made_by_switch,
        )
        self.board.add(leg)
        return leg

    def place(self, leg: Leg, at: datetime) -> Dossier | None:
        """Put a new leg into the call that it belongs to, which may be a new one that began *at*."""
        dossier = self.call_of.get(leg.id) or self.call_of.get(leg.linked)
        if dossier is None:
            if leg.role is Role.SUPERVISOR and leg.is_seed and leg.made_by_switch:
                return None  # about to listen to somebody: no call before it shares a bridge
            dossier = self._open(leg, at)
        self.join(dossier, leg)
        return dossier

    def end_leg(self, leg: Leg, at: datetime, *, cause: int, sip_code: int) -> None:
        """Take *leg* off the board; its call is settled by the caller."""
        leg.ended = (cause, sip_code)
        if leg.spied is not None:
            self.stop_spying(leg, at)
        self.board.remove(leg)
        dossier = leg.call
        if dossier is None:
            return
        if leg.is_party:
            dossier.last_gone = leg
        if leg is dossier.customer:
            dossier.customer_ended_at = dossier.customer_ended_at or at
        elif leg.never_answered:
            dossier.last_callee = leg

    def stop_spying(self, spyer: Leg, at: datetime) -> None:
        dossier = self.call_of.get(spyer.spied) if spyer.spied else None
        spyer.spied = None
        if dossier is not None:
            self.out.append(ev.SupervisorLeft(at, dossier.call.id, spyer.device, spyer.id))

    # --- calls --------------------------------------------------------------------------------------------------------

    def is_live(self, dossier: Dossier) -> bool:
        return self.dossiers.get(dossier.call.id) is dossier

    def adopt(self, dossier: Dossier) -> None:
        """Enter a call that is not made by a new leg."""
        self.dossiers[dossier.call.id] = dossier
        for channel in dossier.known:
            self.call_of[channel] = dossier

    def _open(self, leg: Leg, at: datetime) -> Dossier:
        dossier = Dossier(Call(CallId(leg.linked), "internal", at, consults=self._consulted_by(leg)))
        dossier.is_record = dossier.call.id not in self._told
        self.adopt(dossier)
        if dossier.call.consults is not None:
            self._consultations.setdefault(dossier.call.consults, set()).add(dossier.call.id)
        return dossier

    def _consulted_by(self, leg: Leg) -> CallId | None:
        """Return the call about which the owner of the new *leg* asks a colleague, if it is that."""
        if leg.made_by_switch or not leg.is_seed or leg.role is Role.TRUNK:
            return None
        for other in self.board.legs.values():
            if other.device == leg.device and other is not leg and other.call is not None and not other.requested:
                call = other.call.call
                in_company = any(one.is_party and one is not other for one in other.call.legs.values())
                talks = call.state_of(other.id) in (ConnectionState.CONNECTED, ConnectionState.HOLD)
                if in_company and (talks or other.bridge is not None):
                    return call.consults or call.id
        return None

    def consultations_of(self, dossier: Dossier) -> list[Dossier]:
        """Return the live calls in which an agent of this call asks a colleague."""
        asked = self._consultations.get(dossier.call.id, ())
        return [self.dossiers[call_id] for call_id in asked if call_id in self.dossiers]

    def join(self, dossier: Dossier, leg: Leg) -> None:
        if leg.call is dossier:
            return
        if leg.call is not None:
            leg.call.part(leg)
        dossier.join(leg)
        self.call_of[leg.id] = dossier

    def join_conversation(self, leg: Leg, at: datetime) -> Dossier | None:
        """Make one call of all who now hear *leg*, for who shares a bridge talks with each other."""
        dossier = leg.call
        heard = list(self.board.heard_by(leg))
        for other in heard:
            if dossier is None or other.call is None:
                dossier = dossier or other.call
            elif other.call is not dossier:
                dossier = self.merge(dossier, other.call, at)
        if dossier is not None:
            for one in (leg, *heard):
                self.join(dossier, one)
        return dossier

    def merge(self, one: Dossier, two: Dossier, at: datetime) -> Dossier:
        """Join two calls that became one; return the one that goes on under its own name."""
        if one is two:
            return one
        if one.is_finished is not two.is_finished:  # the next customer comes to an agent who waits in a conference
            over, stays = (one, two) if one.is_finished else (two, one)
            for leg in self.release(over, at):
                self.join(stays, leg)
            self.close(over, at, Cause.NORMAL_CLEARING)
            return stays
        stays, goes = (two, one) if self._is_senior(two, one) else (one, two)
        stays.absorb(goes)
        for channel in goes.known:
            self.call_of[channel] = stays
        for asked in self.consultations_of(goes):
            if asked is not stays:
                asked.call = msgspec.structs.replace(asked.call, consults=stays.call.id)
                self._consultations.setdefault(stays.call.id, set()).add(asked.call.id)
        self._forget(goes)
        self.out.append(ev.CallsJoined(at, stays.call.id, goes.call.id))
        return stays

    @staticmethod
    def _is_senior(one: Dossier, two: Dossier) -> bool:
        """Whether *one* keeps its name when joined with *two*: customers' calls first, consultations last."""

        def rank(dossier: Dossier) -> tuple[bool, bool]:
            return dossier.call.consults is None, dossier.customer is not None

        ours, theirs = rank(one), rank(two)
        return ours > theirs or (ours == theirs and one.call.started_at < two.call.started_at)

    def emit(self, dossier: Dossier, event: ev.ConnectionEvent) -> None:
        try:
            dossier.call = machine.apply(dossier.call, event)
        except ev.UnexpectedEvent as unexpected:
            log.warning("an event does not fit", extra={"call": event.call, "problem": str(unexpected)})
            self.suspicious = True
            return
        dossier.note_span(event)
        self.out.append(event)

    def lose_connection(self, dossier: Dossier, leg: Leg, at: datetime) -> None:
        """Clear the connection of a leg whose end nobody saw."""
        if dossier.call.state_of(leg.id) is not ConnectionState.NULL:
            who = (at, dossier.call.id, leg.id, leg.device, leg.role)
            self.emit(dossier, ev.ConnectionCleared(*who, cause=Cause.END_NOT_SEEN))

    def close(self, dossier: Dossier, at: datetime, cause: Cause, *, boundary: datetime | None = None) -> None:
        """End the call and tell its record; *boundary* as in `Dossier.record`."""
        if not self.is_live(dossier):
            return
        for leg in list(dossier.legs.values()):
            if boundary is not None:
                self.lose_connection(dossier, leg, boundary)
            dossier.part(leg)
            leg.call = None
        self._forget(dossier)
        if dossier.is_aimless and dossier.is_record and boundary is None:
            _keep(self._aimless, dossier.call.id, dossier, most=100)
        is_record = dossier.leaves_record
        record = record_of(dossier, at, boundary=boundary) if is_record else None
        if is_record:
            _keep(self._told, dossier.call.id, None)
        spans = tuple(dossier.spans.values()) if is_record else ()
        self.out.append(ev.CallCleared(boundary or at, dossier.call.id, cause, record, spans))

    def attach(self, dossier: Dossier, name: str, value: str, at: datetime) -> None:
        """Keep what the dialplan knows about the call, and tell it where it is new."""
        before, dossier.call = dossier.call, dossier.call.with_data(name, value)
        if dossier.call is not before:
            self.out.append(ev.DataAttached(at, dossier.call.id, name))

    def dissolve(self, dossier: Dossier, at: datetime) -> None:
        """End what turned out to be no call; its legs live on outside of calls."""
        dossier.is_record = False
        self.release(dossier, at)

    def release(self, dossier: Dossier, at: datetime) -> list[Leg]:
        """Take every leg out of the call, though they live on, and return them."""
        legs = list(dossier.legs.values())
        for leg in legs:
            if dossier.call.state_of(leg.id) is not ConnectionState.NULL:
                who = (at, dossier.call.id, leg.id, leg.device, leg.role)
                self.emit(dossier, ev.ConnectionCleared(*who, cause=Cause.NORMAL_CLEARING))
            dossier.part(leg)
            leg.call = None
        return legs

    def name_late(self, call_id: CallId, number: str, at: datetime) -> bool:
        """Tell the record of an originate that seemed to be for nobody until its *number* came; return if it did."""
        dossier = self._aimless.pop(call_id, None)
        if dossier is None:
            return False
        dossier.call = msgspec.structs.replace(dossier.call, customer=Party(number), dialled=number)
        record, spans = record_of(dossier, at), tuple(dossier.spans.values())
        self.out.append(ev.CallCleared(at, call_id, Cause.CALL_NOT_ANSWERED, record, spans))
        _keep(self._told, call_id, None)
        return True

    def never_dialled(self, call_id: CallId, number: str, at: datetime) -> None:
        """Tell the record of an originate for which the switch did not even make a leg."""
        if call_id in self.dossiers or call_id in self._told or self.board.is_gone(ChannelId(call_id)):
            return
        dossier = Dossier(Call(call_id, "outbound", at, customer=Party(number), dialled=number))
        record = msgspec.structs.replace(record_of(dossier, at), outcome="unreachable")
        _keep(self._told, call_id, None)
        self.out.append(ev.CallCleared(at, call_id, Cause.DEST_NOT_OBTAINABLE, record))

    def _forget(self, dossier: Dossier) -> None:
        self.dossiers.pop(dossier.call.id, None)
        for channel in dossier.known:
            if self.call_of.get(channel) is dossier:
                del self.call_of[channel]
        if dossier.call.consults is not None:
            self._consultations.get(dossier.call.consults, set()).discard(dossier.call.id)
        self._consultations.pop(dossier.call.id, None)


def _keep(kept: OrderedDict[CallId, T], call_id: CallId, value: T, *, most: int = REMEMBERED) -> None:
    """Enter *value*, and forget the oldest when there are too many."""
    kept[call_id] = value
    if len(kept) > most:
        kept.popitem(last=False)
