"""What the command line does with one person's data, and with two customers who are one."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cti.cli_customers import audited, me
from cti.customers import NoSuchCustomer
from cti.settings import Settings
from cti.storage.beside import Bystander, GuestDatabase, open_beside
from cti.storage.engine import parse_url
from cti.storage.erasure import CallUnderWay, Certificate, SqlErasure, backups_of, files_of
from cti.storage.merging import CannotUndo, SqlMerging

console = Console()


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Bystander]:
    try:
        async with open_beside(settings.database.url, backups=Path(settings.database.backup_folder)) as db:
            yield db
    except NoSuchCustomer as nobody:
        raise ValueError(f"there is no customer {nobody}, or it was merged into another") from None
    except CannotUndo as merge:
        raise ValueError(f"merge {merge} cannot be undone: it was, or one of the two is merged again or gone") from None
    except CallUnderWay as call:
        raise ValueError(f"a call is under way ({call}): erase when it has ended") from None


async def duplicates(settings: Settings, limit: int) -> None:
    async with database(settings) as db:
        found = await SqlMerging(db).duplicates(limit=limit)
    table = Table("first", "second", "because")
    for pair in found:
        table.add_row(str(pair.first), str(pair.second), Text("; ".join(pair.reasons)))
    console.print(table)


async def merge(settings: Settings, kept: int, gone: int) -> None:
    async with database(settings) as db:
        done = await SqlMerging(db).merge(kept, gone, who=me())
        await audited(db, "customers.merge", f"{gone} into {kept}")
    console.print(f"merge {done.id}: {gone} is {kept} now")


async def unmerge(settings: Settings, merge: int) -> None:
    async with database(settings) as db:
        done = await SqlMerging(db).undo(merge, who=me())
        await audited(db, "customers.unmerge", f"{done.gone} from {done.kept}")
    console.print(f"{done.gone} and {done.kept} are two again")


async def disclose(settings: Settings, customer: int, file: Path) -> None:
    async with database(settings) as db:
        found = await SqlErasure(db).disclose(customer)
        await audited(db, "customers.disclose", str(customer))
    _write(file, msgspec.json.format(msgspec.json.encode(found), indent=2))
    console.print(Text(f"{len(found.calls)} calls, {len(found.history)} changes: {file}"))


async def erase(settings: Settings, customer: int, basis: str, file: Path) -> None:
    folder = Path(settings.database.backup_folder)
    url = parse_url(settings.database.url)
    backups = backups_of(folder, Path(url.database or "")) if url.get_backend_name() == "sqlite" else []
    async with database(settings) as db:
        erasure = SqlErasure(db, files=files_of(folder / "records.journal"), backups=backups)
        done = await erasure.erase(customer, who=me(), basis=basis)
        await audited(db, "customers.erase", f"{customer}: certificate {done.sha256}")
        if isinstance(db, GuestDatabase) and not await db.forget_log():
            console.print("the database's log still has the person: it is written over when the service is less busy")
    _write(file, msgspec.json.format(msgspec.json.encode(done), indent=2))
    _tell(done)


def _tell(done: Certificate) -> None:
    table = Table("store", "found", "erased", "without identity", "remains")
    for store in done.stores:
        figures = (store.found, store.erased, store.kept_without_identity)
        table.add_row(store.name, *(str(figure) for figure in figures), Text(store.remains))
    console.print(table)


def _write(path: Path, content: bytes) -> None:
    """Write a file that only we can read; one that is there is not replaced."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(fd)
