"""What each fact about legs, dials, bridges and queues changes on the board. Each returns the calls it touched."""

from collections.abc import Callable, Iterable
from typing import Any

from cti.calls import facts as f
from cti.calls.board import Leg
from cti.calls.book import Book
from cti.calls.dossier import Dossier
from cti.calls.facts import ChannelId, ChannelState
from cti.calls.model import CallId, Role
from cti.calls.parties import outside_number

Touched = Iterable[Dossier | None]
Fold = Callable[[Book, Any], Touched]

# --- channels -----------------------------------------------------------------------------------------------------


def created(book: Book, fact: f.ChannelCreated) -> Touched:
    if fact.channel in book.board.legs or book.board.is_gone(fact.channel):
        return ()
    made_by_switch = fact.state not in (ChannelState.RING, ChannelState.UP)
    leg = book.new_leg(fact, fact.at, made_by_switch=made_by_switch, caller=fact.caller)
    return (book.place(leg, fact.at),)


def state_changed(book: Book, fact: f.ChannelStateChanged) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None:
        return ()
    if fact.state is not ChannelState.RINGING or leg.state is not ChannelState.UP:  # told late, it undoes no answer
        leg.state = fact.state
    leg.rang = leg.rang or fact.state is ChannelState.RINGING
    if fact.state is ChannelState.RING and not leg.dialling:
        leg.made_by_switch = False  # some drivers make a leg before they tell that it calls in
    leg.answered = leg.answered or fact.state is ChannelState.UP
    return (leg.call,)


def caller_identified(book: Book, fact: f.CallerIdentified) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None:
        return ()
    leg.caller = fact.caller
    return (leg.call,)


def renamed(book: Book, fact: f.ChannelRenamed) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None:
        return ()
    book.board.rename(leg, fact.name)
    if leg.device != fact.device:
        leg.device = fact.device
        leg.role = book.parties.role_of(
            leg.device, leg.id, context=leg.context, caller=leg.caller, dialled=leg.made_by_switch
        )
    return (leg.call,)


def data_attached(book: Book, fact: f.DataAttached) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is not None and leg.call is not None:
        book.attach(leg.call, fact.name, fact.value, fact.at)
    return (leg.call,) if leg is not None else ()


def hangup_requested(book: Book, fact: f.HangupRequested) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None or leg.requested is not None:
        return ()
    leg.requested = (fact.cause, fact.sip_code)
    if leg.call is not None:
        leg.call.note_hangup(leg, fact.at)
    return (leg.call,)


def gone(book: Book, fact: f.ChannelGone) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None:
        return ()
    book.end_leg(leg, fact.at, cause=fact.cause, sip_code=fact.sip_code)
    return (leg.call,)


# --- dialling -----------------------------------------------------------------------------------------------------


def dial_began(book: Book, fact: f.DialBegan) -> Touched:
    callee = book.board.legs.get(fact.callee)
    if callee is None:
        return ()
    callee.dialling = True
    callee.made_by_switch = True
    callee.dialled = fact.dialled or callee.dialled
    if fact.caller is not None and fact.caller != fact.callee:
        callee.caller_leg = fact.caller
        caller = book.board.legs.get(fact.caller)
        if caller is not None and not callee.rung_by:
            callee.rung_by = _queue_behind(book, caller)
    return (callee.call,)


def _queue_behind(book: Book, caller: Leg) -> str:
    """Return the queue that dials through the Local half *caller*, "" when none does."""
    other = book.board.legs.get(caller.other_half) if caller.other_half else None
    return other.rung_by if other is not None and caller.role is Role.LOCAL else ""


def dial_ringing(book: Book, fact: f.DialRinging) -> Touched:
    callee = book.board.legs.get(fact.callee)
    if callee is None:
        return ()
    callee.rang = True
    return (callee.call,)


def dial_ended(book: Book, fact: f.DialEnded) -> Touched:
    callee = book.board.legs.get(fact.callee)
    if callee is None or callee.dial_status is not None:
        return ()
    callee.dial_status = fact.status
    callee.answered = callee.answered or fact.status is f.DialStatus.ANSWER
    return (callee.call,)


