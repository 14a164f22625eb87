"""Why a leg was not reached: Q.850 causes and SIP codes, as measured on Asterisk 22."""

from cti.calls.board import Leg
from cti.calls.facts import DialStatus
from cti.calls.model import Cause, Outcome

BY_SIP: dict[int, Outcome] = {
    **dict.fromkeys((486, 600), "busy"),
    **dict.fromkeys((408, 480), "no_answer"),
    **dict.fromkeys((404, 410, 484, 485, 604), "invalid_number"),
    **dict.fromkeys((401, 403, 407, 603, 607, 608), "rejected"),
    **dict.fromkeys((500, 502, 503, 504), "congestion"),
    487: "cancelled",
}
BY_Q850: dict[int, Outcome] = {
    17: "busy",
    **dict.fromkeys((18, 19), "no_answer"),
    21: "rejected",
    **dict.fromkeys((1, 22, 28), "invalid_number"),
    **dict.fromkeys((34, 38, 41, 42, 44, 47), "congestion"),
    **dict.fromkeys((2, 3, 20, 27), "unreachable"),
}
_BY_DIAL: dict[DialStatus, Outcome] = {
    DialStatus.BUSY: "busy",
    DialStatus.CONGESTION: "congestion",
    DialStatus.UNAVAILABLE: "unreachable",
    DialStatus.CANCEL: "cancelled",
}
_CAUSES: dict[Outcome, Cause] = {
    "busy": Cause.BUSY,
    "no_answer": Cause.CALL_NOT_ANSWERED,
    "rejected": Cause.CALL_REJECTED,
    "congestion": Cause.TRUNKS_BUSY,
    "invalid_number": Cause.NUMBER_UNALLOCATED,
    "unreachable": Cause.DEST_NOT_OBTAINABLE,
    "cancelled": Cause.CALL_CANCELLED,
}


def unreached(leg: Leg) -> Outcome:
    """Return why *leg*, which we dialled, did not answer."""
    if leg.requested is not None:  # the far end spoke for itself
        cause, sip = leg.requested
        if leg.ended is not None:
            cause, sip = cause or leg.ended[0], sip or leg.ended[1]
        return BY_SIP.get(sip) or BY_Q850.get(cause) or ("no_answer" if cause in (0, 16) else "failed")
    if leg.lost:
        return "no_answer" if leg.rang else "failed"
    if leg.timed_out:
        return "no_answer" if leg.rang else "unreachable"
    cause, sip = leg.ended or (0, 0)
    if cause in (18, 19, 20) or sip in (408, 480):  # made up by the switch when its own timer ran out
        return "no_answer" if leg.rang else "unreachable"
    status = leg.dial_status
    if status in (DialStatus.BUSY, DialStatus.CONGESTION, DialStatus.UNAVAILABLE, DialStatus.CANCEL):
        return _BY_DIAL[status]
    if cause == 0 and sip == 0 and leg.caller_leg is None:
        return "cancelled"  # hung up by a request to the switch
    if status is DialStatus.NO_ANSWER:
        return "no_answer" if leg.rang else "unreachable"
    return BY_SIP.get(sip) or BY_Q850.get(cause) or "failed"


def cause_of(outcome: Outcome) -> Cause:
    return _CAUSES.get(outcome, Cause.UNKNOWN)
