"""Captures of successive connections, and the snapshots in them."""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ami.capture import facts_of
from connectors.ami.reader import Reader
from connectors.ami.trust import Refusals
from cti.calls import facts as f
from tests.fakes.ami_peer import channel_lines, event, frame, new_channel

TRACES = Path(__file__).parents[2] / "traces"
RESYNC = (TRACES / "disconnect_mid_call_resync.ami").read_bytes()
T = 1795422786.0
LOGIN = b"Asterisk Call Manager/11.0.0\r\n" + frame("Response: Success", "ActionID: 1", "Message: accepted")

Save = Callable[..., list[Path]]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(*streams: bytes) -> list[Path]:
        paths = [tmp_path / f"{number}.ami" for number in range(len(streams))]
        for path, stream in zip(paths, streams, strict=True):
            path.write_bytes(stream)
        return paths

    return save


def booted(uptime: int) -> bytes:
    return frame(
        "Event: FullyBooted",
        "Privilege: system,all",
        f"Uptime: {uptime}",
        f"LastReload: {uptime}",
        "Status: Fully Booted",
    )


def core_status(time: str, action_id: str = "2") -> bytes:
    lines = [f"ActionID: {action_id}", "CoreStartupDate: 2026-11-23", f"CoreStartupTime: {time}"]
    return frame("Response: Success", *lines, "CoreReloadDate: 2026-11-23", "CoreReloadTime: 08:00:00")


def channel_item(uid: str, action_id: str = "3", **about: str) -> list[str]:
    tail = ["Application: Queue", "ApplicationData: support,tT", "Duration: 26:01:05", "BridgeId: "]
    ids = [f"ActionID: {action_id}"] if action_id else []
    return ["Event: CoreShowChannel", *ids, *channel_lines(uid, **about), *tail]


def channels(*items: list[str], action_id: str = "3", promised: int | None = None, inside: bytes = b"") -> bytes:
    ids = [f"ActionID: {action_id}"] if action_id else []
    start = frame("Response: Success", *ids, "EventList: start", "Message: Channels will follow")
    count = len(items) if promised is None else promised
    end = frame("Event: CoreShowChannelsComplete", *ids, "EventList: Complete", f"ListItems: {count}")
    return start + b"".join(frame(*item) for item in items) + inside + end


def queues(*items: list[str], action_id: str = "4") -> bytes:
    end = ["Event: QueueStatusComplete", f"ActionID: {action_id}", "EventList: Complete", f"ListItems: {len(items)}"]
    start = frame(
        "Response: Success", f"ActionID: {action_id}", "EventList: start", "Message: Queue status will follow"
    )
    return start + b"".join(frame(*item, f"ActionID: {action_id}") for item in items) + frame(*end)


PARAMS = [
    *("Event: QueueParams", "Queue: support", "Max: 0", "Strategy: linear", "Calls: 1", "Holdtime: 0", "TalkTime: 0"),
    *("Completed: 0", "Abandoned: 0", "ServiceLevel: 0", "Weight: 0"),
]
MEMBER = [
    *("Event: QueueMember", "Queue: support", "Name: Anna", "Location: PJSIP/1001", "StateInterface: PJSIP/1001"),
    *("Membership: dynamic", "Penalty: 0", "CallsTaken: 0", "LastCall: 0", "InCall: 1", "Status: 2", "Paused: 1"),
    *("PausedReason: 午餐", "Wrapuptime: 0"),
]
ENTRY = [
    *("Event: QueueEntry", "Queue: support", "Position: 1", "Channel: PJSIP/trunk-00000001"),
    *("Uniqueid: p-1795422786.1", "CallerIDNum: 138", "CallerIDName: Z", "ConnectedLineNum: u"),
    *("ConnectedLineName: u", "Wait: 7", "Priority: 0"),
]


def only(kind: type[f.Fact], facts: list[f.Fact]) -> list[f.Fact]:
    return [fact for fact in facts if isinstance(fact, kind)]


@pytest.mark.parametrize("trace", sorted(TRACES.glob("*.ami")), ids=lambda path: path.stem)
def test_every_trace_can_be_read(trace: Path) -> None:
    facts = list(facts_of([trace]))
    assert all(before.at <= after.at for before, after in pairwise(facts))
    if trace.stem == "login_wrong_secret":
        assert facts == []
    else:
        assert isinstance(facts[-1], f.LinkLost)


