"""When to leave a system elsewhere alone that keeps failing. It reads no clock: what it is told carries the time."""

from collections import deque
from typing import Literal

State = Literal["closed", "open", "half_open"]
Heard = Literal["answered", "failed", "tripped", "rested"]

# (state, what was heard) -> the state after. "tripped" is the failure that is one too many, "rested" the end of the
# pause. What was asked before the breaker opened says nothing about now.
TRANSITIONS: dict[tuple[State, Heard], State] = {
    ("closed", "answered"): "closed",
    ("closed", "failed"): "closed",
    ("closed", "tripped"): "open",
    ("open", "answered"): "open",
    ("open", "failed"): "open",
    ("open", "rested"): "half_open",
    ("half_open", "answered"): "closed",
    ("half_open", "failed"): "open",
}


class Breaker:
    """Closed it lets every question pass; open none; half open one, whose answer decides.

    It opens when at least *fewest* of the questions in the last *window_seconds* failed, and they are half or more of
    them. Times are seconds of any clock that only goes forward.
    """

    MOST_KEPT = 200

    def __init__(self, *, fewest: int = 5, window_seconds: float = 60.0, pause_seconds: float = 30.0) -> None:
        self._fewest = fewest
        self._window_seconds = window_seconds
        self._pause_seconds = pause_seconds
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=self.MOST_KEPT)  # (at, whether it was answered)
        self._rests_until = 0.0
        self._tried = False  # the one question of half open is under way
        self.state: State = "closed"

    def lets_pass(self, at: float) -> bool:
        """Return whether one question may be asked now; its outcome must then be told."""
        if self.state == "open" and at >= self._rests_until:
            self._go("rested", at)
        if self.state == "half_open":
            passes, self._tried = not self._tried, True
            return passes
        return self.state == "closed"

    def answered(self, at: float) -> None:
        self._count(at, answered=True)
        self._go("answered", at)

    def failed(self, at: float) -> None:
        self._count(at, answered=False)
        failures = sum(not answered for _, answered in self._outcomes)
        trips = self.state == "closed" and failures >= self._fewest and 2 * failures >= len(self._outcomes)
        self._go("tripped" if trips else "failed", at)

    @property
    def failures(self) -> int:
        """How many questions failed lately."""
        return sum(not answered for _, answered in self._outcomes)

    def _count(self, at: float, *, answered: bool) -> None:
        self._outcomes.append((at, answered))
        while self._outcomes[0][0] < at - self._window_seconds:
            self._outcomes.popleft()

    def _go(self, heard: Heard, at: float) -> None:
        after = TRANSITIONS[self.state, heard]
        if after == self.state:
            return
        self.state = after
        self._tried = False
        if after == "open":
            self._rests_until = at + self._pause_seconds
        if after == "closed":
            self._outcomes.clear()
