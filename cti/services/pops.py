"""How long a pop takes from the switch to the agent's eye: stamps, acknowledgements, percentiles."""

import secrets
from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal, get_args

import msgspec

from cti.calls.facts import Device
from cti.services.clock import ServiceClock
from cti.services.views import Stamps

Stage = Literal["event", "dispatched", "received", "painted", "total"]
STAGES: tuple[Stage, ...] = get_args(Stage)
_ACK_WITHIN_MS = 120_000.0


class Figures(msgspec.Struct, frozen=True):
    """Milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float


class UnknownPop(Exception):
    """No such pop was sent to that phone lately."""


class _Sent(msgspec.Struct, gc=False):
    device: Device
    stamps: Stamps | None
    acknowledged: bool = False


class PopLog:
    """The pops of the last minutes. *observe* is told of every stage as it is known, in seconds."""

    def __init__(
        self,
        clock: ServiceClock,
        *,
        observe: Callable[[Stage, float], None] = lambda stage, seconds: None,
        window_seconds: float = 900.0,
        most: int = 5_000,
    ) -> None:
        self.window_seconds = window_seconds
        self._clock = clock
        self._observe = observe
        self._most = most
        self._prefix = secrets.token_urlsafe(6)
        self._count = 0
        self._sent: dict[str, _Sent] = {}  # in the order in which they were sent
        self._samples: dict[Stage, deque[tuple[float, float]]] = {stage: deque(maxlen=most) for stage in STAGES}

    def new_id(self) -> str:
        self._count += 1
        return f"{self._prefix}.{self._count}"

    def sent(self, pop: str, device: Device, stamps: Stamps | None) -> None:
        """Expect the acknowledgement of *pop*. Without *stamps* nobody was there, and a late one tells nothing."""
        self._sent[pop] = _Sent(device, stamps)
        if len(self._sent) > self._most:
            del self._sent[next(iter(self._sent))]
        if stamps is None:
            return
        self._note("event", stamps.event - stamps.read)
        self._note("dispatched", stamps.dispatched - stamps.event)

    def painted(self, pop: str, device: Device, *, received: float, painted: float) -> None:
        """Note what a screen of *device* says, the first time; raise UnknownPop when it was never sent there.

        The screen only estimates our clock, so a stage can come out a little below zero: it counts as zero. What
        cannot be (a time in the future, an order upside down) is not counted at all.
        """
        entry = self._sent.get(pop)
        if entry is None or entry.device != device:
            raise UnknownPop(pop)
        stamps, latest = entry.stamps, self._clock.now() + 1_000
        if entry.acknowledged or stamps is None:
            return
        entry.acknowledged = True
        if stamps.read - 1_000 < received <= painted < min(latest, stamps.read + _ACK_WITHIN_MS):
            self._note("received", received - stamps.dispatched)
            self._note("painted", painted - received)
            self._note("total", painted - stamps.read)

    def figures(self) -> dict[Stage, Figures]:
        """Return the percentiles of every stage over the window."""
        since = self._clock.now() - self.window_seconds * 1_000
        return {stage: figures(ms for at, ms in samples if at >= since) for stage, samples in self._samples.items()}

    def _note(self, stage: Stage, ms: float) -> None:
        ms = max(0.0, ms)
        self._samples[stage].append((self._clock.now(), ms))
        self._observe(stage, ms / 1_000)


def figures(values: Iterable[float]) -> Figures:
    """Return count and percentiles (nearest rank) of *values*."""
    ordered = sorted(values)
    if not ordered:
        return Figures(0, 0.0, 0.0, 0.0)

    def rank(share: float) -> float:
        return round(ordered[max(0, -int(-share * len(ordered) // 1) - 1)], 3)

    return Figures(len(ordered), rank(0.50), rank(0.95), rank(0.99))
