"""Copies the database once a day, so that a damaged one can be restored."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from cti.ports import StorageDown

log = logging.getLogger(__name__)

FIRST_AFTER_SECONDS = 600.0  # not while everybody logs in again
EVERY_SECONDS = 24 * 3600.0


async def keep_backed_up(
    backup: Callable[[], Awaitable[Path | None]],
    *,
    first_after_seconds: float = FIRST_AFTER_SECONDS,
    every_seconds: float = EVERY_SECONDS,
) -> None:
    """Copy soon after the start and then once a day, until cancelled. None says that the engine's own tools do it."""
    await asyncio.sleep(first_after_seconds)
    while True:
        try:
            copy = await backup()
        except (StorageDown, OSError) as problem:
            log.error("the database was not copied", extra={"problem": str(problem)})
        else:
            if copy is None:
                return
            log.info("the database was copied", extra={"to": str(copy)})
        await asyncio.sleep(every_seconds)
