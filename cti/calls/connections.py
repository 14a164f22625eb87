"""What a connection should be, read off its leg, and the event that takes it there."""

from datetime import datetime

from cti.calls import events as ev
from cti.calls.board import Board, Leg
from cti.calls.dossier import Dossier
from cti.calls.facts import ChannelState, DialStatus
from cti.calls.model import Cause, Role
from cti.calls.model import ConnectionState as S
from cti.calls.outcome import cause_of, unreached


def wanted(leg: Leg, have: S, board: Board) -> S:
    """Return the state that *leg*'s connection should have, given that it has *have*.

    Who talks is who shares a bridge; a connection that once was in one stays connected until its leg ends, for between
    two bridges nobody has left the call.
    """
    if not leg.alive or leg.role is Role.LOCAL:
        return S.NULL
    in_bridge = leg.bridge is not None and any(True for _ in board.heard_by(leg))
    if leg.spied is not None and not in_bridge:
        return S.NULL
    if leg.queue and not in_bridge:
        return S.QUEUED
    if in_bridge or have in (S.CONNECTED, S.HOLD):
        return S.HOLD if leg.held else S.CONNECTED
    if not leg.made_by_switch:
        return S.CONNECTED  # it called in
    if leg.dial_status not in (None, DialStatus.ANSWER):
        return S.NULL
    if leg.caller_leg is None and leg.state is ChannelState.UP:
        return S.CONNECTED  # originated, and answered
    if leg.role is not Role.TRUNK and leg.is_seed:
        return S.INITIATED  # the switch asks our own phone first
    return S.ALERTING if leg.dialling or leg.rang else S.NULL


def event_between(dossier: Dossier, leg: Leg, have: S, want: S, at: datetime) -> ev.ConnectionEvent:
    """Return the event by which *leg*'s connection goes from *have* to *want*, two different states."""
    who = (at, dossier.call.id, leg.id, leg.device, leg.role)
    match want:
        case S.NULL:
            return _ending(dossier, leg, have, at)
        case S.INITIATED:
            return ev.ServiceInitiated(*who)
        case S.ALERTING:
            return ev.Delivered(*who, queue=leg.rung_by)
        case S.QUEUED:
            return ev.Queued(*who, queue=leg.queue)
        case S.HOLD if have is S.CONNECTED:
            return ev.Held(*who)
        case S.CONNECTED if have is S.HOLD:
            return ev.Retrieved(*who)
        case _:
            began = have is S.INITIATED or (have is S.NULL and not leg.dialling)
            return ev.Originated(*who) if began else ev.Established(*who)


def _ending(dossier: Dossier, leg: Leg, have: S, at: datetime) -> ev.ConnectionEvent:
    """Return how the connection of *leg* ended: cleared, failed, or diverted to somebody else."""
    who = (at, dossier.call.id, leg.id, leg.device, leg.role)
    if have not in (S.ALERTING, S.INITIATED):
        return ev.ConnectionCleared(*who, cause=Cause.NORMAL_CLEARING)
    if have is S.ALERTING and leg.requested is None:
        customer = dossier.customer
        if customer is not None and customer is not leg and (customer.requested or not customer.alive):
            return ev.ConnectionCleared(*who, cause=Cause.CALL_CANCELLED)
        if leg.rung_by or any(other.answered and other is not customer for other in dossier.staff()):
            not_answered = leg.dial_status is DialStatus.NO_ANSWER
            return ev.Diverted(*who, cause=Cause.CALL_NOT_ANSWERED if not_answered else Cause.CALL_CANCELLED)
    return ev.Failed(*who, cause=cause_of(unreached(leg)))
