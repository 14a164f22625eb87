"""An import from beginning to end: read, refused or stored in short batches, gone on with where it was interrupted."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cti.assist.customfields import CustomField
from cti.exchange import cells
from cti.exchange.columns import SKIP, Column, map_columns
from cti.exchange.encodings import BadFile, FileKind
from cti.exchange.jobs import ImportJob, ImportStore
from cti.exchange.report import LINE, REASON, Report
from cti.exchange.rows import ImportRow, RowReader
from cti.exchange.sheets import SheetRow, csv_rows
from cti.exchange.workbooks import workbook_rows

BATCH_SECONDS = 0.025  # that a transaction should take: half of what live work may wait
FIRST_BATCH, MOST_BATCH = 250, 5_000
PAUSE_SECONDS = 0.005  # between two, for others to write

Refused = tuple[SheetRow, str]


class Plan(msgspec.Struct, frozen=True):
    """How a file is read."""

    path: Path
    kind: FileKind
    columns: tuple[Column, ...]
    region: str
    own: tuple[CustomField, ...] = ()
    update: bool = False
    who: str = ""

    @property
    def job(self) -> str:
        """The name of this import: the same for the same file read in the same way."""
        mapping = [column.field for column in self.columns]
        told = msgspec.json.encode([self.kind.digest, self.kind.encoding, mapping, self.region, self.own, self.update])
        return hashlib.sha256(told).hexdigest()


class Figures(msgspec.Struct):
    """How long the transactions took."""

    batches: int = 0
    longest_seconds: float = 0.0


def plan(
    path: Path,
    kind: FileKind,
    *,
    region: str,
    told: Mapping[str, str],
    own: Sequence[CustomField] = (),
    update: bool = False,
    who: str = "",
) -> Plan:
    """Return how the file is read, from its heading; raises BadFile where it cannot be."""
    with closing(_rows_of(path, kind)) as rows:
        heading = next(rows, None)
    if heading is None:
        raise BadFile(f"{path.name} is empty")
    if heading.refused:
        raise BadFile(f"{path.name} has no heading: line {heading.line} {heading.refused}")
    headings = [cells.read(cell.strip()) for cell in heading.cells]
    told = {**told, **{heading: SKIP for heading in headings if heading in (LINE, REASON)}}
    return Plan(path, kind, map_columns(headings, told, own), region, tuple(own), update, who)


async def dry_run(
    plan: Plan, store: ImportStore, report: Path, *, advance: Callable[[int], None] | None = None
) -> ImportJob:
    """Read everything, write the report, and return what an import would do."""
    written = Report(report, [column.heading for column in plan.columns], 0)
    job = ImportJob("", plan.path.name, plan.who, datetime.now(UTC))
    try:
        with closing(_rows_of(plan.path, plan.kind)) as rows:
            next(rows, None)
            for taken, good, refused in _batches(rows, RowReader(plan.columns, plan.region, plan.own), lambda: 2_000):
                found = await store.preview(good)
                job = msgspec.structs.replace(
                    job,
                    rows_done=job.rows_done + taken,
                    added=job.added + found.added,
                    known=job.known + found.known,
                    refused=job.refused + len(refused),
                    report_bytes=written.add(refused),
                )
                if advance:
                    advance(taken)
    finally:
        written.close()
    return job


async def run(
    plan: Plan,
    store: ImportStore,
    report: Path,
    *,
    advance: Callable[[int], None] | None = None,
    figures: Figures | None = None,
) -> ImportJob:
    """Import the file, going on where an earlier run of the same import ended; return how it went.

    A batch, how far the import is, and the size of the report are stored together: killed at any moment, the import
    goes on with the first row that is not stored.
    """
    figures = figures or Figures()
    job = await store.begin(ImportJob(plan.job, plan.path.name, plan.who, datetime.now(UTC)))
    if job.finished_at:
        return job
    pace = _Pace()
    written = Report(report, [column.heading for column in plan.columns], job.report_bytes)
    try:
        with closing(_rows_of(plan.path, plan.kind)) as rows:
            next(rows, None)
            for _ in range(job.rows_done):
                next(rows, None)
            if advance:
                advance(job.rows_done)
            batches = _batches(rows, RowReader(plan.columns, plan.region, plan.own), pace.size)
            for taken, good, refused in batches:
                done = msgspec.structs.replace(
                    job,
                    rows_done=job.rows_done + taken,
                    refused=job.refused + len(refused),
                    report_bytes=written.add(refused),
                )
                began = time.perf_counter()
                job = await store.put(job, good, done, update=plan.update)
                seconds = time.perf_counter() - began
                pace.took(seconds, len(good))
                figures.batches += 1
                figures.longest_seconds = max(figures.longest_seconds, seconds)
                if advance:
                    advance(taken)
                await asyncio.sleep(PAUSE_SECONDS)
    finally:
        written.close()
    return await store.put(job, (), msgspec.structs.replace(job, finished_at=datetime.now(UTC)), update=False)


class _Pace:
    """How many rows go in a batch, so that it takes BATCH_SECONDS."""

    def __init__(self) -> None:
        self._rows = FIRST_BATCH

    def size(self) -> int:
        return self._rows

    def took(self, seconds: float, rows: int) -> None:
        if rows < self._rows // 2:
            return  # the last batch, or most were refused: it says nothing
        fitting = int(rows * BATCH_SECONDS / max(seconds, 1e-6))
        self._rows = max(10, min(MOST_BATCH, fitting, self._rows * 2))


def _batches(
    rows: Iterator[SheetRow], reader: RowReader, size: Callable[[], int]
) -> Iterator[tuple[int, list[ImportRow], list[Refused]]]:
    """Return (rows taken, customers, refused rows) for so many rows at a time as *size* then says."""
    while True:
        good: list[ImportRow] = []
        refused: list[Refused] = []
        taken = 0
        for row in rows:
            taken += 1
            if row.refused:
                refused.append((row, row.refused))
            else:
                try:
                    good.append(reader.read(row.cells))
                except ValueError as error:
                    refused.append((row, str(error)))
            if taken >= size():
                break
        if not taken:
            return
        yield taken, good, refused


def _rows_of(path: Path, kind: FileKind) -> Generator[SheetRow, None, None]:
    return workbook_rows(path) if kind.kind == "xlsx" else csv_rows(path, kind)
