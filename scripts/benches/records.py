"""bench records: finished calls stored durably against power loss, many in one transaction, beside one in each."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from machine import machine
from rich.console import Console
from rich.table import Table

from cti.calls.facts import ChannelId, Device
from cti.calls.model import CallId, ConnectionSpan, FinishedCall, Role, Transfer
from cti.storage.calls import SqlCallLog
from cti.storage.engine import Database
from cti.storage.opening import open_database
from cti.storage.recorder import Recorder
from cti.storage.rows import CallRecord, rows_of, steps_of

FOLDER = Path(__file__).resolve().parents[2] / "var" / "bench"  # on a disk, where /tmp may be memory
RATE = 1_000  # records a second
SECONDS = 5
REQUESTERS = 64  # for as many as it takes
REQUESTED = 8_000
AIM_MILLISECONDS = 10.0

Add = Callable[[FinishedCall, tuple[ConnectionSpan, ...]], Awaitable[None]]


class Measured(msgspec.Struct):
    p50: float  # milliseconds until durable
    p99: float
    lag_p99: float  # milliseconds by which the event loop was late
    cpu: float  # microseconds a record, all threads, without those of the measuring
    most: float  # records a second, when there are always some waiting


def call(number: int) -> tuple[FinishedCall, tuple[ConnectionSpan, ...]]:
    """Return an ordinary queue call with a transfer: a row of its own and seven below it."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(seconds=number)
    soon = at + timedelta(seconds=20)
    end = at + timedelta(seconds=95)
    spans = tuple(
        ConnectionSpan(ChannelId(f"17000000.{number}{leg}"), Device(device), role, at, soon, end)
        for leg, (device, role) in enumerate(
            [("PJSIP/trunk", Role.TRUNK), ("PJSIP/1001", Role.AGENT), ("PJSIP/1002", Role.AGENT)]
        )
    )
    record = FinishedCall(
        id=CallId(f"1700000000.{number}"),
        direction="inbound",
        customer=f"138{number % 5_000:08}",
        customer_name="王小明",
        dialled="4001",
        queues=("support",),
        agents=("1001", "1002"),
        outcome="answered",
        ended_by="customer",
        transfers=(Transfer("attended", "1001", "1002", soon),),
        supervisors=(),
        started_at=at,
        answered_at=soon,
        ended_at=end,
        wait_seconds=20.0,
        talk_seconds=75.0,
        hold_seconds=0.0,
    )
    return record, spans


async def at_a_rate(add: Add) -> tuple[list[float], list[float], float]:
    """Ask for RATE records a second, whether or not the earlier ones are stored; return (waits, lags, CPU seconds)."""
    clock = time.perf_counter
    waits: list[float] = []
    lags: list[float] = []

    async def one(number: int, due: float) -> None:
        await add(*call(number))
        waits.append(clock() - due)

    async def watch() -> None:
        while True:
            due = clock() + 0.005
            await asyncio.sleep(0.005)
            lags.append(clock() - due)

    watching = asyncio.create_task(watch())
    cpu, began = time.process_time(), clock()
    async with asyncio.TaskGroup() as group:
        for number in range(RATE * SECONDS):
            due = began + number / RATE
            if (pause := due - clock()) > 0:
                await asyncio.sleep(pause)
            group.create_task(one(number, due))
    used = time.process_time() - cpu
    watching.cancel()
    return waits, lags, used


async def as_fast_as_it_goes(add: Add) -> float:
    """Return the records a second of REQUESTERS that each ask for the next as soon as they have one."""
    numbers = iter(range(10_000_000, 10_000_000 + REQUESTED))

    async def requester() -> None:
        for number in numbers:
            await add(*call(number))

    began = time.perf_counter()
    await asyncio.gather(*(requester() for _ in range(REQUESTERS)))
    return REQUESTED / (time.perf_counter() - began)


async def nothing(record: FinishedCall, spans: tuple[ConnectionSpan, ...]) -> None:
    """Store nothing: what measuring itself costs."""


async def measure(add: Add) -> Measured:
    _, _, measuring = await at_a_rate(nothing)
    waits, lags, cpu = await at_a_rate(add)
    most = await as_fast_as_it_goes(add)
    return Measured(
        p50=_percentile(waits, 50) * 1e3,
        p99=_percentile(waits, 99) * 1e3,
        lag_p99=_percentile(lags, 99) * 1e3,
        cpu=(cpu - measuring) / len(waits) * 1e6,
        most=most,
    )


async def grouped(db: Database) -> Measured:
    recorder = Recorder(db, region="CN")
    running = asyncio.create_task(recorder.run())
    log = SqlCallLog(db, recorder)
    found = await measure(lambda record, spans: log.add(record, switch="pbx1", boot="b1", connections=spans))
    await recorder.close()
    await running
    return found


async def one_by_one(db: Database) -> Measured:
    async def add(record: FinishedCall, spans: tuple[ConnectionSpan, ...]) -> None:
        rows = rows_of(CallRecord("pbx1", "b1", record, None, spans), region="CN", db=db)
        await db.commit(steps_of([rows]))

    return await measure(add)


async def run(folder: Path) -> tuple[Measured, Measured]:
    found = []
    for name, way in (("grouped", grouped), ("single", one_by_one)):
        db = await open_database(f"sqlite:///{folder}/{name}.db")
        found.append(await way(db))
        await db.close()
    return found[0], found[1]


def flush_milliseconds(folder: Path) -> float:
    """Return how long this disk takes to make a page durable."""
    waits = []
    with open(folder / "flush", "wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"\0" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            waits.append(time.perf_counter() - began)
    return statistics.median(waits) * 1e3


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        flush = flush_milliseconds(Path(folder))
        many, single = asyncio.run(run(Path(folder)))
    table = Table(title=f"Call records on SQLite, synchronous=FULL: {RATE:,} a second for {SECONDS} s")
    for column in ("", "many in a transaction", "one in a transaction", "ratio"):
        table.add_column(column, justify="left" if not column else "right")
    for name, unit, ours, theirs in (
        ("durable after, p50", "ms", many.p50, single.p50),
        ("durable after, p99", "ms", many.p99, single.p99),
        ("event loop late, p99", "ms", many.lag_p99, single.lag_p99),
        ("CPU a record", "µs", many.cpu, single.cpu),
        (f"most, {REQUESTERS} requesters", "/s", many.most, single.most),
    ):
        digits = 0 if unit == "/s" else 2
        table.add_row(name, f"{ours:,.{digits}f} {unit}", f"{theirs:,.{digits}f} {unit}", f"{ours / theirs:.2f}")
    console = Console()
    console.print(table)
    console.print(
        f"aim: p99 within {AIM_MILLISECONDS:.0f} ms, event loop late by less than {AIM_MILLISECONDS:.0f} ms at p99"
    )
    console.print(
        f"{machine()}, load {os.getloadavg()[0]:.1f}; the disk makes a page durable in {flush:.2f} ms (median)"
    )


if __name__ == "__main__":
    main()
