"""Commands that are sent again, since their answer was lost, and must be done once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

MOST = 2_000  # commands whose outcome is remembered


class Once:
    """Remembers what came of commands, by who sent them and the key that they gave."""

    def __init__(self, *, most: int = MOST) -> None:
        self._most = most
        self._done: OrderedDict[tuple[str, str], asyncio.Task[None]] = OrderedDict()

    async def run(self, who: str, key: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do *work*, or wait for what comes of the same command and return or raise as that did. "" is no key."""
        if not key:
            await work()
            return
        task = self._done.get((who, key))
        if task is None:
            task = asyncio.get_running_loop().create_task(work(), name=f"once:{who}")
            task.add_done_callback(_heard)
            self._done[who, key] = task
            while len(self._done) > self._most:
                self._done.popitem(last=False)
        await asyncio.shield(task)

    async def close(self) -> None:
        for task in self._done.values():
            task.cancel()
        await asyncio.gather(*self._done.values(), return_exceptions=True)
        self._done.clear()


def _heard(task: asyncio.Task[None]) -> None:
    """The sender may be gone; what went wrong was told where it happened."""
    if not task.cancelled():
        task.exception()