def test_a_lost_connection_and_the_next_one() -> None:
    facts = list(facts_of([TRACES / "disconnect_mid_call.ami", TRACES / "disconnect_mid_call_resync.ami"]))
    (snapshot,) = only(f.Snapshot, facts)
    assert isinstance(snapshot, f.Snapshot)
    assert {seen.name for seen in snapshot.channels} == {
        "PJSIP/1002-000000c2",
        "PJSIP/1001-000000c0",
        "PJSIP/trunk-000000c1",
        "PJSIP/trunk-000000bf",
    }
    assert {seen.bridge for seen in snapshot.channels} == {None, "8296b334-941b-4840-b14b-02f851afe174"}
    assert snapshot.waiting == (f.CallerWaiting(f.ChannelId("lab1-1795423173.227"), "support", 1, 0),)
    assert [member.member for member in snapshot.members] == ["PJSIP/1001", "PJSIP/1002"]
    assert len(only(f.LinkLost, facts)) == 2
    lost, found = facts.index(only(f.LinkLost, facts)[0]), facts.index(snapshot)
    assert lost < found


def test_a_restart_is_another_boot() -> None:
    facts = list(facts_of([TRACES / "restart_mid_call.ami", TRACES / "restart_mid_call_after.ami"]))
    (snapshot,) = only(f.Snapshot, facts)
    assert isinstance(snapshot, f.Snapshot)
    assert snapshot.boot == "2026-11-23 08:39:43"
    assert snapshot.channels == ()


@pytest.mark.parametrize(("uptime", "rebooted"), [(5, True), (500, False)])
def test_a_connection_without_a_list_tells_a_reboot_by_its_uptime(save: Save, uptime: int, rebooted: bool) -> None:
    first = LOGIN + booted(400) + core_status("08:26:26") + new_channel("p-1795422786.1", at=T)
    second = LOGIN + booted(uptime) + event("PeerStatus", "Peer: PJSIP/1001", "PeerStatus: Reachable", at=T + 60)
    facts = list(facts_of(save(first, second)))
    kinds = [type(fact) for fact in facts]
    if rebooted:
        assert kinds == [f.ChannelCreated, f.LinkLost, f.Snapshot, f.DeviceReachable, f.LinkLost]
        empty = facts[2]
        assert isinstance(empty, f.Snapshot)
        assert (empty.channels, empty.boot) == ((), "2026-11-23 08:34:01")
    else:
        assert kinds == [f.ChannelCreated, f.LinkLost, f.DeviceReachable, f.LinkLost]


def test_the_same_run_keeps_its_identity_whatever_tells_it(save: Save) -> None:
    first = LOGIN + booted(400) + new_channel("p-1795422786.1", at=T) + channels(channel_item("p-1795422786.1"))
    second = LOGIN + booted(462) + core_status("08:26:26") + channels() + new_channel("p-1795422847.2", at=T + 61)
    boots = {fact.boot for fact in facts_of(save(first, second)) if isinstance(fact, f.Snapshot)}
    assert len(boots) == 1


def test_live_events_around_the_lists_come_after_the_snapshot_or_before_and_none_is_lost(save: Save) -> None:
    before, between, after = (new_channel(f"p-1795422786.{n}", at=T + n / 10) for n in (1, 2, 3))
    stream = LOGIN + booted(9) + before + channels(channel_item("p-1795422786.1")) + between
    facts = list(facts_of(save(stream + queues(PARAMS, MEMBER, ENTRY) + after)))
    assert [type(fact).__name__ for fact in facts] == [
        "ChannelCreated",
        "Snapshot",
        "ChannelCreated",
        "ChannelCreated",
        "LinkLost",
    ]
    snapshot = facts[1]
    assert isinstance(snapshot, f.Snapshot)
    assert snapshot.channels[0].seconds == 26 * 3600 + 65
    assert snapshot.waiting == (f.CallerWaiting(f.ChannelId("p-1795422786.1"), "support", 1, 7),)
    (member,) = snapshot.members
    assert (member.member, member.name, member.state, member.paused, member.reason) == (
        "PJSIP/1001",
        "Anna",
        f.MemberState.INUSE,
        True,
        "午餐",
    )


