"""What holds for an agent's state whatever is asked, whatever happens, and in whatever order the switch obeys."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cti.agents import events as ev
from cti.agents import machine
from cti.agents.heard import differences, heard
from cti.agents.model import CALLS, Agent, Place, S, WrapUpPolicy

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUEUES = {"sales": 0, "support": 1}
POLICIES = [
    WrapUpPolicy(),
    WrapUpPolicy("optional"),
    WrapUpPolicy("forced"),
    WrapUpPolicy("timed", 30.0),
    WrapUpPolicy("extendable", 30.0, 15.0),
]


class World:
    """A managed agent, and a switch that does what it is asked when the story lets it."""

    def __init__(self) -> None:
        self.agent = Agent(assigned=QUEUES)
        self.queues: dict[str, Place] = {}
        self.under_way: list[ev.Effect] = []
        self.at = NOON
        self.may_be_ready = False  # somebody asked for it since the agent last was made, or asked to be, not ready

    def takes(self, event: ev.AgentEvent) -> None:
        before = self.agent
        try:
            self.agent, effects = machine.apply(before, event)
        except ev.NotNow:
            return
        self.under_way.extend(effects)
        match event:
            case ev.AskReady() | ev.FinishWrapUp(ready=True) | ev.Force(target=S.READY):
                self.may_be_ready = True
            case ev.AskNotReady() | ev.SignOut() | ev.FinishWrapUp() | ev.Force() | ev.PhoneLost():
                self.may_be_ready = before.base is S.READY and self.agent.base is S.READY
        if before.base is not S.READY and self.agent.base is S.READY:
            assert self.may_be_ready, f"{event} made ready who did not ask for it"
        self.holds()

    def holds(self) -> None:
        agent = self.agent
        if agent.state is S.READY and not agent.expected:
            assert any(not place.paused for place in agent.places.values())
        if agent.pending is not None:
            assert agent.is_occupied
        assert (agent.asked is None) or agent.expected
        assert agent.wrap_up is None or agent.wrap_up.until is None or agent.policy.ends_by_itself

    # --- the switch

    def obeys(self, *, well: bool = True) -> None:
        """Carry out the oldest request, and report it."""
        if not self.under_way:
            return
        effect = self.under_way.pop(0)
        if not well:
            self.under_way.clear()
            self.takes(ev.GaveUp(self.at))
            self.lists()
            return
        match effect:
            case ev.Join(paused=paused):
                self.queues[effect.queue] = Place(paused)
            case ev.Leave():
                self.queues.pop(effect.queue, None)
            case ev.Pause(reason=reason) if effect.queue in self.queues:
                self.queues[effect.queue] = Place(paused=True, reason=reason)
            case ev.Unpause() if effect.queue in self.queues:
                self.queues[effect.queue] = Place(paused=False)
        self.reports(effect.queue)
        if all(other.queue != effect.queue for other in self.under_way):
            self.reports(effect.queue, answered=True)

    def reports(self, queue: str, *, answered: bool = False) -> None:
        event = heard(self.agent, queue, self.queues.get(queue), self.at, answered=answered)
        if event is not None:
            self.takes(event)

    def lists(self) -> None:
        for event in differences(self.agent, self.queues, self.at):
            self.takes(event)
        self.takes(ev.Compared(self.at))

    def settles(self) -> None:
        for _ in range(50):
            while self.under_way:
                self.obeys()
            if self.agent.expected:  # somebody took away what was asked for
                self.takes(ev.GaveUp(self.at))
            self.lists()
            if not self.under_way and not self.agent.expected:
                return
        raise AssertionError("it does not come to rest")

    def by_hand(self, queue: str, what: str) -> None:
        if what == "add":
            self.queues.setdefault(queue, Place(paused=False))
        elif what == "remove":
            self.queues.pop(queue, None)
        elif queue in self.queues:
            self.queues[queue] = Place(paused=what == "pause", reason="by hand" if what == "pause" else "")
        self.reports(queue)


Step = Callable[[World], None]


def _event(make: Callable[[datetime], ev.AgentEvent]) -> Step:
    return lambda world: world.takes(make(world.at))


def _later(seconds: int) -> Step:
    def step(world: World) -> None:
        world.at += timedelta(seconds=seconds)
        world.takes(ev.WrapUpTimedOut(world.at))

    return step


def _restart(world: World) -> None:
    last = Agent(assigned=QUEUES, base=world.agent.base, reason=world.agent.reason, reachable=world.agent.reachable)
    world.under_way.clear()
    if last.base is not S.READY:
        world.may_be_ready = False
    world.agent = last
    world.takes(ev.Rebuilt(world.at, dict(world.queues)))


COMMANDS: list[Callable[[datetime], ev.AgentEvent]] = [
    ev.SignIn,
    ev.SignOut,
    ev.AskReady,
    lambda at: ev.AskNotReady(at, "lunch"),
    ev.AskWrapUp,
    ev.FinishWrapUp,
    lambda at: ev.FinishWrapUp(at, ready=False, reason="lunch"),
    ev.ExtendWrapUp,
    lambda at: ev.Force(at, S.READY, "lead", "needed"),
    lambda at: ev.Force(at, S.NOT_READY, "lead", "training"),
    lambda at: ev.Force(at, S.SIGNED_OUT, "lead", "gone home"),
    ev.Reserve,
    ev.Release,
]
HAPPENINGS: list[Callable[[datetime], ev.AgentEvent]] = [
    ev.Rung,
    lambda at: ev.NotAnswered(at, "ring_no_answer"),
    *(lambda at, policy=policy: ev.Connected(at, policy) for policy in POLICIES),  # type: ignore[misc]
    ev.Held,
    ev.Retrieved,
    ev.CallEnded,
    ev.PhoneLost,
    ev.PhoneBack,
]
STEPS: list[Step] = [
    *map(_event, COMMANDS),
    *map(_event, HAPPENINGS),
    *[lambda world: world.obeys()] * 8,
    lambda world: world.obeys(well=False),
    lambda world: world.lists(),
    *[_later(seconds) for seconds in (1, 20, 40)],
    *[
        lambda world, queue=queue, what=what: world.by_hand(queue, what)  # type: ignore[misc]
        for queue in QUEUES
        for what in ("add", "remove", "pause", "unpause")
    ],
    _restart,
]


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=60))
def test_whatever_happens(steps: list[Step]) -> None:
    world = World()
    for step in steps:
        step(world)
    world.settles()

    agent = world.agent
    assert agent.places == world.queues
    match agent.base:
        case S.SIGNED_OUT:
            assert agent.places == {}
        case S.NOT_READY:
            assert agent.places
            assert all(place.paused for place in agent.places.values())
        case _:
            assert agent.places
    if agent.state in (S.WRAP_UP, S.RESERVED) or agent.pending:
        assert agent.pending is not None or all(place.paused for place in agent.places.values())


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from(STEPS), max_size=30),
    st.sampled_from(POLICIES),
    st.sampled_from([ev.AskNotReady(NOON, "lunch"), ev.SignOut(NOON)]),
)
def test_what_is_pending_comes_true_after_the_call_and_its_wrap_up(
    steps: list[Step], policy: WrapUpPolicy, command: ev.AgentCommand
) -> None:
    world = World()
    for step in steps:
        step(world)
    world.takes(ev.PhoneBack(world.at))
    if world.agent.activity is not None:
        world.takes(ev.CallEnded(world.at))
    if world.agent.state is S.WRAP_UP:
        world.takes(ev.FinishWrapUp(world.at))
    world.settles()
    if not world.agent.places:
        world.takes(ev.SignIn(world.at))
        world.settles()
    world.takes(ev.AskReady(world.at))
    world.settles()
    assert world.agent.state is S.READY

    world.takes(ev.Rung(world.at))
    world.takes(ev.Connected(world.at, policy))
    world.takes(msgspec.structs.replace(command, at=world.at))
    world.settles()
    assert world.agent.state in CALLS
    assert world.agent.pending
    world.takes(ev.CallEnded(world.at))
    world.settles()
    if policy.follows:
        assert world.agent.state is S.WRAP_UP
        world.takes(ev.FinishWrapUp(world.at))
        world.settles()

    assert world.agent.state is (S.NOT_READY if isinstance(command, ev.AskNotReady) else S.SIGNED_OUT)
    assert world.agent.reason == ("lunch" if isinstance(command, ev.AskNotReady) else "")
    assert world.agent.pending is None
