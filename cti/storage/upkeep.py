"""The SQLite file itself: who has it, whether it is whole, its backups, and putting one back. All of it blocks."""

import contextlib
import fcntl
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from cti.ports import StorageDown

log = logging.getLogger(__name__)

CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
CHECK_SECONDS = 1.0  # that a start waits for the check of the file


class DatabaseInUse(Exception):
    """Another process has this database open; only one service may."""


class FileLock:
    """Held from making it until release(), or the death of the process."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise DatabaseInUse(f"{database} is in use by process {holder or 'unknown'}") from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._fd)


class Check(Enum):
    WHOLE = "whole"
    CORRUPT = "corrupt"
    UNFINISHED = "unfinished"


def is_corruption(error: sqlite3.Error) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in CORRUPT_CODES


_LOOK_OVER = """
import os, sqlite3, sys
os.nice(10)
try:
    print(sqlite3.connect(sys.argv[1], timeout=5).execute("PRAGMA quick_check(1)").fetchone()[0])
except sqlite3.Error as error:
    print(f"code {error.sqlite_errorcode & 0xff} {error}")
"""


class Checker:
    """`PRAGMA quick_check` in a process of its own: on a large file it takes long, and nothing interrupts it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _LOOK_OVER, str(path)], stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def wait(self, seconds: float | None = None) -> Check:
        """Return what was found, or UNFINISHED after *seconds* or when it was stopped."""
        try:
            told = self._process.communicate(timeout=seconds)[0].strip()
        except subprocess.TimeoutExpired:
            return Check.UNFINISHED
        if told == "ok":
            return Check.WHOLE
        if self._process.returncode < 0:
            return Check.UNFINISHED
        if told.startswith("code ") and int(told.split()[1]) not in CORRUPT_CODES:
            raise StorageDown(f"{self._path}: {told.split(maxsplit=2)[2]}")
        if not told:
            raise StorageDown(f"{self._path}: could not be checked")
        return Check.CORRUPT

    def stop(self) -> None:
        """End the check; wait() then says UNFINISHED."""
        self._process.kill()


def check(path: Path) -> Check:
    """Return whether the file is whole, however long that takes."""
    return Checker(path).wait()


def _suspect(path: Path) -> Path:
    return path.with_name(path.name + ".suspect")


def mark_suspect(path: Path) -> None:
    """Have the next start check the whole file, however long that takes."""
    with contextlib.suppress(OSError):
        _suspect(path).touch(0o600)


def check_at_start(
    path: Path, backups: Path | None, *, budget_seconds: float = CHECK_SECONDS
) -> tuple[str, Checker | None]:
    """Check the file and put the newest good backup in its place if it is corrupt.

    Return the name of that backup, "" when none was needed and "nothing" when there was none; and the checker if it
    was not done after *budget_seconds*, for the caller to wait for beside the service.
    """
    if not path.exists():
        return "", None
    thorough = _suspect(path).exists()
    checker = Checker(path)
    found = checker.wait(None if thorough else budget_seconds)
    if found is Check.UNFINISHED:
        return "", checker
    restored = _replace(path, backups) if found is Check.CORRUPT else ""
    if thorough:
        _suspect(path).unlink(missing_ok=True)
    return restored, None


def _replace(path: Path, backups: Path | None) -> str:
    """Move the corrupt file aside, copy the newest good backup to its place, and return the name of that."""
    aside = path.with_name(f"{path.name}.corrupt-{_stamp()}")
    for ending in ("-wal", "-shm", ""):  # the file itself last: until then the next start finds it corrupt again
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    for candidate in reversed(list_backups(backups, path)):
        if check(candidate) is Check.WHOLE:
            fresh = path.with_name(path.name + ".restoring")
            shutil.copyfile(candidate, fresh)
            _settle(fresh, path)
            log.critical(
                "the database was corrupt: moved aside, newest good backup restored; what came after it is lost",
                extra={"moved_to": str(aside), "restored_from": str(candidate)},
            )
            return candidate.name
        log.error("a backup is corrupt too", extra={"backup": str(candidate)})
    log.critical(
        "the database was corrupt and there is no good backup: moved aside, starting with an empty one",
        extra={"moved_to": str(aside)},
    )
    return "nothing"


def list_backups(folder: Path | None, database: Path) -> list[Path]:
    """Return the backups of *database*, the oldest first."""
    return sorted(folder.glob(f"{database.stem}-*.db")) if folder else []


def backup(path: Path, folder: Path, *, keep: int = 7) -> Path:
    """Copy the database as it stands, also while it is written to; return the copy. The *keep* newest ones remain."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{path.stem}-{_stamp()}.db"
    unfinished = target.with_name(target.name + ".part")
    unfinished.touch(0o600)
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as source,
            contextlib.closing(sqlite3.connect(unfinished)) as copy,
        ):
            source.backup(copy)
            # A file on its own: no -wal beside it that could be left behind when it is copied elsewhere.
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        unfinished.unlink(missing_ok=True)
        raise StorageDown(f"backup to {folder}: {error}") from error
    _settle(unfinished, target)
    for old in list_backups(folder, path)[:-keep]:
        old.unlink(missing_ok=True)
    return target


def _settle(written: Path, target: Path) -> None:
    """Give *written* its final name, so that after a power loss there is the whole file or none."""
    with open(written, "rb") as file:
        os.fsync(file.fileno())
    written.rename(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make new and removed names in *folder* durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
