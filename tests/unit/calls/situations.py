"""The truth of each recorded situation: what the robots did (tests/integration/recording), told as records.

Seconds are what the scenario says, so they hold within TOLERANCE whenever it is recorded anew.
"""

from typing import Any

TOLERANCE = 0.6
Truth = dict[str, Any]

CUSTOMER, CALLED, SECOND, OUTSIDE = "13800138000", "13900139000", "13800000002", "13700137000"


def _inbound(agents: str, ended_by: str = "", *, queues: str = "support", **more: Any) -> Truth:
    return {
        "direction": "inbound", "customer": CUSTOMER, "queues": queues.split(), "agents": agents.split(),
        "outcome": "answered" if agents else "abandoned", "ended_by": ended_by, "transfers": [], "supervisors": [],
        "hold_seconds": 0.0, "certain": True,
    } | more  # fmt: skip


def _outbound(agents: str, outcome: str, ended_by: str, *, queues: str = "", **more: Any) -> Truth:
    return _inbound(agents, ended_by, queues=queues, direction="outbound", customer=CALLED, outcome=outcome) | more


def _internal(agents: str, outcome: str, ended_by: str, **more: Any) -> Truth:
    return _inbound(agents, ended_by, queues="", direction="internal", customer="", outcome=outcome) | more


def _moved(kind: str, to: str, by: str = "1001") -> dict[str, Any]:
    return {"transfers": [(kind, by, to)]}


def _but_hold(truth: Truth) -> list[Truth]:
    """Return *truth* without the seconds on hold, where the scenario does not say them."""
    return [{key: value for key, value in truth.items() if key != "hold_seconds"}]


UNSEEN = {"certain": False, "ended_by": "unknown"}

