"""Customers in the CSV files of a folder, by way of an index on disk that follows the files."""

import asyncio
import csv
import logging
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec

from connectors.crm.values import MOST_RECORDS, record_of_row
from cti.assist import numbers
from cti.exchange.encodings import BadFile, examine
from cti.ports import SourceFailed, SourceRecord
from cti.sources import CsvSource

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # between two looks at the folder
_BATCH = 1000
_TABLES = """
    CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, stamp TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS records (number TEXT NOT NULL, file TEXT NOT NULL, record BLOB NOT NULL);
    CREATE INDEX IF NOT EXISTS records_by_number ON records (number);
    CREATE INDEX IF NOT EXISTS records_by_file ON records (file);
"""


class CsvFolderSource:
    """A CustomerSource. A thread reads the files, another answers, from what was read before until then."""

    def __init__(self, settings: CsvSource, *, region: str) -> None:
        self.name = settings.name
        self._settings = settings
        self._region = region
        self._place: tempfile.TemporaryDirectory[str] | None = None
        self._reader = ThreadPoolExecutor(1, thread_name_prefix=f"csv-{settings.name}")
        self._asker = ThreadPoolExecutor(1, thread_name_prefix=f"ask-{settings.name}")
        self._reading: asyncio.Task[None] | None = None
        self._looked_at: float | None = None
        self._is_read = False  # once
        self._faults: dict[str, str] = {}  # file -> what is wrong with it
        self._refused: dict[str, tuple[str, str]] = {}  # file -> (its stamp, what is wrong): the reader's own
        self._closing = threading.Event()

    async def open(self) -> None:
        self._place = tempfile.TemporaryDirectory(prefix="cti-csv-")
        self._look()

    async def by_number(self, e164: str) -> list[SourceRecord]:
        self._look()
        if not self._is_read and self._reading is not None:
            await asyncio.shield(self._reading)
        found = await asyncio.get_running_loop().run_in_executor(self._asker, self._find, e164)
        if not found and self._faults:
            name, fault = next(iter(self._faults.items()))
            raise SourceFailed(f"{name}: {fault}")
        return found

    async def read(self) -> None:
        """Bring the index up to date with the folder, now."""
        if self._reading is not None:
            await self._reading
        await self._bring_up_to_date()

    async def close(self) -> None:
        self._closing.set()
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
        self._reader.shutdown()
        self._asker.shutdown()
        if self._place is not None:
            self._place.cleanup()

    def _look(self) -> None:
        """Begin to read what changed, unless that was looked for a moment ago."""
        now = asyncio.get_running_loop().time()
        if self._reading is None and (self._looked_at is None or now - self._looked_at >= LOOK_SECONDS):
            self._looked_at = now
            self._reading = asyncio.get_running_loop().create_task(self._bring_up_to_date(), name=f"csv:{self.name}")
            self._reading.add_done_callback(self._was_read)

    def _was_read(self, reading: asyncio.Task[None]) -> None:
        self._reading = None
        if not reading.cancelled() and (error := reading.exception()) is not None:
            self._faults["index"] = type(error).__name__

    async def _bring_up_to_date(self) -> None:
        faults = await asyncio.get_running_loop().run_in_executor(self._reader, self._read_changed)
        for name in faults.keys() - self._faults.keys():
            log.warning("customer file is not read", extra={"source": self.name, "file": name, "why": faults[name]})
        self._faults, self._is_read = faults, True

    @property
    def _index(self) -> Path:
        assert self._place is not None, "open comes first"
        return Path(self._place.name) / "index.db"

    # --- in threads ---------------------------------------------------------------------------------------------------

    def _find(self, e164: str) -> list[SourceRecord]:
        with closing(sqlite3.connect(self._index, timeout=1)) as index:
            asked = "SELECT record FROM records WHERE number = ? ORDER BY rowid LIMIT ?"
            return [_decoder.decode(record) for (record,) in index.execute(asked, (e164, MOST_RECORDS))]

    def _read_changed(self) -> dict[str, str]:
        """Read the files that are new or changed; return what is wrong with those that cannot be read."""
        with closing(sqlite3.connect(self._index)) as index:
            index.execute("PRAGMA journal_mode = WAL")
            index.executescript(_TABLES)
            known = dict(index.execute("SELECT name, stamp FROM files"))
            try:
                there = {
                    path.name: path for path in sorted(Path(self._settings.folder).glob("*.csv")) if path.is_file()
                }
                stamps = {name: _stamp(path) for name, path in there.items()}
            except OSError as error:
                return {self._settings.folder: error.strerror or "cannot be read"}
            for name in known.keys() - there.keys():
                with index:
                    self._forget(index, name)
            refused = {name: was for name, was in self._refused.items() if stamps.get(name) == was[0]}
            for name, path in there.items():
                if known.get(name) == stamps[name] or name in refused:
                    continue
                try:
                    with index:  # all of a file or nothing
                        self._forget(index, name)
                        self._take(index, path)
                        index.execute("INSERT INTO files VALUES (?, ?)", (name, stamps[name]))
                except (BadFile, csv.Error) as fault:
                    refused[name] = stamps[name], str(fault)
                except OSError as error:
                    refused[name] = stamps[name], error.strerror or type(error).__name__
        self._refused = refused
        return {name: fault for name, (_, fault) in refused.items()}

    @staticmethod
    def _forget(index: sqlite3.Connection, name: str) -> None:
        index.execute("DELETE FROM records WHERE file = ?", (name,))
        index.execute("DELETE FROM files WHERE name = ?", (name,))

    def _take(self, index: sqlite3.Connection, path: Path) -> None:
        batch: list[tuple[str, str, bytes]] = []
        for number, record in self._records(path):
            batch.append((number, path.name, record))
            if len(batch) >= _BATCH:
                index.executemany("INSERT INTO records VALUES (?, ?, ?)", batch)
                batch.clear()
        index.executemany("INSERT INTO records VALUES (?, ?, ?)", batch)

    def _records(self, path: Path) -> Iterator[tuple[str, bytes]]:
        """Yield (E.164, encoded record) for each number of each row of *path*."""
        settings = self._settings
        kind = examine(path, encoding=settings.encoding)
        if kind.kind != "csv":
            raise BadFile("is no CSV, whatever it is called")
        with path.open(encoding=kind.encoding, errors="replace", newline="") as file:
            first = file.readline(1 << 16)
            file.seek(0)
            separator = max(",;\t", key=first.count)
            rows = csv.DictReader(file, delimiter=separator)
            names = [name.strip() for name in rows.fieldnames or ()]
            rows.fieldnames = names
            if not set(settings.numbers) & set(names):
                raise BadFile(f"has no column {' or '.join(settings.numbers)}; there are {', '.join(names)[:200]}")
            for row in rows:
                if self._closing.is_set():
                    raise BadFile("was not read to its end")
                e164s = {numbers.normalise(row.get(column) or "", self._region) for column in settings.numbers}
                if any(e164s):
                    record = msgspec.json.encode(record_of_row(row, settings.id, settings.title, settings.field))
                    yield from ((e164, record) for e164 in e164s if e164)


_decoder = msgspec.json.Decoder(SourceRecord)


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ino}"
