"""Each recorded situation leaves exactly the records that it should."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.ami.capture import facts_of
from cti.calls.parties import Parties
from cti.services.replay import lines_of
from tests.unit.calls.situations import SITUATIONS, TOLD_SUPERVISORS, TOLERANCE, Truth

TRACES = Path(__file__).parents[2] / "traces"

ANSWERED = {"direction": "inbound", "customer": "13800138000", "outcome": "answered", "certain": True}
OUTBOUND = {"direction": "outbound", "customer": "13900139000", "certain": True}

# capture(s) -> what each record must say, in the order in which the calls ended
EXPECTED: dict[str, list[dict[str, Any]]] = {
    "inbound_answered": [
        ANSWERED | {"queues": ["support"], "agents": ["1001"], "ended_by": "agent", "talk_seconds": 1.5}
    ],
    "inbound_abandoned": [
        ANSWERED
        | {"outcome": "abandoned", "agents": [], "ended_by": "customer", "answered_at": None, "wait_seconds": 1.2}
    ],
    "direct_did": [ANSWERED | {"queues": [], "agents": ["1001"], "ended_by": "customer", "wait_seconds": 0.4}],
    "queue_rna_second_agent": [ANSWERED | {"agents": ["1002"], "wait_seconds": 5.4, "talk_seconds": 1.0}],
    "queue_ringall": [ANSWERED | {"queues": ["all"], "agents": ["1002"]}],
    "hold_unhold": [ANSWERED | {"agents": ["1001"], "hold_seconds": 1.6, "talk_seconds": 2.8}],
    "blind_transfer_ami": [
        ANSWERED
        | {"agents": ["1001", "1002"], "transfers": [("blind", "1001", "1002")], "hold_seconds": 0.0}
        | {"ended_by": "customer"}
    ],
    "attended_transfer_refer": [
        ANSWERED
        | {"agents": ["1001", "1002"], "transfers": [("attended", "1001", "1002")], "hold_seconds": 1.9}
        | {"ended_by": "customer"}
    ],
    "spy_switch_dtmf": [ANSWERED | {"agents": ["1001"], "supervisors": ["1901"], "talk_seconds": 9.1}],
    "out_customer_first": [
        OUTBOUND | {"outcome": "answered", "queues": ["sales"], "agents": ["1001"], "dialled": "13900139000"}
    ],
    "out_agent_first": [OUTBOUND | {"outcome": "answered", "agents": ["1001"], "wait_seconds": 0.0}],
    "out_cust_first_busy": [OUTBOUND | {"outcome": "busy", "ended_by": "customer", "agents": []}],
    "out_cust_first_ringtimeout": [OUTBOUND | {"outcome": "no_answer", "ended_by": "system"}],
    "disconnect_mid_call disconnect_mid_call_resync": [
        ANSWERED | {"agents": ["1001"], "ended_by": "customer"},
        ANSWERED | {"customer": "13800000002", "customer_name": "李四", "outcome": "abandoned"},
    ],
    "disconnect_mid_call": [
        ANSWERED | {"certain": False, "ended_by": "unknown"},
        ANSWERED | {"customer": "13800000002", "outcome": "abandoned", "certain": False, "ended_by": "unknown"},
    ],
    "restart_mid_call restart_mid_call_after": [ANSWERED | {"ended_by": "system"}],
    "agent_pause": [],
    "login_wrong_secret": [],
}


def records_of(names: str, **parties: Any) -> list[dict[str, Any]]:
    captures = [TRACES / f"{name}.ami" for name in names.split()]
    told = [json.loads(line) for line in lines_of(facts_of(captures), Parties(**parties))]
    return [line for line in told if line.get("record") == "call"]


def comparable(record: dict[str, Any], key: str) -> Any:
    value = record[key]
    if key == "transfers":
        return [(transfer["kind"], transfer["by"], transfer["to"]) for transfer in value]
    return round(value, 1) if isinstance(value, float) else value


@pytest.mark.parametrize("names", EXPECTED)
def test_a_recorded_situation_leaves_its_records(names: str) -> None:
    records = records_of(names)
    assert len(records) == len(EXPECTED[names])
    for record, expected in zip(records, EXPECTED[names], strict=True):
        assert {key: comparable(record, key) for key in expected} == expected


def assert_true(names: str, truth: list[Truth], **parties: Any) -> None:
    records = records_of(names, **parties)
    assert len(records) == len(truth)
    for record, true in zip(records, truth, strict=True):
        told = {key: comparable(record, key) for key in true}
        assert told == {
            key: pytest.approx(value, abs=TOLERANCE) if key.endswith("_seconds") else value
            for key, value in true.items()
        }
        assert record["started_at"] <= (record["answered_at"] or record["started_at"]) <= record["ended_at"]


@pytest.mark.parametrize("names", SITUATIONS)
@pytest.mark.parametrize("supervisors", [[], ["PJSIP/1901"]], ids=["untold", "told"])
def test_the_records_of_a_situation_are_true(names: str, supervisors: list[str]) -> None:
    assert_true(names, SITUATIONS[names], supervisors=supervisors)


@pytest.mark.parametrize("names", TOLD_SUPERVISORS)
def test_a_supervisor_who_answers_calls_is_known_by_being_told(names: str) -> None:
    assert_true(names, TOLD_SUPERVISORS[names], supervisors=["PJSIP/1901"])


@pytest.mark.parametrize("names", [*SITUATIONS, *TOLD_SUPERVISORS])
def test_events_fit_together(names: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each connection that begins ends, none is told to go on that had not begun, and nothing is unexpected."""
    captures = [TRACES / f"{name}.ami" for name in names.split()]
    parties = Parties(supervisors=["PJSIP/1901"])
    open_connections: set[tuple[str, str]] = set()
    joined: dict[str, str] = {}
    for event in map(json.loads, lines_of(facts_of(captures), parties)):
        match event.get("event"):
            case "CallsJoined":
                moved = {(call, leg) for call, leg in open_connections if call == event["joined"]}
                open_connections = (open_connections - moved) | {(event["call"], leg) for _, leg in moved}
                joined[event["joined"]] = event["call"]
            case "ConnectionCleared" | "Failed" | "Diverted":
                open_connections.remove((event["call"], event["channel"]))
            case "Held" | "Retrieved":
                assert (event["call"], event["channel"]) in open_connections
            case "Originated" | "Delivered" | "Established" | "Queued" | "ServiceInitiated":
                assert event["call"] not in joined
                open_connections.add((event["call"], event["channel"]))
            case "CallCleared":
                assert event["call"] not in {call for call, _ in open_connections}
    assert not open_connections
    assert not [record for record in caplog.records if record.message == "an event does not fit"]


def test_caller_names_survive_in_every_script() -> None:
    names = [record["customer_name"] for record in records_of("caller_names")]
    assert {"王小明（北京）", "😀 客户", "a: b", "Event: Hangup", ""} <= set(names)


def test_forged_frames_make_no_call_and_end_none() -> None:
    for record in records_of("sip_injection"):
        assert record["id"].startswith("lab1-")
        assert "Event" not in record["customer"]


def test_told_devices_win_over_the_looks_of_their_names() -> None:
    (record,) = records_of("direct_did", agents=["PJSIP/trunk"], trunks=["PJSIP/1001"])
    assert (record["direction"], record["agents"]) == ("outbound", ["trunk"])


def test_a_call_of_whose_beginning_nothing_was_seen_leaves_no_guess() -> None:
    ids = {record["id"] for record in records_of("sip_injection")}
    assert ids == {"lab1-1795423219.35", "lab1-1795423220.37", "lab1-1795423223.40"}
    assert records_of("begins_unasked") == []
