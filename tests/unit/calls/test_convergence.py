"""Whatever happens to the stream of facts, a snapshot makes the picture true again, and no call is recorded twice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.ami.capture import facts_of
from cti.calls import facts as f
from cti.calls.events import CallCleared
from cti.calls.facts import NOBODY, ChannelId, Fact
from cti.calls.registry import CallRegistry

TRACES = sorted((Path(__file__).parents[2] / "traces").glob("*.ami"))
STREAMS = {path.stem: list(facts_of([path])) for path in TRACES}
NAMES = [name for name, facts in STREAMS.items() if len(facts) > 5]
# What a snapshot states is true once: neither may it come again later, nor may others overtake it.
UNTIMED = [name for name in NAMES if not any(isinstance(fact, f.Snapshot) for fact in STREAMS[name])]


def truth_after(facts: list[Fact]) -> f.Snapshot:
    """Return the snapshot that the switch would give after it stated *facts*."""
    boot = "one"
    created: dict[ChannelId, f.ChannelCreated | f.ChannelSeen] = {}
    state: dict[ChannelId, f.ChannelState] = {}
    bridge: dict[ChannelId, f.BridgeId] = {}
    queue: dict[ChannelId, str] = {}
    linked: dict[ChannelId, ChannelId] = {}
    for fact in facts:
        match fact:
            case f.ChannelCreated():
                created[fact.channel], state[fact.channel] = fact, fact.state
                linked[fact.channel] = fact.linked
            case f.ChannelStateChanged() if fact.channel in created:
                state[fact.channel] = fact.state
            case f.BridgeEntered():
                bridge[fact.channel], linked[fact.channel] = fact.bridge, fact.linked
            case f.BridgeLeft():
                bridge.pop(fact.channel, None)
            case f.QueueJoined():
                queue[fact.channel] = fact.queue
            case f.QueueLeft():
                queue.pop(fact.channel, None)
            case f.Snapshot():
                boot = fact.boot
                created = {seen.channel: seen for seen in fact.channels}
                state = {seen.channel: seen.state for seen in fact.channels}
                linked = {seen.channel: seen.linked for seen in fact.channels}
                bridge = {seen.channel: seen.bridge for seen in fact.channels if seen.bridge}
                queue = {caller.channel: caller.queue for caller in fact.waiting}
            case f.ChannelGone():
                for table in (created, state, bridge, queue, linked):
                    table.pop(fact.channel, None)
    at = facts[-1].at if facts else datetime(2026, 1, 1, tzinfo=UTC)
    return f.Snapshot(
        at,
        boot=boot,
        channels=tuple(
            f.ChannelSeen(
                channel, linked[channel], made.name, made.device, state[channel], made.caller, NOBODY,
                bridge.get(channel), made.extension, made.context, "", "", 0,
            )
            for channel, made in created.items()
        ),
        waiting=tuple(f.CallerWaiting(channel, name, 1, 0) for channel, name in queue.items() if channel in created),
        members=(),
    )  # fmt: skip


def picture(registry: CallRegistry) -> Any:
    """Return what the registry believes, in a form that can be compared."""
    return {
        call.id: {(one.channel, one.state) for one in call.connections.values()} for call in registry.calls.values()
    }


def run(facts: list[Fact], snapshot: f.Snapshot) -> tuple[CallRegistry, list[str]]:
    registry = CallRegistry()
    events = [event for fact in facts for event in registry.apply(fact)]
    events += registry.apply(f.LinkLost(snapshot.at))
    events += registry.apply(snapshot)
    return registry, [str(e.record.id) for e in events if isinstance(e, CallCleared) and e.record]


@pytest.mark.parametrize("name", UNTIMED)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_prefix_that_comes_twice_changes_nothing(name: str, data: st.DataObject) -> None:
    stream = STREAMS[name]
    prefix = stream[: data.draw(st.integers(1, len(stream)))]
    snapshot = truth_after(prefix)
    once, ended_once = run(prefix, snapshot)
    twice, ended_twice = run(prefix + prefix, snapshot)
    assert picture(twice) == picture(once)
    assert ended_twice == ended_once
    assert once.channels == {seen.channel for seen in snapshot.channels}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_facts_that_are_lost_leave_no_ghost_and_no_second_record(name: str, data: st.DataObject) -> None:
    stream = STREAMS[name]
    prefix = stream[: data.draw(st.integers(1, len(stream)))]
    lost = data.draw(st.sets(st.integers(0, len(prefix) - 1), max_size=len(prefix) // 4))
    heard = [fact for number, fact in enumerate(prefix) if number not in lost]
    registry, ended = run(heard, truth_after(prefix))
    assert registry.channels == {seen.channel for seen in truth_after(prefix).channels}
    assert len(ended) == len(set(ended))


@pytest.mark.parametrize("name", UNTIMED)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_facts_of_different_legs_may_overtake_each_other(name: str, data: st.DataObject) -> None:
    stream = STREAMS[name]
    prefix = stream[: data.draw(st.integers(1, len(stream)))]
    shuffled = list(prefix)
    for _ in range(data.draw(st.integers(0, 10))):
        place = data.draw(st.integers(0, max(0, len(shuffled) - 2)))
        shuffled[place : place + 2] = reversed(shuffled[place : place + 2])
    snapshot = truth_after(prefix)
    registry, ended = run(shuffled, snapshot)
    assert registry.channels == {seen.channel for seen in snapshot.channels}
    assert len(ended) == len(set(ended))


def test_a_new_boot_of_the_switch_ends_every_call_as_uncertain() -> None:
    stream = STREAMS["disconnect_mid_call"]
    registry = CallRegistry()
    for fact in stream:
        registry.apply(fact)
    live = set(registry.calls)
    at = stream[-1].at
    registry.apply(f.Snapshot(at, "one", truth_after(stream).channels, (), ()))
    assert set(registry.calls) == live

    events = registry.apply(f.Snapshot(at, "two", (), (), ()))
    records = [event.record for event in events if isinstance(event, CallCleared) and event.record]
    assert {record.id for record in records} == live
    assert not any(record.certain for record in records)
    assert not registry.calls
