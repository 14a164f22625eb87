"""Imports and exports on both engines: whole, once, gone on with after being killed, and beside the running service."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cti.assist.customfields import CustomField
from cti.exchange import importing
from cti.exchange.encodings import examine
from cti.exchange.exporting import export
from cti.exchange.jobs import ImportJob, ImportTaken
from cti.exchange.rows import ImportRow
from cti.storage.beside import Bystander, open_beside
from cti.storage.bulk import SqlImportStore
from cti.storage.customer_book import SqlCustomerBook
from cti.storage.customer_pages import SqlCustomerPages
from tests.contract.storage.conftest import Storage, sql_storage
from tests.contract.storage.test_storage_customers import MOBILE, customer

OWN = (CustomField("policy", zh="保单号"),)
ROWS = 2_000


def table(folder: Path, *lines: str) -> Path:
    path = folder / "customers.csv"
    path.write_text("姓名,手机,标签,地址,勿扰,保单号\n" + "".join(f"{line}\n" for line in lines), encoding="gb18030")
    return path


def plan_of(path: Path, *, update: bool = False) -> importing.Plan:
    return importing.plan(path, examine(path), region="CN", told={}, own=OWN, update=update, who="root")


async def imported(db: Bystander, path: Path, *, update: bool = False) -> ImportJob:
    return await importing.run(plan_of(path, update=update), SqlImportStore(db), path.with_name("refused.csv"))


async def test_an_import_while_the_service_runs(url: str, tmp_path: Path) -> None:
    path = table(tmp_path, "王芳,138 0013 8000,vip;续保,文三路 1 号,是,P-1", "李四,12,,,,", "王 芳,13800138000,,,,")
    async with sql_storage(url, tmp_path) as storage, open_beside(url) as db:
        dry = await importing.dry_run(plan_of(path), SqlImportStore(db), tmp_path / "dry.csv")
        assert (dry.rows_done, dry.added, dry.known, dry.refused) == (3, 1, 1, 1)
        assert await storage.directory.by_number(MOBILE) == []
        job = await imported(db, path)
        assert (job.rows_done, job.added, job.known, job.refused) == (3, 1, 1, 1)
        (match,) = await storage.directory.by_number(MOBILE)
        assert (match.customer.name, match.customer.tags, match.customer.do_not_call) == ("王芳", ("vip", "续保"), True)
        assert match.customer.fields == {"policy": "P-1"}
        made = (await storage.directory.register(customer("next", MOBILE))).customer
        assert made.id > match.customer.id
        with (tmp_path / "refused.csv").open(encoding="utf-8-sig", newline="") as file:
            (refused,) = csv.DictReader(file)
        assert (refused["refused line"], refused["姓名"]) == ("3", "李四")
        assert "too short" in refused["refused because"]
        again = await imported(db, path)
        assert again.finished_at == job.finished_at
        assert storage.db
        record = await SqlCustomerBook(storage.db).record(match.customer.id)
        assert record
        assert [address.street for address in record.addresses] == ["文三路 1 号"]
        assert [mark.kind for mark in record.marks] == ["do_not_call"]
        assert record.created_by == "import customers.csv"


class Killed(Exception):
    pass


class DyingStore(SqlImportStore):
    """Dies before or after a transaction, as a process does."""

    def __init__(self, db: Bystander, after: int, *, stored: bool) -> None:
        super().__init__(db)
        self._left, self._stored = after, stored

    async def put(self, job: ImportJob, rows, done: ImportJob, *, update: bool) -> ImportJob:  # type: ignore[no-untyped-def]
        self._left -= 1
        if self._left < 0 and self._stored:
            await super().put(job, rows, done, update=update)
        if self._left < 0:
            raise Killed
        return await super().put(job, rows, done, update=update)


@pytest.mark.parametrize("stored", [True, False])
async def test_a_killed_import_goes_on_and_no_row_comes_twice(sql: Storage, tmp_path: Path, stored: bool) -> None:
    lines = [f"客户{n},{'12' if n % 10 == 0 else f'138{n:08}'},,,," for n in range(ROWS)]
    path, report = table(tmp_path, *lines), tmp_path / "refused.csv"
    assert sql.db
    for after in (0, 0, 1):
        with pytest.raises(Killed):
            await importing.run(plan_of(path), DyingStore(sql.db, after, stored=stored), report)
    job = await imported(sql.db, path)
    assert (job.rows_done, job.added, job.known, job.refused) == (ROWS, ROWS * 9 // 10, 0, ROWS // 10)
    assert await SqlCustomerPages(sql.db).count() == ROWS * 9 // 10
    with report.open(encoding="utf-8-sig", newline="") as file:
        assert [row["refused line"] for row in csv.DictReader(file)] == [str(n + 2) for n in range(0, ROWS, 10)]


async def test_two_processes_with_one_file(sql: Storage) -> None:
    assert sql.db
    store = SqlImportStore(sql.db)
    job = await store.begin(ImportJob("x", "a.csv", "root", datetime.now(UTC)))
    await store.put(job, [], msgspec.structs.replace(job, rows_done=1), update=False)
    with pytest.raises(ImportTaken):
        await store.put(job, [ImportRow("x", "x", ())], msgspec.structs.replace(job, rows_done=2), update=False)
    assert await SqlCustomerPages(sql.db).count() == 0


async def test_update_changes_with_history(sql: Storage, tmp_path: Path) -> None:
    assert sql.db
    await imported(sql.db, table(tmp_path, "王芳,13800138000,,,,P-1"))
    job = await imported(sql.db, table(tmp_path, "王芳,13800138000;13900139000,vip,,是,P-2"), update=True)
    assert (job.added, job.updated, job.known) == (0, 1, 0)
    (match,) = await sql.directory.by_number("+8613900139000")
    assert (match.customer.tags, match.customer.fields, match.customer.do_not_call) == (
        ("vip",),
        {"policy": "P-2"},
        True,
    )
    edits = await SqlCustomerBook(sql.db).history(match.customer.id)
    assert {edit.field for edit in edits} >= {"tags", "numbers", "fields.policy"}
    assert {edit.who for edit in edits} == {"import customers.csv"}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_what_is_exported_is_there_already(sql: Storage, tmp_path: Path, ending: str) -> None:
    assert sql.db
    await imported(sql.db, table(tmp_path, *(f"'=客户{n},138{n:08},-a;+b,@x,是,P" for n in range(50))))
    out = tmp_path / f"out.{ending}"
    assert await export(SqlCustomerPages(sql.db).all(page=7), out, OWN) == 50
    job = await imported(sql.db, out)
    assert (job.known, job.added, job.refused) == (50, 0, 0)
    assert out.stat().st_mode & 0o077 == 0
