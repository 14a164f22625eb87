"""Keeps Python itself from stopping calls: its garbage collector and its switching of threads.

Measured by `scripts/bench pop`: full collections by themselves stopped the event loop for up to 0.16 s, and a thread
that writes records kept the interpreter for 5 ms at a time, which made the p99 of a pop ten times as long.
"""

import asyncio
import gc
import sys

TIDY_EVERY_SECONDS = 300.0


def calm() -> None:
    """Leave what was imported out of collections, let whole ones wait for `keep_tidy`, and switch threads quickly."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 1_000)
    sys.setswitchinterval(0.0005)


async def keep_tidy(*, every_seconds: float = TIDY_EVERY_SECONDS) -> None:
    """Collect what is left of closed connections now and then, until cancelled: some 20 ms with a thousand screens."""
    while True:
        await asyncio.sleep(every_seconds)
        gc.collect()
