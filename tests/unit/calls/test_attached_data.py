"""What the dialplan knows belongs to the call, wherever that goes."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cti.calls import events as ev
from cti.calls import facts as f
from cti.calls.facts import MOST_DATA, NOBODY, ChannelId, ChannelState, Party
from cti.calls.model import CallId
from cti.calls.records import KeptCall
from cti.calls.registry import CallRegistry
from tests.unit.calls.test_model import AGENT, ANNA, CUSTOMER, OTHER, START, TRUNK, Story

CALL = CallId(CUSTOMER)


def story_of(*data: tuple[str, str]) -> Story:
    story = Story(agents=["PJSIP/1001", "PJSIP/1002"], trunks=["PJSIP/trunk"])
    story.customer_calls()
    for name, value in data:
        story.tells(f.DataAttached, CUSTOMER, name, value)
    return story


def data_of(story: Story, call: CallId = CALL) -> dict[str, str]:
    found = story.registry.call(call)
    assert found is not None
    return dict(found.data)


def attached(story: Story) -> list[str]:
    return [event.name for event in story.events if isinstance(event, ev.DataAttached)]


def test_it_is_told_once_and_changes_with_the_next_value() -> None:
    story = story_of(("menu", "1"), ("order", "4711"), ("menu", "1"), ("menu", "2"))
    assert data_of(story) == {"menu": "2", "order": "4711"}
    assert attached(story) == ["menu", "order", "menu"]


def test_an_empty_value_takes_it_away() -> None:
    story = story_of(("menu", "1"), ("menu", ""), ("never", ""))
    assert data_of(story) == {}
    assert attached(story) == ["menu", "menu"]


def test_there_are_so_many_names_at_most_and_known_ones_still_change() -> None:
    story = story_of(*((f"n{count}", "x") for count in range(MOST_DATA + 5)), ("n0", "y"))
    data = data_of(story)
    assert len(data) == MOST_DATA
    assert data["n0"] == "y"


def test_it_stands_in_the_record() -> None:
    story = story_of(("menu", "1"))
    story.tells(f.HangupRequested, CUSTOMER, 16)
    story.tells(f.ChannelGone, CUSTOMER, 16)
    assert story.record.data == (("menu", "1"),)


def test_a_leg_that_nobody_knows_attaches_nothing() -> None:
    story = story_of()
    story.tells(f.DataAttached, ChannelId("nobody"), "menu", "1")
    assert attached(story) == []


def test_calls_that_become_one_have_what_both_had_and_the_customers_counts() -> None:
    story = story_of(("menu", "1"))
    story.rings()
    story.answers()
    story.tells(f.ChannelCreated, OTHER, OTHER, "PJSIP/1002-00000009", ANNA, ChannelState.RING, Party("1002"), "1001")
    story.tells(f.DataAttached, OTHER, "menu", "2")
    story.tells(f.DataAttached, OTHER, "asked", "yes")
    story.tells(f.BridgeEntered, CUSTOMER, f.BridgeId("room"), CUSTOMER)
    story.tells(f.BridgeEntered, OTHER, f.BridgeId("room"), CUSTOMER)
    assert data_of(story) == {"menu": "1", "asked": "yes"}


def seen(leg: ChannelId, application: str, *data: tuple[str, str], linked: ChannelId = CUSTOMER) -> f.ChannelSeen:
    device = TRUNK if leg == CUSTOMER else ANNA
    what: tuple[Any, ...] = (f"{device}-1", device, ChannelState.UP, NOBODY, NOBODY, None, "", "", application, "", 5)
    return f.ChannelSeen(leg, linked, *what, data)


def snapshot(story: Story, *channels: f.ChannelSeen) -> None:
    story.tells(f.Snapshot, "boot", channels, (), ())


def test_a_snapshot_brings_what_was_missed_but_not_what_a_dialled_leg_once_inherited() -> None:
    story = story_of(("menu", "1"))
    story.rings()
    story.answers()
    snapshot(story, seen(CUSTOMER, "Queue", ("menu", "2")), seen(AGENT, "AppQueue", ("menu", "old")))
    assert data_of(story) == {"menu": "2"}


@pytest.mark.parametrize("alive", [True, False])
def test_a_service_that_was_killed_goes_on_with_it(alive: bool) -> None:
    story = story_of(("menu", "1"), ("order", "4711"))
    snapshot(story, seen(CUSTOMER, "Queue"))
    kept = story.registry.keep(CALL, story.now)
    stored = msgspec.json.decode(msgspec.json.encode(kept), type=KeptCall)

    story.registry = CallRegistry(story.registry._book.parties)
    story.registry.restore([stored])
    story.now = START + timedelta(minutes=1)
    story.events.clear()
    snapshot(story, *([seen(CUSTOMER, "Queue")] if alive else []))

    if alive:
        assert data_of(story) == {"menu": "1", "order": "4711"}
    else:
        assert story.record.data == (("menu", "1"), ("order", "4711"))
