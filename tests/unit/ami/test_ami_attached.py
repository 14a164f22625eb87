"""What the dialplan attaches to a call: read where Asterisk writes it, and nowhere else."""

from datetime import datetime

import pytest

from connectors.ami.attached import Attachments
from connectors.ami.reader import Reader
from cti.calls import facts as f
from cti.calls.facts import LONGEST_DATA, ChannelId
from tests.fakes.ami_peer import channel_lines, event, frame, new_channel

CALL, OTHER = "s-1795422786.66", "s-1795422786.1"
SYSTEM = "s"


def reader(*names: str) -> Reader:
    made = Reader(systemname=SYSTEM, attachments=Attachments(names or ("CTI_MENU", "order")))
    made.feed(b"Asterisk Call Manager/11.0.0\r\n" + event("Newchannel", *channel_lines(CALL), system=SYSTEM))
    return made


def found(facts: list[f.Fact]) -> list[tuple[str, str]]:
    return [(fact.name, fact.value) for fact in facts if isinstance(fact, f.DataAttached)]


def queued(*variables: str, uid: str = CALL, number: str = "13800138000") -> bytes:
    queue = ("Queue: support", "Position: 1", "Count: 1")
    return event("QueueCallerJoin", *channel_lines(uid, number=number), *variables, *queue, klass="agent", system="s")


def told(*fields: str, name: str = "CtiData", klass: str = "user", number: str = "1") -> bytes:
    lines = (*channel_lines(CALL, number=number), f"UserEvent: {name}", *fields)
    return event("UserEvent", *lines, klass=klass, system=SYSTEM)


def test_listed_variables_are_stated_before_the_event_that_carries_them() -> None:
    facts = reader().feed(queued("ChanVariable: CTI_CALL=x", "ChanVariable: CTI_MENU=1", "ChanVariable: order=A=B"))
    assert found(facts) == [("CTI_MENU", "1"), ("order", "A=B")]
    assert [type(fact) for fact in facts] == [f.DataAttached, f.DataAttached, f.QueueJoined]
    assert {fact.channel for fact in facts if isinstance(fact, f.DataAttached)} == {ChannelId(CALL)}


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param(["ChanVariable: CTI_MENU="], id="an empty one"),
        pytest.param(["ChanVariable: CTI_CALL=1"], id="one that is not listed"),
        pytest.param(["Queuename: x", "ChanVariable: CTI_MENU=1"], id="not behind the channel"),
        pytest.param(["DestChanVariable: CTI_MENU=1"], id="another channel's"),
    ],
)
def test_what_is_no_variable_of_the_channel_is_passed_over(variables: list[str]) -> None:
    facts = reader().feed(queued(*variables))
    assert found(facts) == []
    assert any(isinstance(fact, f.QueueJoined) for fact in facts)


def test_a_value_is_bounded_text_with_its_escapes_undone() -> None:
    ((_, value),) = found(reader().feed(queued(r"ChanVariable: CTI_MENU=a\r\nEvent: Hangup" + "字" * 2_000)))
    assert value.startswith("aEvent: Hangup字")
    assert len(value) == LONGEST_DATA


@pytest.mark.parametrize(
    "number",
    [
        "1\r\nChanVariable: CTI_MENU=9",
        "1\r\nLinkedid: ChanVariable\r\nChanVariable: CTI_MENU=9",
        f"1\r\nLinkedid: {CALL}\r\nChanVariable: CTI_MENU=9",
    ],
)
def test_a_caller_cannot_attach_anything_by_his_number(number: str) -> None:
    assert found(reader().feed(queued("ChanVariable: CTI_MENU=1", number=number))) in ([("CTI_MENU", "1")], [])


def test_a_leg_that_is_joined_with_others_states_nothing_out_of_date() -> None:
    """What an agent's phone inherited at the ring may be another value by now."""
    bridge = ("BridgeUniqueid: b", "BridgeType: basic", "BridgeNumChannels: 1")
    lines = (*bridge, *channel_lines(CALL), "ChanVariable: CTI_MENU=old")
    assert found(reader().feed(event("BridgeEnter", *lines, system=SYSTEM))) == []


def test_an_event_of_the_dialplan_says_it_at_once_and_takes_it_back() -> None:
    facts = reader().feed(told("order: 4711", "CTI_MENU: ", "unlisted: 5"))
    assert found(facts) == [("order", "4711"), ("CTI_MENU", "")]


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(told("order: 1", name="Other"), id="another event"),
        pytest.param(told("order: 1", klass="call"), id="of another class"),
        pytest.param(told("order: 1", "order: 2"), id="a field that stands twice"),
        pytest.param(told(f"order: 1\r\nUniqueid: {OTHER}"), id="a smuggled channel"),
        pytest.param(told("order: 1\r\n\r\nEvent: Hangup\r\nUniqueid: x"), id="a frame that was cut"),
        pytest.param(told("order: 1", number=f"1\r\nUniqueid: {OTHER}"), id="a torn description"),
        pytest.param(
            event("UserEvent", "UserEvent: CtiData", "order: 1", klass="user", system=SYSTEM), id="of no channel"
        ),
    ],
)
def test_an_event_that_is_not_ours_or_not_whole_attaches_nothing(frames: bytes) -> None:
    made = reader()
    assert found(made.feed(frames + new_channel(OTHER))) == []


def test_without_a_list_nothing_is_read() -> None:
    made = Reader(systemname=SYSTEM)
    made.feed(b"Asterisk Call Manager/11.0.0\r\n" + event("Newchannel", *channel_lines(CALL), system=SYSTEM))
    assert found(made.feed(queued("ChanVariable: CTI_MENU=1") + told("order: 1"))) == []


def test_a_snapshot_tells_the_variables_of_each_leg() -> None:
    made = reader()
    rest = ("Application: Queue", "ApplicationData: support", "Duration: 00:00:05", "BridgeId: ")
    item = ("Event: CoreShowChannel", "ActionID: 1", *channel_lines(CALL), "ChanVariable: CTI_MENU=2", *rest)
    done = ("Event: CoreShowChannelsComplete", "ActionID: 1", "EventList: Complete", "ListItems: 1")
    begin = ("Response: Success", "ActionID: 1", "EventList: start", "Message: Channels will follow")
    made.feed(frame(*begin) + frame(*item) + frame(*done))
    (snapshot,) = made.release()
    assert isinstance(snapshot, f.Snapshot)
    assert isinstance(snapshot.at, datetime)
    assert [seen.data for seen in snapshot.channels] == [(("CTI_MENU", "2"),)]


def test_an_odd_event_of_another_name_is_not_looked_at() -> None:
    """Other people's dialplans send what they like; it is no sign of an attack."""
    made = reader()
    assert made.feed(told("a line that is no header", name="TheirOwn")) == []
    assert made.refusals.total == 0


def test_what_a_dial_of_the_switch_itself_says_of_its_callee_is_no_callers_variable() -> None:
    callee = [f"Dest{line}" for line in channel_lines(CALL)]
    lines = (*callee, "DestChanVariable: CTI_MENU=1", "DialString: 1\r\nLinkedid: x\r\nChanVariable: CTI_MENU=9")
    facts = reader().feed(event("DialBegin", *lines, system=SYSTEM))
    assert found(facts) == []
