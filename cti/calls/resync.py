"""Brings the picture into line with a snapshot of the switch: what was missed becomes events, what is over ends."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from cti.calls import events as ev
from cti.calls.board import Leg
from cti.calls.book import Book
from cti.calls.dossier import Dossier
from cti.calls.facts import ChannelId, ChannelSeen, ChannelState, Snapshot, SpyStarted
from cti.calls.folding import Touched, member_seen
from cti.calls.model import Cause, Role
from cti.calls.parties import is_given, number_dialled
from cti.calls.records import KeptCall, restored
from cti.calls.transfers import spy_started

PATIENCE = 2  # snapshots in a row that must miss a leg before it counts as gone, while its own hang-up may still come

_CALLEES = ("AppDial", "AppDial2", "AppQueue")  # what the switch shows as the application of a leg that it dials
_SPIES = ("ChanSpy", "ExtenSpy")


def bring_into_line(book: Book, snapshot: Snapshot, *, rebooted: bool, blind_since: datetime | None) -> Touched:
    """Return the calls that *snapshot* touches.

    *rebooted*: the switch is another one than before, every older call is dead. *blind_since*: the last moment at which
    the switch was heard when hang-ups may have been missed, else None.
    """
    alive_at = blind_since or snapshot.at
    for member in snapshot.members:
        member_seen(book, member)
    if rebooted:
        for dossier in list(book.dossiers.values()):
            book.close(dossier, alive_at, Cause.SWITCH_RESTARTED, boundary=snapshot.at)
        book.board.clear()
    dialled = _numbers_dialled(snapshot)
    touched = [_see(book, seen, snapshot.at, dialled) for seen in _in_order(book, snapshot.channels)]
    touched.extend(_see_queues(book, snapshot))
    for seen in snapshot.channels:
        if seen.application in _SPIES:
            touched.extend(spy_started(book, SpyStarted(snapshot.at, seen.channel, _spyee(book, seen))))
    shown = {seen.channel for seen in snapshot.channels}
    for leg in list(book.board.legs.values()):
        if leg.bridge is not None:
            touched.append(book.join_conversation(leg, snapshot.at))
        if leg.id in shown or leg.name in snapshot.unreadable:
            leg.missed = 0
        elif leg.id in book.board.legs:
            touched.append(_miss(book, leg, snapshot.at, alive_at, at_once=blind_since is not None))
    return touched


def _in_order(book: Book, channels: Iterable[ChannelSeen]) -> list[ChannelSeen]:
    """Return known legs first, then the older, so that a younger call finds the one that it asks about."""
    known = book.board.legs
    return sorted(channels, key=lambda seen: (seen.channel not in known, -seen.seconds, seen.linked != seen.channel))


def _numbers_dialled(snapshot: Snapshot) -> dict[ChannelId, str]:
    """Return, for what began with each leg, the number that the dialplan dials for it."""
    numbers = {}
    for seen in snapshot.channels:
        if seen.application == "Dial":
            targets = seen.application_data.partition(",")[0].split("&")
            numbers[seen.linked] = next((number for one in targets if (number := number_dialled(one))), "")
    return numbers


def _spyee(book: Book, seen: ChannelSeen) -> ChannelId:
    """Return whom the leg *seen* listens to: named by its id, or by the beginning of its name."""
    named = seen.application_data.partition(",")[0]
    if named in book.board.legs or not named:
        return ChannelId(named)
    found = (leg.id for leg in book.board.legs.values() if leg.name.startswith(named) and leg.id != seen.channel)
    return next(found, ChannelId(named))


def _see(book: Book, seen: ChannelSeen, at: datetime, dialled: Mapping[ChannelId, str]) -> Dossier | None:
    """Bring one leg into line with what the snapshot shows of it."""
    leg = book.board.legs.get(seen.channel)
    if leg is None:
        if book.board.is_gone(seen.channel):
            return None
        leg = _discover(book, seen, at - timedelta(seconds=seen.seconds), dialled.get(seen.linked, ""))
    leg.linked, leg.state = seen.linked, seen.state
    leg.answered = leg.answered or seen.state is ChannelState.UP
    dossier = leg.call
    if dossier is not None and seen.application not in _CALLEES:  # those inherit what may be out of date by now
        for name, value in seen.data:
            book.attach(dossier, name, value, at)
    if seen.application == "Queue" and dossier is not None and leg is dossier.principal:
        dossier.enter_queue(seen.application_data.partition(",")[0])
    if leg.bridge != seen.bridge:
        if seen.bridge is None:
            book.board.leave_bridge(leg)
        else:
            book.board.enter_bridge(leg, seen.bridge)
    return dossier


def _discover(book: Book, seen: ChannelSeen, began: datetime, number: str) -> Leg:
    """Take in a leg whose beginning was missed; *number* is what was dialled for those who belong with it."""
    dialled = seen.application in _CALLEES
    rung = seen.state in (ChannelState.DOWN, ChannelState.RINGING)
    made_by_switch = dialled or rung or is_given(seen.channel)
    leg = book.new_leg(seen, began, made_by_switch=made_by_switch, caller=seen.caller)
    leg.rang = seen.state is ChannelState.RINGING
    if dialled:
        leg.dialling = True
        leg.caller_leg = seen.linked if seen.linked != seen.channel else None
        if leg.role is Role.TRUNK:
            leg.dialled = f"{number or seen.caller.number}@"
    dossier = book.place(leg, began)
    if dossier is not None and leg is dossier.customer and dossier.call.direction == "outbound":
        leg.made_by_switch = True  # the call is known from before a restart
    return leg


def _see_queues(book: Book, snapshot: Snapshot) -> Touched:
    waiting = {caller.channel: caller.queue for caller in snapshot.waiting}
    for leg in list(book.board.legs.values()):
        queue = waiting.get(leg.id, "")
        if queue == leg.queue:
            continue
        leg.queue = queue
        if leg.call is not None and queue:
            leg.call.enter_queue(queue)
        yield leg.call


def _miss(book: Book, leg: Leg, at: datetime, alive_at: datetime, *, at_once: bool) -> Dossier | None:
    """Take note of a leg that the snapshot does not show."""
    leg.missed += 1
    if not at_once and leg.missed < PATIENCE:
        book.suspicious = True
        return None
    dossier, leg.lost = leg.call, True
    book.end_leg(leg, alive_at, cause=0, sip_code=0)
    if dossier is None:
        return None
    if leg is dossier.customer:
        dossier.certain, dossier.lost_before = False, at
    book.lose_connection(dossier, leg, at)
    dossier.part(leg)
    if not dossier.legs:
        book.close(dossier, alive_at, Cause.END_NOT_SEEN, boundary=at)
    return dossier


def take_over(book: Book, kept: Iterable[KeptCall], snapshot: Snapshot) -> None:
    """Go on with the calls from before a restart of the daemon that *snapshot* still shows, and close the others."""
    shown = {seen.channel for seen in snapshot.channels}
    for call in kept:
        same_switch = call.boot == snapshot.boot
        if same_switch and not shown.isdisjoint(call.legs):
            book.adopt(restored(call))
            continue
        cause = Cause.END_NOT_SEEN if same_switch else Cause.SWITCH_RESTARTED
        record = msgspec.structs.replace(call.record, ended_before=snapshot.at)
        book.out.append(ev.CallCleared(snapshot.at, call.call, cause, record, call.spans))
