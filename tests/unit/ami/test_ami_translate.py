"""Every fact, from the event that states it; releases 18 to 22."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.ami.frames import headers_of, lines_of
from connectors.ami.reader import Reader
from connectors.ami.translate import TRANSLATIONS, device_of, dialled_of, to_fact
from cti.calls import facts as f
from tests.fakes.ami_peer import channel_lines, event

TRACES = Path(__file__).parents[2] / "traces"
AT = datetime(2026, 11, 23, 8, 33, 6, tzinfo=UTC)
UID, AGENT = f.ChannelId("pbx-1795422786.1"), f.ChannelId("pbx-1795422786.2")
CALLER = f.Party("13800138000", "Zhang San")


def about(prefix: str, uid: str, **more: str) -> list[str]:
    return [prefix + line for line in channel_lines(uid, **more)]


def fact_of(name: str, *lines: str) -> f.Fact | None:
    return to_fact(headers_of(lines_of(event(name, *lines).removesuffix(b"\r\n\r\n"))), at=AT)


TRUNK = channel_lines(UID)
BOTH = [*TRUNK, *about("Dest", AGENT, name="PJSIP/1001-00000023", linked=UID)]
MEMBER = ["Queue: support", "MemberName: 王小明", "Interface: PJSIP/1001", "StateInterface: PJSIP/1001"]
STATES = [*MEMBER, "Status: 6", "Paused: 1", "PausedReason: 午餐"]
BRIDGE = ["BridgeUniqueid: b1", "BridgeType: basic", "BridgeNumChannels: 1"]
ORIGINATE = ["ActionID: x-1", "CallerIDNum: 10086", "CallerIDName: Campaign"]
BY = [*about("OrigTransferer", "a"), *about("SecondTransferer", "b")]

CASES: list[tuple[str, list[str], f.Fact | None]] = [
    (
        "Newchannel",
        TRUNK,
        f.ChannelCreated(
            AT,
            UID,
            UID,
            "PJSIP/trunk-00000001",
            f.Device("PJSIP/trunk"),
            f.ChannelState.RING,
            CALLER,
            "5000",
            "from-trunk",
        ),
    ),
    ("Newstate", channel_lines(UID, state=6), f.ChannelStateChanged(AT, UID, f.ChannelState.UP)),
    ("NewCallerid", [*TRUNK, "CID-CallingPres: 0 (Allowed)"], f.CallerIdentified(AT, UID, CALLER)),
    (
        "Rename",
        ["Channel: PJSIP/1001-00000001", "Newname: PJSIP/1002-00000009<MASQ>", f"Uniqueid: {UID}"],
        f.ChannelRenamed(AT, UID, "PJSIP/1002-00000009<MASQ>", f.Device("PJSIP/1002")),
    ),
    ("HangupRequest", TRUNK, f.HangupRequested(AT, UID, 0, 0)),
    ("HangupRequest", [*TRUNK, "Cause: 17", "TechCause: 486"], f.HangupRequested(AT, UID, 17, 486)),
    ("Hangup", [*TRUNK, "Cause: 16", "Cause-txt: Normal Clearing"], f.ChannelGone(AT, UID, 16, 0)),  # 18, 20
    ("Hangup", [*TRUNK, "Cause: 17", "Cause-txt: User busy", "TechCause: 486"], f.ChannelGone(AT, UID, 17, 486)),  # 22
    ("DialBegin", [*BOTH, "DialString: 1001"], f.DialBegan(AT, AGENT, UID, "1001")),
    ("DialBegin", [*about("Dest", AGENT), "DialString: 139@trunk"], f.DialBegan(AT, AGENT, None, "139@trunk")),
    ("DialState", [*BOTH, "DialStatus: RINGING"], f.DialRinging(AT, AGENT)),
    ("DialState", [*BOTH, "DialStatus: PROGRESS"], f.DialRinging(AT, AGENT)),  # sound before the answer
    ("DialState", [*BOTH, "DialStatus: PROCEEDING"], None),
    *(
        ("DialEnd", [*BOTH, f"DialStatus: {word}"], f.DialEnded(AT, AGENT, status))
        for word, status in {
            "ANSWER": f.DialStatus.ANSWER,
            "BUSY": f.DialStatus.BUSY,
            "NOANSWER": f.DialStatus.NO_ANSWER,
            "CANCEL": f.DialStatus.CANCEL,
            "CONGESTION": f.DialStatus.CONGESTION,
            "CHANUNAVAIL": f.DialStatus.UNAVAILABLE,
            "TORTURE": f.DialStatus.OTHER,
        }.items()
    ),
    (
        "OriginateResponse",
        [
            *ORIGINATE,
            "Response: Failure",
            "Channel: PJSIP/13900139000@trunk",
            "Exten: 1",
            "Reason: 3",
            "Uniqueid: <unknown>",
        ],
        f.OriginateEnded(AT, "x-1", None, f.Device("PJSIP/trunk"), "13900139000", "1", False, True),
    ),
    (
        "OriginateResponse",
        [
            *ORIGINATE,
            "Response: Success",
            "Channel: PJSIP/1001-00000042",
            "Exten: 139",
            "Reason: 4",
            f"Uniqueid: {UID}",
        ],
        f.OriginateEnded(AT, "x-1", UID, f.Device("PJSIP/1001"), "", "139", True, False),
    ),
    ("BridgeEnter", [*BRIDGE, *channel_lines(AGENT, linked=UID)], f.BridgeEntered(AT, AGENT, f.BridgeId("b1"), UID)),
    ("BridgeLeave", [*BRIDGE, *TRUNK], f.BridgeLeft(AT, UID, f.BridgeId("b1"))),
    ("LocalBridge", [*about("LocalOne", UID), *about("LocalTwo", AGENT)], f.LocalHalvesJoined(AT, UID, AGENT)),
    ("Hold", [*TRUNK, "MusicClass: default"], f.Held(AT, UID)),
    ("Unhold", TRUNK, f.Unheld(AT, UID)),
    (
        "QueueCallerJoin",
        [*TRUNK, "Queue: support", "Position: 2", "Count: 2"],
        f.QueueJoined(AT, UID, "support", 2, CALLER),
    ),
    ("QueueCallerLeave", [*TRUNK, "Queue: support", "Count: 0", "Position: 1"], f.QueueLeft(AT, UID, "support")),
    ("QueueCallerAbandon", [*TRUNK, "Queue: support", "HoldTime: 1"], f.QueueAbandoned(AT, UID, "support")),
    ("AgentCalled", [*BOTH, *MEMBER], f.AgentRung(AT, UID, AGENT, "support", f.Device("PJSIP/1001"))),
    (
        "AgentRingNoAnswer",
        [*BOTH, *MEMBER, "RingTime: 4000"],
        f.AgentNotAnswering(AT, AGENT, "support", f.Device("PJSIP/1001"), 4.0),
    ),
    ("AgentConnect", [*BOTH, *MEMBER, "HoldTime: 1", "RingTime: 0"], f.AgentConnected(AT, UID, AGENT, "support")),
    *(
        (
            f"QueueMember{what}",
            STATES,
            f.MemberSeen(AT, "support", f.Device("PJSIP/1001"), "王小明", f.MemberState.RINGING, True, "午餐"),
        )
        for what in ("Added", "Status", "Pause", "Penalty", "Ringinuse")
    ),
    ("QueueMemberRemoved", STATES, f.MemberRemoved(AT, "support", f.Device("PJSIP/1001"))),
    (
        "PeerStatus",
        ["ChannelType: PJSIP", "Peer: PJSIP/1001", "PeerStatus: Unreachable"],
        f.DeviceReachable(AT, f.Device("PJSIP/1001"), False),
    ),
    ("PeerStatus", ["ChannelType: IAX2", "Peer: IAX2/a", "PeerStatus: Lagged"], None),
    (
        "BlindTransfer",
        ["Result: Success", *about("Transferer", AGENT), *about("Transferee", UID), "Extension: 1002"],
        f.BlindTransferred(AT, AGENT, UID, "1002", True),
    ),
    (
        "BlindTransfer",
        ["Result: Fail", *about("Transferer", AGENT), "Extension: 1002"],
        f.BlindTransferred(AT, AGENT, None, "1002", False),
    ),
    (
        "AttendedTransfer",
        ["Result: Success", *BY, *about("Transferee", "c"), *about("TransferTarget", "d"), "DestType: Bridge"],
        f.AttendedTransferred(AT, f.ChannelId("a"), f.ChannelId("b"), f.ChannelId("c"), f.ChannelId("d"), True),
    ),
    (
        "AttendedTransfer",
        ["Result: Success", *BY, "DestType: App"],
        f.AttendedTransferred(AT, f.ChannelId("a"), f.ChannelId("b"), None, None, True),
    ),
    ("Pickup", [*channel_lines(AGENT), *about("Target", UID)], f.PickedUp(AT, AGENT, UID)),
    ("ConfbridgeJoin", ["Conference: 42", *BRIDGE, *TRUNK, "Admin: No"], f.ConferenceJoined(AT, UID, "42")),
    ("ConfbridgeLeave", ["Conference: 42", *BRIDGE, *TRUNK], f.ConferenceLeft(AT, UID, "42")),
    ("ChanSpyStart", [*about("Spyer", AGENT), *about("Spyee", UID)], f.SpyStarted(AT, AGENT, UID)),
    ("ChanSpyStop", about("Spyer", AGENT), f.SpyStopped(AT, AGENT)),
    ("Shutdown", ["Shutdown: Cleanly", "Restart: True"], f.SwitchStopping(AT)),
    ("VarSet", [*TRUNK, "Variable: A", "Value: b"], None),
]


@pytest.mark.parametrize(("name", "lines", "fact"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_what_an_event_states(name: str, lines: list[str], fact: f.Fact | None) -> None:
    assert fact_of(name, *lines) == fact


@pytest.mark.parametrize(("name", "lines", "fact"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_the_reader_lets_it_pass(name: str, lines: list[str], fact: f.Fact | None) -> None:
    reader = Reader()
    found = reader.feed(b"Asterisk Call Manager/11.0.0\r\n" + event(name, *lines, at=AT.timestamp()))
    assert found == ([] if fact is None else [fact])
    assert not reader.refusals.counts


def test_every_translation_is_tried_here() -> None:
    assert {name for name, _, _ in CASES} >= set(TRANSLATIONS)


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("PJSIP/1001-00000023", "PJSIP/1001"),
        ("PJSIP/desk-phone-2-00000023", "PJSIP/desk-phone-2"),
        ("SIP/trunk-a-0000001a", "SIP/trunk-a"),
        ("IAX2/peer-12345", "IAX2/peer"),
        ("DAHDI/i1/13800138000-1", "DAHDI/i1"),
        ("DAHDI/4-1", "DAHDI/4"),
        ("Local/201@agents-00000004;1", "Local/201@agents"),
        ("Local/201@from-queue-00000004;2", "Local/201@from-queue"),
        ("PJSIP/1001-00000023<ZOMBIE>", "PJSIP/1001"),
        ("PJSIP/1001-00000023<MASQ>", "PJSIP/1001"),
        ("AsyncGoto/PJSIP/1001-00000023", "PJSIP/1001"),
        ("Surrogate/PJSIP/1001-00000023", "PJSIP/1001"),
        ("PJSIP/1001", "PJSIP/1001"),
        ("", ""),
    ],
)
def test_the_device_of_a_channel(name: str, device: str) -> None:
    assert device_of(name) == device


@pytest.mark.parametrize(
    ("asked", "device", "number"),
    [
        ("PJSIP/13900139000@trunk", "PJSIP/trunk", "13900139000"),
        ("PJSIP/1001", "PJSIP/1001", ""),
        ("PJSIP/trunk/sip:139@sbc.example", "PJSIP/trunk", "sip:139@sbc.example"),
        ("SIP/trunk/13900139000", "SIP/trunk", "13900139000"),
        ("DAHDI/g1/13900139000", "DAHDI/g1", "13900139000"),
        ("Local/201@agents/n", "Local/201@agents/n", ""),
    ],
)
def test_what_an_originate_dialled(asked: str, device: str, number: str) -> None:
    assert dialled_of(asked) == (device, number)


def test_unknown_numbers_and_names_are_nobody() -> None:
    lines = [line.replace("13800138000", "<unknown>").replace("Zhang San", "<unknown>") for line in TRUNK]
    created = fact_of("Newchannel", *lines)
    assert isinstance(created, f.ChannelCreated)
    assert created.caller == f.NOBODY


def test_names_of_the_trace_survive() -> None:
    facts = Reader().feed((TRACES / "caller_names.ami").read_bytes())
    names = {fact.caller.name for fact in facts if isinstance(fact, f.ChannelCreated)}
    assert names >= {"王小明（北京）", "😀 客户", "a: b", "", "\ufffd\ufffd\ufffd\ufffd"}
    assert r"O\"Brien \\ <tag>" in names  # as the phone sent it: AMI's escapes are undone, SIP's are the phone's
