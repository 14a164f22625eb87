"""What a pacer is told, and what it answers.

A pacer has no clock, no randomness and does no input or output: the same facts in the same order give the same
decisions. Times are seconds on one monotonic clock of the caller; rates are fractions. `decide` may be called as often
as one likes: it says what is missing, not what to add each time.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

Mode = Literal["preview", "progressive", "predictive"]


@dataclass(frozen=True, slots=True)
class PacerConfig:
    mode: Mode = "predictive"
    abandon_target: float = 0.03  # the most of abandoned / answered over the compliance window
    patience: float = 2.0  # s that an answered call may wait for an agent before it is abandoned
    ring_timeout: float = 25.0  # s of ringing before we give up, never below 15
    window_end: float | None = None  # of the shift or the compliance window, where it is known
    amd: bool = False  # answering-machine detection between answer and agent
    max_lines: int = 10**9  # that the campaign may hold: dialing, ringing, amd, waiting and talking
    tick: float = 0.25  # s between calls of decide() when nothing happens


class AgentView(NamedTuple):
    agent_id: Hashable
    since: float  # when this state was entered


class CallView(NamedTuple):
    call_id: Hashable
    launched_at: float
    since: float  # when this phase was entered


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The truth right now."""

    now: float
    idle: tuple[AgentView, ...]  # may take a call now, the longest idle first
    talking: tuple[AgentView, ...]
    wrapup: tuple[AgentView, ...]
    paused: tuple[AgentView, ...]  # logged in, not available
    dialing: tuple[CallView, ...]  # originated, no ringback yet
    ringing: tuple[CallView, ...]
    amd: tuple[CallView, ...]  # answered, the detector listens
    waiting: tuple[CallView, ...]  # answered, waiting for an agent
    answered: int  # calls offered to agents so far in the compliance window
    abandoned: int  # of those
    lines_free: int  # the most that may be launched

    @property
    def in_flight(self) -> int:
        """How many calls may still want an agent."""
        return len(self.dialing) + len(self.ringing) + len(self.amd) + len(self.waiting)


class CallResolved(NamedTuple):
    """The call left the phases before an agent."""

    at: float
    call_id: Hashable
    outcome: Literal["answered", "machine", "noanswer", "busy", "failed"]  # answered: offered to agents
    launched_at: float
    ringing_at: float | None
    answered_at: float | None  # with detection: after its verdict


class CallAbandoned(NamedTuple):
    """A call that was answered was dropped for want of an agent."""

    at: float
    call_id: Hashable


class TalkEnded(NamedTuple):
    at: float
    agent_id: Hashable
    call_id: Hashable
    talk: float
    disposition: Literal["human", "machine"]


class WrapEnded(NamedTuple):
    at: float
    agent_id: Hashable
    wrap: float


PacingEvent = CallResolved | CallAbandoned | TalkEnded | WrapEnded


@dataclass(frozen=True, slots=True)
class Decision:
    launch: int  # 0 <= launch <= snapshot.lines_free
    reason: str  # for the log and the supervisor's screen
    diagnostics: Mapping[str, float]


class Pacer(Protocol):
    def observe(self, event: PacingEvent) -> None:
        """Take a fact, each exactly once and in the order of time. Launches nothing."""

    def decide(self, snapshot: Snapshot) -> Decision:
        """Return how many lines are missing now. Never changes *snapshot*."""

    def export_state(self) -> dict[str, Any]:
        """Return what was learnt, as JSON has it: `make_pacer(config, state)` goes on from it."""


def room(config: PacerConfig, snapshot: Snapshot) -> int:
    """Return how many lines may be launched at all."""
    held = snapshot.in_flight + len(snapshot.talking)
    return max(0, min(snapshot.lines_free, config.max_lines - held))


def one_to_one(config: PacerConfig, snapshot: Snapshot) -> tuple[int, str]:
    """Return how many calls bring those in flight to the number of idle agents, and what holds more, "" for nothing."""
    missing = max(0, len(snapshot.idle) - snapshot.in_flight)
    free = room(config, snapshot)
    return (missing, "") if missing <= free else (free, "no line is free")
