"""bench lookup: the card of a number among very many customers, while records are written; on SQLite and PostgreSQL.

Numbers come as networks and people write them, so reading them is part of the time. Cold: the pages of the database
file are dropped from memory, and the connection is new. The load is this machine's.
"""

import argparse
import asyncio
import contextlib
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HERE))

import msgspec  # noqa: E402
from machine import machine  # noqa: E402
from people import FOLDER, database  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from traffic import number_of  # noqa: E402

from cti.assist import numbers  # noqa: E402
from cti.storage.calls import SqlCallLog  # noqa: E402
from cti.storage.customers import SqlDirectory  # noqa: E402
from cti.storage.engine import Database  # noqa: E402
from cti.storage.opening import open_database  # noqa: E402
from cti.storage.recorder import Recorder  # noqa: E402
from tests.contract.postgres import cluster  # noqa: E402
from tests.contract.storage.examples import finished  # noqa: E402

WRITTEN = 200  # records a second, meanwhile
FORMS = ("{n}", "+86{n}", "0086{n}", "+86 {a} {b} {c}", "{a}-{b}-{c}", "sip:{n}@10.0.0.1;user=phone")


class Row(msgspec.Struct):
    name: str
    times: list[float]  # seconds
    aim: str


def written(number: str) -> str:
    return random.choice(FORMS).format(n=number, a=number[:3], b=number[3:7], c=number[7:])


@contextlib.asynccontextmanager
async def recording(db: Database) -> AsyncIterator[None]:
    """Have records of finished calls stored meanwhile."""
    recorder = Recorder(db, region="CN")
    log, running = SqlCallLog(db, recorder), asyncio.create_task(recorder.run())
    run = f"{time.time_ns()}"

    async def write() -> None:
        async with asyncio.TaskGroup() as group:
            count = 0
            while True:
                group.create_task(log.add(finished(f"{run}.{count}", customer="+390612345678"), switch="bench"))
                count += 1
                await asyncio.sleep(1 / WRITTEN)

    writing = asyncio.create_task(write())
    try:
        yield
    finally:
        writing.cancel()
        await asyncio.wait([writing])
        await recorder.close()
        await running


async def looked_up(db: Database, customers: int, count: int) -> list[float]:
    """Return how long each of *count* lookups took, reading the number included."""
    directory, clock, times = SqlDirectory(db), time.perf_counter, []
    for _ in range(count):
        raw = written(number_of(random.randrange(customers)))
        began = clock()
        e164 = numbers.normalise(raw, "CN")
        assert e164
        found = await directory.by_number(e164)
        times.append(clock() - began)
        assert len(found) == 1
        await asyncio.sleep(0.0005)
    return times


def forget(path: Path) -> None:
    """Have the system drop the pages of the file."""
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


async def on_sqlite(path: Path, args: argparse.Namespace) -> list[Row]:
    url, cold = f"sqlite:///{path}", []
    for _ in range(args.cold):
        forget(path)
        db = await open_database(url)
        forget(path)
        cold += await looked_up(db, args.customers, 5)
        await db.close()
    db = await open_database(url)
    await looked_up(db, args.customers, 2_000)
    async with recording(db):
        warm = await looked_up(db, args.customers, args.lookups)
    await db.close()
    return [Row("SQLite, cold", cold, "< 5 ms"), Row("SQLite, warm", warm, "< 0.5 ms")]


async def on_postgres(url: str, args: argparse.Namespace) -> list[Row]:
    db: Any = await open_database(url)
    await fill(db, args.customers)
    await looked_up(db, args.customers, 2_000)
    async with recording(db):
        warm = await looked_up(db, args.customers, args.lookups)
    await db.close()
    return [Row("PostgreSQL, warm", warm, "< 3 ms")]


async def fill(db: Any, customers: int) -> None:
    """Copy the customers into PostgreSQL."""
    from datetime import UTC, datetime

    now, step = datetime.now(UTC), 100_000
    async with db._pool.acquire() as connection:
        for first in range(0, customers, step):
            ids = range(first, min(first + step, customers))
            people = [(n + 1, f"客户 {n}", '["regular"]', now, now) for n in ids]
            columns = ["id", "name", "tags", "created_at", "updated_at"]
            await connection.copy_records_to_table("customers", records=people, columns=columns, timeout=600)
            owned = [(n + 1, f"+86{number_of(n)}", "mobile", 0) for n in ids]
            columns = ["customer_id", "e164", "kind", "position"]
            await connection.copy_records_to_table("customer_numbers", records=owned, columns=columns, timeout=600)
        await connection.execute("ANALYZE", timeout=600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--lookups", type=int, default=5_000)
    parser.add_argument("--cold", type=int, default=20, help="times that the file's pages are dropped")
    args = parser.parse_args()
    path = database(args.customers)
    sys.setswitchinterval(0.0005)  # as `cti run` does: the thread that writes records keeps the interpreter shorter
    rows = asyncio.run(on_sqlite(path, args))
    with cluster() as server:
        rows += asyncio.run(on_postgres(server.new_database(), args))
    table = Table(title=f"bench lookup: {args.customers:,} customers, {WRITTEN} records/s written meanwhile")
    for title in ("", "lookups", "p50 ms", "p99 ms", "most ms", "p99/p50", "aim p99"):
        table.add_column(title, justify="right" if title else "left")
    for row in rows:
        p50, p99 = (statistics.quantiles(row.times, n=100, method="inclusive")[k] * 1e3 for k in (49, 98))
        most = max(row.times) * 1e3
        table.add_row(
            row.name, f"{len(row.times):,}", f"{p50:.3f}", f"{p99:.3f}", f"{most:.2f}", f"{p99 / p50:.1f}", row.aim
        )
    console = Console(width=110)
    console.print(table)
    console.print(f"{machine()}, load {os.getloadavg()[0]:.1f}; {path.relative_to(FOLDER.parent.parent)}")


if __name__ == "__main__":
    main()
