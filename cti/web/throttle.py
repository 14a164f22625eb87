"""Slows down who guesses passwords: growing delays per account and per source, and never a lock-out for good."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import msgspec

K = TypeVar("K", bound=Hashable)


class Failures(msgspec.Struct):
    count: int = 0
    last_at: float = 0.0


class Throttle(Generic[K]):
    """After *free* failures the next try must wait: one second, then twice as long each time, *longest* at most.

    Failures are forgotten *forget_seconds* after the last one. Only the *most* latest keys are kept, so that
    guessing with invented names fills no memory.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        free: int = 5,
        longest: float = 60.0,
        forget_seconds: float = 900.0,
        most: int = 20_000,
    ) -> None:
        self._clock = clock
        self._free = free
        self._longest = longest
        self._forget_seconds = forget_seconds
        self._most = most
        self._of: OrderedDict[K, Failures] = OrderedDict()

    def wait_seconds(self, key: K) -> float:
        """Return how long *key* must wait before it may try, 0 when it may now."""
        failures = self._of.get(key)
        if failures is None:
            return 0.0
        since = self._clock() - failures.last_at
        if since > self._forget_seconds:
            del self._of[key]
            return 0.0
        if failures.count < self._free:
            return 0.0
        return max(0.0, min(self._longest, 2.0 ** min(30, failures.count - self._free)) - since)

    def failed(self, key: K) -> None:
        """Count a failure. It is counted before the password is checked, so that guesses at once do not slip by."""
        failures = self._of.setdefault(key, Failures())
        failures.count += 1
        failures.last_at = self._clock()
        self._of.move_to_end(key)
        while len(self._of) > self._most:
            self._of.popitem(last=False)

    def forgive(self, key: K, *, all_of_them: bool) -> None:
        """Take back the last failure of *key*, or all of them."""
        failures = self._of.get(key)
        if failures is None:
            return
        failures.count = 0 if all_of_them else failures.count - 1
        if failures.count <= 0:
            del self._of[key]
