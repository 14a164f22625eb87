"""What a call leaves behind: its record when it ends, and what is kept of it while it lives."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from cti.calls.board import Leg
from cti.calls.dossier import Dossier
from cti.calls.facts import ChannelId, Device, Party
from cti.calls.ledger import Situation
from cti.calls.model import Call, CallId, ConnectionSpan, EndedBy, FinishedCall, Outcome
from cti.calls.outcome import BY_Q850, BY_SIP, unreached
from cti.calls.parties import extension_of

OUTLIVED = timedelta(seconds=2)  # a customer's leg that lives on longer after an agent hung up was not ended by him


def record_of(dossier: Dossier, at: datetime, *, boundary: datetime | None = None) -> FinishedCall:
    """Return the record of the call, over at *at*; *boundary*: the end was not seen and is no later than this."""
    call = dossier.call
    seen = boundary is None and dossier.certain
    ended_at = dossier.customer_ended_at or at
    ended_by: EndedBy = _ended_by(dossier, ended_at) or ("system" if seen else "unknown")
    dossier.ledger.settle(ended_at)
    seconds = dossier.ledger.seconds
    return FinishedCall(
        id=call.id,
        direction=call.direction,
        customer=call.customer.number,
        customer_name=call.customer.name,
        dialled=call.dialled,
        queues=call.queues,
        agents=tuple(extension_of(device) for device in call.agents),
        outcome=outcome_of(dossier),
        ended_by=ended_by,
        transfers=tuple(dossier.transfers),
        supervisors=tuple(extension_of(device) for device in call.supervisors),
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=ended_at,
        wait_seconds=round(seconds[Situation.WAIT], 3),
        talk_seconds=round(seconds[Situation.TALK], 3),
        hold_seconds=round(seconds[Situation.HOLD], 3),
        certain=seen,
        ended_before=boundary or dossier.lost_before,
        data=call.data,
    )


def _ended_by(dossier: Dossier, ended_at: datetime) -> Literal["customer", "agent"] | None:
    """Return who hung up last of all, None where the switch ended the call."""
    outlived = dossier.hung_up_at is not None and ended_at - dossier.hung_up_at > OUTLIVED
    return None if dossier.ended_by == "agent" and outlived else dossier.ended_by


def outcome_of(dossier: Dossier) -> Outcome:
    """Return what the call came to (the words are defined at `Outcome`)."""
    if dossier.call.answered_at is not None:
        return "answered"
    customer, callee = dossier.customer, dossier.last_callee
    if dossier.call.direction == "inbound":
        if dossier.call.queues or dossier.ended_by == "customer":
            return "abandoned"
        if callee is not None:
            return "abandoned" if callee.lost else unreached(callee)
        cause, sip = (customer.ended if customer else None) or (0, 0)  # what the switch told the caller
        told = BY_Q850.get(cause) or BY_SIP.get(sip)
        return told if told is not None and told != "cancelled" else "abandoned"
    if customer is not None and customer.made_by_switch:
        if customer.answered:
            return "abandoned"
        return _given_up_or(dossier, customer)
    if callee is not None:
        return _given_up_or(dossier, callee)
    if dossier.ended_by:
        return "cancelled"
    cause, _ = (dossier.last_gone.ended if dossier.last_gone else None) or (0, 0)  # no way was found to anybody
    return BY_Q850.get(cause) or ("unreachable" if dossier.call.direction == "outbound" else "failed")


def _given_up_or(dossier: Dossier, callee: Leg) -> Outcome:
    """Return why *callee* was not reached, or that our own side hung up while it rang."""
    if callee.requested is None and dossier.ended_by == "agent":
        return "cancelled"
    return unreached(callee)


class KeptCall(msgspec.Struct, frozen=True):
    """What is stored of a live call, so that a daemon that was killed can finish its record."""

    call: CallId
    boot: str
    legs: tuple[ChannelId, ...]
    devices: tuple[Device, ...]  # of its agents and supervisors, whom the record names by extension
    last_seen: datetime
    spans: tuple[ConnectionSpan, ...]
    record: FinishedCall  # as it would be if the call ended unseen at *last_seen*


def restored(kept: KeptCall) -> Dossier:
    """Return the call as it stood when it was stored; its legs join again as a snapshot shows them."""
    record = kept.record
    devices = {extension_of(device): device for device in kept.devices}
    dossier = Dossier(
        Call(
            record.id,
            record.direction,
            record.started_at,
            customer=Party(record.customer, record.customer_name),
            dialled=record.dialled,
            queues=record.queues,
            agents=tuple(devices.get(agent, Device(agent)) for agent in record.agents),
            supervisors=tuple(devices.get(one, Device(one)) for one in record.supervisors),
            answered_at=record.answered_at,
            data=record.data,
        )
    )
    dossier.known = dict.fromkeys(kept.legs)
    dossier.beginning_seen = True
    dossier.transfers = list(record.transfers)
    dossier.spans = {span.channel: span for span in kept.spans}
    dossier.number_hint = record.customer
    dossier.ledger.resume(record.wait_seconds, record.talk_seconds, record.hold_seconds, at=kept.last_seen)
    return dossier
