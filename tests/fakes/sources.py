"""A system elsewhere that does as the story says."""

import asyncio
from collections.abc import Sequence

from cti.ports import SourceFailed, SourceRecord


class FakeSource:
    """It answers nobody while it is not `open_for_business`; `error` is raised instead of an answer."""

    def __init__(self, name: str, *records: SourceRecord) -> None:
        self.name = name
        self.records: tuple[SourceRecord, ...] = records
        self.open_for_business = asyncio.Event()
        self.open_for_business.set()
        self.error: Exception | None = None
        self.asked: list[str] = []

    async def open(self) -> None: ...

    async def by_number(self, e164: str) -> Sequence[SourceRecord]:
        self.asked.append(e164)
        await self.open_for_business.wait()
        if self.error is not None:
            raise self.error
        return self.records

    async def close(self) -> None: ...

    def hangs(self) -> None:
        self.open_for_business.clear()

    def answers(self) -> None:
        self.open_for_business.set()

    def fails(self, why: str = "answered with status 500") -> None:
        self.error = SourceFailed(why)

    def is_mended(self) -> None:
        self.error = None
