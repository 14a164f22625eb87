"""Looks at everything that the service needs, and tells all that is wrong in one go: `cti check`."""

import asyncio
from pathlib import Path
from typing import Literal

import msgspec

from connectors.ami.link import AmiLink
from cti.app import ami_settings
from cti.calls.facts import Fact, Snapshot
from cti.check_phones import told_of_phones
from cti.check_sources import told_of_sources
from cti.ports import StorageDown
from cti.settings import Settings
from cti.storage.migrate import migrate
from cti.storage.upkeep import DatabaseInUse
from cti.web.pages import FOLDER


class Finding(msgspec.Struct, frozen=True):
    level: Literal["ok", "info", "warning", "error"]
    part: str
    text: str


async def findings_of(settings: Settings) -> list[Finding]:
    """Return what there is to say about each part; an error keeps the service from working."""
    parts = await asyncio.gather(_database(settings), _switch(settings), _pages())
    told = [*await told_of_phones(settings), *await told_of_sources(settings)]
    return [*(finding for part in parts for finding in part), *(Finding(*each) for each in told)]


async def _database(settings: Settings) -> list[Finding]:
    try:
        done = await migrate(settings.database.url, Path(settings.database.backup_folder))
    except DatabaseInUse:
        return [Finding("ok", "database", "in use by the running service")]
    except (StorageDown, ValueError, OSError) as problem:
        return [Finding("error", "database", str(problem))]
    return [Finding("ok", "database", f"up to date: {done.after}")]


async def _switch(settings: Settings) -> list[Finding]:
    seen: list[Snapshot] = []

    def take(read_ns: int, fact: Fact) -> None:
        if isinstance(fact, Snapshot):
            seen.append(fact)

    link = AmiLink(ami_settings(settings.switch), take, name=settings.switch.name)
    found = [Finding(finding.level, "asterisk", finding.text) for finding in await link.look()]
    if any(finding.level == "error" for finding in found):
        return found
    where = f"{settings.switch.host}:{settings.switch.port}"
    found.append(Finding("ok", "asterisk", f"{settings.switch.username} may log in at {where}"))
    if seen:
        queues = sorted({member.queue for member in seen[-1].members})
        if queues:
            found.append(Finding("ok", "queues", f"with members: {', '.join(queues)}"))
        else:
            found.append(Finding("warning", "queues", "no queue has a member: nobody will be rung"))
    return found


async def _pages() -> list[Finding]:
    if (FOLDER / "index.html").is_file():
        return [Finding("ok", "screens", "built")]
    return [Finding("error", "screens", "are not built: run scripts/setup ui, or install a released package")]
