"""One shift of a campaign on a virtual clock: agents, lines and customers, and a pacer between them."""

import heapq
import itertools
import random
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import exp, log
from typing import Literal

from cti.campaigns.pacing_model import (
    AgentView,
    CallAbandoned,
    CallResolved,
    CallView,
    Pacer,
    PacerConfig,
    Snapshot,
    TalkEnded,
    WrapEnded,
)

Draw = Callable[[random.Random], float]


def exponential(mean: float) -> Draw:
    return lambda chance: chance.expovariate(1.0 / mean)


def lognormal(mean: float, spread: float) -> Draw:
    """Return a draw with that mean; *spread* is the standard deviation of the logarithm."""
    middle = log(mean) - spread * spread / 2.0
    return lambda chance: exp(chance.gauss(middle, spread))


def fixed(seconds: float) -> Draw:
    return lambda chance: seconds


@dataclass(frozen=True)
class Breaks:
    """Agents leave now and then after a call."""

    chance: float = 0.0  # after each wrap-up
    length: Draw = field(default_factory=lambda: exponential(600.0))


@dataclass(frozen=True)
class Shift:
    """What happens in a shift, whoever paces it. Times in seconds."""

    agents: int
    answer: Callable[[float], float]  # the share of calls that a person answers, by the time
    hours: float = 8.0
    dial: Draw = field(default_factory=lambda: lognormal(2.5, 0.4))  # until it rings
    pick_up: Draw = field(default_factory=lambda: lognormal(8.5, 0.6))  # from there until somebody answers
    quick_fail: float = 0.12  # of the unanswered: busy, invalid; they do not ring out
    machine: float = 0.0  # of the unanswered: a machine answers
    detector: Draw | None = None  # how long it listens; None is no detector: agents get the machines
    talk: Draw = field(default_factory=lambda: lognormal(120.0, 0.9))
    wrap: Draw = field(default_factory=lambda: lognormal(20.0, 0.7))
    breaks: Breaks = field(default_factory=Breaks)
    staffing: Callable[[float], int] | None = None  # how many of the agents are there, by the time
    memoryless: float = 0.0  # every call is over after an exponential time with this mean; 0: as above
    lines: int = 10**6


@dataclass(slots=True)
class Outcome:
    """What a shift came to. Utilisation is (talk + wrap-up) / (idle + talk + wrap-up)."""

    answered: int = 0
    abandoned: int = 0
    launched: int = 0
    idle_seconds: float = 0.0
    busy_seconds: float = 0.0
    waits: list[float] = field(default_factory=list)  # of the calls that got an agent
    track: list[tuple[float, float, float]] = field(default_factory=list)  # time, utilisation so far, abandon rate

    @property
    def utilisation(self) -> float:
        total = self.idle_seconds + self.busy_seconds
        return self.busy_seconds / total if total else 0.0

    @property
    def abandon_rate(self) -> float:
        return self.abandoned / self.answered if self.answered else 0.0


class _Agent:
    __slots__ = ("name", "since", "state")

    def __init__(self, name: int) -> None:
        self.name = name
        self.state: Literal["idle", "talking", "wrapup", "paused", "away"] = "away"
        self.since = 0.0


class _Call:
    __slots__ = ("answered_at", "fate", "launched_at", "name", "phase", "ringing_at", "since")

    def __init__(self, name: int, at: float) -> None:
        self.name = name
        self.launched_at = self.since = at
        self.phase: Literal["dialing", "ringing", "amd", "waiting", "over"] = "dialing"
        self.ringing_at: float | None = None
        self.answered_at: float | None = None
        self.fate: Literal["answered", "machine", "noanswer", "busy", "failed"] = "noanswer"


