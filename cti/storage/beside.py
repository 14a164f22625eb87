"""A database for a command, also while a service has it: on SQLite as a guest, that writes in short transactions.

The service keeps the lock of its file, which says who may replace or migrate it. A guest does neither, and looks in
each transaction whether the file is still the same one and has the tables that it knows. Readers wait for nobody;
the service waits for a guest's transaction to end, as it waits for its own.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from cti.ports import StorageDown, StorageRefused
from cti.storage import upkeep
from cti.storage.connecting import sqlite_engine
from cti.storage.engine import parse_url
from cti.storage.migrate import current, migrate_file, newest
from cti.storage.postgres import PostgresDatabase
from cti.storage.tables import from_micros, to_micros

T = TypeVar("T")

_TRIES = 20  # for the lock, a second each: a service has many short transactions and a long one now and then


class Bystander(Protocol):
    """The part of a Database that a command needs."""

    async def read(self, work: Callable[[Connection], T]) -> T: ...

    async def write(self, work: Callable[[Connection], T]) -> T: ...

    def moment(self, at: datetime | None) -> Any: ...

    def as_moment(self, value: Any) -> datetime: ...


@contextlib.asynccontextmanager
async def open_beside(url: str, *, backups: Path | None = None) -> AsyncIterator[Bystander]:
    """Open the database at *url*, migrated. Raises ValueError, StorageDown, or StorageRefused for other tables."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "postgresql":
        server = await PostgresDatabase.open(parsed)
        try:
            yield server
        finally:
            await server.close()
        return
    guest = await asyncio.to_thread(GuestDatabase, Path(parsed.database or ""), backups)
    try:
        yield guest
    finally:
        await guest.close()


class GuestDatabase:
    """A SQLite file that a service may have."""

    def __init__(self, path: Path, backups: Path | None) -> None:
        self._path = path
        try:
            with contextlib.suppress(upkeep.DatabaseInUse):  # then the service has migrated it
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                lock = upkeep.FileLock(path)
                try:
                    path.touch(0o600)
                    migrate_file(path, backups)
                finally:
                    lock.release()
            self._file = _identity(path)
            self._engine = sqlite_engine(path)
            with contextlib.closing(self._engine.raw_connection()) as pooled:
                driver: Any = pooled.driver_connection
            self._driver = driver  # for what no transaction may hold
            driver.execute("PRAGMA wal_autocheckpoint=4000")  # pages: those of an index are written over and over
            driver.execute("PRAGMA secure_delete=ON")  # what is erased is not left in free pages
        except (sqlite3.Error, DBAPIError, OSError) as error:
            raise StorageDown(f"{path}: {error}") from error
        self._newest = newest()
        self._thread = ThreadPoolExecutor(1, "storage-guest")

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self.write(work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        def run() -> T:
            with self._engine.begin() as connection:
                self._check(connection)
                return work(connection)

        for tries_left in reversed(range(_TRIES)):
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, run)
            except StatementError as error:
                cause = error.orig
            except sqlite3.Error as error:
                cause = error
            if not isinstance(cause, sqlite3.OperationalError):
                raise StorageRefused(str(cause)) from cause
            if not tries_left or cause.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StorageDown(str(cause)) from cause
        raise AssertionError("unreachable")

    def moment(self, at: datetime | None) -> int | None:
        return None if at is None else to_micros(at)

    def as_moment(self, value: Any) -> datetime:
        return from_micros(value)

    async def forget_log(self) -> bool:
        def run() -> bool:
            (busy, _, _) = self._driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

        for _ in range(_TRIES):
            if await asyncio.get_running_loop().run_in_executor(self._thread, run):
                return True
            await asyncio.sleep(0.25)
        return False

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()

    def _check(self, connection: Connection) -> None:
        if _identity(self._path) != self._file:
            raise StorageDown(f"{self._path} was replaced: begin again")
        if (found := current(connection)) != self._newest:
            raise StorageRefused(f"{self._path} has tables {found or 'of no release'}, this is {self._newest}")


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino
