"""The live calls of one switch: facts go in, call events come out.

Nothing here is counted up from events. A fact changes the board (legs and bridges); then each touched call is settled:
what its connections should be is read off the board, and the difference is what happened. So a fact that comes twice,
late or not at all does no lasting harm, and a snapshot mends the rest.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cti.calls import connections, machine
from cti.calls import events as ev
from cti.calls import facts as f
from cti.calls.board import Board, Leg
from cti.calls.dossier import Dossier, KeptCall
from cti.calls.facts import ChannelId, ChannelState
from cti.calls.ledger import Situation
from cti.calls.model import Call, CallId, Cause, ConnectionState, Direction, Role, Transfer
from cti.calls.outcome import is_callee
from cti.calls.parties import Parties, extension_of, number_dialled

log = logging.getLogger(__name__)

PATIENCE = 2  # snapshots in a row that must miss a leg before it counts as gone while its own hang-up may still come


class CallRegistry:
    """Folds the facts of one switch into calls."""

    def __init__(self, parties: Parties | None = None) -> None:
        self._parties = parties or Parties()
        self._board = Board()
        self._dossiers: dict[CallId, Dossier] = {}
        self._call_of: dict[ChannelId, Dossier] = {}  # every leg a live call ever had
        self._consultations: dict[CallId, set[CallId]] = {}
        self._kept: dict[CallId, KeptCall] = {}  # from before a restart, until the first snapshot
        self._out: list[ev.CallEvent] = []
        self._blind = False  # the link was lost: hang-ups may have been missed
        self._last_seen: datetime | None = None
        self.boot = ""
        self.suspicious = False  # a leg seems to be gone without a word, or an event did not fit: ask for a snapshot
        self._handlers: dict[type[f.Fact], Callable[[Any], Iterable[Dossier | None]]] = {
            f.ChannelCreated: self._created,
            f.ChannelStateChanged: self._state_changed,
            f.CallerIdentified: self._caller_identified,
            f.ChannelRenamed: self._renamed,
            f.HangupRequested: self._hangup_requested,
            f.ChannelGone: self._channel_gone,
            f.DialBegan: self._dial_began,
            f.DialRinging: self._dial_ringing,
            f.DialEnded: self._dial_ended,
            f.OriginateEnded: self._originate_ended,
            f.BridgeEntered: self._bridge_entered,
            f.BridgeLeft: self._bridge_left,
            f.LocalHalvesJoined: self._halves_joined,
            f.Held: self._held,
            f.Unheld: self._unheld,
            f.QueueJoined: self._queue_joined,
            f.QueueLeft: self._queue_left,
            f.AgentRung: self._agent_rung,
            f.MemberSeen: self._member_seen,
            f.BlindTransferred: self._blind_transferred,
            f.AttendedTransferred: self._attended_transferred,
            f.PickedUp: self._picked_up,
            f.SpyStarted: self._spy_started,
            f.SpyStopped: self._spy_stopped,
            f.LinkLost: self._link_lost,
            f.Snapshot: self._snapshot,
        }

    # --- for the services -------------------------------------------------------------------------------------------

    @property
    def calls(self) -> Mapping[CallId, Call]:
        """Every live call, consultations included, as it now stands."""
        return {call_id: dossier.call for call_id, dossier in self._dossiers.items()}

    def call(self, call_id: CallId) -> Call | None:
        dossier = self._dossiers.get(call_id)
        return dossier.call if dossier else None

    @property
    def channels(self) -> frozenset[ChannelId]:
        """Every leg that is believed to live."""
        return frozenset(self._board.legs)

    def apply(self, fact: f.Fact) -> list[ev.CallEvent]:
        """Take in *fact* and return what happened to calls by it, in order."""
        handler = self._handlers.get(type(fact))
        if handler is None:
            return []
        self._out = []
        touched = {id(dossier): dossier for dossier in handler(fact) if dossier is not None}
        for dossier in touched.values():
            self._settle(dossier, fact.at)
        if not self._blind:
            self._last_seen = fact.at
        return self._out

    def keep(self, call_id: CallId, at: datetime) -> KeptCall | None:
        """Return what must be stored of a live call at *at*, or None when it leaves no record."""
        dossier = self._dossiers.get(call_id)
        if dossier is None or not dossier.is_record or dossier.call.consults is not None:
            return None
        call = dossier.call
        devices = (*call.agents, *call.supervisors)
        return KeptCall(call_id, self.boot, tuple(dossier.known), devices, at, dossier.record(at, boundary=at))

    def restore(self, kept: Iterable[KeptCall]) -> None:
        """Take over the calls that were live when the daemon ended; the next snapshot tells which still are."""
        self._kept = {call.call: call for call in kept}
        self._blind = True

    def close_all(self, at: datetime) -> list[ev.CallEvent]:
        """End every live call as uncertain, for when no more facts will come. Return what happened."""
        self._out = []
        for dossier in list(self._dossiers.values()):
            self._close(dossier, at, Cause.END_NOT_SEEN, boundary=at)
        return self._out

    # --- channels -----------------------------------------------------------------------------------------------------

    def _created(self, fact: f.ChannelCreated) -> Iterable[Dossier | None]:
        if fact.channel in self._board.legs or self._board.is_gone(fact.channel):
            return ()
        made_by_switch = fact.state not in (ChannelState.RING, ChannelState.UP)
        leg = self._new_leg(fact.at, fact, made_by_switch=made_by_switch, caller=fact.caller)
        return (self._place(leg, fact.at),)

    def _new_leg(
        self, at: datetime, seen: f.ChannelCreated | f.ChannelSeen, *, made_by_switch: bool, caller: f.Party
    ) -> Leg:
        role = self._parties.role_of(
            seen.device, seen.channel, context=seen.context, caller=caller, dialled=made_by_switch
        )
        leg = Leg(
            seen.channel, linked=seen.linked, name=seen.name, device=seen.device, role=role, state=seen.state,
            caller=caller, extension=seen.extension, context=seen.context, created_at=at, made_by_switch=made_by_switch,
        )  # fmt: skip
        self._board.add(leg)
        return leg

    def _place(self, leg: Leg, at: datetime) -> Dossier | None:
        """Put a new leg into the call that it belongs to, which may be a new one."""
        dossier = self._call_of.get(leg.id) or self._call_of.get(leg.linked)
        if dossier is None:
            if leg.role is Role.SUPERVISOR and leg.is_seed and leg.made_by_switch:
                return None  # about to listen to somebody; no call before it shares a bridge
            dossier = self._open(leg, at)
        self._join(dossier, leg)
        return dossier

    def _open(self, leg: Leg, at: datetime) -> Dossier:
        call = Call(CallId(leg.linked), "internal", at, consults=self._consulted_by(leg))
        dossier = Dossier(call)
        self._dossiers[call.id] = dossier
        self._call_of[ChannelId(call.id)] = dossier
        if call.consults is not None:
            self._consultations.setdefault(call.consults, set()).add(call.id)
        return dossier

    def _consulted_by(self, leg: Leg) -> CallId | None:
        """Return the call about which the owner of the new *leg* asks a colleague, if it is that."""
        if leg.made_by_switch or not leg.is_seed or leg.role is Role.TRUNK:
            return None
        for other in self._board.legs.values():
            if other.device == leg.device and other is not leg and other.call is not None and other.alive:
                dossier = other.call
                state = dossier.call.state_of(other.id)
                if state in (ConnectionState.CONNECTED, ConnectionState.HOLD) and not other.requested:
                    return dossier.call.consults or dossier.call.id
        return None

    def _join(self, dossier: Dossier, leg: Leg) -> None:
        previous = leg.call
        if previous is dossier:
            return
        if previous is not None:
            previous.part(leg)
        dossier.join(leg)
        self._call_of[leg.id] = dossier

    def _merge(self, one: Dossier, two: Dossier) -> Dossier:
        """Join two calls that became one; return the one that goes on under its own name."""
        if one is two:
            return one
        stays, goes = one, two
        consultation = (goes.call.consults is not None) - (stays.call.consults is not None)
        if consultation < 0 or (consultation == 0 and self._is_senior(goes, stays)):
            stays, goes = goes, stays
        stays.absorb(goes)
        for channel in goes.known:
            self._call_of[channel] = stays
        self._forget(goes)
        for consultation_id in self._consultations.pop(goes.call.id, ()):
            asked = self._dossiers.get(consultation_id)
            if asked is not None:
                asked.call = msgspec.structs.replace(asked.call, consults=stays.call.id)
                self._consultations.setdefault(stays.call.id, set()).add(consultation_id)
        return stays

    @staticmethod
    def _is_senior(one: Dossier, two: Dossier) -> bool:
        """Whether *one* is to keep its name when it is joined with *two*: a customer's call before an internal one."""
        with_customer = (one.customer is not None) - (two.customer is not None)
        return with_customer > 0 or (with_customer == 0 and one.call.started_at < two.call.started_at)

    def _state_changed(self, fact: f.ChannelStateChanged) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None:
            return ()
        leg.state = fact.state
        leg.answered = leg.answered or fact.state is ChannelState.UP
        leg.rang = leg.rang or fact.state is ChannelState.RINGING
        return (leg.call,)

    def _caller_identified(self, fact: f.CallerIdentified) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None:
            return ()
        leg.caller = fact.caller
        return (leg.call,)

    def _renamed(self, fact: f.ChannelRenamed) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None:
            return ()
        self._board.rename(leg, fact.name)
        if leg.device != fact.device:
            leg.device = fact.device
            leg.role = self._parties.role_of(
                leg.device, leg.id, context=leg.context, caller=leg.caller, dialled=leg.made_by_switch
            )
        return (leg.call,)

    def _hangup_requested(self, fact: f.HangupRequested) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None or leg.requested is not None:
            return ()
        leg.requested = (fact.cause, fact.sip_code)
        if leg.call is not None:
            leg.call.note_hangup(leg)
        return (leg.call,)

    def _channel_gone(self, fact: f.ChannelGone) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None:
            return ()
        return self._leg_ended(leg, fact.at, fact.cause, fact.sip_code)

    def _leg_ended(self, leg: Leg, at: datetime, cause: int, sip_code: int) -> Iterable[Dossier | None]:
        leg.ended = (cause, sip_code)
        dossier = leg.call
        if leg.spied is not None:
            self._stop_spying(leg, at)
        self._board.remove(leg)
        if dossier is None:
            return ()
        if dossier.customer is leg and dossier.customer_ended_at is None:
            dossier.customer_ended_at = at
        if leg is not dossier.customer and is_callee(leg):
            dossier.last_callee = leg
        return (dossier,)

    # --- dialling -----------------------------------------------------------------------------------------------------

    def _dial_began(self, fact: f.DialBegan) -> Iterable[Dossier | None]:
        callee = self._board.legs.get(fact.callee)
        if callee is None:
            return ()
        callee.dialling = True
        callee.made_by_switch = True
        callee.dialled = fact.dialled or callee.dialled
        if fact.caller is not None and fact.caller != fact.callee:
            callee.caller_leg = fact.caller
            caller = self._board.legs.get(fact.caller)
            if caller is not None and not callee.rung_by:
                callee.rung_by = self._queue_behind(caller)
        return (callee.call,)

    def _queue_behind(self, caller: Leg) -> str:
        """Return the queue that dials through the Local half *caller*, "" when none does."""
        other = self._board.legs.get(caller.other_half) if caller.other_half else None
        return other.rung_by if other is not None and caller.role is Role.LOCAL else ""

    def _dial_ringing(self, fact: f.DialRinging) -> Iterable[Dossier | None]:
        callee = self._board.legs.get(fact.callee)
        if callee is None:
            return ()
        callee.rang = True
        return (callee.call,)

    def _dial_ended(self, fact: f.DialEnded) -> Iterable[Dossier | None]:
        callee = self._board.legs.get(fact.callee)
        if callee is None or callee.dial_status is not None:
            return ()
        callee.dial_status = fact.status
        callee.answered = callee.answered or fact.status is f.DialStatus.ANSWER
        return (callee.call,)

    def _originate_ended(self, fact: f.OriginateEnded) -> Iterable[Dossier | None]:
        number = fact.number or (fact.extension if number_dialled(f"{fact.extension}@") else "")
        leg = self._board.legs.get(fact.channel) if fact.channel else None
        if leg is not None:
            leg.timed_out = leg.timed_out or (fact.timed_out and not fact.success)
            if leg.call is not None:
                leg.call.number_hint = leg.call.number_hint or number
            return (leg.call,)
        if fact.success or fact.channel is not None:
            return ()
        self._never_dialled(fact, number)
        return ()

    def _never_dialled(self, fact: f.OriginateEnded, number: str) -> None:
        """Leave the record of an originate for which the switch did not even make a leg."""
        call_id = CallId(fact.request)
        if not number or call_id in self._dossiers or self._board.is_gone(ChannelId(call_id)):
            return
        dossier = Dossier(Call(call_id, "outbound", fact.at, customer=f.Party(number), dialled=number))
        record = msgspec.structs.replace(dossier.record(fact.at), outcome="unreachable")
        self._out.append(ev.CallCleared(fact.at, call_id, Cause.DEST_NOT_OBTAINABLE, record))

    # --- bridges ------------------------------------------------------------------------------------------------------

    def _bridge_entered(self, fact: f.BridgeEntered) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None:
            return ()
        before = leg.call
        if leg.bridge != fact.bridge:
            self._board.enter_bridge(leg, fact.bridge)
        leg.linked = fact.linked
        return (before, *self._join_conversation(leg, fact.at))

    def _join_conversation(self, leg: Leg, at: datetime) -> Iterable[Dossier | None]:
        """Make one call of all who now hear *leg*, since who shares a bridge talks with each other."""
        dossier = leg.call
        for other in self._board.heard_by(leg):
            if other.call is None:
                continue
            if dossier is None:
                dossier = other.call
                self._join(dossier, leg)
            elif other.call is not dossier:
                dossier = self._merge(dossier, other.call)
        if dossier is not None:
            for other in self._board.heard_by(leg):
                if other.call is None:
                    self._join(dossier, other)
        return (dossier,)

    def _bridge_left(self, fact: f.BridgeLeft) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None or leg.bridge != fact.bridge:
            return ()
        self._board.leave_bridge(leg)
        return (leg.call,)

    def _halves_joined(self, fact: f.LocalHalvesJoined) -> Iterable[Dossier | None]:
        self._board.pair(fact.one, fact.two)
        one, two = self._board.legs.get(fact.one), self._board.legs.get(fact.two)
        if one is None or two is None or one.call is None or two.call is None:
            return ()
        return (self._merge(one.call, two.call),)

    def _held(self, fact: f.Held) -> Iterable[Dossier | None]:
        return self._set_held(fact.channel, held=True)

    def _unheld(self, fact: f.Unheld) -> Iterable[Dossier | None]:
        return self._set_held(fact.channel, held=False)

    def _set_held(self, channel: ChannelId, *, held: bool) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(channel)
        if leg is None:
            return ()
        leg.held = held
        return (leg.call,)

    # --- queues -------------------------------------------------------------------------------------------------------

    def _queue_joined(self, fact: f.QueueJoined) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None:
            return ()
        leg.queue = fact.queue
        if fact.caller.number:
            leg.caller = fact.caller
        if leg.call is not None:
            leg.call.enter_queue(fact.queue)
        return (leg.call,)

    def _queue_left(self, fact: f.QueueLeft) -> Iterable[Dossier | None]:
        leg = self._board.legs.get(fact.channel)
        if leg is None or leg.queue != fact.queue:
            return ()
        leg.queue = ""
        return (leg.call,)

    def _agent_rung(self, fact: f.AgentRung) -> Iterable[Dossier | None]:
        self._member_seen(fact)
        callee = self._board.legs.get(fact.callee)
        if callee is None:
            return ()
        callee.rung_by = fact.queue
        callee.dialling = True
        callee.caller_leg = fact.channel
        if callee.role is Role.TRUNK and callee.device == fact.member:
            callee.role = Role.AGENT
            if callee.call is not None and callee.call.customer is callee:
                callee.call.customer = None
        return (callee.call,)

    def _member_seen(self, fact: f.MemberSeen | f.AgentRung) -> Iterable[Dossier | None]:
        if not fact.member.startswith("Local/"):
            self._parties.learn_member(fact.member)
        return ()

    # --- transfers and supervisors ------------------------------------------------------------------------------------

    def _blind_transferred(self, fact: f.BlindTransferred) -> Iterable[Dossier | None]:
        dossier = self._call_of.get(fact.transferer)
        if dossier is None or not fact.success or fact.transferer in dossier.transferred_legs:
            return ()
        self._note_transfer(dossier, "blind", fact.transferer, fact.extension, fact.at, joined=None)
        return (dossier,)

    def _attended_transferred(self, fact: f.AttendedTransferred) -> Iterable[Dossier | None]:
        first, second = self._call_of.get(fact.first), self._call_of.get(fact.second)
        if first is None or not fact.success or fact.first in first.transferred_legs:
            return ()
        target = self._board.legs.get(fact.target) if fact.target else None
        second_leg, transferee = self._board.legs.get(fact.second), self._board.legs.get(fact.transferee or fact.first)
        to = self._target_of(target, second_leg)
        dossier, joined = first, None
        if second is not None and second is not first:
            dossier = self._merge(first, second)
            joined = second.call.id if dossier is first else first.call.id
        if second_leg is not None and second_leg.queue and transferee is not None and target is None:
            transferee.queue, second_leg.queue = second_leg.queue, ""  # the customer takes the agent's place
        self._note_transfer(dossier, "attended", fact.first, to, fact.at, joined=joined)
        dossier.transferred_legs.add(fact.second)
        return (dossier,)

    def _target_of(self, target: Leg | None, second: Leg | None) -> str:
        """Return whom the second leg of a transferer had reached or was trying to reach."""
        if target is not None and target.role is Role.LOCAL:
            target = next((leg for leg in self._board.heard_by(target)), None) or self._beyond(target)
        if target is not None:
            return extension_of(target.device) if target.role is not Role.TRUNK else number_dialled(target.dialled)
        return (second.queue or second.extension) if second is not None else ""

    def _beyond(self, half: Leg) -> Leg | None:
        """Return the party on the far side of the Local channel of which *half* is one end."""
        other = self._board.legs.get(half.other_half) if half.other_half else None
        if other is None:
            return None
        heard = next(self._board.heard_by(other), None)
        return heard or next((leg for leg in self._board.legs.values() if leg.caller_leg == other.id), None)

    def _note_transfer(
        self, dossier: Dossier, kind: Any, by: ChannelId, to: str, at: datetime, *, joined: CallId | None
    ) -> None:
        leg = self._board.legs.get(by)
        device = leg.device if leg is not None else f.Device("")
        dossier.transferred_legs.add(by)
        dossier.transfers.append(Transfer(kind, extension_of(device), to, at))
        self._out.append(ev.Transferred(at, dossier.call.id, kind, device, to, joined))

    def _picked_up(self, fact: f.PickedUp) -> Iterable[Dossier | None]:
        picker, target = self._call_of.get(fact.picker), self._call_of.get(fact.target)
        if picker is None or target is None:
            return ()
        return (self._merge(target, picker),)

    def _spy_started(self, fact: f.SpyStarted) -> Iterable[Dossier | None]:
        spyer, spyee = self._board.legs.get(fact.spyer), self._board.legs.get(fact.spyee)
        if spyer is None or spyer.spied == fact.spyee:
            return ()
        if spyer.spied is not None:
            self._stop_spying(spyer, fact.at)
        spyer.spied, spyer.role = fact.spyee, Role.SUPERVISOR
        own = spyer.call
        if spyee is not None and spyee.call is not None:
            dossier = spyee.call
            dossier.add_supervisor(spyer.device)
            self._out.append(ev.SupervisorJoined(fact.at, dossier.call.id, spyer.device, spyer.id, spyee.device))
        if own is not None and all(leg is spyer for leg in own.legs.values()):
            own.is_record = False  # the leg through which a supervisor listens is no call of its own
            own.part(spyer)
            spyer.call = None
        return (own,)

    def _spy_stopped(self, fact: f.SpyStopped) -> Iterable[Dossier | None]:
        spyer = self._board.legs.get(fact.spyer)
        if spyer is not None and spyer.spied is not None:
            self._stop_spying(spyer, fact.at)
        return ()

    def _stop_spying(self, spyer: Leg, at: datetime) -> None:
        dossier = self._call_of.get(spyer.spied) if spyer.spied else None
        spyer.spied = None
        if dossier is not None:
            self._out.append(ev.SupervisorLeft(at, dossier.call.id, spyer.device, spyer.id))

    # --- snapshots ----------------------------------------------------------------------------------------------------

    def _link_lost(self, fact: f.LinkLost) -> Iterable[Dossier | None]:
        self._blind = True
        return ()

    def _snapshot(self, fact: f.Snapshot) -> Iterable[Dossier | None]:
        rebooted = bool(self.boot and fact.boot and fact.boot != self.boot)
        self.boot = fact.boot or self.boot
        alive_at = self._last_seen or fact.at
        for member in fact.members:
            self._member_seen(member)
        if rebooted:
            for dossier in list(self._dossiers.values()):
                self._close(dossier, alive_at, Cause.SWITCH_RESTARTED, boundary=fact.at)
            self._board.clear()
        was_blind, self._blind, self.suspicious = self._blind, False, False
        self._restore_kept(fact)
        touched = [self._see(seen, fact.at) for seen in fact.channels]
        waiting = {caller.channel: caller.queue for caller in fact.waiting}
        for leg in list(self._board.legs.values()):
            queue = waiting.get(leg.id, "")
            if queue != leg.queue:
                leg.queue = queue
                if leg.call is not None and queue:
                    leg.call.enter_queue(queue)
                touched.append(leg.call)
        shown = {seen.channel for seen in fact.channels}
        for leg in list(self._board.legs.values()):
            touched.extend(self._join_conversation(leg, fact.at) if leg.bridge else ())
            if leg.id in shown:
                leg.missed = 0
            else:
                touched.extend(self._missing(leg, fact.at, alive_at, was_blind=was_blind))
        return [dossier for dossier in touched if dossier is None or self._dossiers.get(dossier.call.id) is dossier]

    def _see(self, seen: f.ChannelSeen, at: datetime) -> Dossier | None:
        """Bring one leg into line with the snapshot."""
        leg = self._board.legs.get(seen.channel)
        if leg is None:
            if self._board.is_gone(seen.channel):
                return None
            dialled = seen.application in ("AppDial", "AppQueue", "AppDial2")
            leg = self._new_leg(at, seen, made_by_switch=dialled, caller=seen.caller)
            leg.dialling = dialled and seen.application != "AppDial2"
            leg.caller_leg = seen.linked if leg.dialling and seen.linked != seen.channel else None
            leg.rang = seen.state is ChannelState.RINGING
            dossier = self._place(leg, at - timedelta(seconds=seen.seconds))
            if dossier is not None and leg is dossier.customer and dossier.call.direction == "outbound":
                leg.made_by_switch = True  # known from before a restart
        else:
            dossier = leg.call
        leg.linked, leg.state = seen.linked, seen.state
        leg.answered = leg.answered or seen.state is ChannelState.UP
        if seen.application == "Queue" and dossier is not None and leg is dossier.principal:
            dossier.enter_queue(seen.application_data.partition(",")[0])
        if leg.bridge != seen.bridge:
            if seen.bridge is None:
                self._board.leave_bridge(leg)
            else:
                self._board.enter_bridge(leg, seen.bridge)
        return dossier

    def _missing(self, leg: Leg, at: datetime, alive_at: datetime, *, was_blind: bool) -> Iterable[Dossier | None]:
        """Take note of a leg that the snapshot does not show."""
        leg.missed += 1
        if not was_blind and leg.missed < PATIENCE:
            self.suspicious = True  # its hang-up may be under way
            return ()
        dossier = leg.call
        ended = list(self._leg_ended(leg, alive_at, 0, 0))
        if dossier is not None:
            dossier.certain = dossier.certain and leg is not dossier.customer
            dossier.part(leg)
            self._clear_connection(dossier, leg, at)
            if not any(other.is_party for other in dossier.legs.values()):
                self._close(dossier, alive_at, Cause.END_NOT_SEEN, boundary=at)
        return ended

    def _restore_kept(self, fact: f.Snapshot) -> None:
        """Go on with the calls from before a restart that the snapshot still shows, and close the others."""
        seen = {leg.channel: leg for leg in fact.channels}
        for kept in self._kept.values():
            alive = [leg for leg in kept.legs if leg in seen]
            if kept.boot != fact.boot or not alive:
                cause = Cause.SWITCH_RESTARTED if kept.boot != fact.boot else Cause.END_NOT_SEEN
                record = msgspec.structs.replace(kept.record, ended_before=fact.at)
                self._out.append(ev.CallCleared(fact.at, kept.call, cause, record))
                continue
            dossier = Dossier.restored(kept)
            self._dossiers[kept.call] = dossier
            for channel in dossier.known:
                self._call_of[channel] = dossier
        self._kept = {}

    # --- settling -----------------------------------------------------------------------------------------------------

    def _settle(self, dossier: Dossier, at: datetime) -> None:
        """Bring the call into line with the board and tell what happened."""
        if self._dossiers.get(dossier.call.id) is not dossier:
            return  # merged or closed meanwhile
        self._settle_identity(dossier, at)
        for leg in list(dossier.legs.values()):
            have = dossier.call.state_of(leg.id)
            want = connections.wanted(leg, have, self._board)
            if want is not have:
                self._emit(dossier, connections.event_between(dossier, leg, have, want, at))
            if not leg.alive:
                dossier.part(leg)
        self._settle_course(dossier, at)
        if not any(leg.is_party for leg in dossier.legs.values()) and not dossier.legs:
            self._close(dossier, at, self._cause_of_end(dossier))

    def _settle_identity(self, dossier: Dossier, at: datetime) -> None:
        """Work out direction and customer, and tell when the customer became known."""
        call, customer = dossier.call, dossier.customer
        direction = self._direction_of(dossier)
        number = dossier.number() if call.consults is None else ""
        name = customer.caller.name if customer is not None and not customer.made_by_switch else call.customer.name
        dialled = call.dialled or (number if direction == "outbound" else self._first_extension(dossier))
        if (direction, dialled) != (call.direction, call.dialled):
            dossier.call = call = msgspec.structs.replace(call, direction=direction, dialled=dialled)
        alive = customer is None or customer.alive
        if (
            (number, name) != (call.customer.number, call.customer.name)
            and alive
            and (number or not call.customer.number)
        ):
            dossier.call = msgspec.structs.replace(call, customer=f.Party(number, name))
            if call.consults is None:
                self._out.append(ev.CustomerIdentified(at, call.id, number, name))

    @staticmethod
    def _direction_of(dossier: Dossier) -> Direction:
        customer = dossier.customer
        if customer is not None:
            return "outbound" if customer.made_by_switch else "inbound"
        parties = [leg for leg in dossier.legs.values() if leg.is_party]
        if not parties:
            return dossier.call.direction
        return "outbound" if len(parties) == 1 and parties[0].made_by_switch and parties[0].is_seed else "internal"

    @staticmethod
    def _first_extension(dossier: Dossier) -> str:
        first = next((leg for leg in dossier.legs.values() if not leg.made_by_switch), None)
        return first.extension if first is not None and first.extension not in ("s", "h") else ""

    def _settle_course(self, dossier: Dossier, at: datetime) -> None:
        """Count times, keep who talked, and tell of conferences and of what this means to the call asked about."""
        consulting = any(asked in self._dossiers for asked in self._consultations.get(dossier.call.id, ()))
        situation = dossier.situation(self._board, consulting=consulting)
        dossier.ledger.turn(situation, at)
        if self._goes_on(dossier):
            dossier.note_turn(situation)
        if situation is Situation.TALK:
            dossier.talk(self._board, at)
            self._note_conference(dossier, at)
        parent = self._dossiers.get(dossier.call.consults) if dossier.call.consults else None
        if parent is not None and parent is not dossier:
            self._settle_course(parent, at)

    @staticmethod
    def _goes_on(dossier: Dossier) -> bool:
        """Whether nobody who talks with the customer has hung up."""
        return not any(leg.requested for leg in dossier.legs.values() if leg.is_party)

    def _note_conference(self, dossier: Dossier, at: datetime) -> None:
        principal = dossier.principal
        if principal is None:
            return
        heard = [leg for leg in self._board.heard_by(principal) if leg.is_party]
        if len(heard) >= 2 and not dossier.conferenced:
            devices = tuple(leg.device for leg in (principal, *heard))
            self._out.append(ev.Conferenced(at, dossier.call.id, devices))
        dossier.conferenced = len(heard) >= 2

    def _emit(self, dossier: Dossier, event: ev.ConnectionEvent) -> None:
        try:
            dossier.call = machine.apply(dossier.call, event)
        except ev.UnexpectedEvent as unexpected:
            log.warning("event does not fit", extra={"call": event.call, "problem": str(unexpected)})
            self.suspicious = True
            return
        self._out.append(event)

    def _clear_connection(self, dossier: Dossier, leg: Leg, at: datetime) -> None:
        if dossier.call.state_of(leg.id) is not ConnectionState.NULL:
            who = (at, dossier.call.id, leg.id, leg.device, leg.role)
            self._emit(dossier, ev.ConnectionCleared(*who, cause=Cause.END_NOT_SEEN))

    @staticmethod
    def _cause_of_end(dossier: Dossier) -> Cause:
        if dossier.call.answered_at is not None:
            return Cause.NORMAL_CLEARING
        return Cause.NO_AVAILABLE_AGENTS if dossier.call.queues else Cause.CALL_NOT_ANSWERED

    def _close(self, dossier: Dossier, at: datetime, cause: Cause, *, boundary: datetime | None = None) -> None:
        """End the call and tell its record; *boundary* as in `Dossier.record`."""
        if self._dossiers.get(dossier.call.id) is not dossier:
            return
        for leg in list(dossier.legs.values()):
            if boundary is not None:
                self._clear_connection(dossier, leg, boundary)
            dossier.part(leg)
            leg.call = None
        self._forget(dossier)
        record = None
        if dossier.is_record and dossier.call.consults is None:
            record = dossier.record(at, boundary=boundary)
        self._out.append(ev.CallCleared(boundary or at, dossier.call.id, cause, record))

    def _forget(self, dossier: Dossier) -> None:
        self._dossiers.pop(dossier.call.id, None)
        for channel in dossier.known:
            if self._call_of.get(channel) is dossier:
                del self._call_of[channel]
        if dossier.call.consults is not None:
            self._consultations.get(dossier.call.consults, set()).discard(dossier.call.id)
        else:
            self._consultations.pop(dossier.call.id, None)