@pytest.mark.parametrize("gap", [0.5, 30.0])
def test_a_list_of_channels_alone_is_a_snapshot(save: Save, gap: float) -> None:
    lists = channels(channel_item("p-1795422786.1", action_id=""), action_id="")
    later = new_channel("p-1795422786.2", at=T) + new_channel("p-1795422786.3", at=T + gap)
    facts = list(facts_of(save(LOGIN + booted(9) + lists + later)))
    assert [type(fact) for fact in facts] == [f.Snapshot, f.ChannelCreated, f.ChannelCreated, f.LinkLost]
    snapshot = facts[0]
    assert isinstance(snapshot, f.Snapshot)
    assert snapshot.waiting[0].queue == "support"  # by its application


def test_lists_of_channels_alone_again_and_again_are_snapshots_in_their_places() -> None:
    reader = Reader()
    stream = LOGIN + channels(channel_item("p-1795422786.1")) + new_channel("p-1795422786.2", at=T)
    stream += channels(channel_item("p-1795422786.2")) + new_channel("p-1795422786.3", at=T)
    kinds = [type(fact) for fact in reader.feed(stream) + reader.release()]
    assert kinds == [f.Snapshot, f.ChannelCreated, f.Snapshot, f.ChannelCreated]


def test_queues_listed_before_the_channels_count_too() -> None:
    (snapshot,) = Reader().feed(LOGIN + queues(MEMBER) + channels())
    assert isinstance(snapshot, f.Snapshot)
    assert len(snapshot.members) == 1


def test_an_incomplete_list_states_nothing_and_holds_nothing_back() -> None:
    reader = Reader()
    live = new_channel("p-1795422786.2")
    facts = reader.feed(LOGIN + channels(channel_item("p-1795422786.1"), promised=2, inside=live) + queues())
    assert [type(fact) for fact in facts] == [f.ChannelCreated]
    assert reader.incomplete_lists == 1


def test_an_item_that_a_caller_garbled_is_named_unreadable() -> None:
    good = channel_item("p-1795422786.1", number="\r\n\r\nEvent: Hangup\r\nUniqueid: p-1795422786.2")
    bad = channel_item("p-1795422786.2", name="PJSIP/1001-00000002")
    reader = Reader()
    (snapshot,) = reader.feed(LOGIN + new_channel("p-1795422786.9") + channels(good, bad) + queues())[1:]
    assert isinstance(snapshot, f.Snapshot)
    assert snapshot.unreadable == ("PJSIP/trunk-00000001",)
    assert [seen.name for seen in snapshot.channels] == ["PJSIP/1001-00000002"]


@pytest.mark.parametrize(
    "payload",
    [
        "\r\n\r\nEvent: QueueMember\r\nQueue: support\r\nLocation: PJSIP/1001\r\nPaused: 1",
        "\r\n\r\nEvent: QueueEntry\r\nQueue: s\r\nPosition: 1\r\nUniqueid: p-1795422786.2",
        "\r\n\r\nEvent: QueueStatusComplete\r\nEventList: Complete\r\nListItems: 0",
    ],
)
def test_a_waiting_caller_cannot_put_items_into_the_list(payload: str) -> None:
    garbled = [f"CallerIDNum: {payload}" if line.startswith("CallerIDNum") else line for line in ENTRY]
    facts = Reader().feed(LOGIN + channels() + queues(PARAMS, garbled, MEMBER))
    (snapshot,) = facts
    assert isinstance(snapshot, f.Snapshot)
    assert snapshot.waiting == ()
    assert [member.name for member in snapshot.members] == ["Anna"]


@given(st.lists(st.integers(0, len(RESYNC)), max_size=6))
def test_however_it_is_read_it_states_the_same(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(RESYNC)]
    whole, parts = Reader(), Reader()
    assert [fact for a, b in pairwise(edges) for fact in parts.feed(RESYNC[a:b])] == whole.feed(RESYNC)


def test_without_timestamps_the_last_known_time_stands(save: Save) -> None:
    def without_time(data: bytes) -> bytes:
        return b"\r\n".join(line for line in data.split(b"\r\n") if not line.startswith(b"Timestamp"))

    stream = new_channel("p-1795422786.1") + event("Hangup", *channel_lines("p-1795422786.1"), "Cause: 16")
    facts = list(facts_of(save(without_time(LOGIN + booted(9) + stream + new_channel("p-1795422799.2")))))
    assert [fact.at.timestamp() for fact in facts] == [T, T, T + 13, T + 13]


def test_refusals_are_counted_over_all_files() -> None:
    refusals = Refusals()
    facts = list(facts_of([TRACES / "sip_injection.ami"], refusals=refusals))
    assert refusals.total > 100
    assert facts[-1].at > datetime.fromtimestamp(T, facts[-1].at.tzinfo)