class Simulation:
    """Runs *shift* with *pacer*; *admit* is a guard outside of it, which may take away some of what it asks for."""

    def __init__(
        self,
        shift: Shift,
        pacer: Pacer,
        config: PacerConfig,
        seed: int,
        *,
        admit: Callable[[Snapshot, int], int] = lambda snapshot, launch: launch,
        answered: int = 0,
        abandoned: int = 0,
    ) -> None:
        self._shift = shift
        self._pacer = pacer
        self._config = config
        self._chance = random.Random(seed)
        self._admit = admit
        self._before = (answered, abandoned)  # in the window, before the shift
        self.outcome = Outcome()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._names = itertools.count(1)
        self._agents = [_Agent(number) for number in range(shift.agents)]
        self._idle: OrderedDict[_Agent, None] = OrderedDict()
        self._others: dict[str, dict[_Agent, None]] = {"talking": {}, "wrapup": {}, "paused": {}}
        self._calls: dict[str, dict[_Call, None]] = {"dialing": {}, "ringing": {}, "amd": {}, "waiting": {}}
        self._now = 0.0
        self._counted_at = 0.0

    def run(self) -> Outcome:
        end = self._shift.hours * 3_600.0
        for agent in self._agents[: self._present()]:
            self._is(agent, "idle")
        self._at(self._config.tick, self._tick)
        if self._shift.staffing is not None:
            self._at(60.0, self._staff)
        self._at(end / 200.0, self._mark)
        self._decide()
        while self._heap and self._heap[0][0] <= end:
            at, _, work = heapq.heappop(self._heap)
            self._count(at)
            self._now = at
            work()
            self._decide()
        self._count(end)
        return self.outcome

    # --- the clock --------------------------------------------------------------------------------------------------

    def _at(self, seconds: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (self._now + seconds, next(self._order), work))

    def _tick(self) -> None:
        self._at(self._config.tick, self._tick)

    def _mark(self) -> None:
        done = self.outcome
        done.track.append((self._now, done.utilisation, done.abandon_rate))
        self._at(self._shift.hours * 18.0, self._mark)

    def _count(self, at: float) -> None:
        passed = at - self._counted_at
        self.outcome.idle_seconds += passed * len(self._idle)
        self.outcome.busy_seconds += passed * (len(self._others["talking"]) + len(self._others["wrapup"]))
        self._counted_at = at

    # --- agents -----------------------------------------------------------------------------------------------------

    def _present(self) -> int:
        there = self._shift.staffing(self._now) if self._shift.staffing is not None else self._shift.agents
        return max(0, min(self._shift.agents, there))

    def _staff(self) -> None:
        """Whoever is to go goes when idle; whoever is to come comes."""
        self._at(60.0, self._staff)
        for agent in self._agents:
            wanted = agent.name < self._present()
            if wanted and agent.state == "away":
                self._is(agent, "idle")
            elif not wanted and agent.state in ("idle", "paused"):
                self._is(agent, "away")

    def _is(self, agent: _Agent, state: Literal["idle", "talking", "wrapup", "paused", "away"]) -> None:
        if agent.state == "idle":
            del self._idle[agent]
        elif agent.state != "away":
            del self._others[agent.state][agent]
        agent.state, agent.since = state, self._now
        if state == "idle":
            self._idle[agent] = None
            self._serve()
        elif state != "away":
            self._others[state][agent] = None

    def _talks(self, agent: _Agent, call: _Call) -> None:
        self._is(agent, "talking")
        call.phase = "over"
        talk = self._shift.talk(self._chance) if call.fate == "answered" else 8.0
        kind: Literal["human", "machine"] = "human" if call.fate == "answered" else "machine"
        self._at(talk, lambda: self._hangs_up(agent, call, talk, kind))

    def _hangs_up(self, agent: _Agent, call: _Call, talk: float, kind: Literal["human", "machine"]) -> None:
        self._is(agent, "wrapup")
        self._pacer.observe(TalkEnded(self._now, agent.name, call.name, talk, kind))
        wrap = self._shift.wrap(self._chance) if kind == "human" else 2.0
        self._at(wrap, lambda: self._wrapped(agent, wrap))

    def _wrapped(self, agent: _Agent, wrap: float) -> None:
        self._pacer.observe(WrapEnded(self._now, agent.name, wrap))
        if agent.name >= self._present():
            self._is(agent, "away")
        elif self._chance.random() < self._shift.breaks.chance:
            self._is(agent, "paused")
            self._at(self._shift.breaks.length(self._chance), lambda: self._comes_back(agent))
        else:
            self._is(agent, "idle")

    def _comes_back(self, agent: _Agent) -> None:
        if agent.state == "paused":
            self._is(agent, "idle")

    # --- calls ------------------------------------------------------------------------------------------------------

    def _decide(self) -> None:
        calls, others = self._calls, self._others
        flight = sum(map(len, calls.values()))
        snapshot = Snapshot(
            now=self._now,
            idle=_agents(self._idle),
            talking=_agents(others["talking"]),
            wrapup=_agents(others["wrapup"]),
            paused=_agents(others["paused"]),
            dialing=_calls(calls["dialing"]),
            ringing=_calls(calls["ringing"]),
            amd=_calls(calls["amd"]),
            waiting=_calls(calls["waiting"]),
            answered=self._before[0] + self.outcome.answered,
            abandoned=self._before[1] + self.outcome.abandoned,
            lines_free=max(0, self._shift.lines - flight - len(others["talking"])),
        )
        launch = self._pacer.decide(snapshot).launch
        for _ in range(self._admit(snapshot, launch)):
            self._launch()

    def _launch(self) -> None:
        self.outcome.launched += 1
        call = _Call(next(self._names), self._now)
        self._calls["dialing"][call] = None
        chance, shift = self._chance, self._shift
        is_answered = chance.random() < shift.answer(self._now)
        if shift.memoryless:
            call.fate = "answered" if is_answered else "noanswer"
            self._at(chance.expovariate(1.0 / shift.memoryless), lambda: self._resolves(call))
            return
        dial = shift.dial(chance)
        if is_answered:
            call.fate = "answered"
            rings = min(shift.pick_up(chance), self._config.ring_timeout - 0.1)
        elif (kind := chance.random()) < shift.machine:
            call.fate, rings = "machine", min(lognormal(15.0, 0.3)(chance), self._config.ring_timeout - 0.1)
        elif kind < shift.machine + shift.quick_fail:
            call.fate = "busy"
            self._at(dial, lambda: self._resolves(call))
            return
        else:
            rings = self._config.ring_timeout
        self._at(dial, lambda: self._rings(call, rings))

    def _rings(self, call: _Call, seconds: float) -> None:
        self._phase(call, "ringing")
        call.ringing_at = self._now
        if call.fate in ("answered", "machine") and self._shift.detector is not None:
            listens = self._shift.detector(self._chance)
            self._at(seconds, lambda: self._phase(call, "amd"))
            self._at(seconds + listens, lambda: self._resolves(call))
        else:
            self._at(seconds, lambda: self._resolves(call))

    def _phase(self, call: _Call, phase: Literal["ringing", "amd", "waiting"]) -> None:
        del self._calls[call.phase][call]
        call.phase, call.since = phase, self._now
        self._calls[phase][call] = None

    def _resolves(self, call: _Call) -> None:
        heard = call.fate in ("answered", "machine") and (call.fate == "answered" or self._shift.detector is None)
        told: Literal["answered", "machine", "noanswer", "busy", "failed"] = "answered" if heard else call.fate
        at = self._now
        call.answered_at = at if heard else None
        self._pacer.observe(CallResolved(at, call.name, told, call.launched_at, call.ringing_at, call.answered_at))
        if not heard:
            del self._calls[call.phase][call]
            call.phase = "over"
            return
        self.outcome.answered += 1
        self._phase(call, "waiting")
        self._serve()
        if call.phase == "waiting":
            self._at(self._config.patience, lambda: self._gives_up(call))

    def _serve(self) -> None:
        waiting = self._calls["waiting"]
        while waiting and self._idle:
            call, agent = next(iter(waiting)), next(iter(self._idle))
            del waiting[call]
            self.outcome.waits.append(self._now - call.since)
            self._talks(agent, call)

    def _gives_up(self, call: _Call) -> None:
        if call.phase != "waiting":
            return
        del self._calls["waiting"][call]
        call.phase = "over"
        self.outcome.abandoned += 1
        self._pacer.observe(CallAbandoned(self._now, call.name))


def _agents(there: Iterable[_Agent]) -> tuple[AgentView, ...]:
    return tuple(AgentView(agent.name, agent.since) for agent in there)


def _calls(there: Iterable[_Call]) -> tuple[CallView, ...]:
    return tuple(CallView(call.name, call.launched_at, call.since) for call in there)
