"""Where a connector's facts go in tests."""

import asyncio
from collections.abc import Callable

from cti.calls import facts as f


class Sink:
    """Keeps the facts, and tells when one of a kind has come."""

    def __init__(self) -> None:
        self.facts: list[f.Fact] = []
        self.stamps: list[int] = []
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, read_ns: int, fact: f.Fact) -> None:
        self.facts.append(fact)
        self.stamps.append(read_ns)
        task = asyncio.ensure_future(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def of(self, kind: type[f.Fact]) -> list[f.Fact]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    async def gets(self, kind: type[f.Fact], count: int = 1, *, within: float = 5) -> f.Fact:
        """Return the *count*-th fact of that kind, once it has come."""
        await self.sees(lambda: len(self.of(kind)) >= count, within=within)
        return self.of(kind)[count - 1]

    async def sees(self, what: Callable[[], bool], *, within: float = 5) -> None:
        """Wait until *what* is true after some fact."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(what)
