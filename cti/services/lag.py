"""How late the event loop is: a probe that asks to be woken and measures when it was."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from cti.services.pops import Figures, figures


class LagProbe:
    """Samples the lateness of the loop every *every_seconds*, and keeps the last *most* samples."""

    def __init__(
        self, *, every_seconds: float = 0.1, most: int = 3_000, observe: Callable[[float], None] = lambda seconds: None
    ) -> None:
        self._every_seconds = every_seconds
        self._observe = observe
        self._late: deque[float] = deque(maxlen=most)

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            due = time.perf_counter() + self._every_seconds
            await asyncio.sleep(self._every_seconds)
            late = max(0.0, time.perf_counter() - due)
            self._late.append(late * 1_000)
            self._observe(late)

    def figures(self) -> Figures:
        """Return milliseconds of lateness."""
        return figures(self._late)
