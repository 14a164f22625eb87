"""Keeps the connectors up: a link that drops is tried again, a bug is loud."""

import asyncio
import logging
import random
from collections.abc import Iterable

from cti.ports import Connector, LinkLost, LogInRefused

log = logging.getLogger(__name__)

LONGEST_WAIT = 2.0  # seconds; an Asterisk that answers again is back on the screens within 3 s
AFTER_REFUSAL = 30.0  # a wrong secret does not get better, and hammering at it locks accounts


async def keep_up(connector: Connector, *, longest_wait: float = LONGEST_WAIT) -> None:
    """Run *connector* until cancelled, again after each lost link, with back-off and jitter."""
    clock, tries = asyncio.get_running_loop().time, 0
    while True:
        began = clock()
        try:
            await connector.run()
        except LogInRefused as refused:
            log.error("%s refused the log-in, trying again in %.0f s: %s", connector.name, AFTER_REFUSAL, refused)
            await asyncio.sleep(AFTER_REFUSAL)
            continue
        except LinkLost as lost:
            log.warning("%s link lost: %s", connector.name, lost)
        except Exception:
            if connector.essential:
                raise
            log.exception("%s failed", connector.name)
        tries = 0 if clock() - began > longest_wait else tries + 1
        await asyncio.sleep(random.uniform(0.5, 1.0) * min(longest_wait, 0.25 * 2.0**tries))


async def keep_all_up(connectors: Iterable[Connector]) -> None:
    async with asyncio.TaskGroup() as group:
        for connector in connectors:
            group.create_task(keep_up(connector), name=f"connector:{connector.name}")
