"""Records on disk beside the database, for while it takes none: one JSON text a line, durable before append() returns.

All of it blocks; the recorder calls it in a thread, from one task.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from cti.storage.upkeep import sync_folder


class Journal:
    """A file that grows at one end and is read from the other, and is gone when all was read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def count(self) -> int:
        """Return how many lines wait, and mend the end of the file if a crash cut it."""
        try:
            whole = self._path.read_bytes()
        except FileNotFoundError:
            return 0
        kept = whole.rfind(b"\n") + 1
        if kept < len(whole):
            os.truncate(self._path, kept)  # this one was never acknowledged
        return whole.count(b"\n", self._offset)

    def append(self, lines: Sequence[bytes]) -> None:
        """Add *lines*, all or none of them."""
        is_new = not self._path.exists()
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            before = os.fstat(fd).st_size
            try:
                rest = memoryview(b"".join(line + b"\n" for line in lines))
                while rest:
                    rest = rest[os.write(fd, rest) :]
                os.fsync(fd)
            except OSError:
                os.ftruncate(fd, before)
                raise
        finally:
            os.close(fd)
        if is_new:
            sync_folder(self._path.parent)

    def peek(self, count: int) -> tuple[list[bytes], int]:
        """Return the next lines, *count* at most, and what to tell done() when they are stored."""
        lines: list[bytes] = []
        try:
            file = open(self._path, "rb")  # noqa: SIM115 - closed below; the file may not be there
        except FileNotFoundError:
            return [], 0
        with file:
            file.seek(self._offset)
            while len(lines) < count and (line := file.readline()).endswith(b"\n"):
                lines.append(line[:-1])
            return lines, file.tell()

    def done(self, position: int) -> None:
        """Forget what lies before *position*; the file goes when nothing lies behind."""
        self._offset = position
        if self._path.exists() and position >= self._path.stat().st_size:
            self._path.unlink()
            sync_folder(self._path.parent)
            self._offset = 0
