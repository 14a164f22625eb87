"""The three storages that are held to one promise: SQLite, PostgreSQL, and the fakes."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from cti.ports import CallLog, Directory, OpenCalls, Sessions, Users
from cti.staff import AgentLog, AuditLog, DeskLog, Staff
from cti.storage.agent_log import SqlAgentLog
from cti.storage.audit import SqlAuditLog
from cti.storage.calls import SqlCallLog
from cti.storage.customers import SqlDirectory
from cti.storage.desk_log import SqlDeskLog
from cti.storage.engine import Database
from cti.storage.open_calls import SqlOpenCalls
from cti.storage.opening import open_database
from cti.storage.recorder import Recorder
from cti.storage.sessions import SqlSessions
from cti.storage.staff import SqlStaff
from cti.storage.users import SqlUsers
from tests.contract.postgres import Cluster, cluster
from tests.fakes.staff import FakeAgentLog, FakeAuditLog, FakeDeskLog, FakeStaff
from tests.fakes.storage import FakeCallLog, FakeDirectory, FakeOpenCalls, FakeSessions, FakeUsers


async def until(condition: Callable[[], object], *, seconds: float = 15.0) -> None:
    """Return when *condition* holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in time"
        await asyncio.sleep(0.01)


class Storage:
    """One storage with everything that is kept in it."""

    def __init__(
        self, directory: Directory, calls: CallLog, open_calls: OpenCalls, users: Users, sessions: Sessions
    ) -> None:
        self.directory = directory
        self.calls = calls
        self.open_calls = open_calls
        self.users = users
        self.sessions = sessions
        self.staff: Staff
        self.spans: AgentLog
        self.audit: AuditLog
        self.desk_log: DeskLog
        self.db: Database | None = None
        self.recorder: Recorder | None = None

    async def settled(self) -> None:
        """Return when what is written behind the events is written."""
        recorder = self.recorder
        await until(
            lambda: not (recorder and (recorder._open or recorder._seen or recorder._kept or recorder._writing))
        )


@contextlib.asynccontextmanager
async def sql_storage(url: str, folder: Path) -> AsyncIterator[Storage]:
    """Everything that is kept, in the database at *url*; run and closed as the service does it."""
    db = await open_database(url, backups=folder / "backups")
    recorder = Recorder(db, region="CN", journal=folder / "journal.jsonl")
    running = asyncio.create_task(recorder.run())
    storage = Storage(
        SqlDirectory(db), SqlCallLog(db, recorder), SqlOpenCalls(db, recorder), SqlUsers(db), SqlSessions(db)
    )
    storage.staff, storage.audit = SqlStaff(db), SqlAuditLog(db)
    storage.spans, storage.desk_log = SqlAgentLog(db, recorder), SqlDeskLog(db)
    storage.db, storage.recorder = db, recorder
    try:
        yield storage
    finally:
        await recorder.close()
        await running
        await db.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/cti.db"
    running: Cluster = request.getfixturevalue("postgres")
    return running.new_database()


@pytest.fixture
async def sql(url: str, tmp_path: Path) -> AsyncIterator[Storage]:
    async with sql_storage(url, tmp_path) as storage:
        yield storage


@pytest.fixture(params=["sqlite", "postgres", "fake"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "fake":
        open_calls, users = FakeOpenCalls(), FakeUsers()
        calls = FakeCallLog(open_calls)
        storage = Storage(FakeDirectory(calls), calls, open_calls, users, FakeSessions(users))
        storage.staff, storage.audit = FakeStaff(users), FakeAuditLog()
        storage.spans, storage.desk_log = FakeAgentLog(), FakeDeskLog()
        yield storage
        return
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/cti.db"
    else:
        url = request.getfixturevalue("postgres").new_database()
    async with sql_storage(url, tmp_path) as found:
        yield found
