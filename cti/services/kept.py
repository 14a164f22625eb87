"""Answers that are kept for a while: so many at most, each for its own time. It reads no clock."""

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """At most *most* values by key; what was put first goes first. Times are seconds of a clock that goes forward."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[str, tuple[float, T]] = OrderedDict()  # key -> (until, value)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str, at: float) -> T | None:
        until, value = self._values.get(key, (at, None))
        if until > at:
            return value
        self._values.pop(key, None)
        return None

    def put(self, key: str, value: T, *, until: float) -> None:
        self._values.pop(key, None)
        self._values[key] = (until, value)
        if len(self._values) > self._most:
            self._values.popitem(last=False)
