"""What transfers, pick-ups and supervisors change: facts that move whole calls. Each returns the calls it touched."""

from datetime import datetime

from cti.calls import events as ev
from cti.calls import facts as f
from cti.calls.board import Leg
from cti.calls.book import Book
from cti.calls.dossier import Dossier
from cti.calls.facts import ChannelId
from cti.calls.folding import Fold, Touched
from cti.calls.model import Role, Transfer, TransferKind
from cti.calls.parties import extension_of, number_dialled


def blind_transferred(book: Book, fact: f.BlindTransferred) -> Touched:
    dossier = book.call_of.get(fact.transferer)
    if dossier is None or not fact.success or fact.transferer in dossier.transferred_legs:
        return ()
    _note(book, dossier, "blind", fact.transferer, fact.extension, fact.at)
    return (dossier,)


def attended_transferred(book: Book, fact: f.AttendedTransferred) -> Touched:
    first, second = book.call_of.get(fact.first), book.call_of.get(fact.second)
    if first is None or not fact.success or fact.first in first.transferred_legs:
        return ()
    legs = book.board.legs
    target, second_leg = legs.get(fact.target or ChannelId("")), legs.get(fact.second)
    if target is None and fact.first == fact.second:  # transferred by key; not always the switch says to whom
        target = _last_come(first, but=(fact.first, fact.transferee))
    to = _target_of(book, target, second_leg)
    dossier = first if second is None else book.merge(first, second, fact.at)
    transferee = legs.get(fact.transferee or ChannelId("")) or dossier.customer
    if second_leg is not None and second_leg.queue and transferee is not None and target is None:
        transferee.queue, second_leg.queue = second_leg.queue, ""  # the customer takes the agent's place in it
    _note(book, dossier, "attended", fact.first, to, fact.at)
    dossier.transferred_legs.add(fact.second)
    return (dossier,)


def _last_come(dossier: Dossier, *, but: tuple[ChannelId | None, ...]) -> Leg | None:
    """Return the party that was asked into the call last."""
    others = [
        leg for leg in dossier.legs.values() if leg.is_party and leg.id not in but and leg is not dossier.customer
    ]
    return others[-1] if others else None


def _target_of(book: Book, target: Leg | None, second: Leg | None) -> str:
    """Return whom the second leg of a transferer had reached or was trying to reach."""
    if target is not None and target.role is Role.LOCAL:
        target = _beyond(book, target) or next(book.board.heard_by(target), None)
    if target is not None:
        return number_dialled(target.dialled) if target.role is Role.TRUNK else extension_of(target.device)
    return (second.queue or second.extension) if second is not None else ""


def _beyond(book: Book, half: Leg) -> Leg | None:
    """Return the party on the far side of the Local channel of which *half* is one end."""
    other = book.board.legs.get(half.other_half) if half.other_half else None
    if other is None:
        return None
    heard = next(book.board.heard_by(other), None)
    return heard or next((leg for leg in book.board.legs.values() if leg.caller_leg == other.id), None)


def _note(book: Book, dossier: Dossier, kind: TransferKind, by: ChannelId, to: str, at: datetime) -> None:
    leg = book.board.legs.get(by)
    device = leg.device if leg is not None else f.Device("")
    dossier.transferred_legs.add(by)
    dossier.transfers.append(Transfer(kind, extension_of(device), to, at))
    book.out.append(ev.Transferred(at, dossier.call.id, kind, device, to))


def picked_up(book: Book, fact: f.PickedUp) -> Touched:
    picker, target = book.call_of.get(fact.picker), book.call_of.get(fact.target)
    if picker is None or target is None:
        return ()
    return (book.merge(target, picker, fact.at),)


def spy_started(book: Book, fact: f.SpyStarted) -> Touched:
    spyer, spyee = book.board.legs.get(fact.spyer), book.board.legs.get(fact.spyee)
    if spyer is None or spyer.spied == fact.spyee:
        return ()
    if spyer.spied is not None:
        book.stop_spying(spyer, fact.at)
    listener = (_beyond(book, spyer) or spyer) if spyer.role is Role.LOCAL else spyer
    spyer.spied, spyer.device, listener.role = fact.spyee, listener.device, Role.SUPERVISOR
    if spyee is not None and spyee.call is not None:
        spyee.call.add_supervisor(spyer.device)
        who = (spyer.device, spyer.id, spyee.device)
        book.out.append(ev.SupervisorJoined(fact.at, spyee.call.call.id, *who))
    own = spyer.call
    if own is not None and all(leg in (spyer, listener) or leg.role is Role.LOCAL for leg in own.legs.values()):
        book.dissolve(own, fact.at)  # the leg through which a supervisor listens is no call of its own
    return (own,)


def spy_stopped(book: Book, fact: f.SpyStopped) -> Touched:
    spyer = book.board.legs.get(fact.spyer)
    if spyer is not None and spyer.spied is not None:
        book.stop_spying(spyer, fact.at)
    return ()


FOLDS: dict[type[f.Fact], Fold] = {
    f.BlindTransferred: blind_transferred,
    f.AttendedTransferred: attended_transferred,
    f.PickedUp: picked_up,
    f.SpyStarted: spy_started,
    f.SpyStopped: spy_stopped,
}
