"""Brings a call into line with the board, and tells the difference as events."""

from datetime import datetime

import msgspec

from cti.calls import connections
from cti.calls import events as ev
from cti.calls.book import Book
from cti.calls.dossier import Dossier
from cti.calls.facts import ChannelId, ChannelState, Party
from cti.calls.ledger import Situation
from cti.calls.model import Cause, Direction, Role


def settle(book: Book, dossier: Dossier, at: datetime) -> None:
    """Tell what happened to the call since it was settled last, and end it when nobody is left in it."""
    if not book.is_live(dossier):
        return  # merged or closed meanwhile
    _settle_identity(book, dossier, at)
    for leg in list(dossier.legs.values()):
        have = dossier.call.state_of(leg.id)
        want = connections.wanted(leg, have, book.board)
        if want is not have:
            book.emit(dossier, connections.event_between(dossier, leg, have, want, at))
        if not leg.alive:
            dossier.part(leg)
    _settle_course(book, dossier, at)
    if dossier.is_finished and _is_deserted(dossier):
        book.release(dossier, at)  # an agent may stay on the line for the next customer
    if not dossier.legs:
        book.close(dossier, at, _cause_of_end(dossier))


def _is_deserted(dossier: Dossier) -> bool:
    """Whether one party at most is left in the call, and is no longer being rung."""
    parties = [leg for leg in dossier.legs.values() if leg.is_party]
    return len(parties) <= 1 and all(leg.state is ChannelState.UP for leg in parties)


def _settle_identity(book: Book, dossier: Dossier, at: datetime) -> None:
    """Work out direction and customer, and tell when the customer became known."""
    dossier.choose_customer()
    call, customer = dossier.call, dossier.customer
    if customer is not None and not customer.alive:
        return
    direction = _direction_of(dossier)
    number = dossier.number() if call.consults is None else ""
    name = customer.caller.name if customer is not None and not customer.made_by_switch else call.customer.name
    dialled = number if direction == "outbound" else call.dialled or _first_extension(dossier)
    if (direction, dialled) != (call.direction, call.dialled):
        dossier.call = call = msgspec.structs.replace(call, direction=direction, dialled=dialled)
    told = customer is not None and not customer.made_by_switch  # by the caller himself, who may hide it
    if (number, name) != (call.customer.number, call.customer.name) and (number or told or not call.customer.number):
        dossier.call = msgspec.structs.replace(call, customer=Party(number, name))
        if call.consults is None:
            book.out.append(ev.CustomerIdentified(at, call.id, number, name))


def _direction_of(dossier: Dossier) -> Direction:
    customer = dossier.customer
    if customer is not None:
        return "outbound" if customer.made_by_switch else "inbound"
    parties = [leg for leg in dossier.legs.values() if leg.is_party]
    if not parties:
        return dossier.call.direction
    first = parties[0]
    if len(parties) > 1 or len(dossier.spans) > 1:
        return "internal"
    if not first.made_by_switch:  # a phone that was refused before anybody was rung may have called a customer
        return "outbound" if not first.alive and dossier.number() else "internal"
    # A phone that the switch rings on its own behalf, perhaps through a Local channel, is to be joined with a customer.
    seed = dossier.legs.get(ChannelId(dossier.call.id))
    through_local = seed is not None and seed.role is Role.LOCAL
    return "outbound" if dossier.call.direction == "outbound" or first.is_seed or through_local else "internal"


def _first_extension(dossier: Dossier) -> str:
    first = next((leg for leg in dossier.legs.values() if not leg.made_by_switch), None)
    return first.extension if first is not None and first.extension not in ("s", "h") else ""


def _settle_course(book: Book, dossier: Dossier, at: datetime) -> None:
    """Count times, keep who talked, tell of conferences, and do so for the call that is being asked about."""
    situation = dossier.situation(book.board, consulting=bool(book.consultations_of(dossier)))
    dossier.ledger.turn(situation, at)
    if not any(leg.requested for leg in dossier.legs.values() if leg.is_party):
        dossier.note_going_on(situation)
    if situation is Situation.TALK:
        dossier.note_talk(book.board, at)
        _note_conference(book, dossier, at)
    parent = book.dossiers.get(dossier.call.consults) if dossier.call.consults else None
    if parent is not None:
        _settle_course(book, parent, at)


def _note_conference(book: Book, dossier: Dossier, at: datetime) -> None:
    principal = dossier.principal
    if principal is None:
        return
    heard = [leg for leg in book.board.heard_by(principal) if leg.is_party]
    if len(heard) >= 2 and not dossier.conferenced:
        book.out.append(ev.Conferenced(at, dossier.call.id, tuple(leg.device for leg in (principal, *heard))))
    dossier.conferenced = len(heard) >= 2


def _cause_of_end(dossier: Dossier) -> Cause:
    if dossier.call.answered_at is not None:
        return Cause.NORMAL_CLEARING
    return Cause.NO_AVAILABLE_AGENTS if dossier.call.queues else Cause.CALL_NOT_ANSWERED
