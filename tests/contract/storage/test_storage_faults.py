"""What is acknowledged survives: a locked database, a full disk, kill -9, a restarted server."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from cti.calls.model import CallId
from cti.ports import CustomerNumber, NewCustomer, OpenCall, StorageDown
from cti.storage.engine import Sql
from tests.contract.postgres import Cluster, cluster
from tests.contract.storage.conftest import Storage, sql_storage, until
from tests.contract.storage.examples import NOON, finished

KILLS = int(os.environ.get("CTI_KILLS", "6"))
COUNT = Sql("SELECT count(*), count(DISTINCT call) FROM calls")


async def counts(storage: Storage) -> tuple[int, int]:
    assert storage.db
    return tuple((await storage.db.fetch(COUNT))[0])  # type: ignore[return-value]


@contextlib.asynccontextmanager
async def lock_held(url: str) -> AsyncIterator[None]:
    """Somebody else keeps all writers out."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    database, _, host = url.removeprefix("postgresql://cti@/").partition("?host=")
    server = await asyncpg.connect(host=host, user="cti", database=database)
    async with server.transaction():
        await server.execute("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
        yield
    await server.close()


async def test_a_lock_of_three_seconds_loses_nothing(sql: Storage, url: str) -> None:
    assert sql.recorder
    await sql.directory.register(NewCustomer("Wang", (CustomerNumber("+8613800138000"),)))
    async with asyncio.TaskGroup() as group, lock_held(url):
        began = time.monotonic()
        for count in range(200):
            group.create_task(sql.calls.add(finished(f"c.{count}", minute=count)))
            await asyncio.sleep(0.005)
        if url.startswith("sqlite"):  # on the server the lock keeps readers out too
            assert len(await sql.directory.by_number("+8613800138000")) == 1
            await until(lambda: not sql.recorder.health().ok)
            assert sql.recorder.health().waiting > 0
        await asyncio.sleep(3 - (time.monotonic() - began))
    await until(lambda: sql.recorder.health().waiting == 0)
    assert sql.recorder.health().ok
    assert await counts(sql) == (200, 200)


async def test_while_locked_records_are_acknowledged_by_the_journal(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cti.db"
    async with sql_storage(url, tmp_path) as storage:
        async with lock_held(url):
            await asyncio.wait_for(storage.calls.add(finished("c.1")), 8)
            assert b'"c.1"' in (tmp_path / "journal.jsonl").read_bytes()
            assert (tmp_path / "journal.jsonl").stat().st_mode & 0o777 == 0o600
            assert storage.recorder
            assert storage.recorder.health().waiting == 1
        await until(lambda: not (tmp_path / "journal.jsonl").exists())
        assert await counts(storage) == (1, 1)


async def test_a_service_that_ends_while_locked_leaves_its_records_to_the_next(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cti.db"
    storage = sql_storage(url, tmp_path)
    first = await storage.__aenter__()
    async with lock_held(url):
        adding = [asyncio.create_task(first.calls.add(finished(f"c.{count}"))) for count in range(50)]
        await asyncio.sleep(0.1)
        await storage.__aexit__(None, None, None)
        await asyncio.gather(*adding)
    with (tmp_path / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"switch": "torn')  # the power failed in the middle of this one
    async with sql_storage(url, tmp_path) as second:
        assert second.recorder
        await until(lambda: not (tmp_path / "journal.jsonl").exists())
        assert await counts(second) == (50, 50)


async def test_a_caller_that_stops_waiting_loses_nothing(sql: Storage) -> None:
    adding = [asyncio.create_task(sql.calls.add(finished(f"c.{count}"))) for count in range(50)]
    await asyncio.sleep(0)
    for task in adding:
        task.cancel()
    assert sql.recorder
    await until(lambda: sql.recorder.health().waiting == 0)
    assert await counts(sql) == (50, 50)


async def test_after_close_nothing_is_taken(tmp_path: Path) -> None:
    async with sql_storage(f"sqlite:///{tmp_path}/cti.db", tmp_path) as storage:
        assert storage.recorder
        await storage.recorder.close()
        with pytest.raises(StorageDown):
            await storage.calls.add(finished())
        assert not storage.recorder.health().ok


# --- a full disk ---------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


async def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    async with sql_storage(f"sqlite:///{small_disk}/cti.db", small_disk) as storage:
        recorder = storage.recorder
        assert recorder
        await storage.directory.register(NewCustomer("Wang", (CustomerNumber("+8613800138000"),)))
        await storage.calls.add(finished("before"))
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

        name = "x" * 400  # a few of them fit into what the log still has
        adding = [asyncio.create_task(storage.calls.add(finished(f"c.{n}", customer_name=name))) for n in range(1000)]
        await until(lambda: not recorder.health().ok)
        assert recorder.health().error
        await asyncio.sleep(1.5)  # the journal is full as well
        assert len(await storage.directory.by_number("+8613800138000")) == 1
        assert not all(task.done() for task in adding)

        ballast.unlink()
        await asyncio.gather(*adding)
        await until(lambda: recorder.health().waiting == 0)
        assert recorder.health().ok
        assert await counts(storage) == (1001, 1001)
        assert (await storage.db.fetch(Sql("PRAGMA quick_check")))[0][0] == "ok"  # type: ignore[union-attr]


async def test_a_database_that_may_not_grow_loses_nothing(tmp_path: Path) -> None:
    async with sql_storage(f"sqlite:///{tmp_path}/cti.db", tmp_path) as storage:
        recorder, db = storage.recorder, storage.db
        assert recorder
        assert db
        await db.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1").close())  # SQLite makes it what there is
        adding = [asyncio.create_task(storage.calls.add(finished(f"c.{count}"))) for count in range(500)]
        await until(lambda: "full" in recorder.health().error)
        await db.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=1000000").close())
        await asyncio.gather(*adding)
        await until(lambda: recorder.health().waiting == 0)
        assert await counts(storage) == (500, 500)


async def test_memory_is_bounded_when_neither_database_nor_journal_takes_any(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cti.db"
    async with sql_storage(url, tmp_path) as storage:
        recorder = storage.recorder
        assert recorder
        recorder._spool_limit, recorder._journal = 10, None
        async with lock_held(url):
            adding = [asyncio.create_task(storage.calls.add(finished(f"c.{count}"))) for count in range(5)]
            await asyncio.sleep(0.05)
            adding += [asyncio.create_task(storage.calls.add(finished(f"d.{count}"))) for count in range(20)]
            await until(lambda: any(task.done() for task in adding))
        results = await asyncio.gather(*adding, return_exceptions=True)
        stored = [result for result in results if result is None]
        assert all(isinstance(result, StorageDown) for result in results if result)
        assert await counts(storage) == (len(stored), len(stored))
        assert len(stored) < 25


# --- killed --------------------------------------------------------------------------------------------------------


def write_and_kill(url: str, folder: Path, name: str) -> None:
    """Have another process store calls, and kill it at some moment after the first was acknowledged."""
    acknowledged = folder / "acknowledged"
    before = acknowledged.stat().st_size
    writer = subprocess.Popen([sys.executable, "-m", "tests.contract.storage.killed_writer", url, str(folder), name])
    deadline = time.monotonic() + 30
    while acknowledged.stat().st_size == before and time.monotonic() < deadline and writer.poll() is None:
        time.sleep(0.01)
    time.sleep(random.uniform(0.0, 0.4))
    assert writer.poll() is None
    writer.send_signal(signal.SIGKILL)
    writer.wait()


async def test_kill_9_loses_nothing_that_was_acknowledged(url: str, tmp_path: Path) -> None:
    acknowledged = tmp_path / "acknowledged"
    acknowledged.touch()
    for run in range(KILLS):
        await asyncio.to_thread(write_and_kill, url, tmp_path, f"run{run}")

    async with sql_storage(url, tmp_path) as storage:
        assert storage.db
        assert storage.recorder
        await until(lambda: storage.recorder.health().waiting == 0)
        stored = {row[0] for row in await storage.db.fetch(Sql("SELECT call FROM calls"))}
        known = acknowledged.read_text().split()
        assert len(known) > KILLS * 10
        assert set(known) <= stored
        rows, distinct = await counts(storage)
        assert rows == distinct
        (parties,) = await storage.db.fetch(Sql("SELECT count(*) FROM call_parties WHERE role = 'agent'"))
        assert parties[0] == rows * 2  # a call is there with all that belongs to it
        still_open = {call.id for call in await storage.open_calls.all("pbx1")}
        assert not still_open & stored  # an open call ends with its record
        assert len(still_open) <= KILLS * 16


async def test_an_unfinished_call_is_found_by_the_next_service(url: str, tmp_path: Path) -> None:
    async with sql_storage(url, tmp_path) as first:
        first.open_calls.put("pbx1", OpenCall(CallId("c.1"), "b1", NOON, b"state"))
    async with sql_storage(url, tmp_path) as second:
        assert await second.open_calls.all("pbx1") == [OpenCall(CallId("c.1"), "b1", NOON, b"state")]


@pytest.fixture
def own_postgres() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


async def test_a_server_that_crashes_under_load_loses_nothing(own_postgres: Cluster, tmp_path: Path) -> None:
    async with sql_storage(own_postgres.new_database(), tmp_path) as storage:
        recorder = storage.recorder
        assert recorder
        adding: list[asyncio.Task[None]] = []
        for count in range(600):
            adding.append(asyncio.create_task(storage.calls.add(finished(f"c.{count}"))))
            await asyncio.sleep(0.002)
            if count == 200:
                await asyncio.to_thread(own_postgres.stop, immediately=True)
            if count == 400:
                await until(lambda: not recorder.health().ok)
                await asyncio.to_thread(own_postgres.start)
        await asyncio.wait_for(asyncio.gather(*adding), 30)
        await until(lambda: recorder.health().waiting == 0)
        assert recorder.health().ok
        assert await counts(storage) == (600, 600)
        assert await storage.users.list() == []  # the other connections are back too
