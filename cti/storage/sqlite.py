"""SQLite: one thread that writes, durably against power loss, and read-only connections beside it.

No transaction is ever open across an await: each runs whole within one call on one thread. So a request that is
cancelled leaves none behind, and none can hold back the write-ahead log.
"""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, StatementError

from cti.ports import StorageDown, StorageRefused
from cti.storage import upkeep
from cti.storage.connecting import sqlite_connection, sqlite_engine
from cti.storage.engine import Sql, Step
from cti.storage.migrate import migrate_file
from cti.storage.tables import from_micros, to_micros

log = logging.getLogger(__name__)

T = TypeVar("T")

WRITE_TRIES = 5  # of a LOCK_WAIT_SECONDS each


class SqliteDatabase:
    """The file at a path, held by this process alone."""

    def __init__(
        self,
        path: Path,
        lock: upkeep.FileLock,
        *,
        writer: Engine,
        readers: Engine,
        fast: aiosqlite.Connection,
        backups: Path | None,
        kept_from: str,
        checker: upkeep.Checker | None,
    ) -> None:
        self.path = path
        self.kept_from = kept_from
        self._lock = lock
        self._writer = writer
        with contextlib.closing(writer.raw_connection()) as pooled:
            self._driver: Any = pooled.driver_connection  # the one that the engine has, for without SQLAlchemy
        self._readers = readers
        self._fast = fast
        self._backups = backups
        self._write_thread = ThreadPoolExecutor(1, "storage-write")
        self._read_threads = ThreadPoolExecutor(2, "storage-read")
        self._corrupt = False
        self._checker = checker
        self._checking = asyncio.create_task(self._check_on(checker), name="storage-check") if checker else None

    @classmethod
    async def open(cls, path: Path, *, backups: Path | None = None) -> "SqliteDatabase":
        def prepare() -> tuple[upkeep.FileLock, str, upkeep.Checker | None, Engine, Engine]:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock, checker = upkeep.FileLock(path), None
            try:
                path.touch(0o600)
                kept_from, checker = upkeep.check_at_start(path, backups)
                migrate_file(path, backups)
                writer = sqlite_engine(path)
                with writer.connect():
                    pass  # connected, so that the log is there for the read-only ones
                return lock, kept_from, checker, writer, sqlite_engine(path, read_only=True)
            except BaseException:
                if checker:
                    checker.stop()
                    checker.wait()
                lock.release()
                raise

        try:
            lock, kept_from, checker, writer, readers = await asyncio.to_thread(prepare)
        except (sqlite3.Error, DBAPIError, OSError) as error:
            raise StorageDown(f"{path}: {error}") from error
        fast = await aiosqlite.Connection(lambda: sqlite_connection(path, read_only=True), iter_chunk_size=64)
        return cls(
            path,
            lock,
            writer=writer,
            readers=readers,
            fast=fast,
            backups=backups,
            kept_from=kept_from,
            checker=checker,
        )

    @property
    def corrupt(self) -> bool:
        return self._corrupt

    async def fetch(self, sql: Sql, *values: Any) -> Sequence[Sequence[Any]]:
        try:
            return await self._fast.execute_fetchall(sql.sqlite, values)  # type: ignore[return-value]  # a list
        except sqlite3.Error as error:
            raise self._explain(error) from error

    async def read(self, work: Callable[[Connection], T]) -> T:
        def run() -> T:
            with self._readers.begin() as connection:
                return work(connection)

        return await self._in_thread(self._read_threads, run)

    async def write(self, work: Callable[[Connection], T]) -> T:
        def run() -> T:
            with self._writer.begin() as connection:
                return work(connection)

        for tries_left in reversed(range(WRITE_TRIES)):
            try:
                return await self._in_thread(self._write_thread, run)
            except StorageDown as down:
                if not tries_left or not _is_lock(down.__cause__):
                    raise
        raise AssertionError("unreachable")

    async def commit(self, steps: Sequence[Step]) -> None:
        await self._in_thread(self._write_thread, self._commit, steps)

    def _commit(self, steps: Sequence[Step]) -> None:
        driver = self._driver
        driver.execute("BEGIN IMMEDIATE")
        try:
            for sql, rows in steps:
                driver.executemany(sql.sqlite, rows)
            driver.execute("COMMIT")
        except BaseException:
            if driver.in_transaction:  # a full disk has rolled it back already
                driver.execute("ROLLBACK")
            raise

    def moment(self, at: datetime | None) -> int | None:
        return None if at is None else to_micros(at)

    def as_moment(self, value: Any) -> datetime:
        return from_micros(value)

    async def backup(self) -> Path | None:
        folder = self._backups
        if folder is None:
            return None
        return await asyncio.to_thread(upkeep.backup, self.path, folder)

    async def close(self) -> None:
        """Close all connections and let go of the file. What was asked for before is done first."""
        if self._checker and self._checking:
            self._checker.stop()
            await self._checking
        await self._fast.close()
        for threads in (self._read_threads, self._write_thread):
            await asyncio.to_thread(threads.shutdown)
        self._readers.dispose()
        self._writer.dispose()
        self._lock.release()

    async def _in_thread(self, threads: ThreadPoolExecutor, work: Callable[..., T], *arguments: Any) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work, *arguments)
        except StatementError as error:  # from SQLAlchemy, with the driver's own inside
            raise self._explain(error.orig or error) from error.orig
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise self._explain(error) from error

    async def _check_on(self, checker: upkeep.Checker) -> None:
        """Wait for the check of a large file while the service runs."""
        try:
            found = await asyncio.to_thread(checker.wait)
        except StorageDown as error:
            log.error("the database could not be checked", extra={"reason": str(error)})
            return
        if found is upkeep.Check.CORRUPT:
            self._note_corruption()

    def _note_corruption(self) -> None:
        if not self._corrupt:
            self._corrupt = True
            upkeep.mark_suspect(self.path)
            log.critical("the database is corrupt; a restart puts the newest backup in its place")

    def _explain(self, error: BaseException) -> StorageDown | StorageRefused:
        """Return what *error* means to a caller: not now, or never."""
        if isinstance(error, sqlite3.OperationalError):
            return StorageDown(str(error))
        if isinstance(error, sqlite3.DatabaseError) and upkeep.is_corruption(error):
            self._note_corruption()
            return StorageDown(str(error))
        return StorageRefused(str(error))


def _is_lock(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    }
