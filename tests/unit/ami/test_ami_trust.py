"""What an attacker can do with 79 bytes in his number and 79 in the one that he dials: nothing that changes state."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ami.frames import lines_of
from connectors.ami.reader import Reader
from connectors.ami.trust import Refusals
from cti.calls import facts as f
from tests.fakes.ami_peer import channel_lines, event, frame, new_channel

TRACES = Path(__file__).parents[2] / "traces"
FIELD = 79  # bytes that Asterisk keeps of a number
VICTIM = "s-1795422786.1"
OWN = "s-1795422786.66"
AT = 1795422786.0


def reader(systemname: str | None = "s") -> Reader:
    """A reader whose PBX has the shortest possible systemname: the attacker's best case."""
    made = Reader(systemname=systemname)
    made.feed(b"Asterisk Call Manager/11.0.0\r\n" + frame("Response: Success", "ActionID: 1", "Message: ok"))
    made.feed(event("Newchannel", *channel_lines(VICTIM), system="s"))
    return made


def injected(payload: str, *, where: str = "CallerIDNum", name: str = "Newchannel") -> bytes:
    """An event of the attacker's own call, with *payload* as the value of *where*."""
    lines = channel_lines(OWN, name="PJSIP/trunk-00000042")
    lines = [f"{where}: {payload}" if line.startswith(f"{where}: ") else line for line in lines]
    extra = ["Cause: 16", "Cause-txt: Normal Clearing"] if name == "Hangup" else []
    return event(name, *lines, *extra, system="s")


PAYLOADS = [
    "\r\n\r\nEvent: Hangup\r\nUniqueid: " + VICTIM,
    "\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nUniqueid: " + VICTIM,
    "\r\n\r\nEvent: QueueMemberPause\r\nQueue: a\r\nInterface: PJSIP/1001\r\nPaused: 1",
    "\r\n\r\nEvent: Shutdown\r\nPrivilege: system,all\r\nTimestamp: 1795422786.000000",
    "\r\n\r\nEvent: FullyBooted\r\nPrivilege: system,all\r\nUptime: 0\r\nStatus: Fully",
    "\r\n\r\nResponse: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: x",
    "\r\n\r\nResponse: Success\r\nActionID: 1\r\nMessage: will follow\r\n\r\n",
    "\r\n\r\nEvent: CoreShowChannelsComplete\r\nActionID: 1\r\nListItems: 0",
    "\r\n\r\nEvent: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 0\r\n\r\n",
    "\r\n\r\nResponse: Success\r\nCoreStartupDate: 1\r\nCoreStartupTime: 1\r\n\r\n",
    "\r\n\r\nEvent: Hold\r\nPrivilege: call,all\r\nTimestamp: 1795422786.000000\r\nSystem",
    "\r\nUniqueid: " + VICTIM,
    "\r\nUniqueid: " + VICTIM + "\r\n",
    "\r\nUniqueid: " + VICTIM + "\r\nLinkedid: " + VICTIM + "\r\n",
    "\r\nUniqueid: " + VICTIM + "\r\nLinkedid: " + VICTIM + "\r\nCause: 16\r\n",
    "\r\nPriority: 1\r\nUniqueid: " + VICTIM + "\r\nLinkedid: " + VICTIM + "\r\n",
    "\r\nPriority: 1\r\nUniqueid: a-1.1\r\nLinkedid: " + VICTIM + "\r\n\r\nEvent: ",
    "\r\nLinkedid: " + VICTIM + "\r\nBridgeUniqueid: x\r\n",
    "\r\nUniqueid: " + VICTIM + "\r\nLinkedid: " + VICTIM,
    "\r\nEvent: Hangup\r\nUniqueid: " + VICTIM,
    "\nUniqueid: " + VICTIM + "\n\nEvent: Hangup\nUniqueid: " + VICTIM,
    "\rUniqueid: " + VICTIM,
    "\r\nDestUniqueid: " + VICTIM,
    "\r\nno header",
    "\r\n\r\n\r\n\r\n",
]


def about_others(facts: list[f.Fact]) -> list[f.Fact]:
    """The facts that say something of anybody but the attacker's own leg."""
    return [fact for fact in facts if getattr(fact, "channel", None) != OWN or getattr(fact, "linked", OWN) != OWN]


@pytest.mark.parametrize("where", ["CallerIDNum", "ConnectedLineNum", "Exten"])
@pytest.mark.parametrize("name", ["Newchannel", "Newstate", "Hangup", "HangupRequest", "NewCallerid"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_forged_frame_or_header_changes_nothing(payload: str, name: str, where: str) -> None:
    assert len(payload.encode()) <= FIELD
    made = reader()
    facts = made.feed(
        injected(payload, where=where, name=name) + new_channel("s-1795422786.2", name="PJSIP/1002-00000003")
    )
    assert about_others(facts) == []  # and the genuine frame of another system below is refused for its name
    assert made.boot == ""
    assert not made.booted
    assert not made.stopping


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["\r\n", "\r", "\n", *(line for p in PAYLOADS for line in p.split("\r\n"))]), max_size=7),
    st.lists(st.sampled_from(["\r\n", *(line for p in PAYLOADS for line in p.split("\r\n"))]), max_size=7),
)
def test_two_fields_together_can_do_no_more(number: list[str], dialled: list[str]) -> None:
    first, second = "\r\n".join(number)[:FIELD], "\r\n".join(dialled)[:FIELD]
    lines = channel_lines(OWN, name="PJSIP/trunk-00000042")
    lines = [
        f"CallerIDNum: {first}"
        if line.startswith("CallerIDNum")
        else f"Exten: {second}"
        if line.startswith("Exten")
        else line
        for line in lines
    ]
    made = reader()
    stream = b"".join(event(name, *lines, system="s") for name in ("Newchannel", "Newstate", "Hangup"))
    assert about_others(made.feed(stream)) == []
    assert made.boot == ""
    # What comes after the attack is read as ever.
    after = made.feed(event("Hangup", *channel_lines(VICTIM), "Cause: 16", system="s"))
    assert [type(fact) for fact in after] == [f.ChannelGone]


def test_the_shortest_forged_prologue_does_not_fit() -> None:
    prologue = "\r\n\r\nEvent: Hold\r\nPrivilege: call,all\r\nTimestamp: 1795422786.000000\r\nSystemName: s"
    assert len(prologue) > FIELD


@pytest.mark.parametrize("systemname", ["eight-88", "a-random-16-char"])
def test_the_shortest_forged_end_does_not_fit(systemname: str) -> None:
    uid = f"{systemname}-1795422786.1"
    assert len(f"\r\nPriority: 1\r\nUniqueid: {uid}\r\nLinkedid: {uid}\r\n") > FIELD


def test_a_list_cannot_be_begun_by_a_caller() -> None:
    for start in ("ActionID: 1\r\nEventList: start", "EventList: start"):
        payload = f"\r\n\r\nResponse: Success\r\n{start}\r\n\r\nEvent: CoreShowChannel\r\nChannel: x\r\nChannelState: "
        assert len(payload) > FIELD


def test_an_event_of_another_system_is_refused_and_counted() -> None:
    made = reader("right-name")
    assert made.feed(new_channel("other-1.1")) == []
    assert made.refusals.counts[("prologue", "Newchannel")] == 2  # the reader's first event names another system, too


def test_a_frame_without_its_id_raises_suspicion() -> None:
    asked: list[str] = []
    made = Reader(suspect=lambda: asked.append("now"))
    lines = [line for line in channel_lines("x-1.1") if not line.startswith("Uniqueid")]
    assert made.feed(b"Asterisk Call Manager/11.0.0\r\n" + event("Hangup", *lines, "Cause: 16")) == []
    assert made.refusals.counts == {("description", "Hangup"): 1}
    assert asked == ["now"]


def test_refusals_are_told_once_per_kind_and_without_personal_data(caplog: pytest.LogCaptureFixture) -> None:
    made = reader()
    for _ in range(50):
        made.feed(injected("\r\nUniqueid: " + VICTIM))
    assert made.refusals.total == 50
    assert len(caplog.records) == 1
    assert "13800138000" not in str([vars(record) for record in caplog.records])


