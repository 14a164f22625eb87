"""The database is copied now and then, and a copy that fails does not end the copying."""

import asyncio
from pathlib import Path

from cti.ports import StorageDown
from cti.services.backups import keep_backed_up


async def test_a_copy_that_fails_is_tried_again() -> None:
    tries: list[int] = []
    copied = asyncio.Event()

    async def backup() -> Path:
        tries.append(1)
        if len(tries) == 1:
            raise StorageDown("busy")
        copied.set()
        return Path("copy.db")

    task = asyncio.create_task(keep_backed_up(backup, first_after_seconds=0.0, every_seconds=0.0))
    async with asyncio.timeout(5):
        await copied.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_an_engine_with_tools_of_its_own_is_left_to_them() -> None:
    async def backup() -> None:
        return None

    async with asyncio.timeout(5):
        await keep_backed_up(backup, first_after_seconds=0.0)
