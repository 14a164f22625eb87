"""The same two customers in every kind of system elsewhere: HTTP, PostgreSQL, MariaDB, files."""

import contextlib
import csv
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from connectors.crm.sources import source_of
from cti.ports import CustomerSource
from cti.sources import AnySource, CsvSource, HttpSource, Outgoing, SourceField, SqlSource
from tests.contract.postgres import Cluster, cluster

WANG, LI = "+8613800138000", "+8657188886666"
ROWS = [
    {"id": "C-1", "name": "王芳", "phone": "13800138000", "level": "金卡", "amount": "1200"},
    {"id": "C-2", "name": "王芳的丈夫", "phone": "13800138000", "level": "", "amount": "0"},
    {"id": "C-3", "name": "O'Brien; DROP TABLE", "phone": "057188886666", "level": "银卡", "amount": "7"},
]
HERE = Outgoing(private_hosts=("127.0.0.1", "localhost"))
FIELDS = (SourceField("level"), SourceField("amount"))
Handler = Callable[[web.Request], Any]


class Elsewhere:
    """An HTTP server that does as a test says; `asked` is what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.answer: Handler = _customers
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "Elsewhere":
        app = web.Application()
        app.router.add_get("/{rest:.*}", self._get)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _get(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        response = await self.answer(request)
        assert isinstance(response, web.StreamResponse)
        return response

    def settings(self, **fields: Any) -> HttpSource:
        url = f"http://127.0.0.1:{self.port}/customers?phone={{national}}"
        given = {"records": "/data", "field": (SourceField("/level"), SourceField("/amount"))}
        return HttpSource(**{"name": "crm", "url": url, **given, **fields})


async def _customers(request: web.Request) -> web.Response:
    return web.json_response({"data": [row for row in ROWS if row["phone"] == request.query["phone"]]})


class MariaDb:
    """A MariaDB of the tests' own, reached by a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "db.sock"
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        data = self._folder / "data"
        (data / "test").mkdir(parents=True)  # a folder is a database
        command = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.socket}", "--skip-grant-tables"]
        command.append("--character-set-server=utf8mb4")
        if os.geteuid() == 0:
            command.append("--user=root")
        self._server = subprocess.Popen([*command, "--skip-networking", f"--log-error={self._folder}/log"])
        for _ in range(600):
            if self.socket.exists():
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(0.05)
                break
        raise TimeoutError((self._folder / "log").read_text())

    def stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(30)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    pytest.importorskip("asyncmy", reason="the extra cti[mysql] is not installed")
    if not shutil.which("mariadbd"):
        pytest.skip("no MariaDB here: apt-get install mariadb-server-core")
    folder = Path(tempfile.mkdtemp(prefix="cti-my-", dir="/tmp"))
    server = MariaDb(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest_asyncio.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    async with Elsewhere() as server:
        yield server


async def fill_database(url: str) -> None:
    """Make the table that the queries of these tests read."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE IF EXISTS customers"))
        columns = "id varchar(20), name varchar(80), phone varchar(20), level varchar(20), amount int"
        await connection.execute(text(f"CREATE TABLE customers ({columns})"))
        await connection.execute(
            text("INSERT INTO customers VALUES (:id, :name, :phone, :level, :amount)"),
            [{**row, "amount": int(row["amount"])} for row in ROWS],
        )
    await engine.dispose()


QUERY = "SELECT id, name, level, amount FROM customers WHERE phone = :national ORDER BY id"


async def sql_source(request: pytest.FixtureRequest, kind: str) -> SqlSource:
    """Return a source on a database of that kind, with the customers in it."""
    if kind == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres")
        url = cluster.new_database()
        await fill_database(url.replace("postgresql://", "postgresql+asyncpg://"))
    else:
        server: MariaDb = request.getfixturevalue("mariadb")
        url = f"mysql://root@/test?unix_socket={server.socket}"
        await fill_database(url.replace("mysql://", "mysql+asyncmy://"))
    return SqlSource(name="erp", url=url, query=QUERY, field=FIELDS)


def write_csv(path: Path, rows: list[dict[str, str]], *, encoding: str = "utf-8", separator: str = ",") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def in_files(tmp_path: Path) -> CsvSource:
    write_csv(tmp_path / "a.csv", ROWS[:2], encoding="gb18030")
    write_csv(tmp_path / "b.csv", ROWS[2:], encoding="utf-16", separator=";")
    return CsvSource(name="list", folder=str(tmp_path), numbers=("phone", "mobile"), field=FIELDS)


@pytest_asyncio.fixture(params=["http", "postgresql", "mariadb", "csv"])
async def source(request: pytest.FixtureRequest, elsewhere: Elsewhere) -> AsyncIterator[CustomerSource]:
    settings: AnySource
    match request.param:
        case "http":
            settings = elsewhere.settings()
        case "csv":
            settings = request.getfixturevalue("in_files")
        case kind:
            settings = await sql_source(request, kind)
    made = source_of(settings, HERE, region="CN")
    await made.open()
    yield made
    await made.close()
