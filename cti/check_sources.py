"""Asks each system elsewhere for its test number: the part of `cti check` about [[source]]."""

import asyncio
from typing import Literal

from connectors.crm.sources import source_of
from cti.ports import SourceFailed
from cti.settings import Settings
from cti.sources import AnySource, Outgoing

_PATIENCE_SECONDS = 10.0

Told = tuple[Literal["ok", "info", "warning", "error"], str, str]  # (level, part, sentence)


async def told_of_sources(settings: Settings) -> list[Told]:
    """Return a sentence about each source, in the order of the settings; none keeps the service from working."""
    region = settings.site.region
    return list(await asyncio.gather(*(_told(source, settings.outgoing, region) for source in settings.source)))


async def _told(settings: AnySource, outgoing: Outgoing, region: str) -> Told:
    part = f"source {settings.name}"
    if not settings.test_number:
        return "info", part, "was not tried: give it a test_number"
    source, clock = source_of(settings, outgoing, region=region), asyncio.get_running_loop().time
    began = clock()
    try:
        await source.open()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            began = clock()
            found = await source.by_number(settings.test_number)
    except TimeoutError:
        return "warning", part, f"gave no answer within {_PATIENCE_SECONDS:g} s"
    except SourceFailed as fault:
        return "warning", part, str(fault)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and the other findings must be told
        return "warning", part, f"has a fault of its own: {type(error).__name__}"
    finally:
        seconds = clock() - began
        await source.close()
    if seconds > settings.deadline_seconds:
        return (
            "warning",
            part,
            f"answered after {seconds:.1f} s, later than deadline_seconds: the card is completed late",
        )
    if not found:
        return "info", part, "answered that nobody has the test number"
    if not found[0].name:
        return "warning", part, "found the test number, but no name: see title in its settings"
    empty = [name for name, value in found[0].fields.items() if not value]
    if empty:
        return "warning", part, f"found the test number, but nothing in {', '.join(empty)}: see field in its settings"
    return "ok", part, f"found {len(found)} under the test number in {seconds * 1000:.0f} ms"