def originate_ended(book: Book, fact: f.OriginateEnded) -> Touched:
    number = fact.number or outside_number(fact.extension, fact.context)
    dossier = book.call_of.get(fact.channel) if fact.channel else None
    if dossier is not None:
        dossier.number_hint = dossier.number_hint or number
        if fact.timed_out and not fact.success:
            for leg in dossier.legs.values():  # through a Local channel it is another leg than the one that is named
                leg.timed_out = leg.timed_out or leg.never_answered
    elif number and fact.channel not in book.board.legs:
        call_id = CallId(fact.channel or fact.request)
        if not book.name_late(call_id, number, fact.at) and not fact.success:
            book.never_dialled(call_id, number, fact.at)
    return (dossier,)


# --- bridges ------------------------------------------------------------------------------------------------------


def bridge_entered(book: Book, fact: f.BridgeEntered) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None:
        return ()
    before = leg.call
    if leg.bridge != fact.bridge:
        book.board.enter_bridge(leg, fact.bridge)
    leg.linked = fact.linked
    return before, book.join_conversation(leg, fact.at)


def bridge_left(book: Book, fact: f.BridgeLeft) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None or leg.bridge != fact.bridge:
        return ()
    book.board.leave_bridge(leg)
    return (leg.call,)


def halves_joined(book: Book, fact: f.LocalHalvesJoined) -> Touched:
    book.board.pair(fact.one, fact.two)
    one, two = book.board.legs.get(fact.one), book.board.legs.get(fact.two)
    if one is None or two is None or one.call is None or two.call is None:
        return ()
    return (book.merge(one.call, two.call, fact.at),)


def held(book: Book, fact: f.Held) -> Touched:
    return _set_held(book, fact.channel, held=True)


def unheld(book: Book, fact: f.Unheld) -> Touched:
    return _set_held(book, fact.channel, held=False)


def _set_held(book: Book, channel: ChannelId, *, held: bool) -> Touched:
    leg = book.board.legs.get(channel)
    if leg is None:
        return ()
    leg.held = held
    return (leg.call,)


# --- queues -------------------------------------------------------------------------------------------------------


def queue_joined(book: Book, fact: f.QueueJoined) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None:
        return ()
    leg.queue = fact.queue
    if fact.caller.number and not leg.made_by_switch:
        leg.caller = fact.caller
    if leg.call is not None:
        leg.call.enter_queue(fact.queue)
    return (leg.call,)


def queue_left(book: Book, fact: f.QueueLeft) -> Touched:
    leg = book.board.legs.get(fact.channel)
    if leg is None or leg.queue != fact.queue or leg.requested:
        return ()  # who hangs up in a queue leaves it, but goes nowhere
    leg.queue = ""
    return (leg.call,)


def agent_rung(book: Book, fact: f.AgentRung) -> Touched:
    member_seen(book, fact)
    callee = book.board.legs.get(fact.callee)
    if callee is None:
        return ()
    callee.rung_by = fact.queue
    callee.dialling = True
    callee.caller_leg = fact.channel
    if callee.role is Role.TRUNK and callee.device == fact.member:  # its name did not tell that it is a phone
        callee.role = Role.AGENT
        if callee.call is not None and callee.call.customer is callee:
            callee.call.customer = None
    return (callee.call,)


def member_seen(book: Book, fact: f.MemberSeen | f.AgentRung) -> Touched:
    if not fact.member.startswith("Local/"):
        book.parties.learn_member(fact.member)
    return ()


FOLDS: dict[type[f.Fact], Fold] = {
    f.ChannelCreated: created,
    f.ChannelStateChanged: state_changed,
    f.CallerIdentified: caller_identified,
    f.ChannelRenamed: renamed,
    f.DataAttached: data_attached,
    f.HangupRequested: hangup_requested,
    f.ChannelGone: gone,
    f.DialBegan: dial_began,
    f.DialRinging: dial_ringing,
    f.DialEnded: dial_ended,
    f.OriginateEnded: originate_ended,
    f.BridgeEntered: bridge_entered,
    f.BridgeLeft: bridge_left,
    f.LocalHalvesJoined: halves_joined,
    f.Held: held,
    f.Unheld: unheld,
    f.QueueJoined: queue_joined,
    f.QueueLeft: queue_left,
    f.AgentRung: agent_rung,
    f.MemberSeen: member_seen,
}
