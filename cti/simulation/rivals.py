"""How other dialers pace, written anew from descriptions of their rules: to be compared with in the same shifts."""

from collections import deque
from math import exp
from typing import Any

from cti.campaigns.pacing_model import (
    CallAbandoned,
    CallResolved,
    Decision,
    PacerConfig,
    PacingEvent,
    Snapshot,
    TalkEnded,
    room,
)


class FixedRatio:
    """So many lines for each idle agent, set by hand."""

    def __init__(self, config: PacerConfig, ratio: float = 2.0) -> None:
        self._config = config
        self._ratio = ratio

    def observe(self, event: PacingEvent) -> None:
        pass

    def decide(self, snapshot: Snapshot) -> Decision:
        missing = round(self._ratio * len(snapshot.idle)) - snapshot.in_flight
        launch = max(0, min(missing, room(self._config, snapshot)))
        return Decision(launch, f"{self._ratio:g} lines for each idle agent", {})

    def export_state(self) -> dict[str, Any]:
        return {}


class AdaptiveLevel:
    """VICIdial's rule: a level that follows the share of waiting agents, and is cut when too many were dropped."""

    LEVEL_EVERY, CALLS_EVERY, RECOUNT_EVERY = 15.0, 2.5, 60.0
    MOST_LEVEL = 3.0

    def __init__(self, config: PacerConfig) -> None:
        self._config = config
        self._level = 1.0
        self._samples: deque[tuple[int, int, int]] = deque(maxlen=15)
        self._next = {"sample": 0.0, "level": 0.0, "calls": 0.0, "recount": 0.0}
        self._drop_share, self._calls = 0.0, 0

    def observe(self, event: PacingEvent) -> None:
        if isinstance(event, CallResolved):
            self._calls += 1

    def decide(self, snapshot: Snapshot) -> Decision:
        now, ready = snapshot.now, len(snapshot.idle)
        if self._is_time("sample", now, 1.0):
            total = ready + len(snapshot.talking) + len(snapshot.wrapup) + len(snapshot.paused)
            self._samples.append((ready, len(snapshot.waiting), total))
        if self._is_time("recount", now, self.RECOUNT_EVERY):
            self._drop_share = snapshot.abandoned / snapshot.answered if snapshot.answered else 0.0
        if self._is_time("level", now, self.LEVEL_EVERY):
            self._adapt()
        launch = 0
        if self._is_time("calls", now, self.CALLS_EVERY):
            goal = round(self._level * (ready + len(snapshot.talking)))
            launch = goal - snapshot.in_flight - len(snapshot.talking)
        launch = max(0, min(launch, room(self._config, snapshot)))
        return Decision(launch, f"level {self._level:.2f}", {"level": self._level})

    def _adapt(self) -> None:
        count = len(self._samples)
        ready, waiting, total = (sum(sample[i] for sample in self._samples) / count for i in range(3))
        self._level *= 1.0 + (ready - waiting) / max(1.0, total)
        self._level = min(self.MOST_LEVEL, max(1.0, self._level))
        if self._calls > 50 and self._drop_share > self._config.abandon_target:
            self._level = max(1.0, self._level / 2.0)

    def _is_time(self, what: str, now: float, every: float) -> bool:
        if now < self._next[what]:
            return False
        self._next[what] = now + every
        return True

    def export_state(self) -> dict[str, Any]:
        return {}


class SoonFree:
    """Issabel's rule: idle agents, and those whose call has lasted so long that an exponential one would be over."""

    EVERY = 5.0
    SERVICE = 0.97

    def __init__(self, config: PacerConfig) -> None:
        self._config = config
        self._next = 0.0
        self._talks, self._talk_seconds = 0, 0.0
        self._delays: deque[float] = deque([8.0], maxlen=20)

    def observe(self, event: PacingEvent) -> None:
        match event:
            case TalkEnded(talk=talk):
                self._talks += 1
                self._talk_seconds += talk
            case CallResolved(at=at, launched_at=launched_at):
                self._delays.append(at - launched_at)
            case CallAbandoned():
                pass

    def decide(self, snapshot: Snapshot) -> Decision:
        if snapshot.now < self._next:
            return Decision(0, "between two looks", {})
        self._next = snapshot.now + self.EVERY
        soon = 0
        if self._talks >= 10:
            mean, delay = self._talk_seconds / self._talks, sum(self._delays) / len(self._delays)
            soon = sum(1.0 - exp(-(snapshot.now - a.since + delay) / mean) >= self.SERVICE for a in snapshot.talking)
        missing = len(snapshot.idle) + soon - len(snapshot.waiting)
        missing -= snapshot.in_flight - len(snapshot.waiting)
        launch = max(0, min(missing, room(self._config, snapshot)))
        return Decision(launch, f"{len(snapshot.idle)} idle, {soon} soon", {})

    def export_state(self) -> dict[str, Any]:
        return {}
