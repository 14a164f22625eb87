"""What leads are told of their people: in batches, only what changed, only what they may see."""

import asyncio

import msgspec

from cti.calls.facts import Device
from cti.ports import User
from cti.services.teamfeed import BATCH_SECONDS, MOST_IN_FRAME, TeamChange, TeamFeed
from cti.services.views import AgentView, CallView
from cti.staff import Profile

ANNA, BO = Device("PJSIP/1001"), Device("PJSIP/1002")


class Wall:
    """Leads who see the team that they are named after, and the centre that they watch."""

    def __init__(self, *people: Profile) -> None:
        self.profiles = {profile.user.name: profile for profile in people}
        self.views: dict[Device, AgentView] = {}
        self.read = True
        self.left: set[str] = set()
        self.told: list[tuple[str, TeamChange]] = []
        self.feed = TeamFeed[str](self, profiles=self.profiles.values, view_of=self.view_of)

    def view_of(self, device: Device) -> AgentView:
        return self.views.get(device, AgentView("signed_out", 0.0))

    def is_now(self, device: Device, state: str) -> None:
        self.views[device] = AgentView(state, 1.0)  # type: ignore[arg-type]
        self.feed.agent(device, self.views[device])

    def moves(self, user: str, team: str) -> None:
        self.profiles[user] = msgspec.structs.replace(self.profiles[user], team=team)
        self.feed.people_changed()

    def heard(self) -> list[tuple[str, list[str], list[str]]]:
        """Return whom each was told of since the last time: who, changed, gone."""
        told, self.told = self.told, []
        return [(who, [mate.user for mate in change.people], list(change.gone)) for who, change in told]

    def may_see(self, watcher: str, mate: Profile) -> bool:
        return mate.team == watcher

    def is_there(self, watcher: str) -> bool:
        return watcher not in self.left

    def is_ready(self, watcher: str) -> bool:
        return self.read

    def show(self, watcher: str, change: TeamChange) -> None:
        self.told.append((watcher, change))


def person(name: str, device: Device, team: str, *, disabled: bool = False) -> Profile:
    return Profile(User(hash(name) & 0xFFFF, name, name.title(), "agent", device, disabled=disabled), team)


def call(id: str, state: str = "alerting", answered_at: float | None = None) -> CallView:
    shown, queue, rang_at = "138 0013 8000", "support", 5.0
    return CallView(id, "inbound", state, "+86138", shown, "", queue, "4001", 1.0, rang_at, answered_at, 4.0)  # type: ignore[arg-type]


def blue_and_red() -> Wall:
    return Wall(person("anna", ANNA, "blue"), person("bo", BO, "red"))


async def a_batch_later() -> None:
    """Let the feed's next batch go: it is due at a time of the loop's clock."""
    due = asyncio.get_running_loop().time() + BATCH_SECONDS
    reached = asyncio.Event()
    asyncio.get_running_loop().call_at(due, reached.set)
    await reached.wait()
    await asyncio.sleep(0)


async def test_who_begins_to_watch_is_told_everybody_they_may_see() -> None:
    wall = blue_and_red()
    wall.feed.watch("blue")
    assert [change.whole for _, change in wall.told] == [True]
    assert wall.heard() == [("blue", ["anna"], [])]
    wall.feed.watch("green")
    assert [change.whole for _, change in wall.told] == [True]  # and nobody: that is told too
    assert wall.heard() == [("green", [], [])]


async def test_what_changes_many_times_in_a_batch_is_told_once_as_it_ended() -> None:
    wall = blue_and_red()
    wall.feed.watch("blue")
    wall.heard()
    for state in ("not_ready", "ready", "ringing", "talking"):
        wall.is_now(ANNA, state)
    wall.is_now(BO, "ready")
    assert wall.told == []
    await a_batch_later()
    assert [change.people[0].agent.state for _, change in wall.told] == ["talking"]
    assert wall.heard() == [("blue", ["anna"], [])]


async def test_what_ended_as_it_was_is_not_told() -> None:
    wall = blue_and_red()
    wall.feed.watch("blue")
    wall.heard()
    before = wall.view_of(ANNA)
    wall.is_now(ANNA, "ready")
    wall.views[ANNA] = before
    await a_batch_later()
    assert wall.told == []


async def test_calls_are_told_with_their_queue_and_since_when() -> None:
    wall = blue_and_red()
    wall.feed.call(ANNA, call("c1"))  # before anybody watches
    wall.feed.watch("blue")
    (ringing,) = wall.told[0][1].people[0].calls
    assert (ringing.queue, ringing.state, ringing.shown, ringing.since) == ("support", "alerting", "138 0013 8000", 5.0)
    wall.heard()
    wall.feed.call(ANNA, call("c1", "connected", 9.0))
    await a_batch_later()
    assert wall.told[0][1].people[0].calls[0].since == 9.0
    wall.heard()
    wall.feed.call_gone(ANNA, "c1")
    await a_batch_later()
    assert wall.told[0][1].people[0].calls == ()


async def test_a_move_to_another_team_takes_effect_at_once() -> None:
    wall = blue_and_red()
    wall.feed.watch("blue")
    wall.feed.watch("red")
    wall.heard()
    wall.moves("anna", "red")
    assert wall.heard() == [("blue", [], ["anna"]), ("red", ["anna"], [])]
    wall.is_now(ANNA, "ready")
    await a_batch_later()
    assert wall.heard() == [("red", ["anna"], [])]


async def test_what_was_right_to_be_told_when_it_happened_is_not_when_it_is_delivered() -> None:
    wall = blue_and_red()
    wall.feed.watch("blue")
    wall.heard()
    wall.is_now(ANNA, "ready")
    wall.profiles["anna"] = msgspec.structs.replace(wall.profiles["anna"], team="red")
    wall.feed.people_changed()
    await a_batch_later()
    assert wall.heard() == [("blue", [], ["anna"])]


async def test_a_screen_that_is_behind_is_told_in_one_piece_when_it_has_read() -> None:
    wall = blue_and_red()
    wall.feed.watch("blue")
    wall.heard()
    wall.read = False
    wall.is_now(ANNA, "ready")
    await a_batch_later()
    wall.is_now(ANNA, "talking")
    await a_batch_later()
    assert wall.told == []
    wall.read = True
    await a_batch_later()
    assert [change.people[0].agent.state for _, change in wall.told] == ["talking"]


async def test_whoever_is_gone_or_looks_away_is_told_nothing_more() -> None:
    wall = blue_and_red()
    wall.feed.watch("blue")
    wall.feed.watch("red")
    wall.heard()
    wall.left.add("blue")
    wall.feed.unwatch("red")
    wall.is_now(ANNA, "ready")
    wall.is_now(BO, "ready")
    await a_batch_later()
    assert (wall.told, wall.feed.watchers) == ([], 0)


async def test_people_without_a_phone_or_shut_out_are_no_agents() -> None:
    wall = Wall(person("anna", Device(""), "blue"), person("bo", BO, "blue", disabled=True))
    wall.feed.watch("blue")
    assert wall.heard() == [("blue", [], [])]


async def test_a_thousand_agents_come_in_frames_of_a_bounded_size() -> None:
    wall = Wall(*(person(f"a{n}", Device(f"PJSIP/{n}"), "blue") for n in range(1_000)))
    wall.feed.watch("blue")
    assert [len(change.people) for _, change in wall.told] == [MOST_IN_FRAME] * 5
    assert [change.whole for _, change in wall.told] == [True, False, False, False, False]
    assert {mate.user for _, change in wall.told for mate in change.people} == set(wall.profiles)