def test_an_event_that_nobody_knows_is_told_once_counted_and_skipped(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    made = reader()
    for _ in range(3):
        assert made.feed(event("BrandNew", "A: b", system="s")) == []
    assert made.refusals.unknown == {"BrandNew": 3}
    assert len(caplog.records) == 1
    assert made.refusals.total == 0


def test_kinds_of_refusals_are_bounded() -> None:
    refusals = Refusals()
    for number in range(10_000):
        refusals.count("prologue", str(number))
    assert len(refusals.counts) < 300
    assert refusals.total == 10_000


@pytest.mark.parametrize(("times", "name"), [(True, False), (False, True), (False, False)])
def test_a_pbx_without_times_or_name_is_learned_from_its_first_event(times: bool, name: bool) -> None:
    def strip(data: bytes) -> bytes:
        lines = data.decode().split("\r\n")
        if not name:
            del lines[3]
        if not times:
            del lines[2]
        return "\r\n".join(lines).encode()

    made = Reader()
    made.feed(b"Asterisk Call Manager/11.0.0\r\n")
    facts = made.feed(strip(new_channel("1795422786.1")) + strip(event("Hangup", *channel_lines("1795422786.1"))))
    assert [type(fact) for fact in facts] == [f.ChannelCreated, f.ChannelGone]
    assert facts[0].at.timestamp() == AT  # without times: from the Uniqueid
    if name:
        assert made.feed(strip(event("Hangup", *channel_lines("1795422786.1"), system="forged"))) == []


def test_a_cause_smuggled_before_the_true_headers_is_not_believed() -> None:
    made = reader()
    assert made.feed(injected("1\r\nCause: 17\r\nTechCause: 486", name="HangupRequest")) == []
    assert made.refusals.counts == {("description", "HangupRequest"): 1}


def test_control_characters_leave_every_value() -> None:
    made = reader()
    (fact,) = made.feed(injected("1\x1b[31m3\x008\x7f0\t0"))
    assert isinstance(fact, f.ChannelCreated)
    assert fact.caller.number == "1[31m3800"


def test_the_injection_trace_says_what_it_says_without_the_forged_frames() -> None:
    """Genuine frames, by rules of the test's own: they begin as Asterisk's do, no header twice, ids complete."""
    data = (TRACES / "sip_injection.ami").read_bytes()
    genuine = []
    for number, part in enumerate(data.split(b"\r\n\r\n")):
        lines = part.strip(b"\r\n").split(b"\r\n")
        names = [line.split(b": ")[0] for line in lines if b"ChanVariable" not in line]
        is_whole = len(set(names)) == len(names) and (b"Channel" not in names or b"Uniqueid" in names)
        begins = names[:4] == [b"Event", b"Privilege", b"Timestamp", b"SystemName"] and lines[3] == b"SystemName: lab1"
        if number == 0 or lines[0] in (b"Event: FullyBooted", b"Response: Goodbye") or (begins and is_whole):
            genuine.append(part)
    clean = b"\r\n\r\n".join(genuine) + b"\r\n\r\n"
    assert len(genuine) < data.count(b"\r\n\r\n") - 100

    attacked, untouched = Reader(), Reader()
    assert attacked.feed(data) == untouched.feed(clean)
    assert untouched.refusals.total == 0
    assert attacked.refusals.total > 100
    seen = {fact.channel for fact in Reader().feed(data) if isinstance(fact, f.ChannelCreated)}
    assert seen  # calls without the attack, and those whose bare LF ends the number
    assert not any(isinstance(fact, f.MemberSeen) and fact.paused for fact in Reader().feed(data))


@pytest.mark.parametrize("trace", sorted(TRACES.glob("*.ami")), ids=lambda path: path.stem)
def test_no_genuine_frame_is_refused(trace: Path) -> None:
    made = Reader()
    made.feed(trace.read_bytes())
    assert bool(made.refusals.counts) == (trace.stem == "sip_injection")


def test_a_bare_line_feed_ends_the_value() -> None:
    assert lines_of(b"Event: A\r\nCallerIDNum: 100\nEvent: X\r\nB: 1") == ["Event: A", "CallerIDNum: 100", "B: 1"]
