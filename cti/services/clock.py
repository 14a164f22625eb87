"""The service's clock: epoch milliseconds that never jump, since they are counted by the monotonic clock."""

import time
from collections.abc import Callable
from datetime import datetime


class ServiceClock:
    """Wall time as it was at the start, carried on by the monotonic clock."""

    __slots__ = ("_monotonic_ns", "_offset_ns")

    def __init__(
        self, *, wall_ns: Callable[[], int] = time.time_ns, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._offset_ns = wall_ns() - monotonic_ns()

    def reading(self) -> int:
        """Return the monotonic clock, in nanoseconds."""
        return self._monotonic_ns()

    def now(self) -> float:
        return self.of(self._monotonic_ns())

    def of(self, monotonic_ns: int) -> float:
        """Return the time of a reading of the monotonic clock."""
        return (self._offset_ns + monotonic_ns) // 1_000 / 1_000


def milliseconds(at: datetime) -> float:
    """Return *at*, a time of the switch, as epoch milliseconds."""
    return round(at.timestamp() * 1_000, 3)