INBOUND: dict[str, list[Truth]] = {
    "in_queue_timeout": [_inbound("", "system", wait_seconds=3, talk_seconds=0)],
    "in_queue_timeout_ringing": [_inbound("", "customer", wait_seconds=3, talk_seconds=0)],
    "in_queue_overflow": [_inbound("1001", "agent", queues="sales support", wait_seconds=3, talk_seconds=1.1)],
    "in_queue_then_phone": [_inbound("1002", "customer", wait_seconds=4, talk_seconds=1.1)],
    "in_menu": [_inbound("1001", "agent", wait_seconds=1, talk_seconds=1.1)],
    "in_menu_hangup": [_inbound("", "customer", queues="", wait_seconds=0)],
    "in_announcement": [_inbound("", "system", queues="", wait_seconds=0)],
    "in_survey": [_inbound("1001", "customer", wait_seconds=1, talk_seconds=1.1)],
    "in_rejected_busy": [_inbound("1002", "agent", wait_seconds=1, talk_seconds=1.1)],
    "in_rejected_603": [_inbound("1002", "customer", wait_seconds=1, talk_seconds=1.1)],
    "in_no_answer_retries": [_inbound("", "customer", wait_seconds=11.5)],
    "in_no_answer_then_answers": [_inbound("1001", "customer", wait_seconds=6, talk_seconds=1.1)],
    "in_abandoned_early": [_inbound("", "customer", wait_seconds=1.5)],
    "in_ringall_three": [_inbound("1003", "customer", queues="all", wait_seconds=1, talk_seconds=1.1)],
    "in_local_member": [_inbound("1001", "agent", wait_seconds=1, talk_seconds=2.1)],
    "in_local_member_n": [_inbound("1001", "customer", wait_seconds=1, talk_seconds=2.1)],
    "in_local_member_no_answer": [_inbound("1002", "agent", wait_seconds=6, talk_seconds=1.1)],
    "in_two_calls": [
        _inbound("1002", "customer", queues="sales", customer=SECOND, wait_seconds=1, talk_seconds=1.6),
        _inbound("1001", "agent", wait_seconds=1, talk_seconds=2.6),
    ],
    "in_anonymous": [_inbound("1001", "customer", customer="", customer_name="Anonymous", talk_seconds=2)],
    "in_call_waiting": [
        _inbound("1001", "customer", queues="", customer=SECOND, wait_seconds=1, talk_seconds=1.5),
        _inbound("1001", "agent", queues="", wait_seconds=1, talk_seconds=2.6, hold_seconds=2.5),
    ],
    "in_call_waiting_ignored": [
        _inbound("", "customer", queues="", customer=SECOND, wait_seconds=1.5),
        _inbound("1001", "customer", queues="", wait_seconds=1, talk_seconds=3.2),
    ],
    "in_hold_hangup": [_inbound("1001", "customer", wait_seconds=1, talk_seconds=1.1, hold_seconds=2)],
    "in_hold_customer": [_inbound("1001", "agent", wait_seconds=1)],
    "did_cancelled": [_inbound("", "customer", queues="", wait_seconds=2)],
    "did_no_answer": [_inbound("", "system", queues="", outcome="no_answer", wait_seconds=2)],
    "did_busy": [_inbound("", "agent", queues="", outcome="busy", wait_seconds=0)],
    "did_rejected": [_inbound("", "agent", queues="", outcome="rejected", wait_seconds=0)],
    "did_unreachable": [_inbound("", "system", queues="", outcome="unreachable", wait_seconds=0)],
    "did_second_phone": [_inbound("1002", "customer", queues="", wait_seconds=3, talk_seconds=1.1)],
    "did_two_phones": [_inbound("1002", "agent", queues="", wait_seconds=1, talk_seconds=1.1)],
    "did_mailbox": [_inbound("", "customer", queues="", wait_seconds=2)],
    "in_forwarded_outside": [_inbound("", "customer", queues="", outcome="answered")],
    "in_invalid": [_inbound("", "system", queues="", outcome="invalid_number", wait_seconds=0)],
    "in_no_such_number": [],
    "pickup": [_inbound("1002", "customer", wait_seconds=1.6, talk_seconds=1.6)],
    "pickup_direct": [_inbound("1002", "agent", queues="", wait_seconds=1.6, talk_seconds=1.6)],
    "withdrawn": [_inbound("1002", "agent", wait_seconds=2.5, talk_seconds=1.1)],
}
INTERNAL: dict[str, list[Truth]] = {
    "internal_answered": [_internal("1001 1002", "answered", "agent", talk_seconds=1.1)],
    "internal_busy": [_internal("", "busy", "agent", talk_seconds=0)],
    "internal_no_answer": [_internal("", "no_answer", "system", talk_seconds=0)],
    "internal_cancelled": [_internal("", "cancelled", "agent", talk_seconds=0)],
    "internal_echo": [{"direction": "internal", "ended_by": "agent", "talk_seconds": 0.0}],
    "internal_into_queue": [_internal("1002 1001", "answered", "agent", queues=["support"], talk_seconds=1)],
}
OUTBOUND: dict[str, list[Truth]] = {
    "phone_out_answered": [_outbound("1001", "answered", "agent", wait_seconds=0, talk_seconds=1.6)],
    "phone_out_customer_ends": [
        _outbound("1001", "answered", "customer", wait_seconds=0, talk_seconds=2.1, hold_seconds=1.5)
    ],
    "phone_out_cancelled": [_outbound("", "cancelled", "agent", wait_seconds=0)],
    "phone_out_no_answer": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "phone_out_dead": [_outbound("", "unreachable", "system", wait_seconds=0)],
    **{
        f"phone_out_{what}": [_outbound("", outcome, "customer", wait_seconds=0, talk_seconds=0)]
        for what, outcome in {
            "busy": "busy",
            "603": "rejected",
            "403": "rejected",
            "404": "invalid_number",
            "503": "congestion",
            "484": "invalid_number",
            "480": "no_answer",
            "500": "congestion",
        }.items()
    },
    **{
        f"out_first_{what}": [_outbound("", outcome, "customer", wait_seconds=0, talk_seconds=0)]
        for what, outcome in {
            "603": "rejected",
            "403": "rejected",
            "404": "invalid_number",
            "503": "congestion",
            "480": "no_answer",
            "486": "busy",
            "500": "congestion",
            "408": "no_answer",
            "410": "invalid_number",
        }.items()
    },
    "out_first_ring": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "out_first_dead": [_outbound("", "unreachable", "system", wait_seconds=0)],
    "out_first_no_endpoint": [_outbound("", "unreachable", "system", wait_seconds=0)],
    "out_first_hangup": [_outbound("", "cancelled", "system", wait_seconds=0)],
    "out_first_abandoned": [_outbound("", "abandoned", "customer", queues="sales", wait_seconds=2.1)],
    "out_first_abandoned_ringing": [_outbound("", "abandoned", "customer", queues="sales", wait_seconds=2.1)],
    "out_first_answered": [_outbound("1001", "answered", "agent", queues="sales", wait_seconds=1, talk_seconds=1.6)],
    "out_local_busy": [_outbound("", "busy", "customer", wait_seconds=0)],
    "out_local_n_busy": [_outbound("", "busy", "customer", wait_seconds=0)],
    "out_local_ring": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "out_local_answered": [_outbound("1001", "answered", "customer", queues="sales", wait_seconds=1, talk_seconds=2.1)],
    "out_local_n_answered": [
        _outbound("1001", "answered", "customer", queues="sales", wait_seconds=1, talk_seconds=2.1)
    ],
    "out_local_agent_first": [_outbound("1001", "answered", "agent", wait_seconds=0, talk_seconds=1.6)],
    "out_agent_no_answer": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "out_agent_rejects": [_outbound("", "busy", "agent", wait_seconds=0)],
    "out_agent_unregistered": [_outbound("", "unreachable", "system", wait_seconds=0)],
    "out_agent_first_busy": [_outbound("", "busy", "customer", wait_seconds=0)],
    "out_agent_first_ring": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "out_agent_first_404": [_outbound("", "invalid_number", "customer", wait_seconds=0)],
    "out_agent_first_gives_up": [_outbound("", "cancelled", "agent", wait_seconds=0)],
}
TRANSFERS: dict[str, list[Truth]] = {
    "blind_to_agent": [_inbound("1001 1002", "customer", **_moved("blind", "1002"), wait_seconds=2, talk_seconds=2.2)],
    "blind_to_busy": [_inbound("1001", "agent", **_moved("blind", "1002"), talk_seconds=1.1)],
    "blind_no_answer": [_inbound("1001", "customer", **_moved("blind", "1002"), wait_seconds=3.5, talk_seconds=1.1)],
    "blind_to_queue": [
        _inbound("1001 1002", "agent", queues="support sales", **_moved("blind", "5001"), wait_seconds=2)
    ],
    "blind_to_queue_abandoned": [
        _inbound("1001", "customer", queues="support sales", **_moved("blind", "5001"), wait_seconds=3.5)
    ],
    "blind_to_same_queue": [_inbound("1001 1002", "agent", **_moved("blind", "5000"), talk_seconds=2.2)],
    "blind_to_outside": [_inbound("1001", "customer", **_moved("blind", OUTSIDE))],
    "blind_to_nowhere": [_inbound("1001", "agent", wait_seconds=1)],
    "blind_by_keys": _but_hold(_inbound("1001 1002", "agent", **_moved("blind", "1002"))),
    "blind_of_outbound": [_outbound("1001 1002", "answered", "customer", **_moved("blind", "1002"))],
    "attended_refer": [
        _inbound("1001 1002", "agent", **_moved("attended", "1002"), hold_seconds=2.9, talk_seconds=2.6)
    ],
    "attended_refer_outbound": [
        _outbound("1001 1002", "answered", "agent", **_moved("attended", "1002"), hold_seconds=2.9)
    ],
    "attended_ringing": [
        _inbound("1001 1002", "customer", **_moved("attended", "1002"), wait_seconds=3.5, hold_seconds=1.9)
    ],
    "attended_into_queue": [
        _inbound("1001 1002", "agent", queues="support sales", **_moved("attended", "sales"), hold_seconds=1.9)
    ],
    "attended_to_outside": [_inbound("1001", "customer", **_moved("attended", OUTSIDE), hold_seconds=2.9)],
    "consult_aborted": [_inbound("1001", "agent", hold_seconds=3.4, talk_seconds=2.1)],
    "consult_busy": [_inbound("1001", "customer", hold_seconds=1.5, talk_seconds=2.1)],
    "consult_outside_aborted": [_inbound("1001", "customer", hold_seconds=3.4, talk_seconds=2.1)],
    "consult_customer_leaves": [_inbound("1001", "customer", hold_seconds=2.9, talk_seconds=1.1)],
    "atxfer_ami": [_inbound("1001 1002", "agent", **_moved("attended", "1002"), hold_seconds=6, talk_seconds=3.1)],
    "atxfer_keys": [_inbound("1001 1002", "customer", **_moved("attended", "1002"), hold_seconds=7.4, talk_seconds=4)],
    "atxfer_keys_ringing": _but_hold(_inbound("1001 1002", "customer", **_moved("attended", "1002"))),
    "atxfer_keys_ringing_nameless": _but_hold(_inbound("1001 1002", "customer", **_moved("attended", "1002"))),
    "atxfer_keys_aborted": _but_hold(_inbound("1001", "customer")),
    "atxfer_keys_busy": _but_hold(_inbound("1001", "agent")),
    "atxfer_customer_leaves": _but_hold(_inbound("1001", "customer")),
    "redirect_to_queue": [_inbound("1001 1002", "customer", queues="support sales", wait_seconds=2, talk_seconds=2.2)],
    "redirect_to_agent": [_inbound("1001 1002", "agent", wait_seconds=2, talk_seconds=2.2)],
    "conference": [_inbound("1001 1002", "customer", wait_seconds=1)],
    "conference_dialled": [_inbound("1001 1002", "customer", wait_seconds=1)],
    "parked_and_fetched": [
        _inbound("1001 1002", "customer", **_moved("blind", "700"), wait_seconds=1, hold_seconds=1.6)
    ],
    "parked_comes_back": [_inbound("1001", "customer", **_moved("blind", "700"), wait_seconds=2, hold_seconds=4)],
    "two_transfers": [
        _inbound("1001 1002 1003", "agent", transfers=[("blind", "1001", "1002"), ("blind", "1002", "1003")])
    ],
    "blind_internal": [_internal("1001 1002 1003", "answered", "agent", **_moved("blind", "1003", "1002"))],
}
SPIED = {"supervisors": ["1901"]}
SUPERVISION: dict[str, list[Truth]] = {
    "spy_listen": [_inbound("1001", "customer", **SPIED, wait_seconds=1, talk_seconds=5.1)],
    "spy_foreign": [_inbound("1001", "customer", **SPIED, wait_seconds=1)],
    "spy_barge": [_inbound("1001", "agent", **SPIED, wait_seconds=1)],
    "spy_moves": [
        _inbound("1001", "customer", **SPIED, wait_seconds=1),
        _inbound("1002", "customer", **SPIED, customer=SECOND, wait_seconds=1),
    ],
    "spy_dialled": [_inbound("1001", "customer", **SPIED, wait_seconds=1)],
    "spy_no_answer": [_inbound("1001", "customer", wait_seconds=1)],
    "spy_foreign_no_answer": [_inbound("1001", "customer", wait_seconds=1)],
    "spy_rejected": [_inbound("1001", "customer", wait_seconds=1)],
    "spy_too_late": [_inbound("1001", "customer", wait_seconds=1)],
    "takeover_conference": [_inbound("1001", "customer", **SPIED, wait_seconds=1)],
    "takeover_bridge": [_inbound("1001", "customer", **SPIED, wait_seconds=1)],
    "supervisor_consulted": [_inbound("1001", "customer", wait_seconds=1, hold_seconds=3)],
}
# here the supervisor does what an agent does, so only being told tells
TOLD_SUPERVISORS: dict[str, list[Truth]] = {
    "transfer_to_supervisor": [_inbound("1001", "customer", **_moved("blind", "1901"), **SPIED, talk_seconds=2.6)],
    "did_supervisor": [_inbound("", "customer", **SPIED, outcome="answered", talk_seconds=1.6)],
}
OUTAGES: dict[str, list[Truth]] = {
    "cut_ringing cut_ringing_after": [_inbound("1001", "agent")],
    "cut_talking cut_talking_after": [
        _inbound("1001", wait_seconds=1, talk_seconds=0, **UNSEEN),
        _inbound("1001", "agent", customer=SECOND),
    ],
    "cut_holding cut_holding_after": [_inbound("1001", "agent", hold_seconds=3, talk_seconds=2.1)],
    "cut_transfer cut_transfer_after": [_inbound("1001 1002", "customer")],
    "cut_consulting cut_consulting_after": _but_hold(_inbound("1001 1002", "agent")),
    "cut_consulting_goes_on cut_consulting_goes_on_after": [
        _inbound("1001 1002", "agent", **_moved("attended", "1002"), hold_seconds=2.9)
    ],
    "cut_queued cut_queued_after": [
        _inbound("", wait_seconds=0, **UNSEEN),
        _inbound("1001", "agent", customer=SECOND, wait_seconds=4, talk_seconds=1.1),
    ],
    "cut_outbound cut_outbound_after": [_outbound("1001", "answered", "customer")],
    "cut_silent cut_silent_after": [_inbound("1001", "customer", talk_seconds=2.2)],
    "begins_talking": [_inbound("1001", "agent")],
    "begins_ringing": [_inbound("1001", "agent", talk_seconds=1.1)],
    "begins_outbound": [_outbound("1001", "answered", "agent")],
    "begins_originated": [_outbound("1001", "answered", "agent", queues="sales", customer="")],
    "begins_internal": [_internal("1001 1002", "answered", "agent")],
    "begins_consulting": _but_hold(_inbound("1001 1002", "agent", **_moved("attended", "1002"))),
    "begins_spying": [_inbound("1001", "customer", **SPIED)],
    "rtp_timeout": [_inbound("1001", "system", wait_seconds=1)],
    "restarted restarted_after": [_inbound("1001", "system", wait_seconds=1, talk_seconds=1.1)],
    "killed killed_after": [
        # nothing is heard after the second caller joined the queue
        _inbound("1001", wait_seconds=1, talk_seconds=1.1, **UNSEEN),
        _inbound("", customer=SECOND, wait_seconds=0, **UNSEEN),
        _inbound("1001", "customer", customer="13800000003", wait_seconds=1, talk_seconds=0.5),
    ],
}
MORE: dict[str, list[Truth]] = {
    "phone_out_second_route": [_outbound("1001", "answered", "customer", wait_seconds=0, talk_seconds=1.6)],
    "phone_out_two_numbers": [_outbound("1001", "answered", "agent", customer=OUTSIDE, talk_seconds=1.6)],
    "phone_out_early": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "phone_out_no_route": [_outbound("", "unreachable", "system", customer=f"88{CALLED}", wait_seconds=0)],
    "out_agent_first_no_route": [_outbound("", "unreachable", "system", customer=f"88{CALLED}", wait_seconds=0)],
    "out_first_early": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "out_first_no_agent": [_outbound("", "abandoned", "system", wait_seconds=0)],
    "out_agent_dial_app": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "out_agent_dial_app_answered": [_outbound("1001", "answered", "customer", wait_seconds=0, talk_seconds=1.6)],
    "out_local_agent_no_answer": [_outbound("", "no_answer", "system", wait_seconds=0)],
    "internal_originated": [_internal("1001 1002", "answered", "agent", talk_seconds=1.6)],
    "conference_invite_no_answer": [_inbound("1001", "customer", wait_seconds=1)],
    "spy_local": [_inbound("1001", "customer", **SPIED, wait_seconds=1)],
    "spy_local_no_answer": [_inbound("1001", "customer", wait_seconds=1)],
    "atxfer_abort_key": _but_hold(_inbound("1001", "agent")),
    "atxfer_threeway_key": _but_hold(_inbound("1001 1002", "customer", wait_seconds=1)),
    "attended_back": _but_hold(
        _inbound("1001 1002", "customer", transfers=[("attended", "1001", "1002"), ("blind", "1002", "1001")])
    ),
    "hold_agent_hangs_up": [_inbound("1001", "agent", hold_seconds=1.5, talk_seconds=1.1)],
    "did_rejected_mailbox": [_inbound("", "system", queues="", outcome="busy", talk_seconds=0)],
    "blind_to_announcement": [_inbound("1001", "customer", **_moved("blind", "850"), talk_seconds=1.1)],
    "internal_consulted": _but_hold(
        _internal("1001 1002 1003", "answered", "agent", **_moved("attended", "1003", "1002"))
    ),
    "customer_swapped": [
        _inbound("1001", "agent", queues="", customer=SECOND, wait_seconds=1, talk_seconds=1.1),
        *_but_hold(_inbound("1001 1002", "agent", queues="", **_moved("blind", "1002"), wait_seconds=2)),
    ],
    "agent_dials_after_call": [
        _inbound("1001", "customer", talk_seconds=1.1),
        _outbound("1001", "answered", "agent", talk_seconds=1.1),
    ],
    "agent_rung_while_dialling": [
        _inbound("", "customer", queues="", customer=SECOND, wait_seconds=1.5),
        _outbound("1001", "answered", "customer", talk_seconds=1.1),
    ],
    "killed_unasked killed_unasked_after": [
        _inbound("1001", wait_seconds=1, **UNSEEN),
        _inbound("1001", "customer", customer="13800000003", wait_seconds=1, talk_seconds=0.5),
    ],
    "cut_many cut_many_second cut_many_third": [_inbound("1001", "agent")],
    "unfiltered_attended_refer": [
        _inbound("1001 1002", "agent", **_moved("attended", "1002"), hold_seconds=2.9, talk_seconds=2.6)
    ],
    "did_forwarded": [_inbound("1002", "customer", queues="", wait_seconds=1, talk_seconds=1.6)],
    "agent_logged_in": [
        _inbound("1001", "customer", talk_seconds=3.5),
        _inbound("1001", "agent", customer=SECOND, talk_seconds=3.5),
    ],
    "spy_again": [_inbound("1001", "customer", **SPIED, wait_seconds=1)],
    "out_bridged": [_outbound("1001", "answered", "customer", talk_seconds=1.6)],
    "agent_waits_in_conference": [
        _outbound("1001", "answered", "customer", talk_seconds=1.6),
        _outbound("1001", "answered", "customer", customer=OUTSIDE, talk_seconds=1.6),
    ],
    "begins_held": _but_hold(_inbound("1001", "agent")),
}
SITUATIONS = {**INBOUND, **INTERNAL, **OUTBOUND, **TRANSFERS, **SUPERVISION, **OUTAGES, **MORE}
